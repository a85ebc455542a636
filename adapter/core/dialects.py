"""A mapping and the API it speaks of made one: lenses, steps, and what is checked before the first order."""

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

import jsonschema_rs
import msgspec
from msgspec import structs

from adapter.core.canonical import MASK
from adapter.core.checks.checking import Checked, Plan, check_document, check_mapping
from adapter.core.files.mappings import MappingFile, StepRows
from adapter.core.ledger import Ledgers
from adapter.core.operations import find_operation
from adapter.core.steps import Headers, Step, prepare_headers
from adapter.core.values.codecs import CODECS
from adapter.core.values.crosswalks import check_crosswalks, list_tables
from adapter.lens.bound import list_written
from adapter.lens.codecs import Codec
from adapter.lens.lens import Lens, make_lens, narrow_lens
from adapter.lens.rules import Finding, Refused, only_errors, refuse
from adapter.lens.schemas import Schema, SchemaView
from adapter.lens.trees import Tree

NOWHERE_ELSE: Mapping[str, str] = MappingProxyType({})


class Dialect(NamedTuple):
    """Everything the gateway knows of one dialect; ``document`` judges a mapped order before it is sent.

    ``echo`` reads what an answer shows of the order, ``back`` the same members of what was sent.
    ``version`` is a digest of the mapping and of ``api``, the OpenAPI document it was held against; ``crosswalks``
    are the tables of a tenant in which ids of an order are looked up.
    """

    name: str
    mapping: MappingFile
    order: Lens
    ledgers: Ledgers
    receipt: Lens
    echo: Lens | None
    back: Lens
    steps: tuple[Step, ...]
    lookup: Step | None
    headers: Headers
    schema: Schema
    document: jsonschema_rs.Draft202012Validator
    api: Schema
    version: str
    crosswalks: tuple[str, ...]
    warnings: tuple[Finding, ...] = ()

    def defaults(self) -> Tree:
        """What each setting is where a tenant says nothing."""
        return {name: setting.default for name, setting in self.mapping.settings.items()}


def make_dialect(
    mapping: MappingFile,
    api: dict[str, Any],
    source: str = "",
    places: Mapping[str, str] = NOWHERE_ELSE,
    codecs: Mapping[str, Codec] = CODECS,
) -> Dialect:
    """Bind, check and compile; a ``MappingError`` lists every error with its place.

    ``source`` names the mapping's file, where it is another than the dialect's; ``places`` are other names for
    places of it, where rows of several files were laid over each other; ``codecs`` are those a row can choose.
    """
    dialect, findings = check_dialect(mapping, api, source, places, codecs)
    refuse(findings)
    assert dialect is not None  # noqa: S101  # there is one unless there is an error
    return dialect


def check_dialect(
    mapping: MappingFile,
    api: dict[str, Any],
    source: str = "",
    places: Mapping[str, str] = NOWHERE_ELSE,
    codecs: Mapping[str, Codec] = CODECS,
) -> tuple[Dialect | None, list[Finding]]:
    """Every finding about a mapping, and the dialect unless one of them is an error."""
    broken = list(check_document(api, f"{mapping.dialect}.json: "))
    if broken:
        return None, broken
    plan, unknown = plan_mapping(mapping, api, source, places)
    plan = plan._replace(codecs=codecs)
    checked = check_mapping(plan)
    findings = [*unknown, *checked.findings]
    if not only_errors(findings):
        findings += check_crosswalks(checked.order, checked.receipt, checked.echo, plan.source)
    if only_errors(findings):
        return None, findings
    return _compile(plan, checked)._replace(warnings=tuple(findings)), findings


def _compile(plan: Plan, checked: Checked) -> Dialect:
    name, mapping = plan.mapping.dialect, plan.mapping
    order = make_lens(f"{name}.order", checked.order, "to_dialect")
    shown = {path.keys[0] for path in list_written(checked.echo)}
    return Dialect(
        name=name,
        mapping=mapping,
        order=order,
        ledgers=Ledgers(order),
        receipt=make_lens(f"{name}.receipt", checked.receipt, "to_canonical"),
        echo=make_lens(f"{name}.echo", checked.echo, "to_canonical") if mapping.echo else None,
        back=narrow_lens(f"{name}.back", order, shown),
        steps=tuple(step for _, step in plan.steps),
        lookup=plan.lookup,
        headers=prepare_headers(mapping.headers, mapping.idempotency),
        schema=plan.schema,
        document=_judge(plan.schema),
        api=plan.api,
        version=digest_mapping(mapping, plan.api),
        crosswalks=list_tables(checked.order),
    )


def digest_mapping(mapping: MappingFile, api: dict[str, Any]) -> str:
    """Which mapping it is, in twelve hex digits; members in the files' order, since that of a table tells."""
    return hashlib.sha256(msgspec.json.encode((mapping, api))).hexdigest()[:12]


def plan_mapping(
    mapping: MappingFile, api: dict[str, Any], source: str = "", places: Mapping[str, str] = NOWHERE_ELSE
) -> tuple[Plan, list[Finding]]:
    """Steps and look-up with their operations, and a finding for each that has none."""
    source = source or f"{mapping.dialect}.toml"
    findings: list[Finding] = []

    def seek(rows: StepRows, place: str) -> Step | None:
        try:
            return _bind_step(rows, api, f"{source}: {place}")
        except Refused as exc:
            findings.append(exc.finding)
            near = exc.finding.suggestion  # gone on with, so that one slip does not hide what is behind it
            return _bind_step(structs.replace(rows, operation=near), api, "") if near else None

    found = [(number, seek(rows, f"step[{number}]")) for number, rows in enumerate(mapping.steps)]
    steps = [(number, step) for number, step in found if step is not None]
    lookup = seek(mapping.lookup.rows(), "lookup") if mapping.lookup is not None else None
    schema = _document_schema(tuple(step for _, step in steps), {"components": api.get("components", {})})
    return Plan(mapping, steps, lookup, schema, api, source, places), findings


def _bind_step(rows: StepRows, api: dict[str, Any], at: str) -> Step:
    operation = find_operation(api, rows.operation, f"{at}.operation")
    return Step(rows, operation, _judge(operation.answer | {"components": api.get("components", {})}))


def _judge(schema: Schema) -> jsonschema_rs.Draft202012Validator:
    return _judge_text(msgspec.json.encode(schema))


@lru_cache(maxsize=128)
def _judge_text(schema: bytes) -> jsonschema_rs.Draft202012Validator:
    """One judge for all answers of one schema; to make one takes longer than to read its schema."""
    return jsonschema_rs.Draft202012Validator(msgspec.json.decode(schema), validate_formats=True, mask=MASK)


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
