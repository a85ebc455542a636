"""Stella storefront checkout: cart, items, checkout, completion, and the keys the cart routes demand."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import uuid4

import httpx
import pytest

from adapter.sandbox import catalogue, stella

pytestmark = pytest.mark.anyio

Connect = Callable[..., httpx.AsyncClient]

CART, CHECKOUT = "/api/storefront/cart", "/api/storefront/checkout"
KEYS = {"X-Site-ID": "site-1", "X-Stella-Token": "stk_one"}
CREDENTIALS = {"site_id": "site-1", "token": "stk_one"}
VARIANT = "0b7c9c1e-5a55-4f0a-9a0f-2f6f6f0d8a11"
OTHER_VARIANT = "6f1f3c1d-2d6b-4a0e-8f39-9c2f2b1f7d02"
NOWHERE = "3c90c3cc-0d44-4b50-8888-8dd25736052a"
COD = {"payment_method": "cod", "cod": {"phone": "+9779801234567", "accepted_terms": True}}


def key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid4())}


async def filled_cart(client: httpx.AsyncClient, **quantities: int) -> dict[str, Any]:
    cart: dict[str, Any] = (await client.post(CART, json={}, headers=key())).json()
    for variant_id, quantity in (quantities or {VARIANT: 2}).items():
        body = {"variant_id": variant_id, "quantity": quantity}
        cart = (await client.post(f"{CART}/{cart['id']}/items", json=body, headers=key())).json()
    return cart


def checkout_of(cart: dict[str, Any], **changes: Any) -> dict[str, Any]:
    address = {"first_name": "Sita", "city": "Kathmandu", "country": "NP"}
    return {"cart_id": cart["id"], "email": "sita@example.com", "shipping_address": address, **changes}


async def opened(client: httpx.AsyncClient) -> dict[str, Any]:
    checkout: dict[str, Any] = (await client.post(CHECKOUT, json=checkout_of(await filled_cart(client)))).json()
    return checkout


async def test_a_cart_becomes_a_checkout_becomes_an_order(connect: Connect, clock: Any) -> None:
    client = connect("stella_checkout", headers=KEYS, credentials=CREDENTIALS)
    cart = await filled_cart(client, **{VARIANT: 2, OTHER_VARIANT: 1})
    made = await client.post(CHECKOUT, json=checkout_of(cart))
    clock.advance(minutes=1)
    done = await client.post(f"{CHECKOUT}/{made.json()['id']}/complete", json=COD)
    assert (made.status_code, done.status_code) == (201, 200)
    assert made.json()["status"] == "open"
    assert made.json()["order_id"] is None
    assert done.json()["status"] == "completed"
    assert done.json()["order_id"]
    assert done.json()["completed_at"] == "2026-03-02T09:16:20Z"
    assert (await client.get(f"{CHECKOUT}/{made.json()['id']}")).json() == done.json()


async def test_the_catalogue_sets_every_price(connect: Connect) -> None:
    cart = await filled_cart(connect("stella_checkout", headers=KEYS), **{VARIANT: 2, OTHER_VARIANT: 3})
    totals = [Decimal(item["price"]) * item["quantity"] for item in cart["items"]]
    assert [Decimal(item["total"]) for item in cart["items"]] == totals
    assert Decimal(cart["subtotal"]) == sum(totals) > 0
    assert cart["items_count"] == 5


async def test_a_variant_added_twice_is_one_item(connect: Connect) -> None:
    client = connect("stella_checkout", headers=KEYS)
    cart = await filled_cart(client, **{VARIANT: 2})
    body = {"variant_id": VARIANT, "quantity": 3}
    again = (await client.post(f"{CART}/{cart['id']}/items", json=body, headers=key())).json()
    assert [item["quantity"] for item in again["items"]] == [5]
    assert Decimal(again["subtotal"]) == 5 * Decimal(again["items"][0]["price"])


async def test_a_total_is_subtotal_plus_no_tax_and_no_shipping(connect: Connect) -> None:
    checkout = await opened(connect("stella_checkout", headers=KEYS))
    assert (checkout["tax_amount"], checkout["shipping_amount"]) == ("0.00", "0.00")
    assert checkout["total"] == checkout["subtotal"]
    assert checkout["currency"] == "USD"


async def test_a_shop_in_yen_counts_no_digits(connect: Connect) -> None:
    checkout = await opened(connect("stella_checkout", headers=KEYS, currency="JPY"))
    assert (checkout["currency"], checkout["tax_amount"]) == ("JPY", "0")
    assert "." not in checkout["total"]


async def test_a_checkout_keeps_its_items_when_the_cart_grows(connect: Connect) -> None:
    client = connect("stella_checkout", headers=KEYS)
    checkout = await opened(client)
    body = {"variant_id": OTHER_VARIANT, "quantity": 1}
    await client.post(f"{CART}/{checkout['cart_id']}/items", json=body, headers=key())
    assert (await client.get(f"{CHECKOUT}/{checkout['id']}")).json()["items"] == checkout["items"]


async def test_billing_is_the_shipping_address_unless_given(connect: Connect) -> None:
    client = connect("stella_checkout", headers=KEYS)
    cart = await filled_cart(client)
    without = (await client.post(CHECKOUT, json=checkout_of(cart))).json()
    given = (await client.post(CHECKOUT, json=checkout_of(cart, billing_address={"city": "Pokhara"}))).json()
    assert without["billing_address"] == without["shipping_address"]
    assert given["billing_address"] == {"city": "Pokhara"}


async def test_the_access_token_is_shown_once_and_opens_its_checkout_alone(connect: Connect) -> None:
    client = connect("stella_checkout", headers=KEYS)
    mine, other = await opened(client), await opened(client)
    shopper = {"Authorization": f"Bearer {mine['access_token']}"}
    client.headers = httpx.Headers()
    read = await client.get(f"{CHECKOUT}/{mine['id']}", headers=shopper)
    assert mine["access_token"].startswith("chk_")
    assert read.status_code == 200
    assert "access_token" not in read.json()
    assert (await client.get(f"{CHECKOUT}/{other['id']}", headers=shopper)).status_code == 401
    assert (await client.post(CART, json={}, headers=shopper | key())).status_code == 401
    assert mine["access_token"] not in (await client.get("/_sandbox/ledger")).text


async def test_a_known_stripe_intent_completes_too(connect: Connect) -> None:
    client = connect("stella_checkout", headers=KEYS)
    body = {"payment_method": "stripe", "payment_intent_id": "pi_1"}
    done = (await client.post(f"{CHECKOUT}/{(await opened(client))['id']}/complete", json=body)).json()
    assert (done["status"], done["payment_intent_id"]) == ("completed", "pi_1")


REFUSED = {
    "a bank transfer": (
        {"payment_method": "bank_transfer"},
        {"error": "payment_method_not_supported"},
    ),
    "cash without its block": (
        {"payment_method": "cod"},
        {"detail": [{"loc": ["body", "cod"], "msg": "Field required", "type": "missing"}]},
    ),
    "stripe without an intent": (
        {"payment_method": "stripe"},
        {"detail": [{"loc": ["body", "payment_intent_id"], "msg": "Field required", "type": "missing"}]},
    ),
}


@pytest.mark.parametrize(("body", "answer"), REFUSED.values(), ids=REFUSED.keys())
async def test_a_completion_is_refused(connect: Connect, body: dict[str, Any], answer: dict[str, Any]) -> None:
    client = connect("stella_checkout", headers=KEYS)
    checkout = await opened(client)
    reply = await client.post(f"{CHECKOUT}/{checkout['id']}/complete", json=body)
    assert (reply.status_code, reply.json()) == (422, answer)
    assert (await client.get(f"{CHECKOUT}/{checkout['id']}")).json()["order_id"] is None


async def test_a_checkout_is_completed_once(connect: Connect) -> None:
    client = connect("stella_checkout", headers=KEYS)
    url = f"{CHECKOUT}/{(await opened(client))['id']}/complete"
    await client.post(url, json=COD)
    reply = await client.post(url, json=COD)
    assert (reply.status_code, reply.json()) == (409, {"error": "checkout_already_completed"})
    assert len((await client.get("/_sandbox/ledger")).json()["orders"]) == 1


async def test_an_empty_cart_is_no_checkout(connect: Connect) -> None:
    client = connect("stella_checkout", headers=KEYS)
    cart = (await client.post(CART, json={}, headers=key())).json()
    reply = await client.post(CHECKOUT, json=checkout_of(cart))
    assert (reply.status_code, reply.json()) == (400, {"error": "cart_empty"})


async def test_what_is_not_there_is_not_found(connect: Connect) -> None:
    client = connect("stella_checkout", headers=KEYS)
    item = {"variant_id": VARIANT, "quantity": 1}
    replies = [
        await client.post(f"{CART}/{NOWHERE}/items", json=item, headers=key()),
        await client.post(CHECKOUT, json=checkout_of({"id": NOWHERE})),
        await client.get(f"{CHECKOUT}/{NOWHERE}"),
        await client.post(f"{CHECKOUT}/{NOWHERE}/complete", json=COD),
    ]
    codes = [(reply.status_code, reply.json()["error"]) for reply in replies]
    assert codes == [(404, "cart_not_found")] * 2 + [(404, "checkout_not_found")] * 2


async def test_a_path_that_is_no_uuid_is_invalid(connect: Connect) -> None:
    reply = await connect("stella_checkout", headers=KEYS).get(f"{CHECKOUT}/7")
    assert reply.status_code == 422
    assert [(e["loc"], e["type"]) for e in reply.json()["detail"]] == [(["path", "checkout_id"], "uuid_parsing")]


async def test_a_checkout_of_another_site_does_not_exist(connect: Connect) -> None:
    client = connect("stella_checkout", headers=KEYS)
    checkout = await opened(client)
    reply = await client.get(f"{CHECKOUT}/{checkout['id']}", headers={"X-Site-ID": "site-2"})
    assert reply.status_code == 404


LOCKED_OUT = {
    "nothing": {},
    "no token": {"X-Site-ID": "site-1"},
    "no site": {"X-Stella-Token": "stk_one"},
    "a wrong token": {**KEYS, "X-Stella-Token": "stk_two"},
    "a site that disagrees": {**KEYS, "X-Site-ID": "site-2"},
}


@pytest.mark.parametrize("headers", LOCKED_OUT.values(), ids=LOCKED_OUT.keys())
async def test_without_its_token_a_site_is_unauthorised(connect: Connect, headers: dict[str, str]) -> None:
    client = connect("stella_checkout", credentials=CREDENTIALS, headers=headers)
    reply = await client.post(CART, json={}, headers=key())
    assert (reply.status_code, reply.json()) == (401, {"error": "unauthorized"})


async def test_the_cart_routes_demand_a_key_and_the_checkout_routes_do_not(connect: Connect) -> None:
    client = connect("stella_checkout", headers=KEYS)
    item = {"variant_id": VARIANT, "quantity": 1}
    for reply in (await client.post(CART, json={}), await client.post(f"{CART}/{NOWHERE}/items", json=item)):
        assert (reply.status_code, reply.json()) == (400, {"error": "idempotency_key_required"})
    assert (await opened(client))["id"]


async def test_a_repeated_item_is_added_once(connect: Connect) -> None:
    client = connect("stella_checkout", headers=KEYS)
    cart, same = await filled_cart(client), key()
    url, item = f"{CART}/{cart['id']}/items", {"variant_id": OTHER_VARIANT, "quantity": 1}
    first, again = [await client.post(url, json=item, headers=same) for _ in range(2)]
    assert first.content == again.content
    assert again.json()["items_count"] == 3


async def test_a_key_used_on_another_route_is_a_mismatch(connect: Connect) -> None:
    client, same = connect("stella_checkout", headers=KEYS), key()
    cart = (await client.post(CART, json={}, headers=same)).json()
    reply = await client.post(f"{CART}/{cart['id']}/items", json={}, headers=same)
    assert (reply.status_code, reply.json()) == (422, {"error": "idempotency_key_mismatch"})


async def test_a_completion_repeated_under_its_key_is_replayed(connect: Connect) -> None:
    client, same = connect("stella_checkout", headers=KEYS), key()
    url = f"{CHECKOUT}/{(await opened(client))['id']}/complete"
    first, again = [await client.post(url, json=COD, headers=same) for _ in range(2)]
    assert (again.status_code, again.content) == (200, first.content)


@pytest.mark.parametrize(
    ("variant_id", "status", "code"),
    [(stella.MISSING, 404, "variant_not_found"), (stella.SOLD_OUT, 422, "out_of_stock")],
)
async def test_a_variant_that_cannot_be_sold_gets_into_no_cart(
    connect: Connect, variant_id: str, status: int, code: str
) -> None:
    client = connect("stella_checkout", headers=KEYS)
    cart = await filled_cart(client)
    reply = await client.post(
        f"{CART}/{cart['id']}/items", json={"variant_id": variant_id, "quantity": 1}, headers=key()
    )
    assert (reply.status_code, reply.json()) == (status, {"error": code})
    assert (await client.post(CHECKOUT, json=checkout_of(cart))).json()["items"] == cart["items"]


async def test_an_address_that_is_nowhere_gets_no_checkout(connect: Connect) -> None:
    client = connect("stella_checkout", headers=KEYS)
    body = checkout_of(await filled_cart(client), shipping_address={"postal_code": catalogue.NOWHERE})
    reply = await client.post(CHECKOUT, json=body)
    assert (reply.status_code, reply.json()["detail"][0]["loc"]) == (422, ["body", "shipping_address", "postal_code"])


async def test_a_declined_payment_leaves_the_checkout_open(connect: Connect) -> None:
    client = connect("stella_checkout", headers=KEYS)
    checkout = await opened(client)
    body = {"payment_method": "stripe", "payment_intent_id": "pi_declined_1"}
    reply = await client.post(f"{CHECKOUT}/{checkout['id']}/complete", json=body)
    assert (reply.status_code, reply.json()) == (402, {"error": "payment_declined"})
    assert (await client.get(f"{CHECKOUT}/{checkout['id']}")).json()["order_id"] is None
