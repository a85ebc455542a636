"""Orders: what stands in the way is named in the client's own words, and what does not arrive is told."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from adapter.core.orders import Journey, map_out
from adapter.core.tenancy.tenants import Tenant, by_site_id
from adapter.errors import Problem

JourneyOf = Callable[..., Journey]

UUID = "0b7c9c1e-5a55-4f0a-9a0f-2f6f6f0d8a11"
THIN = {"shipping_address": {"city": "Kathmandu"}}
THIN_FOR_LANA = ["first_name", "last_name", "address1", "country", "state", "postal_code"]


def required(*pointers: str) -> set[tuple[str, str]]:
    return {(pointer, "required") for pointer in pointers}


def lines(*items: dict[str, Any]) -> dict[str, Any]:
    return {"line_items": [{"quantity": 1} | item for item in items]}


# dialect, settings, members of the order -> every (pointer, code)
IN_THE_WAY: dict[str, tuple[str, dict[str, Any], dict[str, Any], set[tuple[str, str]]]] = {
    "a thin address for Enad": ("enad", {}, THIN, required("/shipping_address/country")),
    "a thin address for Lana": ("lana", {}, THIN, required(*(f"/shipping_address/{name}" for name in THIN_FOR_LANA))),
    "a thin address for Lana with a country set": (
        "lana",
        {"country": "NP"},
        THIN,
        required(*(f"/shipping_address/{name}" for name in ("first_name", "last_name", "address1"))),
    ),
    "a thin address for Lana in a country with neither state nor postcode": (
        "lana",
        {"country": "Hong Kong"},
        THIN,
        required(*(f"/shipping_address/{name}" for name in ("first_name", "last_name", "address1"))),
    ),
    "a thin billing address for Lana": (
        "lana",
        {},
        {"billing_address": {"city": "Kathmandu"}},
        required(*(f"/billing_address/{name}" for name in THIN_FOR_LANA)),
    ),
    "null instead of an address for Lana": (
        "lana",
        {"country": "HK"},
        {"shipping_address": dict.fromkeys(("first_name", "last_name", "address1", "city", "state", "postal_code"))},
        required(*(f"/shipping_address/{name}" for name in ("first_name", "last_name", "address1", "city"))),
    ),
    "blanks instead of an address for Lana": (
        "lana",
        {},
        {
            "shipping_address": {
                "first_name": " ",
                "last_name": "",
                "address1": "1",
                "city": "c",
                "country": "US",
                "state": "",
                "postal_code": " ",
            }
        },
        required(*(f"/shipping_address/{name}" for name in ("first_name", "last_name", "state", "postal_code"))),
    ),
    "no currency for Enad": ("enad", {}, {"currency": ...}, required("/currency")),
    "a currency of null for Enad": ("enad", {}, {"currency": None}, required("/currency")),
    "a variant of null for Enad": (
        "enad",
        {},
        lines({"variant_id": None, "product_id": "p", "price": 1}),
        required("/line_items/0/variant_id"),
    ),
    "a line of nothing for Enad": (
        "enad",
        {},
        lines({}),
        required("/line_items/0/product_id", "/line_items/0/variant_id", "/line_items/0/price"),
    ),
    "the second line without a price for Enad": (
        "enad",
        {},
        lines({"variant_id": "v", "product_id": "p", "price": 1}, {"variant_id": "v", "product_id": "p"}),
        required("/line_items/1/price"),
    ),
    "neither total nor prices for Enad": (
        "enad",
        {},
        {"total": ...} | lines({"variant_id": "v", "product_id": "p"}),
        required("/total", "/line_items/0/price"),
    ),
    "a line with neither variant nor name for Lana": ("lana", {}, lines({"price": 1}), required("/line_items/0/name")),
    "a line without a variant for Stella's cart": (
        "stella_checkout",
        {},
        lines({"variant_id": UUID}, {"name": "Kurta"}),
        required("/line_items/1/variant_id"),
    ),
    "Stripe without its intent for Stella's checkout": (
        "stella_checkout",
        {},
        {"payment_method": "stripe"},
        required("/payment_intent_id"),
    ),
    "ids that are no UUIDs for Stella": (
        "stella_sync",
        {},
        lines({"variant_id": "va_1"}, {"variant_id": UUID, "product_id": "p"}),
        {("/line_items/0/variant_id", "unfit"), ("/line_items/1/product_id", "unfit")},
    ),
    "ids that are no UUIDs for Stella's cart": (
        "stella_checkout",
        {},
        {"shipping_rate_id": "si_1", "cart_id": "mine"},
        {("/shipping_rate_id", "unfit"), ("/cart_id", "unfit")},
    ),
    "a variant of another backend for Lana": (
        "lana",
        {},
        lines({"variant_id": "va_1"}, {"variant_id": UUID}),
        {("/line_items/1/variant_id", "unfit")},
    ),
    "a shipping rate of another backend for Lana": (
        "lana",
        {},
        {"shipping_rate_id": UUID},
        {("/shipping_rate_id", "unfit")},
    ),
    "a state of another country for Lana": (
        "lana",
        {},
        {
            "shipping_address": {
                "first_name": "A",
                "address1": "1",
                "city": "c",
                "postal_code": "1",
                "country": "US",
                "state": "Bagmati",
            }
        },
        {("/shipping_address/state", "no_counterpart")},
    ),
    "a price Lana cannot count": (
        "lana",
        {},
        {"currency": "XAU"} | lines({"name": "Gold", "price": 1}),
        {("/line_items/0/price", "no_counterpart")},
    ),
    "a setting of the tenant that is wrong": ("lana", {"gateway_id": "stripe"}, {}, {("", "tenant_setting")}),
    "a setting of the tenant that is empty": ("enad", {"language_code": None}, {}, {("", "tenant_setting")}),
}

# dialect, settings, members -> a path of the document and what stands there
FILLED: dict[str, tuple[str, dict[str, Any], dict[str, Any], list[str], Any]] = {
    "Enad's country from the tenant": ("enad", {"country": "Nepal"}, THIN, ["country_code"], "NP"),
    "Enad's country as the tenant spells it": (
        "enad",
        {"country": "NP", "country_form": "alpha3"},
        THIN,
        ["country_code"],
        "NPL",
    ),
    "Enad's currency from the tenant": ("enad", {"currency": "NPR"}, {"currency": None}, ["currency_code"], "NPR"),
    "Enad's total from the lines": ("enad", {}, {"total": ...}, ["grand_total"], Decimal(2998)),
    "Enad's total in minor units": ("enad", {"money_unit": "minor"}, {}, ["grand_total"], 314800),
    "Enad's phone from the order": ("enad", {}, {"phone": "+1"}, ["shipping_address", "telephone_number"], "+1"),
    "Lana's currency from the tenant": ("lana", {"currency": "npr"}, {"currency": None}, ["currency"], "NPR"),
    "Lana's joined name": ("lana", {}, {}, ["shipping_address", "name"], "Sita Sharma"),
    "Lana's province by code": ("lana", {}, {}, ["shipping_address", "province"], "P3"),
    "Lana's shipping rates": ("lana", {}, {"shipping_rate_id": "si_1"}, ["shipping_rate_ids"], ["si_1"]),
    "Lana's own item": (
        "lana",
        {},
        lines({"name": "Kurta", "price": Decimal("12.50")}) | {"currency": "USD"},
        ["custom_items"],
        [{"title": "Kurta", "price": 1250}],
    ),
    "Lana's tag": ("lana", {}, {}, ["tags"], ["11111111-2222-4333-8444-555555555555"]),
    "Stella's country as written": ("stella_sync", {}, {}, ["shipping_address", "country"], "NP"),
    "Stella's country as the tenant wants it": (
        "stella_sync",
        {"country_form": "name"},
        {},
        ["shipping_address", "country"],
        "Nepal",
    ),
    "terms accepted": (
        "stella_checkout",
        {"cod_terms_accepted": True},
        {},
        ["complete", "cod", "accepted_terms"],
        True,
    ),
}


@pytest.mark.parametrize(("dialect", "settings", "members", "faults"), IN_THE_WAY.values(), ids=IN_THE_WAY)
def test_every_member_in_the_way_is_named_in_the_clients_words(
    dialect: str, settings: Any, members: Any, faults: set[tuple[str, str]], journey_of: JourneyOf
) -> None:
    with pytest.raises(Problem) as caught:
        journey_of(dialect, settings, **members)
    assert (caught.value.kind, caught.value.status) == ("unmappable-order", 422)
    assert {(fault.pointer, fault.code) for fault in caught.value.faults} == faults
    assert len(set(caught.value.faults)) == len(caught.value.faults)


def test_a_fault_says_where_the_dialect_wanted_it(journey_of: JourneyOf) -> None:
    with pytest.raises(Problem) as caught:
        journey_of("lana", **lines({"price": 1}))
    assert [fault.detail for fault in caught.value.faults] == ["lana requires it as /custom_items/0/title"]


@pytest.mark.parametrize(("dialect", "settings", "members", "path", "value"), FILLED.values(), ids=FILLED)
def test_what_stands_in_the_document(
    dialect: str, settings: Any, members: Any, path: list[str], value: Any, journey_of: JourneyOf
) -> None:
    found: Any = journey_of(dialect, settings, **members).document
    for key in path:
        found = found[key]
    assert found == value


def test_a_step_that_is_never_made_demands_nothing(journey_of: JourneyOf) -> None:
    journey = journey_of("stella_checkout", {"last_step": "checkout"}, payment_method="stripe")
    assert "complete" not in journey.document


def test_a_skipped_step_sends_none_of_its_part(journey_of: JourneyOf) -> None:
    assert "items" not in journey_of("stella_checkout", cart_id=UUID).document


def test_members_nobody_knows_are_losses_too(
    tenant_of: Callable[..., Tenant], order_for: Callable[..., dict[str, Any]]
) -> None:
    order = order_for("stella_sync")
    journey = map_out(tenant_of("stella_sync"), order, ["/source"], UUID, "2026-03-02T09:15:20Z")
    assert [tuple(loss) for loss in journey.losses] == [("/source", "unknown", "not a member of the canonical order")]
    assert order == order_for("stella_sync")


def test_tenants_are_known_by_the_site_id_their_clients_name(tenant_of: Callable[..., Tenant]) -> None:
    one, other = tenant_of("lana"), tenant_of("enad", site_id="s-2")
    assert by_site_id([one, other]) == {"shop": one, "s-2": other}
