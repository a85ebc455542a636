"""Orders of both Stella dialects, by hand."""

from adapter.lens.trees import Tree

# Spellings of cash on delivery.
CASH = ("cod", "COD", "cash_on_delivery")


def to_sync(order: Tree, _context: Tree) -> Tree:
    said: Tree = {}
    if (email := order.get("email")) is not None:
        said["email"] = email
    if (lines := order.get("line_items")) is not None:
        said["line_items"] = [_to_sync_line(line) for line in lines]
    if (address := order.get("shipping_address")) is not None:
        said["shipping_address"] = _to_stella_address(address)
    if (address := order.get("billing_address")) is not None:
        said["billing_address"] = _to_stella_address(address)
    if (method := order.get("payment_method")) is not None:
        said["payment_method"] = method
    for name in ("payment_intent_id", "phone", "note", "subtotal", "total", "currency"):
        if name in order:
            said[name] = order[name]
    return said


def _to_sync_line(line: Tree) -> Tree:
    said: Tree = {}
    for name in ("quantity", "size", "color", "name", "price", "image_url"):
        if (value := line.get(name)) is not None:
            said[name] = value
    if "variant_id" in line:
        said["variant_id"] = line["variant_id"]
    if "product_id" in line:
        said["product_id"] = line["product_id"]
    return said


NAME = ("first_name", "last_name", "company")
PARTS = (*NAME, "address1", "address2", "city", "state", "postal_code", "country", "phone")


def _to_stella_address(address: Tree) -> Tree:
    return {name: value for name in PARTS if (value := address.get(name)) is not None}


RECEIPT = ("id", "order_number", "email", "total", "currency", "status", "payment_status", "created_at")


def from_sync(answer: Tree, _context: Tree) -> Tree:
    return {name: value for name in RECEIPT if (value := answer.get(name)) is not None}


def to_checkout(order: Tree, context: Tree) -> Tree:
    said: Tree = {}
    checkout: Tree = {}
    if (lines := order.get("line_items")) is not None:
        said["items"] = [_to_cart_line(line) for line in lines]
    for name in ("cart_id", "email"):
        if (value := order.get(name)) is not None:
            checkout[name] = value
    for name in ("shipping_address", "billing_address"):
        if (address := order.get(name)) is not None:
            checkout[name] = _to_stella_address(address)
    if "shipping_rate_id" in order:
        checkout["shipping_rate_id"] = order["shipping_rate_id"]
    if checkout:
        said["checkout"] = checkout
    method = order.get("payment_method")
    if method in CASH:
        said["complete"] = {"payment_method": "cod", "cod": _to_cash(order, context)}
    elif method == "stripe":
        said["complete"] = complete = {"payment_method": "stripe"}
        if (intent := order.get("payment_intent_id")) is not None:
            complete["payment_intent_id"] = intent
    return said


def _to_cart_line(line: Tree) -> Tree:
    said: Tree = {}
    if (variant := line.get("variant_id")) is not None:
        said["variant_id"] = variant
    if (quantity := line.get("quantity")) is not None:
        said["quantity"] = quantity
    return said


def _to_cash(order: Tree, context: Tree) -> Tree:
    cash: Tree = {}
    phone = order.get("phone")
    if phone is None:
        phone = (order.get("shipping_address") or {}).get("phone")
    if phone is not None:
        cash["phone"] = phone
    if (note := order.get("note")) is not None:
        cash["notes"] = note
    cash["accepted_terms"] = context["setting"]["cod_terms_accepted"]
    return cash


def from_checkout(answer: Tree, _context: Tree) -> Tree:
    receipt = {
        name: value for name in ("email", "total", "currency", "status") if (value := answer.get(name)) is not None
    }
    number = answer.get("order_id")
    if number is None:
        number = answer.get("id")
    if number is not None:
        receipt["id"] = receipt["order_number"] = number
    at = answer.get("completed_at")
    if at is None:
        at = answer.get("created_at")
    if at is not None:
        receipt["created_at"] = at
    receipt["payment_status"] = "unknown"
    return receipt
