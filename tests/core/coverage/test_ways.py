"""The ways of a mapping are those that its rows have and its schemas allow, each by its place in the file."""

import tomllib
from typing import Any

import pytest

from adapter.core.coverage.listing import list_ways
from adapter.core.coverage.ways import name_members
from adapter.core.dialects import Dialect, make_dialect
from adapter.core.files.mappings import read_mapping
from adapter.core.values.crosswalks import CrosswalkRows
from adapter.qa.mutants.mutants import edit
from adapter.shell.files import find_document, find_mappings, speak
from tests.conftest import DIALECTS, HERE


def list_whats(dialect: Dialect, place: str, *kinds: str) -> list[str]:
    """What can happen at a place of a dialect's file."""
    at = f"{dialect.name}.toml: {place}"
    return [way.what for way in list_ways(dialect) if way.at == at and (not kinds or way.kind in kinds)]


BOTH = ["to_dialect", "to_canonical"]


@pytest.mark.parametrize(
    ("name", "place", "whats"),
    [
        ("bazaar", "order[0]", ["to_dialect"]),  # a constant
        ("bazaar", "order[1]", BOTH),  # a member that must be there
        ("bazaar", "order[2]", [*BOTH, "absent", "null"]),
        ("bazaar", "order[3]", BOTH),
        ("bazaar", "order[3].each[4]", ["drops product_id", "drops size", "drops color", "drops image_url"]),
        ("bazaar", "order[5]", [*BOTH, "absent", "null"]),
        ("bazaar", "order[9]", [*BOTH, "default", "absent", "null", "no decimals", "two decimals", "three decimals"]),
        ("bazaar", "receipt[0]", [*BOTH, "rewritten"]),  # a number is never a UUID
        ("bazaar", "receipt[1]", ["to_canonical"]),
        (
            "bazaar",
            "receipt[5].table",
            ["placed to_dialect", "refused to_dialect", "0 to_canonical", "1 to_canonical", "else"],
        ),
        (
            "bazaar",
            "shape.place.rows[0]",
            [*BOTH, "absent", "null", "no first_name", "no last_name", "given name first", "family name first"],
        ),
        ("enad", "order[9]", [*BOTH, "into billing_address.email", "not into billing_address.email"]),
        ("enad", "order[10]", ["to_dialect", "absent", "null", "unmet"]),
        ("lana", "order[3].each[2]", [*BOTH, "inline"]),
        ("lana", "order[8]", ["to_dialect", "absent"]),  # a constant from a setting that may say nothing
        ("lana", "step[0]", ["called"]),
        ("lana", "step[1]", ["called", "skipped"]),
        ("lana", "lookup", ["found", "absent", "blind"]),
        ("stella_checkout", "order[10]", ["to_dialect", "unmet"]),
        ("stella_checkout", "receipt[7]", [*BOTH, "from completed_at", "from created_at"]),
        ("enad", "outcome.placed_if", ["kept", "contradicted"]),
        ("enad", "error.codes", ["*product*not exist*", "*variant*not exist*", "*out of stock*", "*incomplete*"]),
    ],
)
def test_a_place_has_the_ways_that_data_can_go_there(name: str, place: str, whats: list[str]) -> None:
    assert list_whats(DIALECTS[name], place) == whats


def test_no_way_comes_twice_and_each_row_has_a_member(dialect: Dialect) -> None:
    ways = list_ways(dialect)
    assert len({way.name() for way in ways}) == len(ways)
    rows = {way.at for way in ways if way.kind == "row"}
    assert rows == name_members(dialect).keys()


def make_other(name: str, *keys: Any, value: Any) -> Dialect:
    """A dialect whose mapping has one value in place of another."""
    data = tomllib.loads(find_mappings(HERE / "fifth")[name].read_text())
    return make_dialect(read_mapping(edit(data, keys, value), f"{name}.toml"), find_document(name, HERE / "fifth"))


def test_a_default_that_is_always_there_leaves_nothing_absent() -> None:
    other = make_other("bazaar", "order", 9, "default", value=0)
    assert list_whats(DIALECTS["bazaar"], "order[9]", "branch") == ["default", "absent", "null"]
    assert list_whats(other, "order[9]", "branch") == ["default"]


def test_a_codec_that_always_has_a_stand_in_leaves_nothing_absent_in_company_too() -> None:
    place = "order[3].each[0]"
    assert list_whats(DIALECTS["lana"], place) == [*BOTH, "kept", "stands in"]
    looked_up = speak(DIALECTS["lana"], None, {"ids": CrosswalkRows(member="/line_items/*/variant_id")}, "tenants.toml")
    assert list_whats(looked_up, place) == BOTH
