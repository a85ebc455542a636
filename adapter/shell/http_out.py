"""HTTP out: the way to backends, and the border where exceptions of httpx become outcomes.

Requests go straight to a transport: none of a client's redirects, cookies, credentials or proxies is wanted here.
"""

import asyncio
import re
import time
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import httpx

from adapter.core.outcomes import Answered, Lost, NotSent, Sent
from adapter.core.steps import Call
from adapter.shell.transport import AiohttpTransport

ANSWER_LIMIT = 1_048_576
CONNECT_SECONDS = 5.0

# The first moment at which a byte of the request may have left; before it, nothing has (README, "Outcomes").
SENDING = frozenset({"http11.send_request_headers.started", "http2.send_request_headers.started"})


# What RFC 9110 lets a header be; the transport would notice too, but only after it said that it was sending.
NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
VALUE = re.compile(r"[!-~]([ \t!-~]*[!-~])?")


# A compressed answer could open to any size.
OURS = {"Accept-Encoding": "identity", "User-Agent": "adapter"}


class HttpBackends:
    """Satisfies ``ports.Backends`` over any httpx transport."""

    def __init__(self, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._transport = transport or AiohttpTransport()

    async def send(self, call: Call, deadline: float) -> Sent:
        watch = Watch(time.monotonic() + deadline)
        try:
            async with asyncio.timeout(deadline):
                return await self._exchange(call, deadline, watch)
        except TimeoutError:
            return watch.end(f"no whole answer within {deadline:g} s")
        except Exception as exc:  # whatever it was, the events tell whether a byte had left
            return watch.end(_name(exc))

    async def _exchange(self, call: Call, deadline: float, watch: "Watch") -> Sent:
        if not _can_be_written(call.headers):
            return NotSent("a header that cannot be written")
        response = await self._transport.handle_async_request(_write_request(call, deadline, watch))
        stream = response.stream
        assert isinstance(stream, httpx.AsyncByteStream)  # noqa: S101  # what an async transport gives
        try:
            body = await _read_within(stream, ANSWER_LIMIT)
        finally:
            await stream.aclose()
        if body is None:
            return Lost(f"an answer of more than {ANSWER_LIMIT} bytes")
        return Answered(response.status_code, dict(response.headers.items()), body)

    async def close(self) -> None:
        await self._transport.aclose()


class Watch:
    """Watches one request by the transport's own events, since no exception tells whether a byte has left.

    Its first byte leaves before ``until`` or never: a program that stood still meanwhile hears of its timer too late.
    """

    def __init__(self, until: float) -> None:
        self.until = until
        self.sending = False

    async def note(self, event: str, _info: dict[str, Any]) -> None:
        if event not in SENDING or self.sending:
            return
        if time.monotonic() >= self.until:
            raise TimeoutError("its time was over before it was sent")
        self.sending = True

    def end(self, reason: str) -> Sent:
        return Lost(reason) if self.sending else NotSent(reason)


def _name(exc: BaseException) -> str:
    """An exception by its type and that of what it came from, never by its message, which may hold anything."""
    cause = exc
    while cause.__cause__ is not None:
        cause = cause.__cause__
    return ": ".join(dict.fromkeys((type(exc).__name__, type(cause).__name__)))


def _can_be_written(headers: Mapping[str, str]) -> bool:
    return all(map(NAME.fullmatch, headers)) and all(map(VALUE.fullmatch, headers.values()))


def _write_request(call: Call, deadline: float, watch: Watch) -> httpx.Request:
    """The request with all its headers, so that httpx has none to work out."""
    url = _read_url(call.url)
    headers = {**OURS, "Host": url.netloc.decode("ascii"), **call.headers}
    if call.body or call.method not in ("GET", "HEAD"):
        headers["Content-Length"] = str(len(call.body))
    timeout = {"connect": min(CONNECT_SECONDS, deadline), "read": deadline, "write": deadline, "pool": deadline}
    extensions = {"timeout": timeout, "trace": watch.note}
    return httpx.Request(call.method, url, headers=headers, stream=httpx.ByteStream(call.body), extensions=extensions)


@lru_cache(maxsize=256)
def _read_url(url: str) -> httpx.URL:
    """A URL read once: most calls of a tenant go to the same."""
    return httpx.URL(url)


async def _read_within(stream: httpx.AsyncByteStream, limit: int) -> bytes | None:
    """The raw body; None once it is over the limit."""
    chunks = bytearray()
    async for chunk in stream:
        chunks += chunk
        if len(chunks) > limit:
            return None
    return bytes(chunks)
