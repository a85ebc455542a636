"""The few things a lens asks of a JSON Schema: what stands at a path, may it be null, what is required."""

from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]


class SchemaView:
    """One schema with the document in which its ``$ref``s point."""

    def __init__(self, schema: Schema, root: Schema | None = None) -> None:
        self.root = schema if root is None else root
        self.schema = self._follow(schema)

    def member(self, keys: tuple[str, ...]) -> "SchemaView | None":
        """The declared schema at a path; a member that an open schema merely tolerates is not declared."""
        view = self
        for key in keys:
            found = next((part["properties"][key] for part in view._parts() if key in part.get("properties", {})), None)
            if found is None:
                return None
            view = SchemaView(found, self.root)
        return view

    def item(self) -> "SchemaView | None":
        """The schema of a list's items."""
        found = next((part["items"] for part in self._parts() if "items" in part), None)
        return None if found is None else SchemaView(found, self.root)

    def nullable(self) -> bool:
        """Whether null is a legal value."""
        types = self.types()
        return "null" in types or not types

    def types(self) -> set[str]:
        """The JSON types it declares; empty where it declares none."""
        return {name for part in self._parts() for name in _types(part)}

    def required(self) -> set[str]:
        """The members that must be there."""
        return {name for part in self._parts() for name in part.get("required", ())}

    def names(self) -> list[str]:
        """The declared members."""
        return [name for part in self._parts() for name in part.get("properties", {})]

    def formats(self) -> set[str]:
        """The formats it declares, such as ``uuid``."""
        return {part["format"] for part in self._parts() if "format" in part}

    def listed(self) -> list[Any]:
        """The values it lists, be the list closed (``enum``) or open (``x-extensible-enum``); empty where none."""
        return [
            value
            for part in self._parts()
            for keyword in ("enum", "x-extensible-enum")
            for value in part.get(keyword, ())
        ]

    def sometimes_required(self) -> set[str]:
        """Members that must be there under a condition of the schema's own (``if`` and ``then``)."""
        branches = [part[key] for part in self._parts() for key in ("then", "else") if key in part]
        return {name for branch in branches for name in SchemaView(branch, self.root).required()}

    def whole(self) -> Schema:
        """The schema by itself, with what its ``$ref``s point at."""
        if "$ref" not in repr(self.schema):
            return self.schema
        return {key: self.root[key] for key in ("components", "$defs") if key in self.root} | self.schema

    def _parts(self) -> Iterator[Schema]:
        yield self.schema
        for keyword in ("allOf", "anyOf", "oneOf"):
            for part in self.schema.get(keyword, ()):
                yield from SchemaView(part, self.root)._parts()

    def _follow(self, schema: Schema) -> Schema:
        if isinstance(schema, bool):  # true allows everything and declares nothing
            return {}
        while "$ref" in schema:
            target: Any = self.root
            for key in filter(None, schema["$ref"].removeprefix("#").split("/")):
                target = target[key]
            schema = target
        return schema


JSON_TYPES = {str: "string", bool: "boolean", int: "integer", float: "number", dict: "object", list: "array"}


def _types(schema: Schema) -> list[str]:
    declared = schema.get("type", [])
    if not declared and "enum" in schema:
        return [JSON_TYPES.get(type(value), "null") for value in schema["enum"]]
    return [declared] if isinstance(declared, str) else declared
