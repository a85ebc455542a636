"""Enad: one call records an order priced elsewhere; every key is ignored, every repeat is a second order."""

from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from adapter.sandbox import catalogue
from adapter.sandbox.calls import Answer, Call, Refused, answer
from adapter.sandbox.operations import Violation
from adapter.sandbox.rules import Rules, Shop

MISSING = "missing"  # ids that start so are in no catalogue
SOLD_OUT = "soldout"  # variants that start so are recorded all the same, with a remark

ADDRESSES = ("billing_address", "shipping_address")

# Members that come in under one name or shape and go out under another, or not at all.
RENAMED = frozenset({"lines", "status", "merchant_user_id", *ADDRESSES})


def identify(call: Call, shop: Shop) -> str | None:
    """The two slugs, once the header the shop names carries the value it names; no scheme is published."""
    value = call.headers.get(shop.credentials.get("header", "Authorization").lower(), "")
    return f"{call.places['team_slug']}/{call.places['app_slug']}" if shop.accepts(value=value) else None


def create_order(call: Call, shop: Shop) -> Mapping[str, Any]:
    """Store the order as told; the answer says everything but its status."""
    asked = call.body
    nowhere = [f"{'.'.join(place)}: no such place" for place in catalogue.find_nowhere(asked, "postal_code")]
    if wrong := [*_unknown(asked["lines"]), *nowhere]:
        raise Refused(refuse(HTTPStatus.UNPROCESSABLE_ENTITY, *wrong))
    now = shop.now()
    stored = {**{k: v for k, v in asked.items() if k not in RENAMED}, "id": shop.uuid()}
    stored |= {name: _address(asked[name], shop) for name in ADDRESSES if name in asked}
    if "merchant_user_id" in asked:
        stored["merchant_user"] = {
            "id": asked["merchant_user_id"],
            "email": None,
            "name": None,
            "surname": None,
        }
    stored["order_lines"] = [_line(line, stored["id"], shop) for line in asked["lines"]]
    stored |= {"discounts": [], "user_content": [], "created_at": now, "updated_at": now}
    shop.memory.keep("order", call, stored)
    return {"data": stored, "details": list(_remarks(asked["lines"])), "success": True}


def _unknown(lines: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for index, line in enumerate(lines):
        for kind in ("product", "variant"):
            if line[f"{kind}_id"].startswith(MISSING):
                yield f"lines.{index}.{kind}_id: {kind} {line[f'{kind}_id']} does not exist"


def _remarks(lines: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for index, line in enumerate(lines):
        if line["variant_id"].startswith(SOLD_OUT):
            yield f"lines.{index}.variant_id: variant {line['variant_id']} is out of stock"


def _address(asked: Mapping[str, Any], shop: Shop) -> dict[str, Any]:
    return {**asked, "id": shop.uuid(), "created_at": shop.now(), "updated_at": shop.now()}


def _line(asked: Mapping[str, Any], order_id: str, shop: Shop) -> dict[str, Any]:
    product, variant = (catalogue.number(asked[f"{kind}_id"]) for kind in ("product", "variant"))
    return {
        **asked,
        "id": shop.uuid(),
        "order_id": order_id,
        "total_sale_price": asked["total_price_amount"],
        "product_name": f"Product {product}",
        "product_number": product,
        "variant_name": f"Variant {variant}",
        "variant_number": variant,
        "short_description": None,
        "first_image_path": None,
        "created_at": shop.now(),
        "updated_at": shop.now(),
    }


def invalid(violations: Sequence[Violation]) -> Answer:
    """422 with one text for each violation, its path first."""
    texts = (f"{'.'.join(map(str, v.place[1:])) or v.place[0]}: {v.message}" for v in violations)
    return refuse(HTTPStatus.UNPROCESSABLE_ENTITY, *texts)


def refuse(status: int, *details: str) -> Answer:
    """No shape is published for errors; the success envelope turned over is the best guess."""
    return answer(status, {"data": None, "details": list(details), "success": False})


RULES = Rules(
    identify=identify,
    handlers={"create_order": create_order},
    idempotency=None,
    invalid=invalid,
    refuse=refuse,
)
