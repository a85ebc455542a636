"""Every way of a mapping: its rows in each direction, and each turn that data can make at them; steps, complaints.

Turns are those of data that comes from outside: of orders on their way to the dialect, of answers on theirs back. What
neither schema allows is no way: a member that is required is never absent.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from adapter.core.checks.surroundings import about_member, look_around
from adapter.core.coverage.turns import NEEDS, NEVER_ABSENT, list_turns
from adapter.core.coverage.ways import (
    ABSENT,
    DEFAULT,
    EMPTY,
    INLINE,
    NULL,
    UNMET,
    Way,
    list_sections,
    name_source,
)
from adapter.core.dialects import Dialect
from adapter.core.files.mappings import Errors
from adapter.lens.bound import Bound, Constant, Drop, Field, Group, Outlined
from adapter.lens.fit import About, Sides, explain_value
from adapter.lens.rows import Direction
from adapter.lens.schemas import SchemaView
from adapter.lens.templates import Template
from adapter.lens.trees import Path

DIRECTIONS: tuple[Direction, ...] = ("to_dialect", "to_canonical")


def list_ways(dialect: Dialect, *, back: bool = True) -> list[Way]:
    """Every way of a mapping, in the order of its file; without ``back`` those that orders and answers can go."""
    about = look_around(dialect.mapping, dialect.steps, dialect.api)
    found = [
        way
        for section in list_sections(dialect)
        for sides in section.sides
        for way in Listing(section.towards, about, back=back).rows(section.lens.rows, sides)
    ]
    return list(dict.fromkeys([*found, *_list_steps(dialect), *_list_complaints(dialect)]))


class Listing:
    """The ways of rows, seen from the direction of what comes from outside."""

    def __init__(self, towards: Direction, about: Callable[[str], About], *, back: bool) -> None:
        self.towards = towards
        self.outward = towards == "to_dialect"
        self.about = about
        self.directions = DIRECTIONS if back else (towards,)

    def rows(self, rows: Sequence[Bound], sides: Sides) -> Iterator[Way]:
        for row in rows:
            yield from LISTS[type(row)](self, row, sides)

    def field(self, row: Field, sides: Sides) -> Iterator[Way]:
        for direction in self.directions:
            if row.only in (None, direction):
                yield Way("row", row.at, direction)
                yield from (Way("table", f"{row.at}.table", key) for key in list_keys(row, direction))
        if row.only in (None, self.towards):
            yield from map(partial(Way, "branch", row.at), self._branches(row, sides))
            yield from map(partial(Way, "codec", row.at), self._turns(row, sides))

    def _branches(self, row: Field, sides: Sides) -> Iterator[str]:
        sources = row.canonical if self.outward else row.dialect
        lacks = [self._may_lack(path, sides) for path in sources]
        silent = [lack or self._may_be_null(path, sides) for path, lack in zip(sources, lacks, strict=True)]
        if all(silent):
            yield from self._silences(row, absent=all(lacks), null=any(self._may_be_null(p, sides) for p in sources))
        if row.when and self.outward:
            yield UNMET
        if self.outward:
            yield from (f"no {path}" for path, lack in zip(sources, lacks, strict=True) if lack and len(sources) > 1)
            for path in row.dialect:
                yield from (f"into {path}", f"not into {path}") if path.guarded else ()
        else:
            said = (all(silent[:index]) for index in range(len(sources)))
            yield from (f"from {path}" for path, can in zip(sources, said, strict=True) if can and len(sources) > 1)

    def _silences(self, row: Field, *, absent: bool, null: bool) -> Iterator[str]:
        """What a row does where nothing is said."""
        if row.default is not None:
            yield DEFAULT
        if row.default is not None and not self._may_fail(row.default):
            return
        parts = (row.codec.parts or (row.codec,)) if row.codec is not None and self.outward else ()
        if any(part.name in NEVER_ABSENT for part in parts):
            return
        yield from [ABSENT] * absent + [NULL] * null

    def _turns(self, row: Field, sides: Sides) -> Iterator[str]:
        view = sides.canonical(row.canonical[0]) if self.outward else sides.dialect(row.dialect[0])
        for turn in list_turns(row.codec, self.towards):
            needed = NEEDS.get((row.codec.name if row.codec else "", turn))
            if needed is None or not explain_value(needed, view):
                yield turn

    def group(self, row: Group, sides: Sides) -> Iterator[Way]:
        yield from (Way("row", row.at, direction) for direction in self.directions)
        source = row.canonical if self.outward else row.dialect
        ours, theirs = sides.canonical(row.canonical), sides.dialect(row.dialect)
        view = ours if self.outward else theirs
        turns = [ABSENT] * self._may_lack(source, sides) + [NULL] * self._may_be_null(source, sides)
        turns += [EMPTY] * (row.many and not view.schema.get("minItems"))
        yield from map(partial(Way, "branch", row.at), turns)
        inner = (ours.item() or ours, theirs.item() or theirs) if row.many else (ours, theirs)
        yield from self.rows(row.rows, sides._replace(ours=inner[0], theirs=inner[1]))

    def outlined(self, row: Outlined, sides: Sides) -> Iterator[Way]:
        yield from (Way("row", row.at, direction) for direction in self.directions)
        yield Way("branch", row.at, INLINE)
        side = sides.their_root.member(row.to.keys) or SchemaView({})
        yield from self.rows(row.rows, sides._replace(theirs=side.item() or side))

    def constant(self, row: Constant, _sides: Sides) -> Iterator[Way]:
        if row.towards not in self.directions:
            return
        yield Way("row", row.at, row.towards)
        if row.when and row.towards == "to_dialect":
            yield Way("branch", row.at, UNMET)
        if self._may_fail(row.value):
            yield Way("branch", row.at, ABSENT)

    def drop(self, row: Drop, _sides: Sides) -> Iterator[Way]:
        if "to_dialect" in self.directions:
            yield from (Way("row", row.at, f"drops {path}") for path in row.canonical)

    def _may_fail(self, template: Template) -> bool:
        """Whether what is to stand in may be nothing itself."""
        return any(self.about(reference).may_lack for reference in template.references)

    def _may_lack(self, path: Path, sides: Sides) -> bool:
        view, root = (sides.ours, sides.our_root) if self.outward else (sides.theirs, sides.their_root)
        return about_member(root if path.rooted else view, path.keys).may_lack

    def _may_be_null(self, path: Path, sides: Sides) -> bool:
        return "null" in (sides.canonical(path) if self.outward else sides.dialect(path)).types()


LISTS: dict[type, Callable[[Listing, Any, Sides], Iterator[Way]]] = {
    Field: Listing.field,
    Group: Listing.group,
    Outlined: Listing.outlined,
    Constant: Listing.constant,
    Drop: Listing.drop,
}


def list_keys(row: Field, direction: Direction) -> list[str]:
    """What a row's table can be asked in a direction, each as a way says it."""
    if row.codec is None or not row.codec.is_table():
        return []
    keys = row.codec.table if direction == "to_dialect" else map(str, row.codec.table.values())
    other = direction == "to_canonical" and row.codec.otherwise is not None
    return [f"{key} {direction}" for key in dict.fromkeys(keys)] + ["else"] * other


def _list_steps(dialect: Dialect) -> Iterator[Way]:
    last = dialect.mapping.settings.get("last_step")
    source, may_end = name_source(dialect), False
    for number, step in enumerate(dialect.steps):
        yield Way("step", f"{source}step[{number}]", "called")
        if step.rows.when or step.rows.unless or may_end:
            yield Way("step", f"{source}step[{number}]", "skipped")
        may_end = may_end or (last is not None and step.rows.name in last.choices)
    if dialect.lookup is not None:
        yield from (Way("step", f"{source}lookup", kind) for kind in ("found", "absent", "blind"))


def _list_complaints(dialect: Dialect) -> Iterator[Way]:
    source, mapping = name_source(dialect), dialect.mapping
    for place, what in _list_rules(mapping.errors):
        yield Way("complaint", f"{source}error.{place}", what)
    for name in ("rejected", "not_applied"):
        yield from (
            Way("complaint", f"{source}outcome.{name}", str(status)) for status in getattr(mapping.outcomes, name)
        )
    if mapping.outcomes.placed_if:
        yield from (Way("complaint", f"{source}outcome.placed_if", what) for what in ("kept", "contradicted"))


def _list_rules(errors: Errors) -> Iterator[tuple[str, str]]:
    """Each rule of how a backend complains: its place under ``error``, and what happens there."""
    yield from ((f"said[{number}]", "heard") for number in range(len(errors.said)))
    yield from ((f"warnings[{number}]", "heard") for number in range(len(errors.warnings)))
    yield from (("codes", code) for code in errors.codes)
    yield from (("proves", code) for code in errors.proves)
