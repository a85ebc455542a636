"""The few things we ask of an OpenAPI document: an operation's method, path and schemas."""

from typing import Any, NamedTuple

from adapter.lens.rules import Refused, unknown
from adapter.lens.schemas import Schema, SchemaView

METHODS = ("get", "put", "post", "delete", "patch")


class Operation(NamedTuple):
    """One call an API offers; ``body`` and ``answer`` are JSON Schemas whose ``$ref``s point into the document.

    ``parameters`` are as the document has them, those of the path included.
    """

    method: str
    path: str
    body: Schema | None
    answer: Schema
    parameters: tuple[Schema, ...] = ()


def find_operation(document: dict[str, Any], operation_id: str, at: str) -> Operation:
    """The operation of that ``operationId``; a ``MappingError`` names the nearest, or lists those that exist."""
    known: list[str] = []
    for path, item in document.get("paths", {}).items():
        for method in METHODS:
            operation = item.get(method, {})
            if operation.get("operationId") == operation_id:
                body = _json_schema(operation.get("requestBody", {}))
                said = [*item.get("parameters", ()), *operation.get("parameters", ())]
                parameters = tuple(SchemaView(parameter, document).schema for parameter in said)
                return Operation(method.upper(), path, body, _answer(operation, at), parameters)
            known += [operation["operationId"]] if "operationId" in operation else []
    message, near = unknown("operation", operation_id, known)
    raise Refused("unknown_operation", message, at=at, suggestion=near)


def _answer(operation: dict[str, Any], at: str) -> Schema:
    for status, answer in operation["responses"].items():
        if status.startswith("2") and (schema := _json_schema(answer)):
            return schema
    raise Refused("unknown_operation", "expected an answer of class 2xx with a JSON schema", at=at)


def _json_schema(content: dict[str, Any]) -> Schema | None:
    found: Schema | None = content.get("content", {}).get("application/json", {}).get("schema")
    return found
