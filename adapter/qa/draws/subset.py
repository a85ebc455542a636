"""The part of JSON Schema 2020-12 that values are drawn from; a schema beyond it is refused by its place."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from adapter.errors import SetupError
from adapter.lens.schemas import Schema
from adapter.lens.trees import point

# What stands in a keyword: one schema, a list of them, or an object of them.
INNER: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(("items", "not", "if", "then", "else", "additionalProperties"), "one")
    | dict.fromkeys(("allOf", "anyOf", "oneOf"), "list")
    | dict.fromkeys(("properties",), "object")
)

# What values are built by. ``not``, ``multipleOf``, ``uniqueItems`` and ``additionalProperties`` only rule some out.
BUILT = frozenset(
    {"$ref", "type", "const", "enum", "required", "pattern", "format", "multipleOf", "uniqueItems", *INNER}
    | {"minLength", "maxLength", "minItems", "maxItems"}
    | {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}
)

# What says nothing of a value: remarks, places for other schemas, and OpenAPI's own.
REMARKS = frozenset(
    {"$schema", "$id", "$comment", "$defs", "components", "title", "description", "default", "example", "examples"}
    | {"deprecated", "readOnly", "writeOnly", "discriminator", "externalDocs", "xml"}
)

BOUNDS = ("exclusiveMinimum", "exclusiveMaximum")


def demand_subset(schema: Schema | bool, root: Schema, at: str = "#") -> None:
    """A ``SetupError`` with the place of the first keyword that nothing can be drawn by, references followed."""
    seen: set[str] = set()
    rest: list[tuple[Any, str]] = [(schema, at)]
    while rest:
        here, place = rest.pop()
        if isinstance(here, bool):
            continue
        _demand_keywords(here, place)
        name = here.get("$ref")
        if name is not None and name not in seen:
            seen.add(name)
            rest.append((follow(name, root, place), name))
        rest += _list_inner(here, place)


def _demand_keywords(schema: Any, place: str) -> None:
    if not isinstance(schema, dict):
        raise SetupError(f"expected a schema, found {schema!r}", at=place)
    for keyword in schema:
        if keyword not in BUILT and keyword not in REMARKS and not keyword.startswith("x-"):
            known = ", ".join(sorted(BUILT))
            raise SetupError(f"cannot draw by the keyword {keyword!r}; by these: {known}", at=point(place, (keyword,)))
    for keyword in BOUNDS:
        if isinstance(schema.get(keyword), bool):
            expected = "expected a number, as JSON Schema 2020-12 has it, found a truth value"
            raise SetupError(expected, at=point(place, (keyword,)))


def _list_inner(schema: Schema, place: str) -> Iterator[tuple[Any, str]]:
    for keyword, kind in INNER.items():
        if keyword not in schema:
            continue
        found, there = schema[keyword], point(place, (keyword,))
        if kind == "one":
            yield found, there
        else:
            named = found.items() if kind == "object" else enumerate(found)
            yield from ((one, point(there, (str(key),))) for key, one in named)


def follow(pointer: str, root: Schema, place: str = "#") -> Schema:
    """What a reference leads to; a ``SetupError`` where that is nothing, or in another document."""
    target: Any = root
    if not pointer.startswith("#"):
        raise SetupError(f"expected a reference into this document, found {pointer!r}", at=f"{place}/$ref")
    for key in filter(None, pointer.removeprefix("#").split("/")):
        key = key.replace("~1", "/").replace("~0", "~")
        if not isinstance(target, dict) or key not in target:
            raise SetupError(f"expected a reference that leads somewhere, found {pointer!r}", at=f"{place}/$ref")
        target = target[key]
    found: Schema = target
    return found
