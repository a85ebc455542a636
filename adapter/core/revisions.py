"""What a backend stored differently from what it was sent, by the ``echo`` rows of its mapping."""

import re
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from adapter.core.ledger import Revision
from adapter.core.orders import Journey
from adapter.errors import Fault, Unmappable
from adapter.lens.bound import Group
from adapter.lens.lens import Lens
from adapter.lens.origins import Origin, list_origins
from adapter.lens.trees import Tree, look, point, reach

LINES = "line_items"
LINE = re.compile(rf"/{LINES}/(\d+)(/.*)")

# A backend may show a line for each piece, as far as anybody does so.
MOST_PIECES = 1000

NUMBERS = (int, Decimal)

# Texts that mean the same in either case.
FOLDED = {"/email", "/currency"}


def find_revisions(journey: Journey, answer: Any) -> tuple[Revision, ...]:
    """Every member that the order had and the answer has differently, after the codecs.

    What cannot be read back is told under an empty pointer: nobody can say that it is the same.
    """
    dialect, order = journey.tenant.dialect, journey.context["order"]
    if dialect.echo is None or _shows_as_sent(journey, dialect.echo, answer):
        return ()
    answer = _without_crowd(dialect.echo, answer, order[LINES])
    stored, faults = _read(dialect.echo, answer, journey.context)
    # what the order is after a trip through its own codecs: a currency in capitals is no revision
    back, _ = _read(dialect.back, journey.document, journey.context)
    differing = _differing(list_origins(dialect.echo.rows, stored, answer), stored, order, back)
    unread = [Revision("", fault.pointer) for fault in faults]
    return (*_miscounted(dialect.echo, order, stored), *differing, *unread)


def _without_crowd(echo: Lens, answer: Any, sent: Sequence[Tree]) -> Any:
    """The answer, without its lines where they are more than the order can have become: that alone is told of them.

    To compare them would take seconds, in which nobody else's order moves.
    """
    row = _lines_row(echo)
    shown = reach(answer, row.dialect.keys) if row is not None else None
    pieces = sum(line["quantity"] for line in sent)
    if row is None or not isinstance(shown, list) or len(shown) <= 2 * len(sent) + min(pieces, MOST_PIECES):
        return answer
    return _replace(answer, row.dialect.keys, [])


def _replace(tree: Any, keys: Sequence[str], value: Any) -> Any:
    """A tree with one value otherwise; what is on the way to it is copied."""
    return {**tree, keys[0]: _replace(tree[keys[0]], keys[1:], value)} if keys else value


def _lines_row(echo: Lens) -> Group | None:
    return next((row for row in echo.rows if isinstance(row, Group) and row.many), None)


def _shows_as_sent(journey: Journey, echo: Lens, answer: Any) -> bool:
    """Whether a glance is enough: every member that is shown is as it was sent, and where it was sent."""
    try:
        stored = echo.to_canonical(answer, journey.context)
    except Unmappable:
        return False
    return _is_part_of(stored, journey.context["order"], "")


def _is_part_of(stored: Any, sent: Any, at: str) -> bool:
    if isinstance(stored, dict) and isinstance(sent, dict):
        for name, member in stored.items():
            value = sent.get(name)
            if member is not None and member != value and not _is_part_of(member, value, f"{at}/{name}"):
                return False
        return True
    if isinstance(stored, list) and isinstance(sent, list) and len(stored) == len(sent):
        return all(_is_part_of(*items, at) for items in zip(stored, sent, strict=True))
    return stored is None or _is_same(sent, stored, at)


def _read(lens: Lens, document: Any, context: Tree) -> tuple[Tree, Sequence[Fault]]:
    """All that can be read of a document, and what cannot."""
    try:
        return lens.to_canonical(document, context), ()
    except Unmappable:
        trace = lens.explain(document, context, "to_canonical")
        return trace.target, trace.faults


def _miscounted(echo: Lens, order: Tree, stored: Tree) -> Iterator[Revision]:
    row = _lines_row(echo)
    if row is None or LINES not in stored or _has_same_pieces(order[LINES], stored[LINES]):
        return
    if len(stored[LINES]) != len(order[LINES]):
        yield Revision(f"/{LINES}", point("", row.dialect.keys))


def _differing(shown: Iterable[Origin], stored: Tree, order: Tree, back: Tree) -> Iterator[Revision]:
    lines = stored.get(LINES) or ()
    pairs, same_pieces = _pair_lines(order[LINES], lines), _has_same_pieces(order[LINES], lines)
    for member in shown:
        place = _place_in_order(member.canonical, pairs)
        if place == f"/{LINES}" or (same_pieces and place.endswith("/quantity")):
            continue
        sent = [value for value in (look(order, place), look(back, place)) if value is not None]
        if sent and not any(_is_same(value, member.value, place) for value in sent):
            yield Revision(place, member.dialect)


def _pair_lines(sent: Sequence[Tree], stored: Sequence[Tree]) -> dict[int, int]:
    """Which line of the order each stored line is: of its variant and quantity, of its variant, or what is left."""
    free, pairs = dict.fromkeys(range(len(sent))), dict[int, int]()
    for keys in (("variant_id", "quantity"), ("variant_id",)):
        waiting: dict[tuple[Any, ...], deque[int]] = defaultdict(deque)
        for other in free:
            waiting[tuple(sent[other].get(key) for key in keys)].append(other)
        for index, line in enumerate(stored):
            same = waiting.get(tuple(line.get(key) for key in keys))
            if index not in pairs and same and line.get("variant_id"):
                pairs[index] = same.popleft()
                del free[pairs[index]]
    left = (index for index in range(len(stored)) if index not in pairs)
    return pairs | dict(zip(left, free, strict=False))


def _has_same_pieces(sent: Sequence[Tree], stored: Sequence[Tree]) -> bool:
    """Whether both have as many of each variant, in whatever lines: a backend may put lines of one variant together."""
    pieces = _count_pieces(sent)
    return bool(stored) and None not in pieces and pieces == _count_pieces(stored)


def _count_pieces(lines: Sequence[Tree]) -> dict[Any, int]:
    pieces: dict[Any, int] = {}
    for line in lines:
        variant = line.get("variant_id")
        pieces[variant] = pieces.get(variant, 0) + (line.get("quantity") or 0)
    return {variant: count for variant, count in pieces.items() if count}


def _place_in_order(pointer: str, pairs: dict[int, int]) -> str:
    """Where in the order a member of the answer is; nowhere for a line that was not ordered."""
    found = LINE.fullmatch(pointer)
    return f"/{LINES}/{pairs.get(int(found[1]), 'none')}{found[2]}" if found else pointer


def _is_same(sent: Any, stored: Any, place: str) -> bool:
    if isinstance(sent, NUMBERS) and isinstance(stored, NUMBERS):
        return sent == stored
    return str(sent).casefold() == str(stored).casefold() if place in FOLDED else sent == stored
