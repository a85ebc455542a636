"""What a mapping refers to besides its rows' paths, and whether it is there: settings, steps, parts of answers."""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

import msgspec

from adapter.core.canonical import COMPONENTS, ORDER_SCHEMA
from adapter.core.complaints import COMPLAINTS
from adapter.core.crosswalks import crosswalk_references
from adapter.core.mappings import Errors, Lookup, MappingFile, StepRows
from adapter.core.steps import Step
from adapter.lens.schemas import Schema, SchemaView
from adapter.lens.templates import references
from adapter.lens.trees import parse_path

GATEWAY = {"gateway.reference", "gateway.received_at", "gateway.since", "gateway.tenant", "gateway.scope"}
DERIVED = {"derived.lines_total", "derived.total_text", "derived.currency"}

PARAMETER = re.compile(r"\{([^}]+)\}")


def check_references(
    mapping: MappingFile, steps: tuple[Step, ...], lookup: Step | None, document: Schema, api: Schema
) -> list[str]:
    """Every reference that leads nowhere, as ``place: what is wrong``; they would be holes in the first order."""
    known = {f"setting.{name}" for name in mapping.settings} | {f"secret.{name}" for name in mapping.secrets}
    plain = msgspec.to_builtins((mapping.headers, mapping.shapes, mapping.order, mapping.receipt, mapping.echo))
    found = list(_unknown(plain, known | GATEWAY | DERIVED, "rows and headers"))
    for name, use in mapping.codecs.items():
        tables = crosswalk_references({name: use})
        found += _unknown(msgspec.to_builtins(use), known | GATEWAY | DERIVED | tables, "rows and headers")
    kept: set[str] = set()
    for step in steps:
        at = f"step {step.rows.name!r}"
        said = (step.rows.path, step.rows.query, step.rows.fill)
        found += _unknown(said, known | GATEWAY | DERIVED | kept, at)
        found += [f"{at}: {why}" for why in (*_parameters(step), *_places(step, document, api))]
        kept |= {f"kept.{name}" for name in step.rows.keep}
    if mapping.lookup is not None and lookup is not None:
        said = (lookup.rows.path, lookup.rows.query, mapping.lookup.match)
        found += _unknown(said, known | GATEWAY | DERIVED, "lookup")
        found += [f"lookup: {why}" for why in (*_parameters(lookup), *_sights(mapping, mapping.lookup, lookup, api))]
    return found + list(_complaints(mapping.errors))


def _complaints(errors: Errors) -> Iterator[str]:
    """Codes that are none of ours."""
    named = {f"codes[{theirs!r}]": ours for theirs, ours in errors.codes.items()}
    for key in ("said", "warnings"):
        named |= {f"{key}[{i}].else": said.otherwise for i, said in enumerate(getattr(errors, key))}
    for place, code in named.items():
        if code not in COMPLAINTS:
            near = get_close_matches(code, COMPLAINTS, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(COMPLAINTS)}"
            yield f"error.{place}: no code of ours is {code!r}; {hint}"


def _unknown(value: Any, known: set[str], at: str) -> Iterator[str]:
    order = SchemaView(ORDER_SCHEMA | COMPONENTS)
    for name in dict.fromkeys(references(value)):
        head, _, path = name.partition(".")
        if name in known or (head == "order" and order.member(tuple(path.split("."))) is not None):
            continue
        near = get_close_matches(name, known, n=1)
        hint = f", did you mean {{{near[0]}}}?" if near else ""
        yield f"{at}: nothing is known as {{{name}}}{hint}"


def _parameters(step: Step) -> Iterator[str]:
    wanted, given = set(PARAMETER.findall(step.operation.path)), set(step.rows.path)
    for name in sorted(wanted ^ given):
        yield f"`path` {'lacks' if name in wanted else 'names'} the parameter {name!r} of {step.operation.path}"


def _places(step: Step, document: Schema, api: Schema) -> Iterator[str]:
    """Paths of a step into the mapped order, and into its own answer."""
    order, rows = SchemaView(document), step.rows
    for key in ("send", "for_each", "when", "unless"):
        path = getattr(rows, key)
        if path not in (None, ".") and order.member(parse_path(path).keys) is None:
            yield f"`{key}`: the mapped order has no {path!r}"
    answer = _answer(step, rows, api)
    for key in ("keep", "pass_on"):
        for path in getattr(rows, key).values():
            if answer.member(parse_path(path).keys) is None:
                yield f"`{key}`: the answer has no {path!r}"


def _sights(mapping: MappingFile, lookup: Lookup, step: Step, api: Schema) -> Iterator[str]:
    """A look-up tells of a step that sends one call, by members that its answer and the orders in it have."""
    if lookup.step not in [rows.name for rows in mapping.steps if rows.for_each is None]:
        yield f"`step`: no step {lookup.step!r} sends one call"
    answer = SchemaView(step.operation.answer, api)
    for key in ("among", "more"):
        path = getattr(lookup, key)
        if path and answer.member(parse_path(path).keys) is None:
            yield f"`{key}`: the answer has no {path!r}"
    orders = answer.member(parse_path(lookup.among).keys) if lookup.among else answer
    order = orders and (orders.item() or orders)
    for path in lookup.match:
        if order is not None and order.member(parse_path(path).keys) is None:
            yield f"`match`: an order of the answer has no {path!r}"


def _answer(step: Step, rows: StepRows, api: Schema) -> SchemaView:
    view = SchemaView(step.operation.answer, api)
    return (view.item() or view) if rows.in_list else view
