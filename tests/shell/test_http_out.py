"""HTTP out: every fault of the wire is one of three outcomes, and nothing is ever sent twice or somewhere else."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from time import perf_counter, sleep
from types import MappingProxyType
from typing import Any

import httpx
import pytest

from adapter.core.outcomes import Answered, Lost, NotSent
from adapter.core.steps import Call
from adapter.shell.http_out import ANSWER_LIMIT, HttpBackends
from adapter.shell.transport import SPOILT, AiohttpTransport
from tests.conftest import DIALECTS
from tests.shell import wire
from tests.shell.wire import OK, Line, Script, closed_port, listening, response

pytestmark = pytest.mark.anyio

# Seconds that nothing here takes unless it is stuck, however busy the machine.
ENOUGH = 20.0

JSON = MappingProxyType({"Content-Type": "application/json"})
BODY = b'{"email":"a@b.co"}'


@pytest.fixture(params=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, Mapping[str, bool]]:
    """Both loops, since how a connection ends is theirs to tell."""
    return "asyncio", {"use_uvloop": request.param == "uvloop"}


@pytest.fixture
async def backends() -> AsyncIterator[HttpBackends]:
    opened = HttpBackends()
    yield opened
    await opened.close()


def call(url: str, headers: Mapping[str, str] = JSON, body: bytes = BODY) -> Call:
    return Call("order", DIALECTS["enad"].steps[0], "POST", url, dict(headers), body)


async def test_an_answer_is_read_whole_and_the_request_is_what_the_call_says(backends: HttpBackends) -> None:
    async with listening(wire.answer) as server:
        sent = await backends.send(call(f"{server.url}/orders?shop_id=sh_1", JSON | {"Idempotency-Key": "k-1"}), ENOUGH)

    assert isinstance(sent, Answered)
    assert (sent.status, sent.body, sent.headers["content-type"]) == (201, b'{"id":1}', "application/json")
    (request,) = server.requests
    head, _, body = request.partition(b"\r\n\r\n")
    line, *headers = head.decode().split("\r\n")
    told = dict(header.split(": ") for header in headers)
    assert line == "POST /orders?shop_id=sh_1 HTTP/1.1"
    assert body == BODY
    assert {"Host": server.url.removeprefix("http://"), "Idempotency-Key": "k-1"}.items() <= told.items()
    assert told["Accept-Encoding"] == "identity"
    assert not {"Cookie", "Transfer-Encoding"} & told.keys()


# what befalls the connection -> requests that the server had read whole
LOST: dict[str, tuple[Script, int]] = {
    "reset at accept": (wire.reset_at_once, 0),
    "closed after the headers": (wire.close_after_headers, 0),
    "closed after the request": (wire.close_after_request, 1),
    "reset after the request": (wire.reset_after_request, 1),
    "closed within the status line": (wire.close_within_status, 1),
    "closed within the headers": (wire.close_within_headers, 1),
    "closed within the body": (wire.close_within_body, 1),
    "closed within the chunks": (wire.close_within_chunks, 1),
    "another protocol": (wire.speak_no_http, 1),
}


@pytest.mark.parametrize(("script", "seen"), LOST.values(), ids=LOST)
async def test_without_a_whole_answer_the_outcome_is_lost(backends: HttpBackends, script: Script, seen: int) -> None:
    async with listening(script, wire.answer) as server:
        sent = await backends.send(call(server.url), ENOUGH)

    assert isinstance(sent, Lost)
    assert (server.connections, len(server.requests)) == (1, seen)


@pytest.mark.parametrize("script", [wire.stay_silent, wire.stop_within_body, wire.drip])
async def test_the_deadline_is_for_the_whole_exchange(backends: HttpBackends, script: Script) -> None:
    async with listening(script) as server:
        begun = perf_counter()
        sent = await backends.send(call(server.url), 0.3)
        took = perf_counter() - begun

    assert isinstance(sent, Lost)
    assert 0.25 < took < 1
    assert (server.connections, len(server.requests)) == (1, 1)


async def test_a_server_that_reads_no_body_ends_at_the_deadline(backends: HttpBackends) -> None:
    async def never_read(_line: Line) -> None:
        await asyncio.Event().wait()

    async with listening(never_read) as server:
        sent = await backends.send(call(server.url, body=b" " * 20_000_000), 0.3)

    assert isinstance(sent, Lost)
    assert server.connections == 1


async def test_a_refused_port_proves_that_nothing_was_sent(backends: HttpBackends) -> None:
    assert isinstance(await backends.send(call(f"http://127.0.0.1:{closed_port()}"), ENOUGH), NotSent)


# URLs and headers of a wrong setting, none of which reaches anybody
UNSENDABLE = {
    "an unknown host": call("http://nowhere.invalid/orders"),
    "a host that is no name": call("http://" + "a" * 70 + ".invalid/"),
    "no host": call("http:///orders"),
    "no scheme": call("backend.test/orders"),
    "another scheme": call("ftp://127.0.0.1/orders"),
    "a port that is none": call("http://127.0.0.1:99999/orders"),
}
BAD_HEADERS = {
    "a line break": {"X-Note": "a\r\nX-Evil: 1"},
    "a line feed": {"X-Note": "a\nb"},
    "no ASCII": {"X-Note": "caf\u00e9"},
    "no Latin": {"X-Note": "\u6771\u4eac"},
    "a name with a space": {"X Note": "a"},
}


@pytest.mark.parametrize("unsendable", UNSENDABLE.values(), ids=UNSENDABLE)
async def test_an_address_that_leads_nowhere_proves_that_nothing_was_sent(
    backends: HttpBackends, unsendable: Call
) -> None:
    assert isinstance(await backends.send(unsendable, ENOUGH), NotSent)


@pytest.mark.parametrize("headers", BAD_HEADERS.values(), ids=BAD_HEADERS)
async def test_a_header_that_cannot_be_written_proves_that_nothing_was_sent(
    backends: HttpBackends, headers: dict[str, str]
) -> None:
    async with listening(wire.answer) as server:
        sent = await backends.send(call(server.url, headers), ENOUGH)

    assert isinstance(sent, NotSent)
    assert server.requests == []


async def test_plain_text_where_tls_is_expected_proves_that_nothing_was_sent(backends: HttpBackends) -> None:
    async def greet(line: Line) -> None:
        await line.write(b"220 welcome\r\n")

    async with listening(greet) as server:
        sent = await backends.send(call(server.url.replace("http:", "https:")), ENOUGH)

    assert isinstance(sent, NotSent)


@pytest.mark.parametrize("status", ["301 Moved Permanently", "307 Temporary Redirect", "308 Permanent Redirect"])
async def test_a_redirect_is_an_answer_and_not_followed(backends: HttpBackends, status: str) -> None:
    async with listening(wire.answer) as elsewhere:

        async def redirect(line: Line) -> None:
            await line.read()
            await line.write(response(b"", status, f"Location: {elsewhere.url}"))

        async with listening(redirect) as server:
            sent = await backends.send(call(server.url), ENOUGH)

    assert isinstance(sent, Answered)
    assert (sent.status, elsewhere.connections) == (int(status[:3]), 0)


@pytest.mark.parametrize("excess", [0, 1])
@pytest.mark.parametrize("chunked", [False, True])
async def test_an_answer_is_read_up_to_its_limit(backends: HttpBackends, excess: int, chunked: bool) -> None:
    body = b" " * (ANSWER_LIMIT + excess)

    async def say_much(line: Line) -> None:
        await line.read()
        head = b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n"
        chunks = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
        await line.write(head + chunks if chunked else response(body))

    async with listening(say_much) as server:
        sent = await backends.send(call(server.url), 2)

    assert isinstance(sent, Lost if excess else Answered)
    assert len(server.requests) == 1


async def test_an_endless_answer_is_given_up(backends: HttpBackends) -> None:
    async def say_without_end(line: Line) -> None:
        await line.read()
        await line.write(b"HTTP/1.1 201 Created\r\n\r\n")
        while True:
            await line.write(b" " * 65_536)

    async with listening(say_without_end) as server:
        assert isinstance(await backends.send(call(server.url), 2), Lost)


async def test_a_compressed_answer_is_not_opened(backends: HttpBackends) -> None:
    async def answer_gzip(line: Line) -> None:
        await line.read()
        await line.write(response(b"\x1f\x8b bomb", "201 Created", "Content-Encoding: gzip"))

    async with listening(answer_gzip) as server:
        sent = await backends.send(call(server.url), ENOUGH)

    assert isinstance(sent, Answered)
    assert sent.body == b"\x1f\x8b bomb"


async def test_a_connection_is_used_again(backends: HttpBackends) -> None:
    async with listening(wire.answer) as server:
        sent = [await backends.send(call(server.url), ENOUGH) for _ in range(3)]

    assert all(isinstance(one, Answered) for one in sent)
    assert (server.connections, len(server.requests)) == (1, 3)


async def test_an_idle_connection_that_was_closed_costs_a_new_one_and_nothing_else(backends: HttpBackends) -> None:
    async def answer_once(line: Line) -> None:
        await line.read()
        await line.write(response(b"{}"))

    async with listening(answer_once) as server:
        first = await backends.send(call(server.url), ENOUGH)
        await asyncio.sleep(0.05)
        second = await backends.send(call(server.url), ENOUGH)

    assert isinstance(first, Answered)
    assert isinstance(second, Answered)
    assert (server.connections, len(server.requests)) == (2, 2)


@pytest.mark.parametrize("method", ["POST", "PUT", "GET", "DELETE"])
@pytest.mark.parametrize("ending", [wire.close_after_request, wire.reset_after_request])
async def test_a_connection_closed_while_it_is_used_again_is_lost_and_not_resent(
    backends: HttpBackends, method: str, ending: Script
) -> None:
    async def answer_then_take_and_close(line: Line) -> None:
        await line.read()
        await line.write(response(b"{}"))
        await ending(line)

    async with listening(answer_then_take_and_close, wire.answer) as server:
        first = await backends.send(call(server.url), ENOUGH)
        second = await backends.send(call(server.url)._replace(method=method), ENOUGH)

    assert isinstance(first, Answered)
    assert isinstance(second, Lost)
    assert (server.connections, len(server.requests)) == (1, 2)


async def test_a_connection_closed_just_as_it_is_used_again_is_never_said_to_be_unused(backends: HttpBackends) -> None:
    async def answer_and_leave(line: Line) -> None:
        await line.read()
        await line.write(response(b"{}"))

    async with listening(answer_and_leave) as server:
        for _ in range(200):
            before = len(server.requests)
            sent = await backends.send(call(server.url), ENOUGH)
            await asyncio.sleep(0)  # so that the next request meets the closing at ever another moment
            seen = len(server.requests) - before
            assert seen == 1 if isinstance(sent, Answered) else seen == 0 or isinstance(sent, Lost)

    assert server.connections >= len(server.requests)


def answer_unasked(after: asyncio.Event, unasked: bytes) -> Script:
    """Answer one request, and later say something that nobody asked for; then answer as ever."""

    async def say(line: Line) -> None:
        await line.read()
        await line.write(OK)
        await after.wait()
        await line.write(unasked)
        await wire.answer(line)

    return say


UNASKED = {
    "an answer": response(b'{"id":666}'),
    "a time-out": response(b"", "408 Request Timeout", "Connection: close"),
    "no HTTP": b"bye\r\n",
}


@pytest.mark.parametrize("unasked", UNASKED.values(), ids=UNASKED)
async def test_what_nobody_asked_for_is_not_the_answer_to_the_next_order(
    backends: HttpBackends, unasked: bytes
) -> None:
    after = asyncio.Event()
    async with listening(answer_unasked(after, unasked), wire.answer) as server:
        first = await backends.send(call(server.url), ENOUGH)
        after.set()
        await asyncio.sleep(0.05)
        second = await backends.send(call(server.url), ENOUGH)

    assert isinstance(first, Answered)
    assert second == first
    assert (server.connections, len(server.requests)) == (2, 2)


async def test_a_backend_that_answers_unasked_on_every_connection_is_sent_nothing(backends: HttpBackends) -> None:
    after = asyncio.Event()
    async with listening(answer_unasked(after, OK)) as server:
        await asyncio.gather(*(backends.send(call(server.url), 5) for _ in range(SPOILT)))
        after.set()
        await asyncio.sleep(0.05)
        sent = await backends.send(call(server.url), ENOUGH)

        assert isinstance(sent, NotSent)
        assert (server.connections, len(server.requests)) == (SPOILT, SPOILT)
        assert isinstance(await backends.send(call(server.url), ENOUGH), Answered)


async def test_what_has_not_left_by_the_deadline_never_leaves(backends: HttpBackends) -> None:
    body, read = b" " * 20_000_000, asyncio.get_running_loop().create_future()

    async def read_late(line: Line) -> None:
        await asyncio.sleep(0.4)
        try:
            read.set_result(len(await line.reader.read(-1)))
        except ConnectionResetError:
            read.set_result(0)

    async with listening(read_late) as server:
        sent = await backends.send(call(server.url, body=body), 0.2)

        assert isinstance(sent, Lost)
        assert await asyncio.wait_for(read, 5) < len(body)


async def test_an_answer_before_the_whole_request_had_left_takes_its_connection_with_it(backends: HttpBackends) -> None:
    async def refuse_early(line: Line) -> None:
        await line.reader.readuntil(b"\r\n\r\n")
        await line.write(response(b"{}", "413 Content Too Large"))
        await asyncio.Event().wait()

    async with listening(refuse_early, wire.answer) as server:
        early = await backends.send(call(server.url, body=b" " * 20_000_000), ENOUGH)
        after = await backends.send(call(server.url), ENOUGH)

    assert isinstance(early, Answered)
    assert isinstance(after, Answered)
    assert (early.status, after.status, server.connections) == (413, 201, 2)


async def test_many_requests_at_once_are_each_answered_once(backends: HttpBackends) -> None:
    async with listening(wire.answer) as server:
        sent = await asyncio.gather(*(backends.send(call(server.url), 10) for _ in range(300)))

    assert all(isinstance(one, Answered) for one in sent)
    assert len(server.requests) == 300


async def test_proxies_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    async with listening(wire.answer) as proxy, listening(wire.answer) as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        backends = HttpBackends()
        sent = await backends.send(call(server.url), ENOUGH)
        await backends.close()

    assert isinstance(sent, Answered)
    assert (len(server.requests), proxy.connections) == (1, 0)


async def test_cookies_of_one_answer_are_not_sent_with_the_next_call(backends: HttpBackends) -> None:
    async def set_cookie(line: Line) -> None:
        while True:
            await line.read()
            await line.write(response(b"{}", "201 Created", "Set-Cookie: who=another-tenant; Path=/"))

    async with listening(set_cookie) as server:
        for _ in range(2):
            await backends.send(call(server.url), ENOUGH)

    assert len(server.requests) == 2
    assert not any(b"cookie" in request.lower() for request in server.requests)


class StandsStill(AiohttpTransport):
    """A transport whose program is stopped between the connection and the first byte, for longer than the deadline."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        note = request.extensions["trace"]

        async def stand_still(event: str, info: dict[str, Any]) -> None:
            sleep(0.3)  # noqa: ASYNC251  # as a program that is stopped
            await note(event, info)

        request.extensions = {**request.extensions, "trace": stand_still}
        return await super().handle_async_request(request)


async def test_a_first_byte_that_would_leave_after_the_deadline_never_leaves() -> None:
    backends = HttpBackends(StandsStill())
    async with listening(wire.answer) as server:
        late, in_time = [await backends.send(call(server.url), seconds) for seconds in (0.2, 5)]
    await backends.close()

    assert isinstance(late, NotSent)
    assert isinstance(in_time, Answered)
    assert len(server.requests) == 1
