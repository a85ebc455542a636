"""Reading a document: routes, parameters and bodies, with every violation at its place."""

from decimal import Decimal
from typing import Any

import pytest

from adapter.sandbox.calls import Call
from adapter.sandbox.operations import Invalid, Operation, operations

NULLABLE = {
    "type": "object",
    "properties": {
        "address": {"anyOf": [{"$ref": "#/components/schemas/Address"}, {"type": "null"}]},
        "price": {"type": "number", "multipleOf": 0.01},
    },
}

DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "paths": {
        "/things/{id}": {"get": {"operationId": "read", "responses": {"200": {}, "404": {}}}},
        "/things/new": {
            "parameters": [{"$ref": "#/components/parameters/Count"}],
            "post": {
                "operationId": "write",
                "parameters": [
                    {"name": "X-Site", "in": "header", "required": True, "schema": {"type": "string"}},
                    {"name": "Idempotency-Key", "in": "header", "required": True, "schema": {}},
                    {"name": "deep", "in": "query", "schema": {"type": ["boolean", "null"]}},
                ],
                "requestBody": {"content": {"application/json": {"schema": NULLABLE}}},
                "responses": {"200": {}, "201": {}, "422": {}},
            },
        },
    },
    "components": {
        "parameters": {"Count": {"name": "count", "in": "query", "schema": {"type": "integer", "minimum": 1}}},
        "schemas": {"Address": {"type": "object", "required": ["city"], "properties": {"zip": {"type": "string"}}}},
    },
}


def write() -> Operation:
    return next(operation for operation in operations(DOCUMENT) if operation.id == "write")


def call(body: bytes = b"", **query: str) -> Call:
    headers = {"x-site": "s", "content-type": "application/json; charset=utf-8"}
    return Call(operation="write", method="POST", path="/things/new", query=query, headers=headers, raw=body)


def places(wrong: Call) -> list[tuple[tuple[str | int, ...], str]]:
    with pytest.raises(Invalid) as caught:
        write().read(wrong)
    return [(violation.place, violation.problem) for violation in caught.value.violations]


def test_a_concrete_path_comes_before_a_templated_one() -> None:
    assert [operation.path for operation in operations(DOCUMENT)] == ["/things/new", "/things/{id}"]


def test_success_is_201_where_the_document_offers_it() -> None:
    assert {operation.id: operation.success for operation in operations(DOCUMENT)} == {
        "write": 201,
        "read": 200,
    }


def test_a_good_call_is_typed() -> None:
    read = write().read(call(b'{"price": 0.1}', count="3", deep="true", other="x"))
    assert read.query == {"count": 3, "deep": True, "other": "x"}
    assert read.body == {"price": Decimal("0.1")}


def test_an_optional_body_may_be_absent() -> None:
    assert write().read(call()).body is None


def test_a_fraction_in_the_document_is_exact() -> None:
    assert write().read(call(b'{"price": 0.07}')).body == {"price": Decimal("0.07")}
    assert places(call(b'{"price": 0.075}')) == [(("body", "price"), "multipleOf")]


def test_parameters_are_held_against_the_document() -> None:
    assert places(call(count="0")) == [(("query", "count"), "minimum")]
    assert places(call(count="many", deep="maybe")) == [
        (("query", "count"), "type"),
        (("query", "deep"), "type"),
    ]


def test_a_missing_header_is_told_and_the_key_is_left_to_its_rule() -> None:
    bare = Call(operation="write", method="POST", path="/things/new")
    assert places(bare) == [(("header", "X-Site"), "required")]


def test_a_nullable_object_is_told_where_it_is_wrong_inside() -> None:
    assert places(call(b'{"address": {"zip": 1}}')) == [
        (("body", "address", "city"), "required"),
        (("body", "address", "zip"), "type"),
    ]


def test_a_nullable_object_of_another_type_is_told_as_a_whole() -> None:
    assert places(call(b'{"address": 7}')) == [(("body", "address"), "anyOf")]
