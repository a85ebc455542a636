"""What must be right about a look-up: it tells of one call, by members that its answer and the orders in it have."""

from collections.abc import Iterator

import msgspec

from adapter.core.checks.step_rules import seek
from adapter.core.files.mappings import Lookup, MappingFile
from adapter.core.steps import Step
from adapter.lens.rules import Finding, unknown
from adapter.lens.schemas import Schema, SchemaView
from adapter.lens.templates import references
from adapter.lens.trees import parse_path


def check_lookup(mapping: MappingFile, lookup: Lookup, step: Step, api: Schema, source: str) -> Iterator[Finding]:
    """Every finding about the section ``[lookup]`` beside its parameters."""
    at, single = f"{source}: lookup", [rows.name for rows in mapping.steps if rows.for_each is None]
    if lookup.step not in single:
        message, near = unknown("step that sends one call", lookup.step, single)
        yield Finding("unknown_reference", f"{at}.step", message, suggestion=near)
    answer = SchemaView(step.operation.answer, api)
    for key in ("among", "more"):
        if path := getattr(lookup, key):
            yield from seek(path, answer, f"{at}.{key}", f"`{key}`: the answer")
    orders = answer.member(parse_path(lookup.among).keys) if lookup.among else answer
    order = orders and (orders.item() or orders)
    if not lookup.is_ours_alone():
        message = "expected {gateway.reference} among what tells our order: any other may be told by the rest"
        yield Finding("blind_lookup", f"{at}.match", message)
    sent = set(references(msgspec.to_builtins((mapping.order, mapping.shapes))))
    for path, value in lookup.match.items():
        if order is not None:
            yield from seek(path, order, f"{at}.match.{path}", "`match`: an order of the answer")
        for name in references(value):
            if name == "gateway.reference" and name not in sent:
                message = f"no row sends {{{name}}}, so no order can be told by its {path!r}"
                yield Finding("blind_lookup", f"{at}.match.{path}", message)
