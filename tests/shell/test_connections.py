"""Connections: heads have a deadline and a size, bodies cost little beside their bytes, honest clients see nothing."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from starlette.types import Receive, Scope, Send

from adapter.shell.connections import BoundedProtocol, Joined
from adapter.shell.serving import serving

pytestmark = pytest.mark.anyio

GET = b"GET / HTTP/1.1\r\nHost: gateway.test\r\n\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: gateway.test\r\nTransfer-Encoding: chunked\r\n\r\n"
DEADLINE = 0.4


class Impatient(BoundedProtocol):
    head_seconds = DEADLINE


async def swallow(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that reads every body to its end, and takes its time on one path."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body", False):
        pass
    await asyncio.sleep(2 * DEADLINE if scope["path"] == "/slow" else 0)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


class Line:
    """A connection to the server, byte for byte."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.head: dict[str, str] = {}
        self.body = b""

    async def answer(self) -> int:
        """The status of the next answer, which is read to its end."""
        head = (await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 5)).decode()
        self.head = dict(line.split(": ", 1) for line in head.lower().splitlines()[1:-1])
        length = int(self.head["content-length"])  # the line may be dead by now, with the answer read before
        self.body = await self.reader.readexactly(length) if length else b""
        return int(head.split()[1])

    async def ended(self) -> bool:
        """Whether the server hangs up without another byte."""
        return await asyncio.wait_for(self.reader.read(), 5) == b""


@pytest.fixture
async def line() -> AsyncIterator[Line]:
    async with serving(swallow, protocol=Impatient) as url:
        parts = urlsplit(url)
        reader, writer = await asyncio.open_connection(parts.hostname or "", parts.port)
        yield Line(reader, writer)
        writer.close()


async def stop_halfway(line: Line) -> None:
    line.writer.write(GET[:20])


async def drip(line: Line) -> None:
    for byte in GET[:20]:
        line.writer.write(bytes([byte]))
        await asyncio.sleep(DEADLINE / 30)


async def send_line_breaks(line: Line) -> None:
    for _ in range(20):
        line.writer.write(b"\r\n")
        await asyncio.sleep(DEADLINE / 30)


async def stop_at_the_second(line: Line) -> None:
    line.writer.write(GET)
    assert await line.answer() == 200
    line.writer.write(GET[:20])


@pytest.mark.parametrize("dawdle", [stop_halfway, drip, send_line_breaks, stop_at_the_second])
async def test_a_head_that_does_not_come_is_not_waited_for(
    line: Line, dawdle: Callable[[Line], Awaitable[None]]
) -> None:
    started = asyncio.get_running_loop().time()
    await dawdle(line)

    assert await line.answer() == 408
    assert await line.ended()
    assert DEADLINE * 0.9 < asyncio.get_running_loop().time() - started < DEADLINE + 1


async def test_a_line_that_nobody_uses_is_cut_without_a_word(line: Line) -> None:
    assert await line.ended()


async def test_an_honest_clients_chunks_pass(line: Line) -> None:
    line.writer.write(CHUNKED)
    for _ in range(2_000):
        line.writer.write(b"64\r\n" + b"x" * 100 + b"\r\n")
    line.writer.write(b"0\r\n\r\n")

    assert await line.answer() == 200


async def test_one_line_serves_any_number_of_requests(line: Line) -> None:
    for _ in range(2_000):
        line.writer.write(GET)
        assert await line.answer() == 200


async def test_requests_may_be_sent_ahead(line: Line) -> None:
    line.writer.write(GET * 3)

    assert [await line.answer() for _ in range(3)] == [200, 200, 200]


async def test_a_client_that_has_begun_its_next_request_still_gets_a_late_answer(line: Line) -> None:
    line.writer.write(GET.replace(b"/ ", b"/slow ", 1) + GET[:20])

    assert await line.answer() == 200


REFUSED = {
    "a head that stops": (GET[:20], 408, "head-too-slow"),
    "a head without end": (b"GET / HTTP/1.1\r\n" + b"X-Odd: one\r\n" * 10_000, 431, "headers-too-large"),
    "what is no HTTP": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, "malformed-request"),
    "a chunk without a size": (CHUNKED + b"xyz\r\n", 400, "malformed-request"),
    "chunks that cost too much": (CHUNKED + (b"1;a=" + b"x" * 1_000 + b"\r\nx\r\n") * 100, 400, "malformed-request"),
    "trailers": (CHUNKED + b"0\r\nX-Odd: one\r\n\r\n", 400, "malformed-request"),
}


@pytest.mark.parametrize(("said", "status", "kind"), REFUSED.values(), ids=REFUSED)
async def test_what_no_application_sees_is_refused_by_a_problem(
    line: Line, said: bytes, status: int, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "adapter")
    line.writer.write(said)

    assert await line.answer() == status
    assert (line.head["content-type"], line.head["connection"]) == ("application/problem+json", "close")
    problem = json.loads(line.body)
    assert (problem["type"], problem["status"]) == (f"/problems/{kind}", status)
    (told,) = [vars(record) for record in caplog.records]  # and the server's own word on it is left out
    assert (told["msg"], told["request"], told["problem"]) == ("request", line.head["x-correlation-id"], kind)


@pytest.mark.parametrize("rest", [b"\x16\x03\x01", b"GET / HTTP/1.1\r\n" + b"X-Odd: one\r\n" * 10_000])
async def test_a_whole_request_gets_its_answer_whatever_follows_it(line: Line, rest: bytes) -> None:
    line.writer.write(GET.replace(b"/ ", b"/slow ", 1) + rest)

    assert await line.answer() == 200
    assert await line.ended()


async def test_what_follows_without_end_is_not_taken_in_meanwhile(line: Line) -> None:
    line.writer.write(GET.replace(b"/ ", b"/slow ", 1) + b"GET / HTTP/1.1\r\n" + b"X-Odd: one\r\n" * 3_000_000)
    await asyncio.sleep(DEADLINE)

    assert line.writer.transport.get_write_buffer_size() > 16_000_000
    assert await line.answer() == 200


async def test_no_refusal_is_taken_for_the_answer_of_a_request_before(line: Line) -> None:
    line.writer.write(GET.replace(b"/ ", b"/slow ", 1) + CHUNKED + b"xyz\r\n")

    assert await line.ended()


async def test_what_is_written_in_one_turn_leaves_as_one_and_before_the_line_is_closed() -> None:
    sent: list[bytes] = []

    class Line(asyncio.Transport):
        def write(self, data: Any) -> None:
            sent.append(data)

        def close(self) -> None:
            sent.append(b"closed")

        def is_closing(self) -> bool:
            return b"closed" in sent

    joined = Joined(Line(), asyncio.get_running_loop())
    joined.write(b"head ")
    joined.write(b"body")
    await asyncio.sleep(0)
    joined.write(b"last")
    joined.close()
    joined.write(b"too late")
    await asyncio.sleep(0)
    assert sent == [b"head body", b"last", b"closed"]
