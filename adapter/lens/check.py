"""What can be known of a mapping before any order: named rules over bound rows and both schemas."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from adapter.lens.bound import Bound, Constant, Drop, Field, Group, Outlined
from adapter.lens.rows import Direction
from adapter.lens.schemas import SchemaView
from adapter.lens.trees import Path


class Finding(NamedTuple):
    """A broken rule: its name, the row or member, and the sentence for whoever mends the mapping."""

    rule: str
    at: str
    message: str


class Place(NamedTuple):
    """A path of one row from the root of its side, items of a list all alike; ``whole`` covers all below it."""

    path: str
    row: Bound
    whole: bool


def check_rows(
    rows: Sequence[Bound], canonical: SchemaView, dialect: SchemaView, towards: Direction = "to_dialect"
) -> list[Finding]:
    """Every finding of every rule; ``towards`` is the direction in which the rows are mainly used."""
    ours, theirs = list(_places(rows, "canonical")), list(_places(rows, "dialect"))
    findings = [*_unaccounted(_carried(ours, towards), canonical, ""), *_undeclared_losses(rows), *_mismatches(rows)]
    if towards == "to_dialect":  # nobody has to feed a backend's answer
        findings += _unfed(_carried(theirs, towards), dialect, "")
    return findings + _written_twice(theirs, "to_dialect") + _written_twice(ours, "to_canonical")


def _unaccounted(places: list[Place], view: SchemaView, base: str) -> Iterator[Finding]:
    """Every canonical member is mapped or dropped; a forgotten one would be lost without a word."""
    for name, inner in _members(view):
        path = f"{base}/{name}"
        if any(place.path == path and place.whole for place in places):
            continue
        if any(place.path == path or place.path.startswith(f"{path}/") for place in places):
            yield from _unaccounted(places, inner, path)
        else:
            yield Finding("unaccounted", _dotted(path), "no row maps it and none drops it with a reason")


def _unfed(places: list[Place], view: SchemaView, base: str) -> Iterator[Finding]:
    """Every member the dialect requires has a row that can feed it."""
    fed = {place.path for place in places}
    for name in sorted(view.required()):
        path = f"{base}/{name}"
        if not any(place == path or place.startswith(f"{path}/") for place in fed):
            yield Finding("unfed", _dotted(path), "the dialect requires it and no row feeds it")
    for name, inner in _members(view):
        path = f"{base}/{name}"
        if any(place.path.startswith(f"{path}/") or (place.path == path and not place.whole) for place in places):
            yield from _unfed(places, inner, path)


def _undeclared_losses(rows: Sequence[Bound]) -> Iterator[Finding]:
    """A row that cannot be undone says so."""
    for row in rows:
        if isinstance(row, (Group, Outlined)):
            yield from _undeclared_losses(row.rows)
        if not isinstance(row, Field) or row.lossy:
            continue
        if row.codec is not None and row.codec.codec.lossy:
            message = f"its codec cannot be undone: {row.codec.codec.lossy}; say `lossy`"
            yield Finding("undeclared_loss", row.at, message)
        elif row.when or row.only:
            yield Finding("undeclared_loss", row.at, "`when` and `only` carry a value one way; say `lossy`")


def _mismatches(rows: Sequence[Bound]) -> Iterator[Finding]:
    """A value that is carried as it is is of a type that both sides have."""
    for row in rows:
        if isinstance(row, (Group, Outlined)):
            yield from _mismatches(row.rows)
        elif isinstance(row, Field) and row.mismatch:
            yield Finding("mismatch", row.at, row.mismatch)


def _written_twice(places: list[Place], direction: Direction) -> list[Finding]:
    """No two rows write one place in one direction; the later would win unseen."""
    written = [place for place in places if _writes(place.row, direction)]
    counts = Counter(place.path for place in written)
    return [
        Finding("written_twice", place.row.at, f"more than one row writes {_dotted(place.path)!r}")
        for place in written
        if counts[place.path] > 1
    ]


def _writes(row: Bound, direction: Direction) -> bool:
    """Whether a row always writes in a direction; rows under conditions may take turns."""
    if isinstance(row, Field):
        return row.only in (None, direction) and not row.when
    if isinstance(row, Constant):
        return row.towards == direction and not row.when
    return isinstance(row, Group)


def _carried(places: list[Place], towards: Direction) -> list[Place]:
    """Places of rows that do something in a direction."""
    return [
        place
        for place in places
        if not (isinstance(place.row, Field) and place.row.only not in (None, towards))
        and not (isinstance(place.row, Constant) and place.row.towards != towards)
    ]


def _places(rows: Sequence[Bound], side: str, base: str = "") -> Iterator[Place]:
    for row in rows:
        whole = isinstance(row, (Field, Drop, Constant))
        for path in _paths(row, side):
            yield Place(_full(path, base), row, whole)
        if isinstance(row, Group):
            yield from _places(row.rows, side, _full(row.canonical if side == "canonical" else row.dialect, base))
        elif isinstance(row, Outlined):
            yield from _places(row.rows, side, base if side == "canonical" else _full(row.to, ""))


def _dotted(path: str) -> str:
    return path[1:].replace("/", ".")


def _full(path: Path, base: str) -> str:
    return ("" if path.rooted else base) + "".join(f"/{key}" for key in path.keys)


def _paths(row: Bound, side: str) -> Sequence[Path]:
    if isinstance(row, Field):
        return row.canonical if side == "canonical" else row.dialect
    if isinstance(row, Drop):
        return row.canonical if side == "canonical" else ()
    if isinstance(row, Constant):
        return (row.path,) if row.towards == f"to_{side}" else ()
    if isinstance(row, Outlined):
        return () if side == "canonical" else (row.index, row.to)
    return (row.canonical if side == "canonical" else row.dialect,)


def _members(view: SchemaView) -> Iterator[tuple[str, SchemaView]]:
    """Declared members with the schema inside: that of the items where it is a list."""
    for name in view.names():
        inner = view.member((name,))
        if inner is not None:
            yield name, inner.item() or inner
