"""Values drawn from a schema are what it allows, reach all it allows, and read as JSON does."""

import re
from decimal import Decimal
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample, Unsatisfiable

from adapter.core.canonical import DEEPEST, ENCODER, read_json
from adapter.core.dialects import Dialect
from adapter.errors import SetupError
from adapter.lens.schemas import Schema
from adapter.qa.draws.answers import answers, receipts
from adapter.qa.draws.schemas import values
from adapter.qa.draws.subset import BUILT, demand_subset
from tests.conftest import HERE

quick = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))

ROOT: Schema = {
    "components": {
        "schemas": {
            "Id": {"type": "string", "pattern": "^or_"},
            "Tree": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": {"type": "string"},
                    "leaves": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}},
                },
            },
        }
    }
}

SCHEMAS: dict[str, Schema] = {
    "types": {"type": ["string", "null"], "minLength": 2, "maxLength": 4},
    "bounds": {"type": "integer", "minimum": 3, "exclusiveMaximum": 5},
    "number": {"type": "number", "exclusiveMinimum": 0, "maximum": 2},
    "const": {"const": "cod"},
    "enum": {"enum": ["a", None, 3]},
    "uuid": {"type": "string", "format": "uuid"},
    "date-time": {"type": "string", "format": "date-time"},
    "email": {"type": "string", "format": "email"},
    "pattern": {"type": "string", "pattern": "^[A-Z]{2}$"},
    "lookahead": {"type": "string", "pattern": r"^(?![-+.]*$)[+-]?0*[0-9]*\.?[0-9]*$"},
    "reference": {"$ref": "#/components/schemas/Id"},
    "reference and more": {"$ref": "#/components/schemas/Id", "maxLength": 5},
    "recursion": {"$ref": "#/components/schemas/Tree"},
    "list": {"type": "array", "items": {"type": "boolean"}, "minItems": 1, "maxItems": 2},
    "all of": {"allOf": [{"type": "object", "required": ["a"]}, {"properties": {"a": {"type": "integer"}}}]},
    "one member twice": {
        "allOf": [
            {"type": "object", "properties": {"a": {"type": ["integer", "null"]}}, "required": ["a"]},
            {"properties": {"a": {"type": "number", "minimum": 7}}},
        ]
    },
    "any of": {"anyOf": [{"type": "integer"}, {"type": "string"}]},
    "one of": {"type": "integer", "oneOf": [{"minimum": 0, "maximum": 6}, {"minimum": -1, "maximum": 5}]},
    "if": {
        "type": "object",
        "properties": {"ok": {"type": "boolean"}, "data": {"type": "string"}},
        "required": ["ok"],
        "if": {"properties": {"ok": {"const": True}}},
        "then": {"required": ["data"]},
        "else": {"properties": {"ok": {"const": False}}},
    },
    "no keyword": {},
}


@pytest.mark.parametrize("name", SCHEMAS)
def test_what_is_drawn_is_allowed_and_is_json_as_we_read_it(name: str) -> None:
    judge = jsonschema.Draft202012Validator(SCHEMAS[name] | ROOT, format_checker=jsonschema.FormatChecker())

    @quick
    @given(values(SCHEMAS[name], ROOT))
    def hold(value: Any) -> None:
        # a second judge, of another make than the one the strategy filters with
        judge.validate(_as_floats(value))
        assert read_json(ENCODER.encode(value)) == value

    hold()


def _as_floats(value: Any) -> Any:
    """The jsonschema library knows no Decimal."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dict):
        return {name: _as_floats(member) for name, member in value.items()}
    return [_as_floats(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    ("schema", "place"),
    [
        ({"prefixItems": [{}]}, "#/prefixItems"),
        ({"properties": {"a/b": {"type": "array", "contains": {}}}}, "#/properties/a~1b/contains"),
        ({"anyOf": [{}, {"items": {"nullable": True}}]}, "#/anyOf/1/items/nullable"),
        ({"items": {"$ref": "#/components/schemas/Odd"}}, "#/components/schemas/Odd/then/patternProperties"),
        ({"exclusiveMinimum": True}, "#/exclusiveMinimum"),
        ({"$ref": "other.json#/Order"}, "#/$ref"),
        ({"not": {"$ref": "#/components/schemas/None"}}, "#/not/$ref"),
        ({"additionalProperties": 7}, "#/additionalProperties"),
    ],
)
def test_what_cannot_be_drawn_from_is_refused_by_its_place(schema: Schema, place: str) -> None:
    odd: Schema = {"Odd": {"if": {}, "then": {"patternProperties": {}}}}
    with pytest.raises(SetupError) as caught:
        values(schema, {"components": {"schemas": odd}})
    assert caught.value.at == place


def test_the_readme_has_every_keyword_that_values_are_drawn_by() -> None:
    section = (HERE.parent / "README.md").read_text().split("### In your test suite")[1].split("\n### ")[0]
    told = section.rpartition("Values are drawn from")[2].partition("Any other keyword")[0]
    assert set(re.findall(r"`([^`]+)`", told)) == BUILT


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("types", None),
        ("enum", 3),
        ("bounds", 4),
        ("all of", {"a": 0}),
        ("one of", 6),
        ("one of", -1),
        ("if", {"ok": False}),
        ("if", {"ok": True, "data": ""}),
        ("recursion", {"name": "", "leaves": [{"name": ""}]}),
    ],
)
def test_every_branch_is_reached(name: str, wanted: Any) -> None:
    strategy = values(SCHEMAS[name], ROOT)
    assert find(strategy, lambda value: value == wanted, settings=settings(quick, max_examples=5000)) == wanted


def test_nothing_is_drawn_that_is_nested_deeper_than_a_body_may_be() -> None:
    deep: Any = {"type": "boolean"}
    for _ in range(DEEPEST + 1):
        deep = {"type": "array", "items": deep, "minItems": 1, "maxItems": 1}
    with pytest.raises((NoSuchExample, Unsatisfiable)):
        find(values(deep, {}), lambda _value: True, settings=settings(quick, max_examples=20))


def test_an_unknown_value_of_an_open_list_is_drawn_beside_the_known_ones() -> None:
    strategy = values({"type": "string", "x-extensible-enum": ["cart", "reserved"]}, {})
    assert find(strategy, lambda value: value == "reserved") == "reserved"
    assert find(strategy, lambda value: value not in {"cart", "reserved"}) == ""


@quick
@given(data=st.data())
def test_answers_of_every_step_are_as_its_document_says(data: st.DataObject, dialect: Dialect) -> None:
    for step in dialect.steps:
        assert step.answer.is_valid(data.draw(answers(dialect, step)))


@quick
@given(data=st.data())
def test_receipts_are_answers_to_orders_that_were_placed(data: st.DataObject, dialect: Dialect) -> None:
    for path, value in dialect.mapping.outcomes.placed_if.items():
        assert data.draw(receipts(dialect))[path] == value


def test_every_schema_of_a_dialect_can_be_drawn_from(dialect: Dialect) -> None:
    for name, schema in dialect.api["components"]["schemas"].items():
        demand_subset(schema, dialect.api, f"#/components/schemas/{name}")
