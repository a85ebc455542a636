"""Amounts of money as ``Decimal``, never float, and their spellings on the wire."""

import re
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import Any

from iso4217 import Currency

from adapter.lens.codecs import Codec, CodecError, Kinds, Options, keep

# Beyond these no shop has an amount; checked before any arithmetic, since a huge exponent makes it endless.
MOST_DIGITS = 15
MOST_DECIMALS = 4  # the largest exponent in ISO 4217 (CLF, UYW)

# The decimal text of the backends' pages, in ASCII digits only.
DECIMAL_TEXT = re.compile(r"(?![-+.]*\Z)[+-]?[0-9]*\.?[0-9]*\Z")


@lru_cache(maxsize=512)
def exponent(currency: str) -> int | None:
    """Decimals of a currency by ISO 4217; None for a code that is not in it or has no minor unit."""
    try:
        return Currency(currency.upper()).exponent
    except ValueError:
        return None


@lru_cache(maxsize=512)
def is_currency(currency: str) -> bool:
    """Whether ISO 4217 lists the code, in either case."""
    try:
        Currency(currency.upper())
    except ValueError:
        return False
    return True


def decimals(amount: Decimal) -> int:
    """Decimals that carry value: 1499.00 has none, 0.050 has two."""
    _, digits, scale = amount.as_tuple()
    if not isinstance(scale, int):
        raise CodecError(f"expected a finite amount, found {amount}")
    found = -scale if amount else 0
    for digit in reversed(digits):
        if digit or found <= 0:
            break
        found -= 1
    return max(0, found)


def explain_amount(amount: Decimal, currency: str | None) -> str:
    """Why an amount cannot be one, in words; empty if it can."""
    sign, digits, scale = amount.as_tuple()
    if not isinstance(scale, int) or amount.adjusted() >= MOST_DIGITS or len(digits) > 2 * MOST_DIGITS:
        return f"expected an amount below 10^{MOST_DIGITS}"
    if sign and amount:
        return f"expected an amount of at least 0, found {amount}"
    allowed = exponent(currency) if currency else None
    most = MOST_DECIMALS if allowed is None else allowed
    if -scale > most and (found := decimals(amount)) > most:
        return f"expected at most {most} decimals{f' in {currency}' if currency else ''}, found {found}"
    return ""


def _digits(currency: Any) -> int:
    digits = exponent(currency) if isinstance(currency, str) else None
    if digits is None:
        raise CodecError(f"expected a currency with a minor unit, found {currency!r}")
    return digits


def _bound(amount: Any) -> Decimal:
    """The amount, if it is one of ordinary size: arithmetic on a huge exponent takes minutes or overflows."""
    number = Decimal(amount)
    if not number.is_finite() or number.adjusted() > 2 * MOST_DIGITS:
        raise CodecError(f"expected an amount below 10^{2 * MOST_DIGITS}, found {number}")
    return number


def to_minor(amount: Any, currency: Any) -> int:
    """12.50 EUR -> 1250; refuses what the currency cannot express instead of rounding it."""
    digits, amount = _digits(currency), _bound(amount)
    if decimals(amount) > digits:
        raise CodecError(f"expected at most {digits} decimals in {currency}, found {amount}")
    return int(amount.scaleb(digits))


def from_minor(amount: Any, currency: Any) -> Decimal:
    """1250 EUR -> 12.50."""
    if isinstance(amount, Decimal) and decimals(amount):
        raise CodecError(f"expected a whole number of minor units, found {amount}")
    return _bound(amount).scaleb(-_digits(currency))


def _from_number(amount: Any, _currency: Any, _options: Options) -> Decimal:
    return Decimal(amount)


def _to_minor(amount: Any, currency: Any, _options: Options) -> int:
    return to_minor(amount, currency)


def _from_minor(amount: Any, currency: Any, _options: Options) -> Decimal:
    return from_minor(amount, currency)


def _to_text(amount: Any, currency: Any, _options: Options) -> str:
    return f"{from_minor(to_minor(amount, currency), currency):f}"


def _from_text(amount: Any, _currency: Any, _options: Options) -> Decimal:
    if not isinstance(amount, str) or not DECIMAL_TEXT.match(amount) or len(amount) > 4 * MOST_DIGITS:
        raise CodecError(f"expected a decimal text, found {amount!r}")
    return Decimal(amount)


UNITS: dict[Any, tuple[Callable[[Any, Any], Any], Callable[[Any, Any], Decimal]]] = {
    "major": (lambda amount, _: amount, lambda amount, _: Decimal(amount)),
    "minor": (to_minor, from_minor),
}


def _unit(options: Options) -> tuple[Callable[[Any, Any], Any], Callable[[Any, Any], Decimal]]:
    unit = UNITS.get(options.get("unit"))
    if unit is None:
        raise CodecError(f"expected the unit to be one of {sorted(UNITS)}, found {options.get('unit')!r}")
    return unit


def _to_unit(amount: Any, currency: Any, options: Options) -> Any:
    return _unit(options)[0](amount, currency)


def _from_unit(amount: Any, currency: Any, options: Options) -> Decimal:
    return _unit(options)[1](amount, currency)


def _to_line_total(pair: Any, currency: Any, options: Options) -> Any:
    price, quantity = pair
    return None if price is None or quantity is None else _to_unit(price * quantity, currency, options)


def _text_to_unit(text: Any, currency: Any, options: Options) -> Any:
    return _to_unit(_from_text(text, currency, options), currency, options)


def _unit_to_text(amount: Any, currency: Any, options: Options) -> str:
    number = _from_unit(amount, currency, options)
    try:
        return _to_text(number, currency, options)
    except CodecError:
        if exponent(str(currency)) is None or not number.is_finite() or number.adjusted() > MOST_DIGITS:
            raise
        return f"{number:f}"  # a backend's rounding error is its own; the order is placed, and its total readable


def _no_way_back(_amount: Any, _currency: Any, _options: Options) -> None:
    return None


def _to_code(currency: Any, _beside: Any, _options: Options) -> str:
    return str(currency).upper()


def _from_code(currency: Any, _beside: Any, _options: Options) -> str:
    return str(currency)


# Minor units are whole; in major units an amount is a number.
UNIT_CHOICES = (("unit", "major", ("number",)), ("unit", "minor", ("integer",)))
IN_UNITS = Kinds(("number",), ("number", "integer"), ("amount",), "currency", UNIT_CHOICES)

MONEY_CODECS: dict[str, Codec] = {
    "money_number": Codec(keep, _from_number, kinds=Kinds(("number",), ("number",), ("amount",))),
    "money_minor": Codec(
        _to_minor, _from_minor, beside=True, kinds=Kinds(("number",), ("integer",), ("amount",), "currency")
    ),
    "money_text": Codec(
        _to_text, _from_text, beside=True, kinds=Kinds(("number",), ("string",), ("amount",), "currency")
    ),
    "money": Codec(_to_unit, _from_unit, beside=True, options=frozenset({"unit"}), kinds=IN_UNITS),
    "total_text": Codec(
        _text_to_unit,
        _unit_to_text,
        beside=True,
        options=frozenset({"unit"}),
        kinds=IN_UNITS._replace(canonical=("string",)),
    ),
    "line_total": Codec(
        _to_line_total,
        _no_way_back,
        lossy="a product does not tell its factors",
        beside=True,
        options=frozenset({"unit"}),
        kinds=IN_UNITS._replace(canonical=("number", "integer"), means=("amount", "quantity")),
    ),
    "currency": Codec(
        _to_code,
        _from_code,
        lossy="lower case comes back as upper case",
        kinds=Kinds(("string",), ("string",), ("currency",)),
    ),
}
