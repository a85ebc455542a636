"""A user's own orders on both sides of a switch."""

import json
from typing import Any

import pytest

from adapter.core.canonical import read_json, read_order
from adapter.core.tenancy.tenants import Tenant, stand_in
from adapter.lens.trees import leaves
from adapter.qa.switches.trials import Attempt, Trial, count_patterns, summarise_trials, try_order
from tests.conftest import DIALECTS, ORDERS
from tests.core.conftest import ORDER, RECEIVED_AT, REFERENCE


def attempt(before: str, after: str, body: Any, **settings: Any) -> Trial:
    old, new = (stand_in(DIALECTS[name], {}) for name in (before, after))
    new = stand_in(DIALECTS[after], settings) if settings else new
    return try_order("one", json.dumps(body).encode(), old, new, REFERENCE, RECEIVED_AT)


def test_members_that_stop_and_start_are_told() -> None:
    line = ORDER["line_items"][0] | {"variant_id": "va_1"}
    trial = attempt("lana", "enad", ORDER | {"line_items": [line, line], "shipping_rate_id": "si_x"})
    assert trial.stops() == ["/shipping_rate_id"]
    assert count_patterns(trial.starts()) == {
        "line_items[].product_id": 2,
        "line_items[].price": 2,
        "payment_method": 1,
        "total": 1,
    }
    assert trial.loses()


def test_an_order_that_only_the_old_side_takes_is_a_loss_with_its_faults() -> None:
    trial = attempt("lana", "enad", ORDER | {"line_items": [{"quantity": 1, "name": "x", "price": 5}]})
    assert not trial.before.problem
    assert trial.after.problem == "unmappable-order"
    assert {fault.pointer for fault in trial.after.faults} == {"/line_items/0/product_id", "/line_items/0/variant_id"}
    assert trial.is_refused()
    assert trial.loses()
    assert trial.stops() == []


def test_an_order_that_only_the_new_side_takes_is_no_loss() -> None:
    trial = attempt("lana", "enad", ORDER)
    assert (trial.before.problem, trial.after.problem) == ("unmappable-order", "")
    assert not trial.loses()
    assert trial.starts() == []


@pytest.mark.parametrize(("body", "problem"), [(b"{", "unreadable-body"), (b"[]", "invalid-order")])
def test_what_is_no_order_is_refused_by_both_and_costs_nothing(body: bytes, problem: str) -> None:
    before, after = (stand_in(DIALECTS[name], {}) for name in ("lana", "enad"))
    trial = try_order("one", body, before, after, REFERENCE, RECEIVED_AT)
    assert (trial.before.problem, trial.after.problem) == (problem, problem)
    assert not trial.loses()


def test_a_step_that_this_order_does_not_take_costs_its_members() -> None:
    trial = attempt("stella_checkout", "stella_checkout", ORDER | {"note": "ring"}, last_step="checkout")
    assert set(trial.stops()) == {"/payment_method", "/note"}


def side(name: str) -> Tenant:
    return stand_in(DIALECTS[name], {"currency": "USD"} if "currency" in DIALECTS[name].mapping.settings else {})


@pytest.mark.parametrize(("before", "after"), [(one, other) for one in DIALECTS for other in DIALECTS])
def test_of_every_order_every_leaf_arrives_or_is_lost_and_the_way_back_is_the_mirror(before: str, after: str) -> None:
    for name, body in ORDERS.items():
        there = try_order(name, body, side(before), side(after), REFERENCE, RECEIVED_AT)
        back = try_order(name, body, side(after), side(before), REFERENCE, RECEIVED_AT)
        assert (there.before, there.after) == (back.after, back.before)
        assert (there.stops(), there.starts()) == (back.starts(), back.stops())
        for one in (there.before, there.after):
            if not one.problem:
                order = read_order(read_json(body), None)
                assert sorted([*one.arrives, *one.lost]) == sorted(pointer for pointer, _ in leaves(order))


def test_counts_add_up() -> None:
    taken, refused = Attempt(("/a", "/b", "/c"), {"/d": "x"}), Attempt(problem="unmappable-order")
    trials = [
        Trial("both", taken, Attempt(("/a", "/d"), {"/b": "x", "/c": "x"})),
        Trial("old", taken, refused),
        Trial("new", refused, taken),
        Trial("none", refused, refused),
    ]
    counts = summarise_trials(trials)
    assert (counts.orders, counts.taken_before, counts.taken_after) == (4, 2, 2)
    assert (counts.refused_only_after, counts.refused_only_before) == (1, 1)
    assert (counts.members_in_both, counts.members_that_stop) == (1, 2)
    assert (counts.members_that_start, counts.members_in_neither) == (1, 0)
