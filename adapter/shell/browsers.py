"""Browsers: which pages may call us from within a browser, and what those may read of our answers."""

from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adapter.core.messages import ORDERS
from adapter.core.tenancy.tenants import Tenant, Tenants

SITE_ID = b"x-stella-site-id"

Headers = list[tuple[bytes, bytes]]

# What a page's script may send, and what it may read beside the body.
SENT = b"Content-Type, Idempotency-Key, X-Stella-Site-Id, X-Correlation-Id, traceparent"
READ = (
    b"Location, Retry-After, Order-Losses, Order-Revised, Order-Warnings, Order-Secrets, Backend-Calls, "
    b"Idempotent-Replayed, RateLimit, RateLimit-Policy, X-Correlation-Id, traceparent"
)

VARY = (b"vary", b"Origin")


class Preflights:
    """An ASGI application around another that answers a browser's question whether it may place an order."""

    def __init__(self, app: ASGIApp, tenants: Tenants) -> None:
        self.app = app
        self.tenants = tenants
        self._known: tuple[Mapping[str, Tenant], frozenset[str]] = ({}, frozenset())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = scope["type"] == "http" and scope["method"] == "OPTIONS" and scope["path"] == ORDERS
        origin = _say(scope, b"origin") if asked else None
        if origin is None or _say(scope, b"access-control-request-method") is None:
            await self.app(scope, receive, send)
            return
        headers: Headers = [VARY, (b"content-length", b"0")]
        if origin.decode("latin-1") in self._origins():
            headers += [(b"access-control-allow-origin", origin), (b"access-control-allow-methods", b"POST")]
            headers += [(b"access-control-allow-headers", SENT), (b"access-control-max-age", b"600")]
        await send({"type": "http.response.start", "status": 204, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    def _origins(self) -> frozenset[str]:
        """The pages of all tenants, since a preflight does not say whose it is; gathered once for each roster."""
        tenants = self.tenants()
        if tenants is not self._known[0]:
            self._known = tenants, frozenset(origin for one in tenants.values() for origin in one.rows.origins)
        return self._known[1]


class CrossOrigin:
    """An ASGI application around another that lets a tenant's own pages read its answers, and no others."""

    def __init__(self, app: ASGIApp, tenants: Tenants) -> None:
        self.app = app
        self.tenants = tenants

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        origin = _say(scope, b"origin") if scope["type"] == "http" else None
        if origin is None or scope["path"] != ORDERS or scope["method"] == "OPTIONS":
            await self.app(scope, receive, send)
            return
        tenant = self.tenants().get((_say(scope, SITE_ID) or b"").decode("latin-1"))
        headers: Headers = [VARY]
        if tenant is not None and origin.decode("latin-1") in tenant.rows.origins:
            headers += [(b"access-control-allow-origin", origin), (b"access-control-expose-headers", READ)]

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *headers]}
            await send(message)

        await self.app(scope, receive, tell)


def _say(scope: Scope, name: bytes) -> bytes | None:
    """The value of a header that stands once; None where it does not."""
    said: list[bytes] = [value for key, value in scope["headers"] if key == name]
    return said[0] if len(said) == 1 else None
