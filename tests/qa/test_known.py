"""Known pairs hold, tell a mapping that means something else, and are what their file says."""

import json
import os
import tomllib
from typing import Any

import pytest

from adapter.core.dialects import make_dialect
from adapter.core.files.mappings import read_mapping
from adapter.core.tenancy.tenants import Tenant, stand_in
from adapter.errors import SetupError
from adapter.qa.known.drafts import make_known
from adapter.qa.known.known import Known, alter, expand
from adapter.qa.known.known_files import format_known, parse_known
from adapter.qa.laws.pairs import check_known
from adapter.qa.mutants.mutants import edit
from adapter.qa.subjects.broken import Broken
from adapter.shell.files import load_document, shipped
from tests.conftest import DIALECTS, HERE, ORDERS

GOLDEN = HERE / "golden"
SHIPPED = [path.stem for path in sorted((shipped() / "mappings").glob("*.toml"))]


def load_known(name: str) -> Known:
    said = {order: json.loads((GOLDEN / name / f"{order}.json").read_text()) for order in ORDERS}
    path = GOLDEN / name / "known.json"
    return parse_known(path.read_bytes(), ORDERS, said, path.name)


def speak_otherwise(name: str, *keys: Any, value: Any) -> Tenant:
    """A tenant of the mapping with one value in place of another."""
    data = tomllib.loads((shipped() / "mappings" / f"{name}.toml").read_text())
    mapping = read_mapping(edit(data, keys, value), f"{name}.toml")
    return stand_in(make_dialect(mapping, load_document(shipped(), name)), {})


@pytest.mark.parametrize("name", SHIPPED)
def test_what_is_known_of_a_dialect_holds(name: str) -> None:
    """``UPDATE_GOLDEN=1`` writes the file anew; the diff is then for a person to read."""
    tenant, path = stand_in(DIALECTS[name], {}), GOLDEN / name / "known.json"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(format_known(make_known(tenant, ORDERS)))
    known = load_known(name)
    check_known(tenant, known)
    assert format_known(known) == path.read_text(), "a file that is read and written is the same"


@pytest.mark.parametrize(
    ("keys", "value", "where"),
    [
        (("shape", "address", "rows"), "city and phone", "was taken, and is refused by now: required"),
        (("receipt", 3, "dialect"), "subtotal_price", "/taken/receipt/total"),
        (("echo", 2, "dialect"), "total_line_items_price", "/taken/revised"),
        (("error", "codes", "out_of_stock"), "discontinued", "/complaints"),
        (("error", "proves", "order_not_reservable"), "not_applied", "/state"),
        (("error", "proves", "out_of_stock"), "unknown", "/state"),
        (("outcome", "rejected"), [400], "/state"),
        (("lookup", "more"), "count", "/sight"),
        (("setting", "send_order_notifications", "default"), True, "/calls/0/body/0/send_order_notifications"),
        (("codec", "money", "beside", "default"), None, "was taken, and is refused by now"),
        (("codec", "postal_code", "beside", "default"), None, "was taken, and is refused by now"),
    ],
)
def test_a_mapping_that_means_something_else_is_told_from_it(keys: Any, value: Any, where: str) -> None:
    other = speak_otherwise("lana", *keys, value=_swap_city_and_phone() if keys[0] == "shape" else value)
    with pytest.raises(Broken) as caught:
        check_known(other, load_known("lana"))
    assert where in str(caught.value)


@pytest.mark.parametrize(
    ("keys", "codec", "where"),
    [
        (("order", 8), {"codec": "blank_if_absent"}, "/calls/3/body/cod/phone: the order: expected None, found ''"),
        (("shape", "address", "rows", 9), {"codec": "lower_case", "lossy": "case"}, "'+1 402-555-0163 ext. 5b'"),
    ],
)
def test_a_codec_where_there_was_none_is_told(keys: tuple[Any, ...], codec: dict[str, str], where: str) -> None:
    row: Any = tomllib.loads((shipped() / "mappings" / "stella_checkout.toml").read_text())
    for key in keys:
        row = row[key]
    with pytest.raises(Broken) as caught:
        check_known(speak_otherwise("stella_checkout", *keys, value=row | codec), load_known("stella_checkout"))
    assert where in str(caught.value)


def _swap_city_and_phone() -> list[dict[str, Any]]:
    data = tomllib.loads((shipped() / "mappings" / "lana.toml").read_text())
    rows: list[dict[str, Any]] = data["shape"]["address"]["rows"]
    traded = {"city": "phone", "phone": "city"}
    return [row | {"dialect": traded.get(row["dialect"], row["dialect"])} for row in rows]


def test_an_alteration_takes_away_or_puts_in_place() -> None:
    body = {"items": [{"a": 1, "b": 2}], "c~/d": 3}
    assert alter(body, ("/items/0/a",)) == {"items": [{"b": 2}], "c~/d": 3}
    assert alter(body, ("/c~0~1d", None)) == {"items": [{"a": 1, "b": 2}], "c~/d": None}
    assert alter(body, ("", "whole")) == "whole"
    assert alter(body, (["/items/0/a", "/c~0~1d"],)) == {"items": [{"b": 2}]}
    assert body == {"items": [{"a": 1, "b": 2}], "c~/d": 3}


def test_what_an_altered_answer_comes_to_is_said_by_what_differs() -> None:
    known = load_known("lana")
    family = next(one for one in known.families if one.call == "reserve" and one.status == 200 and one.otherwise)
    (_, whole), *others = expand(family)
    assert whole["/taken/receipt/status"] == "placed"
    assert any(told.get("/taken/receipt/status") == "draft" for _, told in others)
    assert any("/taken/receipt/order_number" not in told for _, told in others)


@pytest.mark.parametrize("text", [b"{", b"[]", b'{"after": "nobody", "families": []}', b'{"families": []}'])
def test_a_file_that_is_none_is_refused_by_name(text: bytes) -> None:
    with pytest.raises(SetupError, match=r"known\.json"):
        parse_known(text, ORDERS, {}, "known.json")
