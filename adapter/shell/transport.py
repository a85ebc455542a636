"""The way out on the wire: httpx's transport interface over aiohttp's connections.

An exchange sends its request over one connection, once. aiohttp would send a PUT or a GET again by itself where a kept
connection turns out to be dead; here that is an error like any other, and what follows is for others to decide.
"""

import io
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import aiohttp
import httpx
from yarl import URL

# Shorter than any backend's, so that of the two it is hardly ever the backend who hangs up.
KEEP_ALIVE_SECONDS = 4.0

# Told as soon as a connection is there for the request: from here on, a byte may have left.
SENDING = "http11.send_request_headers.started"

# Headers that aiohttp would add of its own accord.
UNASKED = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")

# Bytes of a body that aiohttp, with a warning, would rather not have whole.
LARGE = 1_048_576

# Makes the socket for one address, just before it is connected to; an ``OSError`` from it refuses the address.
OpenSocket = Callable[[Any], socket.socket]

Trace = Callable[[str, dict[str, Any]], Awaitable[None]]


class Exchange:
    """One request on its way: whom to tell of its events, and whether it has had its connection."""

    def __init__(self, trace: Trace | None) -> None:
        self.trace = trace
        self.connected = False

    def refuse_another(self) -> None:
        """A second connection would be for a second sending."""
        if self.connected:
            raise httpx.RemoteProtocolError("the connection was closed under the request")

    async def connect(self) -> None:
        self.refuse_another()
        self.connected = True
        if self.trace is not None:
            await self.trace(SENDING, {})


class AiohttpTransport(httpx.AsyncBaseTransport):
    """Satisfies httpx's interface; tells the event ``SENDING`` as its own transport does, and no other.

    There is no bound on connections here: each tenant has a bound on its orders, and a common one would let one
    tenant starve another. Of the timeouts it heeds ``connect``, which is also for the name look-up; the asker has a
    deadline for the whole.
    """

    def __init__(self, open_socket: OpenSocket | None = None) -> None:
        self._open_socket = open_socket
        self._tls = httpx.create_ssl_context(trust_env=False)  # here, so that no order waits for it
        self._session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        exchange = Exchange(request.extensions.get("trace"))
        body = await request.aread()
        connect = request.extensions.get("timeout", {}).get("connect")
        with _as_httpx_errors(exchange, request):
            answer = await self._open_session().request(
                request.method,
                URL(str(request.url), encoded=True),
                headers=[(name.decode("ascii"), value.decode("ascii")) for name, value in request.headers.raw],
                data=io.BytesIO(body) if len(body) > LARGE else body or None,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(connect=connect),
                trace_request_ctx=exchange,
            )
        stream = AnswerStream(answer, exchange, request)
        return httpx.Response(answer.status, headers=list(answer.raw_headers), stream=stream, request=request)

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _open_session(self) -> aiohttp.ClientSession:
        """The session, which belongs to the loop that first asks for it."""
        if self._session is None:
            connector = aiohttp.TCPConnector(
                limit=0, keepalive_timeout=KEEP_ALIVE_SECONDS, ssl=self._tls, socket_factory=self._open_socket
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                skip_auto_headers=UNASKED,
                trace_configs=[_watch_connections()],
                trust_env=False,
            )
        return self._session


class AnswerStream(httpx.AsyncByteStream):
    """The raw body as it comes; closed before its end, it takes its connection with it."""

    def __init__(self, answer: aiohttp.ClientResponse, exchange: Exchange, request: httpx.Request) -> None:
        self._answer = answer
        self._exchange = exchange
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _as_httpx_errors(self._exchange, self._request):
            async for chunk in self._answer.content.iter_any():
                yield chunk

    async def aclose(self) -> None:
        self._answer.close()


def _watch_connections() -> aiohttp.TraceConfig:
    """Have every exchange told of its connection, new or used before, and have it refuse a second one."""

    async def begin(_session: Any, context: SimpleNamespace, _params: Any) -> None:
        context.trace_request_ctx.refuse_another()

    async def end(_session: Any, context: SimpleNamespace, _params: Any) -> None:
        await context.trace_request_ctx.connect()

    config = aiohttp.TraceConfig()
    config.on_connection_create_start.append(begin)
    config.on_connection_create_end.append(end)
    config.on_connection_reuseconn.append(end)
    return config


@contextmanager
def _as_httpx_errors(exchange: Exchange, request: httpx.Request) -> Iterator[None]:
    """Errors as httpx names them; that none was sent is for the events to tell, not for these."""
    try:
        yield
    except TimeoutError as exc:
        raise httpx.ConnectTimeout(str(exc), request=request) from exc
    except (aiohttp.ClientError, OSError, ValueError) as exc:
        kind = httpx.RemoteProtocolError if exchange.connected else httpx.ConnectError
        raise kind(f"{type(exc).__name__}: {exc}", request=request) from exc
