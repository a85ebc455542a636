"""Laws of what leaves the gateway: calls the backend's document allows, a ledger of every leaf, a whole receipt."""

from collections import Counter

import msgspec

from adapter.core.ledger import make_ledger
from adapter.core.previews import imagine_calls
from adapter.errors import Problem
from adapter.lens.trees import leaves, point
from adapter.qa.broken import Broken, demand, find_row
from adapter.qa.examples import REFERENCE, Passage


def check_calls(passage: Passage) -> None:
    """Each call's body is valid against its operation's schema; an order that is refused is told its members."""
    departure = passage.departure
    if isinstance(departure, Problem):
        for fault in departure.faults:
            named = fault.pointer.startswith("/") or fault.code == "tenant_setting"
            demand(named, f"is refused without a member being named: {fault.detail}")
        return
    for call in imagine_calls(departure):
        judge = passage.subject.judges.get(call.step.rows.name)
        if judge is None or not call.body:
            continue
        body = call.body
        for name in call.step.rows.fill:
            body = body.replace(f'"{{kept.{name}}}"'.encode(), f'"{REFERENCE}"'.encode())
        for error in judge.iter_errors(msgspec.json.decode(body)):
            place = point("", tuple(map(str, error.instance_path)))
            row = find_row(departure.explain(), place, "dialect")
            raise Broken(f"{call.name} {place}: {error.message}", pointer=place, row=row)


def check_ledger(passage: Passage) -> None:
    """Every leaf of the order is told of once, and nothing else but what the mapping adds."""
    entries = passage.outward.entries
    if passage.outward.faults:
        return
    there = {pointer for pointer, _ in leaves(passage.order)}
    lines = make_ledger(passage.order, entries)
    _, noted = passage.subject.tenant.dialect.order.tell(passage.order, passage.context)
    compiled = passage.subject.tenant.dialect.ledgers.make(passage.order, noted, ())
    demand(list(compiled) == lines, "the compiled lens tells another ledger than the oracle")
    told = Counter(line.pointer for line in lines if line.pointer in there)
    for pointer in sorted(there):
        message = f"is told of {told[pointer]} times in the ledger"
        demand(told[pointer] == 1, message, pointer=pointer, row=find_row(entries, pointer))
    for line in lines:
        known = line.pointer in there or line.code in {"constant", "defaulted"}
        demand(known, f"is {line.code} in the ledger and was never sent", pointer=line.pointer, row=line.row)
