"""Orders that a backend can be asked for: what a look may settle, and that it never leads to a second order."""

import asyncio
from typing import Any

import msgspec
import pytest

from adapter.core.dialects import check_dialect
from adapter.core.outcomes import Answered, Sent
from adapter.shell.files import load_document, shipped
from tests.core.conftest import LANA_ANSWER
from tests.recovering import (
    UNCERTAIN,
    SetStage,
    grow_old,
    listing_dialect,
    recover,
    recover_now,
    stage,
    state,
    told,
    turn,
    write,
)
from tests.staging import LOST, Stage

__all__ = ["stage"]

pytestmark = pytest.mark.anyio


def shows(here: Stage, *orders: dict[str, Any], **page: Any) -> Answered:
    """A page of the list with orders in it; one without tags has those of the operation there is."""
    ((operation_id,),) = here.read("SELECT operation_id FROM operation")
    items = [LANA_ANSWER | {"id": "or_found", "tags": [operation_id]} | order for order in orders]
    return Answered(200, {}, msgspec.json.encode({"items": items} | page))


def say(here: Stage, *script: Sent | None) -> None:
    here.backends.script.extend(script)


async def test_an_order_that_the_list_shows_goes_on_from_there(stage: SetStage) -> None:
    here = stage("lana", LOST)
    turn(here, "D")
    assert told(await here.place("a")) == (202, "pending")
    say(here, shows(here, {}))
    await recover_now(here)

    assert here.backends.names() == ["create", "look-up", "calculate", "allocate_number", "reserve"]
    assert all("order_id=or_found" in call.url for call in here.backends.calls[2:])
    assert told(await here.place("a")) == (201, "receipt")


async def test_the_list_is_asked_for_the_time_the_order_came_in(stage: SetStage) -> None:
    here = stage("lana", LOST)
    turn(here, "D")
    await here.place("a")
    say(here, shows(here))
    await recover_now(here)

    look = here.backends.calls[-1]
    assert (look.method, look.body) == ("GET", b"")
    ((received_at,),) = here.read("SELECT received_at FROM operation")
    (since,) = [part for part in look.url.split("&") if part.startswith("created_at_min=")]
    assert since < f"created_at_min={received_at}".replace(":", "%3A")


async def test_an_order_that_two_looks_do_not_show_is_not_placed_and_may_be_placed_again(stage: SetStage) -> None:
    here = stage("lana", LOST)
    turn(here, "D")
    await here.place("a")
    grow_old(here, 61)
    say(here, shows(here), shows(here))
    await recover_now(here)
    assert state(here) == "unknown"
    await recover_now(here)
    assert state(here) == "not_applied"

    assert told(await here.place("a")) == (201, "receipt")
    assert here.backends.names()[:4] == ["create", "look-up", "look-up", "create"]


@pytest.mark.parametrize(("deadline", "age"), [(0.1, 60), (45, 90)])
async def test_however_often_a_young_order_is_not_seen_it_may_yet_arrive(
    stage: SetStage, deadline: float, age: float
) -> None:
    here = stage("lana", LOST)
    turn(here, "D", deadline_seconds=deadline)
    await here.place("a")
    grow_old(here, age - 10)
    say(here, *[shows(here)] * 4)
    for _ in range(3):
        await recover_now(here)
    assert state(here) == "unknown"

    grow_old(here, 11)
    await recover_now(here)
    assert state(here) == "not_applied"


async def test_an_order_that_arrives_between_two_looks_is_found(stage: SetStage) -> None:
    here = stage("lana", LOST)
    turn(here, "D")
    await here.place("a")
    say(here, shows(here), shows(here, {}))
    await recover_now(here)
    await recover_now(here)

    assert state(here) == "succeeded"
    assert here.backends.names().count("create") == 1


@pytest.mark.parametrize(
    "blind",
    [
        LOST,
        Answered(500, {}, b"{}"),
        Answered(200, {}, b"<html>"),
        Answered(200, {}, b'{"items": 7}'),
        Answered(200, {}, b'{"items": [], "last_key": "on"}'),
        "several",
        "unreadable",
    ],
    ids=str,
)
async def test_a_look_that_proves_nothing_counts_for_nothing(stage: SetStage, blind: Any) -> None:
    here = stage("lana", LOST)
    turn(here, "D")
    await here.place("a")
    made: dict[str, list[dict[str, Any]]] = {"several": [{}, {"id": "or_2"}], "unreadable": [{"state": 7}]}
    sent = shows(here, *made[blind]) if isinstance(blind, str) else blind
    say(here, sent, shows(here), sent, sent)
    for _ in range(4):
        await recover_now(here)

    assert state(here) == "unknown"
    assert here.read("SELECT misses FROM operation") == [(1,)]
    assert here.backends.names() == ["create", *["look-up"] * 4]


async def test_orders_with_other_references_are_not_ours(stage: SetStage) -> None:
    here = stage("lana", LOST)
    turn(here, "D")
    await here.place("a")
    grow_old(here, 61)
    page = shows(here, {"tags": ["another"]}, {"tags": None}, {"tags": []})
    say(here, page, page)
    await recover_now(here)
    await recover_now(here)

    assert state(here) == "not_applied"


BY_BUYER = {"match": {"customer_email": "{order.email}"}}


async def test_an_order_like_ours_may_be_another(stage: SetStage) -> None:
    here = stage("lana", LOST)
    turn(here, "D", BY_BUYER)
    await here.place("a")
    say(here, shows(here, {"customer_email": "sita@example.com"}))
    await recover_now(here)

    assert (state(here), here.backends.names()) == ("unknown", ["create", "look-up"])
    assert here.read("SELECT misses FROM operation") == [(0,)]


def test_a_look_up_by_what_another_order_may_have_is_warned_of() -> None:
    mapping = listing_dialect("D", **BY_BUYER).mapping
    _, findings = check_dialect(mapping, load_document(shipped(), "lana"), "lana.toml")

    assert [(finding.rule, finding.at) for finding in findings] == [("blind_lookup", "lana.toml: lookup.match")]


async def test_a_step_that_no_look_tells_of_is_for_a_person(stage: SetStage) -> None:
    here = stage("lana", None, None, None, LOST)
    turn(here, "D")
    await here.place("a")
    await recover_now(here)

    assert told(await here.place("a")) == UNCERTAIN
    assert here.backends.names() == ["create", "calculate", "allocate_number", "reserve"]


async def test_what_a_look_found_is_on_record_before_anything_follows(stage: SetStage) -> None:
    here = stage("lana", LOST)
    turn(here, "D")
    await here.place("a")
    say(here, shows(here, {}), LOST)
    await recover_now(here)
    assert state(here) == "unknown"
    await recover_now(here)

    assert told(await here.place("a")) == UNCERTAIN
    assert here.backends.names() == ["create", "look-up", "calculate"]


async def test_a_later_step_that_was_not_sent_is_run_without_a_look(stage: SetStage) -> None:
    here = stage("lana", LOST)
    turn(here, "D")
    await here.place("a")
    say(here, shows(here, {}), Answered(429, {}, b"{}"))
    await recover_now(here)
    await recover_now(here)

    assert here.backends.names() == ["create", "look-up", *["calculate"] * 2, "allocate_number", "reserve"]
    assert state(here) == "succeeded"


@pytest.mark.parametrize("recovery", ["B", "E"])
async def test_other_classes_look_nothing_up(stage: SetStage, recovery: str) -> None:
    here = stage("lana", LOST)
    turn(here, recovery)
    await here.place("a")
    await recover_now(here)

    assert told(await here.place("a")) == UNCERTAIN
    assert here.backends.names() == ["create"]


async def test_who_resends_looks_once_before_a_person_must_decide(stage: SetStage) -> None:
    here = stage("lana", LOST)
    await here.place("a")
    grow_old(here, 901)
    say(here, shows(here, {}))
    await recover_now(here)

    assert here.backends.names() == ["create", "look-up"]
    ((found, why),) = here.read("SELECT state, detail FROM operation")
    assert found == "needs_operator"
    assert "or_found" in why
    assert "calculate is not" in why


async def test_who_resends_and_is_shown_all_that_it_wanted_is_done(stage: SetStage) -> None:
    here = stage("lana", LOST, setting={"last_step": "create"})
    await here.place("a")
    grow_old(here, 901)
    say(here, shows(here, {}))
    await recover_now(here)

    assert told(await here.place("a")) == (201, "receipt")


async def test_who_resends_takes_no_look_for_a_proof(stage: SetStage) -> None:
    here = stage("lana", LOST)
    await here.place("a")
    grow_old(here, 901)
    say(here, shows(here))
    await recover_now(here)

    assert told(await here.place("a")) == UNCERTAIN
    assert here.backends.names() == ["create", "look-up"]


async def test_an_order_whose_age_nobody_knows_is_for_a_person(stage: SetStage) -> None:
    here = stage("stella_sync", LOST)
    await here.place("a")
    write(here, "UPDATE operation SET opened_at = opened_at + 3600")
    await recover_now(here)

    assert told(await here.place("a")) == UNCERTAIN
    assert len(here.backends.calls) == 1


async def test_a_clock_that_went_back_leaves_no_order_waiting(stage: SetStage) -> None:
    here = stage("stella_sync", LOST)
    await here.place("a")
    grow_old(here, 1)
    write(here, "UPDATE operation SET check_at = check_at + 86400")
    await asyncio.sleep(0.06)  # the quiet time, which no clock that is set makes longer or shorter
    await recover(here)

    assert state(here) == "succeeded"
