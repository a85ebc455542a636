"""Refusals of every sandbox as a client of the running gateway reads them: its own pointers, our codes and words."""

import json
from typing import Any
from uuid import uuid4

import httpx
import pytest

from adapter.core.complaints import COMPLAINTS
from adapter.sandbox.catalogue import NOWHERE
from adapter.sandbox.stella import MISSING, SOLD_OUT
from tests.conftest import ORDERS as CORPUS
from tests.live.conftest import House, headers

ORDERS = "/api/sync/v1/orders"

# an order that each dialect takes, and the ids with which its sandbox refuses one
GOOD = {name: "us-va-ids-state-name-usd" if name == "lana" else "us-two-lines-usd" for name in ("lana", "enad")}
GOOD |= dict.fromkeys(("stella_sync", "stella_checkout"), "us-two-lines-usd")


def post(house: House, dialect: str, order: dict[str, Any], key: str | None = None) -> httpx.Response:
    sent = headers(dialect, **{"Idempotency-Key": key or str(uuid4())})
    return house.client.post(ORDERS, json=order, headers=sent)


def order_with(dialect: str, variant_id: str | None = None, **members: Any) -> dict[str, Any]:
    order: dict[str, Any] = json.loads(CORPUS[GOOD[dialect]]) | members
    if variant_id is not None:  # a second line beside one that is good
        order["line_items"] = [order["line_items"][0], order["line_items"][0] | {"variant_id": variant_id}]
    return order


REFUSALS: dict[str, tuple[str, dict[str, Any], list[tuple[str, str]], str]] = {
    "Stella sync, a variant": (
        "stella_sync",
        order_with("stella_sync", MISSING),
        [("/line_items/1/variant_id", "invalid_variant")],
        "caller",
    ),
    "Stella sync, no stock": ("stella_sync", order_with("stella_sync", SOLD_OUT), [("", "out_of_stock")], "buyer"),
    "Stella checkout, a variant": (
        "stella_checkout",
        order_with("stella_checkout", MISSING),
        [("/line_items/1", "invalid_variant")],
        "caller",
    ),
    "Stella checkout, no stock": (
        "stella_checkout",
        order_with("stella_checkout", SOLD_OUT),
        [("/line_items/1", "out_of_stock")],
        "buyer",
    ),
    "Stella checkout, a payment": (
        "stella_checkout",
        order_with("stella_checkout", payment_method="stripe", payment_intent_id="pi_declined_1"),
        [("", "payment_declined")],
        "buyer",
    ),
    "Enad, a variant": (
        "enad",
        order_with("enad", "missing-1"),
        [("/line_items/1/variant_id", "invalid_variant")],
        "caller",
    ),
    "Lana, a variant": ("lana", order_with("lana", "va_missing1"), [("/line_items/1", "discontinued")], "buyer"),
    "Lana, no stock": ("lana", order_with("lana", "va_soldout1"), [("/line_items/1", "out_of_stock")], "buyer"),
}


@pytest.mark.parametrize(("dialect", "order", "told", "who"), REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_is_told_in_the_callers_terms_and_again_to_a_repeat(
    house: House, dialect: str, order: dict[str, Any], told: list[tuple[str, str]], who: str
) -> None:
    key = str(uuid4())
    first = post(house, dialect, order, key)
    problem = first.json()

    assert (first.status_code, problem["type"]) == (422, "/problems/order-refused"), first.text
    assert [(error["pointer"], error["code"]) for error in problem["errors"]] == told
    assert [error["detail"] for error in problem["errors"]] == [COMPLAINTS[code].says for _, code in told]
    assert (problem["who"], problem["retry"], problem["safe_new_key"]) == (who, False, True)
    before = house.sent()
    again = post(house, dialect, order, key)
    assert (again.content, again.headers["Idempotent-Replayed"]) == (first.content, "true")
    assert house.sent() == before


@pytest.mark.parametrize("dialect", GOOD)
def test_an_address_that_is_nowhere_is_the_buyers_to_cure(house: House, dialect: str) -> None:
    order = order_with(dialect)
    order["shipping_address"]["postal_code"] = NOWHERE
    problem = post(house, dialect, order).json()

    (error,) = problem["errors"]
    assert (error["pointer"], error["code"]) == ("/shipping_address/postal_code", "invalid_address")
    assert problem["who"] == "buyer"


def test_a_remark_beside_a_success_is_in_a_header_and_in_the_stored_answer(house: House) -> None:
    key, order = str(uuid4()), order_with("enad", "soldout-1")
    first, again = (post(house, "enad", order, key) for _ in range(2))

    assert (first.status_code, again.status_code) == (201, 201)
    for response in (first, again):
        assert response.headers["Order-Warnings"] == 'out_of_stock;at="/line_items/1/variant_id"'
    shown = house.client.get(first.headers["Location"], headers=headers("enad")).json()
    assert shown["detail"] == "step order: placed: out_of_stock"
    assert "Order-Warnings" not in post(house, "enad", order_with("enad")).headers


def test_a_backend_that_cannot_be_reached_is_the_operators(house: House) -> None:
    response = post(house, "closed", order_with("enad"))

    problem = response.json()
    assert (response.status_code, problem["who"], problem["retry"]) == (503, "operator", True)
    assert [error["code"] for error in problem["errors"]] == ["backend_unavailable"]
    assert "127.0.0.1" not in response.text
