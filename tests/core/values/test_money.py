"""Money: exponents, every codec both ways, and refusal where rounding would be the easy answer."""

import time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.core.values.money import (
    MONEY_CODECS,
    decimals,
    explain_amount,
    exponent,
    from_minor,
    is_currency,
    to_minor,
)
from adapter.lens.codecs import CodecError

EXPONENTS = {"USD": 2, "usd": 2, "JPY": 0, "KRW": 0, "KWD": 3, "BHD": 3, "CLF": 4, "XAU": None, "XYZ": None, "": None}

# codec, value, currency, options, what it is on the wire
OUTWARD = {
    "number": ("money_number", Decimal("12.50"), None, {}, Decimal("12.50")),
    "minor": ("money_minor", Decimal("12.5"), "USD", {}, 1250),
    "minor of yen with a point": ("money_minor", Decimal("1200.0"), "JPY", {}, 1200),
    "minor of three decimals": ("money_minor", Decimal("6.005"), "KWD", {}, 6005),
    "minor of a whole number": ("money_minor", 1499, "NPR", {}, 149900),
    "minor in lower case": ("money_minor", Decimal(1), "eur", {}, 100),
    "minor of nothing": ("money_minor", Decimal(0), "USD", {}, 0),
    "text": ("money_text", Decimal("12.5"), "USD", {}, "12.50"),
    "text of yen": ("money_text", Decimal("1200.0"), "JPY", {}, "1200"),
    "text of a power of ten": ("money_text", Decimal("1E+3"), "USD", {}, "1000.00"),
    "major unit": ("money", Decimal("12.50"), "USD", {"unit": "major"}, Decimal("12.50")),
    "minor unit": ("money", Decimal("12.50"), "USD", {"unit": "minor"}, 1250),
    "line total": ("line_total", (Decimal("12.50"), 3), "USD", {"unit": "major"}, Decimal("37.50")),
    "line total in minor units": ("line_total", (Decimal("6.005"), 2), "KWD", {"unit": "minor"}, 12010),
    "line total without a price": ("line_total", (None, 3), "USD", {"unit": "major"}, None),
    "line total without a quantity": ("line_total", (Decimal(1), None), "USD", {"unit": "major"}, None),
    "total text in minor units": ("total_text", "12.50", "USD", {"unit": "minor"}, 1250),
    "currency": ("currency", "npr", None, {}, "NPR"),
}

INWARD = {
    "number": ("money_number", 1499, None, {}, Decimal(1499)),
    "minor": ("money_minor", 1250, "USD", {}, Decimal("12.50")),
    "minor of yen": ("money_minor", 1200, "JPY", {}, Decimal(1200)),
    "minor written with a point": ("money_minor", Decimal("1250.0"), "USD", {}, Decimal("12.5")),
    "text": ("money_text", "0012.50", "USD", {}, Decimal("12.50")),
    "text with a sign": ("money_text", "-.5", "USD", {}, Decimal("-0.5")),
    "major unit": ("money", Decimal("12.5"), "USD", {"unit": "major"}, Decimal("12.5")),
    "minor unit": ("money", 1250, "USD", {"unit": "minor"}, Decimal("12.50")),
    "total text from minor units": ("total_text", 314800, "NPR", {"unit": "minor"}, "3148.00"),
    "total text from major units": ("total_text", 3148, "NPR", {"unit": "major"}, "3148.00"),
    "total text of yen": ("total_text", 1200, "JPY", {"unit": "minor"}, "1200"),
    "a line total is never read": ("line_total", Decimal(3), "USD", {"unit": "major"}, None),
    "currency": ("currency", "NPR", None, {}, "NPR"),
}

REFUSED_OUT = {
    "half a cent": ("money_minor", Decimal("12.505"), "USD", {}),
    "half a yen": ("money_minor", Decimal("0.5"), "JPY", {}),
    "four decimals of three": ("money_text", Decimal("6.0055"), "KWD", {}),
    "a line total with half a cent": ("line_total", (Decimal("0.333"), 2), "USD", {"unit": "minor"}),
    "an unknown currency": ("money_minor", Decimal(1), "XYZ", {}),
    "no currency": ("money_minor", Decimal(1), None, {}),
    "a currency without a minor unit": ("money_minor", Decimal(1), "XAU", {}),
    "an unknown unit": ("money", Decimal(1), "USD", {"unit": "micro"}),
    "no unit": ("money", Decimal(1), "USD", {}),
    "NaN": ("money_minor", Decimal("NaN"), "USD", {}),
    "infinity": ("money_text", Decimal("Infinity"), "USD", {}),
}

REFUSED_IN = {
    "half a minor unit": ("money_minor", Decimal("1250.5"), "USD", {}),
    "minor units of no currency": ("money_minor", 1250, None, {}),
    "a total of NaN": ("total_text", Decimal("NaN"), "USD", {"unit": "major"}),
    "a number for a text": ("money_text", 12, "USD", {}),
}

# Each is no decimal text, though Python's Decimal() takes most of them.
NO_DECIMALS = [
    "",
    ".",
    "-",
    "+.",
    " 1",
    "1 ",
    "1\n",
    "1e3",
    "1_000",
    "1,5",
    "NaN",
    "Infinity",
    "٣",
    "१२.५",
    "１２",
    "9" * 61,
]

SOME_CURRENCY = st.sampled_from(["USD", "JPY", "KWD", "NPR", "CLF", "EUR", "XAF"])
MINOR = st.integers(0, 10**15)


@pytest.mark.parametrize(("currency", "digits"), EXPONENTS.items())
def test_exponents_are_those_of_iso_4217(currency: str, digits: int | None) -> None:
    assert exponent(currency) == digits


@pytest.mark.parametrize(("text", "known"), {"USD": True, "usd": True, "XAU": True, "XYZ": False, "": False}.items())
def test_a_currency_is_one_in_either_case(text: str, known: bool) -> None:
    assert is_currency(text) is known


@pytest.mark.parametrize(
    ("amount", "found"), {"1499.00": 0, "0.050": 2, "12.5": 1, "1E+3": 0, "0.000": 0, "0": 0, "-0.01": 2}.items()
)
def test_only_decimals_that_carry_value_count(amount: str, found: int) -> None:
    assert decimals(Decimal(amount)) == found


@pytest.mark.parametrize(("codec", "value", "beside", "options", "wire"), OUTWARD.values(), ids=OUTWARD)
def test_out(codec: str, value: Any, beside: Any, options: dict[str, Any], wire: Any) -> None:
    found = MONEY_CODECS[codec].to_dialect(value, beside, options)
    assert (found, type(found)) == (wire, type(wire))


@pytest.mark.parametrize(("codec", "wire", "beside", "options", "value"), INWARD.values(), ids=INWARD)
def test_back(codec: str, wire: Any, beside: Any, options: dict[str, Any], value: Any) -> None:
    found = MONEY_CODECS[codec].to_canonical(wire, beside, options)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(("codec", "value", "beside", "options"), REFUSED_OUT.values(), ids=REFUSED_OUT)
def test_what_a_currency_cannot_say_is_refused_not_rounded(codec: str, value: Any, beside: Any, options: Any) -> None:
    with pytest.raises(CodecError, match=r"expected .*, found "):
        MONEY_CODECS[codec].to_dialect(value, beside, options)


@pytest.mark.parametrize(("codec", "wire", "beside", "options"), REFUSED_IN.values(), ids=REFUSED_IN)
def test_an_answer_that_is_no_amount_is_refused(codec: str, wire: Any, beside: Any, options: Any) -> None:
    with pytest.raises(CodecError, match=r"expected .*, found "):
        MONEY_CODECS[codec].to_canonical(wire, beside, options)


@pytest.mark.parametrize("text", NO_DECIMALS)
def test_a_decimal_text_is_ascii_digits_and_one_point(text: str) -> None:
    with pytest.raises(CodecError, match="expected a decimal text"):
        MONEY_CODECS["money_text"].to_canonical(text, "USD", {})


@pytest.mark.parametrize("amount", ["1E+1000000", "1E+20000", "-1E+20000"])
def test_a_huge_exponent_is_refused_at_once_everywhere(amount: str) -> None:
    huge, started = Decimal(amount), time.perf_counter()
    for refuse in (
        lambda: to_minor(huge, "USD"),
        lambda: from_minor(huge, "USD"),
        lambda: MONEY_CODECS["money_text"].to_dialect(huge, "USD", {}),
        lambda: MONEY_CODECS["total_text"].to_canonical(huge, "USD", {"unit": "minor"}),
    ):
        with pytest.raises(CodecError):
            refuse()
    assert time.perf_counter() - started < 0.05


@pytest.mark.parametrize(
    ("amount", "currency", "why"),
    [
        ("0", "USD", ""),
        ("0.00", "JPY", ""),
        ("999999999999999.99", "USD", ""),
        ("1200.0", "JPY", ""),
        ("6.005", "KWD", ""),
        ("1.2345", None, ""),
        ("1.2345", "XAU", ""),
        ("1000000000000000", "USD", "below 10^15"),
        ("1E+1000000", None, "below 10^15"),
        ("NaN", "USD", "below 10^15"),
        ("Infinity", "USD", "below 10^15"),
        ("-0.01", "USD", "at least 0, found -0.01"),
        ("1.005", "USD", "at most 2 decimals in USD, found 3"),
        ("0.5", "JPY", "at most 0 decimals in JPY, found 1"),
        ("1.23456", None, "at most 4 decimals, found 5"),
        ("1E-1000000", "USD", "at most 2 decimals in USD, found 1000000"),
    ],
)
def test_why_an_amount_cannot_be_one_is_said_in_words(amount: str, currency: str | None, why: str) -> None:
    found = explain_amount(Decimal(amount), currency)
    assert why in found
    assert bool(found) == bool(why)


@given(MINOR, SOME_CURRENCY)
def test_minor_units_and_texts_come_back_exactly(minor: int, currency: str) -> None:
    amount = from_minor(minor, currency)
    text = MONEY_CODECS["money_text"].to_dialect(amount, currency, {})
    assert to_minor(amount, currency) == minor
    assert MONEY_CODECS["money_text"].to_canonical(text, currency, {}) == amount
    for unit in ("major", "minor"):
        money, total = MONEY_CODECS["money"], MONEY_CODECS["total_text"]
        assert (
            money.to_canonical(money.to_dialect(amount, currency, {"unit": unit}), currency, {"unit": unit}) == amount
        )
        assert total.to_canonical(total.to_dialect(text, currency, {"unit": unit}), currency, {"unit": unit}) == text


@given(st.decimals(0, 10**15, allow_nan=False, places=4))
def test_a_number_comes_back_exactly(amount: Decimal) -> None:
    number = MONEY_CODECS["money_number"]
    assert number.to_canonical(number.to_dialect(amount, None, {}), None, {}) == amount


@given(st.sampled_from(["usd", "Usd", "USD", "jpy"]))
def test_a_currency_is_stable_after_the_first_way_out(currency: str) -> None:
    codec = MONEY_CODECS["currency"]
    out = codec.to_dialect(currency, None, {})
    assert codec.to_dialect(codec.to_canonical(out, None, {}), None, {}) == out
