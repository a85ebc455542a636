"""What is known of a mapping before any order: each rule by what it finds and what it lets pass."""

from typing import Any

import pytest

from adapter.lens.check import check_rows
from adapter.lens.rows import CodecUse, Outline, Row, Shape
from adapter.lens.rules import Finding
from adapter.lens.schemas import Schema, SchemaView

from .small import NUMBER, TEXT, bind, listing, record

ITEM: Schema = {"sku": TEXT, "name": TEXT}
PLACE: Schema = {"city": TEXT, "zip": TEXT}
OURS = record({"email": TEXT, "note": TEXT, "address": record(PLACE), "lines": listing(ITEM)})
THEIRS = record(
    {
        "mail": TEXT,
        "memo": TEXT,
        "ship": record({"town": TEXT, "code": TEXT, "mail": TEXT}, required=("town",)),
        "rows": {"type": "array", "items": record({"id": TEXT, "at": NUMBER, "note": TEXT}, required=("id",))},
        "extras": {"type": "array", "items": record({"title": TEXT, "kind": TEXT}, required=("title",))},
    },
    required=("mail",),
)

MAIL = Row(canonical="email", dialect="mail")
NOTE = Row(canonical="note", dialect="memo")
TOWN = Row(canonical="city", dialect="town")
ZIP = Row(canonical="zip", dialect="code")
SHIP = Row(canonical="address", dialect="ship", shape="place")
SKU = Row(canonical="sku", dialect="id")
NO_NAME = Row(canonical="name", drop="rows have no name")
TITLE = Row(canonical="name", dialect="title")


def lines(*rows: Row) -> Row:
    return Row(canonical="lines", dialect="rows", each=rows)


def moved(*rows: Row) -> Row:
    return Row(outline=Outline(unless="sku", to="extras", index="at", inline="x", rows=rows))


GOOD: tuple[Row, ...] = (MAIL, NOTE, SHIP, lines(SKU, NO_NAME))
SHAPE = (TOWN, ZIP)


def check(*rows: Row, shape: tuple[Row, ...] = SHAPE, **known: Any) -> list[Finding]:
    bound = bind(*rows, shapes={"place": Shape(rows=shape)}, canonical=OURS, dialect=THEIRS, **known)
    return check_rows(bound, SchemaView(OURS), SchemaView(THEIRS))


def found(findings: list[Finding]) -> set[tuple[str, str]]:
    """Rule with member, or with row where no member of a schema is amiss."""
    return {(finding.rule, finding.member or finding.at.removeprefix("shop.toml: ")) for finding in findings}


def instead(row: Row, *others: Row) -> tuple[Row, ...]:
    """The good rows with others in one's place."""
    return tuple(new for old in GOOD for new in (others if old == row else (old,)))


def test_a_good_mapping_has_no_findings() -> None:
    assert check(*GOOD) == []
    assert check(*instead(GOOD[3], lines(SKU, moved(TITLE)))) == []


@pytest.mark.parametrize(
    ("rows", "shape", "at"),
    [
        (instead(NOTE), SHAPE, "note"),
        (instead(GOOD[3]), SHAPE, "lines"),
        (instead(GOOD[3], lines(SKU)), SHAPE, "lines.name"),
        (GOOD, (TOWN,), "address.zip"),
    ],
)
def test_a_forgotten_canonical_member_is_found(rows: tuple[Row, ...], shape: tuple[Row, ...], at: str) -> None:
    (finding,) = check(*rows, shape=shape)
    assert found([finding]) == {("unaccounted", at)}
    assert finding.message == f"{at}: no row maps it and none drops it with a reason"


def test_a_member_that_is_dropped_is_accounted_for() -> None:
    assert check(*instead(NOTE, Row(canonical="note", drop="no notes"))) == []


def test_a_member_that_is_only_written_on_the_way_back_is_not_accounted_for() -> None:
    assert found(check(*instead(NOTE, Row(canonical="note", const="x")))) == {("unaccounted", "note")}


def test_a_rooted_path_accounts_for_no_member_of_the_item() -> None:
    ours = record({"email": TEXT, "lines": listing({"email": TEXT})})
    row = Row(canonical="/email", dialect="note", only="to_dialect", lossy="a copy")
    rows = bind(MAIL, lines(Row(dialect="id", const="x"), row), canonical=ours, dialect=THEIRS)
    findings = check_rows(rows, SchemaView(ours), SchemaView(THEIRS))
    assert found(findings) == {("unaccounted", "lines.email")}


def test_a_row_for_one_member_of_an_object_does_not_account_for_the_others() -> None:
    row = Row(canonical="address.city", dialect="ship.town")
    assert found(check(*instead(SHIP, row))) == {("unaccounted", "address.zip")}
    assert check(*instead(SHIP, row, Row(canonical="address.zip", dialect="ship.code"))) == []


def test_a_row_for_the_whole_object_accounts_for_its_members() -> None:
    assert found(check(*instead(SHIP, Row(canonical="address", dialect="ship")))) == {("mismatch", "order[2]")}
    assert check(*instead(SHIP, Row(canonical="address", drop="no addresses"))) == []


@pytest.mark.parametrize(
    ("rows", "shape", "at"),
    [
        (instead(MAIL, Row(canonical="email", drop="x")), SHAPE, "mail"),
        (GOOD, (ZIP, Row(canonical="city", drop="x")), "ship.town"),
        (instead(GOOD[3], lines(NO_NAME, Row(canonical="sku", drop="x"))), SHAPE, "rows.id"),
    ],
)
def test_a_required_dialect_member_without_a_row_is_found(
    rows: tuple[Row, ...], shape: tuple[Row, ...], at: str
) -> None:
    (finding,) = check(*rows, shape=shape)
    assert found([finding]) == {("unfed", at)}
    assert finding.message == f"{at}: the dialect requires it and no row feeds it"


def test_a_constant_feeds_a_required_member_and_a_default_does_too() -> None:
    drop = Row(canonical="email", drop="x")
    assert check(*instead(MAIL, drop, Row(dialect="mail", const="shop@x"))) == []
    assert check(*instead(MAIL, Row(canonical="email", dialect="mail", default="x"))) == []


def test_a_row_that_only_reads_feeds_nothing() -> None:
    row = Row(canonical="email", dialect="mail", only="to_canonical", lossy="never sent")
    assert found(check(*instead(MAIL, row))) == {("unaccounted", "email"), ("unfed", "mail")}


def test_what_a_moved_item_requires_is_fed_too() -> None:
    rows = instead(GOOD[3], lines(SKU, moved(Row(canonical="name", dialect="kind"))))
    assert {rule for rule, _ in found(check(*rows))} == {"unfed"}


def test_a_lossy_codec_must_be_declared() -> None:
    row = Row(canonical="email", dialect="mail", codec="upper")
    (finding,) = check(*instead(MAIL, row))
    assert (finding.rule, finding.at) == ("undeclared_loss", "shop.toml: order[0]")
    assert finding.message == "its codec cannot be undone: upper case comes back as lower case; say `lossy`"
    assert check(*instead(MAIL, Row(canonical="email", dialect="mail", codec="upper", lossy="the case"))) == []


def test_a_lossy_codec_under_a_name_of_the_mapping_must_be_declared() -> None:
    row = Row(canonical="email", dialect="mail", codec="loud")
    assert found(check(*instead(MAIL, row), uses={"loud": CodecUse(use="upper")})) == {("undeclared_loss", "order[0]")}


@pytest.mark.parametrize("said", [{"when": {"note": ("x",)}}, {"only": "to_dialect"}, {"when": {"note": ()}}])
def test_a_value_that_is_carried_one_way_must_be_declared(said: dict[str, Any]) -> None:
    row = Row(canonical="note", dialect="memo", **said)
    message = "`when` and `only` carry a value one way; say `lossy`"
    assert Finding("undeclared_loss", "shop.toml: order[1]", message) in check(*instead(NOTE, row))
    assert check(*instead(NOTE, Row(canonical="note", dialect="memo", lossy="x", **said))) == []


def test_a_loss_is_found_inside_lists_shapes_and_outlines() -> None:
    loud = Row(canonical="name", dialect="title", codec="upper")
    assert found(check(*instead(GOOD[3], lines(SKU, moved(loud))))) == {
        ("undeclared_loss", "order[3].each[1].outline.rows[0]")
    }
    assert found(check(*GOOD, shape=(ZIP, Row(canonical="city", dialect="town", codec="upper")))) == {
        ("undeclared_loss", "shape.place.rows[1]")
    }


@pytest.mark.parametrize(
    ("extra", "path"),
    [
        (Row(dialect="mail", const="x"), "mail"),
        (Row(canonical="note", dialect="mail"), "mail"),
        (Row(canonical="email", dialect="memo"), "memo"),
        (Row(canonical="email", const="x"), "email"),
        (Row(canonical="email", dialect="ship.mail"), "email"),
    ],
)
def test_a_member_that_two_rows_write_is_found_at_both(extra: Row, path: str) -> None:
    twice = [finding for finding in check(*GOOD, extra) if finding.message == f"more than one row writes {path!r}"]
    assert {finding.rule for finding in twice} == {"written_twice"}
    first = "shop.toml: order[1]" if path == "memo" else "shop.toml: order[0]"
    assert {finding.at for finding in twice} == {first, "shop.toml: order[4]"}


def test_members_written_twice_in_items_and_shapes_are_found() -> None:
    rows = instead(GOOD[3], lines(SKU, NO_NAME, Row(dialect="id", const="x")))
    assert found(check(*rows)) == {("written_twice", "order[3].each[0]"), ("written_twice", "order[3].each[2]")}
    assert found(check(*GOOD, shape=(*SHAPE, Row(dialect="town", const="x")))) == {
        ("written_twice", "shape.place.rows[0]"),
        ("written_twice", "shape.place.rows[2]"),
    }


def test_members_written_twice_in_a_moved_item_are_found() -> None:
    rows = instead(GOOD[3], lines(SKU, moved(TITLE, Row(dialect="title", const="x"))))
    assert {rule for rule, _ in found(check(*rows))} == {"written_twice"}


def test_a_member_of_the_item_and_one_of_the_root_are_two() -> None:
    ours = record({"email": TEXT, "lines": listing({"email": TEXT})})
    each = (Row(canonical="email", dialect="id"), Row(canonical="/email", dialect="note"))
    root = (Row(dialect="mail", const="x"), Row(canonical="email", drop="each row has it"))
    rows = bind(lines(*each), *root, canonical=ours, dialect=THEIRS)
    assert found(check_rows(rows, SchemaView(ours), SchemaView(THEIRS))) == set()


def test_rows_for_opposite_directions_may_name_one_member() -> None:
    sent = Row(canonical="email", dialect="mail", only="to_dialect", lossy="x")
    read = Row(canonical="email", dialect="memo", only="to_canonical", lossy="x")
    assert check(*instead(MAIL, sent, read)) == []


def test_fields_under_conditions_may_write_one_member() -> None:
    note, mail = (Row(canonical=name, dialect="memo", when={"email": ()}, lossy="x") for name in ("note", "email"))
    assert check(*instead(NOTE, note, mail)) == []


def test_constants_under_conditions_may_write_one_member() -> None:
    cash, card = (Row(dialect="memo", const=name, when={"email": (name,)}) for name in ("cash", "card"))
    assert check(*instead(NOTE, Row(canonical="note", drop="x"), cash, card)) == []
