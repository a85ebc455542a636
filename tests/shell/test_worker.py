"""The worker: it finds what is open by itself, shares it with others, and survives what cannot be settled."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from adapter.shell.worker import Worker
from tests.recovering import SetStage, stage, told, until, write
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
