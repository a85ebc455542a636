"""HTTP in: bounded bodies, problems for whatever goes wrong, and orders that outlive their request."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.applications import Starlette

from adapter.errors import PROBLEMS
from adapter.shell.guard import Bounds, Guard
from adapter.shell.http_in import LEGACY_ORDERS, Doors, OrderDoors, make_app
from adapter.shell.serving import serving
from tests.staging import ORDERS, Stage, set_stage

pytestmark = pytest.mark.anyio

LIMIT = 2_000
DOCUMENT = {"openapi": "3.1.0"}


class Front:
    """The doors of a staged gateway over a real socket, and a client before them."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.doors = Doors(stage.gateway, DOCUMENT)
        self.url = ""
        self.go_on = asyncio.Event()
        self.client = httpx.AsyncClient(trust_env=False)

    def order(self, **members: Any) -> bytes:
        return self.stage.inbound(**members).body

    def headers(self, **more: str) -> dict[str, str]:
        sent = {"Content-Type": "application/json", **dict(self.stage.inbound().headers)}
        return sent | {name.replace("_", "-"): value for name, value in more.items()}

    async def post(self, content: Any = None, path: str = ORDERS, **more: str) -> httpx.Response:
        body = self.order() if content is None else content
        return await self.client.post(f"{self.url}{path}", content=body, headers=self.headers(**more))

    async def send_raw(self, length: int, body: bytes) -> asyncio.StreamWriter:
        """Send an order of whatever stated length, to hang up when one pleases."""
        parts = urlsplit(self.url)
        _, writer = await asyncio.open_connection(parts.hostname, parts.port)
        lines = [f"{name}: {value}" for name, value in self.headers(Idempotency_Key="a").items()]
        head = [f"POST {ORDERS} HTTP/1.1", f"Host: {parts.netloc}", f"Content-Length: {length}", *lines, "", ""]
        writer.write("\r\n".join(head).encode() + body)
        await writer.drain()
        return writer


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[Front]:
    stage = set_stage(tmp_path / "journal.db", "stella_sync", [])
    opened = Front(stage)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        await opened.doors.drain()

    async with serving(Guard(make_app(opened.doors, lifespan), Bounds(LIMIT, 20.0, 64))) as url:
        opened.url = url
        async with opened.client:
            yield opened
            opened.go_on.set()
    await stage.journal.close()


def problem(response: httpx.Response) -> tuple[int, str]:
    """The status and type of a problem, which must be one in every respect."""
    assert response.headers["Content-Type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == response.status_code
    assert {"type", "title", "detail", "who"} <= body.keys()
    return response.status_code, body["type"]


async def test_an_order_goes_in_and_its_receipt_comes_out(front: Front) -> None:
    response = await front.post(Idempotency_Key="a")

    assert (response.status_code, response.headers["Content-Type"]) == (201, "application/json")
    shown = await front.client.get(f"{front.url}{response.headers['Location']}", headers=front.headers())
    assert shown.json()["receipt"] == response.json()
    assert "server" not in response.headers


async def test_health_and_document_need_no_credentials(front: Front) -> None:
    assert (await front.client.get(f"{front.url}/healthz")).json() == {"status": "ok"}
    assert (await front.client.get(f"{front.url}/openapi.json")).json() == DOCUMENT


async def test_a_key_means_nothing_at_the_legacy_door(front: Front) -> None:
    first, second = [await front.post(path=LEGACY_ORDERS, Idempotency_Key="a, b") for _ in range(2)]

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.headers["Location"] != second.headers["Location"]


@pytest.mark.parametrize("media_type", ["application/json", "Application/JSON ; charset=utf-8", None])
async def test_json_is_taken_however_it_is_announced(front: Front, media_type: str | None) -> None:
    headers = {name: value for name, value in front.headers().items() if name != "Content-Type"}
    headers |= {"Content-Type": media_type} if media_type is not None else {}
    response = await front.client.post(f"{front.url}{ORDERS}", content=front.order(), headers=headers)

    assert response.status_code == 201


@pytest.mark.parametrize("media_type", ["text/plain", "application/jsonp", "multipart/form-data; boundary=x", ""])
async def test_anything_else_is_refused(front: Front, media_type: str) -> None:
    response = await front.post(Content_Type=media_type)

    assert problem(response) == (415, "/problems/unsupported-media-type")
    assert front.stage.backends.calls == []


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize(("excess", "status"), [(0, 201), (1, 413), (1_000_000, 413)])
async def test_a_body_is_read_up_to_its_limit(front: Front, chunked: bool, excess: int, status: int) -> None:
    body = front.order().ljust(LIMIT + excess)

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 700):
            yield body[start : start + 700]

    try:
        response = await front.post(chunks() if chunked else body)
    except (httpx.WriteError, httpx.RemoteProtocolError):  # answered and hung up while we were still sending
        assert excess > 1
    else:
        assert response.status_code == status
        assert status == 201 or problem(response) == (413, "/problems/body-too-large")
    assert len(front.stage.backends.calls) == (status == 201)


OTHER_DOORS = {
    "nowhere": ("GET", "/nowhere", 404, "not-found"),
    "the root": ("GET", "/", 404, "not-found"),
    "a slash too many": ("POST", f"{ORDERS}/", 404, "not-found"),
    "another method": ("GET", ORDERS, 405, "method-not-allowed"),
    "an order put": ("PUT", f"{ORDERS}/1", 405, "method-not-allowed"),
    "health posted": ("POST", "/healthz", 405, "method-not-allowed"),
}


@pytest.mark.parametrize(("method", "path", "status", "kind"), OTHER_DOORS.values(), ids=OTHER_DOORS)
async def test_other_doors_are_problems_too(front: Front, method: str, path: str, status: int, kind: str) -> None:
    response = await front.client.request(method, f"{front.url}{path}", content=b"" if method == "GET" else b"{}")

    assert problem(response) == (status, f"/problems/{kind}")
    assert ("allow" in response.headers) == (status == 405)


async def test_a_mistake_of_ours_is_a_problem_that_tells_nothing(
    front: Front, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> Any:
        raise RuntimeError("a secret in a traceback")

    front.stage.gateway.tenants = fail
    response = await front.post()

    assert problem(response) == (500, "/problems/internal-error")
    assert "secret" not in response.text
    (record,) = [record for record in caplog.records if record.name == "adapter"]
    assert (record.levelno, record.getMessage()) == (logging.ERROR, "mistake")
    assert "secret" not in caplog.text


async def test_an_order_goes_on_when_its_client_hangs_up(front: Front) -> None:
    front.stage.backends.pause = front.go_on.wait
    writer = await front.send_raw(len(front.order()), front.order())
    await front.stage.backends.started.wait()
    writer.close()
    await writer.wait_closed()
    await asyncio.sleep(0.05)
    front.go_on.set()
    await front.doors.drain()
    repeat = await front.post(Idempotency_Key="a")

    assert (repeat.status_code, repeat.headers["Idempotent-Replayed"]) == (201, "true")
    assert len(front.stage.backends.calls) == 1


async def test_an_order_goes_on_when_its_request_is_cancelled(front: Front) -> None:
    front.stage.backends.pause = front.go_on.wait
    inside = httpx.AsyncClient(transport=httpx.ASGITransport(make_app(front.doors, lambda _app: None)))
    request = asyncio.create_task(
        inside.post(f"http://gateway.test{ORDERS}", content=front.order(), headers=front.headers())
    )
    await front.stage.backends.started.wait()
    request.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request
    front.go_on.set()
    await front.doors.drain()

    assert front.stage.read("SELECT state FROM operation") == [("succeeded",)]


async def test_a_client_that_hangs_up_within_its_body_is_no_mistake_of_ours(
    front: Front, caplog: pytest.LogCaptureFixture
) -> None:
    writer = await front.send_raw(1_000, front.order()[:100])
    await asyncio.sleep(0.05)
    writer.close()
    await writer.wait_closed()
    await asyncio.sleep(0.05)

    assert front.stage.backends.calls == []
    assert [record.getMessage() for record in caplog.records if record.name == "adapter"] == []


async def test_draining_waits_for_the_orders_under_way(front: Front) -> None:
    front.stage.backends.pause = front.go_on.wait
    request = asyncio.create_task(front.post())
    await front.stage.backends.started.wait()
    draining = asyncio.create_task(front.doors.drain())
    await asyncio.sleep(0.05)
    assert not draining.done()
    front.go_on.set()
    await draining

    assert (await request).status_code == 201
    assert json.loads(front.stage.read("SELECT body FROM operation")[0][0])["email"] == "sita@example.com"
    await front.doors.drain()


@pytest.mark.parametrize("path", ["/docs", "/problems", *(f"/problems/{kind}" for kind in PROBLEMS)])
async def test_pages_are_served_and_may_fetch_nothing(front: Front, path: str) -> None:
    page = await front.client.get(f"{front.url}{path}")

    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'unsafe-inline';")
    assert page.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_problems_type_is_where_its_page_is(front: Front) -> None:
    refused = await front.client.get(f"{front.url}/problems/nothing")

    assert problem(refused) == (404, "/problems/not-found")
    assert (await front.client.get(f"{front.url}{refused.json()['type']}")).status_code == 200


async def test_orders_pass_no_router(front: Front) -> None:
    asked: list[str] = []

    async def router(scope: Any, _receive: Any, send: Any) -> None:
        asked.append(scope["path"])
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body"})

    transport = httpx.ASGITransport(OrderDoors(router, front.doors))
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway.test") as inside:
        statuses = [
            (await inside.request(method, path, content=front.order(), headers=front.headers())).status_code
            for method, path in (("POST", ORDERS), ("POST", LEGACY_ORDERS), ("GET", ORDERS), ("POST", "/elsewhere"))
        ]
    assert (statuses, asked) == ([201, 201, 404, 404], [ORDERS, "/elsewhere"])
