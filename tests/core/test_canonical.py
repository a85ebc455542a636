"""The canonical order: what a body may and may not be, told by exact pointer and code."""

import time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.core.canonical import ENCODER, lines_total, read_json, read_order, unknown_members
from adapter.errors import Problem

LINE: dict[str, Any] = {"quantity": 1, "price": Decimal("12.50")}
GOOD: dict[str, Any] = {
    "email": "a@b.c",
    "line_items": [LINE],
    "shipping_address": {"city": "Kathmandu"},
    "payment_method": "cod",
    "total": Decimal("12.50"),
}
REQUIRED = ["/email", "/line_items", "/shipping_address", "/payment_method"]


def lines(*changes: dict[str, Any]) -> dict[str, Any]:
    return {"line_items": [LINE | change for change in changes]}


# members that go over GOOD -> every (pointer, code) and nothing else
FAULTS: dict[str, tuple[dict[str, Any], list[tuple[str, str]]]] = {
    "a text where a list belongs": ({"line_items": "x"}, [("/line_items", "invalid")]),
    "numbers where texts belong": (
        {"email": 5, "payment_method": 1},
        [("/email", "invalid"), ("/payment_method", "invalid")],
    ),
    "a list where an address belongs": ({"shipping_address": []}, [("/shipping_address", "invalid")]),
    "null where a member is required": (
        dict.fromkeys(("email", "line_items", "shipping_address", "payment_method")),
        [(pointer, "invalid") for pointer in REQUIRED],
    ),
    "no lines": ({"line_items": []}, [("/line_items", "invalid")]),
    "too many lines": ({"line_items": [LINE] * 1001}, [("/line_items", "invalid")]),
    "a line of null": ({"line_items": [LINE, None]}, [("/line_items/1", "invalid")]),
    "lines without a quantity": (
        {"line_items": [{}, LINE, {}]},
        [("/line_items/0/quantity", "invalid"), ("/line_items/2/quantity", "invalid")],
    ),
    "quantity 0": (lines({"quantity": 0}), [("/line_items/0/quantity", "invalid")]),
    "a negative quantity": (lines({"quantity": -1}), [("/line_items/0/quantity", "invalid")]),
    "half a piece": (lines({"quantity": Decimal("1.5")}), [("/line_items/0/quantity", "invalid")]),
    "a quantity of true": (lines({"quantity": True}), [("/line_items/0/quantity", "invalid")]),
    "a quantity as text": (lines({"quantity": "1"}), [("/line_items/0/quantity", "invalid")]),
    "a quantity beyond a million": (lines({"quantity": 1_000_001}), [("/line_items/0/quantity", "invalid")]),
    "a price as text": (lines({"price": "12.50"}), [("/line_items/0/price", "invalid")]),
    "a price in words": (lines({"price": "free"}), [("/line_items/0/price", "invalid")]),
    "two amounts as text": (
        lines({"price": "1.50"}) | {"total": "1.50"},
        [("/line_items/0/price", "invalid"), ("/total", "invalid")],
    ),
    "a total of true": ({"total": True}, [("/total", "invalid")]),
    "a negative price": (lines({}, {"price": -1}), [("/line_items/1/price", "invalid_amount")]),
    "a negative total": ({"total": Decimal("-0.01")}, [("/total", "invalid_amount")]),
    "half a cent": ({"total": Decimal("1.005"), "currency": "USD"}, [("/total", "invalid_amount")]),
    "half a yen": (
        {"subtotal": Decimal("0.5"), "total": 1, "currency": "JPY"} | lines({"price": Decimal("0.5")}),
        [("/line_items/0/price", "invalid_amount"), ("/subtotal", "invalid_amount")],
    ),
    "more decimals than any currency has": ({"total": Decimal("1.00005")}, [("/total", "invalid_amount")]),
    "an amount beyond any shop": ({"total": 10**15}, [("/total", "invalid_amount")]),
    "an unknown currency": ({"currency": "XYZ"}, [("/currency", "unknown_currency")]),
    "a currency in words": ({"currency": "dollar"}, [("/currency", "unknown_currency")]),
    "a currency too long for one": ({"currency": "US dollars"}, [("/currency", "invalid")]),
    "unknown countries": (
        {"shipping_address": {"country": "Atlantis"}, "billing_address": {"country": "Narnia"}},
        [("/billing_address/country", "unknown_country"), ("/shipping_address/country", "unknown_country")],
    ),
    "a country as number": ({"shipping_address": {"country": 1}}, [("/shipping_address/country", "invalid")]),
    "no e-mail address": ({"email": "nobody"}, [("/email", "invalid")]),
    "an e-mail address with a newline": ({"email": "a@b.c\n"}, [("/email", "invalid")]),
    "texts too long": (
        {"payment_method": "x" * 256, "note": "x" * 10_001},
        [("/note", "invalid"), ("/payment_method", "invalid")],
    ),
    "faults of schema at several depths": (
        {"email": "x", "line_items": [LINE | {"quantity": "x"}], "shipping_address": {"city": 5}},
        [("/email", "invalid"), ("/line_items/0/quantity", "invalid"), ("/shipping_address/city", "invalid")],
    ),
    "faults of value at several depths": (
        {"currency": "XYZ", "total": -1, "shipping_address": {"country": "Atlantis"}},
        [
            ("/currency", "unknown_currency"),
            ("/shipping_address/country", "unknown_country"),
            ("/total", "invalid_amount"),
        ],
    ),
}

TOLERATED: dict[str, dict[str, Any]] = {
    "as it is": {},
    "nothing known of the address": {"shipping_address": {}},
    "null in place of every optional member": dict.fromkeys(
        ("phone", "billing_address", "note", "subtotal", "total", "currency", "cart_id")
    ),
    "null inside lines and addresses": lines({"price": None, "name": None}) | {"shipping_address": {"city": None}},
    "a currency in lower case": {"currency": "npr"},
    "yen with a point": {"total": Decimal("1200.0"), "currency": "JPY"} | lines({"price": 1200}),
    "three decimals of dinar": {"total": Decimal("6.005"), "currency": "KWD"},
    "nothing to pay": {"total": 0},
    "any text as an id": lines({"variant_id": "va_1", "product_id": "#/42"}),
    "the same line twice": {"line_items": [LINE, LINE]},
}

UNREADABLE = {
    "nothing": b"",
    "no JSON": b"order",
    "half of it": b'{"a": 1',
    "two values": b"1 2",
    "NaN": b'{"a": NaN}',
    "infinity": b"[Infinity]",
    "a byte order mark": b"\xef\xbb\xbf{}",
    "bad UTF-8": b'{"email": "\xff"}',
    "bad UTF-8 in a member nobody knows": b'{"x": {"y": ["\xc3\x28"]}}',
    "half a surrogate pair": b'"\\ud800"',
    "a nesting bomb of lists": b"[" * 100_000 + b"]" * 100_000,
    "a nesting bomb of objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "a huge exponent": b"1e1000000",
    "a tiny exponent": b"1e-1000000",
    "an exponent beyond Decimal": b"1e99999999999999999999",
    "a tiny exponent beyond Decimal": b'{"x": 1e-99999999999999999999}',
    "zero with an exponent beyond Decimal": b"0e99999999999999999999",
}

TEXT = st.text(st.characters(codec="utf-8"), max_size=20).filter(str.strip)
PRICE = st.decimals(0, 10**9, places=2, allow_nan=False)
COUNTRY = st.sampled_from(["NP", "npl", "Nepal", "UK"])


def optional(**members: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional={name: member | st.none() for name, member in members.items()})


ADDRESSES = optional(
    **dict.fromkeys(("first_name", "last_name", "company", "address1", "address2", "city", "state", "phone"), TEXT),
    postal_code=TEXT,
    country=COUNTRY,
)
LINES = st.builds(
    lambda quantity, rest: {"quantity": quantity} | rest,
    st.integers(1, 1_000_000),
    optional(price=PRICE, **dict.fromkeys(("variant_id", "product_id", "size", "color", "name", "image_url"), TEXT)),
)
ORDERS = st.builds(
    lambda required, rest: required | rest,
    st.fixed_dictionaries(
        {
            "email": st.emails().filter(lambda text: len(text) <= 254),
            "line_items": st.lists(LINES, min_size=1, max_size=4),
            "shipping_address": ADDRESSES,
            "payment_method": TEXT,
        }
    ),
    optional(
        billing_address=ADDRESSES,
        subtotal=PRICE,
        total=PRICE,
        currency=st.sampled_from(["USD", "npr", "KWD"]),
        **dict.fromkeys(("phone", "payment_intent_id", "note", "cart_id", "shipping_rate_id"), TEXT),
    ),
)


def refuse(body: Any, default_currency: str | None = None) -> list[tuple[str, str]]:
    with pytest.raises(Problem) as caught:
        read_order(body, default_currency)
    assert caught.value.kind == "invalid-order"
    assert all(fault.detail for fault in caught.value.faults)
    return sorted((fault.pointer, fault.code) for fault in caught.value.faults)


@pytest.mark.parametrize(("members", "faults"), FAULTS.values(), ids=FAULTS)
def test_every_fault_has_its_pointer_and_no_other_member_is_blamed(members: dict[str, Any], faults: Any) -> None:
    assert refuse(GOOD | members) == sorted(faults)


def test_missing_members_are_named_all_at_once() -> None:
    assert refuse({}) == sorted((pointer, "invalid") for pointer in REQUIRED)


def test_amounts_beside_a_missing_member_are_not_blamed() -> None:
    assert refuse({name: member for name, member in GOOD.items() if name != "email"}) == [("/email", "invalid")]


@pytest.mark.parametrize("body", [[], None, "order", 1, True])
def test_an_order_is_an_object(body: Any) -> None:
    assert refuse(body) == [("", "invalid")]


@pytest.mark.parametrize("members", TOLERATED.values(), ids=TOLERATED)
def test_what_a_client_may_say_passes_unchanged(members: dict[str, Any]) -> None:
    assert read_order(GOOD | members, None) == GOOD | members


def test_an_amount_is_held_against_the_tenants_currency_only_where_the_order_names_none() -> None:
    assert refuse(GOOD, "JPY") == [("/line_items/0/price", "invalid_amount"), ("/total", "invalid_amount")]
    assert read_order(GOOD | {"currency": "USD"}, "JPY")["total"] == Decimal("12.50")


@pytest.mark.parametrize(("before", "after"), [("[", "]"), ('{"a":', "}")])
@pytest.mark.parametrize("beside", ["", ", [], {}" * 40])
def test_a_value_has_at_most_31_lists_and_objects_around_it(before: str, after: str, beside: str) -> None:
    bodies = [f"[{before * (around - 1)}1{after * (around - 1)}{beside}]".encode() for around in (31, 32)]
    assert read_json(bodies[0])
    with pytest.raises(Problem, match="at most 32 levels"):
        read_json(bodies[1])


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
def test_an_unreadable_body_is_refused_at_once(body: bytes) -> None:
    started = time.perf_counter()
    with pytest.raises(Problem) as caught:
        read_json(body)
    assert caught.value.kind == "unreadable-body"
    assert time.perf_counter() - started < 0.2


def test_a_fraction_is_never_a_float() -> None:
    assert str(read_json(b"[0.1, 1499.0, 1e2, 12345678901234.5678]")) == str(
        [Decimal("0.1"), Decimal("1499.0"), Decimal("1E+2"), Decimal("12345678901234.5678")]
    )
    assert read_json(b"9007199254740993") == 9007199254740993


@given(ORDERS)
def test_a_valid_order_passes_and_comes_back_equal(order: dict[str, Any]) -> None:
    assert read_order(order, None) == order
    assert read_order(read_json(ENCODER.encode(order)), None) == order
    assert unknown_members(order) == []


def test_a_blank_says_nothing_and_is_absent() -> None:
    blank = {"shipping_address": {"country": "  ", "city": "Patan"}, "billing_address": {"country": ""}, "currency": ""}
    order = read_order(GOOD | blank | {"source": " "}, None)
    assert order == {name: member for name, member in GOOD.items() if name != "currency"} | {
        "shipping_address": {"city": "Patan"},
        "billing_address": {},
    }
    assert unknown_members(GOOD | blank | {"source": " "}) == []
    assert refuse(GOOD | {"payment_method": " "}) == [("/payment_method", "invalid")]


def test_members_nobody_knows_are_left_out_and_pointed_at() -> None:
    body = GOOD | {
        "source": "widget",
        "extra": {"a/b": 1, "c~d": [1, {}]},
        "empty": {},
        "line_items": [LINE | {"sku": "K-1"}, LINE],
        "shipping_address": {"city": "x", "province": "y"},
        "billing_address": {"zip": None},
    }
    order = read_order(body, None)
    assert order["line_items"] == [LINE, LINE]
    assert unknown_members(body) == [
        "/line_items/0/sku",
        "/shipping_address/province",
        "/source",
        "/extra/a~1b",
        "/extra/c~0d/0",
        "/extra/c~0d/1",
        "/empty",
        "/billing_address/zip",
    ]


@pytest.mark.parametrize(
    ("prices", "total"),
    [
        ([(Decimal("12.50"), 2)], Decimal("25.00")),
        ([(Decimal("0.1"), 3), (Decimal("0.2"), 1)], Decimal("0.5")),
        ([(1499, 2), (Decimal("6.005"), 1)], Decimal("3004.005")),
        ([(0, 1)], Decimal(0)),
        ([(Decimal(1), 1), (None, 1)], None),
    ],
)
def test_the_lines_sum_up_exactly_or_not_at_all(prices: list[tuple[Any, int]], total: Decimal | None) -> None:
    order = {"line_items": [{"price": price, "quantity": quantity} for price, quantity in prices]}
    assert lines_total(order) == total


def test_a_line_without_a_price_member_leaves_no_sum() -> None:
    assert lines_total({"line_items": [{"quantity": 1}]}) is None
