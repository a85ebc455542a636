"""What can be known of a mapping before any order: rules over bound rows and both schemas."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from adapter.lens.bound import Bound, Constant, Drop, Field, Group, LeftOut, Outlined
from adapter.lens.fit import Knowledge, Sides, check_fit
from adapter.lens.rows import Direction
from adapter.lens.rules import Finding
from adapter.lens.schemas import SchemaView
from adapter.lens.tables import check_tables
from adapter.lens.trees import Path


class Place(NamedTuple):
    """A path of one row from the root of its side, items of a list all alike; ``whole`` covers all below it."""

    path: str
    row: Bound
    whole: bool


class Scope(NamedTuple):
    """What is looked at: the section, rows that have findings already, members on which steps depend.

    ``whole`` if every canonical member must be accounted for in it.
    """

    at: str = ""
    faulty: Collection[str] = ()
    gates: Collection[str] = ()
    whole: bool = True


def check_rows(
    rows: Sequence[Bound],
    canonical: SchemaView,
    dialect: SchemaView,
    known: Knowledge = Knowledge(),  # noqa: B008  # a value that nothing changes
    scope: Scope = Scope(),  # noqa: B008  # the same
) -> list[Finding]:
    """Every finding of every rule; ``known.towards`` is the direction in which the rows are mainly used."""
    ours, theirs, towards = list(_places(rows, "canonical")), list(_places(rows, "dialect")), known.towards
    sides = Sides(canonical, dialect, canonical, dialect)
    findings = list(_losses(rows))
    if scope.whole:
        findings += _unaccounted(_carried(ours, towards), canonical, "", scope.at)
    if towards == "to_dialect":  # nobody has to feed a backend's answer
        findings += _unfed(_carried(theirs, towards), dialect, "", known, scope)
    findings += [*_stray_besides(rows)]
    by_row = [*_written_twice(theirs, "to_dialect", scope.faulty), *_written_twice(ours, "to_canonical", scope.faulty)]
    by_row += [*check_fit(rows, sides, known), *check_tables(rows, sides, known)]
    findings += [finding for finding in by_row if finding.row not in scope.faulty]
    return list(dict.fromkeys(findings))


def _unaccounted(places: list[Place], view: SchemaView, base: str, at: str) -> Iterator[Finding]:
    """Every canonical member is mapped or dropped; a forgotten one would be lost without a word."""
    for name, inner in _members(view):
        path = f"{base}/{name}"
        if any(place.path == path and place.whole for place in places):
            continue
        if any(place.path == path or place.path.startswith(f"{path}/") for place in places):
            yield from _unaccounted(places, inner, path, _nearest(places, path, at))
        else:
            message = f"{_dotted(path)}: no row maps it and none drops it with a reason"
            yield Finding("unaccounted", at, message, _dotted(path))


def _unfed(places: list[Place], view: SchemaView, base: str, known: Knowledge, scope: Scope) -> Iterator[Finding]:
    """Every member the dialect requires has a row that can feed it, whatever the tenant or the order."""
    always = view.required()
    for name in sorted(always | view.sometimes_required()):
        path = f"{base}/{name}"
        feeding = [place for place in places if place.path == path or place.path.startswith(f"{path}/")]
        when = "" if name in always else " in some cases"
        if not feeding:
            message = f"{_dotted(path)}: the dialect requires it{when} and no row feeds it"
            yield Finding("unfed", scope.at, message, _dotted(path))
        elif name in always and _dotted(path) not in scope.gates and (why := _why_lacking(feeding, known)):
            yield Finding("sometimes_unfed", feeding[0].row.at, f"{_dotted(path)}: the dialect requires it, {why}")
    for name, inner in _members(view):
        path = f"{base}/{name}"
        if any(place.path.startswith(f"{path}/") or (place.path == path and not place.whole) for place in places):
            yield from _unfed(places, inner, path, known, scope._replace(at=_nearest(places, path, scope.at)))


def _why_lacking(feeding: list[Place], known: Knowledge) -> str:
    """Why none of the rows that feed a member may do so; a member of the order that is missing is the caller's."""
    reasons = [_why_idle(place.row, known) for place in feeding]
    return "" if "" in reasons else reasons[0]


def _why_idle(row: Bound, known: Knowledge) -> str:
    if isinstance(row, (Field, Constant)) and row.when:
        return "and its row has a condition"
    if isinstance(row, Constant):
        lacking = [name for name in row.value.references if known.about(name).may_lack]
        return f"and a tenant may leave out {{{lacking[0]}}}" if lacking else ""
    return ""


def _nearest(places: list[Place], path: str, at: str) -> str:
    """The row that goes into an object or list; else the place of what is around it."""
    return next((p.row.at for p in places if p.path == path and isinstance(p.row, (Group, Outlined))), at)


def _losses(rows: Sequence[Bound]) -> Iterator[Finding]:
    """A row that cannot be undone says so, and only such a row."""
    for row in rows:
        if isinstance(row, (Group, Outlined)):
            yield from _losses(row.rows)
        if isinstance(row, Drop) and not isinstance(row, LeftOut) and not row.reason.strip():
            yield Finding("undeclared_loss", f"{row.at}.drop", "expected the reason of the loss, found an empty text")
        if not isinstance(row, Field):
            continue
        lossy = row.codec.codec.lossy if row.codec is not None else ""
        optional = row.codec is not None and bool(row.codec.options)  # which may be what makes it lossy
        if row.lossy and not (lossy or row.when or row.only or optional):
            yield Finding("needless_lossy", f"{row.at}.lossy", "the row can be undone: drop `lossy`, or name its codec")
        elif not row.lossy and lossy:
            yield Finding("undeclared_loss", row.at, f"its codec cannot be undone: {lossy}; say `lossy`")
        elif not row.lossy and (row.when or row.only):
            yield Finding("undeclared_loss", row.at, "`when` and `only` carry a value one way; say `lossy`")


def _stray_besides(rows: Sequence[Bound]) -> Iterator[Finding]:
    """What a codec reads along is the same fact on both sides, else amounts and their currency part ways."""
    pairs = set(_pairs(rows, "", ""))
    for at, beside in _besides(rows, "", ""):
        if beside not in pairs:
            ours, theirs = map(_dotted, beside)
            message = f"`beside` reads {ours!r} here and {theirs!r} there, and no row relates the two"
            yield Finding("stray_beside", f"{at}.codec", message)


def _pairs(rows: Sequence[Bound], ours: str, theirs: str) -> Iterator[tuple[str, str]]:
    for row, base, side in _all_rows(rows, ours, theirs):
        if isinstance(row, (Field, LeftOut)):  # what was left out may have been the one
            yield from ((_full(a, base), _full(b, side)) for a in row.canonical for b in row.dialect)


def _besides(rows: Sequence[Bound], ours: str, theirs: str) -> Iterator[tuple[str, tuple[str, str]]]:
    for row, base, side in _all_rows(rows, ours, theirs):
        if isinstance(row, Field) and row.codec is not None and row.codec.beside is not None:
            beside = row.codec.beside
            yield row.at, (_full(beside.canonical, base), _full(beside.dialect, side))


def _all_rows(rows: Sequence[Bound], ours: str, theirs: str) -> Iterator[tuple[Bound, str, str]]:
    """Every row with the paths from both roots to the objects it stands in."""
    for row in rows:
        yield row, ours, theirs
        if isinstance(row, Group):
            yield from _all_rows(row.rows, _full(row.canonical, ours), _full(row.dialect, theirs))
        elif isinstance(row, Outlined):
            yield from _all_rows(row.rows, ours, _full(row.to, ""))


def _written_twice(places: list[Place], direction: Direction, faulty: Collection[str]) -> list[Finding]:
    """No two rows write one place in one direction; the later would win unseen."""
    written = [place for place in places if _writes(place.row, direction) and place.row.at not in faulty]
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


def _places(rows: Sequence[Bound], side: str) -> Iterator[Place]:
    for row, ours, theirs in _all_rows(rows, "", ""):
        whole = isinstance(row, (Field, Drop, Constant))
        for path in _paths(row, side):
            rooted = isinstance(row, Outlined) and path == row.to
            yield Place(_full(path, "" if rooted else ours if side == "canonical" else theirs), row, whole)


def _dotted(path: str) -> str:
    return path[1:].replace("/", ".")


def _full(path: Path, base: str) -> str:
    return ("" if path.rooted else base) + "".join(f"/{key}" for key in path.keys)


def _paths(row: Bound, side: str) -> Sequence[Path]:
    if isinstance(row, (Field, LeftOut)):
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
