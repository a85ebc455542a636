"""Access: the outermost layer, which gives each request an id, and tells of each answer in a line and in numbers."""

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adapter.core.messages import ORDERS
from adapter.shell.logs import log
from adapter.shell.metrics import Metrics
from adapter.shell.visits import CURRENT, Visit, open_visit

ORDER = f"{ORDERS}/{{order_id}}"


class Access:
    """An ASGI application around another."""

    def __init__(self, app: ASGIApp, metrics: Metrics, plain: frozenset[str]) -> None:
        """``plain`` are the paths without a parameter: a door is told by its template, not by what was called."""
        self.app = app
        self.metrics = metrics
        self.plain = plain

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        visit, began = open_visit(scope["headers"]), time.perf_counter()
        answer = _Answer(send, visit)
        token = CURRENT.set(visit)
        try:
            await self.app(scope, receive, answer)
        finally:
            CURRENT.reset(token)
            self._tell(scope, visit, answer, time.perf_counter() - began)

    def _tell(self, scope: Scope, visit: Visit, answer: "_Answer", seconds: float) -> None:
        route = self._name_route(scope["path"])
        self.metrics.requests.labels(route, answer.status, visit.problem or "").inc()
        self.metrics.request_seconds.labels(route).observe(seconds)
        length = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
        log.info(
            "request",
            request=visit.request,
            trace=visit.trace,
            method=scope["method"] if scope["method"].isalpha() else "other",
            route=route,
            status=answer.status,
            problem=visit.problem,
            tenant=visit.tenant,
            dialect=visit.dialect,
            operation=visit.operation,
            state=visit.state,
            ms=round(seconds * 1000, 1),
            bytes_in=int(length) if length.isdigit() and len(length) < 12 else None,
            bytes_out=answer.size,
        )

    def _name_route(self, path: str) -> str:
        if path in self.plain:
            return path
        if path.startswith(f"{ORDERS}/"):
            return f"{ORDER}/ledger" if path.endswith("/ledger") else ORDER
        return "/problems/{name}" if path.startswith("/problems/") else "other"


class _Answer:
    """What goes back through us: its status and size, with the visit's headers added; status 0 where nothing did."""

    def __init__(self, send: Send, visit: Visit) -> None:
        self.send = send
        self.visit = visit
        self.status = 0
        self.size = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message = {**message, "headers": [*message["headers"], *self.visit.headers()]}
        elif message["type"] == "http.response.body":
            self.size += len(message.get("body", b""))
        await self.send(message)
