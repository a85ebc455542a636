"""Crowds: so many connections and no more; who dawdles goes first, who waits for an answer never."""

import asyncio
import contextlib
import resource
from collections.abc import AsyncIterator
from functools import partial
from urllib.parse import urlsplit

import pytest
from starlette.types import Receive, Scope, Send

from adapter.errors import SetupError
from adapter.shell.connections import BoundedProtocol
from adapter.shell.crowds import OTHER_FILES, Crowd, allow_files
from adapter.shell.serving import serving
from tests.shell.test_connections import Line

pytestmark = pytest.mark.anyio

MOST = 4
GET = b"GET / HTTP/1.1\r\nHost: gateway.test\r\n\r\n"
SLOW = GET.replace(b"/ ", b"/slow ", 1)
POST = b"POST / HTTP/1.1\r\nHost: gateway.test\r\nContent-Length: 5\r\n\r\n"


class Place:
    """A server with few places, whose path ``/slow`` answers when it is told to."""

    def __init__(self) -> None:
        self.url = ""
        self.crowd = Crowd(MOST)
        self.open: set[BoundedProtocol] = set()
        self.lines: list[Line] = []
        self.go_on = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        if scope["path"] == "/early":
            await send({"type": "http.response.start", "status": 413, "headers": [(b"content-length", b"0")]})
        while (message := await receive()).get("more_body", False):
            pass
        if message["type"] == "http.disconnect":
            return
        if scope["path"] == "/slow":
            await self.go_on.wait()
        body = b"x" * 8_000_000 if scope["path"] == "/long" else b""
        lines = [(b"content-length", str(len(body)).encode())]
        if scope["path"] != "/early":
            await send({"type": "http.response.start", "status": 200, "headers": lines})
        await send({"type": "http.response.body", "body": body})

    async def line(self, said: bytes = b"") -> Line:
        parts = urlsplit(self.url)
        line = Line(*await asyncio.open_connection(parts.hostname or "", parts.port))
        self.lines.append(line)
        line.writer.write(said)
        await asyncio.sleep(0.01)
        return line


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    made = Place()

    class Counted(BoundedProtocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            made.open = self.connections  # type: ignore[assignment]

    async with serving(made, protocol=partial(Counted, crowd=made.crowd)) as made.url:
        yield made
        made.go_on.set()
        for line in made.lines:
            line.writer.close()
            with contextlib.suppress(ConnectionError):
                await line.writer.wait_closed()


async def test_of_ten_thousand_that_dawdle_few_are_kept_and_an_honest_client_is_served(place: Place) -> None:
    dawdling = []
    for number in range(200):  # more would prove no more and take the machine's ports
        dawdling.append(await place.line(GET[:20]))
        assert len(place.open) <= MOST + 1
        if number % 50 == 49:
            honest = await place.line(GET)
            assert await honest.answer() == 200

    assert [await line.answer() for line in dawdling[:190]] == [503] * 190


async def test_whoever_keeps_us_waiting_longest_goes_first(place: Place) -> None:
    idle, dripping, stuck, used = (
        await place.line(),
        await place.line(GET[:9]),
        await place.line(POST),
        await place.line(GET),
    )
    assert await used.answer() == 200
    dripping.writer.write(GET[9:12])  # a byte more buys no other place in the row
    gone = []
    for line in (idle, dripping, stuck, used):
        gone.append(await place.line(GET[:9]))
        ended = await line.reader.read()
        assert ended.startswith(b"HTTP/1.1 503 ") if line in (dripping, stuck) else ended == b""

    assert len(place.open) == MOST


async def test_bodies_that_do_not_end_hold_no_more_than_they_may(place: Place) -> None:
    place.crowd.most_bytes = 1_000
    head = POST.replace(b"Length: 5", b"Length: 500")
    idle, first, second = [await place.line(said) for said in (b"", head + b"x" * 400, head + b"x" * 400)]
    third = await place.line(head + b"x" * 400)
    assert await first.answer() == 503
    for line in (second, third):
        line.writer.write(b"x" * 100)
        assert await line.answer() == 200
    idle.writer.write(GET)
    assert await idle.answer() == 200
    again = [await place.line(head + b"x" * 500) for _ in range(3)]  # what was whole holds nothing any more

    assert [await line.answer() for line in again] == [200] * 3


async def test_what_is_thrown_away_as_it_comes_is_not_held(place: Place) -> None:
    place.crowd.most_bytes = 1_000
    honest = await place.line(POST.replace(b"Length: 5", b"Length: 500") + b"x" * 400)
    refused = await place.line(POST.replace(b"Length: 5", b"Length: 9000").replace(b"/ ", b"/early ", 1))
    assert await refused.answer() == 413
    refused.writer.write(b"x" * 8_000)
    await asyncio.sleep(0.05)
    honest.writer.write(b"x" * 100)

    assert await honest.answer() == 200


async def test_a_body_over_all_bounds_goes_itself(place: Place) -> None:
    place.crowd.most_bytes = 1_000
    line = await place.line(POST.replace(b"Length: 5", b"Length: 5000") + b"x" * 2_000)

    assert await line.answer() == 503
    assert await (await place.line(GET)).answer() == 200


async def test_who_has_left_is_not_waited_for(place: Place) -> None:
    for _ in range(2 * MOST):
        (await place.line(GET[:9])).writer.close()
    lines = [await place.line(GET[:9]) for _ in range(MOST + 1)]

    assert await lines[0].answer() == 503
    assert len(place.open) == MOST


async def test_who_waits_for_an_answer_gets_it_and_the_next_one_does_not_come_in(place: Place) -> None:
    waiting = [await place.line(SLOW) for _ in range(MOST)]
    refused = await place.line()
    assert await refused.answer() == 503
    assert await refused.ended()
    place.go_on.set()

    assert [await line.answer() for line in waiting] == [200] * MOST
    assert await (await place.line(GET)).answer() == 200


async def test_who_does_not_read_its_answer_is_cut_off(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapter.shell.connections.LEAVE_SECONDS", 0.05)
    deaf = [await place.line(GET.replace(b"/ ", b"/long ", 1)) for _ in range(MOST)]
    for _ in range(3 * MOST):
        await place.line(GET)
    await asyncio.sleep(0.2)

    assert len(place.open) <= MOST
    for line in deaf:
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await line.reader.readexactly(8_000_000)


def test_the_log_tells_once_that_it_is_full(caplog: pytest.LogCaptureFixture) -> None:
    crowd = Crowd(4)
    for guests in (4, 5, 5, 4, 5, 2, 4, 5):
        crowd.make_room(guests)

    told = [vars(record)["count"] for record in caplog.records if record.getMessage() == "connections_full"]
    assert told == [4, 4]


def test_a_process_is_let_have_as_many_files_as_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = [(256, 4_096), (resource.RLIM_INFINITY, resource.RLIM_INFINITY), (4_096, 4_096)]
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits[-1])
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "setrlimit", lambda _, wanted: asked.append(wanted))
    while limits:
        allow_files(2_000)
        limits.pop()

    assert asked == [(2_000 + OTHER_FILES, 4_096)]


def test_more_files_than_the_system_allows_are_a_settings_fault() -> None:
    with pytest.raises(SetupError, match=r"expected leave to have .* files open: .* at `ADAPTER_CONNECTIONS`"):
        allow_files(2**62)
