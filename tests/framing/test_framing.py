"""Framing through the real server: what two readers could read apart is refused, what is merely odd is not."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from starlette.types import Receive, Scope, Send

from adapter.app import build_app
from adapter.shell.connections import BoundedProtocol
from adapter.shell.files import load_document, shipped
from adapter.shell.guard import Bounds, Guard
from adapter.shell.serving import serving
from adapter.shell.settings import Settings
from tests.conftest import HERE
from tests.framing.cases import MUST_ACCEPT, MUST_REJECT

pytestmark = pytest.mark.anyio

# What the guard and the parser cannot see, and why it does no harm: README, "The guard".
LET_THROUGH = {"two spaces in the request line"}

REFUSALS = {400, 408, 413, 414, 431}


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that takes everything and gives the body back."""
    if scope["type"] != "http":
        return
    body = (await receive())["body"]
    lines = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": lines})
    await send({"type": "http.response.body", "body": body, "more_body": False})


class Impatient(BoundedProtocol):
    head_seconds = 0.3


@pytest.fixture
async def url() -> AsyncIterator[str]:
    async with serving(Guard(echo, Bounds(1_000, 0.3, 200, linger_seconds=0.1)), protocol=Impatient) as where:
        yield where


async def talk(url: str, data: bytes) -> tuple[list[int], bytes, bool]:
    """The statuses of all answers but 100, everything that came back, and whether the server hung up."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    said, closed = b"", False
    try:
        writer.write(data)
        while chunk := await asyncio.wait_for(reader.read(65_536), 0.5 if said else 5.0):
            said += chunk
        closed = True
    except TimeoutError:
        pass
    except ConnectionError:
        closed = True
    finally:
        writer.close()
    statuses = [int(status) for status in re.findall(rb"HTTP/1\.[01] ([0-9]{3}) ", said)]
    return [status for status in statuses if status != 100], said, closed


async def test_what_could_be_read_in_two_ways_is_refused_and_the_line_cut(url: str) -> None:
    answers = await asyncio.gather(*(talk(url, data) for data in MUST_REJECT.values()))
    passed = {
        name
        for name, (statuses, _, closed) in zip(MUST_REJECT, answers, strict=True)
        if not closed or len(statuses) > 1 or not set(statuses) <= REFUSALS
    }

    assert passed == LET_THROUGH
    told = zip(MUST_REJECT, answers, strict=True)
    untold = {name for name, (statuses, said, _) in told if statuses and b"/problems/" not in said}
    assert untold == {*LET_THROUGH, "a request as a HEAD's body"}  # whoever refuses says so by a problem, if it may


def test_the_readme_says_how_many_there_are_and_how_many_pass() -> None:
    section = (HERE.parent / "README.md").read_text().split("## The guard")[1].split("\n## ")[0]
    said = " ".join(section.split())

    assert f"has {len(MUST_REJECT)} requests that must be refused and {len(MUST_ACCEPT)} odd ones that must not" in said
    assert f"One of the {len(MUST_REJECT)} passes" in said
    assert len(LET_THROUGH) == 1


async def test_what_is_merely_odd_is_taken_with_its_body(url: str) -> None:
    answers = await asyncio.gather(*(talk(url, data) for data in MUST_ACCEPT.values()))
    expected = {name: ([200], b"hello" in data or name == "several chunks") for name, data in MUST_ACCEPT.items()}

    assert {
        n: (statuses, b"hello" in said) for n, (statuses, said, _) in zip(MUST_ACCEPT, answers, strict=True)
    } == expected


async def test_the_gateway_itself_is_guarded(tmp_path: Path) -> None:
    app = build_app(Settings(journal=tmp_path / "journal.db"), {})
    async with serving(app) as url:
        accepted, _, _ = await talk(url, MUST_ACCEPT["a plain GET"])
        statuses, said, closed = await talk(url, MUST_REJECT["an underscore in Transfer_Encoding"])

    assert accepted == [404]
    assert (statuses, closed) == ([400], True)
    assert b"/problems/malformed-request" in said


def test_the_document_tells_of_the_guard_at_every_door() -> None:
    paths = load_document(shipped(), "gateway")["paths"]
    silent = [
        f"{method} {path}"
        for path, methods in paths.items()
        for method, operation in methods.items()
        if not {"400", "414", "431"} <= operation["responses"].keys()
    ]

    assert silent == []
