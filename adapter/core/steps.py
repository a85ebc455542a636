"""The calls that place one order, in their order: a generator that yields calls and receives what they gave."""

from collections.abc import Generator, Iterator
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode
from uuid import UUID, uuid5

import jsonschema_rs

from adapter.core.canonical import ENCODER
from adapter.core.files.mappings import Header, Idempotency, StepRows
from adapter.core.ledger import Revision
from adapter.core.operations import Operation
from adapter.errors import Fault
from adapter.lens.templates import Filler, prepare
from adapter.lens.trees import Tree, parse_path, reach

# The names and values of a mapping's headers.
Headers = tuple[tuple[Filler, Filler], ...]


class Step:
    """A step of a mapping with its operation and the judge of its answers; what it fills in is prepared."""

    def __init__(self, rows: StepRows, operation: Operation, answer: jsonschema_rs.Draft202012Validator) -> None:
        self.rows = rows
        self.operation = operation
        self.answer = answer
        self.path, self.query, self.fill = (prepare(part) for part in (rows.path, rows.query, rows.fill))


class Call(NamedTuple):
    """A request to a backend, ready to be sent: ``name`` is unique within one order."""

    name: str
    step: Step
    method: str
    url: str
    headers: dict[str, str]
    body: bytes
    tenant: str = ""
    dialect: str = ""

    def __repr__(self) -> str:  # the default would print credentials and the order
        return f"Call({self.name!r}, {self.method} for {self.tenant!r})"


class Taken(NamedTuple):
    """What an answer left behind: values for later steps, a receipt if it holds one, secrets, warnings.

    ``revised`` is what it shows to be stored differently from what was sent.
    """

    kept: Tree
    receipt: Tree | None
    secrets: dict[str, str]
    warnings: tuple[Fault, ...] = ()
    revised: tuple[Revision, ...] = ()

    def __repr__(self) -> str:  # the default would print secrets and a person's data
        return f"Taken({', '.join(self.kept)})"


def walk_steps(steps: tuple[Step, ...], document: Tree, context: Tree) -> Generator[Call, Taken, None]:
    """Yield each call; send in what its answer left, since later calls are built from it."""
    kept: Tree = {}
    for step in steps:
        for name, body in _bodies(step, document):
            taken = yield make_call(step, name, body, context | {"kept": kept})
            kept |= taken.kept


def count_calls(steps: tuple[Step, ...], document: Tree) -> int:
    """How many calls an order takes."""
    return sum(1 for step in steps for _ in _bodies(step, document))


def is_skipped(rows: StepRows, document: Tree) -> str:
    """Why this order does not need a step, in words; empty if it does."""
    if rows.unless and _look(document, rows.unless) is not None:
        return f"step {rows.name!r} is not needed: `{rows.unless}` is given"
    if rows.when and _look(document, rows.when) is None:
        return f"step {rows.name!r} is only for orders with `{rows.when}`"
    return ""


def make_call(step: Step, name: str, body: Any, context: Tree) -> Call:
    """One request from the step's rows; path and query parameters are percent-encoded."""
    call: Tree = {"key": str(uuid5(UUID(context["gateway"]["reference"]), name))}
    context = context | {"call": call}
    rows, operation = step.rows, step.operation
    path = operation.path
    for parameter, value in step.path(context).items():
        path = path.replace(f"{{{parameter}}}", quote(str(value), safe=""))
    query = urlencode(step.query(context), quote_via=quote) if rows.query else ""
    url = context["gateway"]["base_url"].rstrip("/") + path + (f"?{query}" if query else "")
    if isinstance(body, dict):
        body = step.fill(context) | body
    content = b"" if body is None else ENCODER.encode([body] if rows.in_list else body)
    headers = _headers(context, content)
    return Call(
        name, step, operation.method, url, headers, content, context["gateway"]["tenant"], context["gateway"]["dialect"]
    )


def take(step: Step, answer: Any) -> tuple[Tree, Any, dict[str, str]]:
    """From a valid answer: values to keep, the document a receipt is read from, secrets to pass on."""
    found = answer[0] if step.rows.in_list else answer
    kept = {name: _look(found, path) for name, path in step.rows.keep.items()}
    secrets = {name: _look(found, path) for name, path in step.rows.pass_on.items()}
    return kept, found, {name: str(value) for name, value in secrets.items() if value is not None}


def prepare_headers(headers: tuple[Header, ...], idempotency: Idempotency) -> Headers:
    """The headers of a mapping and the one that carries the key."""
    named = [(prepare(row.name), prepare(row.value)) for row in headers]
    key = [(prepare(idempotency.header), prepare("{call.key}"))] if idempotency.header else []
    return (*named, *key)


def _headers(context: Tree, content: bytes) -> dict[str, str]:
    rows: Headers = context["gateway"]["headers"]
    named = ((name(context), value(context)) for name, value in rows)
    headers = {str(name): str(value) for name, value in named if name and value is not None}
    return {"Accept": "application/json"} | ({"Content-Type": "application/json"} if content else {}) | headers


def _bodies(step: Step, document: Tree) -> Iterator[tuple[str, Any]]:
    """The bodies a step sends, each with the name of its call."""
    if is_skipped(step.rows, document):
        return
    if step.rows.for_each is not None:
        for index, item in enumerate(_look(document, step.rows.for_each) or ()):
            yield f"{step.rows.name}[{index}]", item
    elif step.rows.send == ".":
        yield step.rows.name, document
    else:
        yield step.rows.name, None if step.rows.send is None else _look(document, step.rows.send) or {}


def _look(tree: Any, path: str) -> Any:
    return reach(tree, parse_path(path).keys)
