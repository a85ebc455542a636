"""Serving: an application on loopback for as long as its block lasts."""

import asyncio
import signal
import socket
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
