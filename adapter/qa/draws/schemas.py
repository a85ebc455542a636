"""Hypothesis strategies for the values that a JSON Schema (2020-12, as OpenAPI documents use it) allows.

Schemas are taken apart until each says one thing: references are followed, ``allOf`` is merged, of ``anyOf``,
``oneOf`` and ``if`` one branch is taken. What no keyword can be built from (``not``, a lookahead) is filtered.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, timedelta, timezone
from decimal import Decimal
from functools import reduce
from itertools import product
from typing import Any

import jsonschema_rs
from hypothesis import strategies as st

from adapter.core.canonical import is_shallow
from adapter.lens.schemas import JSON_TYPES, Schema
from adapter.qa.draws.subset import demand_subset, follow

Strategy = st.SearchStrategy[Any]

# No control characters and no surrogates: neither belongs in a text that prints on a parcel.
CHARACTERS = st.characters(exclude_categories=("Cc", "Cs"))
LONGEST = 20
MOST_ITEMS = 3
HUGE = 10**9

# In a schema ``$`` is the end and no place before a last newline.
END = re.compile(r"(?<!\\)\$")

TIMES = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45))]))
FORMATS: Mapping[str, Strategy] = {
    "uuid": st.uuids().map(str),
    "email": st.emails(domains=st.just("example.com")),
    "date": st.dates().map(str),
    "date-time": TIMES.map(lambda time: time.isoformat().replace("+00:00", "Z")),
    "uri": st.from_regex(r"https://[a-z]{1,9}\.example/[a-z]{0,9}", fullmatch=True),
}

# Keywords by which two schemas that must both hold become one.
MERGES: Mapping[str, Callable[[Any, Any], Any]] = {
    "properties": lambda one, other: one | {n: {"allOf": [one[n], s]} if n in one else s for n, s in other.items()},
    "required": lambda one, other: [*one, *(name for name in other if name not in one)],
    "type": lambda one, other: _both(one, other),
    "enum": lambda one, other: [value for value in one if value in other],
    "items": lambda one, other: {"allOf": [one, other]},
    **dict.fromkeys(("minimum", "exclusiveMinimum", "minLength", "minItems"), max),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems"), min),
    "anyOf": lambda one, other: [{"allOf": list(pair)} for pair in product(one, other)],
}


def values(schema: Schema, root: Schema) -> Strategy:
    """Values that a schema allows; ``root`` is the document that its references lead into.

    Numbers are as ``canonical.read_json`` gives them: whole ones ``int``, others ``Decimal``. A ``SetupError`` names
    the place of what is not in the part of JSON Schema that can be drawn from, see ``subset``.
    """
    demand_subset(schema, root)
    judge = jsonschema_rs.Draft202012Validator({**_shared(root), **schema}, validate_formats=True)
    return _Drawer(root).draw(schema).filter(lambda value: is_shallow(value) and judge.is_valid(value))


def _shared(root: Schema) -> Schema:
    return {key: root[key] for key in ("components", "$defs") if key in root}


class _Drawer:
    """Strategies for the schemas of one document; those behind a reference are made once, since they may recur."""

    def __init__(self, root: Schema) -> None:
        self.root = root
        self.named: dict[str, Strategy] = {}

    def draw(self, schema: Schema | bool) -> Strategy:
        if isinstance(schema, bool):
            return st.none() | st.booleans() | st.integers() if schema else st.nothing()
        name = schema.get("$ref")
        if name is None:
            return self._draw_whole(schema)
        if name not in self.named:
            self.named[name] = st.deferred(lambda: self._draw_whole(schema))
        return self.named[name] if len(schema.keys() - {"description"}) == 1 else self._draw_whole(schema)

    def _draw_whole(self, schema: Schema) -> Strategy:
        return st.one_of([self._draw_plain(branch) for branch in self._branches(schema)])

    def _branches(self, schema: Schema) -> list[Schema]:
        """The schema as alternatives without a reference, ``allOf``, ``anyOf``, ``oneOf`` or ``if``."""
        plain = {key: value for key, value in schema.items() if key not in SPREAD}
        parts = [[plain]]
        if "$ref" in schema:
            parts.append(self._branches(follow(schema["$ref"], self.root)))
        parts += [self._branches(part) for part in schema.get("allOf", ())]
        for keyword in ("anyOf", "oneOf"):
            if keyword in schema:
                parts.append([branch for part in schema[keyword] for branch in self._branches(part)])
        if "if" in schema:
            held = self._branches({"allOf": [schema["if"], schema.get("then", {})]})
            parts.append([*held, *self._branches(schema.get("else", {}))])
        return [reduce(_merge, branch) for branch in product(*parts)]

    def _draw_plain(self, schema: Schema) -> Strategy:
        if "const" in schema:
            return st.just(schema["const"])
        if "enum" in schema:
            return st.sampled_from(schema["enum"])
        kinds = _as_list(schema.get("type", _guess_type(schema)))
        return st.one_of([DRAWS[kind](self, schema) for kind in kinds])

    def draw_object(self, schema: Schema) -> Strategy:
        members = {name: self.draw(member) for name, member in schema.get("properties", {}).items()}
        required = {name: members.pop(name, self.draw(True)) for name in schema.get("required", ())}
        return st.fixed_dictionaries(required, optional=members)

    def draw_array(self, schema: Schema) -> Strategy:
        least = schema.get("minItems", 0)
        most = schema.get("maxItems", least + MOST_ITEMS)
        return st.lists(self.draw(schema.get("items", True)), min_size=least, max_size=most)

    def draw_text(self, schema: Schema) -> Strategy:
        if "format" in schema and schema["format"] in FORMATS:
            return FORMATS[schema["format"]]
        if "pattern" in schema:
            return st.from_regex(END.sub(r"\\Z", schema["pattern"]), alphabet=CHARACTERS)
        least = schema.get("minLength", 0)
        text = st.text(CHARACTERS, min_size=least, max_size=schema.get("maxLength", least + LONGEST))
        known = schema.get("x-extensible-enum")
        return st.sampled_from(known) | text if known else text

    def draw_integer(self, schema: Schema) -> Strategy:
        least, most = _bounds(schema, 1)
        return st.integers(int(least), int(most))

    def draw_number(self, schema: Schema) -> Strategy:
        step = Decimal("0.001")
        least, most = _bounds(schema, step)
        thousandths = st.integers(int(least / step), int(most / step))
        return thousandths.map(lambda number: number // 1000 if number % 1000 == 0 else number * step)


def _bounds(schema: Schema, step: int | Decimal) -> tuple[Decimal, Decimal]:
    """The least and the most of a number, ``step`` inside those it may not reach."""
    least = [Decimal(str(schema["minimum"]))] if "minimum" in schema else []
    least += [Decimal(str(schema["exclusiveMinimum"])) + step] if "exclusiveMinimum" in schema else []
    most = [Decimal(str(schema["maximum"]))] if "maximum" in schema else []
    most += [Decimal(str(schema["exclusiveMaximum"])) - step] if "exclusiveMaximum" in schema else []
    return max(least, default=Decimal(-HUGE)), min(most, default=Decimal(HUGE))


SPREAD = {"$ref", "allOf", "anyOf", "oneOf", "if", "then", "else"}

DRAWS: Mapping[str, Callable[[_Drawer, Schema], Strategy]] = {
    "object": _Drawer.draw_object,
    "array": _Drawer.draw_array,
    "string": _Drawer.draw_text,
    "integer": _Drawer.draw_integer,
    "number": _Drawer.draw_number,
    "boolean": lambda _drawer, _schema: st.booleans(),
    "null": lambda _drawer, _schema: st.none(),
}


def _merge(one: Schema, other: Schema) -> Schema:
    shared = {key: MERGES[key](one[key], other[key]) for key in one.keys() & other.keys() & MERGES.keys()}
    return one | other | shared


def _both(one: Any, other: Any) -> list[str]:
    """The types that two lists have in common; an integer is a number."""
    ours, theirs = _as_list(one), _as_list(other)
    kept = [kind for kind in ours if kind in theirs or (kind == "integer" and "number" in theirs)]
    return kept + [kind for kind in theirs if kind == "integer" and "number" in ours and kind not in kept]


def _as_list(kinds: Any) -> list[str]:
    return [kinds] if isinstance(kinds, str) else list(kinds)


def _guess_type(schema: Schema) -> list[str]:
    """The types of a schema that declares none: what its keywords are about, else any."""
    if "properties" in schema or "required" in schema:
        return ["object"]
    return ["array"] if "items" in schema else [*dict.fromkeys(JSON_TYPES.values()), "null"]
