"""The misbehaving server, heard by a raw client over a socket and checked against the ledger."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx
import pytest

from adapter.sandbox.backend import LEDGER, Sandbox
from adapter.sandbox.faults import FAULTS, Plan
from adapter.sandbox.front import FAULTS_DOOR, Times, serve_front
from adapter.sandbox.shops import DIALECTS, make_sandbox
from tests.sandbox import test_enad as enad
from tests.sandbox.conftest import load

pytestmark = pytest.mark.anyio

QUICK = Times(drip=0, late=0.05)
PATIENCE = 0.15  # seconds of hearing nothing that count as silence


class Door(NamedTuple):
    """A dialect's first call of placing an order, and the status of its success."""

    target: str
    headers: dict[str, str]
    body: Any
    success: int = 201


DOORS = {
    "enad": Door(enad.URL, enad.KEYS, enad.order()),
    "lana": Door("/orders.json?shop_id=sh_1", {"Authorization": "Bearer t"}, [{"customer_email": "a@b.co"}], 200),
    "stella_sync": Door(
        "/api/sync/v1/orders",
        {"Authorization": "Bearer s", "X-Stella-Site-Id": "site-1"},
        {"email": "a@b.co", "line_items": [], "shipping_address": {}, "payment_method": "cod"},
    ),
    "stella_checkout": Door("/api/storefront/cart", {"X-Site-ID": "site-1", "X-Stella-Token": "t"}, {}),
}


class House(NamedTuple):
    """A sandbox, its plan, and where it is served."""

    app: Sandbox
    plan: Plan
    url: str

    async def ask(self, request: bytes, patience: float = PATIENCE) -> "Heard":
        return await hear(self.url, request, patience)


class Heard(NamedTuple):
    """What came back, and how it ended: closed, reset, or still open after a while."""

    data: bytes
    end: str

    @property
    def status(self) -> int | None:
        return int(self.data.split(b" ", 2)[1]) if self.data else None

    @property
    def body(self) -> bytes:
        return self.data.partition(b"\r\n\r\n")[2]


@asynccontextmanager
async def serving(dialect: str = "enad", *faults: str, times: Times = QUICK) -> AsyncIterator[House]:
    app = make_sandbox(dialect, load(dialect))
    plan = Plan(faults)
    async with serve_front(app, plan, times=times) as url:
        yield House(app, plan, url)


def request(dialect: str = "enad", *more: str) -> bytes:
    """The bytes of a dialect's first call, which ask for the connection to be closed."""
    door = DOORS[dialect]
    body = json.dumps(door.body).encode()
    headers = {**door.headers, "Idempotency-Key": "k1", "X-Correlation-Id": "op-1"}
    headers |= {"Content-Type": "application/json", "Content-Length": str(len(body)), "Connection": "close"}
    lines = [f"POST {door.target} HTTP/1.1", "Host: backend.test", *(f"{k}: {v}" for k, v in headers.items()), *more]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def hear(url: str, request: bytes, patience: float = PATIENCE) -> Heard:
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(url).port)
    data = bytearray()
    try:
        writer.write(request)
        async with asyncio.timeout(patience):
            while chunk := await reader.read(65_536):
                data += chunk
        return Heard(bytes(data), "closed")
    except ConnectionResetError:
        return Heard(bytes(data), "reset")
    except TimeoutError:
        return Heard(bytes(data), "open")
    finally:
        writer.close()


async def until(holds: Any) -> None:
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110  # a ledger tells nobody that it has grown
            await asyncio.sleep(0.005)


GOOD = 0  # whatever the dialect says when all is well

HEARD: dict[str, tuple[int | None, str]] = {
    "refuse": (None, "closed"),
    "reset-before-body": (None, "reset"),
    "reset-mid-body": (None, "reset"),
    "reset-after-body": (None, "reset"),
    "silence": (None, "open"),
    "refuse-429": (429, "closed"),
    "refuse-503": (503, "closed"),
    "fail-500": (500, "closed"),
    "redirect": (307, "closed"),
    "commit-then-reset": (None, "reset"),
    "commit-then-silence": (None, "open"),
    "commit-then-500": (500, "closed"),
    "commit-then-503": (503, "closed"),
    "wrong-json": (GOOD, "closed"),
    "off-schema": (GOOD, "closed"),
    "reprice": (GOOD, "closed"),
    "drop-field": (GOOD, "closed"),
    "drip": (GOOD, "closed"),
    "truncate": (GOOD, "closed"),
    "answer-then-lose": (GOOD, "closed"),
    "late": (None, "closed"),
}


def test_every_fault_is_heard_of_here() -> None:
    assert HEARD.keys() == FAULTS.keys()


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", FAULTS)
async def test_a_fault_is_the_same_in_every_dialect_and_the_ledger_tells_it(dialect: str, name: str) -> None:
    status, end = HEARD[name]
    status = DOORS[dialect].success if status == GOOD else status
    async with serving(dialect, name) as house:
        memory = house.app.memory
        heard = await house.ask(request(dialect))
        await until(lambda: memory.requests)
        (seen,) = memory.requests
        lost = name == "answer-then-lose"
        assert (heard.status, heard.end) == (status, end)
        assert (seen.fault, seen.status, seen.applied) == (name, status, FAULTS[name].applied)
        assert (seen.correlation_id, seen.idempotency_key) == ("op-1", "k1")
        assert (len(memory.kept), len(memory.lost)) == (int(seen.applied and not lost), int(lost))
        made = [one for one in [*memory.kept.values(), *memory.lost] if one.kind == "order"]
        assert [one.id for one in made] == seen.orders
        assert [(one.correlation_id, one.body_sha256) for one in made] == [("op-1", seen.body_sha256) for _ in made]


async def answered(name: str) -> tuple[Heard, dict[str, Any]]:
    """What is heard under a fault, and what the order shows that was made."""
    async with serving("enad", name) as house:
        heard = await house.ask(request())
        (kept,) = house.app.memory.ledger()["orders"]
    shown: dict[str, Any] = kept["shown"]
    return heard, shown


async def test_a_dripped_answer_is_whole_in_the_end() -> None:
    heard, shown = await answered("drip")
    assert json.loads(heard.body)["data"]["id"] == shown["id"]


async def test_a_repriced_answer_differs_from_what_is_stored() -> None:
    heard, shown = await answered("reprice")
    assert json.loads(heard.body)["data"]["grand_total"] == float(shown["grand_total"]) + 1


async def test_an_answer_with_a_field_dropped_has_the_others() -> None:
    heard, shown = await answered("drop-field")
    assert len(json.loads(heard.body)["data"]) == len(shown) - 1


async def test_an_answer_off_the_schema_is_json_of_another_shape() -> None:
    heard, _ = await answered("off-schema")
    assert "data" not in json.loads(heard.body)


async def test_an_answer_that_is_no_json_says_that_it_is() -> None:
    heard, _ = await answered("wrong-json")
    assert b"content-type: application/json" in heard.data
    assert heard.body.startswith(b"<html>")


async def test_a_truncated_answer_promises_more_than_it_has() -> None:
    heard, shown = await answered("truncate")
    promised = int(heard.data.lower().partition(b"content-length: ")[2].split()[0])
    assert len(heard.body) == promised // 2
    assert shown["id"].encode() in heard.body


@pytest.mark.parametrize("name", ["refuse-429", "refuse-503", "commit-then-503"])
async def test_a_refusal_says_in_the_dialect_when_to_come_back(name: str) -> None:
    async with serving("enad", name) as house:
        heard = await house.ask(request())
    assert b"retry-after: 1\r\n" in heard.data.lower()
    assert json.loads(heard.body)["success"] is False


async def test_a_client_that_follows_a_redirect_is_found_out() -> None:
    async with serving("enad", "redirect") as house, httpx.AsyncClient(base_url=house.url, trust_env=False) as client:
        await client.post(enad.URL, json=enad.order(), headers=enad.KEYS, follow_redirects=True)
        first, followed = house.app.memory.requests
    assert (first.status, first.applied) == (307, False)
    assert (followed.method, followed.path, followed.status) == ("POST", "/_sandbox/elsewhere", 404)


@pytest.mark.parametrize(
    ("name", "part", "read"),
    [("refuse", 0.0, 0.0), ("reset-before-body", 0.0, 0.0), ("reset-mid-body", 0.6, 0.5)],
)
async def test_who_is_cut_off_early_need_not_send_the_rest(name: str, part: float, read: float) -> None:
    head, _, body = request().partition(b"\r\n\r\n")
    async with serving("enad", name) as house:
        heard = await house.ask(head + b"\r\n\r\n" + body[: int(len(body) * part)])
        (seen,) = house.app.memory.requests
    assert heard == Heard(b"", HEARD[name][1])
    assert seen.body.encode() == body[: int(len(body) * read)]


async def test_a_dripping_answer_takes_its_time() -> None:
    async with serving("enad", "drip", times=Times(drip=0.05)) as house:
        heard = await house.ask(request())
    assert b"HTTP/1.1 ".startswith(heard.data[:9])
    assert 0 < len(heard.data) < 9
    assert heard.end == "open"


async def test_a_late_request_is_applied_when_nobody_waits_any_more() -> None:
    async with serving("enad", "late") as house, httpx.AsyncClient(base_url=house.url, trust_env=False) as client:
        heard = await house.ask(request())
        before = (await client.get(LEDGER)).json(), (await client.get(FAULTS_DOOR)).json()
        await until(lambda: house.app.memory.requests)
        after = (await client.get(LEDGER)).json(), (await client.get(FAULTS_DOOR)).json()
    assert heard == Heard(b"", "closed")
    assert (before[0]["orders"], before[0]["requests"], before[1]["held"]) == ([], [], 1)
    assert (len(after[0]["orders"]), after[1]["held"]) == (1, 0)


async def test_a_late_request_never_arrives_at_a_sandbox_that_stopped() -> None:
    async with serving("enad", "late") as house:
        await house.ask(request())
    await asyncio.sleep(2 * QUICK.late)
    assert house.app.memory.requests == []


async def test_a_silent_server_notices_that_the_client_left_and_serves_others() -> None:
    async with serving() as house:
        house.plan.script(["silence"])
        assert (await house.ask(request(), 0.01)).end == "open"
        assert (await house.ask(request())).status == 201


async def test_a_lost_order_is_lost_to_every_later_call() -> None:
    async with serving("lana") as house, httpx.AsyncClient(base_url=house.url, trust_env=False) as client:
        house.plan.script(["answer-then-lose@allocate_order_number"])
        door = DOORS["lana"]
        made = (await client.post(door.target, json=door.body, headers=door.headers)).json()[0]["id"]
        query = f"?shop_id=sh_1&order_id={made}"
        steps = [f"/orders/{step}.json{query}" for step in ("calculate", "allocate_number", "reserve")]
        statuses = [(await client.post(step, headers=door.headers)).status_code for step in steps]
        ledger = (await client.get(LEDGER)).json()
    assert statuses == [200, 200, 404]
    assert [seen["fault"] for seen in ledger["requests"]] == [None, None, "answer-then-lose", None]
    assert ([lost["id"] for lost in ledger["lost"]], ledger["orders"]) == ([made], [])


async def test_a_resend_after_a_commit_meets_the_dialects_own_rule_for_keys() -> None:
    async with serving("stella_sync") as house:
        house.plan.script(["commit-then-500"])
        lied, told = [await house.ask(request("stella_sync")) for _ in range(2)]
        memory = house.app.memory
    assert (lied.status, told.status) == (500, 201)
    assert [(seen.applied, seen.replayed) for seen in memory.requests] == [(True, False), (False, True)]
    assert json.loads(told.body)["id"] == memory.requests[0].orders[0]


async def test_another_program_scripts_reads_and_clears_the_faults() -> None:
    async with (
        serving("enad", "fail-500:0.5") as house,
        httpx.AsyncClient(base_url=house.url, trust_env=False) as client,
    ):
        scripted = await client.post(FAULTS_DOOR, json=["refuse-503", "none", "silence@create_order"])
        statuses = [(await house.ask(request())).status for _ in range(2)]
        left = await client.get(FAULTS_DOOR)
        cleared = await client.delete(FAULTS_DOOR)
        unhurt = {(await house.ask(request())).status for _ in range(10)}
    assert scripted.json()["script"] == ["refuse-503", "none", "silence@create_order"]
    assert statuses == [503, 201]
    assert left.json() == {"faults": ["fail-500:0.5"], "script": ["silence@create_order"], "held": 0}
    assert cleared.json() == {"faults": [], "script": [], "held": 0}
    assert unhurt == {201}


BAD_SCRIPTS = {
    "no JSON": (b"{", "Expecting"),
    "no list": (b'"silence"', "expected a JSON list of faults, found 'silence'"),
    "no texts": (b"[1]", "expected a JSON list of faults, found [1]"),
    "no fault": (b'["none", "silense"]', "did you mean silence?"),
    "no operation": (b'["silence@create"]', "did you mean create_order?"),
}


@pytest.mark.parametrize(("body", "told"), BAD_SCRIPTS.values(), ids=BAD_SCRIPTS.keys())
async def test_a_bad_script_is_refused_whole(body: bytes, told: str) -> None:
    async with serving() as house, httpx.AsyncClient(base_url=house.url, trust_env=False) as client:
        reply = await client.post(FAULTS_DOOR, content=body)
        assert (reply.status_code, list(house.plan.queue)) == (422, [])
        assert told in reply.json()["error"]
        assert (await client.put(FAULTS_DOOR)).status_code == 405


async def test_a_plan_for_another_sandbox_does_not_start() -> None:
    with pytest.raises(ValueError, match="found 'reserve_order'; did you mean create_order"):
        async with serving("enad", "silence@reserve_order"):
            pass


async def test_good_answers_share_a_connection() -> None:
    async with serving() as house, httpx.AsyncClient(base_url=house.url, trust_env=False) as client:
        events: list[str] = []

        async def note(name: str, _: Any) -> None:
            events.append(name)

        for _ in range(3):
            reply = await client.post(enad.URL, json=enad.order(), headers=enad.KEYS, extensions={"trace": note})
            assert reply.status_code == 201
        ledger = await client.get(LEDGER)
        assert (await client.delete(LEDGER)).status_code == 204
        assert (await client.head(LEDGER)).content == b""
        assert (await client.get(LEDGER)).json()["orders"] == []
    assert events.count("connection.connect_tcp.complete") == 1
    assert [seen["fault"] for seen in ledger.json()["requests"]] == [None] * 3


async def test_a_large_body_arrives_whole_and_only_when_asked_for() -> None:
    body = json.dumps(enad.order(reference="x" * 3_000_000)).encode()
    asked = request("enad", "Expect: 100-continue").partition(b"\r\n\r\n")[0]
    old = len(json.dumps(enad.order()))
    head = asked.replace(f"Content-Length: {old}".encode(), f"Content-Length: {len(body)}".encode())
    async with serving() as house:
        heard = await house.ask(head + b"\r\n\r\n")
        whole = await house.ask(head.replace(b"Expect: 100-continue", b"X-A: b") + b"\r\n\r\n" + body, 5)
    assert (heard.status, heard.end) == (100, "open")
    assert whole.status == 201
    assert [len(seen.body) for seen in house.app.memory.requests] == [len(body)]


@pytest.mark.parametrize("sent", [b"SSH-2.0-OpenSSH_9.6\r\n\r\n", b"GET / HTTP/1.1\r\nbad header\r\n\r\n"])
async def test_what_is_no_http_is_refused(sent: bytes) -> None:
    async with serving() as house:
        heard = await house.ask(sent)
        assert (heard.status, heard.end) == (400, "closed")
        assert (await house.ask(request())).status == 201


async def test_a_request_broken_off_by_the_client_is_not_applied() -> None:
    async with serving() as house:
        reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(house.url).port)
        writer.write(request()[:-5])
        writer.write_eof()
        heard = await reader.read()
        writer.close()
        assert heard.startswith(b"HTTP/1.1 400 ")
        assert house.app.memory.requests == []


async def test_looking_applies_nothing() -> None:
    async with serving("lana") as house, httpx.AsyncClient(base_url=house.url, trust_env=False) as client:
        for method in ("GET", "HEAD"):
            reply = await client.request(method, "/orders/page.json?shop_id=sh_1", headers=DOORS["lana"].headers)
            assert reply.status_code == 200
        assert [seen.applied for seen in house.app.memory.requests] == [False, False]


async def test_an_escaped_path_reaches_its_operation() -> None:
    async with serving() as house:
        await house.ask(request().replace(b"/team/app/", b"/te%61m/app/"))
        (seen,) = house.app.memory.requests
    assert (seen.operation, seen.tenant, seen.status) == ("create_order", "team/app", 201)
