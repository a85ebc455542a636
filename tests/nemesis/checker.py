"""The checker: from clients' history, sandboxes' ledgers and the journal's rows to what was promised and broken."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, NamedTuple

from tests.nemesis.history import OPEN, Asked, History, Lost, Row, Scope
from tests.nemesis.ledgers import Order, count_faults, operations_named, read_orders

# Seconds by which a row's time is cut off.
TICK = 0.002

# After these a gateway goes on, or ends in good order: they excuse no lost answer.
GENTLE = frozenset({"SIGTERM", "SIGSTOP"})

# What differs between answers that are told as one.
PARTS = re.compile(r"after [0-9.]+ s ")

# What a replay may say otherwise: that it is one, when it was sent, its own ids, and what is told once.
MAY_DIFFER = frozenset(
    {"idempotent-replayed", "date", "x-correlation-id", "traceparent", "order-secrets", "cache-control", "connection"}
)

COUNTED = (
    *("requests", "orders", "placed", "unknowns", "409s", "replays", "not_applied", "unavailable", "lost"),
    *("kills", "drained", "faults"),
)

# Refusals that speak of another order, and what that one must be: of the same tenant, above all.
BLAMING: Mapping[str, Callable[[Asked, Asked], bool]] = {
    "idempotency-key-reused": lambda told, other: told.scope == other.scope and told.variant != other.variant,
    "duplicate-order-reference": lambda told, other: (
        (told.tenant, told.reference) == (other.tenant, other.reference) and told.key != other.key
    ),
}

Found = Iterator[tuple[str, str, Scope]]


class Violation(NamedTuple):
    """A broken promise: which, what was seen, and all that is known of the order it happened to."""

    promise: str
    what: str
    history: tuple[str, ...]

    def __str__(self) -> str:
        return "\n    ".join((f"{self.promise}: {self.what}", *self.history))


class Verdict(NamedTuple):
    """What a run proved, and how much there was in it to prove anything."""

    violations: Sequence[Violation]
    counts: Mapping[str, int]


class Case(NamedTuple):
    """The evidence, sorted by order."""

    history: History
    orders: Mapping[Scope, Sequence[Order]]
    rows: Mapping[Scope, Row]
    asked: Mapping[Scope, Sequence[Asked]]


def check(history: History, ledgers: Mapping[str, Sequence[Mapping[str, Any]]], rows: Sequence[Row]) -> Verdict:
    """Hold a run against promises I1 to I6; ``ledgers`` are the events of each sandbox by dialect."""
    orders: dict[Scope, list[Order]] = defaultdict(list)
    for dialect, events in ledgers.items():
        for order in read_orders(dialect, events):
            orders[order.scope].append(order)
    asked: dict[Scope, list[Asked]] = defaultdict(list)
    for one in history.asked:
        asked[one.scope].append(one)
    case = Case(history, orders, {row.scope: row for row in rows}, asked)
    found = [(promise, what, scope) for rule in RULES for promise, what, scope in rule(case)]
    found += _check_unwritten(history.unwritten - {row.operation_id for row in rows}, ledgers)
    violations = [Violation(promise, what, tuple(tell(case, scope))) for promise, what, scope in found]
    return Verdict(violations, _count(case, ledgers))


def check_nothing_lost(case: Case) -> Found:
    """I1: who was told 2xx or 202 has a row, every row ends, and a placed one is with the backend."""
    for asked in case.history.asked:
        if asked.status is not None and 200 <= asked.status < 300 and asked.scope not in case.rows:
            yield "I1", f"answered {asked.status}, and the journal has no row", asked.scope
        if asked.status == 201 and not any(order.placed for order in case.orders.get(asked.scope, ())):
            yield "I1", "answered 201, and the backend never had the order", asked.scope
    for row in case.rows.values():
        if row.state in OPEN:
            yield "I1", f"the row stays {row.state}", row.scope


def check_nothing_twice(case: Case) -> Found:
    """I2: at most one order for a key, and for a natural reference, that the backend still holds."""
    references: dict[tuple[str, str], set[Order]] = defaultdict(set)
    for scope, orders in case.orders.items():
        held = [order for order in orders if order.lost is None]
        if len(held) > 1 and (sum(order.placed is not None for order in held) > 1 or _is_keyed(held[0])):
            yield "I2", f"{len(held)} orders for one key", scope
        for asked in case.asked.get(scope, ()):
            if asked.reference:
                references[scope.tenant, asked.reference] |= {order for order in held if order.placed}
    for (_, reference), held_for in references.items():
        if len(held_for) > 1:
            yield "I2", f"{len(held_for)} orders for the reference {reference}", next(iter(held_for)).scope


def check_replays(case: Case) -> Found:
    """I3: every final answer to a key is the same, byte for byte, and is what the journal has."""
    for scope, asked in case.asked.items():
        final = [one for one in asked if one.status == 201 or one.problem == "order-refused"]
        for one in final[1:]:
            if (one.status, one.body, _lasting(one)) != (final[0].status, final[0].body, _lasting(final[0])):
                yield "I3", f"answered {final[0].body!r} {_lasting(final[0])}, then {one.body!r} {_lasting(one)}", scope
        row = case.rows.get(scope)
        if final and row and (final[0].status, final[0].body) != (row.status, row.body):
            yield "I3", f"answered {final[0].body!r}, the journal has {row.status} {row.body!r}", scope


def check_tenants(case: Case) -> Found:
    """I4: orders are with their own tenant's shop, and answers speak of their own tenant's operation."""
    for scope, orders in case.orders.items():
        home = case.history.homes.get(scope.tenant)
        for order in orders:
            if home is None or (order.dialect, order.shop) != home:
                yield "I4", f"an order for {home} is in {order.dialect}, {order.shop}", scope
    own = {row.operation_id: row.scope for row in case.rows.values()}
    for asked in case.history.asked:
        named = {str(asked.said.get("operation_id")), asked.headers.get("location", "").rpartition("/")[2]}
        foreign = {own[name] for name in named & own.keys()} - {asked.scope}
        # an order that another one has the reference of is told which, of the same tenant
        if any(scope.tenant != asked.tenant or asked.problem != "duplicate-order-reference" for scope in foreign):
            yield "I4", f"the answer speaks of {foreign}", asked.scope
        if asked.problem in BLAMING and not any(BLAMING[asked.problem](asked, one) for one in case.history.asked):
            yield "I4", f"told {asked.problem}, and nobody else of the tenant asked for such an order", asked.scope


def check_journal_is_first(case: Case) -> Found:
    """I5: nothing reaches a backend or a client that is not in the journal, and only a kill takes an answer away."""
    for scope in case.orders.keys() - case.rows.keys():
        yield "I5", "the backend has an order of which there is no row", scope
    for asked in case.history.asked:
        if asked.problem in ("order-refused", "operation-not-applied") and asked.scope not in case.rows:
            yield "I5", f"answered {asked.problem}, and the journal has no row", asked.scope
        if asked.lost is Lost.GIVEN_UP:
            yield "I5", f"not answered within {asked.ended - asked.began:.0f} s on a connection that stood", asked.scope
        if asked.lost is Lost.CUT and not _was_killed(case, asked) and not _came_too_late(case, asked):
            told = f"after {asked.ended - asked.began:.3f} s at {_tell_time(asked.ended)}"
            yield "I5", f"cut off {told} without an answer, though its gateway was not killed", asked.scope
    for scope, row in case.rows.items():
        reached = [one for one in case.asked.get(scope, ()) if one.lost is not Lost.REFUSED]
        # whose claim it was: another's if several were under way
        claimers = [one for one in reached if one.began - TICK <= row.received_at <= one.ended]
        if not claimers:
            yield "I5", f"the row {row.operation_id} is of an order that nobody asked for then", scope
        elif all(one.lost is Lost.CUT and not _was_killed(case, one) for one in claimers):
            yield "I5", "claimed and not answered, though nothing was killed", scope


def check_safety(case: Case) -> Found:
    """I6: who is told that a new key is safe has no order with the backend, nor gets one by itself later."""
    for asked in case.history.asked:
        if asked.said.get("safe_new_key") is not True:
            continue
        # what another request under the same key does meanwhile or afterwards is that request's business
        others = [one for one in case.asked[asked.scope] if one is not asked and one.ended > asked.began]
        for order in case.orders.get(asked.scope, ()):
            at = order.placed
            if at is None or (order.lost is not None and order.lost <= asked.ended):
                continue
            if not any(other.began <= at and other.ended > asked.began for other in others):
                yield "I6", f"told {asked.problem} with a safe new key, order {order.id} is there", asked.scope
    for scope, row in case.rows.items():
        held = [order.id for order in case.orders.get(scope, ()) if order.placed and order.lost is None]
        if held and row.state in ("rejected", "not_applied"):
            yield "I6", f"the row says {row.state}, the backend has {held}", scope


def check_answers(case: Case) -> Found:
    """No answer is a mistake of ours, and none comes without a body that says what to do."""
    for asked in case.history.asked:
        if asked.status is not None and (asked.status == 500 or not asked.said):
            yield "I0", f"answered {asked.status} {asked.body!r}", asked.scope


RULES = (
    check_nothing_lost,
    check_nothing_twice,
    check_replays,
    check_tenants,
    check_journal_is_first,
    check_safety,
    check_answers,
)


def tell(case: Case, scope: Scope) -> Iterator[str]:
    """All that is known of one order, in the order of time."""
    lines: list[tuple[float, str]] = []
    for asked in case.asked.get(scope, ()):
        end = asked.lost or f"{asked.status} {asked.body!r:.160}"
        told = f"asked {asked.variant} of gateway {asked.gateway}, after {asked.ended - asked.began:.3f} s {end}"
        lines.append((asked.began, told))
    for order in case.orders.get(scope, ()):
        lines.append((order.written, f"backend {order.dialect} wrote {order.id} {order.variant}"))
        lines += [(order.placed, f"backend placed {order.id}")] if order.placed else []
        lines += [(order.lost, f"backend lost {order.id}")] if order.lost else []
    for kill in case.history.kills:
        lines.append((kill.at, f"{kill.how} of gateway {kill.gateway}, back at +{kill.back - kill.at:.3f} s"))
    if row := case.rows.get(scope):
        lines.append((row.received_at, f"row {row.operation_id} claimed; in the end {row.state}: {row.detail}"))
    start = min((at for at, _ in lines), default=0.0)
    yield f"{scope.tenant}, key {scope.key}, from {_tell_time(start)}"
    for text, same in groupby(sorted(lines), key=lambda line: PARTS.sub("", line[1])):
        (at, _), *more = same
        yield f"{at - start:8.3f}  {text}" + (f"  ({len(more)} more until {more[-1][0] - start:.3f})" if more else "")


def _tell_time(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%H:%M:%S.%f}"


def _check_unwritten(never: frozenset[str], ledgers: Mapping[str, Sequence[Mapping[str, Any]]]) -> Found:
    """I5: for an operation whose claim was not committed, nor is there after all, nothing was sent."""
    for events in ledgers.values():
        for operation in operations_named(events, never):
            yield "I5", f"the claim of {operation} was not committed, and a backend was called", Scope("", operation)


def _is_keyed(order: Order) -> bool:
    """Whether its backend honours keys, so that not even a second draft may come of a repeat."""
    return order.dialect != "enad"


def _lasting(asked: Asked) -> dict[str, str]:
    return {name: value for name, value in asked.headers.items() if name not in MAY_DIFFER}


def _was_killed(case: Case, asked: Asked) -> bool:
    """Whether a request was under way when its gateway was killed."""
    return any(kill.struck(asked) for kill in case.history.kills if kill.how not in GENTLE)


def _came_too_late(case: Case, asked: Asked) -> bool:
    """Whether a gateway that was told to end may have closed a connection over which nothing had come yet."""
    ends = [kill for kill in case.history.kills if kill.how == "SIGTERM" and kill.struck(asked)]
    return any(asked.sent >= kill.at for kill in ends)


def _was_asked_to_end(case: Case, asked: Asked) -> bool:
    """Whether a request was under way when its gateway was told to end in good order."""
    terms = [kill for kill in case.history.kills if kill.how == "SIGTERM" and kill.gateway == asked.gateway]
    return any(asked.began < kill.at < asked.ended for kill in terms)


def _count(case: Case, ledgers: Mapping[str, Sequence[Mapping[str, Any]]]) -> Mapping[str, int]:
    history, counts = case.history, Counter(dict.fromkeys(COUNTED, 0))
    for asked in history.asked:
        counts["requests"] += 1
        counts["unknowns"] += asked.status == 202
        counts["409s"] += asked.status == 409
        counts["replays"] += "idempotent-replayed" in asked.headers
        counts["not_applied"] += asked.problem == "operation-not-applied"
        counts["unavailable"] += asked.problem == "storage-unavailable"
        counts["lost"] += asked.lost in (Lost.CUT, Lost.GIVEN_UP)
    counts["orders"] = len(case.asked)
    counts["placed"] = sum(1 for orders in case.orders.values() for order in orders if order.placed)
    counts["kills"] = len(history.kills)
    counts["drained"] = sum(1 for asked in history.asked if asked.status is not None and _was_asked_to_end(case, asked))
    counts["faults"] = sum(map(count_faults, ledgers.values()))
    return counts
