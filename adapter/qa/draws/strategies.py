"""Hypothesis strategies for canonical orders: valid ones, in all the untidiness the canonical format allows."""

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from adapter.core.values.money import exponent

Tree = dict[str, Any]

CURRENCIES = ("USD", "EUR", "NPR", "JPY", "KWD")

# A country as people write it, with a subdivision of it as people write that; None where addresses have none.
PLACES: tuple[tuple[str, str | None], ...] = (
    ("US", "KY"),
    ("United States", "Kentucky"),
    ("usa", "ny"),
    ("Nepal", "Bagmati"),
    ("NPL", None),
    ("JP", "東京都"),
    ("Japan", "Tokyo"),
    ("KW", None),
    ("Germany", "Bayern"),
    ("FR", None),
    ("UK", "Scotland"),
    ("Singapore", None),
    ("HKG", None),
    ("AE", "Dubai"),
)

NAMES = st.sampled_from(
    ["Maya", "de la Cruz", "van der Berg", "太郎", "山田", "محمد", "О'Коннор", "Zoë", "Jean-Luc", "X"]
)

# No control characters and no surrogates: neither belongs in a text that prints on a parcel.
TEXT = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=20)

IDS = {"uuid": st.uuids().map(str), "va": st.from_regex(r"va_[A-Za-z0-9]{4,8}", fullmatch=True), "any": TEXT}


def amounts(currency: str) -> st.SearchStrategy[Decimal]:
    """Amounts the currency can express, from nothing to a million."""
    digits = exponent(currency) or 0
    return st.integers(0, 10 ** (6 + digits)).map(lambda minor: Decimal(minor).scaleb(-digits))


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A value, or null."""
    return st.one_of(st.none(), strategy)


def members(required: Tree, optional: Tree) -> st.SearchStrategy[Tree]:
    """An object whose optional members may be absent."""
    return st.fixed_dictionaries(required, optional=optional)


def addresses() -> st.SearchStrategy[Tree]:
    """Addresses from empty to complete; country and subdivision belong together."""
    plain = {name: maybe(TEXT) for name in ("company", "address1", "address2", "city", "postal_code", "phone")}
    names = {name: maybe(NAMES) for name in ("first_name", "last_name")}
    return st.builds(_locate, members({}, plain | names), st.sampled_from(PLACES), st.booleans())


def lines(ids: str, currency: str) -> st.SearchStrategy[Tree]:
    """Order lines with ids of one family: uuid (Stella), va (Lana), any."""
    family = IDS[ids]
    optional = {name: maybe(TEXT) for name in ("size", "color", "name", "image_url")}
    references = {"variant_id": maybe(family), "product_id": maybe(family if ids == "uuid" else TEXT)}
    return members({"quantity": st.integers(1, 999)}, optional | references | {"price": maybe(amounts(currency))})


@st.composite
def orders(draw: st.DrawFn, ids: str = "any", default_currency: str = "USD") -> Tree:
    """Canonical orders as ``canonical.read_order`` gives them to a tenant with that default currency."""
    currency = draw(st.sampled_from(CURRENCIES))
    said = {"currency": st.just(currency)}
    required: dict[str, st.SearchStrategy[Any]] = {
        "email": st.emails(domains=st.just("example.com")).filter(lambda text: len(text) <= 254),
        "line_items": st.lists(lines(ids, currency), min_size=1, max_size=4),
        "shipping_address": addresses(),
        "payment_method": st.sampled_from(["cod", "online", "stripe", "card"]),
    }
    optional = {
        "phone": maybe(TEXT),
        "billing_address": maybe(addresses()),
        "payment_intent_id": maybe(TEXT),
        "note": maybe(TEXT),
        "subtotal": maybe(amounts(currency)),
        "total": maybe(amounts(currency)),
        "cart_id": maybe(IDS["uuid"]),
        "shipping_rate_id": maybe(IDS["uuid"] if ids == "uuid" else st.from_regex(r"si_[a-z]{4}", fullmatch=True)),
    }
    silent = currency == default_currency
    order: Tree = draw(members(required | ({} if silent else said), optional | (said if silent else {})))
    return order


def _locate(address: Tree, place: tuple[str, str | None], located: bool) -> Tree:
    country, state = place
    if not located:
        return address
    return address | {"country": country} | ({"state": state} if state is not None else {})
