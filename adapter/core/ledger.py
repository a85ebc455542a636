"""What became of every member of one order, and how a caller is told of what found no home."""

import re
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import quote

from adapter.lens.interpret import Entry

# The verdicts that mean: the backend will not know this.
LOSSES = frozenset({"dropped", "null_omitted", "skipped", "unknown"})

INDEX = re.compile(r"/\d+(?=/|$)")


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


def list_losses(entries: Iterable[Entry], unknown: Iterable[str]) -> list[Loss]:
    """Every loss of one order, in the mapping's order; then the members nobody knows."""
    losses = [
        Loss(pointer, entry.verdict, entry.reason)
        for pointer, entry in settle(entries).items()
        if entry.verdict in LOSSES
    ]
    return losses + [Loss(pointer, "unknown", "not a member of the canonical order") for pointer in unknown]


def _weigh(entry: Entry) -> int:
    """Absent says least, then a loss, then a copy beside the member itself."""
    return 0 if entry.verdict == "absent" else 1 if entry.verdict in LOSSES else 2 if entry.verdict == "copied" else 3


def format_losses(losses: Iterable[Loss]) -> str:
    """The ``Order-Losses`` header: an RFC 8941 list of pointers with a code.

    Items of a list that lose the same member are one entry, ``/line_items/*/name;count=20``; pointers are
    percent-encoded where a header could not carry them.
    """
    losses = list(losses)
    counts = Counter((INDEX.sub("/*", loss.pointer), loss.code) for loss in losses)
    told: dict[str, None] = {}
    for loss in losses:
        pattern = (INDEX.sub("/*", loss.pointer), loss.code)
        many = counts[pattern] > 1
        text = quote(pattern[0] if many else loss.pointer, safe="/*~_-.:@ ")
        told[f'"{text}";code={loss.code}' + (f";count={counts[pattern]}" if many else "")] = None
    return ", ".join(told)
