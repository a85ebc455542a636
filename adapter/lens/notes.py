"""Notes: which verdicts a compiled lens came to on its way, as numbers, and the entries they stand for."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from adapter.lens.interpret import Entry
from adapter.lens.trees import Path, leaves, point

# What a lens tells of one document: numbers of notes, each alone or as the first of a tuple with what is inside.
# Two documents that a lens tells the same of have the same members, and the same became of each.
Told = tuple[Any, ...]


class Note(NamedTuple):
    """A verdict on members of the object at hand; see ``interpret.Entry``."""

    canonical: tuple[Path, ...]
    dialect: tuple[Path, ...]
    verdict: str
    at: str
    reason: str = ""


class Inside(NamedTuple):
    """An object or a list; beside its number stands what was told of it, or of each item."""

    canonical: Path
    dialect: Path
    many: bool


class Aside(NamedTuple):
    """An item of a list at the dialect's root; beside its number stand its index and what was told of it."""

    dialect: Path


Noted = Note | Inside | Aside


def note_lost(number: int, value: Any) -> int | Told:
    """A note on a member that is left out, with its leaves where it has any."""
    return (number, tuple(pointer for pointer, _ in leaves(value))) if isinstance(value, (dict, list)) else number


def unfold(notes: Sequence[Noted], told: Told, here: str = "", there: str = "") -> Iterator[Entry]:
    """The oracle's entries less their values, and less those on members that are not there."""
    for one in told:
        number, *beside = (one,) if isinstance(one, int) else one
        note = notes[number]
        if isinstance(note, Note):
            yield Entry(_place(here, note.canonical), _place(there, note.dialect), note.verdict, note.at, note.reason)
        elif isinstance(note, Inside):
            yield from _unfold_inside(notes, note, beside[0], here, there)
        else:
            index, inside = beside
            yield from unfold(notes, inside, here, f"{point('', note.dialect.keys)}/{index}")


def _unfold_inside(notes: Sequence[Noted], note: Inside, told: Told, here: str, there: str) -> Iterator[Entry]:
    (here,), (there,) = _place(here, (note.canonical,)), _place(there, (note.dialect,))
    if not note.many:
        yield from unfold(notes, told, here, there)
        return
    for index, item in enumerate(told):
        yield from unfold(notes, item, f"{here}/{index}", f"{there}/{index}")


def _place(within: str, paths: tuple[Path, ...]) -> tuple[str, ...]:
    return tuple(point("" if path.rooted else within, path.keys) for path in paths)
