"""Laws of what leaves the gateway: calls the backend's document allows, a ledger of every leaf, a whole receipt."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec

from adapter.core.canonical import ADDRESSES, SCHEMAS
from adapter.core.ledger import make_ledger
from adapter.core.orders import map_back
from adapter.core.previews import imagine_calls
from adapter.errors import Problem, Unmappable
from adapter.lens.bound import list_fields
from adapter.lens.trees import Tree, leaves, look, point
from adapter.qa.laws.amounts import check_amounts_read
from adapter.qa.laws.complaining import find_writing_row
from adapter.qa.laws.trips import EXACT, UNMAPPED, compare_twins
from adapter.qa.subjects.broken import Broken, Moot, concern, demand, find_row
from adapter.qa.subjects.examples import REFERENCE, Passage

# What of an order stands in for a member of the receipt that an answer leaves out.
STANDS_IN = {"total": "total_text", "currency": "currency"}

# Why there may be nothing to hold.
UNANSWERED = "there is no answer in it"
UNLIKELY = "the backend's document does not allow the answer"


def check_calls(passage: Passage) -> None:
    """Each call's body is valid against its operation's schema; an order that is refused is told its members."""
    if isinstance(passage.departure, Problem):
        demand(bool(passage.departure.faults), f"is refused without a word of why: {passage.departure}")
        for fault in passage.departure.faults:
            named = fault.pointer.startswith("/") or fault.code == "tenant_setting"
            demand(named, f"is refused without a member being named: {fault.detail}")
    journey = passage.leave()
    for call in imagine_calls(journey):
        judge = passage.subject.judges.get(call.step.rows.name)
        if judge is None or not call.body:
            continue
        body = call.body
        for name in call.step.rows.fill:
            body = body.replace(f'"{{kept.{name}}}"'.encode(), f'"{REFERENCE}"'.encode())
        for error in judge.iter_errors(msgspec.json.decode(body)):
            place = point("", tuple(map(str, error.instance_path)))
            row = find_writing_row(journey, call, place)
            raise Broken(f"{call.name} {place}: {error.message}", pointer=place, row=row)


def check_ledger(passage: Passage) -> None:
    """Every leaf of the order is told of once, and nothing else but what the mapping adds."""
    entries = passage.outward.entries
    concern(not passage.outward.faults, UNMAPPED)
    there = {pointer for pointer, _ in leaves(passage.order)}
    lines = make_ledger(passage.order, entries)
    _, noted = passage.subject.tenant.dialect.order.tell(passage.order, passage.context)
    compiled = passage.subject.tenant.dialect.ledgers.make(passage.order, noted, ()).lines
    demand(list(compiled) == lines, "the compiled lens tells another ledger than the oracle")
    told = Counter(line.pointer for line in lines if line.pointer in there)
    for pointer in sorted(there):
        if told[pointer] != 1:
            message = f"is told of {told[pointer]} times in the ledger"
            raise Broken(message, pointer=pointer, row=find_row(entries, pointer))
    _check_strangers(passage)
    for line in lines:
        known = line.pointer in there or line.code in {"constant", "defaulted"}
        demand(known, f"is {line.code} in the ledger and was never sent", pointer=line.pointer, row=line.row)


def _check_strangers(passage: Passage) -> None:
    """What the canonical order has no place for is told as unknown, be it a name of the dialect's."""
    departure = passage.departure
    if isinstance(departure, Problem):
        return
    told = {line.pointer for line in departure.ledger if line.code == "unknown"}
    for pointer, value in _list_strangers(passage.example.body):
        blank = isinstance(value, str) and not value.strip()  # which says nothing
        demand(blank or pointer in told, "is no member of an order, and is not told", pointer=pointer)


def _list_strangers(body: Tree) -> Iterator[tuple[str, Any]]:
    """The leaves of all members that a canonical object has no place for, wherever that is."""
    objects = [("Order", "", body)]
    objects += [("LineItem", f"/line_items/{number}", line) for number, line in enumerate(body["line_items"])]
    objects += [("Address", f"/{name}", body.get(name) or {}) for name in ADDRESSES]
    for owner, at, said in objects:
        for name in sorted(said.keys() - SCHEMAS[owner]["properties"].keys()):
            yield from leaves(said[name], point(at, (name,)))


def check_receipt(passage: Passage) -> None:
    """What can be read of an answer that the backend's document allows is a whole receipt; both twins read the same."""
    answer = passage.example.answer
    if answer is None:
        raise Moot(UNANSWERED)
    dialect, context = passage.subject.dialect, passage.context
    document = answer.document[0] if answer.step.rows.in_list else answer.document
    receipt = compare_twins(dialect.receipt, document, context, "to_canonical")
    if dialect.echo is not None:
        compare_twins(dialect.echo, document, context, "to_canonical")
    concern(answer.step.answer.is_valid(answer.document), UNLIKELY)
    if receipt is None:
        raise Moot("no receipt can be read of it")
    stand_in = [name for name, fact in STANDS_IN.items() if name not in receipt and context["derived"][fact] is None]
    concern(not stand_in, f"neither the answer nor the order has {' and '.join(stand_in)}")
    try:
        map_back(passage.subject.tenant, document, context)
    except Unmappable as exc:
        fault = exc.faults[0]
        row = find_row(dialect.receipt.explain(document, context, "to_canonical").entries, fault.pointer)
        raise Broken(f"is no receipt's: {fault.detail}", pointer=fault.pointer, row=row) from exc


def check_receipt_back(passage: Passage) -> None:
    """What a receipt says without a declared loss is what the answer said; an amount is no other one, seen or not."""
    answer = passage.example.answer
    if answer is None:
        raise Moot(UNANSWERED)
    concern(answer.step.answer.is_valid(answer.document), UNLIKELY)
    lens, echo, context = passage.subject.dialect.receipt, passage.subject.dialect.echo, passage.context
    document = answer.document[0] if answer.step.rows.in_list else answer.document
    trace = lens.explain(document, context, "to_canonical")
    check_amounts_read(lens, document, context, trace)
    if echo is not None:
        check_amounts_read(echo, document, context, echo.explain(document, context, "to_canonical"))
    again = lens.explain(trace.target, context, "to_dialect").target
    lossy = {row.at for row in list_fields(lens.rows) if row.lossy or row.only}
    for entry in trace.entries:
        if entry.verdict not in EXACT or entry.at in lossy or entry.after == "unknown":
            continue
        place = next(place for place in entry.dialect if look(document, place) is not None)
        said, found = look(document, place), look(again, entry.dialect[0])
        demand(said == found, f"{said!r} would be said as {found!r}", pointer=entry.canonical[0], row=entry.at)
