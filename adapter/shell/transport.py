"""The way out on the wire: httpx's transport interface over aiohttp's connections.

A request is sent over one connection, once: where a kept connection turns out to be dead, that is an error like any
other, and what follows is for others to decide. Connections, and reading what comes over them, are aiohttp's; of its
session, whose redirects, cookies and repeats are not wanted here, there is none, so that the first byte leaves in one
line of ours.
"""

import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import lru_cache
from typing import Any

import aiohttp
import httpx
from aiohttp.connector import Connection
from aiohttp.http import HttpProcessingError, RawResponseMessage
from yarl import URL

# Shorter than any backend's, so that of the two it is hardly ever the backend who hangs up.
KEEP_ALIVE_SECONDS = 4.0

# Told as soon as a connection is there for the request: from here on, a byte may have left.
SENDING = "http11.send_request_headers.started"

# So many kept connections in a row may have something on them that nobody asked for.
SPOILT = 8

# A connection does not always tell whether all of a request has left; fewer bytes find room in a socket's buffer.
LARGE = 65_536

# How long the body is, is for who writes it to say.
FRAMING = frozenset({b"content-length", b"transfer-encoding"})
BODILESS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})

# What aiohttp raises where there is no connection, or no answer that can be read.
FAILURES = (aiohttp.ClientError, HttpProcessingError, OSError, ValueError)

# Makes the socket for one address, just before it is connected to; an ``OSError`` from it refuses the address.
OpenSocket = Callable[[Any], socket.socket]

Trace = Callable[[str, dict[str, Any]], Awaitable[None]]


class AiohttpTransport(httpx.AsyncBaseTransport):
    """Satisfies httpx's interface; tells the event ``SENDING`` as its own transport does, and no other.

    There is no bound on connections here: each tenant has a bound on its orders, and a common one would let one
    tenant starve another. Of the timeouts it heeds ``connect``, which is also for the name look-up; the asker has a
    deadline for the whole.
    """

    def __init__(self, open_socket: OpenSocket | None = None) -> None:
        self._open_socket = open_socket
        self._tls = httpx.create_ssl_context(trust_env=False)  # here, so that no order waits for it
        self._connector: aiohttp.TCPConnector | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        content = request.read() if isinstance(request.stream, httpx.ByteStream) else await request.aread()
        written = _write(request, content)
        connection = await self._connect(request)
        try:
            if (trace := request.extensions.get("trace")) is not None:
                await trace(SENDING, {})
            answer, stream = await _exchange(connection, request, written)
        except BaseException:
            _drop(connection)
            raise
        body = AnswerStream(connection, stream, request, large=len(written) > LARGE)
        return httpx.Response(answer.code, headers=list(answer.raw_headers), stream=body, request=request)

    async def aclose(self) -> None:
        if self._connector is not None:
            await self._connector.close()
            self._connector = None

    async def _connect(self, request: httpx.Request) -> Connection:
        """A connection, kept or new; that there is none is proof that nothing was sent.

        One on which something waits to be read would answer this request with what belongs to none.
        """
        connector, seconds = self._open_connector(), request.extensions.get("timeout", {}).get("connect")
        try:
            origin = _name_origin(request.url.raw_scheme, request.url.netloc)
            for _ in range(SPOILT):
                connection = await connector.connect(origin, [], _limit_connecting(seconds))
                if not (connection.protocol is None or connection.protocol.should_close):
                    return connection
                connection.close()
        except TimeoutError as exc:
            raise httpx.ConnectTimeout(f"no connection within {seconds:g} s", request=request) from exc
        except FAILURES as exc:
            raise _name_failure(httpx.ConnectError, exc, request) from exc
        raise httpx.ConnectError(f"{SPOILT} connections had answers on them before a request", request=request)

    def _open_connector(self) -> aiohttp.TCPConnector:
        """The connector, which belongs to the loop that first asks for it."""
        if self._connector is None:
            self._connector = aiohttp.TCPConnector(
                limit=0, keepalive_timeout=KEEP_ALIVE_SECONDS, ssl=self._tls, socket_factory=self._open_socket
            )
        return self._connector


class AnswerStream(httpx.AsyncByteStream):
    """The raw body as it comes; closed before its end, it takes its connection with it."""

    def __init__(
        self, connection: Connection, body: aiohttp.StreamReader, request: httpx.Request, *, large: bool
    ) -> None:
        self._connection = connection
        self._body = body
        self._request = request
        self._large = large
        body.on_eof(self._end)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            chunk = await self._body.readany()
        except FAILURES as exc:
            raise _name_failure(httpx.RemoteProtocolError, exc, self._request) from exc
        if not chunk:
            raise StopAsyncIteration
        return chunk

    async def aclose(self) -> None:
        _drop(self._connection)

    def _end(self) -> None:
        """Keep the connection, unless the answer may have come before the whole of the request had left."""
        if self._large:
            _drop(self._connection)
        else:
            self._connection.release()


def _write(request: httpx.Request, body: bytes) -> bytes:
    """The whole request as it leaves; ``LocalProtocolError`` where a header would be more than a header."""
    headers = [b"%b: %b" % pair for pair in request.headers.raw if pair[0].lower() not in FRAMING]
    if body or request.method not in BODILESS:
        headers.append(b"Content-Length: %d" % len(body))
    lines = [b"%b %b HTTP/1.1" % (request.method.encode("ascii"), request.url.raw_path), *headers, b"", b""]
    head = b"\r\n".join(lines)
    if not head.count(b"\r") == head.count(b"\n") == len(lines) - 1 or b"\0" in head:
        raise httpx.LocalProtocolError("expected headers of one line each", request=request)
    return head + body


async def _exchange(
    connection: Connection, request: httpx.Request, written: bytes
) -> tuple[RawResponseMessage, aiohttp.StreamReader]:
    """Send the request and read the head of its answer; the body is read as it is asked for."""
    protocol, transport = connection.protocol, connection.transport
    if protocol is None or transport is None or transport.is_closing():
        raise httpx.RemoteProtocolError("the connection was closed under the request", request=request)
    protocol.set_response_params(skip_payload=request.method == "HEAD", read_until_eof=True, auto_decompress=False)
    transport.write(written)
    try:
        while True:
            answer, body = await protocol.read()
            if not 100 <= answer.code < 200 or answer.code == 101:  # the others say that the answer is to come
                return answer, body
    except FAILURES as exc:
        raise _name_failure(httpx.RemoteProtocolError, exc, request) from exc


def _drop(connection: Connection) -> None:
    """Close it if it is not given back; what has not left of the request by now never leaves."""
    if connection.transport is not None:
        connection.transport.abort()
    connection.close()


@lru_cache(maxsize=256)
def _name_origin(scheme: bytes, netloc: bytes) -> aiohttp.ClientRequest:
    """An origin as aiohttp's connector wants it named, by a request to it."""
    if scheme not in (b"http", b"https"):
        raise ValueError(f"expected http or https, found {scheme.decode()!r}")
    return aiohttp.ClientRequest("GET", URL(f"{scheme.decode()}://{netloc.decode()}", encoded=True))


@lru_cache(maxsize=16)
def _limit_connecting(seconds: float | None) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(connect=seconds)


def _name_failure(kind: type[httpx.TransportError], exc: Exception, request: httpx.Request) -> httpx.TransportError:
    """An error as httpx names it; that none was sent is for the event to tell, not for this."""
    return kind(f"{type(exc).__name__}: {exc}", request=request)
