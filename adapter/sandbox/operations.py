"""The operations of an OpenAPI document: where they live, what they accept, and what a request gets wrong."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from adapter.sandbox.calls import Call, decode

METHODS = ("get", "post", "put", "patch", "delete")

# Spoken for elsewhere: OpenAPI says a parameter of the first three names is ignored, and whether a key must
# be there is the idempotency rule's business.
UNCHECKED_HEADERS = frozenset({"accept", "content-type", "authorization", "idempotency-key"})

CASTS: Mapping[str, Any] = {
    "integer": int,
    "number": Decimal,
    "boolean": {"true": True, "false": False}.__getitem__,
}


@dataclass(frozen=True)
class Violation:
    """One thing wrong with a request: its path from body, query, path or header; the schema keyword; why."""

    place: tuple[str | int, ...]
    problem: str
    message: str
    limit: Any = None


class Invalid(Exception):
    """The request does not fit the document; carries every violation found."""

    def __init__(self, violations: Sequence[Violation]) -> None:
        super().__init__("; ".join(f"{v.place}: {v.message}" for v in violations))
        self.violations = violations


@dataclass(frozen=True)
class Parameter:
    """A declared path, query or header parameter."""

    name: str
    place: str
    required: bool
    schema: Mapping[str, Any]
    validator: Draft202012Validator

    def read(self, call: Call) -> tuple[Any, list[Violation]]:
        """The typed value (None where absent) and what is wrong with it."""
        text = self._source(call)
        if text is None:
            missing = Violation((self.place, self.name), "required", "Field required")
            return None, [missing] if self.required else []
        value = cast(text, self.schema)
        return value, violations(self.validator, value, (self.place, self.name))

    def _source(self, call: Call) -> str | None:
        given = {"path": call.places, "query": call.query, "header": call.headers}[self.place]
        return given.get(self.name.lower() if self.place == "header" else self.name)


@dataclass(frozen=True)
class Operation:
    """One route of the document, with the status its success is answered with."""

    id: str
    method: str
    path: str
    success: int
    parameters: tuple[Parameter, ...]
    body: Draft202012Validator | None
    body_required: bool

    def read(self, call: Call) -> Call:
        """The call with query and body typed; Invalid where it does not fit."""
        readings = {(p.place, p.name): p.read(call) for p in self.parameters}
        query = {name: value for (place, name), (value, _) in readings.items() if place == "query"}
        body, wrong = self._read_body(call)
        wrong = [v for _, found in readings.values() for v in found] + wrong
        if wrong:
            raise Invalid(wrong)
        return replace(call, query={**call.query, **query}, body=body)

    def _read_body(self, call: Call) -> tuple[Any, list[Violation]]:
        if self.body is None:
            return None, []
        if not call.raw:
            missing = Violation(("body",), "required", "Field required")
            return None, [missing] if self.body_required else []
        kind = call.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            message = f"expected application/json, found {kind or 'no type'}"
            return None, [Violation(("body",), "json", message)]
        try:
            body = decode(call.raw)
        except ValueError as exc:
            return None, [Violation(("body",), "json", str(exc))]
        return body, violations(self.body, body, ("body",))


def operations(document: Mapping[str, Any]) -> list[Operation]:
    """Every operation of the document, concrete paths before templated ones, as OpenAPI matches them."""
    exact: dict[str, Any] = json.loads(json.dumps(document), parse_float=Decimal)
    found = [
        _operation(exact, path, method, item)
        for path, item in exact["paths"].items()
        for method in METHODS
        if method in item
    ]
    return sorted(found, key=lambda operation: operation.path.count("{"))


def _operation(document: Mapping[str, Any], path: str, method: str, item: Mapping[str, Any]) -> Operation:
    node = item[method]
    declared = [resolve(document, p) for p in [*item.get("parameters", []), *node.get("parameters", [])]]
    request = resolve(document, node.get("requestBody", {}))
    media = request.get("content", {}).get("application/json")
    return Operation(
        id=node["operationId"],
        method=method.upper(),
        path=path,
        success=_success(node["responses"]),
        parameters=tuple(_parameters(document, declared)),
        body=media and _validator(document, media["schema"]),
        body_required=request.get("required", False),
    )


def _success(responses: Mapping[str, Any]) -> int:
    offered = {int(status) for status in responses if status.startswith("2")}
    return 201 if 201 in offered else min(offered)  # where both are offered, an order is something created


def _parameters(document: Mapping[str, Any], declared: Sequence[Mapping[str, Any]]) -> Iterator[Parameter]:
    for node in declared:
        name, place, schema = node["name"], node["in"], node.get("schema", {})
        if place == "header" and name.lower() in UNCHECKED_HEADERS:
            continue
        validator = _validator(document, schema)
        yield Parameter(name, place, node.get("required", False), resolve(document, schema), validator)


def _validator(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Draft202012Validator:
    rooted = {**schema, "components": document.get("components", {})}
    return Draft202012Validator(rooted, format_checker=FormatChecker())


def resolve(document: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    """The node itself, or what its local `$ref` points to."""
    while "$ref" in node:
        target: Any = document
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part.replace("~1", "/").replace("~0", "~")]
        node = target
    return node


def cast(text: str, schema: Mapping[str, Any]) -> Any:
    """A parameter's text as the type its schema names; the text itself where it cannot be that."""
    kinds = schema.get("type", "string")
    for kind in [kinds] if isinstance(kinds, str) else kinds:
        try:
            return CASTS[kind](text)
        except (KeyError, ValueError, ArithmeticError):
            continue
    return text


def violations(validator: Draft202012Validator, value: Any, place: tuple[str | int, ...]) -> list[Violation]:
    """What the value gets wrong, in the order of its own members, each fact once."""
    found = [violation for error in validator.iter_errors(value) for violation in _unfold(error, place)]
    return list({(v.place, v.problem, v.message): v for v in found}.values())


def _unfold(error: Any, place: tuple[str | int, ...]) -> Iterator[Violation]:
    depth = max((len(inner.absolute_path) for inner in error.context), default=0)
    if depth > len(error.absolute_path):  # a nullable object: the branch that got furthest is the one meant
        for inner in error.context:
            if len(inner.absolute_path) > len(error.absolute_path) or inner.validator == "required":
                yield from _unfold(inner, place)
        return
    where = (*place, *error.absolute_path)
    if error.validator == "required":
        absent = [name for name in error.validator_value if name not in error.instance]
        yield from (Violation((*where, name), "required", "Field required") for name in absent)
        return
    yield Violation(where, error.validator, error.message, error.validator_value)
