"""Stella storefront checkout: a cart filled at the catalogue's prices becomes a checkout, then an order."""

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from http import HTTPStatus
from typing import Any, Literal

from adapter.sandbox import catalogue, stella
from adapter.sandbox.calls import Call, Refused
from adapter.sandbox.memory import Kept
from adapter.sandbox.operations import Invalid
from adapter.sandbox.rules import Rules, Shop, bearer, stamp

TOKEN_LIFE = timedelta(hours=24)  # nobody publishes how long a checkout's token lives

# The two routes that take the checkout's own one-time token instead of the shop's.
TOKEN_OPERATIONS = frozenset({"get_checkout", "complete_checkout"})

FIRST_NUMBER = 10001

DECLINED = "pi_declined"  # payment intents that start so


def identify(call: Call, shop: Shop) -> str | None:
    """The site id that agrees with the storefront token, or the site of the checkout whose token came."""
    if call.operation in TOKEN_OPERATIONS and (token := bearer(call)):
        return _holder(call, shop, token)
    site_id, token = (call.headers.get(name, "") for name in ("x-site-id", "x-stella-token"))
    return stella.site(shop, site_id, token=token)


def _holder(call: Call, shop: Shop, token: str) -> str | None:
    tenant, checkout_id = shop.memory.tokens.get(_digest(token), ("", ""))
    agrees = call.headers.get("x-site-id", tenant) == tenant
    return tenant if tenant and agrees and call.places["checkout_id"] == checkout_id else None


def create_cart(call: Call, shop: Shop) -> Mapping[str, Any]:
    """An empty cart."""
    now = shop.now()
    cart = {
        "id": shop.uuid(),
        "items": [],
        "subtotal": catalogue.text(Decimal(), shop.currency),
        "items_count": 0,
        "created_at": now,
        "updated_at": now,
    }
    shop.memory.keep("cart", call, cart)
    return cart


def add_cart_item(call: Call, shop: Shop) -> Mapping[str, Any]:
    """The whole cart with the variant in it; a variant already there grows by the quantity."""
    cart = _find(call, shop, "cart", call.places["cart_id"]).shown
    variant_id, quantity = call.body["variant_id"], call.body["quantity"]
    if variant_id == stella.MISSING:
        raise Refused(stella.refuse(HTTPStatus.NOT_FOUND, "variant_not_found"))
    if variant_id == stella.SOLD_OUT:
        raise Refused(stella.refuse(HTTPStatus.UNPROCESSABLE_ENTITY, "out_of_stock"))
    there = next((item for item in cart["items"] if item["variant_id"] == variant_id), None)
    item = there or _item(variant_id, shop)
    pieces = item["quantity"] + quantity
    total = Decimal(item["price"]) * pieces
    subtotal = Decimal(cart["subtotal"]) - Decimal(item["total"]) + total
    changes = {"subtotal": catalogue.text(subtotal, shop.currency), "updated_at": shop.now()}
    item.update(quantity=pieces, total=catalogue.text(total, shop.currency))
    if there is None:
        cart["items"].append(item)
    cart.update(changes, items_count=cart["items_count"] + quantity)
    return cart


def _item(variant_id: str, shop: Shop) -> dict[str, Any]:
    number = catalogue.number(variant_id)
    return {
        "id": shop.uuid(),
        "variant_id": variant_id,
        "product_id": catalogue.product_uuid(variant_id),
        "product_name": f"Product {number}",
        "variant_name": f"Variant {number}",
        "sku": number,
        "image_url": None,
        "price": catalogue.text(catalogue.price(variant_id, shop.currency), shop.currency),
        "quantity": 0,
        "total": catalogue.text(Decimal(), shop.currency),
    }


def create_checkout(call: Call, shop: Shop) -> Mapping[str, Any]:
    """A checkout whose total is frozen, and on this answer only the token that opens it."""
    cart = _find(call, shop, "cart", call.body["cart_id"]).shown
    if not cart["items"]:
        raise Refused(stella.refuse(HTTPStatus.BAD_REQUEST, "cart_empty"))
    if wrong := list(stella.nowhere(call.body)):
        raise Invalid(wrong)
    checkout = _checkout(call.body, cart, shop)
    shop.memory.keep("checkout", call, checkout)
    token = f"chk_{shop.random.getrandbits(128):032x}"
    shop.memory.tokens[_digest(token)] = (call.tenant, checkout["id"])
    expires = stamp(shop.clock() + TOKEN_LIFE)
    return {**checkout, "access_token": token, "access_token_expires_at": expires}


def _checkout(asked: Mapping[str, Any], cart: Mapping[str, Any], shop: Shop) -> dict[str, Any]:
    now, nothing = shop.now(), catalogue.text(Decimal(), shop.currency)
    return {
        "id": shop.uuid(),
        "cart_id": asked["cart_id"],
        "email": asked["email"],
        "shipping_address": asked["shipping_address"],
        "billing_address": asked.get("billing_address", asked["shipping_address"]),
        "items": [dict(item) for item in cart["items"]],
        "subtotal": cart["subtotal"],
        "tax_amount": nothing,
        "shipping_amount": nothing,
        "total": cart["subtotal"],
        "currency": shop.currency,
        "status": "open",
        "created_at": now,
        "updated_at": now,
        "payment_intent_id": None,
        "order_id": None,
        "completed_at": None,
    }


def get_checkout(call: Call, shop: Shop) -> Mapping[str, Any]:
    """The checkout as it stands, without its token."""
    return _find(call, shop, "checkout", call.places["checkout_id"]).shown


def complete_checkout(call: Call, shop: Shop) -> Mapping[str, Any]:
    """The order, for cash on delivery or a Stripe intent the caller knows; never for a bank transfer."""
    checkout = _find(call, shop, "checkout", call.places["checkout_id"]).shown
    if call.body["payment_method"] == "bank_transfer":  # 422 "at present", says the route's page
        raise Refused(stella.refuse(HTTPStatus.UNPROCESSABLE_ENTITY, "payment_method_not_supported"))
    if checkout["order_id"] is not None:
        raise Refused(stella.refuse(HTTPStatus.CONFLICT, "checkout_already_completed"))
    if (call.body.get("payment_intent_id") or "").startswith(DECLINED):
        raise Refused(stella.refuse(HTTPStatus.PAYMENT_REQUIRED, "payment_declined"))
    now = shop.now()
    checkout.update(
        order_id=shop.uuid(),
        payment_intent_id=call.body.get("payment_intent_id"),
        status="completed",
        completed_at=now,
        updated_at=now,
    )
    shop.memory.keep("order", call, _order(checkout, call, shop))
    return checkout


def _order(checkout: Mapping[str, Any], call: Call, shop: Shop) -> dict[str, Any]:
    number = FIRST_NUMBER - 1 + shop.memory.count(call.tenant, "orders")
    copied = ("email", "shipping_address", "billing_address", "items", "total", "currency")
    made = {"id": checkout["order_id"], "order_number": f"SO-{number}", "checkout_id": checkout["id"]}
    return {**made, **{name: checkout[name] for name in copied}, "created_at": checkout["completed_at"]}


def _find(call: Call, shop: Shop, kind: Literal["cart", "checkout"], identity: str) -> Kept:
    found = shop.memory.find(call.tenant, kind, identity)
    if found is None:
        raise Refused(stella.refuse(HTTPStatus.NOT_FOUND, f"{kind}_not_found"))
    return found


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


RULES = Rules(
    identify=identify,
    handlers={
        "create_cart": create_cart,
        "add_cart_item": add_cart_item,
        "create_checkout": create_checkout,
        "get_checkout": get_checkout,
        "complete_checkout": complete_checkout,
    },
    idempotency=stella.IDEMPOTENCY,
    invalid=stella.invalid,
    refuse=stella.refuse,
)
