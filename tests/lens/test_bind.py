"""What binding makes of rows, and every row it refuses: the place and the words."""

from collections.abc import Mapping
from typing import Any

import pytest

from adapter.errors import MappingError
from adapter.lens.bound import Constant, Drop, Field, Group, Outlined
from adapter.lens.rows import Beside, CodecUse, Row, Shape
from adapter.lens.trees import Path

from .refusals import REFUSALS, outline
from .small import CODECS, bind

MAIL = Row(canonical="email", dialect="mail")
BESIDE = Beside(canonical="currency", dialect="cur")
PRICED = Row(canonical="total", dialect="cents", codec="price")
SHIP = Row(canonical="address", dialect="ship", shape="place")


SHAPES = {"place": Shape(rows=(Row(canonical="city", dialect="town"),))}


@pytest.mark.parametrize(("row", "at", "words"), REFUSALS.values(), ids=REFUSALS.keys())
def test_a_row_is_refused_with_its_place_and_words(row: Row, at: str, words: str) -> None:
    with pytest.raises(MappingError) as caught:
        bind(row, shapes=SHAPES)
    assert caught.value.at.startswith(f"shop.toml: order{at}")
    if words:
        assert caught.value.at == f"shop.toml: order{at}"
        assert words in str(caught.value)
    assert str(caught.value).endswith(f" - at `{caught.value.at}`")


# The use of a codec, and the words of its error.
USES: dict[str, tuple[CodecUse, str]] = {
    "an unknown codec": (CodecUse(use="cnets", beside=BESIDE), "unknown codec 'cnets', did you mean 'cents'?"),
    "a beside too few": (CodecUse(use="cents"), "codec 'cents' needs `beside`"),
    "a beside too many": (CodecUse(use="text", beside=BESIDE), "codec 'text' takes no `beside`"),
    "an option too few": (CodecUse(use="prefix"), "codec 'prefix' expects the options ['prefix'], found []"),
    "an option too many": (
        CodecUse(use="text", options={"form": "x", "a": 1}),
        "codec 'text' expects the options [], found ['a', 'form']",
    ),
    "a misspelt beside of canonical": (
        CodecUse(use="cents", beside=Beside(canonical="curency", dialect="cur")),
        "did you mean 'currency'?",
    ),
    "a misspelt beside of the dialect": (
        CodecUse(use="cents", beside=Beside(canonical="currency", dialect="/customer.mial")),
        "did you mean 'mail'?",
    ),
}


@pytest.mark.parametrize(("use", "words"), USES.values(), ids=USES.keys())
def test_the_use_of_a_codec_is_refused_at_its_place(use: CodecUse, words: str) -> None:
    with pytest.raises(MappingError) as caught:
        bind(PRICED, uses={"price": use})
    assert caught.value.at.startswith("shop.toml: codec.price")
    assert words in str(caught.value)


def test_two_codecs_of_a_row_that_read_beside_are_refused() -> None:
    row = Row(canonical="total", dialect="cents", codec=("price", "text", "price"))
    with pytest.raises(MappingError, match="one at most reads `beside`, found 2") as caught:
        bind(row, uses={"price": CodecUse(use="cents", beside=BESIDE)})
    assert caught.value.at == "shop.toml: order[0].codec"


def test_a_fault_in_a_shape_is_told_at_the_shape() -> None:
    with pytest.raises(MappingError, match="did you mean 'town'") as caught:
        bind(SHIP, shapes={"place": Shape(rows=(MAIL_IN_PLACE, Row(canonical="city", dialect="twon")))})
    assert caught.value.at == "shop.toml: shape.place.rows[1].dialect"


MAIL_IN_PLACE = Row(canonical="/email", dialect="mail", only="to_dialect", lossy="a copy")


def bound_field(row: Row, **known: Mapping[str, Any]) -> Field:
    (bound,) = bind(row, **known)  # type: ignore[arg-type]  # uses or shapes
    assert isinstance(bound, Field)
    return bound


def test_a_field_knows_its_place_and_paths() -> None:
    _, second = bind(MAIL, Row(canonical="email", dialect=("ship.mail", "bill?.mail"), default="{setting.a}"))
    assert isinstance(second, Field)
    assert second.at == "shop.toml: order[1]"
    assert second.canonical == (Path(("email",)),)
    assert second.dialect == (Path(("ship", "mail")), Path(("bill", "mail"), guarded=True))
    assert second.default is not None
    assert second.default.references == ("setting.a",)


@pytest.mark.parametrize(
    ("canonical", "dialect", "to_dialect", "to_canonical"),
    [
        ("email", "mail", False, False),
        ("email", "mobile", True, False),
        ("phone", "mail", False, True),
        ("phone", "mobile", True, True),
        ("phone", ("mobile", "mail"), False, True),
        ("phone", ("mobile", "null_memo"), True, True),
        ("address.city", "customer.mobile", True, True),
    ],
)
def test_null_is_kept_where_every_place_it_goes_to_may_be_null(
    canonical: str, dialect: str | tuple[str, ...], to_dialect: bool, to_canonical: bool
) -> None:
    field = bound_field(Row(canonical=canonical, dialect=dialect))
    assert field.keeps_null == {"to_dialect": to_dialect, "to_canonical": to_canonical}


@pytest.mark.parametrize("row", [Row(canonical="note", dialect="memo", lossy="x"), Row(dialect="memo", const="x")])
def test_a_condition_without_values_demands_that_the_member_is_absent(row: Row) -> None:
    said = {"canonical": row.canonical, "dialect": row.dialect, "const": row.const, "lossy": row.lossy}
    (bound,) = bind(Row(**said, when={"email": (), "method": ("cash", "card")}))  # type: ignore[arg-type]  # as above
    assert isinstance(bound, (Field, Constant))
    assert bound.when == ((Path(("email",)), (None,)), (Path(("method",)), ("cash", "card")))


def test_a_name_of_the_mapping_goes_before_a_codec_of_the_gateway() -> None:
    row = Row(canonical="email", dialect="mail", codec="text")
    field = bound_field(row, uses={"text": CodecUse(use="prefix", options={"prefix": "#"})})
    assert field.codec is not None
    assert (field.codec.name, field.codec.options) == ("prefix", {"prefix": "#"})
    assert field.codec.codec is CODECS["prefix"]


def test_a_shape_that_comes_out_the_same_twice_is_one() -> None:
    first, second = bind(SHIP, Row(canonical="billing", dialect="ship", shape="place"), shapes=SHAPES)
    assert isinstance(first, Group)
    assert isinstance(second, Group)
    assert first.rows is second.rows
    assert first.rows[0].at == "shop.toml: shape.place.rows[0]"


def test_each_kind_of_row_is_bound_as_its_kind() -> None:
    (group,) = bind(outline(rows=(Row(canonical="name", dialect="title"),)))
    constant, dropped = bind(Row(canonical="status", const="x"), Row(canonical=("note", "phone"), drop="why"))
    assert isinstance(group, Group)
    assert group.many
    (outlined,) = group.rows
    assert isinstance(outlined, Outlined)
    assert outlined.rows[0].at == "shop.toml: order[0].each[0].outline.rows[0]"
    assert isinstance(constant, Constant)
    assert constant.towards == "to_canonical"
    assert dropped == Drop("shop.toml: order[1]", (Path(("note",)), Path(("phone",))), "why")
