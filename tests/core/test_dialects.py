"""Dialects: a mapping and an API made one, or every reason why they are not."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from adapter.core.canonical import SCHEMAS
from adapter.core.dialects import Dialect, make_dialect
from adapter.core.files.mappings import read_mapping
from adapter.errors import MappingError

MappingOf = Callable[[str], dict[str, Any]]
ApiOf = Callable[[str], dict[str, Any]]
Spoil = Callable[[dict[str, Any]], Any]

STEPS = {
    "enad": ["order"],
    "lana": ["create", "calculate", "allocate_number", "reserve"],
    "stella_checkout": ["cart", "items", "checkout", "complete"],
    "stella_sync": ["order"],
}


def without(rows: list[dict[str, Any]], member: str) -> list[dict[str, Any]]:
    return [row for row in rows if row.get("canonical") != member]


# what an integrator gets wrong in the mapping of Lana -> words of the message
MISTAKES: dict[str, tuple[Spoil, list[str]]] = {
    "an unknown operation": (
        lambda m: m["step"][0].update(operation="create_orders"),
        ["unknown operation 'create_orders', did you mean 'create_order'?", "lana.toml: step[0].operation"],
    ),
    "no step with a receipt": (
        lambda m: [step.pop("receipt", None) for step in m["step"]],
        ["expected a step whose answer holds what `receipt` reads", "lana.toml: step"],
    ),
    "a canonical member forgotten": (
        lambda m: m.update(order=without(m["order"], "note")),
        ["note: no row maps it and none drops it with a reason (M30 unaccounted)", "lana.toml: order"],
    ),
    "a member of a line forgotten": (
        lambda m: m["order"][3]["each"].pop(),
        [
            "line_items.product_id: no row maps it",
            "line_items.size: no row maps it",
            "line_items.image_url: no row maps it",
        ],
    ),
    "a member of an address forgotten": (
        lambda m: m["shape"]["address"]["rows"].pop(1),
        ["shipping_address.company: no row maps it", "billing_address.company: no row maps it"],
    ),
    "a member of the receipt forgotten": (
        lambda m: m.update(receipt=without(m["receipt"], "total")),
        ["total: no row maps it", "lana.toml: receipt"],
    ),
    "a required member of the dialect without a row": (
        lambda m: m["order"][3]["each"].pop(1) and m["order"][3]["each"].append({"canonical": "quantity", "drop": "x"}),
        ["line_items.quantity: the dialect requires it and no row feeds it (M31 unfed)"],
    ),
    "a canonical member misspelt": (
        lambda m: m["order"][0].update(canonical="emial"),
        ["unknown member 'emial', did you mean 'email'?", "order[0].canonical"],
    ),
    "a dialect member misspelt": (
        lambda m: m["order"][0].update(dialect="customer_mail"),
        ["unknown member 'customer_mail', did you mean 'customer_email'?", "order[0].dialect"],
    ),
    "a codec misspelt": (
        lambda m: m["codec"]["money"].update(use="money_minr"),
        ["unknown codec 'money_minr', did you mean 'money_minor'?", "lana.toml: codec.money"],
    ),
    "a shape misspelt": (
        lambda m: m["order"][4].update(shape="adress"),
        ["unknown shape 'adress', did you mean 'address'?", "order[4].shape"],
    ),
    "a codec without its sibling": (
        lambda m: m["codec"]["money"].pop("beside"),
        ["codec 'money_minor' needs `beside`"],
    ),
    "a codec without its option": (
        lambda m: m["codec"]["country"].pop("options"),
        ["codec 'country' expects the options ['form']"],
    ),
    "a loss not declared": (
        lambda m: m["order"][2].pop("lossy"),
        ["its codec cannot be undone: lower case comes back as upper case; say `lossy` (M33 ", "lana.toml: order[2]"],
    ),
    "one place written twice": (
        lambda m: m["order"].append({"dialect": "mobile", "const": "x"}),
        ["more than one row writes 'mobile' (M35 written_twice)"],
    ),
}


def make(name: str, data: dict[str, Any], api: dict[str, Any]) -> Dialect:
    return make_dialect(read_mapping(data, f"{name}.toml"), api)


def test_all_four_shipped_dialects_load(dialects: Mapping[str, Dialect]) -> None:
    assert {name: [step.rows.name for step in dialect.steps] for name, dialect in dialects.items()} == STEPS
    assert all(dialect.name == name for name, dialect in dialects.items())


def test_the_last_step_a_tenant_can_choose_is_a_step(dialects: Mapping[str, Dialect]) -> None:
    chosen = {
        name: d.mapping.settings["last_step"] for name, d in dialects.items() if "last_step" in d.mapping.settings
    }
    assert set(chosen) == {"lana", "stella_checkout"}
    for name, setting in chosen.items():
        assert set(setting.choices) <= set(STEPS[name])
        assert setting.default == STEPS[name][-1]


def test_every_dialect_writes_a_whole_receipt(dialects: Mapping[str, Dialect]) -> None:
    for dialect in dialects.values():
        assert {row.canonical for row in dialect.mapping.receipt} == set(SCHEMAS["Receipt"]["properties"])


def test_defaults_name_every_setting(dialects: Mapping[str, Dialect]) -> None:
    assert dialects["enad"].defaults() == {
        "team_slug": None,
        "app_slug": None,
        "auth_header": "Authorization",
        "auth_prefix": "Bearer ",
        "source": "adapter",
        "status": "placed",
        "language_code": "en",
        "currency": None,
        "country": None,
        "country_form": "alpha2",
        "money_unit": "major",
    }


@pytest.mark.parametrize(("spoil", "words"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_stops_the_start_and_names_its_place(
    spoil: Spoil, words: list[str], mapping_of: MappingOf, api_of: ApiOf
) -> None:
    data = mapping_of("lana")
    spoil(data)
    with pytest.raises(MappingError) as caught:
        make("lana", data, api_of("lana"))
    for word in words:
        assert word in str(caught.value)


def test_every_finding_is_told_at_once(mapping_of: MappingOf, api_of: ApiOf) -> None:
    data = mapping_of("stella_sync")
    data["order"] = without(without(data["order"], "note"), "phone")
    with pytest.raises(MappingError, match=r"phone: no row maps it .*\n.* note: no row maps it"):
        make("stella_sync", data, api_of("stella_sync"))


def test_the_document_of_a_dialect_in_parts_has_a_schema_for_each(dialects: Mapping[str, Dialect]) -> None:
    judge = dialects["stella_checkout"].document
    assert judge.is_valid({"items": [{"variant_id": "0b7c9c1e-5a55-4f0a-9a0f-2f6f6f0d8a11", "quantity": 1}]})
    assert not judge.is_valid({"items": [{"quantity": 1}]})
    # the cart is only known when the checkout's turn comes
    assert judge.is_valid({"checkout": {"email": "a@b.c", "shipping_address": {}}})
    assert not judge.is_valid({"checkout": {"email": "a@b.c"}})


def test_the_document_of_lana_is_one_order_not_the_list_that_is_sent(dialects: Mapping[str, Dialect]) -> None:
    judge = dialects["lana"].document
    assert judge.is_valid({"line_items": [{"variant_id": "va_1", "quantity": 1}]})
    assert not judge.is_valid([{"line_items": []}])


def test_formats_are_judged_not_merely_noted(dialects: Mapping[str, Dialect]) -> None:
    order = {"email": "a@b.c", "line_items": [], "shipping_address": {}, "payment_method": "cod"}
    judge = dialects["stella_sync"].document
    assert judge.is_valid(order)
    assert not judge.is_valid(order | {"line_items": [{"quantity": 1, "variant_id": "va_1"}]})
