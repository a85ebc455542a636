"""What a Lana order looks like: its draft, its totals once calculated, the list it is found in."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from adapter.sandbox import catalogue
from adapter.sandbox.calls import Call
from adapter.sandbox.rules import Shop

UNTIL_CALCULATED = (
    "total_line_items_price",
    "subtotal_price",
    "total_discounts",
    "shipping_price",
    "total_tax",
    "total_price",
    "tax_rounding",
    "tips_preview",
    "customer_balance_spent",
)

UNTIL_IT_HAPPENS = (
    "reserved_at",
    "paid_at",
    "fulfilled_at",
    "closed_at",
    "canceled_at",
    "abandoned_at",
    "on_hold_until",
    "cancel_reason",
)

# References come back as stubs, also where the request had a plain id.
STUBS = {name: f"{name}_id" for name in ("customer", "gateway", "sales_channel", "subscription")}

PLAIN = ("customer_email", "mobile", "discount_code")

ADDRESSES = ("billing_address", "shipping_address")


def draft(asked: Mapping[str, Any], call: Call, shop: Shop) -> dict[str, Any]:
    """An order in state `cart`, its money members 0 and `calculated` false."""
    now = shop.now()
    return {
        "id": shop.short_id("or"),
        "number": None,
        "draft_number": shop.memory.count(call.tenant, "drafts"),
        "uuid": shop.uuid(),
        "state": "cart",
        "financial_status": "unpaid",
        "fulfillment_status": "unfulfilled",
        "calculated": False,
        "on_hold": False,
        "source_name": "admin",
        "currency": asked.get("currency", shop.currency),
        **dict.fromkeys(UNTIL_CALCULATED, 0),
        "display": None,
        **{name: _stub(asked.get(given)) for name, given in STUBS.items()},
        **{name: asked.get(name) for name in PLAIN},
        **{name: _address(asked.get(name), shop) for name in ADDRESSES},
        "line_items": [_line(line, shop) for line in asked.get("line_items", [])],
        "custom_items": [dict(item) for item in asked.get("custom_items", [])],
        "tags": list(asked.get("tags", [])),
        "created_at": now,
        "updated_at": now,
        **dict.fromkeys(UNTIL_IT_HAPPENS),
    }


def _stub(identity: str | None) -> dict[str, str] | None:
    return {"id": identity} if identity else None


def _address(asked: Mapping[str, Any] | None, shop: Shop) -> dict[str, Any] | None:
    """Country and province are plain codes going in and stubs coming out."""
    if asked is None:
        return None
    places = {name: _stub(asked[name]) for name in ("country", "province")}
    return {"id": shop.short_id("ad"), **asked, **places}


def _line(asked: Mapping[str, Any], shop: Shop) -> dict[str, Any]:
    return {
        "id": shop.short_id("li"),
        "quantity": asked["quantity"],
        "variant": _stub(asked["variant_id"]),
        "custom_item_index": asked.get("custom_item_index", {"value": -1})["value"],
        "subscription_plan_index": asked.get("subscription_plan_index", {"value": -1})["value"],
        "fulfillable_quantity": asked["quantity"],
        "fulfillment_status": "unfulfilled",
        "detail": None,
    }


def calculate(order: dict[str, Any]) -> None:
    """Price every line and set the totals, all in minor units; no tax, shipping or discount in this shop."""
    for line in order["line_items"]:
        price = _unit_price(line, order["custom_items"])
        line["detail"] = {"price": price, "original_price": price, "discount": 0}
    total = sum(line["detail"]["price"] * line["quantity"] for line in order["line_items"])
    order.update(total_line_items_price=total, subtotal_price=total, total_price=total, calculated=True)
    order["display"] = {
        "subtotal": total,
        "discount": 0,
        "shipping": 0,
        "tax": 0,
        "total": total,
        "paid": 0,
        "amount_due": total,
        "customer_balance_spent": 0,
    }


def _unit_price(line: Mapping[str, Any], custom_items: Sequence[Mapping[str, Any]]) -> int:
    if line["variant"] is not None:
        return catalogue.minor_price(line["variant"]["id"])
    price: int = custom_items[line["custom_item_index"]].get("price", 0)
    return price


TYPES: Mapping[str, Callable[[Mapping[str, Any]], bool]] = {
    "any": lambda order: True,
    "draft": lambda order: order["state"] == "cart",
    "open": lambda order: order["closed_at"] is None,
    "unpaid": lambda order: order["financial_status"] == "unpaid",
    "paid": lambda order: order["financial_status"] == "paid",
    "unfulfilled": lambda order: order["fulfillment_status"] == "unfulfilled",
    "archived": lambda order: order["closed_at"] is not None,
    "canceled": lambda order: order["canceled_at"] is not None,
    "abandoned": lambda order: order["abandoned_at"] is not None,
}


def page(orders: Sequence[dict[str, Any]], query: Mapping[str, Any]) -> dict[str, Any]:
    """The matching orders, placed ones only unless `cart` is true; `last_key` where more would follow."""
    found = [order for order in orders if _matches(order, query)]
    sort_by = query.get("sort_by") or "created_at"
    found.sort(key=lambda order: _moment(order[sort_by]), reverse=bool(query.get("sort_desc")))
    rest = _after(found, query.get("last_key"))[max(0, query.get("offset") or 0) :]
    limit = len(rest) if query.get("limit") is None else max(0, query["limit"])
    items = rest[:limit]
    more = bool(items) and len(items) < len(rest)
    return {"items": items, "count": len(found), "last_key": items[-1]["id"] if more else None}


def _after(orders: list[dict[str, Any]], last_key: str | None) -> list[dict[str, Any]]:
    ids = [order["id"] for order in orders]
    return orders[ids.index(last_key) + 1 :] if last_key in ids else orders


def _matches(order: Mapping[str, Any], query: Mapping[str, Any]) -> bool:
    return (
        (query.get("cart") is True or order["state"] != "cart")
        and TYPES[query.get("type") or "any"](order)
        and all(_stub_id(order[name]) == query[given] for name, given in STUBS.items() if query.get(given))
        and all(_within(order[name], name, query) for name in ("created_at", "updated_at", "paid_at"))
    )


def _stub_id(stub: Mapping[str, str] | None) -> str | None:
    return stub["id"] if stub else None


def _within(moment: str | None, name: str, query: Mapping[str, Any]) -> bool:
    earliest, latest = query.get(f"{name}_min"), query.get(f"{name}_max")
    if not earliest and not latest:
        return True
    if moment is None:
        return False
    at = _moment(moment)
    return (not earliest or _moment(earliest) <= at) and (not latest or at <= _moment(latest))


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.upper())
