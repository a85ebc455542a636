"""Warming up: what the first order of a fresh program would wait for is done before anybody is let in."""

import contextlib
import gc
from collections.abc import Iterable

from adapter.core.canonical import read_order
from adapter.core.orders import map_out
from adapter.core.tenancy.tenants import Tenant
from adapter.errors import Problem

# It touches every kind of member; whether a tenant's backend would have it does not matter.
ORDER = {
    "email": "maya@example.com",
    "phone": "+1 502 555 0142",
    "line_items": [{"quantity": 1, "name": "Linen shirt", "price": 39.5}],
    "shipping_address": {
        "first_name": "Maya",
        "last_name": "van der Berg",
        "address1": "92 Chestnut Street",
        "city": "Louisville",
        "state": "Kentucky",
        "postal_code": "40202",
        "country": "United States",
        "phone": "+1 502 555 0142",
    },
    "payment_method": "cod",
    "total": 39.5,
    "currency": "USD",
}
REFERENCE = "00000000-0000-4000-8000-000000000000"
RECEIVED_AT = "2026-01-01T00:00:00Z"


def warm_up(tenants: Iterable[Tenant]) -> None:
    """Map an order for each dialect, which reads the tables of places, names and numbers; nothing is sent."""
    for tenant in {tenant.dialect.name: tenant for tenant in tenants}.values():
        with contextlib.suppress(Problem):
            map_out(tenant, read_order(ORDER, tenant.settings.get("currency")), (), REFERENCE, RECEIVED_AT)


def settle() -> None:
    """Take what is in memory by now for permanent, so that no collection looks through it again."""
    gc.collect()
    gc.freeze()
