"""A made-up catalogue: every variant id has one price and one name, and money has its currency's digits."""

import hashlib
from collections.abc import Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

from iso4217 import Currency

CHEAPEST, DEAREST = 500, 9999  # minor units

NOWHERE = "00000"  # a postal code that no sandbox finds

ADDRESSES = ("shipping_address", "billing_address")


def is_currency(code: str) -> bool:
    """Whether ISO 4217 lists the code and gives it a number of digits."""
    return _exponent(code) is not None


def digits(currency: str) -> int:
    """Digits after the point by ISO 4217; two for a code it does not list."""
    exponent = _exponent(currency)
    return 2 if exponent is None else exponent


def _exponent(code: str) -> int | None:
    try:
        return Currency(code.upper()).exponent
    except ValueError:
        return None


def find_nowhere(order: Mapping[str, Any], member: str) -> Iterator[tuple[str, str]]:
    """The places in an order that hold a postal code which is nowhere; `member` is its name in an address."""
    for address in ADDRESSES:
        if (order.get(address) or {}).get(member) == NOWHERE:
            yield address, member


def price(variant_id: str, currency: str) -> Decimal:
    """The price of one piece in major units."""
    return Decimal(minor_price(variant_id)).scaleb(-digits(currency))


def minor_price(variant_id: str) -> int:
    """The price of one piece in minor units."""
    return CHEAPEST + int.from_bytes(_digest(variant_id)[:4]) % (DEAREST - CHEAPEST + 1)


def text(amount: Decimal, currency: str) -> str:
    """A decimal string with the currency's digits, halves rounded up; InvalidOperation beyond 28 digits."""
    return format(amount.quantize(Decimal(1).scaleb(-digits(currency)), ROUND_HALF_UP), "f")


def product_uuid(variant_id: str) -> str:
    """The product a variant belongs to."""
    return str(UUID(bytes=_digest(f"product of {variant_id}")[:16], version=4))


def number(variant_id: str) -> str:
    """A stock number such as `SKU-1A2B3C4D`."""
    return f"SKU-{_digest(variant_id).hex()[:8].upper()}"


def _digest(seed: str) -> bytes:
    return hashlib.sha256(seed.encode("utf-8", "surrogatepass")).digest()
