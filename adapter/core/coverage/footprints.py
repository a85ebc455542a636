"""Which ways rows went with one document, as the oracle explains it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from adapter.core.coverage.turns import STANDS_IN, find_turns
from adapter.core.coverage.ways import ABSENT, DEFAULT, EMPTY, INLINE, NULL, UNMET, Section, Way, list_all
from adapter.lens.bound import Bound, Conditions, Constant, Drop, Field, Group, Outlined
from adapter.lens.interpret import Entry
from adapter.lens.rows import Direction
from adapter.lens.trees import Path, Tree, look, point, reach

# Verdicts under which a row wrote something.
WRITTEN = frozenset({"carried", "renamed", "converted", "joined", "defaulted", "copied"})


class Seen(NamedTuple):
    """A document in a direction; ``outside`` where that is the one in which such documents come."""

    source: Tree
    context: Tree
    direction: Direction
    outside: bool

    @property
    def outward(self) -> bool:
        return self.direction == "to_dialect"


class Footprints:
    """The rows of a section, by their places."""

    def __init__(self, section: Section) -> None:
        self.lens = section.lens
        self.towards = section.towards
        self.by_place = {row.at: row for row in list_all(section.lens.rows)}

    def find(self, source: Tree, context: Tree, direction: Direction) -> tuple[set[Way], Tree | None]:
        """The ways that rows went, and what they made of the document; None where they refuse it."""
        trace = self.lens.explain(source, context, direction)
        seen = Seen(source, context, direction, direction == self.towards)
        ways = {way for entry in trace.entries for way in self.read(entry, seen)}
        ways |= set(Walk(seen).rows(self.lens.rows, source))
        return ways, trace.target if not trace.faults else None

    def read(self, entry: Entry, seen: Seen) -> Iterator[Way]:
        """The ways that one entry tells of."""
        row = self.by_place[entry.at]
        return READS[type(row)](row, entry, seen) if type(row) in READS else iter(())


def _read_field(row: Field, entry: Entry, seen: Seen) -> Iterator[Way]:
    if not entry.dialect:  # its condition was not met
        yield Way("branch", row.at, UNMET)
        return
    before, after = entry.before, entry.after
    if entry.verdict in WRITTEN and after is not None:
        yield Way("row", row.at, seen.direction)
        yield from _read_table(row, before, after, seen)
    if seen.outside:
        yield from (Way("branch", row.at, what) for what in _read_branches(row, entry, seen))
        taken = find_turns(row.codec, seen.direction, before, _undo_default(row, before, after, seen))
        yield from (Way("codec", row.at, turn) for turn in taken if turn != STANDS_IN or row.default is None)


def _undo_default(row: Field, before: Any, after: Any, seen: Seen) -> Any:
    """What the codec gave, since what stands in for what it leaves out hides it."""
    if row.default is None or before is None or seen.outward:
        return after
    return None if after == row.default.resolve(seen.context) else after


def _read_table(row: Field, before: Any, after: Any, seen: Seen) -> Iterator[Way]:
    """The row of its table that a value took; a value that a default stands in for took none."""
    if row.codec is None or not row.codec.is_table() or before is None:
        return
    listed = row.codec.table if seen.outward else map(str, row.codec.table.values())
    what = f"{before} {seen.direction}" if str(before) in listed else "else"
    yield Way("table", f"{row.at}.table", what)


def _read_branches(row: Field, entry: Entry, seen: Seen) -> Iterator[str]:
    before, after = entry.before, entry.after
    if before is None and after is not None and row.default is not None:
        yield DEFAULT
    elif before is None and after is None:
        yield ABSENT if entry.verdict == "absent" else NULL
    if seen.outward:
        several = before if isinstance(before, tuple) and len(row.canonical) > 1 else ()
        yield from (f"no {path}" for path, one in zip(row.canonical, several, strict=False) if one is None)
        if after is not None:
            for path in (path for path in row.dialect if path.guarded):
                wrote = any(pointer.endswith(point("", path.keys)) for pointer in entry.dialect)
                yield f"{'into' if wrote else 'not into'} {path}"
    elif len(row.dialect) > 1 and before is not None:
        said = (look(seen.source, pointer) is not None for pointer in entry.dialect)
        yield f"from {next(path for path, one in zip(row.dialect, said, strict=True) if one)}"


def _read_constant(row: Constant, entry: Entry, seen: Seen) -> Iterator[Way]:
    yield Way("row", row.at, seen.direction) if entry.verdict == "constant" else Way("branch", row.at, ABSENT)


def _read_drop(row: Drop, entry: Entry, _seen: Seen) -> Iterator[Way]:
    for path in row.canonical:
        if entry.canonical[0].endswith(point("", path.keys)):
            yield Way("row", row.at, f"drops {path}")


READS: dict[type, Callable[[Any, Entry, Seen], Iterator[Way]]] = {
    Field: _read_field,
    Constant: _read_constant,
    Drop: _read_drop,
}


class Walk:
    """The turns of which the oracle leaves no entry: into objects and lists, out of line, conditions of constants."""

    def __init__(self, seen: Seen) -> None:
        self.seen = seen

    def rows(self, rows: Sequence[Bound], source: Any) -> Iterator[Way]:
        for row in rows:
            if type(row) in WALKS:
                yield from WALKS[type(row)](self, row, source)

    def group(self, row: Group, source: Any) -> Iterator[Way]:
        path = row.canonical if self.seen.outward else row.dialect
        inner = self._read(path, source)
        if not inner:
            turn = EMPTY if inner is not None else NULL if self._holds(path, source) else ABSENT
            yield from [Way("branch", row.at, turn)] * self.seen.outside
            return
        yield Way("row", row.at, self.seen.direction)
        for item in inner if row.many else [inner]:
            yield from self.rows(row.rows, item)

    def outlined(self, row: Outlined, source: Any) -> Iterator[Way]:
        if self.seen.outward:
            moved, item = self._read(row.unless, source) in (None, ""), source
        else:
            index, side = self._read(row.index, source), reach(self.seen.source, row.to.keys) or ()
            moved = isinstance(index, int) and 0 <= index < len(side)
            item = side[index] if moved else None
        if moved:
            yield Way("row", row.at, self.seen.direction)
            yield from self.rows(row.rows, item)
        elif self.seen.outside:
            yield Way("branch", row.at, INLINE)

    def constant(self, row: Constant, source: Any) -> Iterator[Way]:
        if self.seen.outward and row.towards == "to_dialect" and not self._meets(row.when, source):
            yield Way("branch", row.at, UNMET)

    def _meets(self, when: Conditions, source: Any) -> bool:
        return all(self._read(path, source) in values for path, values in when)

    def _read(self, path: Path, source: Any) -> Any:
        return reach(self.seen.source if path.rooted else source, path.keys)

    def _holds(self, path: Path, source: Any) -> bool:
        parent = reach(self.seen.source if path.rooted else source, path.keys[:-1])
        return isinstance(parent, dict) and path.keys[-1] in parent


WALKS: Mapping[type, Callable[[Walk, Any, Any], Iterator[Way]]] = {
    Group: Walk.group,
    Outlined: Walk.outlined,
    Constant: Walk.constant,
}
