"""Limits of callers in the flow: what is one too many goes nowhere, repeats do not use up what orders need, and every
answer tells what is left, whatever it is.
"""

import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from adapter.core.outcomes import Answered
from adapter.core.tenancy.limits import LimitRows
from adapter.shell.access import Access
from adapter.shell.http_in import Doors, make_app
from adapter.shell.limits import TokenBuckets
from adapter.shell.metrics import Metrics
from adapter.shell.serving import serving
from tests.staging import LOST, NOT_SENT, ORDERS, Stage, set_stage

pytestmark = pytest.mark.anyio


class Door(NamedTuple):
    """A staged gateway over a socket, whose callers are limited."""

    stage: Stage
    client: httpx.AsyncClient

    async def place(self, key: str | None = None, body: bytes | None = None, **members: Any) -> httpx.Response:
        inbound = self.stage.inbound(key, **members)
        content = inbound.body if body is None else body
        return await self.client.post(ORDERS, content=content, headers=dict(inbound.headers))

    async def ask(self, path: str, method: str = "GET") -> httpx.Response:
        inbound = self.stage.inbound()
        content = inbound.body if method == "POST" else None
        return await self.client.request(method, f"{ORDERS}/{path}", content=content, headers=dict(inbound.headers))


OpenDoor = Callable[..., Any]


@pytest.fixture
def door(tmp_path: Path) -> OpenDoor:
    @asynccontextmanager
    async def open_door(*script: Any, **rows: Any) -> AsyncIterator[Door]:
        stage = set_stage(tmp_path / "journal.db", "stella_sync", list(script), **rows)
        stage.gateway.limits = TokenBuckets()
        doors = Doors(stage.gateway, {})

        @asynccontextmanager
        async def lifespan(_app: Any) -> AsyncIterator[None]:
            yield
            await doors.drain()

        app = Access(make_app(doors, lifespan), Metrics(), frozenset())
        async with serving(app) as url, httpx.AsyncClient(base_url=url, trust_env=False) as client:
            yield Door(stage, client)
        await stage.journal.close()

    return open_door


def told(answer: httpx.Response, name: str = "RateLimit") -> str:
    """What a field says, the seconds aside."""
    return str(answer.headers.get(name, "")).partition(";t=")[0]


async def test_one_order_too_many_is_refused_before_anything_is_claimed(door: OpenDoor) -> None:
    async with door(limit=LimitRows(orders=2)) as here:
        answers = [await here.place(key) for key in "abc"]

        assert [answer.status_code for answer in answers] == [201, 201, 429]
        assert [told(answer) for answer in answers] == ['"orders";r=1', '"orders";r=0', '"orders";r=0']
        assert answers[0].headers["RateLimit-Policy"] == '"orders";q=2;w=60'
        assert int(answers[2].headers["Retry-After"]) in (29, 30)
        assert here.stage.read("SELECT count(*) FROM operation") == [(2,)]
        assert len(here.stage.backends.calls) == 2


async def test_repeats_have_a_bucket_of_their_own(door: OpenDoor) -> None:
    async with door(limit=LimitRows(orders=1, repeats=3)) as here:
        first = await here.place("a")
        repeats = [await here.place("a") for _ in range(4)]

        assert first.status_code == 201
        assert [answer.status_code for answer in repeats] == [201, 201, 201, 429]
        assert [told(answer) for answer in repeats] == [f'"repeats";r={left}' for left in (2, 1, 0, 0)]
        assert (await here.place("b")).status_code == 429


async def test_an_order_without_a_key_is_no_repeat(door: OpenDoor) -> None:
    async with door(limit=LimitRows(orders=1)) as here:
        assert [(await here.place()).status_code for _ in range(2)] == [201, 429]


async def test_what_is_told_is_not_stored(door: OpenDoor) -> None:
    async with door(limit=LimitRows(orders=5)) as here:
        await here.place("a")
        ((headers,),) = here.stage.read("SELECT headers FROM operation")

        assert b"ratelimit" not in headers.lower()


async def test_reads_are_counted_apart_from_orders(door: OpenDoor) -> None:
    async with door(limit=LimitRows(reads=2)) as here:
        placed = await here.place("a")
        order_id = placed.headers["Location"].removeprefix(f"{ORDERS}/")

        assert "RateLimit" not in placed.headers
        assert told(await here.ask(order_id)) == '"reads";r=1'
        assert told(await here.ask("preview", "POST")) == '"reads";r=0'
        refused = await here.ask(f"{order_id}/ledger")
        assert (refused.status_code, refused.json()["violated-policies"]) == (429, ["reads"])


async def test_callers_have_their_own_share_of_what_their_tenant_may(door: OpenDoor) -> None:
    async with door(limit=LimitRows(orders=10), caller_limit=LimitRows(orders=1)) as here:
        taken, refused = await here.place("a"), await here.place("b")

        assert (taken.status_code, refused.status_code) == (201, 429)
        assert taken.headers["RateLimit"].startswith('"orders";r=9;')
        assert '"caller-orders";r=0;' in taken.headers["RateLimit"]
        assert refused.headers["RateLimit"].startswith('"orders";r=9;')  # what was refused took nothing


async def test_without_limits_nothing_is_told(door: OpenDoor) -> None:
    async with door() as here:
        answer = await here.place("a")

        assert not {"ratelimit", "ratelimit-policy"} & answer.headers.keys()


REFUSED = Answered(422, {}, b"{}")
TRIES: Mapping[str, tuple[list[Any], Callable[[Door], Any], int, str]] = {
    "a key that is none": ([], lambda here: here.place("a,b"), 400, '"orders";r=9'),
    "a body that is none": ([], lambda here: here.place("b", b"{"), 400, '"orders";r=9'),
    "an order that is none": ([], lambda here: here.place("b", b"{}"), 422, '"orders";r=9'),
    "a key of another order": ([], lambda here: here.place("a", note="other"), 422, '"repeats";r=49'),
    "an order that would lose too much": ([], lambda here: here.place("b", cart_id="c"), 422, '"orders";r=8'),
    "an order that is refused": ([REFUSED], lambda here: here.place("b"), 422, '"orders";r=8'),
    "an order that was not sent": ([NOT_SENT], lambda here: here.place("b"), 503, '"orders";r=8'),
    "an order that is unknown": ([LOST], lambda here: here.place("b"), 202, '"orders";r=8'),
    "a mistake of ours": ([5], lambda here: here.place("b"), 500, '"orders";r=8'),
    "an id that is nobody's": ([], lambda here: here.ask("none"), 404, '"reads";r=4'),
    "a preview of no order": (
        [],
        lambda here: here.client.post(f"{ORDERS}/preview", content=b"{}", headers=dict(here.stage.inbound().headers)),
        422,
        '"reads";r=4',
    ),
}


@pytest.mark.parametrize("name", TRIES)
async def test_every_answer_tells_what_is_left(door: OpenDoor, name: str) -> None:
    script, attempt, status, left = TRIES[name]
    async with door(None, *script, limit=LimitRows(orders=10, reads=5), loss={"/cart_id": "refuse"}) as here:
        await here.place("a")
        answer = await attempt(here)

        assert (answer.status_code, told(answer)) == (status, left)
        assert answer.headers["RateLimit-Policy"].startswith(left.partition(";")[0])


async def test_an_order_still_under_way_tells_it_too(door: OpenDoor) -> None:
    async with door(LOST, limit=LimitRows(orders=10)) as here:
        await here.place("a")
        answer = await here.place("a")

        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/operation-in-progress")
        assert told(answer) == '"repeats";r=49'


async def test_who_is_nobody_is_told_nothing(door: OpenDoor) -> None:
    async with door(limit=LimitRows(orders=10)) as here:
        answer = await here.client.post(ORDERS, content=b"{}", headers={"x-stella-site-id": "shop"})

        assert answer.status_code == 401
        assert "ratelimit" not in answer.headers


async def test_the_line_of_a_refused_order_names_its_tenant(door: OpenDoor, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "adapter")
    async with door() as here:
        await here.place("a", b"{}")

        (line,) = [vars(record) for record in caplog.records if record.getMessage() == "request"]
        assert (line["status"], line["tenant"]) == (422, "shop")
