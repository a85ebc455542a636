"""The nemesis' clients: whose doing it is that a request has no answer."""

import asyncio
from random import Random

import pytest

from tests.nemesis.history import Lost
from tests.nemesis.load import Clients, Wish
from tests.shell.wire import (
    Script,
    close_after_request,
    close_within_body,
    closed_port,
    listening,
    reset_at_once,
    stay_silent,
    stop_within_body,
)

pytestmark = pytest.mark.anyio

WISH = Wish("enad-a", "k")


def clients(*urls: str) -> Clients:
    return Clients(lambda: dict(enumerate(urls)), Random(1), patience=0.2)  # noqa: S311  # repeats


@pytest.mark.parametrize("script", [reset_at_once, close_after_request, close_within_body])
async def test_a_request_whose_connection_the_other_side_ends_is_cut(script: Script) -> None:
    async with listening(script) as server:
        asked = await clients(server.url).ask(WISH)

    assert (asked.status, asked.lost) == (None, Lost.CUT)


@pytest.mark.parametrize("script", [stay_silent, stop_within_body])
async def test_a_request_that_is_not_answered_on_a_connection_that_stands_is_given_up(script: Script) -> None:
    async with listening(script) as server:
        asked = await clients(server.url).ask(WISH)

    assert (asked.status, asked.lost) == (None, Lost.GIVEN_UP)


async def test_a_request_for_which_there_is_no_connection_is_refused() -> None:
    nobody = await clients().ask(WISH)
    closed = await clients(f"http://127.0.0.1:{closed_port()}").ask(WISH)

    assert (nobody.lost, closed.lost) == (Lost.REFUSED, Lost.REFUSED)


async def test_a_client_says_which_gateway_it_asked() -> None:
    async with listening(close_after_request) as first, listening(close_after_request) as second:
        crowd = clients(first.url, second.url)
        asked = await asyncio.gather(*(crowd.ask(WISH, number % 2) for number in range(4)))

    assert [one.gateway for one in asked] == [0, 1, 0, 1]
    assert (len(first.requests), len(second.requests)) == (2, 2)
