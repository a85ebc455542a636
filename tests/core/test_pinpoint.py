"""A fault inside an object that may be null is told at the member, not at the object."""

import json
from typing import Any

import jsonschema_rs
import pytest

from adapter.core.canonical import read_order
from adapter.core.pinpoint import pinpoint
from adapter.errors import Problem

ORDER = {"email": "m@example.com", "line_items": [{"quantity": 1}], "shipping_address": {}, "payment_method": "cod"}


@pytest.mark.parametrize(
    ("billing", "pointers"),
    [
        ({"first_name": 7}, ["/billing_address/first_name"]),
        ({"first_name": ["Maya"], "city": "x" * 256}, ["/billing_address/first_name", "/billing_address/city"]),
        ("92 Chestnut Street", ["/billing_address"]),
        (["92 Chestnut Street"], ["/billing_address"]),
    ],
)
def test_a_fault_in_a_billing_address_is_told_at_its_member(billing: Any, pointers: list[str]) -> None:
    with pytest.raises(Problem) as caught:
        read_order({**ORDER, "billing_address": billing}, None)

    assert [fault.pointer for fault in caught.value.faults] == pointers


def test_a_fault_does_not_tell_the_members_beside_it() -> None:
    with pytest.raises(Problem) as caught:
        read_order({**ORDER, "billing_address": {"first_name": 7, "address1": "92 Chestnut Street"}}, None)

    assert "Chestnut" not in json.dumps(caught.value.document())


def test_a_member_that_an_alternative_lacks_is_told_where_it_should_be() -> None:
    inner = {"type": "object", "required": ["city"], "properties": {"city": {"type": "string"}}}
    schema = {"properties": {"address": {"anyOf": [inner, {"type": "null"}]}}}
    judge = jsonschema_rs.Draft202012Validator(schema)

    (error,) = (found for outer in judge.iter_errors({"address": {}}) for found in pinpoint(outer))

    assert (error.instance_path, error.schema_path[-1]) == (["address"], "required")
