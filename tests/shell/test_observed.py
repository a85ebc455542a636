"""What is told of orders: the ends of runs, losses and revisions by member, calls by how they ended, who is needed."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from adapter.core.orders import Journey
from adapter.core.outcomes import Answered, Sent
from adapter.core.steps import Call
from adapter.ports import OpenDoor
from adapter.runs import Runs
from adapter.shell.metrics import Metrics
from adapter.shell.observed import ObservedBackends, ObservedJournal, ObservedTraffic
from adapter.shell.visits import CURRENT, Visit
from tests.core.conftest import LANA_ANSWER
from tests.recovering import recover_now
from tests.staging import LOST, NOT_SENT, Stage, set_stage, spoil

pytestmark = pytest.mark.anyio

DEAR = Answered(200, {}, msgspec.json.encode(LANA_ANSWER | {"state": "reserved", "total_price": 999}))


class Watched:
    """A stage whose journal and backends are observed."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.metrics = Metrics()
        journal = ObservedJournal(stage.journal, self.metrics)
        backends = ObservedBackends(stage.backends, self.metrics)
        stage.gateway.runs = Runs(journal, backends, OpenDoor(), stage.journal.crosswalks)

    def count(self, name: str, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(f"adapter_{name}", labels) or 0.0


Watch = Callable[..., Watched]


@pytest.fixture
async def watch(tmp_path: Path) -> AsyncIterator[Watch]:
    made: list[Watched] = []

    def open_one(dialect: str, *script: Any, **rows: Any) -> Watched:
        made.append(Watched(set_stage(tmp_path / "journal.db", dialect, list(script), **rows)))
        return made[-1]

    yield open_one
    for one in made:
        await one.stage.journal.close()


async def test_ends_of_runs_are_counted_by_tenant_dialect_and_outcome(watch: Watch) -> None:
    here = watch("stella_sync", NOT_SENT, LOST)
    for key in "aabc":
        await here.stage.place(key)

    ends = {name: here.count("orders_total", tenant="shop", dialect="stella_sync", outcome=name) for name in OUTCOMES}
    assert ends == {"not_applied": 1, "unknown": 1, "succeeded": 2, "needs_operator": 0}
    assert here.count("replays_total", tenant="shop") == 1


async def test_a_journal_that_fails_under_an_order_is_told_of_though_the_answer_is_no_problem(watch: Watch) -> None:
    here = watch("stella_sync")
    here.stage.backends.watch = lambda _call: spoil(here.stage.path, "UPDATE ON operation")
    visit = Visit("r")
    token = CURRENT.set(visit)
    answer = await here.stage.place("a")
    CURRENT.reset(token)

    assert (answer.status, visit.problem) == (202, "storage-unavailable")


OUTCOMES = ("succeeded", "not_applied", "unknown", "needs_operator")


async def test_losses_are_counted_by_member_and_what_a_client_made_up_has_no_name(watch: Watch) -> None:
    here = watch("lana")
    line = here.stage.inbound()
    order = msgspec.json.decode(line.body)
    lines = [order["line_items"][0] | {"name": "Shirt"}] * 2
    await here.stage.place("a", note="ring twice", line_items=lines, **{"maya@example.com": 1})

    def lost(member: str, code: str) -> float:
        return here.count("losses_total", dialect="lana", member=member, code=code)

    assert (lost("/note", "dropped"), lost("/line_items/*/name", "dropped"), lost("", "unknown")) == (1, 2, 1)
    assert "maya" not in here.metrics.render([], {}, reserve=True, tenants=1).decode()


async def test_what_a_backend_changed_is_counted_by_member(watch: Watch) -> None:
    here = watch("lana", None, None, None, DEAR)
    await here.stage.place("a")

    assert here.count("revisions_total", dialect="lana", member="/total") == 1


async def test_calls_are_timed_by_step_and_by_how_they_ended(watch: Watch, caplog: pytest.LogCaptureFixture) -> None:
    here = watch("stella_sync", LOST, Answered(503, {}, b"maya@example.com"), Answered(307, {}, b""))
    for key in "abcd":
        await here.stage.place(key)

    step = here.stage.backends.calls[0].step.rows.name
    ended = {name: here.count("step_seconds_count", dialect="stella_sync", step=step, outcome=name) for name in ENDS}
    assert ended == {"answered": 3, "lost": 1, "not_sent": 0}
    failed = [record for record in caplog.records if record.getMessage() == "call_failed"]
    assert [vars(record).get("backend_status") for record in failed] == [None, 503, 307]
    assert [vars(record).get("reason") for record in failed] == [LOST.reason, None, None]
    assert "maya" not in caplog.text


ENDS = ("answered", "lost", "not_sent")


async def test_an_order_that_goes_to_a_person_is_logged(watch: Watch, caplog: pytest.LogCaptureFixture) -> None:
    here = watch("enad", LOST)
    await here.stage.place("a")
    await recover_now(here.stage)

    ((operation,),) = here.stage.read("SELECT operation_id FROM operation WHERE state = 'needs_operator'")
    told = [vars(record) for record in caplog.records if record.getMessage() == "order_needs_a_person"]
    assert [(line["operation"], line["tenant"], line["dialect"]) for line in told] == [(operation, "shop", "enad")]
    assert here.count("orders_total", tenant="shop", dialect="enad", outcome="needs_operator") == 1


async def test_what_recovery_settles_is_counted_too(watch: Watch) -> None:
    here = watch("stella_sync", LOST, quiet_seconds=0.01)
    await here.stage.place("a")
    await recover_now(here.stage)

    assert here.count("orders_total", tenant="shop", dialect="stella_sync", outcome="succeeded") == 1


class Mistaken:
    """Satisfies ``ports.Watch`` and is broken."""

    def note_order(self, _journey: Journey) -> None:
        raise KeyError("order")

    def note_answer(self, _journey: Journey, _call: Call, _sent: Sent) -> None:
        raise KeyError("answer")

    def note_sight(self, _journey: Journey, _kind: str) -> None:
        raise KeyError("sight")


async def test_a_mistake_in_counting_costs_no_order(watch: Watch, caplog: pytest.LogCaptureFixture) -> None:
    here = watch("stella_sync")
    here.stage.gateway.runs.watch = ObservedTraffic(Mistaken())

    assert (await here.stage.place("a")).status == 201
    assert [record.getMessage() for record in caplog.records].count("mistake") == 2
