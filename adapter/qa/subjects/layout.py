"""Where the rows of a mapping stand in the canonical order, and on which other members each of them depends."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from adapter.core.dialects import Dialect
from adapter.core.ledger import INDEX
from adapter.lens.bound import Bound, Field, Group, Outlined
from adapter.lens.schemas import SchemaView
from adapter.lens.trees import Path, parse_path, point

# What derived values follow from.
DERIVED: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "derived.lines_total": frozenset({"/line_items/*/price", "/line_items/*/quantity"}),
        "derived.total_text": frozenset({"/line_items/*/price", "/line_items/*/quantity", "/total"}),
        "derived.currency": frozenset({"/currency"}),
    }
)


class Placed(NamedTuple):
    """A row's member as a pattern such as ``/line_items/*/price``, its place in the mapped order as another.

    ``beside`` are the patterns of other canonical members that decide on it.
    """

    pattern: str
    dialect: str
    row: Field
    beside: frozenset[str]


class Spot(NamedTuple):
    """Where rows stand: patterns on both sides, and what decides on all of them."""

    ours: str = ""
    theirs: str = ""
    beside: frozenset[str] = frozenset()


def place_rows(dialect: Dialect) -> list[Placed]:
    """Every canonical member that a row of the order carries; one with several rows comes several times."""
    placed = list(_place(dialect.order.rows, Spot()))
    for step in dialect.steps:
        asked = {point("", parse_path(path).keys) for path in (step.rows.when, step.rows.unless) if path}
        deciding = frozenset(one.pattern for one in placed if one.dialect in asked)
        part = point("", parse_path(step.rows.for_each or step.rows.send or ".").keys)
        placed = [
            one._replace(beside=one.beside | deciding - {one.pattern}) if part and one.dialect.startswith(part) else one
            for one in placed
        ]
    return placed


def _place(rows: Sequence[Bound], spot: Spot) -> Iterator[Placed]:
    for row in rows:
        if isinstance(row, Group):
            star = "/*" if row.many else ""
            inner = Spot(_point(spot.ours, row.canonical) + star, _point(spot.theirs, row.dialect) + star, spot.beside)
            yield from _place(row.rows, inner)
        elif isinstance(row, Outlined):
            side = _point("", row.to) + "/*"
            yield from _place(row.rows, Spot(spot.ours, side, spot.beside | {_point(spot.ours, row.unless)}))
        elif isinstance(row, Field):
            yield from _place_field(row, spot)


def _place_field(row: Field, spot: Spot) -> Iterator[Placed]:
    read = {_point(spot.ours, path) for path, _ in row.when} | {_point(spot.ours, path) for path in row.canonical}
    if row.codec is not None and row.codec.beside is not None:
        read.add(_point(spot.ours, row.codec.beside.canonical))
    for name in row.default.references if row.default is not None else ():
        read |= DERIVED.get(name, {"/" + name.removeprefix("order.").replace(".", "/")})
    for path in row.canonical:
        pattern = _point(spot.ours, path)
        yield Placed(pattern, _point(spot.theirs, row.dialect[0]), row, spot.beside | read - {pattern})


def list_read(dialect: Dialect) -> dict[str, list[Any]]:
    """The members of an answer, as patterns, that a row reads, and all around them; with the values its table knows."""
    lenses, found = (dialect.receipt, dialect.echo), dict[str, list[Any]]()
    for pattern, values in (one for lens in lenses if lens is not None for one in _list_read(lens.rows, "")):
        found.setdefault(pattern, []).extend(values)
        while pattern := pattern.rpartition("/")[0]:
            found.setdefault(pattern, [])
    return found


def _list_read(rows: Sequence[Bound], here: str) -> Iterator[tuple[str, list[Any]]]:
    for row in rows:
        if isinstance(row, Group):
            inner = _point(here, row.dialect)
            yield inner, []
            yield from _list_read(row.rows, inner + ("/*" if row.many else ""))
        elif isinstance(row, Field):
            known = list(row.codec.table.values()) if row.codec is not None else []
            yield from ((_point(here, path), known) for path in row.dialect)


def list_pointers(document: Any, at: str = "") -> Iterator[str]:
    """Every member of a document, objects and lists too; of a list only its first item's."""
    if isinstance(document, dict):
        for key, value in document.items():
            pointer = point(at, (key,))
            yield pointer
            yield from list_pointers(value, pointer)
    elif isinstance(document, list) and document:
        yield from list_pointers(document[0], f"{at}/0")


def find_member(view: SchemaView, pointer: str) -> SchemaView | None:
    """The schema of a member; None where none is declared."""
    here: SchemaView | None = view
    for key in pointer.split("/")[1:]:
        here = here and (here.item() if key.isdigit() else here.member((key,)))
    return here


def as_pattern(pointer: str) -> str:
    """A pointer with a star for each index."""
    return INDEX.sub("/*", pointer)


def _point(here: str, path: Path) -> str:
    return point("" if path.rooted else here, path.keys)
