"""Which ways an order went, as the compiled lens told it: less than the oracle can say, since no value is in it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from adapter.core.coverage.footprints import WRITTEN, Footprints
from adapter.core.coverage.turns import LEFT_OUT, STANDS_IN, list_turns
from adapter.core.coverage.ways import ABSENT, DEFAULT, INLINE, NULL, UNMET, Way
from adapter.lens.bound import Bound, Constant, Drop, Field, Group, Outlined
from adapter.lens.interpret import Entry
from adapter.lens.notes import Aside, Inside, Note, Noted, Told
from adapter.lens.rows import Direction
from adapter.lens.trees import point

OUT: Direction = "to_dialect"


def find_told(footprints: Footprints, told: Told) -> set[Way]:
    """Rows that were gone, members that were absent or null, and what stood in, of one order."""
    ways: set[Way] = set()
    for entry in footprints.lens.unfold(told):
        row = footprints.by_place[entry.at]
        if isinstance(row, Field):
            ways |= set(_read_field(row, entry))
        elif isinstance(row, Drop):
            ways |= {
                Way("row", row.at, f"drops {path}") for path in row.canonical if _ends_with(entry.canonical, path.keys)
            }
        elif isinstance(row, Constant):
            ways.add(Way("row", row.at, OUT))
    return ways | set(_list_turns(footprints.lens.rows, footprints.lens.made[OUT].notes, told))


def _read_field(row: Field, entry: Entry) -> Iterator[Way]:
    if not entry.dialect:
        yield Way("branch", row.at, UNMET)
    elif entry.verdict in WRITTEN:
        yield Way("row", row.at, OUT)
        for path in (path for path in row.dialect if path.guarded):
            wrote = _ends_with(entry.dialect, path.keys)
            yield Way("branch", row.at, f"{'into' if wrote else 'not into'} {path}")
        if entry.verdict == "defaulted":
            yield Way("branch", row.at, DEFAULT) if row.default is not None else Way("codec", row.at, STANDS_IN)
    elif entry.verdict == "null_omitted":
        yield Way("branch", row.at, NULL)
    elif LEFT_OUT in list_turns(row.codec, OUT):
        yield Way("codec", row.at, LEFT_OUT)


def _ends_with(pointers: Sequence[str], keys: tuple[str, ...]) -> bool:
    return any(pointer.endswith(point("", keys)) for pointer in pointers)


class Here(NamedTuple):
    """What was told of one object: the rows that told something, and what was told inside and aside of it."""

    rows: set[str]
    inside: Mapping[Any, Sequence[Told]]
    aside: Mapping[Any, Told]


def _list_turns(rows: Sequence[Bound], notes: Sequence[Noted], told: Told) -> Iterator[Way]:
    here = _sort(notes, told)
    for row in rows:
        if isinstance(row, Group):
            yield from _turn_group(row, notes, here)
        elif isinstance(row, Outlined):
            aside = here.aside.get(row.to)
            yield Way("branch", row.at, INLINE) if aside is None else Way("row", row.at, OUT)
            yield from () if aside is None else _list_turns(row.rows, notes, aside)
        elif row.at in here.rows or isinstance(row, Drop):
            continue
        elif isinstance(row, Constant) and row.towards == OUT:
            yield Way("branch", row.at, UNMET if row.when else ABSENT)
        elif isinstance(row, Field) and row.only in (None, OUT) and not row.when:
            yield Way("branch", row.at, ABSENT)


def _turn_group(row: Group, notes: Sequence[Noted], here: Here) -> Iterator[Way]:
    inside = here.inside.get((row.canonical, row.dialect))
    if inside is None:
        yield Way("branch", row.at, NULL if row.at in here.rows else ABSENT)
    else:
        yield Way("row", row.at, OUT)
        for item in inside:
            yield from _list_turns(row.rows, notes, item)


def _sort(notes: Sequence[Noted], told: Told) -> Here:
    rows, inside, aside = set[str](), dict[Any, Sequence[Told]](), dict[Any, Told]()
    for one in told:
        number, *beside = (one,) if isinstance(one, int) else one
        note = notes[number]
        if isinstance(note, Inside):
            inside[note.canonical, note.dialect] = beside[0] if note.many else [beside[0]]
        elif isinstance(note, Aside):
            aside[note.dialect] = beside[1]
        elif isinstance(note, Note):
            rows.add(note.at)
    return Here(rows, inside, aside)
