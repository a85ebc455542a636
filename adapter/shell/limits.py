"""The buckets that callers' requests are taken out of; each process has its own."""

import time

from adapter.core.protection import Budget
from adapter.core.tenancy.limits import Kind, Quota, find_quotas, look, refuse_request, take
from adapter.core.tenancy.tenants import Tenant
from adapter.shell.visits import note_limits


class TokenBuckets:
    """Satisfies ``ports.Limits``; there are no more buckets than tenants have callers."""

    def __init__(self) -> None:
        self._buckets: dict[tuple[str, ...], Budget] = {}

    def show(self, tenant: Tenant, caller: str, kind: Kind) -> None:
        note_limits(tenant.name, look(_find(tenant, caller, kind), self._buckets, time.monotonic()))

    def take(self, tenant: Tenant, caller: str, kind: Kind) -> None:
        quotas, now = _find(tenant, caller, kind), time.monotonic()
        taking = take(quotas, self._buckets, now)
        self._buckets.update(taking.left)
        note_limits(tenant.name, look(quotas, self._buckets, now))
        if taking.short:
            raise refuse_request(taking)


def _find(tenant: Tenant, caller: str, kind: Kind) -> list[Quota]:
    return find_quotas(tenant.name, caller, kind, tenant.rows.limit, tenant.rows.caller_limit)
