"""Orders of Enad, by hand."""

from adapter.bench.by_hand.values import MAJOR, find_code, first, read_time, write_unit
from adapter.core.values.identities import receipt_id
from adapter.lens.trees import Tree


def to_enad(order: Tree, context: Tree) -> Tree:
    setting, address = context["setting"], order.get("shipping_address")
    currency = order.get("currency")
    if currency is None:
        currency = setting["currency"]
    if currency is not None:
        currency = str(currency).upper()
    said: Tree = {
        "reference": context["gateway"]["reference"],
        "source": setting["source"],
        "status": setting["status"],
        "language_code": setting["language_code"],
    }
    if currency is not None:
        said["currency_code"] = currency
    if address is not None and (country := address.get("country")) is not None:
        said["country_code"] = find_code(country)
    if (lines := order.get("line_items")) is not None:
        said["lines"] = [_to_enad_line(line, currency) for line in lines]
    if address is not None:
        said["shipping_address"] = _to_enad_address(address, order.get("email"), order.get("phone"))
    if (billing := order.get("billing_address")) is not None:
        said["billing_address"] = _to_enad_address(billing, order.get("email"), None)
    if (method := order.get("payment_method")) is not None:
        said["payment_method"] = method
    if (subtotal := order.get("subtotal")) is not None:
        said["sub_total"] = subtotal
    total = order.get("total")
    if total is None:
        total = context["derived"]["lines_total"]
    if total is not None:
        said["grand_total"] = total
    return said


def _to_enad_line(line: Tree, currency: str | None) -> Tree:
    said = {name: value for name in ("product_id", "variant_id", "quantity") if (value := line.get(name)) is not None}
    if (price := line.get("price")) is not None:
        said["base_price_amount"] = price
        if (quantity := line.get("quantity")) is not None:
            said["total_price_amount"] = price * quantity
    if currency is not None:
        said["currency_code"] = currency
    return said


ENAD_PARTS = (
    ("first_name", "given_name"),
    ("last_name", "family_name"),
    ("address1", "street_address"),
    ("address2", "street_address_2"),
    ("city", "city"),
    ("state", "state_or_province"),
    ("postal_code", "postal_code"),
    ("phone", "telephone_number"),
)


def _to_enad_address(address: Tree, email: str | None, phone: str | None) -> Tree:
    said = {theirs: value for ours, theirs in ENAD_PARTS if (value := address.get(ours)) is not None}
    if (country := address.get("country")) is not None:
        said["country_code"] = find_code(country)
    if email is not None:
        said["email"] = email
    if phone is not None and "telephone_number" not in said:
        said["telephone_number"] = phone
    return said


def from_enad(answer: Tree, context: Tree) -> Tree:
    data, derived, gateway = answer.get("data") or {}, context["derived"], context["gateway"]
    receipt: Tree = {"status": context["setting"]["status"], "payment_status": "unknown"}
    if (number := data.get("id")) is not None:
        receipt["id"] = receipt_id(str(number), gateway["scope"])
    found = {
        "order_number": first(data.get("reference"), gateway["reference"]),
        "email": first((data.get("shipping_address") or {}).get("email"), context["order"].get("email")),
        "currency": first(data.get("currency_code"), derived["currency"]),
        "created_at": first(read_time(data.get("created_at")), gateway["received_at"]),
        "total": derived["total_text"],
    }
    if (total := data.get("grand_total")) is not None:
        found["total"] = write_unit(total, data.get("currency_code") or derived["currency"], MAJOR)
    receipt.update({name: value for name, value in found.items() if value is not None})
    return receipt
