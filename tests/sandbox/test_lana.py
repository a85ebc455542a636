"""Lana: a draft, its totals, its number, its reservation, its keys, and every numbered refusal."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from adapter.sandbox import catalogue

pytestmark = pytest.mark.anyio

Connect = Callable[..., httpx.AsyncClient]

KEYS = {"Authorization": "Bearer jwt"}
CREDENTIALS = {"token": "jwt", "shop_id": "sh_1"}
SHOP = {"shop_id": "sh_1"}
ADDRESS = {
    "name": "John Smith",
    "address1": "Chestnut Street 92",
    "city": "Louisville",
    "country": "US",
    "province": "KY",
    "zip": "40202",
}


def order(**changes: Any) -> dict[str, Any]:
    lines = [{"variant_id": "va_one", "quantity": 2}]
    return {"line_items": lines, "currency": "USD", "customer_email": "john@example.com", **changes}


async def create(client: httpx.AsyncClient, **changes: Any) -> dict[str, Any]:
    reply = await client.post("/orders.json", params=SHOP, json=[order(**changes)])
    assert reply.status_code == 200, reply.text
    (made,) = reply.json()
    return dict(made)


async def step(client: httpx.AsyncClient, verb: str, made: dict[str, Any]) -> httpx.Response:
    return await client.post(f"/orders/{verb}.json", params={**SHOP, "order_id": made["id"]})


async def place(client: httpx.AsyncClient, **changes: Any) -> dict[str, Any]:
    made = await create(client, **changes)
    for verb in ("calculate", "allocate_number", "reserve"):
        reply = await step(client, verb, made)
    return dict(reply.json())


async def test_an_order_is_placed_in_four_steps(connect: Connect, clock: Any) -> None:
    client = connect("lana", headers=KEYS, credentials=CREDENTIALS)
    made = await create(client)
    clock.advance(seconds=5)
    replies = [await step(client, verb, made) for verb in ("calculate", "allocate_number", "reserve")]
    calculated, numbered, reserved = (reply.json() for reply in replies)
    assert (made["state"], made["total_price"], made["calculated"], made["number"]) == (
        "cart",
        0,
        False,
        None,
    )
    assert calculated["calculated"] is True
    assert calculated["total_price"] == 2 * catalogue.minor_price("va_one")
    assert (calculated["state"], numbered["number"]) == ("cart", 1001)
    assert (reserved["state"], reserved["reserved_at"]) == ("reserved", "2026-03-02T09:15:25Z")
    assert reserved["created_at"] == "2026-03-02T09:15:20Z"
    assert {reply.status_code for reply in replies} == {200}


async def test_a_custom_item_has_its_own_price_in_minor_units(connect: Connect) -> None:
    client = connect("lana", headers=KEYS)
    lines = [
        {"variant_id": "", "quantity": 3, "custom_item_index": {"value": 1}},
        {"variant_id": "va_x", "quantity": 1},
    ]
    items = [{"title": "Unused", "price": 99}, {"title": "Engraving", "price": 5}]
    made = await create(client, line_items=lines, custom_items=items)
    total = (await step(client, "calculate", made)).json()["total_price"]
    assert total == 3 * 5 + catalogue.minor_price("va_x")
    assert [line["custom_item_index"] for line in made["line_items"]] == [1, -1]


async def test_references_and_places_come_back_as_stubs(connect: Connect) -> None:
    made = await create(
        connect("lana", headers=KEYS), customer_id="cu_1", sales_channel_id="sc_1", shipping_address=ADDRESS
    )
    assert (made["customer"], made["sales_channel"], made["gateway"]) == (
        {"id": "cu_1"},
        {"id": "sc_1"},
        None,
    )
    assert made["shipping_address"]["country"] == {"id": "US"}
    assert made["shipping_address"]["name"] == "John Smith"
    assert made["billing_address"] is None


async def test_numbers_are_unique_in_a_shop_and_given_once(connect: Connect) -> None:
    client = connect("lana", headers=KEYS)
    first, second = await create(client), await create(client)
    numbers = [(await step(client, "allocate_number", made)).json()["number"] for made in (first, second, first)]
    assert numbers == [1001, 1002, 1001]


async def test_a_clone_ignores_all_other_members(connect: Connect) -> None:
    client = connect("lana", headers=KEYS)
    source = await create(client, tags=["a"])
    clone = await create(client, clone_from_id=source["id"], tags=["b"])
    assert clone["id"] != source["id"]
    assert clone["tags"] == ["a"]


async def test_reserving_before_a_number_is_1150(connect: Connect) -> None:
    client = connect("lana", headers=KEYS)
    reply = await step(client, "reserve", await create(client))
    assert reply.status_code == 409
    assert reply.json() == {
        "code": 1150,
        "message": "invalid operation",
        "meta": {"reason": "order_not_reservable"},
    }


async def test_a_placed_order_can_be_neither_reserved_nor_calculated_again(connect: Connect) -> None:
    client = connect("lana", headers=KEYS)
    placed = await place(client)
    reasons = [(await step(client, verb, placed)).json()["meta"]["reason"] for verb in ("reserve", "calculate")]
    assert reasons == ["order_not_reservable", "order_not_editable"]


async def test_an_unknown_variant_is_1001_with_its_line(connect: Connect) -> None:
    lines = [{"variant_id": "va_one", "quantity": 1}, {"variant_id": "va_missing9", "quantity": 1}]
    client = connect("lana", headers=KEYS)
    reply = await client.post("/orders.json", params=SHOP, json=[order(line_items=lines)])
    assert (reply.status_code, reply.json()["code"]) == (422, 1001)
    (error,) = reply.json()["meta"]["errors"]
    assert (error["line_item_index"], error["code"], error["subject"]) == (1, "product_banned", "va_missing9")
    assert (await client.get("/_sandbox/ledger")).json()["orders"] == []


async def test_a_sold_out_variant_is_1001_when_reserved(connect: Connect) -> None:
    client = connect("lana", headers=KEYS)
    lines = [{"variant_id": "va_soldout1", "quantity": 1}, {"variant_id": "va_one", "quantity": 1}]
    made = await create(client, line_items=lines)
    for verb in ("calculate", "allocate_number"):
        assert (await step(client, verb, made)).status_code == 200
    reply = await step(client, "reserve", made)
    assert (reply.status_code, reply.json()["code"]) == (422, 1001)
    (error,) = reply.json()["meta"]["errors"]
    assert (error["line_item_index"], error["code"]) == (0, "out_of_stock")
    listed = await client.get("/orders/page.json", params={**SHOP, "cart": "true"})
    assert [one["state"] for one in listed.json()["items"]] == ["cart"]


async def test_an_address_that_is_nowhere_is_1000_with_its_member(connect: Connect) -> None:
    address = {"name": "A B", "address1": "1 Road", "city": "X", "country": "US", "province": "KY", "zip": "00000"}
    body = [order(shipping_address=address)]
    reply = await connect("lana", headers=KEYS).post("/orders.json", params=SHOP, json=body)
    assert (reply.status_code, reply.json()["code"]) == (400, 1000)
    (field,) = reply.json()["meta"]["fields"]
    assert (field["field"], field["problem"]) == ("0.shipping_address.zip", "invalid_identifier")


@pytest.mark.parametrize("count", [0, 2])
async def test_any_number_of_orders_but_one_is_1132(connect: Connect, count: int) -> None:
    reply = await connect("lana", headers=KEYS).post("/orders.json", params=SHOP, json=[order()] * count)
    assert (reply.status_code, reply.json()["code"]) == (400, 1132)


INVALID = {
    "a missing member": (
        [order(line_items=[{"variant_id": "va_1"}])],
        {"field": "0.line_items.0.quantity", "problem": "mandatory", "min": None, "max": None},
    ),
    "a quantity of zero": (
        [order(line_items=[{"variant_id": "va_1", "quantity": 0}])],
        {"field": "0.line_items.0.quantity", "problem": "out_of_range", "min": 1, "max": None},
    ),
    "an id of another kind": (
        [order(customer_id="va_1")],
        {"field": "0.customer_id", "problem": "invalid_identifier", "min": None, "max": None},
    ),
    "a line that is nothing": (
        [order(line_items=[{"variant_id": "", "quantity": 1}])],
        {"field": "0.line_items.0.custom_item_index", "problem": "mandatory", "min": None, "max": None},
    ),
    "a custom item that is not there": (
        [order(line_items=[{"variant_id": "", "quantity": 1, "custom_item_index": {"value": 0}}])],
        {
            "field": "0.line_items.0.custom_item_index.value",
            "problem": "out_of_range",
            "min": None,
            "max": -1,
        },
    ),
    "an order that is no list": (
        {},
        {"field": "", "problem": "invalid_type", "min": None, "max": None},
    ),
}


@pytest.mark.parametrize(("body", "field"), INVALID.values(), ids=INVALID.keys())
async def test_an_invalid_member_is_1000_with_its_field(connect: Connect, body: Any, field: dict[str, Any]) -> None:
    reply = await connect("lana", headers=KEYS).post("/orders.json", params=SHOP, json=body)
    assert (reply.status_code, reply.json()["code"]) == (400, 1000)
    assert reply.json()["meta"]["fields"] == [field]


async def test_a_shop_must_be_named(connect: Connect) -> None:
    reply = await connect("lana", headers=KEYS, credentials=CREDENTIALS).post("/orders.json", json=[order()])
    assert (reply.status_code, reply.json()["code"]) == (400, 1000)
    assert [field["field"] for field in reply.json()["meta"]["fields"]] == ["shop_id"]


async def test_a_body_that_is_no_json_is_1030(connect: Connect) -> None:
    client = connect("lana", headers=KEYS | {"Content-Type": "application/json"})
    reply = await client.post("/orders.json", params=SHOP, content=b"[")
    assert (reply.status_code, reply.json()["code"]) == (400, 1030)


async def test_a_currency_nobody_lists_is_1150(connect: Connect) -> None:
    client = connect("lana", headers=KEYS)
    reply = await client.post("/orders.json", params=SHOP, json=[order(currency="ZZZ")])
    assert (reply.json()["code"], reply.json()["meta"]) == (1150, {"reason": "currency_not_allowed"})


async def test_what_is_not_there_is_404_by_itself(connect: Connect) -> None:
    client = connect("lana", headers=KEYS)
    made = await create(client)
    modify = await client.post("/orders.json", params={**SHOP, "ids": made["id"]}, json=[order()])
    unknown = await step(client, "calculate", {"id": "or_nothere"})
    clone = await client.post("/orders.json", params=SHOP, json=[order(clone_from_id="or_nothere")])
    elsewhere = await client.post("/orders/reserve.json", params={"shop_id": "sh_2", "order_id": made["id"]})
    stray = await client.post(
        "/orders/calculate.json", params={**SHOP, "order_id": made["id"], "uuid": "another order's"}
    )
    for reply in (modify, unknown, clone, elsewhere, stray):
        assert (reply.status_code, reply.json()["code"]) == (404, 404)
    assert len((await client.get("/_sandbox/ledger")).json()["orders"]) == 1


LOCKED_OUT = {
    "no token": ({}, "sh_1"),
    "another token": ({"Authorization": "Bearer other"}, "sh_1"),
    "a bare token": ({"Authorization": "jwt"}, "sh_1"),
    "a shop the token is not for": (KEYS, "sh_2"),
}


@pytest.mark.parametrize(("headers", "shop_id"), LOCKED_OUT.values(), ids=LOCKED_OUT.keys())
async def test_anything_but_the_shops_token_is_401_by_itself(
    connect: Connect, headers: dict[str, str], shop_id: str
) -> None:
    client = connect("lana", credentials=CREDENTIALS, headers=headers)
    reply = await client.post("/orders.json", params={"shop_id": shop_id}, json=[order()])
    assert (reply.status_code, reply.json()["code"]) == (401, 401)


async def test_an_orders_own_uuid_opens_that_order_without_a_token(connect: Connect) -> None:
    client = connect("lana", headers=KEYS, credentials=CREDENTIALS)
    made, other = await create(client), await create(client)
    client.headers = httpx.Headers()
    statuses = [
        (
            await client.post("/orders/calculate.json", params={**SHOP, "order_id": one["id"], "uuid": made["uuid"]})
        ).status_code
        for one in (made, other)
    ]
    assert statuses == [200, 401]


async def test_a_success_is_replayed_for_the_same_key_and_bytes(connect: Connect) -> None:
    client = connect("lana", headers=KEYS | {"Idempotency-Key": "k"})
    first, again = [await client.post("/orders.json", params=SHOP, json=[order()]) for _ in range(2)]
    assert (again.status_code, again.content) == (200, first.content)


async def test_the_same_key_with_other_bytes_runs_again(connect: Connect) -> None:
    client = connect("lana", headers=KEYS | {"Idempotency-Key": "k", "Content-Type": "application/json"})
    text = client.build_request("POST", "/orders.json", json=[order()]).content
    first, spaced = [await client.post("/orders.json", params=SHOP, content=body) for body in (text, text + b" ")]
    assert spaced.status_code == 200
    assert spaced.json()[0]["id"] != first.json()[0]["id"]


async def test_a_failure_is_not_remembered(connect: Connect) -> None:
    client = connect("lana", headers=KEYS)
    made = await create(client)
    query = {**SHOP, "order_id": made["id"]}
    early = await client.post("/orders/reserve.json", params=query, headers={"Idempotency-Key": "r"})
    await step(client, "allocate_number", made)
    late = await client.post("/orders/reserve.json", params=query, headers={"Idempotency-Key": "r"})
    again = await client.post("/orders/reserve.json", params=query, headers={"Idempotency-Key": "r"})
    assert (early.status_code, late.status_code) == (409, 200)
    assert again.content == late.content


async def test_one_key_over_calls_without_a_body_replays_the_first(connect: Connect) -> None:
    client = connect("lana", headers=KEYS | {"Idempotency-Key": "k"})
    made = await create(client)
    calculated, numbered = [await step(client, verb, made) for verb in ("calculate", "allocate_number")]
    assert numbered.content == calculated.content
    assert numbered.json()["number"] is None
