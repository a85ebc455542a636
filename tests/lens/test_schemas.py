"""What a lens learns from a JSON Schema."""

import pytest

from adapter.lens.schemas import Schema, SchemaView

TEXT: Schema = {"type": "string"}
NULL: Schema = {"type": "null"}
DOCUMENT: Schema = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": TEXT,
        "ship": {"$ref": "#/components/schemas/Address"},
        "bill": {"anyOf": [{"$ref": "#/components/schemas/Address"}, NULL]},
        "lines": {"type": "array", "items": {"$ref": "#/components/schemas/Line"}},
        "null_lines": {"anyOf": [{"type": "array", "items": {"$ref": "#/components/schemas/Line"}}, NULL]},
        "open": {"type": "object", "additionalProperties": True},
        "chain": {"$ref": "#/components/schemas/Alias"},
    },
    "components": {
        "schemas": {
            "Alias": {"$ref": "#/components/schemas/Address"},
            "Address": {
                "allOf": [{"properties": {"city": TEXT}, "required": ["city"]}],
                "type": "object",
                "properties": {"zip": {"type": ["string", "null"]}},
                "required": ["zip"],
            },
            "Line": {"type": "object", "properties": {"sku": TEXT, "parent": {"$ref": "#/components/schemas/Line"}}},
        }
    },
}
ROOT = SchemaView(DOCUMENT)


def view(*keys: str) -> SchemaView:
    found = ROOT.member(keys)
    assert found is not None
    return found


def test_a_member_is_found_through_references_and_combinations() -> None:
    assert view("id").types() == {"string"}
    assert view("ship", "zip").types() == {"string", "null"}
    assert view("ship", "city").types() == {"string"}
    assert view("bill", "city").types() == {"string"}
    assert view("chain", "zip").nullable()


def test_no_keys_lead_to_the_schema_itself() -> None:
    assert view().names() == ROOT.names()


@pytest.mark.parametrize("keys", [("nope",), ("ship", "nope"), ("id", "nope"), ("open", "anything"), ("lines", "sku")])
def test_a_member_that_is_not_declared_is_not_found(keys: tuple[str, ...]) -> None:
    assert ROOT.member(keys) is None


def test_the_items_of_a_list_are_found() -> None:
    for name in ("lines", "null_lines"):
        item = view(name).item()
        assert item is not None
        assert item.names() == ["sku", "parent"]


def test_a_schema_that_refers_to_itself_is_followed_as_far_as_the_path() -> None:
    item = view("lines").item()
    assert item is not None
    deep = item.member(("parent",) * 20)
    assert deep is not None
    assert deep.names() == ["sku", "parent"]


@pytest.mark.parametrize("schema", [TEXT, {"type": "array"}, {"properties": {"a": TEXT}}])
def test_what_declares_no_items_has_none(schema: Schema) -> None:
    assert SchemaView(schema).item() is None


@pytest.mark.parametrize(
    ("schema", "nullable"),
    [
        (TEXT, False),
        (NULL, True),
        ({"type": ["string", "null"]}, True),
        ({"anyOf": [TEXT, NULL]}, True),
        ({"oneOf": [TEXT, {"type": "integer"}]}, False),
        ({"allOf": [TEXT, {"maxLength": 3}]}, False),
        ({}, True),
        ({"description": "anything"}, True),
    ],
)
def test_null_is_legal_where_it_is_declared_or_nothing_is(schema: Schema, nullable: bool) -> None:
    assert SchemaView(schema).nullable() is nullable


def test_required_members_and_names_are_gathered_from_every_part() -> None:
    assert ROOT.required() == {"id"}
    assert view("ship").required() == {"zip", "city"}
    assert sorted(view("ship").names()) == ["city", "zip"]
    assert view("id").required() == set()


def test_types_are_gathered_from_every_part() -> None:
    assert view("bill").types() == {"object", "null"}
    assert SchemaView({}).types() == set()
