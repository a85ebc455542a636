"""The operator's doors, on a port of their own: is it up, is it ready, what do its numbers say."""

import asyncio
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from adapter.core.messages import answer_problem
from adapter.core.tenancy.tenants import Tenants
from adapter.errors import Problem
from adapter.ports import Open
from adapter.shell.metrics import Metrics


class Store(Protocol):
    """What the operator asks of a journal."""

    async def count_open(self) -> Sequence[Open]:
        """Operations that nobody has ended."""

    async def can_write(self) -> bool:
        """Whether it can be written now."""

    def has_reserve(self) -> bool:
        """Whether the disk reserve is there."""


class AdminDoors:
    """The doors; ``key`` is the operator's credential, empty where the port alone keeps others out."""

    def __init__(
        self,
        store: Store,
        metrics: Metrics,
        circuits: Callable[[], Mapping[str, str]],
        tenants: Tenants,
        coverage: Callable[[], Any],
        key: str,
    ) -> None:
        self.store = store
        self.metrics = metrics
        self.circuits = circuits
        self.tenants = tenants
        self.coverage = coverage
        self.key = key
        self.serving = True

    def leave(self) -> None:
        """Say from now on that there is no more to come here: the gateway is about to end."""
        self.serving = False

    def app(self) -> Starlette:
        """The application; a probe needs no credential and learns no more than yes and no."""
        made = Starlette(
            routes=[
                Route("/healthz", self.tell_health, methods=["GET"]),
                Route("/readyz", self.tell_readiness, methods=["GET"]),
                Route("/metrics", self._keep(self.show_metrics), methods=["GET"]),
                Route("/coverage", self._keep(self.show_coverage), methods=["GET"]),
            ]
        )
        made.router.redirect_slashes = False
        return made

    async def tell_health(self, _request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def tell_readiness(self, _request: Request) -> Response:
        """Ready is who has tenants, can write its journal, has the reserve for a full disk, and is not about to end."""
        journal, reserve = await self.store.can_write(), self.store.has_reserve()
        checks = {"tenants": bool(self.tenants()), "journal": journal, "reserve": reserve, "serving": self.serving}
        ready = all(checks.values())
        return JSONResponse({"status": "ready" if ready else "not ready", "checks": checks}, 200 if ready else 503)

    async def show_metrics(self, _request: Request) -> Response:
        opened = await self.store.count_open()
        reserve, tenants = self.store.has_reserve(), len(self.tenants())
        text = self.metrics.render(opened, self.circuits(), reserve=reserve, tenants=tenants)
        return Response(text, media_type=CONTENT_TYPE_LATEST)

    async def show_coverage(self, _request: Request) -> Response:
        """What of the mappings in use was exercised; put together in a thread, since orders go on meanwhile."""
        return JSONResponse(await asyncio.to_thread(self.coverage), headers={"Cache-Control": "no-store"})

    def _keep(self, door: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        """A door for who has the operator's credential; a journal that cannot be read is a problem."""

        async def kept(request: Request) -> Response:
            try:
                self._demand_key(request)
                return await door(request)
            except Problem as problem:
                answer = answer_problem(problem)
                return Response(answer.body, answer.status, dict(answer.headers))

        return kept

    def _demand_key(self, request: Request) -> None:
        scheme, _, said = request.headers.get("authorization", "").partition(" ")
        digests = [hashlib.sha256(text.encode()).digest() for text in (said.strip(), self.key)]
        if self.key and not (scheme.lower() == "bearer" and hmac.compare_digest(*digests)):
            raise Problem("unauthenticated", headers={"WWW-Authenticate": "Bearer"})
