"""Rows after binding: a closed set of kinds that the oracle, the compiler and the checks take apart by type."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from adapter.lens.codecs import Codec
from adapter.lens.rows import Direction
from adapter.lens.templates import Template
from adapter.lens.trees import Path


class BoundBeside(Struct, frozen=True):
    """The sibling a codec reads along, on each side, and what stands in for it."""

    canonical: Path
    dialect: Path
    default: Template


class BoundCodec(Struct, frozen=True):
    """A codec with this dialect's options; ``name`` is ours, never text of a mapping.

    For whoever explains or checks it: ``called`` is the mapping's own name of it, ``table``, ``back`` and
    ``otherwise`` what a table says. Several codecs of one row are one with ``parts``, in their order towards the
    dialect.
    """

    name: str
    codec: Codec
    beside: BoundBeside | None = None
    options: Mapping[str, Any] = {}
    called: str = ""
    table: Mapping[str, Any] = {}
    back: Mapping[str, Any] = {}
    otherwise: Any = None
    parts: tuple["BoundCodec", ...] = ()

    def is_table(self) -> bool:
        """Whether it is a row's own table."""
        return self.name == "table"


# Canonical members and the values they must have, all of them; ``(None,)`` demands that one is absent.
Conditions = tuple[tuple[Path, tuple[Any, ...]], ...]


class Field(Struct, frozen=True):
    """One value: several canonical paths are joined by the codec, several dialect paths hold copies."""

    at: str
    canonical: tuple[Path, ...]
    dialect: tuple[Path, ...]
    codec: BoundCodec | None
    default: Template | None
    when: Conditions
    only: Direction | None
    lossy: str
    keeps_null: dict[Direction, bool]


class Group(Struct, frozen=True):
    """An object, or with ``many`` each item of a list, that has rows of its own."""

    at: str
    canonical: Path
    dialect: Path
    rows: tuple["Bound", ...]
    many: bool
    keeps_null: dict[Direction, bool]


class Constant(Struct, frozen=True):
    """What one side wants and the other never says; ``towards`` names the direction that writes it."""

    at: str
    towards: Direction
    path: Path
    value: Template
    when: Conditions


class Drop(Struct, frozen=True):
    """A declared loss."""

    at: str
    canonical: tuple[Path, ...]
    reason: str


class LeftOut(Drop, frozen=True):
    """A row that could not be bound, so that its members count as spoken for; a lens is never made of it."""

    dialect: tuple[Path, ...] = ()


class Outlined(Struct, frozen=True):
    """Rows of an item that move to a list at the root (see ``rows.Outline``)."""

    at: str
    unless: Path
    to: Path
    index: Path
    rows: tuple["Bound", ...]
    inline: str


Bound = Field | Group | Constant | Drop | Outlined


def list_written(rows: Sequence[Bound]) -> Iterator[Path]:
    """Every path that rows write on their way back, as seen from where they stand."""
    for row in rows:
        if isinstance(row, Constant):
            yield from [row.path] if row.towards == "to_canonical" else []
        elif isinstance(row, Group):
            yield row.canonical
            yield from (path for path in list_written(row.rows) if path.rooted)
        elif isinstance(row, Outlined):
            yield from list_written(row.rows)
        elif isinstance(row, Field):
            yield from row.canonical


def list_fields(rows: Sequence[Bound]) -> Iterator[Field]:
    """Every row that carries a value, also those inside others."""
    for row in rows:
        if isinstance(row, Field):
            yield row
        elif isinstance(row, (Group, Outlined)):
            yield from list_fields(row.rows)
