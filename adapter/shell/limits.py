"""The buckets that callers' requests are taken out of; each process has its own."""

import time

from adapter.core.protection import Budget
from adapter.core.tenancy.limits import Kind, LimitRows, Quota, find_quotas, look, refuse_request, take
from adapter.core.tenancy.tenants import Tenant
from adapter.shell.visits import note_limits

UNLIMITED = LimitRows()


class TokenBuckets:
    """Satisfies ``ports.Limits``; there are no more buckets than tenants have callers."""

    def __init__(self) -> None:
        self._buckets: dict[tuple[str, ...], Budget] = {}

    def show(self, tenant: Tenant, caller: str, kind: Kind) -> None:
        self._note(tenant, _find(tenant, caller, kind))

    def take(self, tenant: Tenant, caller: str, kind: Kind) -> None:
        quotas = _find(tenant, caller, kind)
        self._note(tenant, quotas)
        if not quotas:
            return
        taking = take(quotas, self._buckets, time.monotonic())
        self._buckets.update(taking.left)
        if taking.short:
            raise refuse_request(taking)

    def _note(self, tenant: Tenant, quotas: list[Quota]) -> None:
        """Have the answer tell of quotas as they will stand by then."""
        note_limits(tenant.name, (lambda: look(quotas, self._buckets, time.monotonic())) if quotas else None)


def _find(tenant: Tenant, caller: str, kind: Kind) -> list[Quota]:
    whole, each = tenant.rows.limit, tenant.rows.caller_limit
    if whole == UNLIMITED == each:  # as most are
        return []
    return find_quotas(tenant.name, caller, kind, whole, each)
