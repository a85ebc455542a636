"""HTTP out: the way to backends, and the border where exceptions of httpx become outcomes.

Requests go straight to a transport: none of a client's redirects, cookies, credentials or proxies is wanted here.
"""

import asyncio
import re
from typing import Any

import httpx

from adapter.core.outcomes import Answered, Lost, NotSent, Sent
from adapter.core.steps import Call

ANSWER_LIMIT = 1_048_576
CONNECT_SECONDS = 5.0

# The first moment at which a byte of the request may have left; before it, nothing has (README, "Outcomes").
SENDING = frozenset({"http11.send_request_headers.started", "http2.send_request_headers.started"})


# What RFC 9110 lets a header be; the transport would notice too, but only after it said that it was sending.
NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
VALUE = re.compile(r"[!-~]([ \t!-~]*[!-~])?")


class HttpBackends:
    """Satisfies ``ports.Backends`` over any httpx transport."""

    def __init__(self, transport: httpx.AsyncBaseTransport | None = None) -> None:
        # how many orders may be under way is bounded for each tenant: a common bound would let one starve another
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=64, keepalive_expiry=4.0)
        self._transport = transport or httpx.AsyncHTTPTransport(limits=limits, trust_env=False, retries=0)

    async def send(self, call: Call, deadline: float) -> Sent:
        watch = Watch()
        try:
            async with asyncio.timeout(deadline):
                return await self._exchange(call, deadline, watch)
        except TimeoutError:
            return watch.end(f"no whole answer within {deadline:g} s")
        except Exception as exc:  # whatever it was, the events tell whether a byte had left
            return watch.end(type(exc).__name__)

    async def _exchange(self, call: Call, deadline: float, watch: "Watch") -> Sent:
        timeout = httpx.Timeout(deadline, connect=min(CONNECT_SECONDS, deadline)).as_dict()
        # a compressed answer could open to any size
        headers = {"Accept-Encoding": "identity", "User-Agent": "adapter"} | call.headers
        if not all(NAME.fullmatch(name) and VALUE.fullmatch(value) for name, value in headers.items()):
            return NotSent("a header that cannot be written")
        request = httpx.Request(call.method, call.url, headers=headers, content=call.body)
        request.extensions = {"timeout": timeout, "trace": watch.note}
        response = await self._transport.handle_async_request(request)
        try:
            body = await _read_within(response, ANSWER_LIMIT)
        finally:
            await response.aclose()
        if body is None:
            return Lost(f"an answer of more than {ANSWER_LIMIT} bytes")
        return Answered(response.status_code, dict(response.headers), body)

    async def close(self) -> None:
        await self._transport.aclose()


class Watch:
    """Watches one request by the transport's own events, since no exception tells whether a byte has left."""

    def __init__(self) -> None:
        self.sending = False

    async def note(self, event: str, _info: dict[str, Any]) -> None:
        self.sending = self.sending or event in SENDING

    def end(self, reason: str) -> Sent:
        return Lost(reason) if self.sending else NotSent(reason)


async def _read_within(response: httpx.Response, limit: int) -> bytes | None:
    """The raw body; None once it is over the limit."""
    chunks = bytearray()
    assert isinstance(response.stream, httpx.AsyncByteStream)  # noqa: S101  # what an async transport gives
    async for chunk in response.stream:
        chunks += chunk
        if len(chunks) > limit:
            return None
    return bytes(chunks)
