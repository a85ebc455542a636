"""What the values alone cost: reading an order, saying it in a dialect, reading the receipt; no I/O."""

import timeit
from collections.abc import Callable
from typing import Any

import msgspec

from adapter.core.canonical import read_json, read_order, unknown_members
from adapter.core.orders import make_context, map_out
from adapter.core.tenancy.tenants import Tenant

REFERENCE = "00000000-0000-4000-8000-000000000000"
RECEIVED_AT = "2026-01-01T00:00:00Z"

# Each figure is the best of so many turns: whatever else the machine does only ever adds to it.
TURNS = 5


class Costs(msgspec.Struct, frozen=True):
    """Microseconds for one order: JSON decoded and encoded again, the lens alone, all that is done to map it out.

    ``map_out`` is reading and checking the order, the lens with its ledger, and judging the document by its schema.
    """

    lines: int
    floor: float
    lens: float
    map_out: float


def time_order(tenant: Tenant, body: bytes, lines: int) -> Costs:
    """The costs of one canonical order in a tenant's dialect."""
    currency = tenant.settings.get("currency")
    order = read_order(read_json(body), currency)
    context = make_context(tenant, order, REFERENCE, RECEIVED_AT) | {"crosswalk": {}}

    def map_whole() -> Any:
        decoded = read_json(body)
        read = read_order(decoded, currency)
        return map_out(tenant, read, unknown_members(decoded), REFERENCE, RECEIVED_AT)

    return Costs(
        lines=lines,
        floor=_time(lambda: msgspec.json.encode(msgspec.json.decode(body))),
        lens=_time(lambda: tenant.dialect.order.to_dialect(order, context)),
        map_out=_time(map_whole),
    )


def _time(work: Callable[[], Any]) -> float:
    """Microseconds that it takes, as the best of some turns of at least a fiftieth of a second."""
    timer = timeit.Timer(work)
    count = 1
    while timer.timeit(count) < 0.02:
        count *= 2
    return 1e6 * min(timer.repeat(TURNS, count)) / count
