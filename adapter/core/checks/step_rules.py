"""What must be right about steps and outcomes: names, parameters, headers, and paths into orders and answers."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from adapter.core.checks.surroundings import answer_of
from adapter.core.files.addresses import is_url
from adapter.core.files.mappings import MappingFile
from adapter.core.steps import Step
from adapter.lens.fit import About, explain_value, template_faults
from adapter.lens.rules import Finding, find_near, unknown
from adapter.lens.schemas import Schema, SchemaView
from adapter.lens.templates import parse_template, references
from adapter.lens.trees import parse_path

PARAMETER = re.compile(r"\{([^}]+)\}")


class Found(NamedTuple):
    """A step with its place, such as ``lana.toml: step[2]``."""

    step: Step
    at: str


class Around(NamedTuple):
    """What steps are held against: the mapped order's schema, the document's components, what references are."""

    document: Schema
    api: Schema
    about: Callable[[str], About]


def check_steps(mapping: MappingFile, found: Sequence[Found], around: Around) -> list[Finding]:
    """Every finding about steps whose operations are known."""
    findings: list[Finding] = []
    for one in found:
        findings += [*check_call(one, mapping, around), *_paths(one, around)]
    return findings + list(_repeats(found))


def check_call(one: Found, mapping: MappingFile, around: Around) -> Iterator[Finding]:
    """Parameters and headers of one call, be it a step's or a look-up."""
    yield from _parameters(one, around)
    yield from _headers(one, mapping)


def _parameters(one: Found, around: Around) -> Iterator[Finding]:
    in_path = PARAMETER.findall(one.step.operation.path)
    for key, given in (("path", one.step.rows.path), ("query", one.step.rows.query)):
        declared = {said["name"]: said for said in one.step.operation.parameters if said["in"] == key}
        needed = {name for name, said in declared.items() if said.get("required")}
        if key == "path":  # what the path spells is needed, be it declared or not
            needed, declared = set(in_path), {name: declared.get(name, {}) for name in in_path}
        at = f"{one.at}.{key}"
        for name in sorted(needed - given.keys()):
            yield Finding("wrong_parameter", at, f"`{key}` lacks the parameter {name!r} of {one.step.operation.path}")
        for name, value in given.items():
            if name in declared:
                view = SchemaView(declared[name].get("schema", {}), around.api)
                yield from template_faults(parse_template(_as_said(value, view)), view, around.about, f"{at}.{name}")
            else:
                message, near = _no_parameter(key, name, one.step.operation.path, declared)
                yield Finding("wrong_parameter", at, message, suggestion=near)


def _as_said(text: str, view: SchemaView) -> Any:
    """What a text in a URL says: ``true`` and ``100`` are no texts where something else is expected."""
    if not view.types() or "string" in view.types():
        return text
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text


def _no_parameter(key: str, name: str, path: str, declared: Mapping[str, Any]) -> tuple[str, str]:
    near = find_near(name, declared)
    hint = f", did you mean {near!r}?" if near else ""
    return f"`{key}` names the parameter {name!r}, which {path} has not{hint}", near


def _headers(one: Found, mapping: MappingFile) -> Iterator[Finding]:
    """A header that the operation demands; one whose name a setting tells may be any."""
    names = [header.name.lower() for header in mapping.headers]
    if any(True for name in names for _ in references(name)):
        return
    sent = {*names, (mapping.idempotency.header or "").lower()}
    for parameter in one.step.operation.parameters:
        if parameter["in"] == "header" and parameter.get("required") and parameter["name"].lower() not in sent:
            message = f"the operation demands the header {parameter['name']!r}, and none is sent"
            yield Finding("wrong_parameter", f"{one.at}.operation", message)


def _paths(one: Found, around: Around) -> Iterator[Finding]:
    """Paths of a step into the mapped order, into its own body, and into its own answer."""
    order, rows = SchemaView(around.document), one.step.rows
    for key in ("send", "for_each", "when", "unless"):
        path = getattr(rows, key)
        if path not in (None, "."):
            yield from seek(path, order, f"{one.at}.{key}", f"`{key}`: the mapped order")
    if one.step.operation.body is None and (rows.send or rows.for_each or rows.fill):
        yield Finding("no_body", f"{one.at}.operation", f"the operation {rows.operation!r} takes no body")
    answer = answer_of(one.step, around.api)
    for key in ("keep", "pass_on"):
        for name, path in getattr(rows, key).items():
            yield from seek(path, answer, f"{one.at}.{key}.{name}", f"`{key}`: the answer")
    body = SchemaView(one.step.operation.body or {}, around.api)
    body = (body.item() or body) if rows.in_list else body
    for name, value in rows.fill.items():
        at = f"{one.at}.fill.{name}"
        yield from seek(name, body, at, "`fill`: the body")
        yield from template_faults(parse_template(value), body.member((name,)) or SchemaView({}), around.about, at)


def seek(path: str, view: SchemaView, at: str, where: str) -> Iterator[Finding]:
    """A finding if a schema declares nothing at a path; ``where`` says in words what was looked at."""
    keys = parse_path(path).keys
    if view.member(keys) is None:
        parent = next(view.member(keys[:depth]) or view for depth in range(len(keys) - 1, -1, -1))
        near = find_near(keys[-1] if keys else "", parent.names())
        hint = f", did you mean {near!r}?" if near else ""
        yield Finding("unknown_member", at, f"{where} has no {path!r}{hint}", suggestion=near)


def _repeats(found: Sequence[Found]) -> Iterator[Finding]:
    names = Counter(one.step.rows.name for one in found)
    operations = Counter(one.step.rows.operation for one in found)
    for one in found:
        if names[one.step.rows.name] > 1:
            yield Finding("repeated_name", f"{one.at}.name", f"more than one step is called {one.step.rows.name!r}")
        if operations[one.step.rows.operation] > 1:
            message = f"more than one step calls {one.step.rows.operation!r}"
            yield Finding("repeated_operation", f"{one.at}.operation", message)


def check_settings(mapping: MappingFile, source: str) -> Iterator[Finding]:
    """An address that is one, defaults among the choices, and ``last_step`` among the steps."""
    if mapping.base_url is not None and not is_url(mapping.base_url):
        message = f"expected an http or https URL, found {mapping.base_url!r}"
        yield Finding("not_allowed", f"{source}: base_url", message)
    for name, setting in mapping.settings.items():
        for key in ("default", "example"):
            value = getattr(setting, key)
            if setting.choices and value is not None and value not in setting.choices:
                message = f"expected one of {list(setting.choices)}, found {value!r}"
                yield Finding("not_allowed", f"{source}: setting.{name}.{key}", message)
    last, steps = mapping.settings.get("last_step"), [step.name for step in mapping.steps]
    for value in (*last.choices, last.default) if last is not None else ():
        if value not in (None, *steps):
            message, near = unknown("step", str(value), steps)
            yield Finding("wrong_last_step", f"{source}: setting.last_step", message, suggestion=near)


def check_outcomes(mapping: MappingFile, found: Sequence[Found], api: Schema, source: str) -> Iterator[Finding]:
    """Statuses that say two things, and the member by which a success says that it is one."""
    at, outcomes = f"{source}: outcome", mapping.outcomes
    for status in sorted(set(outcomes.rejected) & set(outcomes.not_applied)):
        yield Finding("wrong_outcome", at, f"{status} is both in `rejected` and in `not_applied`")
    for key in ("rejected", "not_applied"):
        for status in getattr(outcomes, key):
            if not 400 <= status < 600:
                yield Finding("wrong_outcome", f"{at}.{key}", f"expected statuses from 400 to 599, found {status}")
    for path, value in outcomes.placed_if.items():
        views = [SchemaView(one.step.operation.answer, api).member(parse_path(path).keys) for one in found]
        for view in views:
            message = "no answer has it" if view is None else explain_value(value, view)
            if message:
                yield Finding("wrong_outcome", f"{at}.placed_if.{path}", message)
