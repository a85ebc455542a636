"""The sandboxes by the name of their dialect."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from adapter.sandbox import enad, example, lana, stella_checkout, stella_sync
from adapter.sandbox.backend import Sandbox
from adapter.sandbox.rules import Rules

DIALECTS: Mapping[str, Rules] = {
    "stella_sync": stella_sync.RULES,
    "stella_checkout": stella_checkout.RULES,
    "enad": enad.RULES,
    "lana": lana.RULES,
}

ANYTHING: Mapping[str, str] = MappingProxyType({})


def _now() -> datetime:
    return datetime.now(UTC)


def make_sandbox(
    dialect: str,
    document: dict[str, Any],
    *,
    credentials: Mapping[str, str] = ANYTHING,
    clock: Callable[[], datetime] = _now,
    seed: int = 0,
    currency: str = "USD",
) -> Sandbox:
    """An ASGI app that speaks `dialect` over the routes of its OpenAPI `document`.

    Credentials by dialect: `site_id` and `secret` (stella_sync), `site_id` and `token` (stella_checkout),
    `header` and `value` (enad), `token` and `shop_id` (lana); one left out may be anything but empty.
    A dialect we do not know answers with its document's examples. `clock` gives aware datetimes, `seed` fixes
    every id, `currency` is the shop's own. ValueError for a document that does not offer the operations the
    rules handle, or has no example to answer with.
    """
    rules = DIALECTS[dialect] if dialect in DIALECTS else example.make_rules(document)
    return Sandbox(document, rules, credentials, clock, seed, currency)
