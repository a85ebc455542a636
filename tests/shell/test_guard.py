"""The guard: bodies come in whole and in time or not at all, and only so many requests at once."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from adapter.shell.guard import Bounds, Guard
from adapter.shell.serving import serving

pytestmark = pytest.mark.anyio

LIMIT = 1_000


class Room:
    """An application that holds each request until it is told to go on, and remembers their bodies."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.full = asyncio.Event()
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        self.bodies.append((await receive()).get("body", b"") if scope["method"] == "POST" else b"")
        if len(self.bodies) == 2:
            self.full.set()
        await self.go_on.wait()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})


@pytest.fixture
def room() -> Room:
    return Room()


@pytest.fixture
async def client(room: Room) -> AsyncIterator[httpx.AsyncClient]:
    async with serving(Guard(room, Bounds(LIMIT, 0.3, 2))) as url, httpx.AsyncClient(trust_env=False) as opened:
        opened.base_url = httpx.URL(url)
        yield opened
        room.go_on.set()


async def drip(body: bytes, pause: float) -> AsyncIterator[bytes]:
    for byte in body:
        await asyncio.sleep(pause)
        yield bytes([byte])


def told(response: httpx.Response) -> tuple[int, str]:
    """Status and type of a problem that says that the line is cut."""
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["Connection"] == "close"
    return response.status_code, response.json()["type"]


async def test_a_body_in_pieces_comes_in_whole(room: Room, client: httpx.AsyncClient) -> None:
    assert (await client.post("/", content=drip(b"hello", 0.01))).status_code == 200
    assert room.bodies == [b"hello"]


@pytest.mark.parametrize("pieces", [True, False])
async def test_a_body_has_a_limit(room: Room, client: httpx.AsyncClient, pieces: bool) -> None:
    async def whole(size: int) -> AsyncIterator[bytes]:
        yield b"x" * size

    def make(size: int) -> Any:
        return whole(size) if pieces else b"x" * size

    assert (await client.post("/", content=make(LIMIT))).status_code == 200
    assert told(await client.post("/", content=make(LIMIT + 1))) == (413, "/problems/body-too-large")
    assert [len(body) for body in room.bodies] == [LIMIT]


async def test_a_client_that_is_still_sending_too_much_gets_to_read_why(client: httpx.AsyncClient) -> None:
    assert told(await client.post("/", content=b"x" * 2_000_000)) == (413, "/problems/body-too-large")


async def test_a_body_that_drips_is_not_waited_for(room: Room, client: httpx.AsyncClient) -> None:
    parts = urlsplit(str(client.base_url))
    reader, writer = await asyncio.open_connection(parts.hostname or "", parts.port)
    writer.write(b"POST / HTTP/1.1\r\nHost: gateway.test\r\nContent-Length: 9\r\n\r\n")
    started = asyncio.get_running_loop().time()
    for _ in range(6):
        writer.write(b"x")
        await asyncio.sleep(0.05)
    head = await reader.readuntil(b"\r\n\r\n")
    document = json.loads(await reader.read())
    writer.close()

    assert head.startswith(b"HTTP/1.1 408 ")
    assert document["type"] == "/problems/body-too-slow"
    assert 0.25 < asyncio.get_running_loop().time() - started < 1.0
    assert room.bodies == []


async def test_only_so_many_bodies_are_inside_and_reads_are_answered_all_the_same(
    room: Room, client: httpx.AsyncClient
) -> None:
    room.go_on.clear()
    inside = [asyncio.create_task(client.post("/", content=b"a")) for _ in range(2)]
    await room.full.wait()
    refused = await client.post("/", content=b"b")
    read = asyncio.create_task(client.get("/"))
    await asyncio.sleep(0.05)
    room.go_on.set()

    assert told(refused) == (503, "/problems/overloaded")
    assert refused.headers["Retry-After"] == "1"
    assert [(await answer).status_code for answer in (*inside, read)] == [200, 200, 200]
    assert (await client.post("/", content=b"c")).status_code == 200
    assert b"b" not in room.bodies


async def test_a_client_that_leaves_within_its_body_never_gets_in(room: Room, client: httpx.AsyncClient) -> None:
    parts = urlsplit(str(client.base_url))
    _, writer = await asyncio.open_connection(parts.hostname or "", parts.port)
    writer.write(b"POST / HTTP/1.1\r\nHost: gateway.test\r\nContent-Length: 9\r\n\r\nhello")
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    await asyncio.sleep(0.05)

    assert room.bodies == []
    assert (await client.post("/", content=b"c")).status_code == 200
