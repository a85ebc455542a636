"""The frame: routes and refusals from the document, the ledger, and the same ids from the same seed."""

import ast
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

import adapter.sandbox
from adapter.sandbox.shops import make_sandbox

pytestmark = pytest.mark.anyio

Connect = Callable[..., httpx.AsyncClient]

LEDGER = "/_sandbox/ledger"
URL = "/api/sync/v1/orders"
KEYS = {"Authorization": "Bearer s", "X-Site-ID": "no", "X-Stella-Site-Id": "site-1"}
ORDER = {"email": "a@b.co", "line_items": [], "shipping_address": {}, "payment_method": "cod"}
JSON = {"Content-Type": "application/json"}
ORIGIN = ("tenant", "idempotency_key", "correlation_id", "body_sha256")


async def test_the_ledger_lists_requests_and_orders(connect: Connect) -> None:
    client = connect("stella_sync", headers=KEYS)
    made = await client.post(URL, json=ORDER, headers={"Idempotency-Key": "k1", "X-Correlation-Id": "op-1"})
    await client.post(URL, content=b"{", headers=JSON)
    ledger = (await client.get(LEDGER)).json()
    first, second = ledger["requests"]
    assert first == {
        "at": "2026-03-02T09:15:20Z",
        "operation": "create_order",
        "tenant": "site-1",
        "method": "POST",
        "path": URL,
        "query": {},
        "idempotency_key": "k1",
        "correlation_id": "op-1",
        "body_sha256": hashlib.sha256(made.request.content).hexdigest(),
        "body": made.request.content.decode(),
        "status": 201,
        "replayed": False,
        "applied": True,
        "orders": [made.json()["id"]],
        "fault": None,
    }
    assert (second["status"], second["idempotency_key"], second["correlation_id"]) == (422, None, None)
    assert (second["applied"], second["orders"]) == (False, [])
    (order,) = ledger["orders"]
    assert {name: order[name] for name in ORIGIN} == {name: first[name] for name in ORIGIN}
    assert (order["id"], order["asked"], order["shown"]) == (made.json()["id"], ORDER, made.json())


async def test_a_replay_applies_nothing(connect: Connect) -> None:
    client = connect("stella_sync", headers=KEYS | {"Idempotency-Key": "k"})
    first, again = [await client.post(URL, json=ORDER) for _ in range(2)]
    seen = (await client.get(LEDGER)).json()["requests"]
    assert again.content == first.content
    assert [(one["applied"], one["replayed"], one["orders"]) for one in seen] == [
        (True, False, [first.json()["id"]]),
        (False, True, []),
    ]


async def test_clearing_the_ledger_forgets_orders_and_keys(connect: Connect) -> None:
    client = connect("stella_sync", headers=KEYS | {"Idempotency-Key": "k"})
    first = (await client.post(URL, json=ORDER)).json()
    assert (await client.delete(LEDGER)).status_code == 204
    assert (await client.get(LEDGER)).json() == {"requests": [], "orders": [], "carts": [], "checkouts": [], "lost": []}
    again = (await client.post(URL, json=ORDER)).json()
    assert again["id"] != first["id"]
    assert again["order_number"] != first["order_number"]


async def test_an_unauthorised_call_is_in_the_ledger_without_a_tenant(connect: Connect) -> None:
    client = connect("stella_sync")
    await client.post(URL, json=ORDER)
    (seen,) = (await client.get(LEDGER)).json()["requests"]
    assert (seen["tenant"], seen["status"]) == ("", 401)


UNROUTED: dict[str, tuple[str, str, str, int, Any]] = {
    "stella": ("stella_sync", "GET", "/nowhere", 404, {"error": "not_found"}),
    "stella, a trailing slash": ("stella_sync", "POST", URL + "/", 404, {"error": "not_found"}),
    "stella, another method": ("stella_sync", "PUT", URL, 405, {"error": "method_not_allowed"}),
    "enad": (
        "enad",
        "POST",
        "/api/v1/team/orders",
        404,
        {"data": None, "details": ["not_found"], "success": False},
    ),
    "lana": ("lana", "POST", "/orders", 404, {"code": 404, "message": "not_found", "meta": {}}),
}


@pytest.mark.parametrize(("dialect", "method", "path", "status", "body"), UNROUTED.values(), ids=UNROUTED.keys())
async def test_what_the_document_does_not_offer_is_refused_in_the_dialect(
    connect: Connect, dialect: str, method: str, path: str, status: int, body: Any
) -> None:
    client = connect(dialect, headers=KEYS)
    reply = await client.request(method, path)
    assert (reply.status_code, reply.json()) == (status, body)
    assert [seen["status"] for seen in (await client.get(LEDGER)).json()["requests"]] == [status]


UNREADABLE = {
    "no JSON": (b"{", JSON),
    "not a number": (b'{"total": NaN}', JSON),
    "a number beyond counting": (b'{"total": 1e9999999999999999999}', JSON),
    "not UTF-8": (b"\xff", JSON),
    "nested without end": (b"[" * 100_000, JSON),
    "another content type": (b"{}", {"Content-Type": "text/plain"}),
    "no content type": (b"{}", {}),
}


@pytest.mark.parametrize(("body", "headers"), UNREADABLE.values(), ids=UNREADABLE.keys())
async def test_a_body_that_cannot_be_read_is_refused(connect: Connect, body: bytes, headers: dict[str, str]) -> None:
    reply = await connect("stella_sync", headers=KEYS).post(URL, content=body, headers=headers)
    assert reply.status_code == 422
    assert [(e["loc"], e["type"]) for e in reply.json()["detail"]] == [(["body"], "json_invalid")]


async def test_no_body_at_all_is_a_missing_body(connect: Connect) -> None:
    reply = await connect("stella_sync", headers=KEYS).post(URL)
    assert [(e["loc"], e["type"]) for e in reply.json()["detail"]] == [(["body"], "missing")]


@pytest.mark.parametrize("total", [b"1e400", b"1" * 4000, b"-1e999999"])
async def test_an_amount_beyond_money_is_refused_and_not_stored(connect: Connect, total: bytes) -> None:
    client = connect("stella_sync", headers=KEYS | JSON)
    text = client.build_request("POST", URL, json=ORDER | {"total": 7}).content
    reply = await client.post(URL, content=text.replace(b":7", b":" + total))
    assert reply.status_code == 422
    assert (await client.get(LEDGER)).json()["orders"] == []


async def test_the_same_seed_gives_the_same_answers(connect: Connect) -> None:
    answers = [
        (await connect("stella_sync", headers=KEYS, seed=seed).post(URL, json=ORDER)).content for seed in (7, 7, 8)
    ]
    assert answers[0] == answers[1] != answers[2]


async def test_a_header_name_is_read_in_any_case(connect: Connect) -> None:
    headers = {"authorization": "bearer s", "X-STELLA-SITE-ID": "site-1"}
    assert (await connect("stella_sync", headers=headers).post(URL, json=ORDER)).status_code == 201


async def test_a_document_and_rules_that_differ_do_not_start(
    document: Callable[[str], dict[str, Any]],
) -> None:
    with pytest.raises(ValueError, match=r"document alone: \['create_order'\], rules alone: \['add_cart_item'"):
        make_sandbox("stella_checkout", document("stella_sync"))


async def test_without_a_clock_the_time_is_now(document: Callable[[str], dict[str, Any]]) -> None:
    app = make_sandbox("stella_sync", document("stella_sync"))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://backend.test") as client:
        reply = await client.post(URL, json=ORDER, headers=KEYS)
    assert reply.json()["created_at"].endswith("Z")
    assert len(app.memory.requests) == 1


def test_a_sandbox_shares_nothing_with_the_gateway() -> None:
    modules = list(Path(adapter.sandbox.__path__[0]).glob("*.py"))
    imported = {
        name
        for module in modules
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names])
    }
    ours = {name for name in imported if name.split(".")[0] == "adapter"}
    assert "adapter.sandbox.calls" in ours
    assert {name for name in ours if not name.startswith("adapter.sandbox")} == set()
