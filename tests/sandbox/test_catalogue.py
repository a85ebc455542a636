"""Prices that never change, and amounts with their currency's digits."""

from decimal import Decimal, InvalidOperation

import pytest

from adapter.sandbox import catalogue


def test_a_variant_has_one_price_whatever_the_currency_calls_it() -> None:
    minor = catalogue.minor_price("va_1")
    assert catalogue.minor_price("va_1") == minor
    assert catalogue.CHEAPEST <= minor <= catalogue.DEAREST
    assert catalogue.price("va_1", "USD") * 100 == minor
    assert catalogue.price("va_1", "KWD") * 1000 == minor
    assert catalogue.price("va_1", "JPY") == minor


def test_variants_differ_in_price() -> None:
    assert len({catalogue.minor_price(f"va_{n}") for n in range(50)}) > 40


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("1", "USD", "1.00"),
        ("1.005", "USD", "1.01"),
        ("-1.005", "USD", "-1.01"),
        ("0.0005", "KWD", "0.001"),
        ("2.5", "JPY", "3"),
        ("1e3", "usd", "1000.00"),
        ("1", "ZZZ", "1.00"),
    ],
)
def test_an_amount_is_written_with_the_currencys_digits(amount: str, currency: str, text: str) -> None:
    assert catalogue.text(Decimal(amount), currency) == text


def test_an_amount_of_more_than_28_digits_is_no_money() -> None:
    assert catalogue.text(Decimal("9" * 26), "USD") == "9" * 26 + ".00"
    with pytest.raises(InvalidOperation):
        catalogue.text(Decimal("9" * 27), "USD")


def test_metals_and_made_up_codes_are_no_currencies() -> None:
    known = {code: catalogue.is_currency(code) for code in ("KWD", "jpy", "XAU", "ZZZ", "")}
    assert known == {"KWD": True, "jpy": True, "XAU": False, "ZZZ": False, "": False}


def test_any_text_can_be_a_variant() -> None:
    assert catalogue.minor_price("\ud800") > 0
    assert catalogue.number("\ud800").startswith("SKU-")
