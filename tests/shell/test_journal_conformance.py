"""What the flow may rely on in any journal: one suite of the port's promises, run on every store there is."""

import asyncio
from typing import NamedTuple

import pytest

from adapter.core.canonical import read_json
from adapter.core.idempotency import Entry
from adapter.core.ledger import Loss
from adapter.core.outcomes import Outcome, State
from adapter.core.steps import Taken
from adapter.ports import Duplicate, Hold, Written
from tests.shell.stores import (
    ENDS,
    LOSSES,
    LOST,
    PLACED,
    RECEIPT,
    REFUSED,
    UNSENT,
    OpenJournal,
    Store,
    call,
    claim,
    end,
    hold,
    intent,
    open_journal,
    result,
    state,
    store,
    take,
)

__all__ = ["open_journal", "store"]

pytestmark = pytest.mark.anyio


async def test_one_of_25_claims_of_a_scope_holds_it_whoever_makes_them(open_journal: OpenJournal) -> None:
    stores = [open_journal(), open_journal()]
    answers = await asyncio.gather(*[stores[n % 2].claim(claim(str(n)), intent()) for n in range(25)])

    holds = [answer.operation_id for answer in answers if isinstance(answer, Hold)]
    assert [{answer.operation_id} == {*holds} for answer in answers if isinstance(answer, Entry)] == [True] * 24


async def test_a_scope_is_tenant_route_and_key(store: Store) -> None:
    scopes = [claim("1"), claim("2", tenant="b"), claim("3", key="l"), claim("4", route="/x")]
    for scope in scopes:
        await hold(store, scope)

    assert [entry and entry.operation_id for entry in [await store.find(scope) for scope in scopes]] == [*"1234"]


async def test_a_tenant_sees_its_own_operations_only(store: Store) -> None:
    await end(store, await hold(store), PLACED)

    for order_id in ("op-1", RECEIPT["id"]):
        record = await store.look_up("shop", order_id)
        assert record is not None
        assert record.entry == await store.find(claim())
        assert await store.look_up("b", order_id) is None
    assert await store.find(claim(tenant="b")) is None


@pytest.mark.parametrize("outcome", [PLACED, REFUSED, UNSENT, LOST], ids=lambda outcome: outcome.state.value)
async def test_what_was_recorded_outlives_its_journal(open_journal: OpenJournal, outcome: Outcome) -> None:
    first = open_journal()
    assert await end(first, await hold(first), outcome) is True
    before = await first.find(claim())
    await first.close()
    after = await open_journal().find(claim())

    assert after == before
    assert after is not None
    told = result(outcome).answer
    assert (after.state, after.status) == (outcome.state, told.status)
    assert (after.headers, after.body) == (told.headers, told.body)


async def test_only_what_was_not_applied_is_claimed_again_and_by_its_own_operation(store: Store) -> None:
    first = await hold(store)
    await store.advance(first, call(), PLACED, call("confirm"))
    await store.finish(first, call("confirm"), UNSENT, result(UNSENT))
    assert isinstance(await store.claim(claim("op-2"), intent()), Entry)
    second = await hold(store)

    assert (second.operation_id, second.attempt) == ("op-1", 2)
    assert second.taken == {"order": Taken({"order_id": "or_1"}, RECEIPT, {})}
    await end(store, second, PLACED)
    assert isinstance(await store.claim(claim(), intent()), Entry)


async def test_of_25_claims_of_what_was_not_applied_one_holds_it(open_journal: OpenJournal) -> None:
    stores = [open_journal(), open_journal()]
    await end(stores[0], await hold(stores[0]), UNSENT)
    answers = await asyncio.gather(*[stores[n % 2].claim(claim(), intent()) for n in range(25)])

    assert sum(isinstance(answer, Hold) for answer in answers) == 1


@pytest.mark.parametrize("outcome", [REFUSED, UNSENT, LOST], ids=lambda outcome: outcome.state.value)
async def test_a_stale_writer_that_failed_changes_nothing(store: Store, outcome: Outcome) -> None:
    stale = await hold(store, lease=0)
    case = await take(store)
    assert await end(store, stale, outcome) is False
    assert await state(store) is State.RECONCILING

    assert await end(store, case.hold, PLACED) is True
    assert await end(store, stale, outcome) is False
    assert await state(store) is State.SUCCEEDED


async def test_a_stale_writer_that_succeeded_ends_what_is_open(store: Store) -> None:
    stale = await hold(store, lease=0)
    case = await take(store)

    assert await end(store, stale, PLACED) is True
    assert await end(store, case.hold, REFUSED) is False
    await store.postpone(case.hold, call(), LOST, 0)
    await store.hand_over(case.hold, "why")
    assert await state(store) is State.SUCCEEDED
    assert await store.take_open(8, 0) == []


async def test_a_stale_writer_renews_no_lease(store: Store) -> None:
    stale = await hold(store, lease=0)
    await take(store, lease=0)
    await store.begin(stale._replace(lease=3600.0), call("confirm"))
    await store.advance(stale._replace(lease=3600.0), call("confirm"), PLACED, call("ship"))

    assert (await take(store)).hold.attempt == 3


async def test_a_restart_makes_what_was_under_way_a_case_once_its_lease_is_over(open_journal: OpenJournal) -> None:
    first = open_journal()
    await hold(first, claim("over", key="over"), lease=0)
    await hold(first, claim("alive", key="alive"), lease=3600)
    await first.close()
    case = await take(open_journal())

    assert (case.hold.operation_id, case.hold.attempt, case.hold.lease) == ("over", 2, 60.0)
    assert case.hold.written == {"order": Written("POST", "http://backend.test/order", b'{"order":1}')}
    assert (case.tenant, case.dialect, case.received_at) == ("shop", "enad", "2026-03-02T09:15:20Z")
    assert read_json(case.canonical) == {"email": "a@b.co"}
    assert (case.tries, case.promised) == (1, False)
    assert case.age > 0


async def test_a_case_has_the_losses_that_were_claimed(store: Store) -> None:
    await hold(store, lease=0)
    case = await take(store)

    assert tuple(case.losses) == LOSSES
    assert all(isinstance(loss, Loss) for loss in case.losses)


async def test_a_case_has_what_earlier_calls_left_and_the_request_that_is_unknown(store: Store) -> None:
    held = await hold(store, lease=0)
    await store.advance(held._replace(lease=0.0), call(), PLACED, call("confirm", b"2"))
    case = await take(store)

    assert case.hold.taken == {"order": Taken({"order_id": "or_1"}, RECEIPT, {})}
    assert case.hold.written == {"confirm": Written("POST", "http://backend.test/confirm", b"2")}


async def test_a_case_has_the_pairs_that_its_last_claim_came_with(store: Store) -> None:
    for number, pairs in enumerate(({"t": {"a": "1"}}, {"t": {"a": "2"}})):
        held = await store.claim(claim(), intent(lease=0)._replace(pairs=pairs))
        assert isinstance(held, Hold)
        await end(store, held, (UNSENT, LOST)[number])

    assert (await take(store)).pairs == {"t": {"a": "2"}}


async def test_an_operation_has_pairs_that_bind_it_once_a_call_was_answered(store: Store) -> None:
    held = await store.claim(claim(), intent()._replace(pairs={"t": {"a": "1"}}))
    assert isinstance(held, Hold)
    before = await store.find(claim())
    await store.advance(held, call(), PLACED, call("confirm"))
    after = await store.find(claim())

    assert [entry and entry.pairs for entry in (before, after)] == [None, {"t": {"a": "1"}}]


async def test_an_operation_is_taken_up_when_its_time_has_come(store: Store) -> None:
    await end(store, await hold(store), LOST, check_after=3600)
    await end(store, await hold(store, claim("op-2", key="l")), LOST, check_after=0)
    case = await take(store)

    assert (case.hold.operation_id, case.promised) == ("op-2", True)


async def test_the_operations_of_some_tenants_may_be_left_alone(store: Store) -> None:
    for tenant in ("shop", "other"):
        await hold(store, claim(f"op-{tenant}", tenant=tenant), lease=0)

    assert await store.take_open(8, 60.0, ["shop", "other"]) == []
    assert [case.tenant for case in await store.take_open(8, 60.0, ["shop"])] == ["other"]
    assert [case.tenant for case in await store.take_open(8, 60.0)] == ["shop"]


async def test_each_case_is_taken_up_once_and_by_one(open_journal: OpenJournal) -> None:
    stores = [open_journal(), open_journal()]
    for number in range(12):
        await hold(stores[0], claim(str(number), key=str(number)), lease=0)
    taken = await asyncio.gather(*[stores[n % 2].take_open(3, 60.0) for n in range(8)])

    assert sorted(case.hold.operation_id for cases in taken for case in cases) == sorted(map(str, range(12)))
    assert max(map(len, taken)) == 3


async def test_a_case_whose_lease_is_over_is_taken_up_again_and_fences_the_first(store: Store) -> None:
    await hold(store, lease=0)
    first, second = await take(store, lease=0), await take(store)
    assert (first.hold.attempt, second.hold.attempt, second.tries) == (2, 3, 2)
    await store.postpone(first.hold, call(), LOST, 0)
    assert await state(store) is State.RECONCILING
    await store.hand_over(first.hold, "why")
    assert await state(store) is State.RECONCILING
    assert await end(store, first.hold, REFUSED) is False
    assert await store.take_open(8, 60.0) == []


async def test_a_postponed_case_is_unknown_and_comes_again_after_its_pause(store: Store) -> None:
    await hold(store, lease=0)
    case = await take(store)
    await store.begin(case.hold, call())
    await store.postpone(case.hold, call(), LOST, 0)
    assert await state(store) is State.UNKNOWN
    again = await take(store)
    await store.postpone(again.hold, call(), LOST, 3600)

    assert (again.tries, [*again.hold.written]) == (2, ["order"])
    assert await store.take_open(8, 60.0) == []


async def test_a_case_that_was_handed_over_never_comes_again(store: Store) -> None:
    await hold(store, lease=0)
    await store.hand_over((await take(store)).hold, "the reason")
    entry = await store.find(claim())

    assert entry is not None
    assert (entry.state, entry.detail) == (State.NEEDS_OPERATOR, "the reason")
    assert await store.take_open(8, 60.0) == []


@pytest.mark.parametrize("outcome", ENDS, ids=lambda outcome: outcome.state.value)
async def test_what_has_ended_is_no_case(store: Store, outcome: Outcome) -> None:
    await end(store, await hold(store, lease=0), outcome)

    assert await store.take_open(8, 60.0) == []


class Ending(NamedTuple):
    """How the first order of a reference ended, and whether it still has it."""

    outcome: Outcome | None
    guards: bool


@pytest.mark.parametrize(
    "ending",
    [Ending(None, True), Ending(LOST, True), Ending(PLACED, True), Ending(REFUSED, False), Ending(UNSENT, False)],
)
async def test_a_reference_belongs_to_one_operation_that_is_open_or_placed(store: Store, ending: Ending) -> None:
    held = await hold(store, claim(reference="R"))
    if ending.outcome is not None:
        await end(store, held, ending.outcome)
    rival = await store.claim(claim("op-2", key="l", reference="R"), intent())

    assert isinstance(rival, Duplicate if ending.guards else Hold)
    assert not isinstance(rival, Duplicate) or rival.entry.operation_id == "op-1"
    assert isinstance(await store.claim(claim("op-3", tenant="b", reference="R"), intent()), Hold)
    assert isinstance(await store.claim(claim("op-4", key="m"), intent()), Hold)


async def test_of_25_claims_of_one_reference_one_holds_it(open_journal: OpenJournal) -> None:
    stores = [open_journal(), open_journal()]
    claims = [claim(str(n), key=str(n), reference="R") for n in range(25)]
    answers = await asyncio.gather(*[stores[n % 2].claim(each, intent()) for n, each in enumerate(claims)])

    assert sum(isinstance(answer, Hold) for answer in answers) == 1
    assert sum(isinstance(answer, Duplicate) for answer in answers) == 24


@pytest.mark.parametrize("outcome", ENDS, ids=lambda outcome: outcome.state.value)
async def test_an_old_answer_is_blanked_and_its_tombstone_deleted_later(store: Store, outcome: Outcome) -> None:
    await end(store, await hold(store), outcome)
    assert await store.purge(1e6, 1e6) == 0
    assert await store.purge(0, 1e6) == 1
    entry = await store.find(claim())

    assert entry is not None
    assert (entry.expired, entry.body, entry.headers, entry.state) == (True, b"", {}, outcome.state)
    assert entry.receipt_id == (RECEIPT["id"] if outcome is PLACED else None)
    assert await store.purge(0, 0) == 1
    assert await store.find(claim()) is None
    assert (await hold(store, claim("op-2"))).taken == {}


async def test_what_is_open_is_never_purged(store: Store) -> None:
    await hold(store, claim("dispatching", key="1"), lease=3600)
    await end(store, await hold(store, claim("unknown", key="2")), LOST, check_after=3600)
    await hold(store, claim("handed over", key="3"), lease=0)
    await store.hand_over((await take(store)).hold, "why")
    await hold(store, claim("reconciling", key="4"), lease=0)
    await take(store)

    assert await store.purge(0, 0) == 0
    found = [await store.find(claim(key=key)) for key in "1234"]
    states = [State.DISPATCHING, State.UNKNOWN, State.NEEDS_OPERATOR, State.RECONCILING]
    assert [(entry and entry.state, entry and entry.expired) for entry in found] == [(each, False) for each in states]


@pytest.mark.parametrize("before", ENDS, ids=lambda outcome: outcome.state.value)
async def test_a_person_resolves_what_is_open_and_nothing_else(store: Store, before: Outcome) -> None:
    await end(store, await hold(store), before)
    assert await store.resolve("op-1", result(REFUSED)) is False
    assert await state(store) is before.state

    await hold(store, claim("op-3", key="m"))
    assert await store.resolve("op-3", result(PLACED)) is False, "its call may be under way"

    held = await hold(store, claim("op-2", key="l"), lease=0)
    assert await store.resolve("op-2", result(PLACED)) is True
    assert await store.finish(held, call(), REFUSED, result(REFUSED)) is False
    entry = await store.find(claim(key="l"))
    assert entry is not None
    assert (entry.state, entry.body) == (State.SUCCEEDED, result(PLACED).answer.body)
