"""HTTP in: routes, problems. What comes here has been through the guard: it is plain, whole and of bounded size."""

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from adapter.core.messages import ORDERS, Answer, Inbound, answer_json, answer_problem
from adapter.errors import Problem
from adapter.gateway import Gateway
from adapter.shell.logs import log
from adapter.shell.pages import page_routes
from adapter.shell.visits import note_problem

LEGACY_ORDERS = "/api/sync/orders"
PREVIEW = f"{ORDERS}/preview"

Handler = Callable[[Request], Awaitable[Answer]]

KINDS = {404: "not-found", 405: "method-not-allowed"}


class Doors:
    """The doors of the gateway: what a request is on the inside, and what an answer is on the wire."""

    def __init__(self, gateway: Gateway, document: dict[str, Any]) -> None:
        self.gateway = gateway
        self.document = document
        self.running: set[asyncio.Task[Answer]] = set()

    def routes(self) -> list[Route]:
        return [
            Route(ORDERS, _answering(self.place_order), methods=["POST"]),
            Route(PREVIEW, _answering(self.preview_order), methods=["POST"]),
            Route(f"{ORDERS}/{{order_id}}", _answering(self.show_order), methods=["GET"]),
            Route(f"{ORDERS}/{{order_id}}/ledger", _answering(self.show_ledger), methods=["GET"]),
            Route(LEGACY_ORDERS, _answering(self.place_legacy_order), methods=["POST"]),
            Route("/healthz", _answering(self.tell_health), methods=["GET"]),
            Route("/openapi.json", _answering(self.show_document), methods=["GET"]),
            *page_routes(self.document),
        ]

    async def place_order(self, request: Request) -> Answer:
        return await self._place(Inbound(ORDERS, _headers(request), await self._read(request)))

    async def place_legacy_order(self, request: Request) -> Answer:
        """The route of older Stella clients: the same order, and a key means nothing on it."""
        return await self._place(Inbound(LEGACY_ORDERS, _headers(request), await self._read(request), takes_key=False))

    async def show_order(self, request: Request) -> Answer:
        return await self.gateway.show_order(Inbound(ORDERS, _headers(request)), request.path_params["order_id"])

    async def show_ledger(self, request: Request) -> Answer:
        return await self.gateway.show_ledger(Inbound(ORDERS, _headers(request)), request.path_params["order_id"])

    async def preview_order(self, request: Request) -> Answer:
        """A dry run: a key means nothing on it."""
        inbound = Inbound(PREVIEW, _headers(request), await self._read(request), takes_key=False)
        return await self.gateway.preview_order(inbound)

    async def tell_health(self, _request: Request) -> Answer:
        return answer_json(200, {"status": "ok"}, {})

    async def show_document(self, _request: Request) -> Answer:
        return answer_json(200, self.document, {})

    async def drain(self) -> None:
        """Wait for the orders under way; they end by their own deadlines."""
        if self.running:
            await asyncio.wait(self.running)

    async def _place(self, inbound: Inbound) -> Answer:
        # a task of ours, not of the request: a client that hangs up must not leave an order half sent
        task = asyncio.create_task(self.gateway.place_order(inbound))
        self.running.add(task)
        task.add_done_callback(self.running.discard)
        return await asyncio.shield(task)

    async def _read(self, request: Request) -> bytes:
        media_type = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
        if media_type != "application/json":
            raise Problem("unsupported-media-type", f"expected application/json, found {media_type!r}")
        return await request.body()


def make_app(doors: Doors, lifespan: Callable[[Starlette], Any]) -> Starlette:
    """The ASGI application over its doors."""
    handlers = {HTTPException: _answer_http_exception}
    app = Starlette(routes=doors.routes(), lifespan=lifespan, exception_handlers=handlers)
    app.router.redirect_slashes = False  # a client that followed would post its order without its headers
    return app


def _headers(request: Request) -> tuple[tuple[str, str], ...]:
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw)


def _answering(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint from a handler of ours: the one border where problems become responses."""

    async def endpoint(request: Request) -> Response:
        try:
            answer = await handler(request)
        except Problem as problem:
            note_problem(problem.kind)
            answer = answer_problem(problem)
        except Exception:
            log.error("mistake", exc_info=True, method=request.method, route=request.scope["route"].path)
            note_problem("internal-error")
            answer = answer_problem(Problem("internal-error"))
        return _respond(answer)

    return endpoint


async def _answer_http_exception(_request: Request, exc: Exception) -> Response:
    status = exc.status_code if isinstance(exc, HTTPException) else 500
    headers = dict(exc.headers or {}) if isinstance(exc, HTTPException) else {}
    return _respond(
        answer_problem(Problem(KINDS.get(status, "internal-error"), HTTPStatus(status).phrase, headers=headers))
    )


def _respond(answer: Answer) -> Response:
    return Response(answer.body, status_code=answer.status, headers=dict(answer.headers))
