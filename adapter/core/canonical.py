"""The canonical order and receipt: their types, and everything that makes a body one of them.

The shape is that of Stella's sync order (``POST /api/sync/v1/orders``) with two optional members of our own,
``cart_id`` and ``shipping_rate_id``. It is looser where real clients are: ids are any text, since a client
carries the ids of whatever backend it browsed, and every member of an address may be missing or null.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Annotated, Any

import jsonschema_rs
import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from adapter.core.expectations import explain_error
from adapter.core.pinpoint import pinpoint
from adapter.core.values.money import MOST_DIGITS, explain_amount, is_currency
from adapter.core.values.places import find_country
from adapter.errors import Fault, Problem
from adapter.lens.trees import Tree, leaves, point

# (?![\s\S]) and not $, which would let a trailing newline pass
Email = Annotated[str, Meta(max_length=254, pattern=r"^[^@\s]+@[^@\s]+(?![\s\S])")]
Text = Annotated[str, Meta(max_length=255)]
LongText = Annotated[str, Meta(max_length=10_000)]
Amount = Decimal
Optional = Text | None | UnsetType


class Address(Struct, kw_only=True):
    """A postal address as thin as the client's form; the dialect decides what is too thin."""

    first_name: Optional = UNSET
    last_name: Optional = UNSET
    company: Optional = UNSET
    address1: Optional = UNSET
    address2: Optional = UNSET
    city: Optional = UNSET
    state: Optional = UNSET
    postal_code: Optional = UNSET
    country: Optional = UNSET
    phone: Optional = UNSET


class LineItem(Struct, kw_only=True):
    """One line; ``price`` is per piece in major units of the order's currency."""

    quantity: Annotated[int, Meta(ge=1, le=1_000_000)]
    variant_id: Optional = UNSET
    product_id: Optional = UNSET
    size: Optional = UNSET
    color: Optional = UNSET
    name: Optional = UNSET
    price: Amount | None | UnsetType = UNSET
    image_url: Annotated[str, Meta(max_length=2083)] | None | UnsetType = UNSET


class Order(Struct, kw_only=True):
    """What a client sends; amounts in major units."""

    email: Email
    line_items: Annotated[list[LineItem], Meta(min_length=1, max_length=1000)]
    shipping_address: Address
    payment_method: Text
    phone: Optional = UNSET
    billing_address: Address | None | UnsetType = UNSET
    payment_intent_id: Optional = UNSET
    note: LongText | None | UnsetType = UNSET
    subtotal: Amount | None | UnsetType = UNSET
    total: Amount | None | UnsetType = UNSET
    currency: Annotated[str, Meta(max_length=8)] | None | UnsetType = UNSET
    cart_id: Optional = UNSET
    shipping_rate_id: Optional = UNSET


class Receipt(Struct, kw_only=True):
    """What the client gets: the eight members of Stella's answer; ``total`` is a decimal text."""

    id: str
    order_number: str
    email: str
    total: Annotated[str, Meta(pattern=r"^(?![-+.]*$)[+-]?0*[0-9]*\.?[0-9]*$")]
    currency: str
    status: str
    payment_status: str
    created_at: Annotated[str, Meta(extra_json_schema={"format": "date-time"})]


ORDER_SCHEMA, RECEIPT_SCHEMA = ({"$ref": f"#/components/schemas/{name}"} for name in ("Order", "Receipt"))


def _spell_amounts(schema: Any) -> Any:
    """The typed model's schemas with amounts as the numbers they are on the wire."""
    if isinstance(schema, list):
        return [_spell_amounts(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("format") == "decimal":
        return {"type": "number", "minimum": 0}
    return {key: _spell_amounts(member) for key, member in schema.items()}


_MODEL = msgspec.json.schema_components([Order, Receipt], ref_template="#/components/schemas/{name}")[1]
SCHEMAS: Tree = _spell_amounts(_MODEL)
COMPONENTS: Tree = {"components": {"schemas": SCHEMAS}}

# What complaints call a value: problems end up in logs, where a person's data must not be.
MASK = "the value"

ORDER_VALIDATOR = jsonschema_rs.Draft202012Validator(ORDER_SCHEMA | COMPONENTS, validate_formats=False, mask=MASK)
RECEIPT_VALIDATOR = jsonschema_rs.Draft202012Validator(RECEIPT_SCHEMA | COMPONENTS, validate_formats=True, mask=MASK)

# Levels of nesting in a body; an order has four.
DEEPEST = 32

ADDRESSES = ("shipping_address", "billing_address")

# Every member that an order may have, with those inside it.
MEMBERS: Tree = {
    **dict.fromkeys(Order.__struct_fields__),
    **dict.fromkeys(ADDRESSES, dict.fromkeys(Address.__struct_fields__)),
    "line_items": dict.fromkeys(LineItem.__struct_fields__),
}


# By so many digits a number may lie before or behind the point.
WIDEST = 2 * MOST_DIGITS


def _read_number(text: str) -> Decimal:
    """A JSON fraction as Decimal; refuses exponents that would make later arithmetic endless."""
    try:
        number = Decimal(text)
    except ArithmeticError as exc:
        raise ValueError("expected a number of ordinary size") from exc
    if not -WIDEST <= number.adjusted() <= WIDEST and number:
        raise ValueError("expected a number of ordinary size")
    return number


DECODER = msgspec.json.Decoder(float_hook=_read_number)
ENCODER = msgspec.json.Encoder(decimal_format="number")


def read_json(body: bytes) -> Any:
    """Decode untyped JSON with fractions as Decimal; a ``Problem`` (400) where it is not readable."""
    try:
        body.decode()  # the decoder lets bad UTF-8 pass in members it skips
        value = DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise Problem("unreadable-body", f"expected JSON in UTF-8: {exc}") from exc
    # each level has a bracket of its own, and most bodies have fewer than that
    if body.count(b"{") + body.count(b"[") >= DEEPEST and not is_shallow(value):
        raise Problem("unreadable-body", f"expected at most {DEEPEST} levels of nesting")
    return value


def is_shallow(value: Any) -> bool:
    """Whether a value has no more levels of nesting than a body may have."""
    level = _containers([value])
    for _ in range(DEEPEST - 1):
        level = [inner for outer in level for inner in _containers(outer)]
    return not any(level)


def _containers(value: Tree | list[Any]) -> list[Any]:
    inside = value.values() if isinstance(value, dict) else value
    return [inner for inner in inside if isinstance(inner, (dict, list))]


def read_order(body: Any, default_currency: str | None) -> Tree:
    """The canonical order in a decoded body, less the members we do not know; a ``Problem`` names every fault."""
    try:
        order = msgspec.convert(body, Order)
    except msgspec.ValidationError as exc:
        raise Problem("invalid-order", faults=_schema_faults(body) or [_first_fault(exc)]) from exc
    tree: Tree = msgspec.to_builtins(order, builtin_types=(Decimal,))
    _drop_blanks(tree)
    faults = [*_text_amounts(body), *_value_faults(tree, default_currency)]
    if faults:
        raise Problem("invalid-order", faults=faults)
    return tree


def unknown_members(body: Tree) -> list[str]:
    """Pointers of what a valid body has and the canonical order has no place for; a blank says nothing."""
    return [pointer for pointer, value in _unknown(body, MEMBERS, "") if not _is_blank(value)]


def _unknown(value: Any, known: Tree, at: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unknown(item, known, f"{at}/{index}")
    elif isinstance(value, dict):
        for name, member in value.items():
            if name not in known:
                yield from leaves(member, point(at, (name,)))
            elif inner := known[name]:
                yield from _unknown(member, inner, f"{at}/{name}")


def _is_blank(value: Any) -> bool:
    return isinstance(value, str) and not value.strip()


def _drop_blanks(order: Tree) -> None:
    """Blank texts are absent: a form's empty field is no address line, no id and no currency."""
    for part in (order, *order["line_items"], *(order.get(name) or {} for name in ADDRESSES)):
        for name in [name for name, member in part.items() if isinstance(member, str) and not member.strip()]:
            del part[name]


def lines_total(order: Tree) -> Decimal | None:
    """The sum of price times quantity; None unless every line has a price."""
    prices = [line.get("price") for line in order["line_items"]]
    if any(price is None for price in prices):
        return None
    return sum((price * line["quantity"] for price, line in zip(prices, order["line_items"], strict=True)), Decimal())


def _schema_faults(body: Any) -> list[Fault]:
    """Every place where a body departs from the schema; the typed decoder stops at the first."""
    return [
        Fault(point("", tuple(map(str, error.instance_path))) + _missing(error), "invalid", explain_error(error))
        for outer in ORDER_VALIDATOR.iter_errors(body)
        for error in pinpoint(outer)
    ]


def _missing(error: jsonschema_rs.ValidationError) -> str:
    name = getattr(error.kind, "property", None)
    return point("", (name,)) if name is not None and error.schema_path[-1] == "required" else ""


def _first_fault(exc: msgspec.ValidationError) -> Fault:
    expectation, _, path = str(exc).replace("`decimal`", "a fraction").partition(" - at `$")
    pointer = path.rstrip("`").replace(".", "/").replace("[", "/").replace("]", "")
    return Fault(pointer, "invalid", expectation)


def _amounts(order: Tree) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    yield ("subtotal",), order.get("subtotal")
    yield ("total",), order.get("total")
    for index, line in enumerate(order["line_items"]):
        yield ("line_items", index, "price"), line.get("price")


def _text_amounts(body: Tree) -> Iterator[Fault]:
    for place, amount in _amounts(body):
        if isinstance(amount, str):  # the typed decoder would take it for a Decimal
            yield Fault(_join(place), "invalid", f"expected a number, found the text {amount!r}")


def _join(place: Iterable[str | int]) -> str:
    return point("", tuple(map(str, place)))


def _value_faults(order: Tree, default_currency: str | None) -> Iterator[Fault]:
    if "payment_method" not in order:
        yield Fault("/payment_method", "invalid", "expected a text, found a blank")
    currency = order.get("currency") or default_currency
    if currency and not is_currency(currency):
        yield Fault("/currency", "unknown_currency", f"expected an ISO 4217 code, found {currency!r}")
        currency = None
    for place, amount in _amounts(order):
        if amount is not None and (why := explain_amount(amount, currency)):
            yield Fault(_join(place), "invalid_amount", why)
    for name in ADDRESSES:
        country = (order.get(name) or {}).get("country")
        if country and find_country(country) is None:
            expected = "expected a country as English name or ISO 3166 code"
            yield Fault(f"/{name}/country", "unknown_country", f"{expected}, found {country!r}")
