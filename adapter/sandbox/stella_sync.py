"""Stella sync: one call writes a finished order and trusts the caller's total."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from http import HTTPStatus
from typing import Any

from adapter.sandbox import catalogue, stella
from adapter.sandbox.calls import Call, Refused
from adapter.sandbox.operations import Invalid, Violation
from adapter.sandbox.rules import Rules, Shop, bearer

FIRST_NUMBER = 10001
UNPAID_METHOD = "cod"


def identify(call: Call, shop: Shop) -> str | None:
    """The site id of the header pair that is whole and agrees: sync key, or older shared secret."""
    pairs = (
        (call.headers.get("x-stella-site-id", ""), bearer(call)),
        (call.headers.get("x-site-id", ""), call.headers.get("x-sync-secret", "")),
    )
    return next((site for pair in pairs if (site := stella.site(shop, pair[0], secret=pair[1]))), None)


def create_order(call: Call, shop: Shop) -> Mapping[str, Any]:
    """Write the order and answer its eight-member receipt."""
    order = call.body
    if wrong := [*stella.nowhere(order), *_missing(order["line_items"])]:
        raise Invalid(wrong)
    if any(line.get("variant_id") == stella.SOLD_OUT for line in order["line_items"]):
        raise Refused(stella.refuse(HTTPStatus.UNPROCESSABLE_ENTITY, "out_of_stock"))
    currency = order.get("currency") or shop.currency
    receipt = {
        "id": shop.uuid(),
        "order_number": f"SO-{FIRST_NUMBER - 1 + shop.memory.count(call.tenant, 'orders')}",
        "email": order["email"],
        "total": catalogue.text(_total(order, currency), currency),
        "currency": currency,
        "status": "pending",
        "payment_status": "awaiting_payment" if order["payment_method"] == UNPAID_METHOD else "paid",
        "created_at": shop.now(),
    }
    shop.memory.keep("order", call, receipt)
    return receipt


def _missing(lines: Sequence[Mapping[str, Any]]) -> Iterator[Violation]:
    for index, line in enumerate(lines):
        if line.get("variant_id") == stella.MISSING:
            yield Violation(("body", "line_items", index, "variant_id"), "value", "no such variant")


def _total(order: Mapping[str, Any], currency: str) -> Decimal:
    given = order.get("total")
    return _sum(order["line_items"], currency) if given is None else Decimal(given)


def _sum(lines: Sequence[Mapping[str, Any]], currency: str) -> Decimal:
    return sum((_unit_price(line, currency) * line["quantity"] for line in lines), Decimal())


def _unit_price(line: Mapping[str, Any], currency: str) -> Decimal:
    """The caller's price, else the catalogue's; a line known by its name only costs nothing."""
    if line.get("price") is not None:
        return Decimal(line["price"])
    known = line.get("variant_id") or line.get("product_id")
    return catalogue.price(known, currency) if known else Decimal()


RULES = Rules(
    identify=identify,
    handlers={"create_order": create_order},
    idempotency=stella.IDEMPOTENCY,
    invalid=stella.invalid,
    refuse=stella.refuse,
)
