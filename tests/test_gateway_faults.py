"""The flow when things go wrong: races for one key, a journal that cannot be written, orders cut off half-way."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from adapter.core.messages import Answer
from adapter.errors import Problem
from tests.staging import LOST, NOT_SENT, Stage, document, journal_connection, repair, set_stage, spoil

pytestmark = pytest.mark.anyio

SetStage = Callable[..., Stage]

IN_PROGRESS = "/problems/operation-in-progress"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[SetStage]:
    stages: list[Stage] = []

    def make(dialect: str, *script: Any, file: str = "journal.db", **rows: Any) -> Stage:
        stages.append(set_stage(tmp_path / file, dialect, list(script), **rows))
        return stages[-1]

    yield make
    for made in stages:
        await made.journal.close()


def kind(answer: Answer | Problem) -> str:
    return "receipt" if answer.status == 201 else str(document(answer)["type"])


async def test_of_25_equal_orders_at_once_exactly_one_runs(stage: SetStage) -> None:
    here = stage("stella_sync")
    held = asyncio.Event()
    here.backends.pause = held.wait
    tasks = {asyncio.create_task(here.place("a")) for _ in range(25)}
    open_tasks = tasks
    while len(open_tasks) > 1:
        _, open_tasks = await asyncio.wait(open_tasks, return_when=asyncio.FIRST_COMPLETED)
    held.set()
    answers = [await task for task in tasks]

    assert Counter(map(kind, answers)) == {"receipt": 1, IN_PROGRESS: 24}
    assert len(here.backends.calls) == 1
    assert {document(answer)["safe_new_key"] for answer in answers if answer.status == 409} == {False}


async def test_whoever_of_25_comes_late_gets_the_same_bytes(stage: SetStage) -> None:
    here = stage("lana")
    answers = await asyncio.gather(*[here.place("a") for _ in range(25)])
    late = await here.place("a")

    receipts = [answer for answer in [*answers, late] if isinstance(answer, Answer)]
    refusals = [answer for answer in answers if isinstance(answer, Problem)]
    assert {refusal.kind for refusal in refusals} <= {"operation-in-progress"}
    assert len({receipt.body for receipt in receipts}) == 1
    assert sum("Idempotent-Replayed" not in receipt.headers for receipt in receipts) == 1
    assert len(here.backends.calls) == 4


async def test_of_25_other_orders_under_one_key_one_runs_and_the_rest_are_refused(stage: SetStage) -> None:
    here = stage("stella_sync")
    answers = await asyncio.gather(*[here.place("a", note=f"number {number}") for number in range(25)])

    assert Counter(map(kind, answers)) == {"receipt": 1, "/problems/idempotency-key-reused": 24}
    assert len(here.backends.calls) == 1
    assert not any("number" in str(answer) for answer in answers if isinstance(answer, Problem))


async def test_of_25_repeats_of_what_was_not_sent_exactly_one_runs(stage: SetStage) -> None:
    here = stage("enad", NOT_SENT)
    await here.place("a")
    answers = await asyncio.gather(*[here.place("a") for _ in range(25)])

    assert sum("Idempotent-Replayed" not in answer.headers for answer in answers if answer.status == 201) == 1
    assert {kind(answer) for answer in answers} <= {"receipt", IN_PROGRESS}
    assert len(here.backends.calls) == 2
    assert here.read("SELECT attempt FROM operation") == [(2,)]


@pytest.mark.parametrize("key", ["a", None])
async def test_nothing_is_sent_while_the_journal_is_read_only(stage: SetStage, key: str | None) -> None:
    here = stage("stella_sync")
    journal_connection(here.path).pragma("query_only", True)
    refused = await here.place(key)
    journal_connection(here.path).pragma("query_only", False)

    assert (refused.status, kind(refused)) == (503, "/problems/storage-unavailable")
    assert "safe_new_key" not in document(refused)
    assert here.backends.calls == []
    assert (await here.place(key)).status == 201


@pytest.mark.parametrize("key", ["a", None])
async def test_nothing_is_sent_once_the_journal_is_closed(stage: SetStage, key: str | None) -> None:
    here = stage("stella_sync")
    journal_connection(here.path).close()
    async with asyncio.timeout(1):
        refused = await here.place(key)

    assert (refused.status, kind(refused)) == (503, "/problems/storage-unavailable")
    assert here.backends.calls == []


async def test_a_claim_is_written_whole_or_not_at_all(stage: SetStage) -> None:
    here = stage("stella_sync")
    spoil(here.path, "INSERT ON attempt")
    refused = await here.place("a")

    assert (refused.status, kind(refused)) == (503, "/problems/storage-unavailable")
    assert here.backends.calls == []
    assert here.read("SELECT * FROM operation") == []
    repair(here.path)
    assert (await here.place("a")).status == 201


async def test_a_result_that_cannot_be_written_is_no_success_and_is_not_sent_again(stage: SetStage) -> None:
    here = stage("stella_sync")
    spoil(here.path, "UPDATE ON operation")
    unwritten = await here.place("a")
    repair(here.path)
    repeat = await here.place("a")

    assert (unwritten.status, document(unwritten)["outcome"]) == (202, "unknown")
    assert document(unwritten)["safe_new_key"] is False
    assert (repeat.status, kind(repeat)) == (409, IN_PROGRESS)
    assert repeat.headers["Location"] == unwritten.headers["Location"]
    assert len(here.backends.calls) == 1


async def test_no_call_follows_one_whose_answer_cannot_be_written(stage: SetStage) -> None:
    here = stage("lana")
    here.backends.watch = lambda _call: spoil(here.path, "INSERT ON attempt")
    unwritten = await here.place("a")
    repair(here.path)
    repeat = await here.place("a")

    assert (unwritten.status, document(unwritten)["outcome"]) == (202, "unknown")
    assert (repeat.status, kind(repeat)) == (409, IN_PROGRESS)
    assert here.backends.names() == ["create"]


async def test_who_wants_unknown_outcomes_as_504_has_an_unwritten_one_as_such(stage: SetStage) -> None:
    here = stage("stella_sync", unknown_status=504)
    spoil(here.path, "UPDATE ON operation")
    unwritten = await here.place("a")

    assert (unwritten.status, kind(unwritten)) == (504, "/problems/outcome-unknown")


@pytest.mark.parametrize("repeats", [1, 3])
async def test_an_order_cut_off_by_a_crash_is_never_sent_again_blindly(stage: SetStage, repeats: int) -> None:
    before = stage("stella_sync")
    before.backends.pause = asyncio.Event().wait
    task = asyncio.create_task(before.place("a"))
    await before.backends.started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await before.journal.close()
    after = stage("stella_sync")
    answers = [await after.place("a") for _ in range(repeats)]

    assert after.read("SELECT state FROM operation") == [("dispatching",)]
    assert {kind(answer) for answer in answers} == {IN_PROGRESS}
    assert after.backends.calls == []


async def test_an_unknown_outcome_half_way_stays_unknown(stage: SetStage) -> None:
    here = stage("lana", None, None, LOST)
    pending, repeat = await here.place("a"), await here.place("a")

    assert (pending.status, repeat.status) == (202, 409)
    assert here.backends.names() == ["create", "calculate", "allocate_number"]
    states = here.read("SELECT call, state FROM attempt ORDER BY started_at, rowid")
    assert states == [("create", "succeeded"), ("calculate", "succeeded"), ("allocate_number", "unknown")]


async def test_two_tenants_may_use_one_key(stage: SetStage) -> None:
    here = stage("enad")
    other = structs.replace(here.tenant, name="b", site_id="b")
    here.gateway.tenants = lambda: {"shop": here.tenant, "b": other}
    first, second = await here.place("a"), await here._replace(tenant=other).place("a")

    assert (first.status, second.status) == (201, 201)
    assert document(first)["id"] != document(second)["id"]
    assert len(here.backends.calls) == 2
