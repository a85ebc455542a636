"""A sandbox for any dialect that has an OpenAPI document: it checks every request and answers with the examples."""

from collections.abc import Mapping, Sequence
from typing import Any

from adapter.sandbox.calls import Answer, Call, answer
from adapter.sandbox.operations import METHODS, Violation
from adapter.sandbox.rules import Handler, Rules, Shop


def make_rules(document: Mapping[str, Any]) -> Rules:
    """Rules that need no Python of the dialect's own; ValueError where a success has no example."""
    offered = [item[method] for item in document["paths"].values() for method in METHODS if method in item]
    return Rules(
        identify=lambda _call, _shop: "anyone",
        handlers={operation["operationId"]: _show(_example(operation)) for operation in offered},
        idempotency=None,
        invalid=_refuse_invalid,
        refuse=lambda status, code: answer(status, {"error": code}),
    )


def _show(example: Any) -> Handler:
    def handle(_call: Call, _shop: Shop) -> Any:
        return example

    return handle


def _example(operation: Mapping[str, Any]) -> Any:
    for status, response in operation["responses"].items():
        content = response.get("content", {}).get("application/json", {})
        if status.startswith("2") and "example" in content:
            return content["example"]
    raise ValueError(f"{operation['operationId']}: expected a success answer with an example, found none")


def _refuse_invalid(violations: Sequence[Violation]) -> Answer:
    found = [{"place": "/".join(map(str, violation.place)), "message": violation.message} for violation in violations]
    return answer(400, {"error": "invalid", "violations": found})
