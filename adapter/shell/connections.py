"""Connections as the server keeps them: uvicorn's protocol, bounded where it is patient with no end.

What an application never gets to see is decided here: how many connections there may be, how long a head may take, how
much of one is taken in, how much a body may cost beside its bytes, and the form of the request's target.
"""

import asyncio
import secrets
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from adapter.core.framing import HEAD_BYTES
from adapter.core.messages import answer_problem
from adapter.errors import Problem
from adapter.shell.crowds import Crowd
from adapter.shell.logs import log

# Chunk sizes, extensions and trailers together; an honest client's chunks cost a few bytes each.
OVERHEAD_BYTES = 32_768

# So long a connection that was dismissed may take to be gone.
LEAVE_SECONDS = 1.0

# In what parts a read is looked at, since a count starts anew somewhere within one.
SLICE_BYTES = 8_192


class Joined:
    """A transport that sends what is written within one turn of the loop as one: head and body of an answer."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._parts: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        if not self._parts:
            self._loop.call_soon(self._send)
        self._parts.append(data)

    def close(self) -> None:
        self._send()
        self._transport.close()

    def _send(self) -> None:
        parts, self._parts = self._parts, []
        if parts and not self._transport.is_closing():
            self._transport.write(b"".join(parts))


class BoundedProtocol(HttpToolsProtocol):
    """One connection of a crowd. ``head_seconds`` is for a whole head, from the connection or from its first byte.

    ``note`` is told of each refusal: its status, and the kind of its problem.
    """

    head_seconds = 10.0

    def __init__(
        self,
        *arguments: Any,
        crowd: Crowd | None = None,
        note: Callable[[int, str], None] = lambda _status, _kind: None,
        **named: Any,
    ) -> None:
        super().__init__(*arguments, **named)
        self.crowd = crowd or Crowd()
        self.note = note
        self.in_head = True
        self.taken = 0  # bytes of this head, or of this body beside what it says
        self.deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(Joined(transport, self.loop))  # type: ignore[arg-type]  # as far as a server asks
        if not self.crowd.make_room(len(self.connections)):
            self._hang_up(_make_full())
            return
        self.crowd.wait_for(self)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self.crowd.attend(self)
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.in_head and self.deadline is None:
            self._await_head()
        for start in range(0, len(data), SLICE_BYTES):
            if self.transport.is_closing():
                return
            part = data[start : start + SLICE_BYTES]
            self.taken += len(part)
            super().data_received(part)
            if self.taken > (HEAD_BYTES if self.in_head else OVERHEAD_BYTES) + SLICE_BYTES:
                self._hang_up(Problem("headers-too-large") if self.in_head else _make_malformed())

    def send_400_response(self, msg: str) -> None:
        """What the server says of bytes that its parser cannot read."""
        self._hang_up(_make_malformed())

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.in_head:  # the server would take them for headers
            raise httptools.HttpParserError("expected no trailers")
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if not self.url.startswith(b"/") or b"#" in self.url:  # the application would not see the rest of it
            raise httptools.HttpParserInvalidURLError("expected a path")
        self._stop_waiting()
        self.in_head, self.taken = False, 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self.taken = max(0, self.taken - len(body))  # those of the read that ended the head were never counted
        if not self.cycle.response_started:  # else it is refused already, and thrown away as it comes
            self.crowd.hold(self, len(body))
        super().on_body(body)

    def on_message_complete(self) -> None:
        self.in_head, self.taken = True, 0
        self.crowd.attend(self)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.cycle.response_complete or self.cycle.more_body:  # else the next request is here already
            self.crowd.wait_for(self)

    def dismiss(self) -> None:
        """Hang up for somebody else to come in; who does not take what is left to read is cut off."""
        if self.taken or not self.in_head:
            self._hang_up(_make_full())
        else:
            self.transport.close()
        self.loop.call_later(LEAVE_SECONDS, self.transport.abort)

    def _await_head(self) -> None:
        self.deadline = self.loop.call_later(self.head_seconds, self._end_waiting)

    def _stop_waiting(self) -> None:
        if self.deadline is not None:
            self.deadline.cancel()
            self.deadline = None

    def _end_waiting(self) -> None:
        self.deadline = None
        if self.cycle is not None and not self.cycle.response_complete:
            self._await_head()  # the next request may wait until this one has its answer
        elif self.taken:
            self._hang_up(Problem("head-too-slow", f"expected the whole head in {self.head_seconds:g} s"))
        else:  # a client may be about to use the line: an answer would be taken for its request's
            self.transport.close()

    def _hang_up(self, problem: Problem) -> None:
        """Refuse what is coming in and end the connection, after the answer to what came in whole, if that is due."""
        if self.transport.is_closing():
            return
        cycle = self.cycle
        if cycle is not None and not cycle.response_complete and not cycle.more_body:
            cycle.keep_alive = False
            self.flow.pause_reading()
            return
        if cycle is None or cycle.response_complete or not (cycle.response_started or self.pipeline):
            self.transport.write(_write_refusal(problem))
            self.note(problem.status, problem.kind)
        self.transport.close()


def _make_full() -> Problem:
    return Problem("overloaded", "there are too many connections", headers={"Retry-After": "1"})


def _make_malformed() -> Problem:
    return Problem("malformed-request", "expected plain HTTP/1.1")


def _write_refusal(problem: Problem) -> bytes:
    """A problem on the wire, and its line in the log: no application has seen this request."""
    answer, request = answer_problem(problem), secrets.token_hex(16)
    log.info("request", request=request, status=answer.status, problem=problem.kind, bytes_out=len(answer.body))
    headers = {**answer.headers, "Content-Length": str(len(answer.body)), "Connection": "close"}
    lines = [f"{name.lower()}: {value}" for name, value in {**headers, "X-Correlation-Id": request}.items()]
    head = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}", *lines, "", ""]
    return "\r\n".join(head).encode() + answer.body
