"""The frame every sandbox shares: routes from an OpenAPI document, then one way in and one way out."""

from collections.abc import Awaitable, Callable, Mapping, Sequence, Set
from dataclasses import replace
from datetime import datetime
from decimal import DecimalException
from http import HTTPStatus
from random import Random
from typing import Any, NamedTuple

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Receive, Scope, Send

from adapter.sandbox.calls import Answer, Call, Refused, answer, encode
from adapter.sandbox.faults import FAULT, WRITING, Fault
from adapter.sandbox.memory import Complaint, Kept, Memory, Seen
from adapter.sandbox.operations import Invalid, Operation, Violation, operations
from adapter.sandbox.rules import Rules, Shop

LEDGER = "/_sandbox/ledger"

UNROUTED = (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED)


class Effect(NamedTuple):
    """What came of a call: when, whether by replay, whether it changed anything, what it made, what befell it."""

    at: str
    replayed: bool
    applied: bool
    made: Sequence[Kept]
    fault: Fault | None


class Sandbox:
    """An ASGI app that answers as one backend would; ValueError where document and rules do not agree.

    `GET /_sandbox/ledger` lists what it saw and remembers, `DELETE` of the same forgets it. A request whose
    scope has a `Fault` under `FAULT` is befallen by it, as far as that can be done without the socket.
    """

    def __init__(
        self,
        document: Mapping[str, Any],
        rules: Rules,
        credentials: Mapping[str, str],
        clock: Callable[[], datetime],
        seed: int,
        currency: str = "USD",
    ) -> None:
        self.rules = rules
        self.shop = Shop(credentials=credentials, clock=clock, random=Random(seed), currency=currency)
        offered = operations(document)
        self.operations = frozenset(operation.id for operation in offered)
        _agree(self.operations, set(rules.handlers))
        routes = [Route(LEDGER, self._ledger, methods=["GET", "DELETE"]), *map(self._route, offered)]
        unrouted = {status: self._unrouted(status) for status in UNROUTED}
        self.app = Starlette(routes=routes, exception_handlers=unrouted)
        self.app.router.redirect_slashes = False  # a redirect would leave by another door than `_leave`

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)

    @property
    def memory(self) -> Memory:
        """What this backend remembers, for a checker in the same program."""
        return self.shop.memory

    def operation_at(self, method: str, path: str) -> str:
        """The id of the operation that a request would reach, empty where it would reach none."""
        scope = {"type": "http", "method": method, "path": path}
        reached = (route for route in self.app.router.routes if route.matches(scope)[0] is Match.FULL)
        name = getattr(next(reached, None), "name", "")
        return name if name in self.operations else ""

    def _route(self, operation: Operation) -> Route:
        async def serve(request: Request) -> Response:
            call = await _read(request, operation.id)
            tenant = self.rules.identify(call, self.shop)
            call = replace(call, tenant=tenant or "")
            fault: Fault | None = request.scope.get(FAULT)
            known = len(self.memory.kept)
            if fault and not fault.applied:
                return self._leave(call, self._refusal(HTTPStatus.SERVICE_UNAVAILABLE), fault)
            if tenant is None:
                return self._leave(call, self._refusal(HTTPStatus.UNAUTHORIZED), fault)
            reply, replayed = self._once(operation, call)
            return self._leave(call, reply, fault, replayed=replayed, made=self.memory.since(known))

        return Route(operation.path, serve, methods=[operation.method], name=operation.id)

    def _unrouted(self, status: HTTPStatus) -> Callable[[Request, Exception], Awaitable[Response]]:
        async def serve(request: Request, _: Exception) -> Response:
            return self._leave(await _read(request, ""), self._refusal(status))

        return serve

    def _refusal(self, status: HTTPStatus) -> Answer:
        return self.rules.refuse(status, status.phrase.lower().replace(" ", "_"))

    def _once(self, operation: Operation, call: Call) -> tuple[Answer, bool]:
        """The answer under the dialect's idempotency rule, and whether it is a replay."""
        rule = self.rules.idempotency
        if rule is None or call.method == "GET":
            return self._attempt(operation, call), False
        if not call.key:
            complaint = rule.complaint_without_key(call.path)
            return self.rules.refuse(*complaint) if complaint else self._attempt(operation, call), False
        known = self.memory.recall(rule, call, self.shop.clock())
        match known:
            case Answer():
                return known, True
            case Complaint():
                return self.rules.refuse(*known), False
        fresh = self._attempt(operation, call)
        self.memory.remember(rule, call, fresh, self.shop.clock())
        return fresh, False

    def _attempt(self, operation: Operation, call: Call) -> Answer:
        try:
            content = self.rules.handlers[operation.id](operation.read(call), self.shop)
            return answer(operation.success, content)
        except Invalid as invalid:
            return self.rules.invalid(invalid.violations)
        except Refused as refused:
            return refused.answer
        except DecimalException as exc:
            uncountable = Violation(("body",), "value", f"no amount of money: {type(exc).__name__}")
            return self.rules.invalid([uncountable])

    def _leave(
        self,
        call: Call,
        reply: Answer,
        fault: Fault | None = None,
        *,
        replayed: bool = False,
        made: Sequence[Kept] = (),
    ) -> Response:
        """The one door every answer leaves by, and where a fault befalls it."""
        applied = call.method in WRITING and reply.status < HTTPStatus.MULTIPLE_CHOICES and not replayed
        if fault:
            reply = fault.spoil(reply, self.rules.refuse)
        effect = Effect(self.shop.now(), replayed, applied, made, fault)
        self.memory.see(_seen(call, reply, effect))
        if fault and fault.loses and applied:
            self.memory.lose(call, made)
        headers = {"content-type": "application/json", **reply.headers}
        return Response(reply.body, reply.status, headers)

    async def _ledger(self, request: Request) -> Response:
        if request.method == "DELETE":
            self.memory.clear()
            return Response(status_code=HTTPStatus.NO_CONTENT)
        return Response(encode(self.memory.ledger()), media_type="application/json")


def _agree(offered: Set[str], handled: Set[str]) -> None:
    """A document and the rules name the same operations, or the sandbox does not start."""
    if offered != handled:
        raise ValueError(
            f"operations differ - document alone: {sorted(offered - handled)}, rules alone: "
            f"{sorted(handled - offered)}; whoever changed one of them must change the other"
        )


async def _read(request: Request, operation: str) -> Call:
    return Call(
        operation=operation,
        method=request.method,
        path=request.url.path,
        places=request.path_params,
        query=dict(request.query_params),
        headers=dict(request.headers),
        raw=await request.body(),
    )


def _seen(call: Call, reply: Answer, effect: Effect) -> Seen:
    fault = effect.fault
    return Seen(
        at=effect.at,
        operation=call.operation,
        tenant=call.tenant,
        method=call.method,
        path=call.path,
        query=dict(call.query),
        idempotency_key=call.key or None,
        correlation_id=call.correlation_id,
        body_sha256=call.body_digest,
        body=call.raw.decode(errors="replace"),
        status=None if fault and fault.silent else reply.status,
        replayed=effect.replayed,
        applied=effect.applied,
        orders=[one.id for one in effect.made if one.kind == "order"],
        fault=fault.name if fault else None,
    )
