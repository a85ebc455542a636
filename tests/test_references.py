"""Natural references: one order of one reference within a tenant, whatever keys its client comes with."""

import asyncio
from collections import Counter

import pytest
from msgspec import structs

from adapter.errors import Problem
from tests.recovering import OUT_OF_STOCK, SetStage, recover_now, stage, state, told, write
from tests.staging import LOST, NOT_SENT, document

__all__ = ["stage"]

pytestmark = pytest.mark.anyio

DUPLICATE = (409, "duplicate-order-reference")
ROWS = {"reference": "/external_id"}


@pytest.mark.parametrize("key", ["b", None])
async def test_a_reference_that_was_placed_is_not_placed_under_another_key(stage: SetStage, key: str | None) -> None:
    here = stage("stella_sync", **ROWS)
    await here.place("a", external_id="R-1")
    refused = await here.place(key, external_id="R-1", note="another order")

    ((operation_id,),) = here.read("SELECT operation_id FROM operation")
    assert told(refused) == DUPLICATE
    assert document(refused)["operation_id"] == operation_id
    assert document(refused)["safe_new_key"] is False
    assert len(here.backends.calls) == 1
    assert told(await here.place("b", external_id="R-2")) == (201, "receipt")
    assert told(await here.place("c")) == told(await here.place("d")) == (201, "receipt")


async def test_without_any_key_a_reference_still_guards(stage: SetStage) -> None:
    here = stage("enad", **ROWS)
    answers = [await here.place(None, external_id=7) for _ in range(3)]

    assert list(map(told, answers)) == [(201, "receipt"), DUPLICATE, DUPLICATE]
    assert len(here.backends.calls) == 1


@pytest.mark.parametrize("dialect", ["stella_sync", "enad"])
async def test_a_reference_guards_while_its_outcome_is_unknown(stage: SetStage, dialect: str) -> None:
    here = stage(dialect, LOST, **ROWS)
    await here.place("a", external_id="R-1")
    assert told(await here.place("b", external_id="R-1")) == DUPLICATE
    await recover_now(here)

    assert told(await here.place("b", external_id="R-1")) == DUPLICATE
    assert len({call.body for call in here.backends.calls}) == 1


@pytest.mark.parametrize("ending", [OUT_OF_STOCK, NOT_SENT], ids=["refused", "not sent"])
async def test_a_reference_whose_order_was_not_placed_may_come_under_another_key(
    stage: SetStage, ending: object
) -> None:
    here = stage("stella_sync", ending, **ROWS)
    await here.place("a", external_id="R-1")

    assert told(await here.place("b", external_id="R-1")) == (201, "receipt")
    assert told(await here.place("c", external_id="R-1")) == DUPLICATE


async def test_a_key_that_was_not_applied_finds_its_reference_taken_meanwhile(stage: SetStage) -> None:
    here = stage("stella_sync", NOT_SENT, **ROWS)
    await here.place("a", external_id="R-1")
    await here.place("b", external_id="R-1")
    refused = await here.place("a", external_id="R-1")

    placed = here.read("SELECT operation_id FROM operation WHERE key = 'b'")
    assert (told(refused), len(here.backends.calls)) == (DUPLICATE, 2)
    assert [(document(refused)["operation_id"],)] == placed
    assert dict(here.read("SELECT key, state FROM operation")) == {"a": "not_applied", "b": "succeeded"}


async def test_the_same_key_is_answered_as_a_repeat_not_as_a_duplicate(stage: SetStage) -> None:
    here = stage("stella_sync", **ROWS)
    first, again = await here.place("a", external_id="R-1"), await here.place("a", external_id="R-1")

    assert (first.status, again.status, again.headers["Idempotent-Replayed"]) == (201, 201, "true")
    assert told(await here.place("a", external_id="R-2")) == (422, "idempotency-key-reused")


async def test_a_reference_is_known_only_inside_its_tenant(stage: SetStage) -> None:
    here = stage("stella_sync", **ROWS)
    other = structs.replace(here.tenant, name="b", site_id="b")
    here.gateway.tenants = lambda: {"shop": here.tenant, "b": other}
    await here.place("a", external_id="R-1")

    assert told(await here._replace(tenant=other).place("b", external_id="R-1")) == (201, "receipt")
    assert len(here.backends.calls) == 2


@pytest.mark.parametrize("keyed", [True, False])
async def test_of_25_orders_of_one_reference_at_once_exactly_one_is_sent(stage: SetStage, keyed: bool) -> None:
    here = stage("stella_sync", **ROWS)
    keys = [f"key {number}".replace(" ", "-") if keyed else None for number in range(25)]
    answers = await asyncio.gather(*[here.place(key, external_id="R-1") for key in keys])

    assert Counter(map(told, answers)) == {(201, "receipt"): 1, DUPLICATE: 24}
    assert len({document(answer)["operation_id"] for answer in answers if isinstance(answer, Problem)}) == 1
    assert (len(here.backends.calls), state(here)) == (1, "succeeded")


async def test_a_reference_outlives_the_answer(stage: SetStage) -> None:
    here = stage("stella_sync", **ROWS)
    await here.place("a", external_id="R-1")
    write(here, "UPDATE operation SET received_at = '2020-01-01T00:00:00Z'")
    await here.journal.purge(tombstone_days=1e5)

    assert told(await here.place("b", external_id="R-1")) == DUPLICATE
    assert len(here.backends.calls) == 1
