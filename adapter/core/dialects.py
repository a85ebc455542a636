"""A mapping and the API it speaks of made one: lenses, steps, and what is checked before the first order."""

import hashlib
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import jsonschema_rs
import msgspec

from adapter.core.canonical import COMPONENTS, ORDER_SCHEMA, RECEIPT_SCHEMA
from adapter.core.codecs import CODECS
from adapter.core.crosswalks import check_crosswalks, list_tables
from adapter.core.mappings import MappingFile, StepRows
from adapter.core.operations import find_operation
from adapter.core.references import check_references
from adapter.core.steps import Step
from adapter.errors import MappingError
from adapter.lens.bind import Binder
from adapter.lens.check import check_rows
from adapter.lens.lens import Lens, make_lens
from adapter.lens.rows import Direction, Row
from adapter.lens.schemas import Schema, SchemaView
from adapter.lens.trees import Tree

NOWHERE_ELSE: Mapping[str, str] = MappingProxyType({})


class Dialect(NamedTuple):
    """Everything the gateway knows of one dialect; ``document`` judges a mapped order before it is sent.

    ``version`` is a digest of the mapping and of ``api``, the OpenAPI document it was held against; ``crosswalks``
    are the tables of a tenant in which ids of an order are looked up.
    """

    name: str
    mapping: MappingFile
    order: Lens
    receipt: Lens
    echo: Lens | None
    steps: tuple[Step, ...]
    lookup: Step | None
    schema: Schema
    document: jsonschema_rs.Draft202012Validator
    api: Schema
    version: str
    crosswalks: tuple[str, ...]

    def defaults(self) -> Tree:
        """What each setting is where a tenant says nothing."""
        return {name: setting.default for name, setting in self.mapping.settings.items()}


def make_dialect(
    mapping: MappingFile, api: dict[str, Any], source: str = "", places: Mapping[str, str] = NOWHERE_ELSE
) -> Dialect:
    """Bind, check and compile; a ``MappingError`` lists every finding with its place.

    ``source`` names the mapping's file, where it is another than the dialect's; ``places`` are other names for
    places of it, where rows of several files were laid over each other.
    """
    name = mapping.dialect
    source = source or f"{name}.toml"
    components = {"components": api["components"]}
    steps = tuple(_bind_step(rows, api, f"{name}.toml: step[{i}]") for i, rows in enumerate(mapping.steps))
    schema = _document_schema(steps, components)
    answer = _answer_schema([step for step in steps if step.rows.receipt], components, f"{name}.toml: step", "receipt")
    lookup = _bind_step(mapping.lookup.rows(), api, f"{name}.toml: lookup") if mapping.lookup else None
    dangling = check_references(mapping, steps, lookup, schema, components)
    if dangling:
        raise MappingError("; ".join(dangling), at=source)
    file = File(mapping, f"{source}: ", places)
    order = _bind(file, "order", mapping.order, ORDER_SCHEMA, schema, "to_dialect")
    receipt = _bind(file, "receipt", mapping.receipt, RECEIPT_SCHEMA, answer, "to_canonical")
    echo = _bind_echo(file, steps, components) if mapping.echo else None
    if useless := check_crosswalks(order.rows, receipt.rows, echo.rows if echo else ()):
        raise MappingError("; ".join(useless), at=source)
    version, tables = digest_mapping(mapping, api), list_tables(order.rows)
    judge = _judge(schema)
    return Dialect(name, mapping, order, receipt, echo, steps, lookup, schema, judge, api, version, tables)


def digest_mapping(mapping: MappingFile, api: dict[str, Any]) -> str:
    """Which mapping it is, in twelve hex digits; members in the files' order, since that of a table tells."""
    return hashlib.sha256(msgspec.json.encode((mapping, api))).hexdigest()[:12]


class File(NamedTuple):
    """A mapping, what stands before each place of it in a message, and other names for some places."""

    mapping: MappingFile
    source: str
    places: Mapping[str, str]


def _bind(
    file: File,
    section: str,
    rows: tuple[Row, ...],
    ours: Schema,
    theirs: Schema,
    default_in: Direction,
    *,
    whole: bool = True,
) -> Lens:
    """A lens of one section; ``whole`` if every canonical member must be accounted for in it."""
    mapping, place, places = file
    canonical, dialect = SchemaView(ours, COMPONENTS), SchemaView(theirs, theirs)
    binder = Binder(place, CODECS, mapping.codecs, mapping.shapes, canonical, dialect, places)
    bound = binder.bind(rows, canonical, dialect, f"{place}{section}")
    findings = check_rows(bound, canonical, dialect, default_in)
    findings = [finding for finding in findings if whole or finding.rule != "unaccounted"]
    if findings:
        told = (f"{finding.at}: {finding.message} ({finding.rule})" for finding in findings)
        raise MappingError("; ".join(told), at=f"{place}{section}")
    return make_lens(f"{mapping.dialect}.{section}", bound, default_in)


def _bind_echo(file: File, steps: tuple[Step, ...], components: Schema) -> Lens:
    echoing = [step for step in steps if step.rows.echo]
    answer = _answer_schema(echoing, components, f"{file.mapping.dialect}.toml: step", "echo")
    return _bind(file, "echo", file.mapping.echo, ORDER_SCHEMA, answer, "to_canonical", whole=False)


def _bind_step(rows: StepRows, api: dict[str, Any], at: str) -> Step:
    operation = find_operation(api, rows.operation, f"{at}.operation")
    return Step(rows, operation, _judge(operation.answer | {"components": api["components"]}))


def _judge(schema: Schema) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True)


def _document_schema(steps: tuple[Step, ...], components: Schema) -> Schema:
    """The schema of a mapped order: the body of the one step that sends it all, or a member for each part."""
    whole = next((step for step in steps if step.rows.send == "."), None)
    if whole is not None:
        return _body_schema(whole, components) | components
    parts: Mapping[str, Schema] = {}
    for step in steps:
        part = step.rows.for_each or step.rows.send
        if part is not None:
            schema = _body_schema(step, components)
            parts = {**parts, part: {"type": "array", "items": schema} if step.rows.for_each else schema}
    return {"type": "object", "properties": dict(parts)} | components


def _body_schema(step: Step, components: Schema) -> Schema:
    """A step's body, less what is only known when its turn comes."""
    view = SchemaView(step.operation.body or {}, components)
    if step.rows.in_list:
        view = view.item() or view
    required = [name for name in view.schema.get("required", ()) if name not in step.rows.fill]
    return view.schema | {"required": required}


def _answer_schema(steps: Sequence[Step], components: Schema, at: str, key: str) -> Schema:
    """The schema of the answer that the rows of a section read."""
    if not steps:
        raise MappingError(f"expected a step whose answer holds what `{key}` reads: say `{key} = true`", at=at)
    step = steps[0]
    view = SchemaView(step.operation.answer, components)
    return ((view.item() or view) if step.rows.in_list else view).schema | components
