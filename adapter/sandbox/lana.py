"""Lana: an order starts as a draft; a call each calculates, numbers and reserves it."""

from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from adapter.sandbox import catalogue, lana_orders
from adapter.sandbox.calls import Answer, Call, Refused, answer
from adapter.sandbox.memory import IdempotencyRule
from adapter.sandbox.operations import Violation
from adapter.sandbox.rules import Rules, Shop, bearer

# https://docs.lana.dev/overview/concepts/idempotency names three conditions for a replay: key, bytes,
# success. The endpoint is not among them: one key over several calls without a body replays the first.
IDEMPOTENCY = IdempotencyRule(compares=("body",), kept_for=None, replays_refusals=False)

INVALID_INPUT, ORDER_ERROR, UNREADABLE, WRONG_COUNT, INVALID_OPERATION = 1000, 1001, 1030, 1132, 1150

# Codes above 995 are no HTTP statuses; the status a direct call answers with is not published.
STATUS: Mapping[int, int] = {
    INVALID_INPUT: HTTPStatus.BAD_REQUEST,
    ORDER_ERROR: HTTPStatus.UNPROCESSABLE_ENTITY,
    UNREADABLE: HTTPStatus.BAD_REQUEST,
    WRONG_COUNT: HTTPStatus.BAD_REQUEST,
    INVALID_OPERATION: HTTPStatus.CONFLICT,
}

# The last three are not among the published problems, whose list is open.
PROBLEMS: Mapping[str, str] = {
    "required": "mandatory",
    "enum": "invalid_enum",
    "pattern": "invalid_identifier",
    "maxLength": "max_length_exceeded",
    "maxItems": "max_count_exceeded",
    "minimum": "out_of_range",
    "maximum": "out_of_range",
    "type": "invalid_type",
}

UNSELLABLE, SOLD_OUT = "va_missing", "va_soldout"  # variant ids that start so
FIRST_NUMBER = 1001


def identify(call: Call, shop: Shop) -> str | None:
    """The shop whose token came, or the one whose order's own secret came as `uuid`."""
    shop_id = call.query.get("shop_id", "")
    if token := bearer(call):
        # A shop_id that is absent is the document's business: invalid, not unauthorised.
        named = {"shop_id": shop_id} if shop_id else {}
        return shop_id if shop.accepts(token=token, **named) else None
    order = shop.memory.find(shop_id, "order", call.query.get("order_id", ""))
    return shop_id if order and order.shown["uuid"] == call.query.get("uuid") else None


def create_order(call: Call, shop: Shop) -> Sequence[Mapping[str, Any]]:
    """Write one draft; the answer is an array too."""
    if "ids" in call.query:  # the same URL with `ids` modifies, which this sandbox does not offer
        raise Refused(refuse(HTTPStatus.NOT_FOUND, "this sandbox modifies no orders"))
    asked = _original(call.body[0], call, shop)
    _check(asked, shop)
    order = lana_orders.draft(asked, call, shop)
    shop.memory.keep("order", call, order)
    return [order]


def _original(asked: Mapping[str, Any], call: Call, shop: Shop) -> Mapping[str, Any]:
    """What to build from: the body, or for a clone what the cloned order was built from, nothing else."""
    while "clone_from_id" in asked:
        source = shop.memory.find(call.tenant, "order", asked["clone_from_id"])
        if source is None:
            raise Refused(refuse(HTTPStatus.NOT_FOUND, f"no order {asked['clone_from_id']}"))
        asked = source.asked[0]
    return asked


def _check(asked: Mapping[str, Any], shop: Shop) -> None:
    if not catalogue.is_currency(asked.get("currency", shop.currency)):
        raise Refused(_not_possible("currency_not_allowed"))
    if nowhere := list(catalogue.find_nowhere(asked, "zip")):
        raise Refused(invalid([Violation(("body", 0, *place), "pattern", "no such place") for place in nowhere]))
    lines = asked.get("line_items", [])
    if stray := list(_stray_indexes(lines, len(asked.get("custom_items", [])))):
        raise Refused(invalid(stray))
    if errors := _line_errors([line["variant_id"] for line in lines], UNSELLABLE, "product_banned"):
        raise Refused(_complain(ORDER_ERROR, "order error", {"errors": errors}))


def _stray_indexes(lines: Sequence[Mapping[str, Any]], count: int) -> Iterator[Violation]:
    for index, line in enumerate(lines):
        if line.get("custom_item_index", {"value": -1})["value"] >= count:
            place = ("body", 0, "line_items", index, "custom_item_index", "value")
            yield Violation(place, "maximum", "no such custom item", count - 1)


def _line_errors(variant_ids: Sequence[str], start: str, code: str) -> list[dict[str, Any]]:
    return [
        {"line_item_index": index, "code": code, "subject": variant_id, "min": None, "max": None}
        for index, variant_id in enumerate(variant_ids)
        if variant_id.startswith(start)
    ]


def calculate_order(call: Call, shop: Shop) -> Mapping[str, Any]:
    """The order with its totals."""
    order = _draft(call, shop, "order_not_editable")
    lana_orders.calculate(order)
    return _touched(order, shop)


def allocate_order_number(call: Call, shop: Shop) -> Mapping[str, Any]:
    """The order with a number no other order of the shop has; one that has a number keeps it."""
    order = _find(call, shop)
    if order["number"] is None:
        order["number"] = FIRST_NUMBER - 1 + shop.memory.count(call.tenant, "numbers")
    return _touched(order, shop)


def reserve_order(call: Call, shop: Shop) -> Mapping[str, Any]:
    """The order placed: its stock taken, its state `reserved`."""
    order = _draft(call, shop, "order_not_reservable")
    if order["number"] is None:  # https://docs.trunkery.com/commerce/mutation/ordersAllocateNumber
        raise Refused(_not_possible("order_not_reservable"))
    variant_ids = [line["variant"]["id"] if line["variant"] else "" for line in order["line_items"]]
    if errors := _line_errors(variant_ids, SOLD_OUT, "out_of_stock"):
        raise Refused(_complain(ORDER_ERROR, "order error", {"errors": errors}))
    order.update(state="reserved", reserved_at=shop.now())
    return _touched(order, shop)


def list_orders(call: Call, shop: Shop) -> Mapping[str, Any]:
    """One page of the shop's orders."""
    own = [one.shown for one in shop.memory.every("order") if one.tenant == call.tenant]
    return lana_orders.page(own, call.query)


def _find(call: Call, shop: Shop) -> dict[str, Any]:
    found = shop.memory.find(call.tenant, "order", call.query["order_id"])
    if found is None or call.query.get("uuid") not in (None, found.shown["uuid"]):
        raise Refused(refuse(HTTPStatus.NOT_FOUND, f"no order {call.query['order_id']}"))
    return found.shown


def _draft(call: Call, shop: Shop, reason: str) -> dict[str, Any]:
    order = _find(call, shop)
    if order["state"] != "cart":
        raise Refused(_not_possible(reason))
    return order


def _touched(order: dict[str, Any], shop: Shop) -> dict[str, Any]:
    order["updated_at"] = shop.now()
    return order


def invalid(violations: Sequence[Violation]) -> Answer:
    """1030 for no JSON, 1132 for not exactly one order, else 1000 with the fields."""
    first = violations[0]
    if first.problem == "json":
        return _complain(UNREADABLE, first.message, {"error": first.message})
    if first.place == ("body",) and first.problem in ("minItems", "maxItems"):
        return _complain(WRONG_COUNT, "exactly one order is accepted", {})
    return _complain(INVALID_INPUT, "invalid input", {"fields": [_field(v) for v in violations]})


def _field(violation: Violation) -> dict[str, Any]:
    return {
        "field": ".".join(map(str, violation.place[1:])),
        "problem": PROBLEMS.get(violation.problem, "invalid"),
        "min": violation.limit if violation.problem.startswith("min") else None,
        "max": violation.limit if violation.problem.startswith("max") else None,
    }


def _not_possible(reason: str) -> Answer:
    return _complain(INVALID_OPERATION, "invalid operation", {"reason": reason})


def _complain(code: int, message: str, meta: Mapping[str, Any]) -> Answer:
    return answer(STATUS[code], {"code": code, "message": message, "meta": meta})


def refuse(status: int, message: str) -> Answer:
    """A refusal whose code is its HTTP status: 401, 404, 405, 429."""
    return answer(status, {"code": int(status), "message": message, "meta": {}})


RULES = Rules(
    identify=identify,
    handlers={
        "create_order": create_order,
        "calculate_order": calculate_order,
        "allocate_order_number": allocate_order_number,
        "reserve_order": reserve_order,
        "list_orders": list_orders,
    },
    idempotency=IDEMPOTENCY,
    invalid=invalid,
    refuse=refuse,
)
