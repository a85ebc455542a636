"""What a dialect's schema has in the place of what is canonical: the names there, and which of many values it takes."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import jsonschema_rs

from adapter.core.dialects import Dialect
from adapter.lens.bound import Bound, BoundCodec, Field, Group
from adapter.lens.codecs import CodecError
from adapter.lens.schemas import SchemaView
from adapter.lens.trees import Tree

Fitting = dict[str, Any]

# Members of an order that are objects, or lists of them, by the canonical schema of those.
OWNERS = {"line_items": "LineItem", "shipping_address": "Address", "billing_address": "Address"}


def list_names(dialect: Dialect) -> dict[str, list[str]]:
    """By canonical schema the names of all members that the dialect declares where such an object goes."""
    view = SchemaView(dialect.schema)
    found = {"Order": view.names()}
    for row in dialect.order.rows:
        inner = _enter(row, view) if isinstance(row, Group) else None
        if isinstance(row, Group) and inner is not None:
            found.setdefault(OWNERS[row.canonical.keys[-1]], []).extend(inner.names())
    return found


def find_fitting(dialect: Dialect, values: Sequence[Any]) -> Fitting:
    """By canonical member, nested as orders are, the texts that its schema takes, examples of the API's first."""
    return _fit(dialect.order.rows, SchemaView(dialect.schema), values, _list_examples(dialect.api))


def _fit(rows: Sequence[Bound], view: SchemaView, values: Sequence[Any], examples: Mapping[str, list[Any]]) -> Fitting:
    found: Fitting = {}
    for row in rows:
        if isinstance(row, Group):
            inner = _enter(row, view)
            if inner is not None:
                found[row.canonical.keys[-1]] = _fit(row.rows, inner, values, examples)
        elif isinstance(row, Field) and len(row.canonical) == 1 and row.only is None:
            member, keys = view.member(row.dialect[0].keys), row.dialect[0].keys
            if member is not None:
                judge = jsonschema_rs.Draft202012Validator(member.whole(), validate_formats=True)
                pool = [*examples.get(keys[-1], ()), *member.listed(), *values]
                found[row.canonical[0].keys[-1]] = [value for value in pool if _is_fit(value, row.codec, judge)]
    return found


def _enter(row: Group, view: SchemaView) -> SchemaView | None:
    """The schema of the object that a group's rows write, if it is declared."""
    inner = view.member(row.dialect.keys)
    return inner.item() if inner is not None and row.many else inner


def _is_fit(value: Any, bound: BoundCodec | None, judge: jsonschema_rs.Draft202012Validator) -> bool:
    if bound is not None and (bound.codec.beside or bound.codec.options):
        return False
    try:
        return judge.is_valid(value if bound is None else bound.codec.to_dialect(value, None, {}))
    except CodecError:
        return False


def _list_examples(api: Tree) -> dict[str, list[Any]]:
    """Texts in the examples of an OpenAPI document, by the name of the member that has them."""
    found: dict[str, list[Any]] = {}
    for example in _examples(api):
        for name, value in _members(example):
            if isinstance(value, str) and value not in found.setdefault(name, []):
                found[name].append(value)
    return found


def _examples(node: Any) -> Iterator[Any]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "example":
                yield value
            else:
                yield from _examples(value)
    elif isinstance(node, list):
        for item in node:
            yield from _examples(item)


def _members(node: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield key, value
            yield from _members(value)
    elif isinstance(node, list):
        for item in node:
            yield from _members(item)
