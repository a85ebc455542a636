"""The worker: it finds what is open by itself, shares it with others, and survives what cannot be settled."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from msgspec import structs

from adapter.shell.worker import SHARE, Worker
from tests.recovering import SetStage, hasten, stage, told, until, write
from tests.staging import LOST, Stage, journal_connection

__all__ = ["stage"]

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def working(here: Stage) -> AsyncIterator[None]:
    """A worker beside a stage's gateway that looks again and again."""
    task = asyncio.create_task(Worker(here.recovery.recover, here.journal, 0.01).run())
    yield
    assert not task.done()
    task.cancel()
    await asyncio.wait([task])


async def test_a_worker_settles_what_is_open_without_being_asked(stage: SetStage) -> None:
    here = stage("stella_sync", LOST, LOST)
    async with working(here):
        await here.place("a")
        await until(lambda: here.read("SELECT 1 FROM operation WHERE state = 'succeeded'"))

    assert told(await here.place("a")) == (201, "receipt")
    assert len(here.backends.calls) == 3


async def test_of_two_workers_on_one_file_each_case_goes_to_one(stage: SetStage) -> None:
    here, second = stage("stella_sync", *[LOST] * 20), stage("stella_sync")
    await asyncio.gather(*[here.place(str(number)) for number in range(20)])
    async with working(here), working(second):
        await until(lambda: not here.read("SELECT 1 FROM operation WHERE state <> 'succeeded'"))

    keys = [call.headers["Idempotency-Key"] for call in here.backends.calls[20:] + second.backends.calls]
    assert sorted(keys) == sorted({call.headers["Idempotency-Key"] for call in here.backends.calls[:20]})


async def test_one_case_that_cannot_be_settled_stops_no_other(
    stage: SetStage, caplog: pytest.LogCaptureFixture
) -> None:
    here = stage("stella_sync", *[LOST] * 12)
    for number in range(12):
        await here.place(str(number))
    for key, poison in {"3": b"not json", "4": b"[]", "5": b'{"line_items": 5}'}.items():
        write(here, "UPDATE operation SET canonical = ?, check_at = 0 WHERE key = ?", poison, key)
    async with working(here):
        await until(lambda: here.read("SELECT count(*) FROM operation WHERE state = 'succeeded'") == [(9,)])
        await until(lambda: caplog.text.count("case_not_settled") >= 1)

    states = dict(here.read("SELECT key, state FROM operation"))
    assert {key for key, found in states.items() if found == "succeeded"} == {*map(str, range(12))} - {*"345"}
    assert {states[key] for key in "345"} <= {"needs_operator", "reconciling"}
    assert caplog.text.count("case_not_settled") == sum(found == "reconciling" for found in states.values())


async def test_a_worker_outlives_a_journal_that_cannot_be_written(
    stage: SetStage, caplog: pytest.LogCaptureFixture
) -> None:
    here = stage("stella_sync", LOST)
    await here.place("a")
    journal_connection(here.path).pragma("query_only", True)
    async with working(here):
        await until(lambda: "open_operations_not_given" in caplog.text)
        journal_connection(here.path).pragma("query_only", False)
        await until(lambda: here.read("SELECT 1 FROM operation WHERE state = 'succeeded'"))

    assert len(here.backends.calls) == 2


async def test_a_silent_backend_of_one_tenant_holds_up_no_order_of_another(stage: SetStage) -> None:
    here = stage("stella_sync", *[LOST] * 41)
    other = structs.replace(here.tenant, name="other", site_id="other")
    here.gateway.tenants = lambda: {"shop": here.tenant, "other": other}
    for number in range(40):
        await here.place(str(number))
    await here._replace(tenant=other).place("a")
    here.backends.calls.clear()

    async def stay_silent() -> None:
        if here.backends.calls[-1].tenant == "shop":
            await asyncio.Event().wait()

    here.backends.pause = stay_silent
    hasten(here)
    async with working(here):
        await until(lambda: here.read("SELECT 1 FROM operation WHERE tenant = 'other' AND state = 'succeeded'"))

    assert sum(call.tenant == "shop" for call in here.backends.calls) < 2 * SHARE


async def test_an_open_order_that_cannot_be_read_stops_no_other_and_ends_with_a_person(
    stage: SetStage, caplog: pytest.LogCaptureFixture
) -> None:
    here = stage("stella_sync", LOST, LOST)
    await here.place("a")
    await here.place("b")
    write(here, "UPDATE operation SET losses = CAST('{' AS BLOB) WHERE key = 'a'")
    hasten(here)
    async with working(here):
        await until(lambda: here.read("SELECT 1 FROM operation WHERE key = 'b' AND state = 'succeeded'"))
        await until(lambda: "case_not_settled" in caplog.text)
        assert here.read("SELECT state FROM operation WHERE key = 'a'") == [("reconciling",)]

        write(here, "UPDATE operation SET check_at = 0, tries = 20 WHERE key = 'a'")
        await until(lambda: here.read("SELECT 1 FROM operation WHERE key = 'a' AND state = 'needs_operator'"))
