"""Orders of Lana, by hand."""

from adapter.bench.by_hand.values import MINOR, find_code, find_province, find_zip, first, read_time, write_unit
from adapter.core.values.identities import receipt_id
from adapter.core.values.money import to_minor
from adapter.core.values.names import join_name
from adapter.lens.trees import Tree

STATES = {
    "cart": "draft",
    "reserved": "placed",
    "authorize_payment": "authorizing",
    "capture_payment": "capturing",
    "manual_payment": "payment_pending",
    "imported": "imported",
}
PAYMENTS = {
    "unpaid": "awaiting_payment",
    "authorized": "authorized",
    "partially_paid": "partially_paid",
    "paid": "paid",
    "partially_refunded": "partially_refunded",
    "refunded": "refunded",
    "voided": "voided",
}


def to_lana(order: Tree, context: Tree) -> Tree:
    setting = context["setting"]
    currency = order.get("currency")
    if currency is None:
        currency = setting["currency"]
    said: Tree = {
        "currency": str(currency).upper(),
        "tags": [context["gateway"]["reference"]],
        "send_order_notifications": setting["send_order_notifications"],
        "send_fulfillment_notifications": setting["send_fulfillment_notifications"],
    }
    if (email := order.get("email")) is not None:
        said["customer_email"] = email
    if (phone := order.get("phone")) is not None:
        said["mobile"] = phone
    if (lines := order.get("line_items")) is not None:
        custom: list[Tree] = []
        said["line_items"] = [_to_line(line, custom, currency) for line in lines]
        if custom:
            said["custom_items"] = custom
    for name in ("shipping_address", "billing_address"):
        if (address := order.get(name)) is not None:
            said[name] = _to_address(address, setting["country"])
    if (rate := order.get("shipping_rate_id")) is not None:
        said["shipping_rate_ids"] = [rate]
    for name in ("gateway_id", "sales_channel_id"):
        if (value := setting[name]) is not None:
            said[name] = value
    return said


def _to_line(line: Tree, custom: list[Tree], currency: str) -> Tree:
    """A line of a variant, or one that points at the item of its own that it puts into ``custom``."""
    variant = line.get("variant_id")
    said: Tree = {"variant_id": "" if variant is None else variant}
    if (quantity := line.get("quantity")) is not None:
        said["quantity"] = quantity
    if not variant:
        said["custom_item_index"] = {"value": len(custom)}
        item: Tree = {}
        if (name := line.get("name")) is not None:
            item["title"] = name
        if (price := line.get("price")) is not None:
            item["price"] = to_minor(price, currency)
        custom.append(item)
    return said


PARTS = ("company", "address1", "address2", "city", "phone")


def _to_address(address: Tree, default_country: str | None) -> Tree:
    said: Tree = {name: value for name in PARTS if (value := address.get(name)) is not None}
    if name := join_name(address.get("first_name"), address.get("last_name")):
        said["name"] = name
    country = address.get("country")
    if country is None:
        country = default_country
    beside = country or default_country
    if (province := find_province(address.get("state"), beside)) is not None:
        said["province"] = province
    if (code := find_zip(address.get("postal_code"), beside)) is not None:
        said["zip"] = code
    if country is not None:
        said["country"] = find_code(country)
    return said


def from_lana(answer: Tree, context: Tree) -> Tree:
    derived, gateway, number = context["derived"], context["gateway"], answer.get("id")
    receipt: Tree = {
        "status": STATES.get(str(answer.get("state")), "unknown"),
        "payment_status": PAYMENTS.get(str(answer.get("financial_status")), "unknown"),
    }
    if number is not None:
        receipt["id"] = receipt_id(str(number), gateway["scope"])
    if (shown := first(answer.get("number"), number)) is not None:
        receipt["order_number"] = str(shown)
    found = {
        "email": first(answer.get("customer_email"), context["order"].get("email")),
        "currency": first(answer.get("currency"), derived["currency"]),
        "created_at": first(read_time(answer.get("created_at")), gateway["received_at"]),
        "total": derived["total_text"],
    }
    if (total := answer.get("total_price")) is not None:
        found["total"] = write_unit(total, answer.get("currency") or derived["currency"], MINOR)
    receipt.update({name: value for name, value in found.items() if value is not None})
    return receipt
