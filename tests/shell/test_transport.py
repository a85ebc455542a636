"""The transport: httpx's interface over aiohttp, with the one event that tells whether a byte may have left."""

import asyncio
import errno
import socket
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from adapter.shell.transport import SENDING, AiohttpTransport
from tests.shell import wire
from tests.shell.wire import Line, closed_port, listening, response

pytestmark = pytest.mark.anyio


@pytest.fixture
async def transport() -> AsyncIterator[AiohttpTransport]:
    opened = AiohttpTransport()
    yield opened
    await opened.aclose()


async def test_a_client_of_httpx_can_use_it(transport: AiohttpTransport) -> None:
    async with (
        listening(wire.answer) as server,
        httpx.AsyncClient(transport=transport, trust_env=False) as client,
    ):
        answer = await client.post(f"{server.url}/orders", json={"email": "a@b.co"})

    assert (answer.status_code, answer.json(), answer.headers["content-type"]) == (201, {"id": 1}, "application/json")
    assert server.requests[0].endswith(b'{"email":"a@b.co"}')


async def test_it_adds_no_header_of_its_own(transport: AiohttpTransport) -> None:
    async with listening(wire.answer) as server:
        request = httpx.Request("POST", server.url, headers={"X-Case": "kept"}, content=b"{}")
        await (await transport.handle_async_request(request)).aclose()

    head = server.requests[0].partition(b"\r\n\r\n")[0].decode()
    assert {line.partition(":")[0] for line in head.splitlines()[1:]} == {"Host", "X-Case", "Content-Length"}


@pytest.mark.parametrize(
    "pair", [(b"X-Note", b"a\r\nX-Evil: 1"), (b"X-Note", b"a\nb"), (b"X\r\nY", b"a"), (b"X", b"a\0")]
)
async def test_a_header_that_would_be_more_than_one_is_not_written(
    transport: AiohttpTransport, pair: tuple[bytes, bytes]
) -> None:
    async with listening(wire.answer) as server:
        with pytest.raises(httpx.LocalProtocolError, match="headers of one line each"):
            await transport.handle_async_request(httpx.Request("POST", server.url, headers=[pair], content=b"{}"))

    assert server.connections == 0


FRAMINGS = {
    "a length that is too short": {"Content-Length": "1"},
    "chunks": {"Transfer-Encoding": "chunked"},
    "none": {},
}


@pytest.mark.parametrize("framing", FRAMINGS.values(), ids=FRAMINGS)
async def test_how_long_a_body_is_is_told_by_the_body(transport: AiohttpTransport, framing: dict[str, str]) -> None:
    async def stream() -> AsyncIterator[bytes]:
        yield b'{"email":'
        yield b'"a@b.co"}'

    async with (
        listening(wire.answer) as server,
        httpx.AsyncClient(transport=transport, trust_env=False) as client,
    ):
        for content in (b'{"email":"a@b.co"}', stream()):
            await client.post(server.url, headers=framing, content=content)

    assert [request.partition(b"\r\n\r\n")[2] for request in server.requests] == [b'{"email":"a@b.co"}'] * 2
    assert all(b"\r\nContent-Length: 18\r\n" in request for request in server.requests)
    assert not any(b"Transfer-Encoding" in request for request in server.requests)


async def test_an_early_hint_is_not_the_answer(transport: AiohttpTransport) -> None:
    async def hint(line: Line) -> None:
        while True:
            await line.read()
            await line.write(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + wire.OK)

    async with listening(hint) as server:
        for _ in range(2):
            answer = await transport.handle_async_request(httpx.Request("POST", server.url))
            assert (answer.status_code, await answer.aread()) == (201, b'{"id":1}')

    assert server.connections == 1


@pytest.mark.parametrize("method", ["HEAD", "GET", "POST"])
async def test_an_answer_without_a_body_leaves_its_connection(transport: AiohttpTransport, method: str) -> None:
    async def say_head(line: Line) -> None:
        while True:
            await line.read()
            status, length = ("200 OK", 8) if method == "HEAD" else ("204 No Content", 0)
            await line.write(f"HTTP/1.1 {status}\r\nContent-Length: {length}\r\n\r\n".encode())

    async with asyncio.timeout(5), listening(say_head) as server:
        for _ in range(2):
            answer = await transport.handle_async_request(httpx.Request(method, server.url))
            assert await answer.aread() == b""
            await answer.aclose()

    assert (server.connections, len(server.requests)) == (1, 2)
    assert (b"Content-Length: 0" in server.requests[0]) == (method == "POST")


async def test_it_tells_that_it_is_sending_before_the_server_has_anything(transport: AiohttpTransport) -> None:
    told: list[tuple[str, int]] = []
    async with listening(wire.answer) as server:

        async def trace(event: str, _info: dict[str, Any]) -> None:
            await asyncio.sleep(0.02)  # whatever had left would have come
            told.append((event, len(server.requests)))

        for count in range(2):
            request = httpx.Request("POST", server.url, content=b"{}", extensions={"trace": trace})
            response = await transport.handle_async_request(request)
            await response.aread()
            assert told[count:] == [(SENDING, count)]

    assert server.connections == 1


async def test_it_tells_nothing_where_no_connection_came_about(transport: AiohttpTransport) -> None:
    told: list[str] = []

    async def trace(event: str, _info: dict[str, Any]) -> None:
        told.append(event)

    url = f"http://127.0.0.1:{closed_port()}"
    with pytest.raises(httpx.ConnectError):
        await transport.handle_async_request(httpx.Request("POST", url, extensions={"trace": trace}))
    assert told == []


async def test_errors_are_those_of_httpx(transport: AiohttpTransport) -> None:
    async with listening(wire.close_after_request) as server:
        with pytest.raises(httpx.RemoteProtocolError, match="ServerDisconnectedError"):
            await transport.handle_async_request(httpx.Request("POST", server.url))


async def test_whoever_opens_the_sockets_sees_every_address_and_may_refuse_it() -> None:
    seen: list[Any] = []

    def refuse(address: Any) -> socket.socket:
        seen.append(address[4])
        raise PermissionError(errno.EACCES, "an address of the inside")

    transport = AiohttpTransport(refuse)
    async with listening(wire.answer) as server:
        port = int(server.url.rpartition(":")[2])
        for host in ("127.0.0.1", "localhost"):
            with pytest.raises(httpx.ConnectError, match="an address of the inside"):
                await transport.handle_async_request(httpx.Request("POST", f"http://{host}:{port}"))
    await transport.aclose()

    assert server.connections == 0
    assert ("127.0.0.1", port) in seen


async def test_an_answer_left_unread_takes_its_connection_with_it(transport: AiohttpTransport) -> None:
    async def say_much(line: Line) -> None:
        while True:
            await line.read()
            await line.write(response(b" " * 1_000_000))

    async with listening(say_much) as server:
        for _ in range(2):
            response_ = await transport.handle_async_request(httpx.Request("POST", server.url))
            await response_.aclose()

    assert (server.connections, len(server.requests)) == (2, 2)
