"""What can be wrong with the tables of rows before any value is looked up in one."""

from collections.abc import Iterator, Sequence
from typing import Any

from adapter.lens.bound import Bound, BoundCodec, Field
from adapter.lens.fit import Knowledge, Sides, explain_value, walk
from adapter.lens.rules import Finding, find_near
from adapter.lens.schemas import SchemaView


def check_tables(rows: Sequence[Bound], sides: Sides, known: Knowledge) -> Iterator[Finding]:
    """Every table that holds a value which a side does not know, or lacks one that it does."""
    for row, here in walk(rows, sides):
        if isinstance(row, Field) and row.codec is not None and row.codec.is_table():
            yield from _check_table(row, row.codec, here, known)
    yield from _check_conditions(rows, sides)


def _check_table(row: Field, table: BoundCodec, sides: Sides, known: Knowledge) -> Iterator[Finding]:
    ours, theirs = sides.canonical(row.canonical[0]), sides.dialect(row.dialect[0])
    at = f"{row.at}.table"
    for key, value in table.table.items():
        yield from _not_allowed(key, ours, at)
        yield from _not_allowed(value, theirs, at)
    for key, value in table.back.items():
        if str(key) not in map(str, table.table.values()) or str(table.table.get(str(value))) != str(key):
            message = f"expected a value of the table and one of those that become it, found {key!r} = {value!r}"
            yield Finding("one_sided", f"{row.at}.back", message)
    yield from _not_allowed(table.otherwise, ours, f"{row.at}.else")
    listed = theirs.listed()
    yield from _crossed(table, listed, at)
    for value in table.table.values():
        if listed and value not in listed and not explain_value(value, theirs):
            near = find_near(str(value), map(str, listed))
            yield Finding("unlisted", at, f"the API does not list {value!r}, but {_spell(listed)}", suggestion=near)
    if known.towards == "to_canonical":
        if table.otherwise is None:
            yield Finding("unlisted", f"{row.at}.else", "an answer with another value cannot be read: say `else`")
        if missing := [value for value in listed if value not in table.table.values()]:
            yield Finding("unlisted", at, f"the API lists {_spell(missing)} too, which the table does not have")


def _not_allowed(value: Any, view: SchemaView, at: str) -> Iterator[Finding]:
    if message := explain_value(value, view):
        near = find_near(str(value), map(str, view.listed()))
        hint = f", did you mean {near!r}?" if near else ""
        yield Finding("not_allowed", at, f"{message}{hint}", suggestion=near)


def _crossed(table: BoundCodec, listed: Sequence[Any], at: str) -> Iterator[Finding]:
    there = {str(value) for value in [*table.table.values(), *listed]}
    for key, value in table.table.items():
        if key in there and key != str(value):
            yield Finding("crossed", at, f"{key!r} becomes {value!r}, though the dialect has {key!r} too")


def _check_conditions(rows: Sequence[Bound], sides: Sides) -> Iterator[Finding]:
    """Values that a condition asks for and the member's table does not have, or the other way round."""
    fields = [row for row, _ in walk(rows, sides) if isinstance(row, Field)]
    tables = {row.canonical[0].keys: row.codec for row in fields if row.codec is not None and row.codec.is_table()}
    for row, _ in walk(rows, sides):
        for path, values in row.when:
            tabled = tables.get(path.keys)
            if tabled is None or values == (None,):
                continue
            keys = set(tabled.table)
            strange = set(map(str, values)) - keys
            missing = keys - set(map(str, values)) if isinstance(row, Field) and row.codec is tabled else set()
            if strange:
                yield Finding("out_of_step", f"{row.at}.when", f"no table has {_spell(strange)}, but {_spell(keys)}")
            if missing:
                yield Finding("out_of_step", f"{row.at}.when", f"lets {_spell(missing)} of its table never pass")


def _spell(values: Any) -> str:
    return ", ".join(sorted(map(repr, values)))
