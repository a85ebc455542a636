"""The laws a lens keeps, as functions that raise ``AssertionError`` with the place that broke one."""

from collections.abc import Sequence
from typing import Any

from adapter.lens.bound import Bound, Field, Group, Outlined
from adapter.lens.interpret import Entry
from adapter.lens.lens import Lens
from adapter.lens.trees import Tree, leaves

# Verdicts under which the very value must come back.
EXACT = frozenset({"carried", "renamed", "converted", "joined"})


def check_agreement(lens: Lens, tree: Tree, context: Tree) -> Tree:
    """Compiled and interpreted lens say the same, there and back; gives the document."""
    document = lens.to_dialect(tree, context)
    _demand(document == lens.explain(tree, context, "to_dialect").target, "to_dialect: compiled is not interpreted")
    back = lens.to_canonical(document, context)
    _demand(back == lens.explain(document, context, "to_canonical").target, "to_canonical: compiled is not interpreted")
    return document


def check_round_trip(lens: Lens, tree: Tree, context: Tree) -> None:
    """What comes back is what went out, except for the declared losses; a second trip changes nothing."""
    entries = lens.explain(tree, context, "to_dialect").entries
    document = lens.to_dialect(tree, context)
    back = lens.to_canonical(document, context)
    lossy = {row.at for row in _fields(lens.rows) if row.lossy}
    returned, sent = dict(leaves(back)), dict(leaves(tree))
    for pointer in _exact(entries, lossy) & sent.keys():
        found = returned.get(pointer)
        grown = sent[pointer] == {} and any(place.startswith(f"{pointer}/") for place in returned)
        _demand(grown or found == sent[pointer], f"{pointer}: {sent[pointer]!r} came back as {found!r}")
    _check_nothing_invented(returned, sent, entries, lossy)
    _demand(lens.to_dialect(back, context) == document, "the second trip gives another document")


def _exact(entries: Sequence[Entry], lossy: set[str]) -> set[str]:
    return {p for entry in entries if entry.verdict in EXACT and entry.at not in lossy for p in entry.canonical}


def _check_nothing_invented(returned: Tree, sent: Tree, entries: Sequence[Entry], lossy: set[str]) -> None:
    """A member that was not sent comes back only where a row says that it may."""
    loose = {d for entry in entries if entry.at in lossy for d in entry.dialect}
    allowed = {
        pointer
        for entry in entries
        if entry.verdict in {"defaulted", "absent"} or loose & set(entry.dialect)
        for pointer in entry.canonical
    }
    for pointer, value in returned.items():
        known = pointer in sent or pointer in allowed or value in ({}, [])
        _demand(known, f"{pointer}: {value!r} came back and was never sent")


def _demand(kept: bool, message: str) -> None:
    """An ``assert`` that stands under ``python -O`` too."""
    if not kept:
        raise AssertionError(message)


def _fields(rows: Sequence[Bound]) -> list[Field]:
    found: list[Any] = []
    for row in rows:
        if isinstance(row, Field):
            found.append(row)
        elif isinstance(row, (Group, Outlined)):
            found += _fields(row.rows)
    return found
