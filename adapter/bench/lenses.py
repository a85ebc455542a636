"""What the values alone cost: reading an order, saying it in a dialect, reading the receipt; no I/O."""

import time
import timeit
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from adapter.bench.by_hand import BY_HAND
from adapter.bench.silence import silence
from adapter.core.canonical import read_json, read_order, unknown_members
from adapter.core.orders import make_context, map_out
from adapter.core.tenancy.tenants import Tenant
from adapter.lens.trees import Tree

REFERENCE = "00000000-0000-4000-8000-000000000000"
RECEIVED_AT = "2026-01-01T00:00:00Z"

# Each figure is the best of so many turns: whatever else the machine does only ever adds to it.
TURNS = 9


class Costs(msgspec.Struct, frozen=True):
    """Microseconds of a processor for one order.

    ``floor`` is JSON decoded and encoded again; ``order`` and ``receipt`` are the lens as it is used, and ``silent``
    its order were nothing told of what became of each member. ``by_hand`` is order and receipt written by hand, and
    ``of_by_hand`` what the lens takes of that; None for a mapping of which there is none. ``map_out`` is reading and
    checking the order, the lens with its ledger, and judging the document by its schema.
    """

    lines: int
    floor: float
    order: float
    receipt: float
    silent: float
    by_hand: float | None
    of_by_hand: float | None
    map_out: float


def settle_context(tenant: Tenant, order: Tree) -> Tree:
    """What a mapping can refer to beside an order's members, as it is when an order is mapped out."""
    return make_context(tenant, order, REFERENCE, RECEIVED_AT) | {"crosswalk": {}}


def time_order(tenant: Tenant, body: bytes, lines: int, answer: Tree) -> Costs:
    """The costs of one canonical order in a tenant's dialect, and of the answer that holds its receipt."""
    currency = tenant.settings.get("currency")
    order = read_order(read_json(body), currency)
    context, dialect = settle_context(tenant, order), tenant.dialect
    silent = silence(dialect.order.made["to_dialect"])

    def map_whole() -> Any:
        decoded = read_json(body)
        read = read_order(decoded, currency)
        return map_out(tenant, read, unknown_members(decoded), REFERENCE, RECEIVED_AT)

    works: dict[str, Callable[[], Any]] = {
        "floor": lambda: msgspec.json.encode(msgspec.json.decode(body)),
        "order": lambda: dialect.order.tell(order, context),
        "receipt": lambda: dialect.receipt.to_canonical(answer, context),
        "silent": lambda: silent(order, context),
        "map_out": map_whole,
    }
    if (hand := BY_HAND.get(dialect.name)) is not None:
        works["by_hand"] = lambda: (hand.to_dialect(order, context), hand.to_canonical(answer, context))
    took = _time(works)
    by_hand = took.pop("by_hand", None)
    ratio = None if by_hand is None else (took["order"] + took["receipt"]) / by_hand
    return Costs(lines=lines, by_hand=by_hand, of_by_hand=ratio, **took)


def _time(works: Mapping[str, Callable[[], Any]]) -> dict[str, float]:
    """Microseconds of a processor that each takes, as the best of some turns of at least a fiftieth of a second.

    They take turns, so that what befalls the machine befalls all of them.
    """
    timers = {name: timeit.Timer(work, timer=time.process_time) for name, work in works.items()}
    counts = {name: _count(timer) for name, timer in timers.items()}
    turns = [{name: timer.timeit(counts[name]) / counts[name] for name, timer in timers.items()} for _ in range(TURNS)]
    return {name: 1e6 * min(turn[name] for turn in turns) for name in works}


def _count(timer: timeit.Timer) -> int:
    count = 1
    while timer.timeit(count) < 0.02:
        count *= 2
    return count
