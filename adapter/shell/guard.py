"""The guard: plain ASGI in front of everything, which lets nothing in but whole, plain requests of bounded size.

It reads the body before the application sees the request, so that no client, however slow, holds anything inside.
"""

import asyncio
import contextlib
from typing import NamedTuple

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adapter.core.framing import Head, check_head
from adapter.core.messages import answer_problem
from adapter.errors import Problem
from adapter.shell.visits import note_problem

# What is still taken in, at most, of a body that was refused for its size.
LINGER_BYTES = 4_194_304


class Bounds(NamedTuple):
    """What a request may take: bytes and seconds of its body, and how many that have one may be inside at once.

    ``linger_seconds`` is how long too long a body is still taken in, so that its client gets to read why.
    """

    body_bytes: int
    body_seconds: float
    requests: int
    linger_seconds: float = 1.0


class Guard:
    """An ASGI application around another."""

    def __init__(self, app: ASGIApp, bounds: Bounds) -> None:
        self.app = app
        self.bounds = bounds
        self.inside = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        try:
            if check_head(_head(scope), self.bounds.body_bytes) == 0:
                await self.app(scope, receive, send)
            else:
                await self._let_in(scope, receive, send)
        except Problem as problem:
            await self._refuse(problem, receive, send)

    async def _let_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on with its whole body, if there is room for one more."""
        try:
            async with asyncio.timeout(self.bounds.body_seconds):
                body = await self._read(receive)
        except TimeoutError:
            raise Problem("body-too-slow", f"expected the whole body in {self.bounds.body_seconds:g} s") from None
        if body is None:  # its client has left
            return
        if self.inside >= self.bounds.requests:
            raise Problem("overloaded", f"{self.inside} requests are under way", headers={"Retry-After": "1"})
        self.inside += 1
        try:
            await self.app(scope, _replay(body, receive), send)
        finally:
            self.inside -= 1

    async def _read(self, receive: Receive) -> bytes | None:
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            body += message.get("body", b"")
            if len(body) > self.bounds.body_bytes:
                raise Problem("body-too-large", f"expected at most {self.bounds.body_bytes} bytes")
            if not message.get("more_body", False):
                return bytes(body)

    async def _refuse(self, problem: Problem, receive: Receive, send: Send) -> None:
        """Answer with a problem and hang up: where the next request begins is anybody's guess."""
        note_problem(problem.kind)
        answer = answer_problem(problem)
        headers = {**answer.headers, "Content-Length": str(len(answer.body)), "Connection": "close"}
        lines = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": lines})
        await send({"type": "http.response.body", "body": answer.body, "more_body": True})
        if problem.kind == "body-too-large":  # a client that is still sending would find the line dead and no answer
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.bounds.linger_seconds):
                    await _discard(receive)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _head(scope: Scope) -> Head:
    return Head(
        scope["method"],
        scope["http_version"],
        scope["path"],
        scope["raw_path"],
        scope["query_string"],
        scope["headers"],
    )


def _replay(body: bytes, receive: Receive) -> Receive:
    """What the application receives: the body at once, then whatever the server says."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_body() -> Message:
        return waiting.pop() if waiting else await receive()

    return receive_body


async def _discard(receive: Receive) -> None:
    taken = 0
    while taken < LINGER_BYTES:
        message = await receive()
        taken += len(message.get("body", b""))
        if not message.get("more_body", False):
            return
