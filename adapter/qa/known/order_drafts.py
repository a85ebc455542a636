"""Which orders a mapping is looked at with: those that show most of it, and each with one thing otherwise at a time."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from adapter.core.dialects import Dialect
from adapter.core.ledger import INDEX
from adapter.lens.rows import Row
from adapter.lens.trees import Tree, leaves, look, point
from adapter.qa.known.known import Alteration
from adapter.qa.subjects.layout import place_rows


def weigh_order(said: Tree) -> tuple[int, int, int]:
    """Most steps, then most kinds of members for its calls, then the fewest members."""
    calls = said.get("calls", ())
    steps = {call["call"].partition("[")[0] for call in calls}
    return len(steps), len(_kinds(said)) - len(calls), -sum(1 for _ in leaves(said))


def _kinds(said: Any) -> set[str]:
    """The members of what is said, whatever their index."""
    return {INDEX.sub("/*", pointer) for pointer, _ in leaves(said)}


def show_more(said: Mapping[str, Tree], after: str) -> list[str]:
    """The order with most in its calls that those of ``after`` have not; none where none has."""
    sent = {name: _kinds(one["calls"]) for name, one in said.items() if "calls" in one}
    most = max(sent, key=lambda name: (len(sent[name] - sent[after]), *weigh_order(said[name])))
    return [most] if sent[most] - sent[after] else []


def vary_order(dialect: Dialect, order: Tree) -> Iterator[Alteration]:
    """Each member away, alone and with what its codec reads beside it; each that a row asks for as the row has it."""
    yield from ((pointer,) for pointer in list_first_leaves(order))
    yield from _both_away(dialect, order)
    asked = {path: list(values) for path, values in list_asked(dialect.mapping.order)}
    for path, values in asked.items():
        yield from ((f"/{path.replace('.', '/')}", value) for value in dict.fromkeys([*values, "something else"]))


def list_asked(rows: Sequence[Row]) -> Iterator[tuple[str, Sequence[Any]]]:
    """Members that a table or a condition asks for, with the values that it knows."""
    for row in rows:
        if row.table is not None and isinstance(row.canonical, str):
            yield row.canonical, list(row.table)
        yield from (row.when or {}).items()


def list_first_leaves(body: Any) -> Iterator[str]:
    """The pointer of each leaf; of a list only its first item's."""
    for pointer, _ in leaves(body):
        if pointer and not any(key.isdigit() and int(key) > 0 for key in pointer.split("/")):
            yield pointer


def _both_away(dialect: Dialect, order: Tree) -> Iterator[Alteration]:
    """The order less a member and the one that its codec reads beside it, where both are there."""
    for placed in place_rows(dialect):
        beside = placed.row.codec and placed.row.codec.beside
        if not beside:
            continue
        above = "" if beside.canonical.rooted else placed.pattern.rpartition("/")[0]
        pair = [pointer.replace("/*", "/0") for pointer in (placed.pattern, point(above, beside.canonical.keys))]
        if all(look(order, pointer) is not None for pointer in pair):
            yield (pair,)
