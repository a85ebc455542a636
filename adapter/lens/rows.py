"""What a mapping file may say about fields, as frozen data; nothing here does anything."""

from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType, field

Direction = Literal["to_dialect", "to_canonical"]

Paths = str | tuple[str, ...]


class Beside(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a codec finds the value it reads along, on each side; a leading ``/`` starts at the root."""

    canonical: str
    dialect: str
    default: Any = None


class CodecUse(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A codec of the gateway with this dialect's options, under a name the rows use."""

    use: str
    beside: Beside | None = None
    options: dict[str, Any] = {}


class Outline(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Part of an item that moves to a list at the root and leaves its zero-based index in the item.

    It moves unless the member ``unless`` says something; absent, null and blank are nothing.
    """

    unless: str
    to: str
    index: str
    rows: tuple["Row", ...]
    inline: str


class Row(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One fact about one field, said once and read in both directions.

    ``when`` names canonical members and the values they must have; no value demands that one is absent.
    """

    canonical: Paths = ()
    dialect: Paths = ()
    codec: str | tuple[str, ...] | None = None
    table: dict[str, Any] | None = None
    back: dict[str, Any] | None = None
    otherwise: Any | UnsetType = field(default=UNSET, name="else")
    shape: str | None = None
    each: tuple["Row", ...] | None = None
    outline: Outline | None = None
    const: Any | UnsetType = UNSET
    default: Any | UnsetType = UNSET
    when: dict[str, tuple[Any, ...]] | None = None
    only: Direction | None = None
    drop: str | None = None
    lossy: str | None = None


class Shape(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rows that several places share, such as the two addresses of an order."""

    rows: tuple[Row, ...]


def as_paths(paths: Paths) -> tuple[str, ...]:
    """One path or several, as several."""
    return (paths,) if isinstance(paths, str) else paths
