"""The published schemas: they hold what is shipped, refuse what is misspelt, and explain every key."""

import copy
import tomllib
from collections.abc import Callable
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from adapter.core.handbook.file_schemas import FILE_SCHEMAS, mapping_schema, tenants_schema
from adapter.shell.files import shipped
from tests.conftest import HERE

MAPPINGS = sorted([*(shipped() / "mappings").glob("*.toml"), *(HERE / "fifth" / "mappings").glob("*.toml")])
SCHEMA = mapping_schema()
TENANT = {"dialect": "lana", "caller_keys": ["sha256:" + "0" * 64], "setting": {"shop_id": "sh_1"}}

Change = Callable[[dict[str, Any]], Any]


def faults(data: Any, schema: dict[str, Any] = SCHEMA) -> list[str]:
    return [error.message for error in Draft202012Validator(schema).iter_errors(data)]


@pytest.mark.parametrize("subject", FILE_SCHEMAS)
def test_a_schema_is_one_and_explains_every_key(subject: str) -> None:
    schema = FILE_SCHEMAS[subject]()
    Draft202012Validator.check_schema(schema)
    for name, definition in schema["$defs"].items():
        for key, member in definition["properties"].items():
            assert member.get("description"), f"say in core/key_texts.py what {key} of {name} means"


@pytest.mark.parametrize("path", MAPPINGS, ids=lambda path: path.stem)
def test_every_mapping_there_is_is_valid(path: Any) -> None:
    assert faults(tomllib.loads(path.read_text())) == []


MISTAKES: dict[str, Change] = {
    "a misspelt key at the top": lambda data: data.update(heder=[]),
    "a misspelt key of a row": lambda data: data["order"][0].update(canonicl="x"),
    "a misspelt key of a row of a list": lambda data: data["order"][3]["each"][0].update(codc="x"),
    "a misspelt key of a step": lambda data: data["step"][0].update(sends="."),
    "a row without a side": lambda data: data["order"][0].pop("dialect"),
    "a constant with a codec": lambda data: data["order"].append({"dialect": "x", "const": "y", "codec": "text"}),
    "a drop with a dialect member": lambda data: data["order"].append({"canonical": "a", "dialect": "b", "drop": "c"}),
    "a way back without a table": lambda data: data["order"][0].update(back={"a": "b"}),
    "a table and a codec": lambda data: data["order"][0].update(table={"a": "b"}, codec="text"),
    "a codec that is none": lambda data: data["codec"]["money"].update(use="mony"),
    "a class of recovery that is none": lambda data: data["idempotency"].update(recovery="F"),
    "no outcome": lambda data: data.pop("outcome"),
}


@pytest.mark.parametrize("change", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_refused(change: Change) -> None:
    data = tomllib.loads((shipped() / "mappings" / "lana.toml").read_text())
    changed = copy.deepcopy(data)
    change(changed)
    assert faults(changed) != []


def test_a_tenants_file_is_held_against_its_own() -> None:
    assert faults({"tenant": {"shop": TENANT}}, tenants_schema()) == []
    assert faults({"tenant": {"shop": TENANT | {"baseurl": "x"}}}, tenants_schema()) != []
    assert faults({"tenants": {"shop": TENANT}}, tenants_schema()) != []
