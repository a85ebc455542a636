"""The promises of the flow as checks, and for each a broken part that its check must catch.

A check that no broken part can fail proves nothing: every one here runs on the true parts, where it passes, and
on parts that were broken on purpose, where it raises.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from msgspec import structs

from adapter.core.answers import Result
from adapter.core.idempotency import Claim, Entry
from adapter.core.messages import Answer
from adapter.core.outcomes import Lost, Outcome, Sent
from adapter.core.steps import Call
from adapter.core.tenancy.tenants import Tenant
from adapter.ports import Backends, Duplicate, Hold, Intent
from adapter.shell.journal import SqliteJournal
from tests.recovering import open_stage, recover_now, told
from tests.staging import LOST, Stage, document

pytestmark = pytest.mark.anyio


class Parts(NamedTuple):
    """What a gateway is composed of; the true parts unless a test says otherwise."""

    journal: Callable[[Path], SqliteJournal] = SqliteJournal
    tenant: Callable[[Tenant], Tenant] = lambda tenant: tenant
    backends: Callable[[Backends], Backends] = lambda backends: backends


class Scene:
    """Opens stages on one file, all of the same parts, and closes them."""

    def __init__(self, folder: Path, parts: Parts) -> None:
        self.path = folder / "journal.db"
        self.parts = parts
        self.open: list[SqliteJournal] = []

    async def stage(self, dialect: str, *script: Sent | None) -> Stage:
        here = open_stage(self.path, dialect, *script)
        await here.journal.close()
        journal, tenant = self.parts.journal(self.path), self.parts.tenant(here.tenant)
        self.open.append(journal)
        here.gateway.runs.journal = journal
        here.gateway.tenants = lambda: {tenant.site_id: tenant}
        here.gateway.runs.backends = self.parts.backends(here.backends)
        return here._replace(journal=journal, tenant=tenant)

    async def close(self) -> None:
        for journal in self.open:
            await journal.close()


# The checks.


async def check_a_call_is_on_disk_before_it_is_sent(scene: Scene) -> None:
    here = await scene.stage("stella_sync")
    seen: list[list[tuple[str, bytes]]] = []
    sql = "SELECT o.state, a.body FROM operation o JOIN attempt a USING (operation_id)"
    here.backends.watch = lambda _call: seen.append(here.read(sql))
    await here.place("a")

    assert seen == [[("dispatching", call.body)] for call in here.backends.calls]


async def check_an_order_cut_off_by_a_crash_is_not_sent_again_by_its_repeat(scene: Scene) -> None:
    here = await scene.stage("enad")
    here.backends.pause = asyncio.Event().wait
    task = asyncio.create_task(here.place("a"))
    await here.backends.started.wait()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    after = await scene.stage("enad")
    await after.place("a")

    assert after.backends.calls == []


async def check_a_result_is_on_disk_before_it_is_told(scene: Scene) -> None:
    here = await scene.stage("stella_sync")
    answer = await here.place("a")

    assert isinstance(answer, Answer)
    assert here.read("SELECT state, body FROM operation") == [("succeeded", answer.body)]


async def check_a_key_belongs_to_its_tenant(scene: Scene) -> None:
    here = await scene.stage("enad")
    other = structs.replace(here.tenant, name="b", site_id="b")
    here.gateway.tenants = lambda: {"shop": here.tenant, "b": other}
    first, second = await here.place("a"), await here._replace(tenant=other).place("a")

    assert len(here.backends.calls) == 2
    assert first.headers["Location"] != second.headers["Location"]
    assert "Idempotent-Replayed" not in second.headers


async def check_a_key_is_not_for_another_order(scene: Scene) -> None:
    here = await scene.stage("stella_sync")
    await here.place("a")

    assert told(await here.place("a", note="another")) == (422, "idempotency-key-reused")


async def check_enad_is_never_sent_a_second_order(scene: Scene) -> None:
    here = await scene.stage("enad", LOST)
    pending = await here.place("a")
    for _ in range(2):
        await recover_now(here)
        await here.place("a")

    assert len(here.backends.calls) == 1
    assert document(pending)["safe_new_key"] is False


# The broken parts.


class SendsFirst(SqliteJournal):
    """Writes down what was sent once it knows how it ended."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.promised: dict[str, tuple[Claim, Intent]] = {}

    async def claim(self, claim: Claim, intent: Intent) -> Hold | Entry | Duplicate:
        self.promised[claim.operation_id] = (claim, intent)
        return Hold(claim.operation_id, 1, {}, intent.call.name, intent.lease)

    async def finish(self, hold: Hold, last: Call, outcome: Outcome, result: Result) -> bool:
        await super().claim(*self.promised.pop(hold.operation_id))
        return await super().finish(hold, last, outcome, result)


class TellsFirst(SqliteJournal):
    """Writes a result when there is time."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.later: list[Awaitable[bool]] = []

    async def finish(self, hold: Hold, last: Call, outcome: Outcome, result: Result) -> bool:
        self.later.append(asyncio.create_task(super().finish(hold, last, outcome, result)))
        return True

    async def close(self) -> None:
        await asyncio.gather(*self.later)
        await super().close()


class KnowsNoTenants(SqliteJournal):
    """Takes a key for the same whoever brings it."""

    async def find(self, claim: Claim) -> Entry | None:
        return await super().find(structs.replace(claim, tenant="anybody"))

    async def claim(self, claim: Claim, intent: Intent) -> Hold | Entry | Duplicate:
        return await super().claim(structs.replace(claim, tenant="anybody"), intent)


class ComparesNothing(SqliteJournal):
    """Takes any order under a key for the first."""

    async def find(self, claim: Claim) -> Entry | None:
        entry = await super().find(claim)
        return entry and structs.replace(entry, fingerprint=claim.fingerprint)


class TriesAgain:
    """Satisfies ``Backends``, and sends once more what was lost, as many clients of HTTP do."""

    def __init__(self, backends: Backends) -> None:
        self.backends = backends

    async def send(self, call: Call, deadline: float) -> Sent:
        sent = await self.backends.send(call, deadline)
        return await self.backends.send(call, deadline) if isinstance(sent, Lost) else sent


def believe_in_keys(tenant: Tenant) -> Tenant:
    """A tenant whose backend is said to honour keys, whatever its pages say."""
    mapping = tenant.dialect.mapping
    rules = structs.replace(mapping.idempotency, recovery="A", header="Idempotency-Key")
    return structs.replace(tenant, dialect=tenant.dialect._replace(mapping=structs.replace(mapping, idempotency=rules)))


Check = Callable[[Scene], Awaitable[None]]

BROKEN: list[tuple[Check, str, Parts]] = [
    (check_a_call_is_on_disk_before_it_is_sent, "sends first", Parts(SendsFirst)),
    (check_an_order_cut_off_by_a_crash_is_not_sent_again_by_its_repeat, "sends first", Parts(SendsFirst)),
    (check_a_result_is_on_disk_before_it_is_told, "tells first", Parts(TellsFirst)),
    (check_a_key_belongs_to_its_tenant, "knows no tenants", Parts(KnowsNoTenants)),
    (check_a_key_is_not_for_another_order, "compares nothing", Parts(ComparesNothing)),
    (check_enad_is_never_sent_a_second_order, "believes in keys", Parts(tenant=believe_in_keys)),
    (check_enad_is_never_sent_a_second_order, "tries again", Parts(backends=TriesAgain)),
]
CHECKS = {check.__name__: check for check, _, _ in BROKEN}


@pytest.mark.parametrize("name", CHECKS)
async def test_a_promise_is_kept(tmp_path: Path, name: str) -> None:
    scene = Scene(tmp_path, Parts())
    await CHECKS[name](scene)
    await scene.close()


@pytest.mark.parametrize(("check", "fault", "parts"), BROKEN, ids=[fault for _, fault, _ in BROKEN])
async def test_a_promise_that_is_broken_is_caught(tmp_path: Path, check: Check, fault: str, parts: Parts) -> None:
    scene = Scene(tmp_path, parts)
    with pytest.raises(AssertionError):
        await check(scene)
    await scene.close()
