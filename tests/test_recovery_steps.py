"""Recovery of orders of several calls, and of runs that come back after recovery has taken their case."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from adapter.core.idempotency import Claim, Entry
from adapter.core.messages import Answer
from adapter.core.outcomes import Answered, Outcome, Sent
from adapter.core.steps import Call
from adapter.ports import Duplicate, Hold, Intent
from adapter.runs import read_clock
from adapter.shell.journal import SqliteJournal
from tests.recovering import (
    IN_PROGRESS,
    NOT_APPLIED,
    OUT_OF_STOCK,
    UNCERTAIN,
    SetStage,
    crash_in_call,
    grow_old,
    hasten,
    recover_now,
    stage,
    state,
    told,
)
from tests.staging import LOST, NOT_SENT, Stage, document

__all__ = ["stage"]

pytestmark = pytest.mark.anyio

WAYS = {
    "stella_checkout": ["cart", "items[0]", "checkout", "complete"],
    "lana": ["create", "calculate", "allocate_number", "reserve"],
}

# What a tenant changes meanwhile so that today's mapping says other requests.
CHANGED = {"stella_checkout": {"country_form": "alpha3", "site_id": "site-2"}, "lana": {"shop_id": "sh_2"}}

EACH_STEP = [(dialect, number) for dialect in WAYS for number in range(4)]

THROTTLED = Answered(429, {}, b"{}")


@pytest.mark.parametrize(("dialect", "number"), EACH_STEP)
async def test_recovery_sends_the_unknown_step_again_and_then_goes_on(
    stage: SetStage, dialect: str, number: int
) -> None:
    before, calm = stage(dialect, *[None] * number, LOST), stage(dialect, file="calm.db")
    assert told(await before.place("a")) == (202, "pending")
    after = stage(dialect, setting=CHANGED[dialect])
    await recover_now(after)
    repeat = await after.place("a")

    assert (before.backends.names(), after.backends.names()) == (WAYS[dialect][: number + 1], WAYS[dialect][number:])
    lost, again = before.backends.calls[number], after.backends.calls[0]
    assert (again.method, again.url, again.body) == (lost.method, lost.url, lost.body)
    assert again.headers["Idempotency-Key"] == lost.headers["Idempotency-Key"]
    assert (told(repeat), repeat.headers["Idempotent-Replayed"]) == ((201, "receipt"), "true")
    assert document(repeat) | {"created_at": 0} == document(await calm.place("a")) | {"created_at": 0}


@pytest.mark.parametrize(("dialect", "number"), EACH_STEP)
async def test_after_a_crash_recovery_goes_on_at_the_step_that_was_under_way(
    stage: SetStage, dialect: str, number: int
) -> None:
    before = stage(dialect)
    await crash_in_call(before, nth=number + 1)
    after = stage(dialect)
    await recover_now(after)

    assert before.backends.names() + after.backends.names()[1:] == WAYS[dialect]
    lost, again = before.backends.calls[number], after.backends.calls[0]
    assert (again.name, again.url, again.body) == (lost.name, lost.url, lost.body)
    assert told(await after.place("a")) == (201, "receipt")


async def test_a_crash_between_the_record_of_a_step_and_its_call_is_as_one_in_the_call(stage: SetStage) -> None:
    before = stage("lana")
    reached = asyncio.Event()

    async def die_once_it_is_recorded() -> None:
        if before.backends.names() == ["create", "calculate"]:
            before.backends.calls.pop()  # no byte of it left
            reached.set()
            await asyncio.Event().wait()

    before.backends.pause = die_once_it_is_recorded
    task = asyncio.create_task(before.place("a"))
    await reached.wait()
    task.cancel()
    await asyncio.wait([task])
    assert before.read("SELECT call, state FROM attempt ORDER BY rowid")[1] == ("calculate", "dispatching")
    after = stage("lana")
    await recover_now(after)

    assert before.backends.names() + after.backends.names() == WAYS["lana"]
    assert told(await after.place("a")) == (201, "receipt")


@pytest.mark.parametrize("dialect", WAYS)
async def test_every_step_may_be_lost_once_and_none_that_was_answered_is_sent_again(
    stage: SetStage, dialect: str
) -> None:
    here = stage(dialect, LOST, None, LOST, None, LOST, None, LOST, None)
    await here.place("a")
    for _ in range(4):
        await recover_now(here)

    assert here.backends.names() == [name for name in WAYS[dialect] for _ in range(2)]
    assert told(await here.place("a")) == (201, "receipt")


@pytest.mark.parametrize("refusal", [NOT_SENT, THROTTLED], ids=["not sent", "throttled"])
async def test_a_later_step_that_was_not_applied_is_tried_again_for_who_was_promised_an_end(
    stage: SetStage, refusal: Sent
) -> None:
    here = stage("lana", LOST, None, refusal)
    assert told(await here.place("a")) == (202, "pending")
    await recover_now(here)
    assert (state(here), told(await here.place("a"))) == ("unknown", IN_PROGRESS)
    await recover_now(here)

    create, calculate, *rest = WAYS["lana"]
    assert here.backends.names() == [create, create, calculate, calculate, *rest]
    assert told(await here.place("a")) == (201, "receipt")


@pytest.mark.parametrize("refusal", [NOT_SENT, THROTTLED], ids=["not sent", "throttled"])
async def test_nobody_is_promised_anything_by_a_crash_and_a_later_step_waits_for_the_repeat(
    stage: SetStage, refusal: Sent
) -> None:
    await crash_in_call(stage("lana"))
    here = stage("lana", None, refusal)
    await recover_now(here)
    assert state(here) == "not_applied"
    assert await recover_now(here) == []

    assert told(await here.place("a")) == (201, "receipt")
    create, calculate, *rest = WAYS["lana"]
    assert here.backends.names() == [create, calculate, calculate, *rest]


async def test_a_later_step_that_is_refused_ends_the_order(stage: SetStage) -> None:
    here = stage("lana", LOST, None, OUT_OF_STOCK)
    await here.place("a")
    await recover_now(here)

    assert told(await here.place("a")) == (422, "order-refused")
    assert (state(here), here.backends.names()) == ("rejected", ["create", "create", "calculate"])


async def first_call_under_way(here: Stage) -> tuple[asyncio.Event, "asyncio.Task[Any]"]:
    """An order whose first call neither ends nor dies, though everybody takes it for dead."""
    gate = asyncio.Event()
    here.backends.pause = gate.wait
    task = asyncio.create_task(here.place("a"))
    await here.backends.started.wait()
    here.backends.pause = None
    return gate, task


async def test_a_late_success_ends_an_operation_that_recovery_left_unknown(stage: SetStage) -> None:
    here = stage("stella_sync", LOST)
    gate, task = await first_call_under_way(here)
    await recover_now(here)
    assert state(here) == "unknown"
    gate.set()
    first, repeat = await task, await here.place("a")

    assert (told(first), state(here)) == ((201, "receipt"), "succeeded")
    assert isinstance(first, Answer)
    assert repeat == first._replace(headers={**first.headers, "Idempotent-Replayed": "true"})
    assert (await recover_now(here), len(here.backends.calls)) == ([], 2)


async def test_a_late_success_ends_an_operation_that_recovery_has_in_its_hands(stage: SetStage) -> None:
    here = stage("stella_sync", None, OUT_OF_STOCK)
    gate, task = await first_call_under_way(here)
    hasten(here)
    (case,) = await here.journal.take_open(8, 60.0)
    gate.set()
    assert told(await task) == (201, "receipt")
    await here.recovery.recover(case)

    assert state(here) == "succeeded"
    assert told(await here.place("a")) == (201, "receipt")


@pytest.mark.parametrize("dialect", ["stella_sync", "enad"])
async def test_a_late_success_ends_an_operation_that_went_to_a_person(stage: SetStage, dialect: str) -> None:
    here = stage(dialect)
    gate, task = await first_call_under_way(here)
    grow_old(here, 1000)
    await recover_now(here)
    assert state(here) == "needs_operator"
    gate.set()

    assert (told(await task), state(here)) == ((201, "receipt"), "succeeded")
    assert len(here.backends.calls) == 1


@pytest.mark.parametrize("late", [NOT_SENT, LOST, OUT_OF_STOCK], ids=["not sent", "lost", "refused"])
async def test_a_late_failure_changes_nothing_and_its_client_is_told_what_the_journal_says(
    stage: SetStage, late: Sent
) -> None:
    here = stage("stella_sync", LOST, late)
    gate, task = await first_call_under_way(here)
    await recover_now(here)
    before = here.read("SELECT * FROM operation")
    gate.set()
    answer = await task

    assert told(answer) == IN_PROGRESS
    assert document(answer)["safe_new_key"] is False
    assert here.read("SELECT * FROM operation") == before
    await recover_now(here)
    assert told(await here.place("a")) == (201, "receipt")


async def test_a_late_failure_is_told_of_the_success_that_recovery_found(stage: SetStage) -> None:
    here = stage("stella_sync", None, LOST)
    gate, task = await first_call_under_way(here)
    await recover_now(here)
    gate.set()
    answer, repeat = await task, await here.place("a")

    assert answer == repeat
    assert (told(answer), answer.headers["Idempotent-Replayed"]) == ((201, "receipt"), "true")


async def test_a_late_failure_of_an_order_without_a_key_is_told_the_same(stage: SetStage) -> None:
    here = stage("stella_sync", None, LOST)
    gate = asyncio.Event()
    here.backends.pause = gate.wait
    task = asyncio.create_task(here.place())
    await here.backends.started.wait()
    here.backends.pause = None
    await recover_now(here)
    gate.set()

    assert told(await task) == (201, "receipt")


async def test_a_late_failure_is_told_that_a_person_decides(stage: SetStage) -> None:
    here = stage("enad", LOST)
    gate, task = await first_call_under_way(here)
    await recover_now(here)
    gate.set()

    assert told(await task) == UNCERTAIN
    assert len(here.backends.calls) == 1


async def test_a_run_that_was_overtaken_sends_no_further_call(stage: SetStage) -> None:
    """Else an order told as not applied, so that a new key is safe, is placed after all."""
    here = stage("lana", None, NOT_SENT)
    gate, task = await first_call_under_way(here)
    await recover_now(here)
    assert state(here) == "not_applied"
    gate.set()
    answer = await task

    assert here.backends.names() == ["create", "create", "calculate"]
    assert told(answer) in (NOT_APPLIED, IN_PROGRESS)


class StandsStill(SqliteJournal):
    """A journal after whose claims, or commits of a step, this program stands still for an hour; others do not."""

    def __init__(self, here: Stage, after: str, meanwhile: Callable[[], Awaitable[object]]) -> None:
        super().__init__(here.path)
        here.gateway.runs.journal = self
        here.gateway.runs.clock = lambda: read_clock() + self.hours * 3600
        self.after = after
        self.meanwhile = meanwhile
        self.hours = 0

    async def claim(self, claim: Claim, intent: Intent) -> Hold | Entry | Duplicate:
        held = await super().claim(claim, intent)
        await self._stand_still("claim")
        return held

    async def advance(self, hold: Hold, done: Call, outcome: Outcome, following: Call) -> bool:
        advanced = await super().advance(hold, done, outcome, following)
        await self._stand_still(following.name)
        return advanced

    async def _stand_still(self, where: str) -> None:
        if where == self.after and not self.hours:
            self.hours = 1
            await self.meanwhile()


MOMENTS = [("stella_sync", "claim", 0), ("lana", "claim", 0), ("lana", "calculate", 1), ("lana", "reserve", 3)]


@pytest.mark.parametrize(("dialect", "after", "sent"), MOMENTS)
async def test_who_stood_still_for_longer_than_it_holds_an_order_sends_nothing_of_it(
    stage: SetStage, dialect: str, after: str, sent: int
) -> None:
    here = stage(dialect)
    journal = StandsStill(here, after, lambda: asyncio.sleep(0))
    try:
        assert told(await here.place("a")) == NOT_APPLIED
        assert len(here.backends.calls) == sent
        assert told(await here.place("a")) == (201, "receipt")
    finally:
        await journal.close()


@pytest.mark.parametrize(("dialect", "after", "sent"), MOMENTS)
async def test_who_stood_still_while_another_placed_its_order_sends_nothing_and_has_its_receipt(
    stage: SetStage, dialect: str, after: str, sent: int
) -> None:
    here, other = stage(dialect), stage(dialect)
    journal = StandsStill(here, after, lambda: recover_now(other))
    try:
        assert told(await here.place("a")) == (201, "receipt")
        assert len(here.backends.calls) == sent
        assert state(other) == "succeeded"
    finally:
        await journal.close()
