"""A mapping held against the API it speaks: every finding at once, and the rows bound if there is none."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from adapter.core.canonical import COMPONENTS, ORDER_SCHEMA, RECEIPT_SCHEMA
from adapter.core.checks.complaint_rules import check_complaints
from adapter.core.checks.lookup_rules import check_lookup
from adapter.core.checks.references import check_references
from adapter.core.checks.step_rules import (
    Around,
    Found,
    check_call,
    check_outcomes,
    check_settings,
    check_steps,
)
from adapter.core.checks.surroundings import MEANINGS, answer_of, look_around
from adapter.core.files.mappings import MappingFile
from adapter.core.steps import Step
from adapter.core.values.codecs import CODECS
from adapter.lens.bind import Binder
from adapter.lens.bound import Bound
from adapter.lens.check import Scope, check_rows
from adapter.lens.codecs import Codec
from adapter.lens.fit import About, Knowledge
from adapter.lens.rows import Direction, Row
from adapter.lens.rules import Finding
from adapter.lens.schemas import Schema, SchemaView


class Plan(NamedTuple):
    """What a mapping is held against: its steps that have an operation, the mapped order's schema, the document.

    ``source`` names its file; ``places`` are other names for places of it, where several files were laid over
    each other. ``codecs`` are those a row can choose by name.
    """

    mapping: MappingFile
    steps: Sequence[tuple[int, Step]]
    lookup: Step | None
    schema: Schema
    api: Schema
    source: str
    places: Mapping[str, str]
    codecs: Mapping[str, Codec] = CODECS


class Checked(NamedTuple):
    """The rows of each section as bound, and every finding; rows with an error must not be compiled."""

    order: tuple[Bound, ...]
    receipt: tuple[Bound, ...]
    echo: tuple[Bound, ...]
    findings: list[Finding]


def check_mapping(plan: Plan, about: Callable[[str], About] | None = None) -> Checked:
    """Hold rows, steps and references against the API; ``about`` tells what references can come to."""
    about = about or look_around(plan.mapping, [step for _, step in plan.steps], plan.api)
    findings = [finding for check in SECTIONS for finding in check(plan, about)]
    order, more = _check_order(plan, about)
    receipt, rest = _check_answers(plan, "receipt", plan.mapping.receipt, RECEIPT_SCHEMA, about)
    echo, last = _check_answers(plan, "echo", plan.mapping.echo, ORDER_SCHEMA, about) if plan.mapping.echo else ((), [])
    # rows are bound under their real names already
    named = [_name_place(finding, plan.places) for finding in findings]
    return Checked(order, receipt, echo, list(dict.fromkeys([*named, *more, *rest, *last])))


def _name_place(finding: Finding, places: Mapping[str, str]) -> Finding:
    """A finding at the place that a person can open; an item's row is counted from the place of the list's."""
    for counted, real in places.items():  # rows come before those inside them
        if finding.at == counted or finding.at.startswith(f"{counted}."):
            finding = finding._replace(at=real + finding.at.removeprefix(counted))
    return finding


def _check_references(plan: Plan, _about: Callable[[str], About]) -> Iterator[Finding]:
    yield from check_references(plan.mapping, plan.source)
    yield from check_settings(plan.mapping, plan.source)


def _check_steps(plan: Plan, about: Callable[[str], About]) -> Iterator[Finding]:
    found = [_find(plan, step, f"step[{number}]") for number, step in plan.steps]
    yield from check_steps(plan.mapping, found, Around(plan.schema, plan.api, about))
    yield from check_outcomes(plan.mapping, found, plan.api, plan.source)


def _check_lookup(plan: Plan, about: Callable[[str], About]) -> Iterator[Finding]:
    if plan.mapping.lookup is not None and plan.lookup is not None:
        around = Around(plan.schema, plan.api, about)
        yield from check_call(_find(plan, plan.lookup, "lookup"), plan.mapping, around)
        yield from check_lookup(plan.mapping, plan.mapping.lookup, plan.lookup, plan.api, plan.source)


def _check_errors(plan: Plan, _about: Callable[[str], About]) -> Iterator[Finding]:
    yield from check_complaints(plan.mapping.errors, plan.source)


def _find(plan: Plan, step: Step, place: str) -> Found:
    return Found(step, f"{plan.source}: {place}")


# What is looked at besides the rows; a new section of the file brings its own.
SECTIONS = (_check_references, _check_steps, _check_lookup, _check_errors)


def _check_order(plan: Plan, about: Callable[[str], About]) -> tuple[tuple[Bound, ...], list[Finding]]:
    """The order's rows against what the steps send; not at all where that is not known, which is said of the step."""
    sending = [rows for rows in plan.mapping.steps if rows.send or rows.for_each]
    known = [step for _, step in plan.steps if (step.rows.send or step.rows.for_each) and step.operation.body]
    if len(known) < len(sending):
        return (), []
    return _check_section(plan, "order", plan.mapping.order, (ORDER_SCHEMA, plan.schema), about)


def _check_answers(
    plan: Plan, section: str, rows: tuple[Row, ...], ours: Schema, about: Callable[[str], About]
) -> tuple[tuple[Bound, ...], list[Finding]]:
    """A section's rows against every answer that they read; bound to the first step's."""
    if not any(getattr(step, section) for step in plan.mapping.steps):
        message = f"expected a step whose answer holds what `{section}` reads: say `{section} = true`"
        return (), [Finding("no_answer", f"{plan.source}: step", message)]
    steps = [step for _, step in plan.steps if getattr(step.rows, section)]
    if not steps:
        return (), []  # their operations are unknown, which is said elsewhere
    # steps that answer alike are looked at once, as the first of them
    answers = [(step.rows.name, answer_of(step, plan.api).schema) for step in steps]
    alike = {repr(schema): (name, schema) for name, schema in reversed(answers)}
    ordered = [alike.pop(repr(schema)) for _, schema in answers if repr(schema) in alike]
    bound: list[tuple[Bound, ...]] = []
    findings: dict[Finding, None] = {}
    for name, schema in ordered:
        here, more = _check_section(plan, section, rows, (ours, schema), about)
        where = f", in the answer of step {name!r}" if bound else ""
        findings |= {found._replace(message=found.message + where): None for found in more if found not in findings}
        bound.append(here)
    return bound[0], list(findings)


def _check_section(
    plan: Plan, section: str, rows: tuple[Row, ...], schemas: tuple[Schema, Schema], about: Callable[[str], About]
) -> tuple[tuple[Bound, ...], list[Finding]]:
    place, towards = f"{plan.source}: ", TOWARDS[section]
    components = {"components": plan.api.get("components", {})}
    canonical, dialect = SchemaView(schemas[0], COMPONENTS), SchemaView(schemas[1], schemas[1] | components)
    binder = Binder(place, plan.codecs, plan.mapping.codecs, plan.mapping.shapes, canonical, dialect, plan.places)
    bound = binder.bind(rows, canonical, dialect, f"{place}{section}")
    gates = {step.rows.when for _, step in plan.steps if step.rows.when is not None}
    scope = Scope(f"{place}{section}", {finding.row for finding in binder.findings}, gates, section != "echo")
    findings = check_rows(bound, canonical, dialect, Knowledge(about, MEANINGS, towards), scope)
    return bound, [*binder.findings, *findings]


TOWARDS: dict[str, Direction] = {"order": "to_dialect", "receipt": "to_canonical", "echo": "to_canonical"}


def check_document(api: Any, at: str) -> Iterator[Finding]:
    """References of an OpenAPI document that lead nowhere; everything else would stumble over them."""
    for pointer in sorted(set(_pointers(api))):
        target = api
        for key in pointer.removeprefix("#").split("/")[1:]:
            key = key.replace("~1", "/").replace("~0", "~")
            target = target.get(key) if isinstance(target, dict) else None
        if target is None or not pointer.startswith("#"):
            yield Finding("bad_document", at, f"expected every $ref to lead to a place in the file, found {pointer!r}")


def _pointers(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for member in value.values():
            yield from _pointers(member)
    elif isinstance(value, list):
        for item in value:
            yield from _pointers(item)
