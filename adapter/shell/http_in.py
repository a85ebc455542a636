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
from starlette.types import ASGIApp, Receive, Scope, Send

from adapter.core.messages import ORDERS, PROBLEM_JSON, Answer, Inbound, answer_json, answer_problem, name_kind
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
            *(_route(path, place, "POST") for path, place in self.order_doors().items()),
            _route(PREVIEW, self.preview_order, "POST"),
            _route(f"{ORDERS}/{{order_id}}", self.show_order, "GET"),
            _route(f"{ORDERS}/{{order_id}}/ledger", self.show_ledger, "GET"),
            _route("/healthz", self.tell_health, "GET"),
            _route("/openapi.json", self.show_document, "GET"),
            *page_routes(self.document),
        ]

    def order_doors(self) -> dict[str, Handler]:
        """The doors at which orders are placed, which is what most requests are for."""
        return {ORDERS: self.place_order, LEGACY_ORDERS: self.place_legacy_order}

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


class OrderDoors:
    """An ASGI application around another that answers at the doors for orders without its router."""

    def __init__(self, app: ASGIApp, doors: Doors) -> None:
        self.app = app
        self.doors = doors.order_doors()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        wanted = scope["type"] == "http" and scope["method"] == "POST"
        place = self.doors.get(scope["path"]) if wanted else None
        if place is None:
            await self.app(scope, receive, send)
            return
        answer = await _answer(place, Request(scope, receive), scope["path"])
        await _respond(answer)(scope, receive, send)


def make_app(doors: Doors, lifespan: Callable[[Starlette], Any]) -> ASGIApp:
    """The ASGI application over its doors."""
    handlers = {HTTPException: _answer_http_exception}
    app = Starlette(routes=doors.routes(), lifespan=lifespan, exception_handlers=handlers)
    app.router.redirect_slashes = False  # a client that followed would post its order without its headers
    return OrderDoors(app, doors)


def _headers(request: Request) -> tuple[tuple[str, str], ...]:
    return tuple([(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.scope["headers"]])


def _route(path: str, handler: Handler, method: str) -> Route:
    async def endpoint(request: Request) -> Response:
        return _respond(await _answer(handler, request, path))

    return Route(path, endpoint, methods=[method])


async def _answer(handler: Handler, request: Request, route: str) -> Answer:
    """What a handler of ours answers: the one border where problems become answers."""
    try:
        answer = await handler(request)
        if answer.headers["Content-Type"] == PROBLEM_JSON["Content-Type"]:  # one that the journal has, or will have
            note_problem(name_kind(answer))
        return answer
    except Problem as problem:
        note_problem(problem.kind)
        return answer_problem(problem)
    except Exception:
        log.error("mistake", exc_info=True, method=request.method, route=route)
        note_problem("internal-error")
        return answer_problem(Problem("internal-error"))


async def _answer_http_exception(_request: Request, exc: Exception) -> Response:
    status = exc.status_code if isinstance(exc, HTTPException) else 500
    headers = dict(exc.headers or {}) if isinstance(exc, HTTPException) else {}
    return _respond(
        answer_problem(Problem(KINDS.get(status, "internal-error"), HTTPStatus(status).phrase, headers=headers))
    )


def _respond(answer: Answer) -> Response:
    return Response(answer.body, status_code=answer.status, headers=dict(answer.headers))
