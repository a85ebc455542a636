"""Recovery of orders of one call: what is sent again, when, how often, and what goes to a person."""

import asyncio
from typing import Any

import pytest
from msgspec import structs

from adapter.core.messages import Answer
from adapter.core.outcomes import Answered, Sent
from adapter.core.recovery import LONGEST_PAUSE, MOST_TRIES
from tests.core.conftest import ORDER
from tests.recovering import (
    IN_PROGRESS,
    OUT_OF_STOCK,
    UNCERTAIN,
    SetStage,
    crash_in_call,
    grow_old,
    hasten,
    recover,
    recover_now,
    stage,
    state,
    told,
    until,
    write,
)
from tests.staging import LOST, NOT_SENT, SHIPPED, Stage, document

__all__ = ["stage"]

pytestmark = pytest.mark.anyio

HONOURING = ["stella_sync", "lana"]

# What a tenant changes between the first try and the second: the mapping then says another request.
CHANGED = {"stella_sync": {"country_form": "alpha3"}, "lana": {"shop_id": "sh_2", "gateway_id": "gw_2"}}

UNDECIDED: dict[str, Sent] = {
    "throttled": Answered(429, {}, b"{}"),
    "unauthorised": Answered(401, {}, b"{}"),
    "not sent": NOT_SENT,
    "lost": LOST,
    "failed": Answered(500, {}, b"{}"),
    "seen by no backend": Answered(404, {}, b"<html>nginx"),
    "refused by who knows whom": Answered(422, {}, b"{}"),
    "unreadable": Answered(201, {}, b"<html>"),
}


def request(here: Stage, number: int) -> tuple[Any, ...]:
    call = here.backends.calls[number]
    return (call.name, call.method, call.url, call.headers["Idempotency-Key"], call.body)


@pytest.mark.parametrize("dialect", HONOURING)
async def test_a_lost_order_is_sent_again_once_its_quiet_time_is_over_and_not_before(
    stage: SetStage, dialect: str
) -> None:
    here = stage(dialect, LOST, quiet_seconds=0.4)
    assert told(await here.place("a")) == (202, "pending")
    assert await recover(here) == []
    assert told(await here.place("a")) == IN_PROGRESS
    assert len(here.backends.calls) == 1

    await asyncio.sleep(0.5)
    assert len(await recover(here)) == 1
    assert request(here, 0) == request(here, 1)
    assert state(here) == "succeeded"


async def test_a_repeat_gets_the_answer_that_recovery_found(stage: SetStage) -> None:
    here = stage("stella_sync", LOST)
    pending = await here.place("a")
    await recover_now(here)
    repeat, again = await here.place("a"), await here.place("a")

    assert isinstance(repeat, Answer)
    assert repeat == again
    assert (repeat.status, repeat.headers["Idempotent-Replayed"]) == (201, "true")
    assert repeat.headers["Location"] == pending.headers["Location"]
    assert here.read("SELECT body FROM operation") == [(repeat.body,)]
    shown = await here.gateway.show_order(here.inbound(), document(pending)["operation_id"])
    assert document(shown)["receipt"] == document(repeat)
    assert len(here.backends.calls) == 2


@pytest.mark.parametrize("dialect", HONOURING)
async def test_the_very_same_request_is_sent_again_whatever_the_settings_say_now(stage: SetStage, dialect: str) -> None:
    before = stage(dialect, LOST)
    await before.place("a")
    after = stage(dialect, setting=CHANGED[dialect])
    await recover_now(after)
    await after.place("b")

    first, second = request(before, 0), request(after, 0)
    assert second == first
    other = request(after, len(after.backends.calls) - (1 if dialect == "stella_sync" else 4))
    assert other[0] == first[0]
    assert other[4] != first[4]
    assert (other[2] != first[2]) == (dialect == "lana")


@pytest.mark.parametrize("dialect", HONOURING)
async def test_an_order_cut_off_by_a_crash_is_sent_again_when_its_lease_is_over(stage: SetStage, dialect: str) -> None:
    before = stage(dialect)
    await crash_in_call(before)
    after = stage(dialect)
    assert await recover(after) == []
    assert told(await after.place("a")) == IN_PROGRESS
    assert after.backends.calls == []

    await recover_now(after)
    assert request(after, 0) == request(before, 0)
    assert told(await after.place("a")) == (201, "receipt")


async def test_a_lease_is_the_deadline_and_the_quiet_time(stage: SetStage) -> None:
    here = stage("stella_sync", deadline_seconds=0.2, quiet_seconds=0.3)
    await crash_in_call(here)
    after = stage("stella_sync")
    waits = "SELECT check_at - unixepoch('subsec') FROM operation"
    ((left,),) = after.read(waits)
    await asyncio.sleep(max(left, 0) + 0.01)

    assert left <= 0.5
    assert len(await recover(after)) == 1


async def test_a_clock_that_is_set_forward_ends_no_quiet_time_of_the_process_that_knows_of_it(stage: SetStage) -> None:
    here = stage("stella_sync", LOST, quiet_seconds=0.3)
    await here.place("a")
    set_clock_forward(here)
    assert await recover(here) == []

    await asyncio.sleep(0.35)
    assert len(await recover(here)) == 1
    assert state(here) == "succeeded"


async def test_a_clock_that_is_set_forward_ends_no_lease_of_the_process_that_holds_it(stage: SetStage) -> None:
    here = stage("lana")
    gate = asyncio.Event()
    here.backends.pause = gate.wait
    task = asyncio.create_task(here.place("a"))
    for number in range(1, 5):
        await until(lambda: len(here.backends.calls) >= number)  # noqa: B023  # awaited here
        set_clock_forward(here)
        assert await recover(here) == []
        gate.set()
        await asyncio.sleep(0)
        gate.clear()

    gate.set()
    assert told(await task) == (201, "receipt")
    assert here.backends.names() == ["create", "calculate", "allocate_number", "reserve"]


def set_clock_forward(here: Stage) -> None:
    """By ten minutes: to move all times that the journal has written back is the same."""
    write(here, "UPDATE operation SET check_at = check_at - 600, opened_at = opened_at - 600")


async def test_a_lease_that_is_not_over_is_left_alone_by_every_journal_on_the_file(stage: SetStage) -> None:
    here, second = stage("stella_sync"), stage("stella_sync")
    gate = asyncio.Event()
    here.backends.pause = gate.wait
    task = asyncio.create_task(here.place("a"))
    await here.backends.started.wait()
    assert await recover(here) == await recover(second) == []
    gate.set()

    assert told(await task) == (201, "receipt")
    assert second.backends.calls == []


async def test_a_case_that_was_taken_up_is_left_alone_until_its_lease_is_over(stage: SetStage) -> None:
    here, second = stage("stella_sync", LOST), stage("stella_sync")
    await here.place("a")
    hasten(here)
    (case,) = await here.journal.take_open(8, 60.0)

    assert await second.journal.take_open(8, 60.0) == []
    hasten(here)
    (again,) = await second.journal.take_open(8, 60.0)
    assert (again.hold.operation_id, again.hold.attempt) == (case.hold.operation_id, case.hold.attempt + 1)


@pytest.mark.parametrize("how", ["lost", "failed", "unreadable"])
async def test_enad_is_never_sent_a_second_order(stage: SetStage, how: str) -> None:
    here = stage("enad", UNDECIDED[how])
    assert told(await here.place("a")) == (202, "pending")
    assert state(here) == "needs_operator"
    assert told(await here.place("a")) == UNCERTAIN
    for _ in range(3):
        assert await recover_now(here) == []

    assert document(await here.place("a"))["safe_new_key"] is False
    assert len(here.backends.calls) == 1


async def test_enad_is_never_sent_a_second_order_after_a_crash_either(stage: SetStage) -> None:
    await crash_in_call(stage("enad"))
    here = stage("enad")
    for _ in range(3):
        await recover_now(here)

    assert told(await here.place("a")) == UNCERTAIN
    assert (state(here), here.backends.calls) == ("needs_operator", [])


async def test_a_refusal_of_what_is_sent_again_is_final(stage: SetStage) -> None:
    here = stage("stella_sync", LOST, OUT_OF_STOCK)
    await here.place("a")
    await recover_now(here)
    repeat = await here.place("a")

    assert told(repeat) == (422, "order-refused")
    assert document(repeat)["safe_new_key"] is True
    assert repeat.headers["Idempotent-Replayed"] == "true"
    assert (state(here), len(here.backends.calls)) == ("rejected", 2)


@pytest.mark.parametrize("how", UNDECIDED)
async def test_what_befalls_a_resend_proves_nothing_about_the_first(stage: SetStage, how: str) -> None:
    here = stage("stella_sync", LOST, UNDECIDED[how])
    await here.place("a")
    await recover_now(here)

    assert state(here) == "unknown"
    assert told(await here.place("a")) == IN_PROGRESS
    assert document(await here.place("a"))["safe_new_key"] is False
    await recover_now(here)
    assert told(await here.place("a")) == (201, "receipt")
    assert len(here.backends.calls) == 3


async def test_what_stays_unknown_is_looked_at_later_and_later(stage: SetStage) -> None:
    here = stage("stella_sync", *[LOST] * 9, quiet_seconds=10)
    await here.place("a")
    pauses: list[float] = []
    for _ in range(8):
        await recover_now(here)
        pauses += here.read("SELECT check_at - unixepoch('subsec') FROM operation")[0]

    assert pauses == pytest.approx([20, 40, 80, 160, 300, 300, 300, 300], abs=2)
    assert LONGEST_PAUSE == 300


@pytest.mark.parametrize(
    ("seconds", "rows", "why"),
    [
        (60, {"recover_seconds": 30}, "30 seconds"),
        (1000, {}, "900 seconds"),
        (24 * 3600 + 60, {"recover_seconds": 1e6}, "24 hours"),
    ],
)
async def test_an_order_that_is_too_old_goes_to_a_person(
    stage: SetStage, seconds: float, rows: dict[str, Any], why: str
) -> None:
    here = stage("stella_sync", LOST, **rows)
    await here.place("a")
    grow_old(here, seconds)
    await recover_now(here)

    ((found, detail),) = here.read("SELECT state, detail FROM operation")
    assert found == "needs_operator"
    assert why in detail
    assert told(await here.place("a")) == UNCERTAIN
    assert (await recover_now(here), len(here.backends.calls)) == ([], 1)


async def test_an_order_goes_to_a_person_after_20_tries(stage: SetStage) -> None:
    here = stage("stella_sync", *[LOST] * 30)
    await here.place("a")
    for _ in range(MOST_TRIES):
        await recover_now(here)
    assert (state(here), len(here.backends.calls)) == ("unknown", 1 + 20)

    await recover_now(here)
    assert (state(here), len(here.backends.calls)) == ("needs_operator", 1 + 20)


@pytest.mark.parametrize("turn", ["gone", "another dialect", "unmappable"])
async def test_an_order_whose_tenant_has_changed_too_much_goes_to_a_person(stage: SetStage, turn: str) -> None:
    here = stage("lana", LOST, setting={"country": "NP"})
    address = {name: value for name, value in ORDER["shipping_address"].items() if name != "country"}
    assert told(await here.place("a", shipping_address=address)) == (202, "pending")
    changed = {
        "another dialect": structs.replace(here.tenant, dialect=SHIPPED["stella_sync"]),
        "unmappable": structs.replace(here.tenant, settings=here.tenant.settings | {"country": None}),
    }
    here.gateway.tenants = lambda: {"shop": changed[turn]} if turn in changed else {}
    if turn == "gone":  # until then another gateway on the journal may know it
        await recover_now(here)
        assert state(here) == "unknown"
        grow_old(here, 901)
    await recover_now(here)

    ((found, detail),) = here.read("SELECT state, detail FROM operation")
    assert (found, len(here.backends.calls)) == ("needs_operator", 1)
    assert ("unmappable-order" if turn == "unmappable" else "its tenant is gone") in detail
    here.gateway.tenants = lambda: {"shop": here.tenant}
    assert told(await here.place("a", shipping_address=address)) == UNCERTAIN
