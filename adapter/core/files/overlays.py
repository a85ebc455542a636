"""A tenant's rows laid over those of a dialect: what they replace, what they add, and which file each came from."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET, Struct, field, structs

from adapter.core.files.forms import as_findings, find_slips
from adapter.core.files.mappings import MappingFile, Setting
from adapter.lens.rows import CodecUse, Row, Shape, as_paths
from adapter.lens.rules import refuse
from adapter.lens.trees import Path, parse_path


class Overlay(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a tenant may say on top of a dialect; its calls and promises are the backend's and stay as they are."""

    order: tuple[Row, ...] = ()
    receipt: tuple[Row, ...] = ()
    echo: tuple[Row, ...] = ()
    codecs: dict[str, CodecUse] = field(default_factory=dict, name="codec")
    shapes: dict[str, Shape] = field(default_factory=dict, name="shape")
    settings: dict[str, Setting] = field(default_factory=dict, name="setting")


class Laid(NamedTuple):
    """A mapping made of two, the name of its file in messages, and where its rows and codecs really stand.

    The keys of ``places`` are places as binding counts them, such as ``my.toml over lana.toml: order[3]``; a value
    is the place in the file that a person can open, such as ``my.toml: order[0]``.
    """

    mapping: MappingFile
    source: str
    places: Mapping[str, str]


class Placed(NamedTuple):
    """A row and its place in its own file; ``inner`` are those of its ``each``."""

    row: Row
    at: str
    inner: tuple["Placed", ...] = ()


def read_overlay(data: dict[str, Any], source: str) -> Overlay:
    """An overlay from decoded TOML; a ``MappingError`` names every slip by file, row and key."""
    meant, slips = find_slips(data, Overlay)
    refuse(as_findings(slips, source))
    return msgspec.convert(meant, Overlay)


def lay_over(mapping: MappingFile, overlay: Overlay, source: str) -> Laid:
    """The mapping as a tenant has it; ``source`` is the overlay's file.

    A row of the overlay takes the place of the rows that name one of its canonical members, and of constants that
    write its dialect member; the rows of an ``each`` and of a shape are laid over each other one by one. Anything
    else is added. Codecs and settings go by name.
    """
    lower, upper = f"{mapping.dialect}.toml: ", f"{source}: "
    both = f"{source} over {mapping.dialect}.toml"
    sections = {
        "order": (mapping.order, overlay.order),
        "receipt": (mapping.receipt, overlay.receipt),
        "echo": (mapping.echo, overlay.echo),
        **{f"shape.{name}.rows": _shape_rows(name, mapping, overlay) for name in mapping.shapes | overlay.shapes},
    }
    laid = {
        name: lay_rows(place_rows(under, f"{lower}{name}"), place_rows(over, f"{upper}{name}"))
        for name, (under, over) in sections.items()
    }
    places = {key: at for name, rows in laid.items() for key, at in _places(rows, f"{both}: {name}")}
    codecs = mapping.codecs | overlay.codecs
    places |= {f"{both}: codec.{name}": f"{upper if name in overlay.codecs else lower}codec.{name}" for name in codecs}
    shapes = {name: Shape(rows=_rows(laid[f"shape.{name}.rows"])) for name in mapping.shapes | overlay.shapes}
    made = structs.replace(
        mapping,
        order=_rows(laid["order"]),
        receipt=_rows(laid["receipt"]),
        echo=_rows(laid["echo"]),
        codecs=codecs,
        shapes=shapes,
        settings=mapping.settings | overlay.settings,
    )
    return Laid(made, both, places)


def lay_rows(under: Sequence[Placed], over: Sequence[Placed]) -> tuple[Placed, ...]:
    """Rows laid over rows: a replacement stands where the first that it replaces stood, an addition at the end."""
    kept: list[Placed | None] = list(under)
    above: list[list[Placed]] = [[] for _ in under]
    added: list[Placed] = []
    for upper in over:
        met = [i for i, lower in enumerate(under) if _meets(upper.row, lower.row)]
        group = next((i for i in met if _is_same_group(upper.row, kept[i])), None)
        if group is not None:
            lower = kept[group]
            assert lower is not None  # noqa: S101  # it is a group
            kept[group] = lower._replace(inner=lay_rows(lower.inner, upper.inner))
            continue
        for i in met:
            kept[i] = _take_out(upper.row, kept[i])
        (above[met[0]] if met else added).append(upper)
    standing = [row for i, lower in enumerate(kept) for row in (*above[i], lower) if row is not None]
    return (*standing, *added)


def place_rows(rows: Sequence[Row], at: str) -> tuple[Placed, ...]:
    """Rows with their places; ``at`` is the list that they stand in."""
    return tuple(Placed(row, f"{at}[{i}]", place_rows(row.each or (), f"{at}[{i}].each")) for i, row in enumerate(rows))


def _shape_rows(name: str, mapping: MappingFile, overlay: Overlay) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
    none = Shape(rows=())
    return mapping.shapes.get(name, none).rows, overlay.shapes.get(name, none).rows


def _rows(placed: Sequence[Placed]) -> tuple[Row, ...]:
    return tuple(row if row.each is None else structs.replace(row, each=_rows(inner)) for row, _, inner in placed)


def _places(placed: Sequence[Placed], at: str) -> Iterator[tuple[str, str]]:
    """What binding calls each row, and its real place; what is inside a row, binding counts from the latter."""
    for i, (_, real, inner) in enumerate(placed):
        yield f"{at}[{i}]", real
        yield from _places(inner, f"{real}.each")


def _meets(upper: Row, lower: Row) -> bool:
    if _members(upper) & _members(lower):
        return True
    return lower.const is not UNSET and bool(_paths(upper.dialect) & _paths(lower.dialect))


def _members(row: Row) -> set[Path]:
    """The canonical members that a row is about; those of an outline are its own."""
    inner = row.outline.rows if row.outline is not None else ()
    return _paths(row.canonical).union(*map(_members, inner))


def _paths(texts: str | tuple[str, ...]) -> set[Path]:
    return {parse_path(text) for text in as_paths(texts)}


def _is_same_group(upper: Row, placed: Placed | None) -> bool:
    if placed is None or upper.each is None or placed.row.each is None:
        return False
    lower = placed.row
    return _paths(upper.canonical) == _paths(lower.canonical) and _paths(upper.dialect) == _paths(lower.dialect)


def _take_out(upper: Row, placed: Placed | None) -> Placed | None:
    """What a row leaves of one that it meets: nothing, or of a drop of several members the others."""
    if placed is None or placed.row.drop is None:
        return None
    left = tuple(path for path in as_paths(placed.row.canonical) if parse_path(path) not in _members(upper))
    return placed._replace(row=structs.replace(placed.row, canonical=left)) if left else None
