"""Laws of the way there and back: compiled and interpreted agree, and what is not declared lost returns."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from adapter.errors import Unmappable
from adapter.lens.bound import list_fields
from adapter.lens.interpret import Entry, Trace
from adapter.lens.lens import Lens
from adapter.lens.rows import Direction
from adapter.lens.trees import Tree, leaves, look
from adapter.qa.subjects.broken import Broken, concern, demand, find_row
from adapter.qa.subjects.examples import Passage, choose, situate

# Verdicts under which the very value must come back.
EXACT = frozenset({"carried", "renamed", "converted", "joined"})

UNMAPPED = "the dialect has no way to say the order"


class Way(NamedTuple):
    """The way back through a lens: a document, the tree that was read from it, and the context of both."""

    lens: Lens
    document: Tree
    tree: Tree
    context: Tree


def check_compiled(passage: Passage) -> None:
    """Compiled and interpreted lens give the same, there and back, or refuse the same."""
    lens, context = passage.lens, passage.context
    document = compare_twins(lens, passage.order, context, "to_dialect", passage.outward)
    if document is not None:
        compare_twins(lens, document, context, "to_canonical")


def check_forward_back(passage: Passage) -> None:
    """What went out comes back, except for the declared losses; nothing else comes with it."""
    concern(not passage.outward.faults, UNMAPPED)
    back = Way(passage.lens, passage.document, passage.returned, passage.context)
    check_return(back, passage.order, passage.outward.entries)


def check_back_forward(passage: Passage) -> None:
    """A document that was read back is said again as it was."""
    concern(not passage.outward.faults, UNMAPPED)
    back = Way(passage.lens, passage.document, passage.returned, passage.context)
    check_second_trip(back, passage.outward.entries)


def check_by_way_of(passage: Passage) -> None:
    """What came through this dialect goes through another one as well as an order of its own would."""
    peers = passage.subject.peers
    concern(not passage.outward.faults, UNMAPPED)
    concern(peers, "there is no other dialect")
    named = {peer.dialect.name: peer for peer in peers}
    peer = named[choose(named, passage.example.pick)]
    _demand_quantities(passage)
    lens, context = peer.dialect.order, situate(peer, passage.returned)
    trace = lens.explain(passage.returned, context, "to_dialect")
    concern(not trace.faults, f"{peer.dialect.name} has no way to say what came through")
    back = Way(lens, trace.target, lens.to_canonical(trace.target, context), context)
    check_return(back, passage.returned, trace.entries)


def _demand_quantities(passage: Passage) -> None:
    """The one loss that no mapping can declare away: lines of which the backend does not know how many there are."""
    lines = passage.returned.get("line_items") or ()
    missing = [f"/line_items/{index}/quantity" for index, line in enumerate(lines) if line.get("quantity") is None]
    for entry in passage.outward.entries:
        if entry.verdict == "dropped" and entry.canonical[0] in missing:
            raise Broken("is dropped, and a line is none without it", pointer=entry.canonical[0], row=entry.at)
    concern(not missing, "quantities are not read back")


def check_agreement(lens: Lens, tree: Tree, context: Tree) -> Tree:
    """Compiled and interpreted lens say the same, there and back; gives the document."""
    document = compare_twins(lens, tree, context, "to_dialect")
    demand(document is not None, "to_dialect: there is no document")
    compare_twins(lens, document or {}, context, "to_canonical")
    return document or {}


def check_round_trip(lens: Lens, tree: Tree, context: Tree) -> None:
    """What comes back is what went out, except for the declared losses; a second trip changes nothing."""
    entries = lens.explain(tree, context, "to_dialect").entries
    document = lens.to_dialect(tree, context)
    back = Way(lens, document, lens.to_canonical(document, context), context)
    check_return(back, tree, entries)
    check_second_trip(back, entries)


def check_return(back: Way, tree: Tree, entries: Sequence[Entry]) -> None:
    """Every leaf that a row carries without a declared loss is back as it was, and none is invented."""
    lossy = {row.at for row in list_fields(back.lens.rows) if row.lossy}
    returned, sent = dict(leaves(back.tree)), dict(leaves(tree))
    for pointer in sorted(_exact(entries, lossy) & sent.keys()):
        found = returned.get(pointer)
        grown = sent[pointer] == {} and any(place.startswith(f"{pointer}/") for place in returned)
        if not grown and found != sent[pointer]:
            message = f"{sent[pointer]!r} came back as {found!r}"
            raise Broken(message, pointer=pointer, row=find_row(entries, pointer))
    _check_nothing_invented(back, returned, sent, entries)


def check_second_trip(back: Way, entries: Sequence[Entry]) -> None:
    """What was read from a document gives that document, but for what is declared as not read back."""
    try:
        again = back.lens.to_dialect(back.tree, back.context)
    except Unmappable as exc:
        fault = exc.faults[0]
        row = find_row(entries, fault.pointer)
        raise Broken(f"cannot be said a second time: {fault.detail}", pointer=fault.pointer, row=row) from exc
    for pointer, first, second in _differences(back.document, again):
        if _is_gone(pointer, back, entries):
            continue
        message = f"{first!r} in the dialect, and {second!r} the second time"
        raise Broken(message, pointer=pointer, row=find_row(entries, pointer, "dialect"))


def _is_gone(pointer: str, back: Way, entries: Sequence[Entry]) -> bool:
    """Whether only lossy rows that read nothing back feed a place, or places in it, and each lacks a member by now."""
    one_way = {row.at for row in list_fields(back.lens.rows) if row.only == "to_dialect" and row.lossy}
    feeding = [entry for entry in entries if entry.after is not None and _feeds(entry, pointer)]
    return bool(feeding) and all(
        entry.at in one_way and any(look(back.tree, member) is None for member in entry.canonical) for entry in feeding
    )


def _feeds(entry: Entry, pointer: str) -> bool:
    return any(place == pointer or place.startswith(f"{pointer}/") for place in entry.dialect)


def compare_twins(
    lens: Lens, tree: Tree, context: Tree, direction: Direction, trace: Trace | None = None
) -> Tree | None:
    """What both twins make of a tree; None where both refuse it, ``Broken`` where they differ."""
    trace = trace or lens.explain(tree, context, direction)
    try:
        found = lens.to_dialect(tree, context) if direction == "to_dialect" else lens.to_canonical(tree, context)
    except Unmappable as exc:
        told = dict.fromkeys(trace.faults)
        demand(tuple(told) == exc.faults, f"{direction}: compiled refuses it, interpreted does not")
        return None
    refused = next(iter(trace.faults), None)
    if refused is not None:
        raise Broken(f"{direction}: interpreted refuses it, compiled does not", pointer=refused.pointer)
    side = "dialect" if direction == "to_dialect" else "canonical"
    for pointer, one, other in _differences(found, trace.target):
        message = f"{direction}: {one!r} compiled, {other!r} interpreted"
        raise Broken(message, pointer=pointer, row=find_row(trace.entries, pointer, side))
    return found


def _differences(one: Tree, other: Tree) -> Iterator[tuple[str, Any, Any]]:
    """Leaves in which two trees differ, types told apart, ``None`` standing for what is not there."""
    if one == other:
        return
    first, second = dict(leaves(one)), dict(leaves(other))
    for pointer in sorted(first.keys() | second.keys()):
        if pointer not in first or pointer not in second or first[pointer] != second[pointer]:
            yield pointer, first.get(pointer), second.get(pointer)


def _exact(entries: Sequence[Entry], lossy: set[str]) -> set[str]:
    return {p for entry in entries if entry.verdict in EXACT and entry.at not in lossy for p in entry.canonical}


def _check_nothing_invented(back: Way, returned: Tree, sent: Tree, entries: Sequence[Entry]) -> None:
    """A member that was not sent comes back only where a row says that it may."""
    strange = [pointer for pointer, value in returned.items() if pointer not in sent and value not in ({}, [])]
    allowed = _list_allowed(back, entries) if strange else set()
    for pointer in strange:
        if pointer not in allowed:
            message = f"{returned[pointer]!r} came back and was never sent"
            raise Broken(message, pointer=pointer, row=find_row(entries, pointer))


def _list_allowed(back: Way, entries: Sequence[Entry]) -> set[str]:
    """Members for which a default may stand, and all that is read where a lossy row has written."""
    lossy = {row.at for row in list_fields(back.lens.rows) if row.lossy}
    loose = {place for entry in entries if entry.at in lossy for place in entry.dialect}
    read = back.lens.explain(back.document, back.context, "to_canonical").entries
    stood_in = (entry for entry in entries if entry.verdict in {"defaulted", "absent"})
    beside = (entry for entry in (*entries, *read) if loose & set(entry.dialect))
    return {pointer for entry in (*stood_in, *beside) for pointer in entry.canonical}
