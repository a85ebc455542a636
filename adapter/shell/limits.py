"""The buckets that callers' requests are taken out of; each process has its own."""

import time
from collections.abc import Mapping

from adapter.core.protection import Budget
from adapter.core.tenancy.limits import Kind, find_quotas, refuse_request, take, tell
from adapter.core.tenancy.tenants import Tenant


class TokenBuckets:
    """Satisfies ``ports.Limits``; there are no more buckets than tenants have callers."""

    def __init__(self) -> None:
        self._buckets: dict[tuple[str, ...], Budget] = {}

    def take(self, tenant: Tenant, caller: str, kind: Kind) -> Mapping[str, str]:
        quotas = find_quotas(tenant.name, caller, kind, tenant.rows.limit, tenant.rows.caller_limit)
        taking = take(quotas, self._buckets, time.monotonic())
        self._buckets.update(taking.left)
        fields = tell(quotas, self._buckets)
        if taking.short:
            raise refuse_request(taking, fields)
        return fields
