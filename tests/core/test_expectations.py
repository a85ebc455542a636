"""What a schema expected is told in words: no keyword of a schema, no rule that only a program reads."""

from typing import Any

import jsonschema_rs
import pytest

from adapter.core.canonical import read_order
from adapter.core.expectations import WORDS, explain_error
from adapter.errors import Problem

NULLABLE = {"anyOf": [{"type": "string", "maxLength": 2}, {"type": "null"}]}

# a schema, a value that it refuses, and what is said
SAID: dict[str, tuple[dict[str, Any], Any, str]] = {
    "type": ({"type": "integer"}, "two", "expected a whole number, found a text of 3 characters"),
    "types": ({"type": ["string", "null"]}, True, "expected a text or null, found true"),
    "an object": ({"type": "string"}, {"a": 1}, "expected a text, found an object"),
    "required": ({"required": ["a"]}, {}, "it is required"),
    "enum": ({"enum": ["a", 1]}, "b", 'expected one of "a", 1, found a text of 1 character'),
    "const": ({"const": "a"}, None, 'expected "a", found null'),
    "format": ({"format": "uuid"}, "x", "expected a UUID, found a text of 1 character"),
    "another format": ({"format": "ipv4"}, "x", "expected a text in the format ipv4, found a text of 1 character"),
    "pattern": ({"pattern": "^va_"}, "x", "expected a text that matches ^va_, found a text of 1 character"),
    "minimum": ({"minimum": 1}, 0, "expected 1 or more, found 0"),
    "maximum": ({"maximum": 1}, 2, "expected 1 or less, found 2"),
    "exclusiveMinimum": ({"exclusiveMinimum": 0}, 0, "expected more than 0, found 0"),
    "exclusiveMaximum": ({"exclusiveMaximum": 0}, 0, "expected less than 0, found 0"),
    "minLength": ({"minLength": 1}, "", "expected at least 1 character, found a text of 0 characters"),
    "maxLength": ({"maxLength": 70}, "x" * 71, "expected at most 70 characters, found a text of 71 characters"),
    "minItems": ({"minItems": 1}, [], "expected at least 1 item, found a list"),
    "maxItems": ({"maxItems": 0}, [1], "expected at most 0 items, found a list"),
    "multipleOf": ({"multipleOf": 2}, 3, "expected a multiple of 2, found 3"),
    "uniqueItems": ({"uniqueItems": True}, [1, 1], "expected items that differ, found a list"),
    "additionalProperties": (
        {"properties": {"b": {}}, "additionalProperties": False},
        {"a": 1},
        "expected no other members, found an object",
    ),
    "one that may be null": (NULLABLE, 5, "expected a text or null, found 5"),
    "too long for one that may be null": (
        NULLABLE,
        "abc",
        "expected at most 2 characters, found a text of 3 characters",
    ),
    "what may be a phone number": ({"type": "string"}, 5025550142, "expected a text, found a long number"),
    "what has no words yet": ({"not": {}}, 1, "expected what not of its schema says, found 1"),
}


@pytest.mark.parametrize(("schema", "value", "said"), SAID.values(), ids=SAID)
def test_what_was_expected_is_said_in_words(schema: dict[str, Any], value: Any, said: str) -> None:
    (error,) = jsonschema_rs.Draft202012Validator(schema, validate_formats=True).iter_errors(value)
    assert explain_error(error) == said


def test_every_wording_is_tried() -> None:
    assert WORDS.keys() <= SAID.keys()


def test_a_client_reads_no_schema() -> None:
    address = {"first_name": 5, "country": "x" * 300}
    lines = [{"quantity": 0, "price": -1}, {"quantity": "x", "variant_id": 5}]
    body = {"email": "nobody", "line_items": lines, "shipping_address": address, "billing_address": []}
    with pytest.raises(Problem) as caught:
        read_order(body, None)

    assert {fault.pointer: fault.detail for fault in caught.value.faults} == {
        "/email": "expected an e-mail address, found a text of 6 characters",
        "/line_items/0/price": "expected 0 or more, found -1",
        "/line_items/0/quantity": "expected 1 or more, found 0",
        "/line_items/1/quantity": "expected a whole number, found a text of 1 character",
        "/line_items/1/variant_id": "expected a text or null, found 5",
        "/shipping_address/country": "expected at most 255 characters, found a text of 300 characters",
        "/shipping_address/first_name": "expected a text or null, found 5",
        "/billing_address": "expected an object or null, found a list",
        "/payment_method": "it is required",
    }
