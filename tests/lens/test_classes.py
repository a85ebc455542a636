"""What each kind of row is classed as, why, and under which paths."""

from typing import Any

import pytest

from adapter.lens.bound import Bound, Group, Outlined
from adapter.lens.classes import Classed, RowClass, classify
from adapter.lens.rows import Beside, CodecUse, Row, Shape
from tests.conftest import DIALECTS

from .refusals import outline
from .small import bind

MONEY = {"money": CodecUse(use="cents", beside=Beside(canonical="/currency", dialect="/cur"))}
PLACE = {"place": Shape(rows=(Row(canonical="city", dialect="town"), Row(canonical="phone", drop="no phone")))}

# a row -> its class and the reason
CLASSES: dict[str, tuple[Row, RowClass, str]] = {
    "the same value": (Row(canonical="email", dialect="mail"), RowClass.LOSSLESS, ""),
    "copies": (Row(canonical="email", dialect=("mail", "customer.mail")), RowClass.LOSSLESS, ""),
    "a default": (Row(canonical="email", dialect="mail", default="{setting.mail}"), RowClass.LOSSLESS, ""),
    "a codec that can be undone": (
        Row(canonical="count", dialect="count", codec="integer_text"),
        RowClass.LOSSLESS,
        "",
    ),
    "a codec that cannot": (
        Row(canonical="email", dialect="mail", codec="upper"),
        RowClass.LOSSY,
        "upper case comes back as lower case",
    ),
    "one that cannot, in the mapping's words": (
        Row(canonical="email", dialect="mail", codec="upper", lossy="shouted"),
        RowClass.LOSSY,
        "shouted",
    ),
    "a declared loss": (Row(canonical="email", dialect="mail", lossy="cut"), RowClass.LOSSY, "cut"),
    "a condition": (Row(canonical="note", dialect="memo", when={"method": ("x",)}), RowClass.LOSSY, ""),
    "a table": (Row(canonical="status", dialect="state", table={"a": "0", "b": "1"}), RowClass.LOSSLESS, ""),
    "a table in which two fall together": (
        Row(canonical="status", dialect="state", table={"a": "0", "b": "0"}),
        RowClass.LOSSY,
        "several canonical values become 0",
    ),
    "a table with an else": (
        Row(canonical="status", dialect="state", table={"a": "0"}, otherwise="unknown"),
        RowClass.LOSSY,
        "whatever is not listed becomes unknown",
    ),
    "one direction": (
        Row(canonical="email", dialect="mail", only="to_dialect", lossy="a copy"),
        RowClass.ONE_WAY,
        "a copy",
    ),
    "a constant": (Row(dialect="memo", const="x"), RowClass.CONSTANT, ""),
    "a constant under a condition": (Row(canonical="note", const=1, when={"method": ("x",)}), RowClass.CONSTANT, ""),
    "a drop": (Row(canonical=("note", "phone"), drop="no place"), RowClass.DROPPED, "no place"),
}


@pytest.mark.parametrize(("row", "kind", "reason"), CLASSES.values(), ids=CLASSES)
def test_a_row_has_a_class_and_a_reason(row: Row, kind: RowClass, reason: str) -> None:
    (record,) = classify(bind(row))
    assert (record.kind, record.reason) == (kind, reason)
    assert record.at == "shop.toml: order[0]"


def one(*rows: Row, **known: Any) -> Classed:
    (record,) = classify(bind(*rows, **known))
    return record


def test_a_codec_is_known_by_the_mappings_name_and_by_ours() -> None:
    record = one(Row(canonical="total", dialect="cents", codec="money"), uses=MONEY)
    assert (record.codec, record.use, record.beside) == ("money", "cents", "currency")
    assert one(Row(canonical="email", dialect="mail", codec="text")).codec == "text"


def test_what_stands_in_and_when_is_told() -> None:
    record = one(Row(canonical="note", dialect="memo", default="none", when={"method": ("x", "y"), "email": ()}))
    assert record.default == "none"
    assert record.when == (("method", ("x", "y")), ("email", (None,)))
    assert one(Row(dialect="tags", const=["{gateway.reference}"])).const == ["{gateway.reference}"]


def test_a_constant_knows_the_side_that_it_is_written_to() -> None:
    assert one(Row(dialect="memo", const="x")).only == "to_dialect"
    assert one(Row(dialect="memo", const="x")).dialect == ("memo",)
    assert one(Row(canonical="note", const="x")).canonical == ("note",)


def test_paths_are_told_from_the_root_with_brackets_after_lists() -> None:
    part = Row(canonical="code", dialect="id")
    line = Row(canonical="/currency", dialect="cur", only="to_dialect", lossy="a copy")
    lines = Row(canonical="lines", dialect="rows", each=(line, Row(canonical="parts", dialect="bits", each=(part,))))
    copy, deep = classify(bind(lines))
    assert (copy.canonical, copy.dialect) == (("currency",), ("rows[].cur",))
    assert (deep.canonical, deep.dialect) == (("lines[].parts[].code",), ("rows[].bits[].id",))


def test_a_shape_is_told_at_each_of_its_places() -> None:
    rows = [
        Row(canonical=name, dialect=place, shape="place") for name, place in (("address", "ship"), ("billing", "bill"))
    ]
    records = classify(bind(*rows, shapes=PLACE))
    assert [record.canonical for record in records] == [
        *(("address.city",), ("address.phone",)),
        *(("billing.city",), ("billing.phone",)),
    ]
    assert [record.dialect for record in records] == [("ship.town",), (), ("bill.town",), ()]


def test_what_an_outline_moves_arrives_only_where_its_member_says_nothing() -> None:
    row = outline(rows=(Row(canonical="name", dialect="title"),), inline="it shows its own")
    index, moved = classify(bind(row))
    absent = (("lines[].variant", (None,)),)
    assert (index.kind, index.dialect, index.when) == (RowClass.CONSTANT, ("rows[].extra.index",), absent)
    assert (moved.kind, moved.canonical, moved.dialect) == (RowClass.LOSSY, ("lines[].name",), ("extras[].title",))
    assert (moved.when, moved.reason) == (absent, "it shows its own")


def count(rows: tuple[Bound, ...]) -> int:
    """Rows that are no group; an outline is one beside those inside."""
    inner = {Group: 0, Outlined: 1}
    return sum(inner[type(row)] + count(row.rows) if isinstance(row, (Group, Outlined)) else 1 for row in rows)


@pytest.mark.parametrize("name", DIALECTS)
def test_every_row_of_every_mapping_is_classed_once(name: str) -> None:
    for lens in (DIALECTS[name].order, DIALECTS[name].receipt):
        records = classify(lens.rows)
        assert len(records) == count(lens.rows)
        assert all(record.reason for record in records if record.kind in {RowClass.LOSSY, RowClass.DROPPED})
