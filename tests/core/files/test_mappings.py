"""Mapping files: what is wrong in one is told with its file and place before anything runs."""

from collections.abc import Callable
from typing import Any

import pytest

from adapter.core.files.mappings import read_mapping
from adapter.errors import MappingError, SetupError

MappingOf = Callable[[str], dict[str, Any]]
Spoil = Callable[[dict[str, Any]], Any]

# what a slip of the pen does to a mapping -> what the message says, with the place
SLIPS: dict[str, tuple[Spoil, str]] = {
    "a typo at the top": (
        lambda m: m.update(titel="x"),
        "unknown field `titel`, did you mean `title`? (M02 unknown_key) - at `lana.toml: top level`",
    ),
    "a typo in a row": (
        lambda m: m["order"][0].update(canonicl="x"),
        "unknown field `canonicl`, did you mean `canonical`? (M02 unknown_key) - at `lana.toml: order[0]`",
    ),
    "a typo in a row of a list": (
        lambda m: m["order"][3]["each"][0].update(dialec="x"),
        "unknown field `dialec`, did you mean `dialect`? (M02 unknown_key) - at `lana.toml: order[3].each[0]`",
    ),
    "a typo in a step": (
        lambda m: m["step"][1].update(operations="x"),
        "unknown field `operations`, did you mean `operation`? (M02 unknown_key) - at `lana.toml: step[1]`",
    ),
    "a typo in a setting": (
        lambda m: m["setting"]["currency"].update(defualt="x"),
        "unknown field `defualt`, did you mean `default`? (M02 unknown_key) - at `lana.toml: setting.currency`",
    ),
    "a typo in a codec": (
        lambda m: m["codec"]["money"].update(besides={}),
        "unknown field `besides`, did you mean `beside`? (M02 unknown_key) - at `lana.toml: codec.money`",
    ),
    "a typo in a shape": (
        lambda m: m["shape"]["address"]["rows"][0].update(codecs="x"),
        "unknown field `codecs`, did you mean `codec`? (M02 unknown_key) - at `lana.toml: shape.address.rows[0]`",
    ),
    "no steps": (
        lambda m: m.pop("step"),
        "missing required field `step` (M03 missing_key) - at `lana.toml: top level`",
    ),
    "no outcomes": (
        lambda m: m.pop("outcome"),
        "missing required field `outcome` (M03 missing_key) - at `lana.toml: top level`",
    ),
    "a step without an operation": (
        lambda m: m["step"][2].pop("operation"),
        "missing required field `operation` (M03 missing_key) - at `lana.toml: step[2]`",
    ),
    "a status as text": (
        lambda m: m["outcome"].update(rejected=["400"]),
        "Expected `int`, got `str` (M04 wrong_value) - at `lana.toml: outcome.rejected[0]`",
    ),
    "a typo in an error": (
        lambda m: m["error"]["said"][1].update(plaec="x"),
        "unknown field `plaec`, did you mean `place`? (M02 unknown_key) - at `lana.toml: error.said[1]`",
    ),
    "a proof of success": (
        lambda m: m["error"]["proves"].update({"1001": "succeeded"}),
        "Invalid enum value 'succeeded'; known: rejected, not_applied, unknown (M04 wrong_value) - at `lana",
    ),
    "a class of recovery that does not exist": (
        lambda m: m["idempotency"].update(recovery="F"),
        "Invalid enum value 'F'; known: A, B, C, D, E (M04 wrong_value) - at `lana.toml: idempotency.recovery`",
    ),
    "a direction that does not exist": (
        lambda m: m["order"][0].update(only="forward"),
        "Invalid enum value 'forward'; known: to_dialect, to_canonical (M04 wrong_value) - at `lana.toml: order[0]",
    ),
    "a loss without words": (
        lambda m: m["order"][0].update(lossy=True),
        "got `bool` (M04 wrong_value) - at `lana.toml: order[0].lossy`",
    ),
}


@pytest.mark.parametrize("name", ["enad", "lana", "stella_checkout", "stella_sync"])
def test_the_shipped_mappings_can_be_read(name: str, mapping_of: MappingOf) -> None:
    mapping = read_mapping(mapping_of(name), f"{name}.toml")
    assert mapping.dialect == name
    assert mapping.order
    assert mapping.receipt
    assert mapping.steps


@pytest.mark.parametrize(("spoil", "message"), SLIPS.values(), ids=SLIPS)
def test_a_slip_is_told_with_file_row_and_key(spoil: Spoil, message: str, mapping_of: MappingOf) -> None:
    data = mapping_of("lana")
    spoil(data)
    with pytest.raises(MappingError) as caught:
        read_mapping(data, "lana.toml")
    assert message in str(caught.value)
    assert caught.value.at.startswith("lana.toml: ")


def test_a_mapping_that_is_wrong_stops_the_start_like_any_other_setup() -> None:
    with pytest.raises(SetupError, match=r"missing required field `dialect` .* - at `x\.toml: top level`"):
        read_mapping({}, "x.toml")
