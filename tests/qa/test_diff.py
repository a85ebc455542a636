"""What a switch changes: every canonical leaf once, and the way back is the mirror of the way there."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.core.canonical import ORDER_SCHEMA, RECEIPT_SCHEMA
from adapter.core.tenancy.tenants import Tenant, stand_in
from adapter.lens.classes import Classed, RowClass
from adapter.qa.switches.diff import LOSING, Arrival, Change, Fate, Member, Need, compare, compare_members, list_leaves
from tests.conftest import DIALECTS

PAIRS = [(before, after) for before in DIALECTS for after in DIALECTS]

MIRROR = {
    Change.STOPS: Change.STARTS,
    Change.STARTS: Change.STOPS,
    Change.TURNS_LOSSY: Change.TURNS_EXACT,
    Change.TURNS_EXACT: Change.TURNS_LOSSY,
    Change.STAYS: Change.STAYS,
    Change.NEVER: Change.NEVER,
}


def side(name: str, **settings: Any) -> Tenant:
    return stand_in(DIALECTS[name], settings)


def mirrored(member: Member) -> Member:
    return Member(member.part, member.path, MIRROR[member.change], member.after, member.before)


def changes(before: Tenant, after: Tenant, part: str = "order") -> dict[str, Change]:
    return {member.path: member.change for member in compare(before, after).members if member.part == part}


def test_the_leaves_of_the_canonical_order_and_receipt_are_known() -> None:
    leaves = list_leaves(ORDER_SCHEMA)
    assert {"email", "line_items[].price", "billing_address.phone", "cart_id"} <= set(leaves)
    assert not {"line_items", "line_items[]", "billing_address"} & set(leaves)
    assert len(list_leaves(RECEIPT_SCHEMA)) == 8


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_every_canonical_leaf_is_told_exactly_once(before: str, after: str) -> None:
    members = compare(side(before), side(after)).members
    expected = [("order", path) for path in list_leaves(ORDER_SCHEMA)]
    expected += [("receipt", path) for path in list_leaves(RECEIPT_SCHEMA)]
    assert [(member.part, member.path) for member in members] == expected
    assert all(member.before.reason for member in members if member.before.arrival is Arrival.LOST)


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_the_way_back_is_the_mirror_of_the_way_there(before: str, after: str) -> None:
    there, back = compare(side(before), side(after)), compare(side(after), side(before))
    assert [mirrored(member) for member in there.members] == list(back.members)
    assert [(fact.fact, fact.after, fact.before) for fact in there.facts] == [
        (fact.fact, fact.before, fact.after) for fact in back.facts
    ]
    new = {need.name for need in back.needs if not need.shared}
    assert set(there.obsolete) == new


@pytest.mark.parametrize("name", DIALECTS)
def test_a_dialect_differs_from_itself_in_nothing(name: str) -> None:
    diff = compare(side(name), side(name))
    assert {member.change for member in diff.members} <= {Change.STAYS, Change.NEVER}
    assert (diff.facts, diff.obsolete, diff.loses()) == ((), (), False)
    assert all(need.shared for need in diff.needs)


PATHS = ["email", "lines[].price", "lines[].name", "address.city", "address.country"]
NAMES = st.lists(st.sampled_from(["a", "b.c", "d[].e"]), min_size=1, max_size=2, unique=True).map(tuple)


@st.composite
def rows(draw: st.DrawFn) -> Classed:
    """A row of any class over a leaf, several, or an object that holds some."""
    ours = draw(st.lists(st.sampled_from([*PATHS, "address", "lines"]), min_size=1, max_size=2, unique=True))
    kind = draw(st.sampled_from(RowClass))
    return Classed(
        at="", kind=kind, canonical=tuple(ours), dialect=draw(NAMES), reason=draw(st.sampled_from(["", "x", "y"]))
    )


@settings(deadline=None)
@given(st.lists(rows(), max_size=8), st.lists(rows(), max_size=8))
def test_whatever_the_rows_each_leaf_is_told_once_and_mirrored(before: list[Classed], after: list[Classed]) -> None:
    there = list(compare_members("order", PATHS, before, after))
    back = list(compare_members("order", PATHS, after, before))
    assert [member.path for member in there] == PATHS
    assert [mirrored(member) for member in there] == back
    for member in there:
        arrives = [fate.arrival is not Arrival.LOST for fate in (member.before, member.after)]
        assert arrives == [bool(fate.names) for fate in (member.before, member.after)]
        assert (member.change in LOSING) == (RANK[member.before.arrival] < RANK[member.after.arrival])


RANK = {Arrival.EXACT: 0, Arrival.LOSSY: 1, Arrival.LOST: 2}


def fate(path: str, *given_rows: Classed) -> Fate:
    (member,) = compare_members("order", [path], given_rows, ())
    return member.before


def row(kind: RowClass, *ours: str, to: str = "x", **said: Any) -> Classed:
    return Classed(at="", kind=kind, canonical=ours, dialect=(to,), **said)


def test_the_best_row_decides_and_a_copy_adds_its_name() -> None:
    found = fate(
        "price",
        row(RowClass.ONE_WAY, "price", "quantity", to="total", reason="a product"),
        row(RowClass.LOSSLESS, "price", to="amount"),
    )
    assert found == Fate(Arrival.EXACT, ("amount", "total"), "")


def test_a_copy_alone_is_a_loss_told_in_its_words() -> None:
    assert fate("phone", row(RowClass.ONE_WAY, "phone", reason="a copy")) == Fate(Arrival.LOSSY, ("x",), "a copy")


def test_a_member_inside_of_what_is_carried_whole_keeps_its_own_name() -> None:
    assert fate("address.city", row(RowClass.LOSSLESS, "address", to="place")).names == ("place.city",)
    assert fate("lines[].name", row(RowClass.LOSSLESS, "lines", to="rows")).names == ("rows[].name",)
    assert fate("addresses", row(RowClass.LOSSLESS, "address")).arrival is Arrival.LOST


def test_a_constant_in_a_receipt_is_nothing_the_backend_says() -> None:
    found = fate("status", Classed(at="", kind=RowClass.CONSTANT, canonical=("status",), const="placed"))
    assert found == Fate(Arrival.LOST, (), "always placed")


# a switch, a member, what becomes of it; facts a person can look up in the two mappings
KNOWN = [
    ("lana", "enad", "line_items[].name", Change.STOPS),
    ("lana", "enad", "payment_method", Change.STARTS),
    ("lana", "enad", "phone", Change.TURNS_LOSSY),
    ("lana", "enad", "line_items[].price", Change.TURNS_EXACT),
    ("lana", "enad", "email", Change.STAYS),
    ("lana", "enad", "note", Change.NEVER),
    ("stella_sync", "lana", "note", Change.STOPS),
    ("stella_sync", "stella_checkout", "cart_id", Change.STARTS),
    ("stella_sync", "stella_checkout", "note", Change.TURNS_LOSSY),
    ("enad", "bazaar", "shipping_address.phone", Change.STOPS),
]


@pytest.mark.parametrize(("before", "after", "path", "change"), KNOWN)
def test_what_becomes_of_a_member_is_told(before: str, after: str, path: str, change: Change) -> None:
    assert changes(side(before), side(after))[path] is change


def test_a_receipt_that_the_backend_no_longer_tells_is_a_loss() -> None:
    found = changes(side("lana"), side("enad"), "receipt")
    assert found["payment_status"] is Change.STOPS
    assert found["total"] is Change.STAYS


def test_what_belongs_to_a_step_behind_the_tenants_last_does_not_arrive() -> None:
    diff = compare(side("stella_checkout"), side("stella_checkout", last_step="checkout"))
    stopped = {member.path: member.after.reason for member in diff.members if member.change is Change.STOPS}
    assert set(stopped) == {"payment_method", "payment_intent_id", "phone", "note"}
    assert set(stopped.values()) == {"this tenant stops before step 'complete'"}


def test_a_step_that_sends_nothing_of_the_order_takes_nothing_with_it() -> None:
    assert not compare(side("lana"), side("lana", last_step="create")).loses()


def test_needs_are_told_required_first_with_where_the_backend_is() -> None:
    needs = compare(side("lana"), side("enad")).needs
    required = [need.required for need in needs]
    assert required == sorted(required, reverse=True)
    assert [(need.kind, need.name, need.shared) for need in needs if need.required] == [
        ("tenant key", "base_url", False),
        ("secret", "token", True),
        ("setting", "team_slug", False),
        ("setting", "app_slug", False),
    ]
    assert Need("setting", "source", "Where Enad shows the order to come from", False, False, "adapter") in needs
    assert "base_url" not in {need.name for need in compare(side("enad"), side("lana")).needs}


def test_facts_are_told_where_they_differ() -> None:
    facts = {fact.fact: (fact.before, fact.after) for fact in compare(side("lana"), side("enad")).facts}
    assert facts["the key is sent as"] == ("`Idempotency-Key`", "it has no key")
    assert facts["after an unknown outcome"][1].startswith("class E: ")
    assert "calls a minute" not in facts
