"""What each row of a mapping does to its members, as flat records: the class, the reason, and both sides in full."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from msgspec import Struct

from adapter.lens.bound import Bound, BoundCodec, Conditions, Constant, Drop, Field, Group, Outlined
from adapter.lens.rows import Direction
from adapter.lens.trees import Path


class RowClass(StrEnum):
    """What a row keeps of a value on its way there and back."""

    LOSSLESS = "lossless"
    LOSSY = "lossy"
    ONE_WAY = "one_way"
    CONSTANT = "constant"
    DROPPED = "dropped"


class Classed(Struct, frozen=True, kw_only=True):
    """One row with its class; paths are dotted from the root, with ``[]`` after a list whose items are meant.

    ``codec`` is the mapping's name of the codec where it gives one, ``use`` the gateway's. ``when`` has canonical
    paths and the values they must have, ``(None,)`` for absent. ``only`` is the direction of a row that has but one.
    """

    at: str
    kind: RowClass
    canonical: tuple[str, ...] = ()
    dialect: tuple[str, ...] = ()
    reason: str = ""
    codec: str = ""
    use: str = ""
    beside: str = ""
    options: Mapping[str, Any] = {}
    table: Mapping[str, Any] = {}
    otherwise: Any = None
    default: Any = None
    const: Any = None
    when: tuple[tuple[str, tuple[Any, ...]], ...] = ()
    only: Direction | None = None


class Spot(NamedTuple):
    """Where a row stands: the objects on both sides, the conditions around it, and what they cost."""

    canonical: str = ""
    dialect: str = ""
    when: tuple[tuple[str, tuple[Any, ...]], ...] = ()
    reason: str = ""


ROOT = Spot()


def classify(rows: Sequence[Bound], spot: Spot = ROOT) -> list[Classed]:
    """Every row in the mapping's order; a group is as its rows are, and has no record of its own."""
    return [record for row in rows for record in CLASSIFIERS[type(row)](row, spot)]


def _field(row: Field, spot: Spot) -> Iterator[Classed]:
    codec = row.codec
    reason = "; ".join(filter(None, [row.lossy or _cost(codec), spot.reason]))
    when = spot.when + _conditions(row.when, spot)
    kind = RowClass.ONE_WAY if row.only else RowClass.LOSSY if reason or when else RowClass.LOSSLESS
    yield Classed(
        at=row.at,
        kind=kind,
        canonical=tuple(_full(path, spot.canonical) for path in row.canonical),
        dialect=tuple(_full(path, spot.dialect) for path in row.dialect),
        reason=reason,
        codec=(codec.called or codec.name) if codec else "",
        use=codec.name if codec else "",
        beside=_beside(codec, spot),
        options=codec.options if codec else {},
        table=codec.table if codec else {},
        otherwise=codec.otherwise if codec else None,
        default=row.default.value if row.default else None,
        when=when,
        only=row.only,
    )


def _group(row: Group, spot: Spot) -> Iterator[Classed]:
    items = "[]" if row.many else ""
    canonical, dialect = _full(row.canonical, spot.canonical), _full(row.dialect, spot.dialect)
    yield from classify(row.rows, spot._replace(canonical=canonical + items, dialect=dialect + items))


def _constant(row: Constant, spot: Spot) -> Iterator[Classed]:
    side = row.towards.removeprefix("to_")
    yield Classed(
        at=row.at,
        kind=RowClass.CONSTANT,
        canonical=(_full(row.path, spot.canonical),) if side == "canonical" else (),
        dialect=(_full(row.path, spot.dialect),) if side == "dialect" else (),
        const=row.value.value,
        when=spot.when + _conditions(row.when, spot),
        only=row.towards,
    )


def _drop(row: Drop, spot: Spot) -> Iterator[Classed]:
    paths = tuple(_full(path, spot.canonical) for path in row.canonical)
    yield Classed(at=row.at, kind=RowClass.DROPPED, canonical=paths, reason=row.reason, when=spot.when)


def _outlined(row: Outlined, spot: Spot) -> Iterator[Classed]:
    """The index that stays, which no canonical member says, and the rows that move away."""
    side = _full(row.to, "")
    when = (*spot.when, (_full(row.unless, spot.canonical), (None,)))
    yield Classed(
        at=row.at,
        kind=RowClass.CONSTANT,
        dialect=(_full(row.index, spot.dialect),),
        reason=f"its index in {side}",
        when=when,
        only="to_dialect",
    )
    yield from classify(row.rows, Spot(spot.canonical, f"{side}[]", when, row.inline))


CLASSIFIERS: dict[type, Callable[[Any, Spot], Iterator[Classed]]] = {
    Field: _field,
    Group: _group,
    Constant: _constant,
    Drop: _drop,
    Outlined: _outlined,
}


def _conditions(when: Conditions, spot: Spot) -> tuple[tuple[str, tuple[Any, ...]], ...]:
    return tuple((_full(path, spot.canonical), values) for path, values in when)


def _cost(codec: BoundCodec | None) -> str:
    """What a codec cannot restore; a table's ``else`` stands for every value that it does not list."""
    if codec is None or codec.codec.lossy or codec.otherwise is None:
        return codec.codec.lossy if codec else ""
    return f"whatever is not listed becomes {codec.otherwise}"


def _beside(codec: BoundCodec | None, spot: Spot) -> str:
    """The canonical sibling that a codec reads along."""
    return _full(codec.beside.canonical, spot.canonical) if codec and codec.beside else ""


def _full(path: Path, around: str) -> str:
    return ".".join(path.keys if path.rooted or not around else (around, *path.keys))
