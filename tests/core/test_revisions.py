"""Revisions: what a backend shows to be stored differently, and what only looks so."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from adapter.core.orders import Journey
from adapter.core.revisions import find_revisions
from adapter.errors import Unmappable
from tests.core.conftest import CHECKOUT_ANSWER, UUID_A, UUID_B

JourneyOf = Callable[..., Journey]

LANA: dict[str, Any] = {
    "id": "or_1",
    "currency": "NPR",
    "customer_email": "sita@example.com",
    "total_price": 314800,
    "line_items": [{"id": "li_1", "quantity": 2, "variant": {"id": "va_1"}, "detail": {"price": 149900}}],
}
ENAD: dict[str, Any] = {
    "success": True,
    "data": {
        "id": "1",
        "currency_code": "NPR",
        "grand_total": 3148,
        "shipping_address": {"email": "sita@example.com"},
        "order_lines": [{"variant_id": UUID_A, "quantity": 2, "base_price_amount": 1499}],
    },
}
SYNC: dict[str, Any] = {"email": "sita@example.com", "total": "3148.00", "currency": "NPR"}
CHECKOUT: dict[str, Any] = CHECKOUT_ANSWER | {
    "items": [{"id": "1", "variant_id": UUID_A, "quantity": 2, "price": "1499.00"}]
}
ANSWERS = {"lana": LANA, "enad": ENAD, "stella_sync": SYNC, "stella_checkout": CHECKOUT}

# dialect, where the answer is changed, to what, both paths of every revision
CHANGED: dict[str, tuple[str, str, Any, list[tuple[str, str]]]] = {
    "lana, total": ("lana", "total_price", 399900, [("/total", "/total_price")]),
    "lana, e-mail": ("lana", "customer_email", "x@example.com", [("/email", "/customer_email")]),
    "lana, price": (
        "lana",
        "line_items.0.detail.price",
        1,
        [("/line_items/0/price", "/line_items/0/detail/price")],
    ),
    "lana, quantity": ("lana", "line_items.0.quantity", 1, [("/line_items/0/quantity", "/line_items/0/quantity")]),
    "lana, variant": (
        "lana",
        "line_items.0.variant.id",
        "va_2",
        [("/line_items/0/variant_id", "/line_items/0/variant/id")],
    ),
    "lana, currency": ("lana", "currency", "INR", [("/currency", "/currency")]),
    "enad, total": ("enad", "data.grand_total", 3149, [("/total", "/data/grand_total")]),
    "enad, quantity": (
        "enad",
        "data.order_lines.0.quantity",
        3,
        [("/line_items/0/quantity", "/data/order_lines/0/quantity")],
    ),
    "enad, a line is gone": ("enad", "data.order_lines", [], [("/line_items", "/data/order_lines")]),
    "sync, total": ("stella_sync", "total", "3148.01", [("/total", "/total")]),
    "sync, a total that is no number": ("stella_sync", "total", "much", [("", "/total")]),
    "checkout, price": (
        "stella_checkout",
        "items.0.price",
        "1399.00",
        [("/line_items/0/price", "/items/0/price")],
    ),
    "lana, capitals": ("lana", "customer_email", "Sita@Example.com", []),
    "lana, nothing said": ("lana", "customer_email", None, []),
    "sync, zeros": ("stella_sync", "total", "03148.000", []),
}


def put(answer: Any, path: str, value: Any) -> None:
    *way, last = [int(key) if key.isdigit() else key for key in path.split(".")]
    for key in way:
        answer = answer[key]
    answer[last] = value


@pytest.mark.parametrize("dialect", ANSWERS)
def test_an_answer_that_says_the_same_revises_nothing(journey_of: JourneyOf, dialect: str) -> None:
    assert find_revisions(journey_of(dialect), ANSWERS[dialect]) == ()


@pytest.mark.parametrize(("dialect", "path", "value", "revised"), CHANGED.values(), ids=CHANGED)
def test_what_a_backend_changed_is_told_with_both_paths(
    journey_of: JourneyOf, dialect: str, path: str, value: Any, revised: list[tuple[str, str]]
) -> None:
    answer = copy.deepcopy(ANSWERS[dialect])
    put(answer, path, value)
    assert [tuple(revision) for revision in find_revisions(journey_of(dialect), answer)] == revised


def test_lines_are_told_apart_by_their_variants_and_not_by_their_places(journey_of: JourneyOf) -> None:
    lines = [{"quantity": 1, "variant_id": f"va_{n}", "price": n} for n in range(3)]
    journey = journey_of("lana", line_items=lines, total=None)
    shown = [
        {"id": f"li_{n}", "quantity": 1 if n else 5, "variant": {"id": f"va_{n}"}, "detail": {"price": n * 100}}
        for n in (2, 0, 1)
    ]
    assert [tuple(found) for found in find_revisions(journey, LANA | {"line_items": shown})] == [
        ("/line_items/0/quantity", "/line_items/1/quantity")
    ]


def test_what_the_order_did_not_say_cannot_be_revised(journey_of: JourneyOf) -> None:
    lines = [{"quantity": 2, "variant_id": "va_1", "product_id": UUID_B}]
    journey = journey_of("lana", line_items=lines, total=...)
    assert find_revisions(journey, LANA | {"total_price": 1}) == ()


def test_a_currency_in_capitals_is_no_revision(journey_of: JourneyOf) -> None:
    assert find_revisions(journey_of("lana", currency="npr"), LANA) == ()


def test_what_of_the_order_cannot_be_read_back_revises_nothing_else(journey_of: JourneyOf) -> None:
    journey = journey_of("lana")
    price, at = {"custom_items": [{"title": "x", "price": 1}]}, {"custom_item_index": {"value": 0}}
    unread = journey._replace(document=journey.document | {"line_items": [at], "currency": "no currency"} | price)
    with pytest.raises(Unmappable):
        journey.tenant.dialect.back.to_canonical(unread.document, journey.context)
    assert revised(unread, LANA | {"customer_email": "x@example.com"}) == [("/email", "/customer_email")]


def shown(*lines: tuple[str, int]) -> dict[str, Any]:
    return LANA | {
        "line_items": [{"id": "l", "quantity": count, "variant": {"id": variant}} for variant, count in lines]
    }


def revised(journey: Journey, answer: Any) -> list[tuple[str, str]]:
    return [(found.pointer, found.dialect) for found in find_revisions(journey, answer)]


def ordered(journey_of: JourneyOf, *lines: tuple[str, int]) -> Journey:
    return journey_of("lana", line_items=[{"quantity": count, "variant_id": variant} for variant, count in lines])


def test_lines_of_one_variant_may_change_places_or_be_put_together(journey_of: JourneyOf) -> None:
    journey = ordered(journey_of, ("va_1", 1), ("va_1", 2))
    assert revised(journey, shown(("va_1", 2), ("va_1", 1))) == []
    assert revised(journey, shown(("va_1", 3))) == []
    assert revised(journey, shown(("va_1", 2))) != []


def test_another_variant_is_told_wherever_its_line_stands(journey_of: JourneyOf) -> None:
    journey = ordered(journey_of, ("va_1", 1), ("va_2", 1))
    assert revised(journey, shown(("va_3", 1), ("va_1", 1))) == [
        ("/line_items/1/variant_id", "/line_items/0/variant/id")
    ]


def test_what_stood_in_for_the_order_is_compared_too(journey_of: JourneyOf) -> None:
    journey = journey_of("enad", {"currency": "EUR"}, total=..., currency=...)
    answer = {"success": True, "data": {"id": "1", "grand_total": 99, "currency_code": "USD"}}
    assert {pointer for pointer, _ in revised(journey, answer)} == {"/total", "/currency"}


def test_an_id_in_other_capitals_is_another_id(journey_of: JourneyOf) -> None:
    journey = ordered(journey_of, ("va_a", 1))
    assert revised(journey, shown(("va_A", 1))) == [("/line_items/0/variant_id", "/line_items/0/variant/id")]


def test_of_far_more_lines_than_were_ordered_only_that_is_told(journey_of: JourneyOf) -> None:
    journey = ordered(journey_of, ("va_1", 2))
    crowd = shown(*[("va_2", 9)] * 20_000) | {"customer_email": "x@example.com"}

    assert revised(journey, crowd) == [("/line_items", "/line_items"), ("/email", "/customer_email")]


def test_a_line_for_each_piece_is_no_crowd(journey_of: JourneyOf) -> None:
    assert revised(ordered(journey_of, ("va_1", 40)), shown(*[("va_1", 1)] * 40)) == []
