"""What became of every member of one order, and how a caller is told of what found no home."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple
from urllib.parse import quote

from adapter.lens.interpret import Entry
from adapter.lens.lens import Lens
from adapter.lens.notes import Told
from adapter.lens.trees import Tree, leaves, look

# Parts of a document that no call of this order takes: pointers, each with the reason.
Skipped = tuple[tuple[str, str], ...]

# How many ledgers of one lens are remembered, and up to how many lines: some tens of megabytes at the worst.
MOST_KNOWN, LONGEST_KNOWN = 256, 400

# The verdicts that mean: the backend will not know this.
LOSSES = frozenset({"dropped", "null_omitted", "skipped", "unknown"})

# Bytes of a header of ours; common proxies have 4 or 8 KiB for all headers of an answer together.
LONGEST_HEADER = 2048

INDEX = re.compile(r"/\d+(?=/|\"|$)")


class Line(NamedTuple):
    """What became of one member: its pointer (empty for a constant), the dialect's, a code, the row that decided."""

    pointer: str
    dialect: tuple[str, ...]
    code: str
    row: str
    reason: str


class Revision(NamedTuple):
    """A member that the backend stored differently: its pointer in the order, and in the backend's answer."""

    pointer: str
    dialect: str


class Loss(NamedTuple):
    """A member that does not arrive: its pointer, a stable code from LOSSES, the mapping's reason."""

    pointer: str
    code: str
    reason: str


def settle(entries: Iterable[Entry]) -> dict[str, Entry]:
    """One entry for each canonical pointer that any row met: where it arrived goes before where it did not."""
    settled: dict[str, Entry] = {}
    for entry in entries:
        for pointer in entry.canonical:
            known = settled.get(pointer)
            if known is None or _weigh(entry) > _weigh(known):
                settled[pointer] = entry
    return settled


def make_ledger(order: Tree, entries: Sequence[Entry]) -> list[Line]:
    """One line for each leaf of an order, in the mapping's order, and for what the mapping adds to it."""
    told = {pointer for pointer, _ in leaves(order)}
    settled = settle(entries)
    lines = [
        Line(leaf, entry.dialect, entry.verdict, entry.at, entry.reason)
        for pointer, entry in settled.items()
        for leaf in _leaves_of(pointer, entry, told, settled)
    ]
    lines += [Line("", entry.dialect, entry.verdict, entry.at, "") for entry in entries if entry.verdict == "constant"]
    return lines


def list_unknown(pointers: Iterable[str]) -> list[Line]:
    """A line for each member that nobody knows."""
    return [Line(pointer, (), "unknown", "", "not a member of the canonical order") for pointer in pointers]


class Ledger(NamedTuple):
    """What became of an order's members, and those of them that are lost."""

    lines: tuple[Line, ...]
    losses: tuple[Loss, ...]


class Ledgers:
    """The ledgers of a lens, each remembered for the next order that has the same members and loses the same."""

    def __init__(self, lens: Lens) -> None:
        self._lens = lens
        self._known: dict[tuple[Told, Skipped], Ledger] = {}

    def make(self, order: Tree, told: Told, skipped: Skipped) -> Ledger:
        """The ledger of an order, of which ``told`` says what the lens did with it (see ``Lens.tell``)."""
        shape = told, skipped
        if (known := self._known.get(shape)) is not None:
            return known
        lines = tuple(make_ledger(order, mark_skipped(self._lens.unfold(told), skipped)))
        made = Ledger(lines, tuple(list_losses(lines)))
        if len(lines) <= LONGEST_KNOWN:
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            self._known[shape] = made
        return made


def mark_skipped(entries: Sequence[Entry], skipped: Skipped) -> list[Entry]:
    """Say of every member that went into a skipped part that it does not arrive."""
    if not skipped:
        return list(entries)
    reasons = {id(entry): why for part, why in skipped for entry in entries if _is_within(entry, part)}
    return [
        entry._replace(verdict="skipped", reason=reasons[id(entry)]) if id(entry) in reasons else entry
        for entry in entries
    ]


def _is_within(entry: Entry, part: str) -> bool:
    """Whether all that an entry writes lies in a part of the document."""
    pointers = entry.dialect if entry.canonical else ()
    return bool(pointers) and all(pointer == part or pointer.startswith(f"{part}/") for pointer in pointers)


def _leaves_of(pointer: str, entry: Entry, told: set[str], settled: Mapping[str, Entry]) -> list[str]:
    """The leaves that an entry speaks of: the member, or all in it that no entry of its own has."""
    if entry.verdict == "absent":
        return []
    if pointer in told or entry.verdict == "defaulted":
        return [pointer]
    if entry.verdict not in LOSSES:
        return []
    return [leaf for leaf in sorted(told) if leaf.startswith(f"{pointer}/") and leaf not in settled]


def list_losses(lines: Iterable[Line]) -> list[Loss]:
    """Every loss among lines of a ledger."""
    return [Loss(line.pointer, line.code, line.reason) for line in lines if line.code in LOSSES]


def keep_lost(losses: Iterable[Loss], body: Tree) -> Tree:
    """The values that the backend will not have, by pointer, from the order as it was sent."""
    return {loss.pointer: look(body, loss.pointer) for loss in losses}


def _weigh(entry: Entry) -> int:
    """Absent says least, then a loss, then a copy beside the member itself."""
    return 0 if entry.verdict == "absent" else 1 if entry.verdict in LOSSES else 2 if entry.verdict == "copied" else 3


def format_losses(losses: Iterable[Loss]) -> str:
    """The ``Order-Losses`` header: an RFC 8941 list of pointers with a code.

    Items of a list that lose the same member are one entry, ``/line_items/*/name;count=20``; pointers are
    percent-encoded where a header could not carry them.
    """
    known, strange = list[Loss](), list[Loss]()
    for loss in losses:
        (strange if loss.code == "unknown" else known).append(loss)
    fold = _fold_known if len(known) <= LONGEST_KNOWN else _fold_losses
    return _cut([*fold(tuple(known)), *_fold_losses(strange)])


def _fold_losses(losses: Iterable[Loss]) -> list[str]:
    return _fold([(loss.pointer, f"code={loss.code}") for loss in losses])


# Members of the canonical order only: names that a client made up may be anybody's.
_fold_known = lru_cache(MOST_KNOWN)(_fold_losses)


def name_member(pointer: str, code: str = "") -> str:
    """A member as a few names that many orders share: any index is ``*``, and what a client made up has no name."""
    return "" if code == "unknown" else INDEX.sub("/*", pointer)


def format_revisions(revisions: Iterable[Revision]) -> str:
    """The ``Order-Revised`` header: a list as that of losses, each with the backend's own pointer."""
    return _cut(_fold([(revision.pointer, f'backend="{_quote(revision.dialect)}"') for revision in revisions]))


def _fold(told: Sequence[tuple[str, str]]) -> list[str]:
    """Pointers with a parameter as a list, those that differ in an index only as one with their count."""
    alike: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for pointer, parameter in told:
        pattern = INDEX.sub("/*", pointer), INDEX.sub("/*", parameter)
        alike.setdefault(pattern, []).append((pointer, parameter))
    items = []
    for pattern, ones in alike.items():
        pointer, parameter = pattern if len(ones) > 1 else ones[0]
        items.append(f'"{_quote(pointer)}";{parameter}' + (f";count={len(ones)}" if len(ones) > 1 else ""))
    return items


def _cut(items: list[str]) -> str:
    """A list that any client and proxy can carry; what it leaves out is counted, and in the ledger."""
    whole = ", ".join(items)
    if len(whole) + 2 <= LONGEST_HEADER:
        return whole
    sizes = accumulate(len(item) + 2 for item in items)
    fitting = sum(1 for size in sizes if size <= LONGEST_HEADER)
    rest = [f"more;count={len(items) - fitting}"] if fitting < len(items) else []
    return ", ".join([*items[:fitting], *rest])


def _quote(pointer: str) -> str:
    return quote(pointer, safe="/*~_-.:@ ")
