"""Branches of codecs that the value before and the value after tell; a codec that has one only has none here."""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from math import prod
from types import MappingProxyType
from typing import Any

from adapter.lens.bound import BoundCodec
from adapter.lens.rows import Direction

KEPT, REWRITTEN, LEFT_OUT, STANDS_IN = "kept", "rewritten", "left out", "stands in"
NUMBERS = (int, Decimal)
CHANGES = (KEPT, REWRITTEN)
SCALES = {"no decimals": 1, "two decimals": 100, "three decimals": 1000}


def _scaled(factor: int) -> Callable[[Any, Any], bool]:
    return lambda before, after: bool(before) and before * factor == after


# By name, whether a value (None: absent) that became another is one.
TURNS: Mapping[str, Callable[[Any, Any], bool]] = MappingProxyType(
    {
        KEPT: lambda before, after: before is not None and _is_same(before, after),
        REWRITTEN: lambda before, after: before is not None and after not in (None, "") and not _is_same(before, after),
        LEFT_OUT: lambda before, after: before is not None and after in (None, ""),
        STANDS_IN: lambda before, after: before is None and after is not None,
        "given name first": lambda before, after: _join(before, 0, 1) == after,
        "family name first": lambda before, after: _join(before, 1, 0) == after,
        **{name: _scaled(factor) for name, factor in SCALES.items()},
    }
)

OF_CODEC: Mapping[tuple[str, Direction], tuple[str, ...]] = MappingProxyType(
    {
        **{
            (name, "to_dialect"): CHANGES
            for name in ("country", "currency", "upper_case", "lower_case", "email", "phone", "money", "line_total")
        },
        ("country", "to_canonical"): CHANGES,
        ("total_text", "to_canonical"): CHANGES,
        ("receipt_id", "to_canonical"): CHANGES,
        ("instant", "to_canonical"): (*CHANGES, LEFT_OUT),
        ("subdivision", "to_dialect"): (*CHANGES, LEFT_OUT, STANDS_IN),
        ("subdivision", "to_canonical"): (KEPT, LEFT_OUT),
        ("postal_code", "to_dialect"): (KEPT, STANDS_IN),
        ("postal_code", "to_canonical"): (KEPT, LEFT_OUT),
        ("blank_if_absent", "to_dialect"): (KEPT, STANDS_IN),
        ("blank_if_absent", "to_canonical"): (KEPT, LEFT_OUT),
        ("only_item", "to_canonical"): (REWRITTEN, LEFT_OUT),
        ("full_name", "to_dialect"): ("given name first", "family name first"),
        ("money_minor", "to_dialect"): tuple(SCALES),
    }
)

# Codecs whose branch an option decides; a mapping that leaves it to no setting has that one alone.
BY_OPTION = {"money": "unit", "line_total": "unit", "total_text": "unit"}

# What a member must be able to be for a branch to be there at all.
NEEDS: Mapping[tuple[str, str], Any] = MappingProxyType({("receipt_id", KEPT): "11111111-1111-4111-8111-111111111111"})

# Codecs that always have something to stand for an absent value.
NEVER_ABSENT = frozenset({"blank_if_absent"})


def list_turns(codec: BoundCodec | None, direction: Direction) -> tuple[str, ...]:
    """The branches of a row's codec; none of several codecs in a row, which hide each other's values."""
    if codec is None or codec.options.get("form") == "as_given":
        return ()
    if codec.name in BY_OPTION and not str(codec.options.get(BY_OPTION[codec.name])).startswith("{"):
        return ()
    return OF_CODEC.get((codec.name, direction), ())


def find_turns(codec: BoundCodec | None, direction: Direction, before: Any, after: Any) -> Iterator[str]:
    """Those of them that a value took."""
    return (turn for turn in list_turns(codec, direction) if TURNS[turn](before, after))


def _is_same(before: Any, after: Any) -> bool:
    """Whether nothing was done but to multiply factors, or to spell an amount."""
    if isinstance(before, tuple):
        return all(isinstance(one, NUMBERS) for one in before) and prod(before) == after
    if isinstance(before, NUMBERS) and isinstance(after, str):
        return after.isascii() and after.replace(".", "", 1).isdigit() and Decimal(after) == before
    return bool(before == after)


def _join(names: Any, first: int, last: int) -> str | None:
    """Two names as one; None where there are not two."""
    if not isinstance(names, tuple) or len(names) != 2 or None in names:
        return None
    return f"{names[first].strip()} {names[last].strip()}"
