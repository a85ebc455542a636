"""Serving: an application on loopback for as long as its block lasts."""

import asyncio
import signal
import socket
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from adapter.errors import SetupError
from adapter.shell.serving import serving
from tests.shell.wire import closed_port

pytestmark = pytest.mark.anyio


def greeter(word: str = "hello", seconds: float = 0) -> Starlette:
    async def greet(_request: Request) -> PlainTextResponse:
        await asyncio.sleep(seconds)
        return PlainTextResponse(word)

    return Starlette(routes=[Route("/", greet)])


def client() -> httpx.AsyncClient:
    return httpx.AsyncClient(trust_env=False)


async def test_an_application_answers_within_its_block_and_not_after() -> None:
    async with client() as outside:
        async with serving(greeter()) as url:
            response = await outside.get(url)
        with pytest.raises(httpx.ConnectError):
            await outside.get(url)

    assert url.startswith("http://127.0.0.1:")
    assert (response.status_code, response.text) == (200, "hello")
    assert "server" not in response.headers


async def test_several_applications_share_one_loop() -> None:
    async with client() as outside, serving(greeter("a")) as first, serving(greeter("b")) as second:
        assert [(await outside.get(url)).text for url in (first, second)] == ["a", "b"]


async def test_a_port_may_be_chosen() -> None:
    port = closed_port()
    async with client() as outside, serving(greeter(), port) as url:
        assert url == f"http://127.0.0.1:{port}"
        assert (await outside.get(url)).text == "hello"


async def test_a_port_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(SetupError, match=f"expected a free port: .* - at `{address}`"):
            async with serving(greeter(), taken.getsockname()[1]):
                pass


async def test_an_application_that_does_not_start_says_so_and_leaves_its_port() -> None:
    @asynccontextmanager
    async def fail(_app: Starlette) -> AsyncIterator[None]:
        raise RuntimeError("no")
        yield

    port = closed_port()
    with pytest.raises(SetupError, match="did not start - at `lifespan`"):
        async with serving(Starlette(lifespan=fail), port):
            pass
    async with client() as outside, serving(greeter(), port) as url:
        assert (await outside.get(url)).status_code == 200


async def test_a_request_under_way_is_answered_before_the_end() -> None:
    async with client() as outside:
        async with serving(greeter(seconds=0.2)) as url:
            task = asyncio.create_task(outside.get(url))
            await asyncio.sleep(0.1)
        response = await task

    assert response.text == "hello"


REQUEST = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"


async def call(url: str, calls: int = 1) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection over which so many requests were answered, and that stays open."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
    for _ in range(calls):
        writer.write(REQUEST)
        head = await reader.readuntil(b"\r\n\r\n")
        assert (b"connection: close" in head, await reader.readexactly(5)) == (False, b"hello")
    return reader, writer


async def call_until_refused(url: str, told: Counter[str]) -> None:
    """Ask over one new connection after the other, and count how each ends."""
    while "refused" not in told:
        try:
            reader, writer = await call(url, 0)
            writer.write(REQUEST)
            await reader.readuntil(b"hello")
            writer.close()
            told["answered"] += 1
        except ConnectionRefusedError:
            told["refused"] += 1
        except (ConnectionError, asyncio.IncompleteReadError) as exc:
            told[type(exc).__name__] += 1


@pytest.mark.parametrize("anyio_backend", [("asyncio", {"use_uvloop": uvloop}) for uvloop in (False, True)])
async def test_under_load_whoever_has_reached_it_is_answered_at_the_end_and_nobody_is_reset() -> None:
    told = Counter[str]()
    async with asyncio.TaskGroup() as crowd, serving(greeter(seconds=0.01)) as url:
        for _ in range(64):
            crowd.create_task(call_until_refused(url, told))
        await asyncio.sleep(0.1)

    assert told.keys() == {"answered", "refused"}
    assert told["answered"] > 64


async def test_who_has_connected_before_the_end_may_still_say_what_it_wants() -> None:
    async with serving(greeter()) as url:
        reader, writer = await call(url, 0)

        async def ask_late() -> bytes:
            await asyncio.sleep(0.4)
            writer.write(REQUEST)
            answer = await reader.read()
            writer.close()
            return answer

        late = asyncio.create_task(ask_late())
    answer = await late

    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert b"connection: close\r\n" in answer
    assert answer.endswith(b"hello")


async def test_a_connection_that_is_kept_alive_is_closed_after_the_answer_under_way_or_at_once_if_idle() -> None:
    async with serving(greeter(seconds=0.3)) as url:
        (idle, idler), (busy, writer) = await call(url), await call(url)
        writer.write(REQUEST)
        await asyncio.sleep(0.1)
        ends = [asyncio.create_task(reader.read()) for reader in (idle, busy)]
    at_once, answer = [await end for end in ends]
    for one in (idler, writer):
        one.close()

    assert at_once == b""
    assert b"connection: close\r\n" in answer
    assert answer.endswith(b"hello")


async def test_what_an_application_opened_is_closed_at_the_end_also_after_an_error() -> None:
    events: list[str] = []

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        events.append("opened")
        yield
        events.append("closed")

    with pytest.raises(ZeroDivisionError):
        async with serving(Starlette(lifespan=lifespan)):
            raise ZeroDivisionError

    assert events == ["opened", "closed"]


async def test_signals_stay_with_whoever_started_it() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    async with serving(greeter()):
        assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
