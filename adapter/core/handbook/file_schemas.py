"""JSON Schemas (2020-12) of the files a person writes, made from the structs that read them, for editors."""

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Struct

from adapter.core.files.mappings import MappingFile
from adapter.core.handbook.key_texts import KEY_TEXTS
from adapter.core.tenancy.tenants import TenantRows
from adapter.core.values.codecs import CODECS
from adapter.lens.kinds import ALLOWED, EXCLUDES, NEEDS, spell
from adapter.lens.schemas import Schema

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def mapping_schema() -> Schema:
    """The schema of ``mappings/<dialect>.toml``."""
    schema = _make_schema(MappingFile, "An adapter mapping")
    schema["$defs"]["Row"] |= _kinds_of_rows()
    schema["$defs"]["CodecUse"]["properties"]["use"]["enum"] = sorted(CODECS)
    return schema


def tenants_schema() -> Schema:
    """The schema of the tenants' file."""
    rows = _make_schema(TenantRows, "adapter's tenants")
    tenants = {
        "type": "object",
        "description": "A table for each tenant, by its name.",
        "additionalProperties": {"$ref": rows.pop("$ref")},
    }
    return rows | {"type": "object", "properties": {"tenant": tenants}, "additionalProperties": False}


# What ``adapter schema`` can print.
FILE_SCHEMAS: dict[str, Callable[[], Schema]] = {"mapping": mapping_schema, "tenants": tenants_schema}


def _make_schema(struct: type[Struct], title: str) -> Schema:
    schema: Schema = _leave_out_null(msgspec.json.schema(struct))
    for name, definition in schema["$defs"].items():
        definition["description"] = " ".join(definition["description"].replace("``", "`").split())
        for key, member in definition["properties"].items():
            text = KEY_TEXTS[name].get(key)
            # a reference would hide what stands beside it from older editors
            described = {"allOf": [member]} if "$ref" in member else member
            definition["properties"][key] = described | ({"description": text} if text else {})
    return {"$schema": DIALECT, "title": title} | schema


def _leave_out_null(value: Any) -> Any:
    """A schema without null, which TOML cannot say, and without defaults that are none."""
    if isinstance(value, list):
        return [_leave_out_null(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {key: _leave_out_null(member) for key, member in value.items() if key != "default" or member is not None}
    branches = [branch for branch in kept.get("anyOf", ()) if branch != {"type": "null"}]
    if len(branches) == 1:
        del kept["anyOf"]
        return branches[0] | kept
    return kept | ({"anyOf": branches} if branches else {})


def _kinds_of_rows() -> Schema:
    """Which keys of a row go together, as far as a schema can say: the tables of ``lens.kinds`` in its words."""
    kinds = {
        kind: {"propertyNames": {"enum": sorted(map(spell, {kind, *allowed}))}}
        for kind, allowed in ALLOWED.items()
        if kind != "field"
    }
    whole: list[Schema] = [{"required": [kind]} for kind in kinds]
    return {
        "dependentSchemas": kinds,
        "dependentRequired": {spell(key): [other] for key, other in NEEDS},
        "anyOf": [*whole, {"required": ["canonical", "dialect"]}],
        "not": {"anyOf": [{"required": list(pair)} for pair in EXCLUDES]},
    }
