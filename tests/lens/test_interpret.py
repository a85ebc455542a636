"""What the oracle notes of every row it meets; that it agrees with the compiler is in test_lens."""

from typing import Any

import pytest

from adapter.errors import Fault
from adapter.lens.interpret import Entry, Trace, interpret
from adapter.lens.rows import CodecUse, Direction, Outline, Row, Shape
from adapter.lens.trees import Tree

from .small import bind

SHAPES = {"place": Shape(rows=(Row(canonical="city", dialect="town"), Row(canonical="country", dialect="land")))}
CONTEXT = {"setting": {"currency": "NPR"}}
SKU = Row(canonical="sku", dialect="code")
LINES = Row(canonical="lines", dialect="rows", each=(SKU,))
SHIP = Row(canonical="address", dialect="ship", shape="place")
MOVED = Outline(
    unless="variant",
    to="extras",
    index="extra.index",
    inline="the catalogue's own",
    rows=(Row(canonical="name", dialect="title"),),
)


def trace(tree: Tree, *rows: Row, direction: Direction = "to_dialect", **known: Any) -> Trace:
    return interpret(bind(*rows, shapes=SHAPES, **known), tree, CONTEXT, direction, "to_dialect")


# A row, the canonical tree it meets, and what is noted: canonical and dialect pointers, verdict, reason.
NOTED: dict[str, tuple[Row, Tree, tuple[tuple[str, ...], tuple[str, ...], str, str]]] = {
    "carried": (Row(canonical="count", dialect="count"), {"count": 1}, (("/count",), ("/count",), "carried", "")),
    "renamed": (Row(canonical="email", dialect="mail"), {"email": "a"}, (("/email",), ("/mail",), "renamed", "")),
    "moved": (
        Row(canonical="email", dialect="customer.mail"),
        {"email": "a"},
        (("/email",), ("/customer/mail",), "renamed", ""),
    ),
    "absent": (Row(canonical="email", dialect="mail"), {}, (("/email",), ("/mail",), "absent", "")),
    "null": (Row(canonical="phone", dialect="mobile"), {"phone": None}, (("/phone",), ("/mobile",), "renamed", "")),
    "null omitted": (
        Row(canonical="note", dialect="memo"),
        {"note": None},
        (("/note",), ("/memo",), "null_omitted", "the other side has no null here"),
    ),
    "converted": (
        Row(canonical="count", dialect="count", codec="integer_text"),
        {"count": 1},
        (("/count",), ("/count",), "converted", ""),
    ),
    "converted with a loss": (
        Row(canonical="email", dialect="mail", codec="upper", lossy="the case"),
        {"email": "a"},
        (("/email",), ("/mail",), "converted", "the case"),
    ),
    "joined": (
        Row(canonical=("first", "last"), dialect="name", codec="join"),
        {"first": "A", "last": "B"},
        (("/first", "/last"), ("/name",), "joined", ""),
    ),
    "joined in part": (
        Row(canonical=("first", "last"), dialect="name", codec="join"),
        {"last": "B"},
        (("/first", "/last"), ("/name",), "joined", ""),
    ),
    "fanned out": (
        Row(canonical="email", dialect=("ship.mail", "bill?.mail")),
        {"email": "a"},
        (("/email",), ("/ship/mail",), "renamed", ""),
    ),
    "defaulted": (
        Row(canonical="method", dialect="kind", default="cash"),
        {},
        (("/method",), ("/kind",), "defaulted", "a default stands in"),
    ),
    "copied": (
        Row(canonical="email", dialect="mail", only="to_dialect", lossy="a copy"),
        {"email": "a"},
        (("/email",), ("/mail",), "copied", "a copy"),
    ),
    "constant": (Row(dialect="cur", const="{setting.currency}"), {}, ((), ("/cur",), "constant", "")),
    "no constant": (
        Row(dialect="cur", const="{setting.none}"),
        {},
        ((), ("/cur",), "absent", "needs setting.none"),
    ),
    "dropped": (Row(canonical="note", drop="no notes"), {"note": None}, (("/note",), (), "dropped", "no notes")),
    "dropped by a condition": (
        Row(canonical="note", dialect="memo", when={"method": ("cash",)}, lossy="only cash has a memo"),
        {"note": "n"},
        (("/note",), (), "dropped", "only cash has a memo"),
    ),
    "a member of an item": (
        LINES,
        {"lines": [{"sku": "1"}]},
        (("/lines/0/sku",), ("/rows/0/code",), "renamed", ""),
    ),
    "an empty object": (SHIP, {"address": {}}, (("/address",), ("/ship",), "carried", "")),
    "an empty list": (LINES, {"lines": []}, (("/lines",), ("/rows",), "carried", "")),
    "a null object": (
        SHIP,
        {"address": None},
        (("/address",), ("/ship",), "null_omitted", "the other side has no null here"),
    ),
}


@pytest.mark.parametrize(("row", "tree", "noted"), NOTED.values(), ids=NOTED.keys())
def test_what_became_of_a_member_is_noted(
    row: Row, tree: Tree, noted: tuple[tuple[str, ...], tuple[str, ...], str, str]
) -> None:
    entries = [(entry.canonical, entry.dialect, entry.verdict, entry.reason) for entry in trace(tree, row).entries]
    assert noted in entries


@pytest.mark.parametrize(
    ("row", "tree"),
    [
        (Row(canonical="note", drop="no notes"), {}),
        (Row(canonical="email", dialect="mail", only="to_canonical", lossy="x"), {"email": "a"}),
        (Row(canonical="status", const="placed"), {"status": "open"}),
        (Row(canonical="note", dialect="memo", when={"method": ("cash",)}, lossy="x"), {}),
        (Row(dialect="kind", const="x", when={"method": ("cash",)}), {}),
        (LINES, {}),
        (SHIP, {}),
    ],
)
def test_a_row_that_has_no_say_notes_nothing(row: Row, tree: Tree) -> None:
    found = trace(tree, row)
    assert found.entries == []
    assert found.target == {}


def test_an_entry_names_its_row_and_the_values() -> None:
    found = trace({"count": 3}, Row(canonical="count", dialect="count", codec="integer_text"))
    at = "shop.toml: order[0]"
    assert found.entries == [
        Entry(("/count",), ("/count",), "converted", at, before=3, after="3", codec="integer_text")
    ]


def test_a_default_is_noted_with_what_stands_in() -> None:
    (entry,) = trace({"method": None}, Row(canonical="method", dialect="kind", default="cash")).entries
    assert (entry.canonical, entry.verdict, entry.before, entry.after) == (("/method",), "defaulted", None, "cash")


def test_the_way_back_is_noted_with_the_sides_in_their_places() -> None:
    found = trace({"rows": [{"code": "1"}]}, LINES, direction="to_canonical")
    assert found.entries == [
        Entry(("/lines/0/sku",), ("/rows/0/code",), "renamed", "shop.toml: order[0].each[0]", before="1", after="1")
    ]


def test_a_moved_member_is_noted_where_it_went_and_back_where_it_came_from() -> None:
    outline = Row(canonical="lines", dialect="rows", each=(Row(outline=MOVED),))
    out = trace({"lines": [{"name": "n"}]}, outline)
    back = trace(out.target, outline, direction="to_canonical")
    for found in (out, back):
        (entry,) = (entry for entry in found.entries if entry.after == "n")
        assert (entry.canonical, entry.dialect) == (("/lines/0/name",), ("/extras/0/title",))


def test_a_member_that_would_move_but_stays_is_dropped_with_the_outline_s_reason() -> None:
    outline = Row(canonical="lines", dialect="rows", each=(Row(outline=MOVED),))
    found = trace({"lines": [{"variant": "v", "name": "n"}]}, outline)
    at = "shop.toml: order[0].each[0]"
    assert found.entries == [Entry(("/lines/0/name",), (), "dropped", at, "the catalogue's own", before="n")]


def test_a_rooted_member_is_noted_at_the_root() -> None:
    copy = Row(canonical="/currency", dialect="cur", only="to_dialect", lossy="a copy")
    found = trace({"currency": "NPR", "lines": [{}]}, Row(canonical="lines", dialect="rows", each=(copy,)))
    assert (("/currency",), ("/rows/0/cur",)) in [(entry.canonical, entry.dialect) for entry in found.entries]


def test_a_fault_is_noted_and_the_walk_goes_on() -> None:
    rows = (Row(canonical="email", dialect="mail", codec="hash"), Row(canonical="count", dialect="count"))
    uses = {"hash": CodecUse(use="prefix", options={"prefix": "#"})}
    found = trace({"mail": "a", "count": 1}, *rows, direction="to_canonical", uses=uses)
    assert found.faults == [Fault("/mail", "no_counterpart", "expected '#' in front, found 'a'")]
    assert found.target == {"count": 1}


def test_pointers_of_odd_keys_are_escaped() -> None:
    schema = {"properties": {"a/b": {"type": "string"}}}
    found = trace({"a/b": "x"}, Row(canonical="a/b", dialect="a/b"), canonical=schema, dialect=schema)
    assert found.entries[0].canonical == ("/a~1b",)
