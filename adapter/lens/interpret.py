"""What rows mean, written to be read: the oracle of the compiler, and the voice that explains every step.

It walks the rows over one document and keeps, besides the result, an entry for every row it met and a fault
for every value that could not pass. It is slow; the compiled lens is the one that works for a living.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from adapter.errors import Fault
from adapter.lens.bound import Bound, BoundCodec, Conditions, Constant, Drop, Field, Group, Outlined
from adapter.lens.codecs import CodecError
from adapter.lens.rows import Direction
from adapter.lens.templates import fill
from adapter.lens.trees import Path, Tree, holds, place, point, reach


class Entry(NamedTuple):
    """What became of one fact: pointers on both sides, a verdict, and the row that decided.

    The pointers of the side that was written are there under every verdict: where it went, or would have gone.
    """

    canonical: tuple[str, ...]
    dialect: tuple[str, ...]
    verdict: str
    at: str
    reason: str = ""
    before: Any = None
    after: Any = None
    codec: str = ""


class Trace:
    """The result of one walk with everything that was noticed on the way."""

    def __init__(self) -> None:
        self.target: Tree = {}
        self.entries: list[Entry] = []
        self.faults: list[Fault] = []


class Spot(NamedTuple):
    """Where the walk stands: the object read from and the one written to, with their pointers."""

    source: Tree
    target: Tree
    here: str
    there: str


def interpret(rows: Sequence[Bound], source: Tree, context: Tree, direction: Direction, default_in: Direction) -> Trace:
    """Carry ``source`` across; ``default_in`` is the direction in which defaults stand in."""
    walk = Walk(source, context, direction, default_in)
    walk.rows(rows, Spot(source, walk.trace.target, "", ""))
    return walk.trace


class Walk:
    """One document on its way through the rows."""

    def __init__(self, source: Tree, context: Tree, direction: Direction, default_in: Direction) -> None:
        self.root = source
        self.context = context
        self.outward = direction == "to_dialect"
        self.direction: Direction = direction
        self.defaults = direction == default_in
        self.trace = Trace()

    def rows(self, rows: Sequence[Bound], spot: Spot) -> None:
        for row in rows:
            WALKS[type(row)](self, row, spot)

    def field(self, row: Field, spot: Spot) -> None:
        if row.only not in (None, self.direction):
            return
        if self.outward and not self._meets(row.when, spot):
            self._note_unmet(row, spot)
            return
        value = self._pick(row, spot)
        before = value
        if value is None and self.outward and self.defaults and row.default is not None:
            value = row.default.resolve(self.context)
        try:
            value = self._rewrite(row.codec, value, spot)
        except CodecError as exc:
            self._blame(row, spot, exc)
            return
        if value is None and not self.outward and self.defaults and row.default is not None:
            value = row.default.resolve(self.context)
        self._write(row, spot, before, value)

    def group(self, row: Group, spot: Spot) -> None:
        source, target = (row.canonical, row.dialect) if self.outward else (row.dialect, row.canonical)
        inner, side = self._read(source, spot), self._side(target, spot)
        here, there = self._here(source, spot), self._there(target, spot)
        if inner is None:
            if self._has(source, spot):
                if row.keeps_null[self.direction]:
                    place(side, target, None)
                    self._note((here,), (there,), "carried", row.at)
                else:
                    self._note((here,), (there,), "null_omitted", row.at, NO_NULL)
        elif row.many:
            items = [self._item(row, item, f"{here}/{i}", f"{there}/{i}") for i, item in enumerate(inner)]
            place(side, target, items)
            if not items:
                self._note((here,), (there,), "carried", row.at)
        else:
            place(side, target, self._item(row, inner, here, there))

    def _item(self, row: Group, source: Tree, here: str, there: str) -> Tree:
        target: Tree = {}
        self.rows(row.rows, Spot(source, target, here, there))
        if not source:
            self._note((here,), (there,), "carried", row.at)
        return target

    def constant(self, row: Constant, spot: Spot) -> None:
        if row.towards != self.direction or (self.outward and not self._meets(row.when, spot)):
            return
        there = (self._there(row.path, spot),)
        value = row.value.resolve(self.context)
        if value is None:
            self._note((), there, "absent", row.at, f"needs {', '.join(row.value.references)}")
        else:
            place(self._side(row.path, spot), row.path, value)
            self._note((), there, "constant", row.at, after=value)

    def drop(self, row: Drop, spot: Spot) -> None:
        for path in row.canonical:
            if self.outward and holds(spot.source, path.keys):
                here = point(spot.here, path.keys)
                self._note((here,), (), "dropped", row.at, row.reason, reach(spot.source, path.keys))

    def outlined(self, row: Outlined, spot: Spot) -> None:
        if self.outward:
            self._move_out(row, spot)
            return
        index, side = reach(spot.source, row.index.keys), reach(self.root, row.to.keys) or ()
        # -1 is how a backend says "none" on reads
        if isinstance(index, int) and 0 <= index < len(side):
            here = f"{point('', row.to.keys)}/{index}"
            self.rows(row.rows, Spot(side[index], spot.target, here, spot.there))

    def _move_out(self, row: Outlined, spot: Spot) -> None:
        if reach(spot.source, row.unless.keys) not in (None, ""):  # a blank id is none
            for path in list_owned(row.rows):
                if holds(spot.source, path.keys):
                    here = point(spot.here, path.keys)
                    self._note((here,), (), "dropped", row.at, row.inline, reach(spot.source, path.keys))
            return
        side = reach(self.trace.target, row.to.keys) or []
        place(spot.target, row.index, len(side))
        moved: Tree = {}
        place(self.trace.target, row.to, [*side, moved])
        self.rows(row.rows, Spot(spot.source, moved, spot.here, f"{point('', row.to.keys)}/{len(side)}"))

    def _meets(self, when: Conditions, spot: Spot) -> bool:
        return all(self._read(path, spot) in values for path, values in when)

    def _read(self, path: Path, spot: Spot) -> Any:
        return reach(self.root if path.rooted else spot.source, path.keys)

    def _has(self, path: Path, spot: Spot) -> bool:
        return holds(self.root if path.rooted else spot.source, path.keys)

    def _pick(self, row: Field, spot: Spot) -> Any:
        """One value, a tuple of values to be joined, or the first copy that is there."""
        paths = row.canonical if self.outward else row.dialect
        values = [self._read(path, spot) for path in paths]
        present = [value for value in values if value is not None]
        if not present:
            return None
        return tuple(values) if self.outward and len(values) > 1 else present[0]

    def _rewrite(self, codec: BoundCodec | None, value: Any, spot: Spot) -> Any:
        if codec is None:
            return value
        beside, options = self._beside(codec, spot), fill(dict(codec.options), self.context)
        if value is not None:
            rewrite = codec.codec.to_dialect if self.outward else codec.codec.to_canonical
            return rewrite(value, beside, options)
        return codec.codec.absent(beside, options) if self.outward and codec.codec.absent else None

    def _beside(self, codec: BoundCodec, spot: Spot) -> Any:
        if codec.beside is None:
            return None
        path = codec.beside.canonical if self.outward else codec.beside.dialect
        value = self._read(path, spot) or None  # a blank text says nothing
        return codec.beside.default.resolve(self.context) if value is None else value

    def _write(self, row: Field, spot: Spot, before: Any, value: Any) -> None:
        sources, targets = (row.canonical, row.dialect) if self.outward else (row.dialect, row.canonical)
        joined = not self.outward and len(targets) > 1
        values = value if joined and value is not None else [value] * len(targets)
        written: list[str] = []
        for path, one in zip(targets, values, strict=True):
            null = value is None and row.keeps_null[self.direction] and self._has(sources[0], spot)
            if (one is not None or null) and place(self._side(path, spot), path, one):
                written.append(self._there(path, spot))
        present = tuple(path for path in sources if self._has(path, spot))
        verdict, reason = judge(row, before, value, bool(written), bool(present))
        here = tuple(self._here(path, spot) for path in (present if verdict in LOST else sources))
        there = tuple(written) or tuple(self._there(path, spot) for path in targets)
        self._note(here, there, verdict, row.at, reason, before, value, row.codec.name if row.codec else "")

    def _side(self, path: Path, spot: Spot) -> Tree:
        return self.trace.target if path.rooted else spot.target

    def _here(self, path: Path, spot: Spot) -> str:
        return point("" if path.rooted else spot.here, path.keys)

    def _there(self, path: Path, spot: Spot) -> str:
        return point("" if path.rooted else spot.there, path.keys)

    def _note_unmet(self, row: Field, spot: Spot) -> None:
        for path in row.canonical:
            if self._has(path, spot):
                value = self._read(path, spot)
                self._note((self._here(path, spot),), (), "dropped", row.at, row.lossy, value)

    def _blame(self, row: Field, spot: Spot, exc: CodecError) -> None:
        """A fault at the value, or at the sibling its codec could not do without."""
        paths = row.canonical if self.outward else row.dialect
        present = [path for path in paths if self._read(path, spot) is not None] or list(paths)
        place, beside = self._here(present[0], spot), row.codec and row.codec.beside
        if row.codec and beside and self._beside(row.codec, spot) is None:
            sibling = self._here(beside.canonical if self.outward else beside.dialect, spot)
            self.trace.faults.append(Fault(sibling, "required", f"{place} cannot be said without it: {exc}"))
        else:
            self.trace.faults.append(Fault(place, exc.code, str(exc)))

    def _note(
        self,
        here: tuple[str, ...],
        there: tuple[str, ...],
        verdict: str,
        at: str,
        reason: str = "",
        before: Any = None,
        after: Any = None,
        codec: str = "",
    ) -> None:
        ours, theirs = (here, there) if self.outward else (there, here)
        self.trace.entries.append(Entry(ours, theirs, verdict, at, reason, before, after, codec))


WALKS: dict[type, Callable[[Walk, Any, Spot], None]] = {
    Field: Walk.field,
    Group: Walk.group,
    Constant: Walk.constant,
    Drop: Walk.drop,
    Outlined: Walk.outlined,
}


def list_owned(rows: Sequence[Bound]) -> list[Path]:
    """The canonical members that an outline's rows move."""
    return [path for row in rows if isinstance(row, Field) for path in row.canonical]


# Verdicts on a field whose value does not get to the other side.
LOST = frozenset({"null_omitted", "dropped"})

NO_NULL = "the other side has no null here"


def judge(row: Field, before: Any, after: Any, written: bool, present: bool) -> tuple[str, str]:
    """The verdict on a field, from what was there before and what was written."""
    if not (present or written):
        return "absent", row.lossy
    if row.only is not None and (written or before is not None):
        return ("copied" if written else "absent"), row.lossy
    if before is None and not written:
        return "null_omitted", NO_NULL
    if not written or (after == "" and before not in ("", None)):
        return "dropped", row.lossy or "its codec leaves it out"
    if before is None and after is not None:
        return "defaulted", "a default stands in"
    if len(row.canonical) > 1:
        return "joined", row.lossy
    if row.codec is not None:
        return "converted", row.lossy
    same = row.canonical[0].keys == row.dialect[0].keys
    return ("carried" if same else "renamed"), row.lossy
