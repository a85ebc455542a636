"""Losses: told once each, in order, in a header that any HTTP client can carry."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.core.ledger import (
    LONGEST_KNOWN,
    LOSSES,
    MOST_KNOWN,
    Ledgers,
    Loss,
    Revision,
    _fold_known,
    format_losses,
    format_revisions,
    keep_lost,
    list_losses,
    list_unknown,
    make_ledger,
    mark_skipped,
)
from adapter.core.orders import Journey
from adapter.lens.interpret import Entry
from adapter.lens.lens import make_lens
from adapter.lens.rows import Direction, Row
from adapter.lens.trees import Tree
from tests.lens.small import bind

OUT: Direction = "to_dialect"

CART = "5f2b1c52-7a0c-4b6e-8d3b-6d8b0a4c9e10"

HEADERS: dict[str, tuple[list[tuple[str, str]], str]] = {
    "none": ([], ""),
    "one": ([("/note", "dropped")], '"/note";code=dropped'),
    "two": (
        [("/note", "dropped"), ("/phone", "null_omitted")],
        '"/note";code=dropped, "/phone";code=null_omitted',
    ),
    "one of a list": ([("/line_items/3/name", "dropped")], '"/line_items/3/name";code=dropped'),
    "the same of many items": (
        [(f"/line_items/{i}/name", "dropped") for i in range(20)],
        '"/line_items/*/name";code=dropped;count=20',
    ),
    "the same member under two codes": (
        [("/line_items/0/name", "dropped"), ("/line_items/1/name", "null_omitted")],
        '"/line_items/0/name";code=dropped, "/line_items/1/name";code=null_omitted',
    ),
    "two members of many items": (
        [(f"/line_items/{i}/{name}", "skipped") for i in range(2) for name in ("name", "size")],
        '"/line_items/*/name";code=skipped;count=2, "/line_items/*/size";code=skipped;count=2',
    ),
    "lists in lists": (
        [("/x/0/y/0", "unknown"), ("/x/0/y/1", "unknown"), ("/x/1/y/0", "unknown")],
        '"/x/*/y/*";code=unknown;count=3',
    ),
    "a name that begins with a digit is no index": (
        [("/2nd", "unknown"), ("/3rd", "unknown")],
        '"/2nd";code=unknown, "/3rd";code=unknown',
    ),
    "quotes, backslashes and line ends": ([('/a"b\\c\r\nX: y', "unknown")], '"/a%22b%5Cc%0D%0AX: y";code=unknown'),
    "letters beyond ASCII": ([("/имя", "unknown")], '"/%D0%B8%D0%BC%D1%8F";code=unknown'),
    "an escaped slash": ([("/a~1b", "unknown")], '"/a~1b";code=unknown'),
}

LINE_LOSSES_OF_CART = {f"/line_items/0/{name}": "dropped" for name in ("product_id", "name", "price")}
CART_LOSSES = LINE_LOSSES_OF_CART | {"/total": "dropped", "/currency": "dropped"}

# dialect, settings, members -> every loss
OF_ORDERS: dict[str, tuple[str, dict[str, Any], dict[str, Any], dict[str, str]]] = {
    "stella_sync": ("stella_sync", {}, {}, {}),
    "stella_sync, a cart": (
        "stella_sync",
        {},
        {"cart_id": "c", "shipping_rate_id": "r"},
        {"/cart_id": "dropped", "/shipping_rate_id": "dropped"},
    ),
    "stella_sync, null in an address": (
        "stella_sync",
        {},
        {"shipping_address": {"city": None}, "billing_address": None, "note": None},
        {"/shipping_address/city": "null_omitted", "/billing_address": "null_omitted"},
    ),
    "enad": ("enad", {}, {}, {"/line_items/0/name": "dropped"}),
    "enad, a note and a second phone": (
        "enad",
        {},
        {"note": "n", "phone": "1", "shipping_address": {"country": "NP", "phone": "2", "company": "c"}},
        {
            "/line_items/0/name": "dropped",
            "/note": "dropped",
            "/phone": "dropped",
            "/shipping_address/company": "dropped",
        },
    ),
    "lana": (
        "lana",
        {},
        {},
        {f"/line_items/0/{name}": "dropped" for name in ("product_id", "name", "price")}
        | {"/payment_method": "dropped", "/total": "dropped"},
    ),
    "lana, an item of its own": (
        "lana",
        {},
        {"line_items": [{"quantity": 1, "name": "Kurta", "price": 1, "size": "M"}]},
        {"/line_items/0/size": "dropped", "/payment_method": "dropped", "/total": "dropped"},
    ),
    "stella_checkout": ("stella_checkout", {}, {}, CART_LOSSES),
    "stella_checkout, a payment by the shopper": (
        "stella_checkout",
        {},
        {"payment_method": "bank_transfer", "note": "n", "phone": "1"},
        CART_LOSSES | {"/payment_method": "dropped", "/note": "dropped", "/phone": "dropped"},
    ),
    "stella_checkout, a cart of the client's": (
        "stella_checkout",
        {},
        {"cart_id": CART},
        CART_LOSSES | {"/line_items/0/variant_id": "skipped", "/line_items/0/quantity": "skipped"},
    ),
    "stella_checkout, left open": (
        "stella_checkout",
        {"last_step": "checkout"},
        {"note": "n", "phone": "1"},
        CART_LOSSES | {"/payment_method": "skipped", "/note": "skipped", "/phone": "skipped"},
    ),
}

KEYS = st.text(min_size=1, max_size=8).filter(lambda key: "/" not in key)


def losses(pairs: list[tuple[str, str]]) -> list[Loss]:
    return [Loss(pointer, code, "because") for pointer, code in pairs]


def test_the_verdicts_that_are_losses_are_told_and_no_others() -> None:
    verdicts = [
        "carried",
        "renamed",
        "converted",
        "joined",
        "copied",
        "defaulted",
        "constant",
        "absent",
        *sorted(LOSSES),
    ]
    entries = [Entry((f"/{verdict}",), ("/x",), verdict, "order[0]", "because") for verdict in verdicts]
    told = list_losses(make_ledger(dict.fromkeys(verdicts, "said"), entries))
    assert [(loss.pointer, loss.code) for loss in told] == [(f"/{verdict}", verdict) for verdict in sorted(LOSSES)]


def test_a_member_that_also_arrives_elsewhere_is_no_loss() -> None:
    entries = [
        Entry(("/phone",), (), "dropped", "order[0]", "no phone"),
        Entry(("/phone",), ("/mobile",), "renamed", "order[1]"),
        Entry(("/note",), (), "dropped", "order[2]", "no note"),
    ]
    ledger = make_ledger({"phone": "1", "note": "x"}, entries)
    assert [(line.pointer, line.code) for line in ledger] == [("/phone", "renamed"), ("/note", "dropped")]
    assert list_losses(ledger) == [Loss("/note", "dropped", "no note")]


def test_a_lost_object_is_told_leaf_by_leaf() -> None:
    entries = [Entry(("/box",), (), "dropped", "order[0]", "no boxes")]
    ledger = make_ledger({"box": {"a": 1, "b": [2, 3]}, "boxes": 4}, entries)
    assert [line.pointer for line in ledger] == ["/box/a", "/box/b/0", "/box/b/1"]


def test_what_stands_in_or_is_added_is_told_beside_the_leaves() -> None:
    entries = [
        Entry(("/total",), ("/sum",), "defaulted", "order[0]", "a default stands in"),
        Entry((), ("/status",), "constant", "order[1]"),
        Entry((), ("/tag",), "absent", "order[2]"),
    ]
    ledger = make_ledger({}, entries)
    assert [(line.pointer, line.dialect, line.code) for line in ledger] == [
        ("/total", ("/sum",), "defaulted"),
        ("", ("/status",), "constant"),
    ]


def test_the_values_of_what_is_lost_are_kept_as_they_were_sent() -> None:
    body = {"note": "ring twice", "line_items": [{"size": "M"}, {"size": None}], "source": {"utm": [1]}}
    losses = [Loss(pointer, "dropped", "") for pointer in ("/note", "/line_items/1/size", "/source/utm/0")]
    assert keep_lost(losses, body) == {"/note": "ring twice", "/line_items/1/size": None, "/source/utm/0": 1}


REVISED: dict[str, tuple[list[tuple[str, str]], str]] = {
    "one": ([("/total", "/total_price")], '"/total";backend="/total_price"'),
    "unreadable": ([("", "/total")], '"";backend="/total"'),
    "the same of many items": (
        [(f"/line_items/{i}/price", f"/items/{i}/price") for i in range(3)],
        '"/line_items/*/price";backend="/items/*/price";count=3',
    ),
}


@pytest.mark.parametrize(("pairs", "header"), REVISED.values(), ids=REVISED)
def test_revisions_are_told_with_both_paths(pairs: list[tuple[str, str]], header: str) -> None:
    assert format_revisions([Revision(*pair) for pair in pairs]) == header


def test_members_nobody_knows_come_last() -> None:
    entries = [Entry(("/note",), (), "dropped", "order[2]", "no note")]
    lines = [*make_ledger({"note": "x"}, entries), *list_unknown(["/source", "/a/0"])]
    assert list_losses(lines) == [
        Loss("/note", "dropped", "no note"),
        Loss("/source", "unknown", "not a member of the canonical order"),
        Loss("/a/0", "unknown", "not a member of the canonical order"),
    ]


@pytest.mark.parametrize(("pairs", "header"), HEADERS.values(), ids=HEADERS)
def test_the_header_is_a_list_of_pointers_with_codes(pairs: list[tuple[str, str]], header: str) -> None:
    assert format_losses(losses(pairs)) == header


def test_of_what_is_told_in_a_header_only_the_names_of_ours_are_remembered() -> None:
    _fold_known.cache_clear()
    for name in ("maya@example.com", "a note to the courier"):
        format_losses([Loss(f"/{name}", "unknown", ""), Loss("/line_items/7/name", "dropped", "for this test alone")])
    assert _fold_known.cache_info().currsize == 1


@given(st.lists(st.tuples(st.lists(KEYS, min_size=1, max_size=3), st.sampled_from(sorted(LOSSES))), max_size=5))
def test_any_name_of_a_member_is_data_in_the_header(members: list[tuple[list[str], str]]) -> None:
    pairs = [("/" + "/".join(keys), code) for keys, code in members]
    header = format_losses(losses(pairs))
    assert header.isascii()
    assert header.isprintable() or not header
    told = re.findall(r'"([^"\\]*)";code=([a-z_]+)(?:;count=\d+)?', header)
    assert header == "" or len(told) == len(re.split(r", (?=\")", header))
    whole = {(pointer, code) for pointer, code in pairs}
    for pointer, code in told:
        assert "*" in pointer or (unquote(pointer), code) in whole


@pytest.mark.parametrize(("dialect", "settings", "members", "losses"), OF_ORDERS.values(), ids=OF_ORDERS)
def test_the_losses_of_an_order_are_all_told(
    dialect: str, settings: Any, members: Any, losses: dict[str, str], journey_of: Callable[..., Journey]
) -> None:
    journey = journey_of(dialect, settings, **members)
    assert {loss.pointer: loss.code for loss in journey.losses} == losses
    assert all(loss.reason for loss in journey.losses)


def test_a_header_stays_one_that_everybody_can_carry() -> None:
    header = format_losses([Loss(f"/k{n}", "unknown", "") for n in range(3000)])
    assert len(header) < 2100
    told, more = header.rsplit(", more;count=", 1)
    assert told.count("code=unknown") + int(more) == 3000


def test_ledgers_remember_a_shape_and_forget_when_there_are_too_many() -> None:
    lens = make_lens("shop", bind(Row(canonical="note", drop="no note"), Row(canonical="phone", dialect="mobile")), OUT)
    ledgers = Ledgers(lens)
    told = [lens.tell(order, {})[1] for order in ({"note": "x"}, {"note": "y"}, {"phone": "1"})]
    assert told[0] == told[1] != told[2]
    made = ledgers.make({"note": "x"}, told[0], ())
    assert ledgers.make({"note": "y"}, told[1], ()) is made
    for many in range(MOST_KNOWN + 1):
        ledgers.make({"phone": "1"}, told[2], ((f"/{many}", "why"),))
    assert ledgers.make({"note": "x"}, told[0], ()) is not made


def test_a_ledger_too_long_to_be_remembered_is_made_again() -> None:
    lens = make_lens(
        "shop", bind(Row(canonical="lines", dialect="rows", each=(Row(canonical="name", drop="no"),))), OUT
    )
    order: Tree = {"lines": [{"name": "x"}] * (LONGEST_KNOWN + 1)}
    ledgers, told = Ledgers(lens), lens.tell(order, {})[1]
    assert ledgers.make(order, told, ()).losses == tuple(list_losses(ledgers.make(order, told, ()).lines))
    assert ledgers.make(order, told, ()) == ledgers.make(order, told, ())
    assert ledgers.make(order, told, ()) is not ledgers.make(order, told, ())


def test_what_went_into_a_skipped_part_is_told_with_the_reason() -> None:
    entries = [
        Entry(("/a",), ("/part/a",), "renamed", "order[0]"),
        Entry(("/b",), ("/part/b", "/b"), "renamed", "order[1]"),
        Entry(("/c",), ("/parts/c",), "renamed", "order[2]"),
        Entry((), ("/part/d",), "constant", "order[3]"),
    ]
    told = [(entry.verdict, entry.reason) for entry in mark_skipped(entries, (("/part", "not needed"),))]
    assert told == [("skipped", "not needed"), ("renamed", ""), ("renamed", ""), ("constant", "")]


def test_objects_that_are_lost_with_other_members_in_them_have_ledgers_of_their_own() -> None:
    lens = make_lens("shop", bind(Row(canonical="address", drop="no address")), OUT)
    ledgers = Ledgers(lens)
    orders: list[Tree] = [{"address": {"city": "Patan"}}, {"address": {"city": "Patan", "phone": "1"}}]
    made = [ledgers.make(order, lens.tell(order, {})[1], ()) for order in orders]
    assert [[line.pointer for line in ledger.lines] for ledger in made] == [
        ["/address/city"],
        ["/address/city", "/address/phone"],
    ]
