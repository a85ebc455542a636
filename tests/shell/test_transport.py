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
