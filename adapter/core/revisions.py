"""What a backend stored differently from what it was sent, by the ``echo`` rows of its mapping."""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from adapter.core.ledger import Revision
from adapter.core.orders import Journey
from adapter.lens.bound import Group
from adapter.lens.interpret import Trace
from adapter.lens.lens import Lens
from adapter.lens.trees import Tree, look, point

LINES = "line_items"
LINE = re.compile(rf"/{LINES}/(\d+)(/.*)")

NUMBERS = (int, Decimal)


def find_revisions(journey: Journey, answer: Any) -> tuple[Revision, ...]:
    """Every member that the order had and the answer has differently, after the codecs.

    What cannot be read back is told under an empty pointer: nobody can say that it is the same.
    """
    dialect, order = journey.tenant.dialect, journey.context["order"]
    if dialect.echo is None:
        return ()
    trace = dialect.echo.explain(answer, journey.context, "to_canonical")
    # what the order is after a trip through its own codecs: a currency in capitals is no revision
    back = dialect.order.explain(journey.document, journey.context, "to_canonical").target
    unread = [Revision("", fault.pointer) for fault in trace.faults]
    return (*_miscounted(dialect.echo, order, trace.target), *_differing(trace, order, back), *unread)


def _miscounted(echo: Lens, order: Tree, stored: Tree) -> Iterator[Revision]:
    row = next((row for row in echo.rows if isinstance(row, Group) and row.many), None)
    if row is not None and LINES in stored and len(stored[LINES]) != len(order[LINES]):
        yield Revision(f"/{LINES}", point("", row.dialect.keys))


def _differing(trace: Trace, order: Tree, back: Tree) -> Iterator[Revision]:
    pairs = _pair_lines(order[LINES], trace.target.get(LINES) or ())
    for entry in trace.entries:
        for pointer in set(entry.canonical) - {f"/{LINES}"}:
            place = _place_in_order(pointer, pairs)
            sent, stored = look(order, place), look(trace.target, pointer)
            if None not in (sent, stored) and not _is_same(sent, stored) and not _is_same(look(back, place), stored):
                yield Revision(place, entry.dialect[0])


def _pair_lines(sent: Sequence[Tree], stored: Sequence[Tree]) -> dict[int, int]:
    """Which line of the order each stored line is: the one with its variant, or else the one in its place."""
    free, pairs = list(range(len(sent))), dict[int, int]()
    for index, line in enumerate(stored):
        variant = line.get("variant_id")
        same = next((other for other in free if variant and sent[other].get("variant_id") == variant), None)
        if same is not None:
            pairs[index] = same
            free.remove(same)
    return {index: index for index in free if index < len(stored)} | pairs


def _place_in_order(pointer: str, pairs: dict[int, int]) -> str:
    """Where in the order a member of the answer is; nowhere for a line that was not ordered."""
    found = LINE.fullmatch(pointer)
    return f"/{LINES}/{pairs.get(int(found[1]), 'none')}{found[2]}" if found else pointer


def _is_same(sent: Any, stored: Any) -> bool:
    if isinstance(sent, NUMBERS) and isinstance(stored, NUMBERS):
        return sent == stored
    return str(sent).casefold() == str(stored).casefold()
