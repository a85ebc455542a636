"""Stella sync: the receipt, the two header pairs, and the optional idempotency key."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from adapter.sandbox.catalogue import NOWHERE
from adapter.sandbox.stella import MISSING, SOLD_OUT

pytestmark = pytest.mark.anyio

Connect = Callable[..., httpx.AsyncClient]

URL = "/api/sync/v1/orders"
V1 = {"Authorization": "Bearer ssk_sec_one", "X-Stella-Site-Id": "site-1"}
LEGACY = {"X-Sync-Secret": "ssk_sec_one", "X-Site-ID": "site-1"}
CREDENTIALS = {"site_id": "site-1", "secret": "ssk_sec_one"}
VARIANT = "0b7c9c1e-5a55-4f0a-9a0f-2f6f6f0d8a11"


def order(**changes: Any) -> dict[str, Any]:
    return {
        "email": "sita@example.com",
        "line_items": [{"quantity": 2, "name": "Shawl", "price": 12.5}],
        "shipping_address": {"first_name": "Sita", "city": "Kathmandu"},
        "payment_method": "cod",
        "total": 27.5,
        "currency": "NPR",
        **changes,
    }


async def test_a_good_order_is_answered_with_the_eight_members_of_the_receipt(connect: Connect) -> None:
    reply = await connect("stella_sync", headers=V1).post(URL, json=order())
    receipt = reply.json()
    assert reply.status_code == 201
    assert receipt.pop("id")
    assert receipt == {
        "order_number": "SO-10001",
        "email": "sita@example.com",
        "total": "27.50",
        "currency": "NPR",
        "status": "pending",
        "payment_status": "awaiting_payment",
        "created_at": "2026-03-02T09:15:20Z",
    }


async def test_order_numbers_count_within_a_site(connect: Connect) -> None:
    client = connect("stella_sync", headers=V1)
    numbers = [
        (await client.post(URL, json=order(), headers={"X-Stella-Site-Id": site})).json()["order_number"]
        for site in ("a", "a", "b")
    ]
    assert numbers == ["SO-10001", "SO-10002", "SO-10001"]


@pytest.mark.parametrize(
    ("method", "payment_status"), [("cod", "awaiting_payment"), ("online", "paid"), ("card", "paid")]
)
async def test_only_cash_on_delivery_awaits_payment(connect: Connect, method: str, payment_status: str) -> None:
    reply = await connect("stella_sync", headers=V1).post(URL, json=order(payment_method=method))
    assert reply.json()["payment_status"] == payment_status


TOTALS = {
    "the caller's total is trusted": ({"total": 999.99}, "999.99"),
    "without one the lines are summed": ({"total": None}, "25.00"),
    "a line with a name alone costs nothing": (
        {"total": None, "line_items": [{"quantity": 3, "name": "?"}]},
        "0.00",
    ),
    "three digits in dinars": ({"total": 1.5, "currency": "KWD"}, "1.500"),
    "no digits in yen": ({"total": 1500, "currency": "JPY"}, "1500"),
    "halves go up": ({"total": 0.125, "currency": "USD"}, "0.13"),
    "two digits where nobody knows the currency": ({"total": 1, "currency": "ZZZ"}, "1.00"),
}


@pytest.mark.parametrize(("changes", "total"), TOTALS.values(), ids=TOTALS.keys())
async def test_a_total_is_a_decimal_string(connect: Connect, changes: dict[str, Any], total: str) -> None:
    reply = await connect("stella_sync", headers=V1).post(URL, json=order(**changes))
    assert reply.json()["total"] == total


async def test_a_line_with_a_variant_and_no_price_has_the_catalogues_price(connect: Connect) -> None:
    client = connect("stella_sync", headers=V1)
    one, two = [
        (await client.post(URL, json=order(total=None, line_items=[{"quantity": n, "variant_id": VARIANT}]))).json()
        for n in (1, 2)
    ]
    assert float(one["total"]) > 0
    assert float(two["total"]) == pytest.approx(2 * float(one["total"]))


async def test_the_shops_currency_stands_in_for_a_missing_one(connect: Connect) -> None:
    reply = await connect("stella_sync", headers=V1, currency="JPY").post(URL, json=order(currency=None))
    assert (reply.json()["currency"], reply.json()["total"]) == ("JPY", "28")


async def test_no_fraction_is_lost_on_the_way(connect: Connect) -> None:
    start = b'{"email":"a@b.co","line_items":[],"shipping_address":{},"payment_method":"cod",'
    body = start + b'"total":90071992547409.93}'
    reply = await connect("stella_sync", headers=V1 | {"Content-Type": "application/json"}).post(URL, content=body)
    assert reply.json()["total"] == "90071992547409.93"


INVALID = {
    "a missing member": ({"email": None}, ["body", "email"], "string_type"),
    "no e-mail address": ({"email": "nobody"}, ["body", "email"], "value_error"),
    "a bad id in a line": (
        {"line_items": [{"quantity": 1, "variant_id": "x"}]},
        ["body", "line_items", 0, "variant_id"],
        "uuid_parsing",
    ),
    "no quantity": ({"line_items": [{}]}, ["body", "line_items", 0, "quantity"], "missing"),
    "quantity zero": (
        {"line_items": [{"quantity": 0}]},
        ["body", "line_items", 0, "quantity"],
        "greater_than_equal",
    ),
    "a text for a number": ({"total": "1"}, ["body", "total"], "float_type"),
}


@pytest.mark.parametrize(("changes", "loc", "kind"), INVALID.values(), ids=INVALID.keys())
async def test_an_invalid_member_is_told_by_its_place(
    connect: Connect, changes: dict[str, Any], loc: list[str | int], kind: str
) -> None:
    reply = await connect("stella_sync", headers=V1).post(URL, json=order(**changes))
    detail = reply.json()["detail"]
    assert reply.status_code == 422
    assert [(entry["loc"], entry["type"]) for entry in detail] == [(loc, kind)]
    assert detail[0]["msg"]


async def test_every_missing_member_is_told_once(connect: Connect) -> None:
    reply = await connect("stella_sync", headers=V1).post(URL, json={})
    assert [entry["loc"][1] for entry in reply.json()["detail"]] == [
        "email",
        "line_items",
        "shipping_address",
        "payment_method",
    ]


@pytest.mark.parametrize("headers", [V1, LEGACY, {**LEGACY, "X-Stella-Site-Id": "site-1"}])
async def test_either_header_pair_opens_the_door(connect: Connect, headers: dict[str, str]) -> None:
    reply = await connect("stella_sync", credentials=CREDENTIALS, headers=headers).post(URL, json=order())
    assert reply.status_code == 201


LOCKED_OUT = {
    "nothing": {},
    "a wrong secret": {**V1, "Authorization": "Bearer other"},
    "a site that disagrees with the secret": {**V1, "X-Stella-Site-Id": "site-2"},
    "no site": {"Authorization": "Bearer ssk_sec_one"},
    "another scheme": {**V1, "Authorization": "Basic ssk_sec_one"},
    "the older pair with a wrong site": {**LEGACY, "X-Site-ID": "site-2"},
    "half of each pair": {"Authorization": "Bearer ssk_sec_one", "X-Site-ID": "site-1"},
}


@pytest.mark.parametrize("headers", LOCKED_OUT.values(), ids=LOCKED_OUT.keys())
async def test_anything_else_is_unauthorised(connect: Connect, headers: dict[str, str]) -> None:
    reply = await connect("stella_sync", credentials=CREDENTIALS, headers=headers).post(URL, json=order())
    assert (reply.status_code, reply.json()) == (401, {"error": "unauthorized"})


async def test_without_credentials_anything_but_nothing_is_accepted(connect: Connect) -> None:
    assert (await connect("stella_sync", headers=V1).post(URL, json=order())).status_code == 201
    assert (await connect("stella_sync").post(URL, json=order())).status_code == 401


async def test_a_repeat_under_one_key_is_replayed_byte_for_byte(connect: Connect) -> None:
    client = connect("stella_sync", headers={**V1, "Idempotency-Key": "k"})
    first, again = [await client.post(URL, json=order()) for _ in range(2)]
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert len((await client.get("/_sandbox/ledger")).json()["orders"]) == 1


async def test_a_refusal_is_replayed_too(connect: Connect) -> None:
    client = connect("stella_sync", headers={**V1, "Idempotency-Key": "k"})
    first, again = [await client.post(URL, json={}) for _ in range(2)]
    assert (again.status_code, again.content) == (422, first.content)
    requests = (await client.get("/_sandbox/ledger")).json()["requests"]
    assert [seen["replayed"] for seen in requests] == [False, True]


async def test_a_key_with_another_body_is_a_mismatch(connect: Connect) -> None:
    client = connect("stella_sync", headers={**V1, "Idempotency-Key": "k"})
    await client.post(URL, json=order())
    reply = await client.post(URL, json=order(note="other"))
    assert (reply.status_code, reply.json()) == (422, {"error": "idempotency_key_mismatch"})


async def test_after_a_day_a_key_is_new(connect: Connect, clock: Any) -> None:
    client = connect("stella_sync", headers={**V1, "Idempotency-Key": "k"})
    first = await client.post(URL, json=order())
    clock.advance(hours=23, minutes=59)
    assert (await client.post(URL, json=order())).content == first.content
    clock.advance(minutes=1)
    assert (await client.post(URL, json=order())).json()["id"] != first.json()["id"]


async def test_a_key_belongs_to_its_site(connect: Connect) -> None:
    client = connect("stella_sync", headers={**V1, "Idempotency-Key": "k"})
    first = await client.post(URL, json=order())
    second = await client.post(URL, json=order(), headers={"X-Stella-Site-Id": "site-2"})
    assert first.json()["id"] != second.json()["id"]


async def test_without_a_key_every_call_is_another_order(connect: Connect) -> None:
    client = connect("stella_sync", headers=V1)
    assert len({(await client.post(URL, json=order())).json()["id"] for _ in range(3)}) == 3


async def test_an_order_that_the_shop_cannot_fill_is_refused_in_either_envelope(connect: Connect) -> None:
    client = connect("stella_sync", headers=V1)
    missing = await client.post(URL, json=order(line_items=[{"quantity": 1}, {"quantity": 1, "variant_id": MISSING}]))
    sold_out = await client.post(URL, json=order(line_items=[{"quantity": 1, "variant_id": SOLD_OUT}]))
    nowhere = await client.post(URL, json=order(billing_address={"postal_code": NOWHERE}))
    assert [reply.status_code for reply in (missing, sold_out, nowhere)] == [422, 422, 422]
    assert missing.json()["detail"][0]["loc"] == ["body", "line_items", 1, "variant_id"]
    assert sold_out.json() == {"error": "out_of_stock"}
    assert nowhere.json()["detail"][0]["loc"] == ["body", "billing_address", "postal_code"]
    assert (await client.get("/_sandbox/ledger")).json()["orders"] == []
