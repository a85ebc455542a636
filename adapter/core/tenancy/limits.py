"""How many requests a minute a tenant and each of its callers may make, as values; time comes in as a number.

The fields are those of draft-ietf-httpapi-ratelimit-headers (structured fields, RFC 9651).
"""

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, NamedTuple

from msgspec import Meta, Struct

from adapter.core.protection import Budget, spend
from adapter.errors import Problem

# A new order; a key that was seen before; everything that places nothing.
Kind = Literal["orders", "repeats", "reads"]

PerMinute = Annotated[int, Meta(ge=1, le=1_000_000)] | None

# Repeats are what a client does that does not know whether its order is there: they may be many more than orders.
REPEATS_PER_ORDER = 5


class LimitRows(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Requests a minute by kind; without a number there is no limit, but ``repeats`` follows ``orders``."""

    orders: PerMinute = None
    repeats: PerMinute = None
    reads: PerMinute = None

    def per_minute(self, kind: Kind) -> int | None:
        """The limit of one kind, if there is one."""
        said: int | None = getattr(self, kind)
        return self.orders * REPEATS_PER_ORDER if said is None and kind == "repeats" and self.orders else said


class Quota(NamedTuple):
    """A limit as it applies to one request: its name, and whose bucket it is taken out of."""

    name: str
    holder: tuple[str, ...]
    per_minute: int


class Taking(NamedTuple):
    """What a request leaves of its buckets; ``wait`` in seconds, where one had too little and nothing was taken."""

    left: Mapping[tuple[str, ...], Budget]
    wait: float
    short: tuple[str, ...] = ()


def find_quotas(tenant: str, caller: str, kind: Kind, whole: LimitRows, each: LimitRows) -> list[Quota]:
    """The limits of a request: of its tenant's callers together, and of its caller alone."""
    said = [
        (kind, (tenant, kind), whole.per_minute(kind)),
        (f"caller-{kind}", (tenant, kind, caller), each.per_minute(kind)),
    ]
    return [Quota(name, holder, limit) for name, holder, limit in said if limit is not None]


def take(quotas: Sequence[Quota], buckets: Mapping[tuple[str, ...], Budget], now: float) -> Taking:
    """Take one request out of every bucket, or out of none."""
    spent = {quota: spend(buckets.get(quota.holder), 1, quota.per_minute, now) for quota in quotas}
    short = tuple(quota.name for quota, (_, wait) in spent.items() if wait)
    if short:
        return Taking({}, max(wait for _, wait in spent.values()), short)
    return Taking({quota.holder: left for quota, (left, _) in spent.items()}, 0.0)


def look(quotas: Sequence[Quota], buckets: Mapping[tuple[str, ...], Budget], now: float) -> dict[str, str]:
    """The fields of an answer to a request that nothing was taken for."""
    filled = {quota.holder: spend(buckets.get(quota.holder), 0, quota.per_minute, now)[0] for quota in quotas}
    return tell(quotas, filled)


def tell(quotas: Sequence[Quota], buckets: Mapping[tuple[str, ...], Budget]) -> dict[str, str]:
    """The fields of an answer: each limit, what is left of it, and the seconds until it is whole again."""
    if not quotas:
        return {}
    policies = [f'"{quota.name}";q={quota.per_minute};w=60' for quota in quotas]
    levels = [
        f'"{quota.name}";r={max(0, math.floor(left))};t={math.ceil((quota.per_minute - left) * 60 / quota.per_minute)}'
        for quota in quotas
        for left in [buckets[quota.holder].left if quota.holder in buckets else quota.per_minute]
    ]
    return {"RateLimit-Policy": ", ".join(policies), "RateLimit": ", ".join(levels)}


def refuse_request(taking: Taking) -> Problem:
    """What a request is told that came too early."""
    seconds = math.ceil(taking.wait)
    return Problem(
        "quota-exceeded",
        f"expected no more requests for {seconds} s",
        members={"violated-policies": list(taking.short)},
        headers={"Retry-After": str(seconds)},
    )
