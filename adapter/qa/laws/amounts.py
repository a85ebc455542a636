"""Amounts on their way, held against arithmetic of our own: none is rounded, neither what is sent nor what is read."""

from decimal import Decimal
from typing import Any, NamedTuple

from adapter.lens.bound import BoundBeside, BoundCodec, Field, list_fields
from adapter.lens.interpret import Entry, Trace
from adapter.lens.lens import Lens
from adapter.lens.templates import fill
from adapter.lens.trees import Tree, look, point
from adapter.qa.subjects.broken import Broken, demand
from adapter.qa.subjects.partitions import CURRENCIES, TOO_MUCH, half_a_cent


def make_finer(order: Tree) -> Tree | None:
    """The amounts of an order alone, each half a cent more than its currency has; None where that cannot be told.

    The canonical order is none with such an amount, so that no codec ever sees one unless it is put there.
    """
    digits = CURRENCIES.get(str(order.get("currency")))
    if digits is None:
        return None
    more, line = half_a_cent(digits), order["line_items"][0]
    finer = {name: order[name] + more for name in ("subtotal", "total") if order.get(name) is not None}
    if line.get("price") is not None:
        finer["line_items"] = [{"quantity": line["quantity"], "price": line["price"] + more}]
    return {"currency": order["currency"], **finer} if finer else None


def check_amounts_read(lens: Lens, document: Any, context: Tree, trace: Trace) -> None:
    """Each amount that is read of an answer is the one that it said, and one that our own table knows is read."""
    rows = {row.at: row for row in list_fields(lens.rows) if _is_amount(row)}
    for entry in trace.entries:
        if entry.at in rows and entry.before is not None and entry.after is not None:
            place = next(place for place in entry.dialect if look(document, place) is not None)
            _check_read(_hear(rows[entry.at], place, document, context), entry)
    for fault in trace.faults:
        for row in rows.values():
            if fault.code == "no_counterpart" and _find_holder(row, fault.pointer) is not None:
                heard = _hear(row, fault.pointer, document, context)
                message = f"{heard.said!r} is not read: {fault.detail}"
                demand(not _can_be_read(heard), message, pointer=fault.pointer, row=row.at)


def is_minor(codec: BoundCodec, options: Tree) -> bool:
    """Whether a codec has minor units on the dialect's side."""
    return options.get("unit") == "minor" or codec.codec.kinds.dialect == ("integer",)


class Heard(NamedTuple):
    """An amount in an answer: as it is said, the decimals of its currency (None if unknown), whether in minor units."""

    said: Any
    digits: int | None
    minor: bool


def _hear(row: Field, place: str, document: Any, context: Tree) -> Heard:
    codec = row.codec
    assert codec is not None  # noqa: S101  # see ``_is_amount``
    currency = _find_currency(codec.beside, _find_holder(row, place) or "", document, context)
    minor = is_minor(codec, fill(dict(codec.options), context))
    return Heard(look(document, place), CURRENCIES.get(str(currency)), minor)


def _check_read(heard: Heard, entry: Entry) -> None:
    if heard.minor and heard.digits is None:
        return
    expected = Decimal(heard.said).scaleb(-(heard.digits or 0) if heard.minor else 0)
    if Decimal(entry.after) != expected:
        message = f"{heard.said!r} is read as {entry.after}, expected {expected:f}"
        raise Broken(message, pointer=entry.canonical[0], row=entry.at)


def _can_be_read(heard: Heard) -> bool:
    """Whether there is no reason to refuse it: a number of ordinary size in a currency that is known."""
    if isinstance(heard.said, bool) or not isinstance(heard.said, (int, Decimal)) or heard.digits is None:
        return False
    return -TOO_MUCH < heard.said < TOO_MUCH and (not heard.minor or heard.said == int(heard.said))


def _is_amount(row: Field) -> bool:
    """Whether a row reads an amount by one codec, and claims to lose nothing of it."""
    codec = row.codec
    return codec is not None and codec.codec.kinds.means == ("amount",) and not codec.parts and not row.lossy


def _find_holder(row: Field, place: str) -> str | None:
    """The object in which a place is that the row reads; None where it does not read that."""
    ends = (point("", path.keys) for path in row.dialect)
    return next((place.removesuffix(end) for end in ends if place.endswith(end)), None)


def _find_currency(beside: BoundBeside | None, holder: str, document: Any, context: Tree) -> Any:
    if beside is None:
        return None
    path = beside.dialect
    return look(document, point("" if path.rooted else holder, path.keys)) or beside.default.resolve(context)
