"""Each branch of a codec is told by the value before and the value after, and a value takes one of them."""

from decimal import Decimal
from typing import Any

import pytest

from adapter.core.coverage.turns import OF_CODEC, TURNS, find_turns, list_turns
from adapter.core.values.codecs import CODECS
from adapter.lens.bound import BoundCodec
from adapter.lens.rows import Direction

CASES: list[tuple[str, Direction, Any, Any, list[str]]] = [
    ("country", "to_dialect", "US", "US", ["kept"]),
    ("country", "to_dialect", "usa", "US", ["rewritten"]),
    ("subdivision", "to_dialect", "Scotland", "", ["left out"]),
    ("subdivision", "to_dialect", None, "", ["stands in"]),
    ("blank_if_absent", "to_canonical", "", None, ["left out"]),
    ("full_name", "to_dialect", ("Maya", "Berg"), "Maya Berg", ["given name first"]),
    ("full_name", "to_dialect", ("太郎", "山田"), "山田 太郎", ["family name first"]),
    ("full_name", "to_dialect", ("Maya", None), "Maya", []),
    ("money_minor", "to_dialect", Decimal("12.5"), 1250, ["two decimals"]),
    ("money_minor", "to_dialect", 1250, 1250, ["no decimals"]),
    ("money_minor", "to_dialect", Decimal("12.5"), 12500, ["three decimals"]),
    ("money_minor", "to_dialect", 0, 0, []),
    ("receipt_id", "to_canonical", 77, "11111111-1111-4111-8111-111111111111", ["rewritten"]),
    ("instant", "to_canonical", "soon", None, ["left out"]),
]


@pytest.mark.parametrize(("name", "direction", "before", "after", "turns"), CASES)
def test_a_value_tells_its_branch(name: str, direction: Direction, before: Any, after: Any, turns: list[str]) -> None:
    assert list(find_turns(BoundCodec(name, CODECS[name]), direction, before, after)) == turns


@pytest.mark.parametrize(
    ("name", "before", "after", "turns"),
    [
        ("money", Decimal("12.5"), Decimal("12.50"), ["kept"]),
        ("money", Decimal("12.5"), 1250, ["rewritten"]),
        ("line_total", (Decimal("12.5"), 3), Decimal("37.5"), ["kept"]),
        ("line_total", (Decimal("12.5"), 3), 3750, ["rewritten"]),
    ],
)
def test_a_unit_is_a_branch_where_a_setting_decides_on_it(name: str, before: Any, after: Any, turns: list[str]) -> None:
    by_setting = BoundCodec(name, CODECS[name], options={"unit": "{setting.unit}"})
    assert list(find_turns(by_setting, "to_dialect", before, after)) == turns
    fixed = BoundCodec(name, CODECS[name], options={"unit": "minor"})
    assert list_turns(fixed, "to_dialect") == ()


def test_an_amount_spelt_out_is_kept_and_another_is_not() -> None:
    total = BoundCodec("total_text", CODECS["total_text"], options={"unit": "{setting.unit}"})
    assert list(find_turns(total, "to_canonical", 998, "998.00")) == ["kept"]
    assert list(find_turns(total, "to_canonical", 998, "9.98")) == ["rewritten"]


def test_only_codecs_that_exist_have_branches_and_only_those_that_can_be_told() -> None:
    assert {name for name, _ in OF_CODEC} <= CODECS.keys()
    assert {turn for turns in OF_CODEC.values() for turn in turns} <= TURNS.keys()
