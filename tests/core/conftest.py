"""The shipped dialects, a tenant of each, an order that each can take, and the answers that each would give."""

import copy
import hashlib
import tomllib
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import pytest

from adapter.core.canonical import read_order
from adapter.core.dialects import Dialect
from adapter.core.orders import Journey, map_out
from adapter.core.steps import Call
from adapter.core.tenancy.tenants import Tenant, TenantRows, make_tenant
from adapter.shell.files import load_dialects, load_document, shipped

REFERENCE = "11111111-2222-4333-8444-555555555555"
RECEIVED_AT = "2026-03-02T09:15:20Z"
SECRET = "open sesame"

UUID_A = "0b7c9c1e-5a55-4f0a-9a0f-2f6f6f0d8a11"
UUID_B = "6f1f3c1d-2d6b-4a0e-8f39-9c2f2b1f7d02"
CART = "5f2b1c52-7a0c-4b6e-8d3b-6d8b0a4c9e10"
CHECKOUT = "d2c7e6a4-8f1b-4e0d-b1a2-7c9d3e5f6a44"
PLACED = "e7b9d1f3-6a2c-4f58-9b0e-3c5d7e9f1a77"

SETTINGS: dict[str, dict[str, Any]] = {
    "enad": {"team_slug": "team", "app_slug": "app"},
    "lana": {"shop_id": "sh_1", "currency": "USD"},
    "stella_sync": {"site_id": "site-1"},
    "stella_checkout": {"site_id": "site-1"},
}
SECRETS = {
    "enad": {"token": "enad-token"},
    "lana": {"token": "lana-token"},
    "stella_sync": {"sync_secret": "ssk_sec_1"},
    "stella_checkout": {"storefront_token": "stk_1"},
}

ADDRESS = {
    "first_name": "Sita",
    "last_name": "Sharma",
    "address1": "Durbar Marg 12",
    "city": "Kathmandu",
    "state": "Bagmati",
    "postal_code": "44600",
    "country": "NP",
}
ORDER: dict[str, Any] = {
    "email": "sita@example.com",
    "line_items": [{"quantity": 2, "variant_id": UUID_A, "product_id": UUID_B, "name": "Kurta", "price": 1499}],
    "shipping_address": ADDRESS,
    "payment_method": "cod",
    "total": 3148,
    "currency": "NPR",
}

CHECKOUT_ANSWER = {
    "id": CHECKOUT,
    "cart_id": CART,
    "email": "sita@example.com",
    "items": [],
    "subtotal": "2998.00",
    "tax_amount": "0.00",
    "shipping_amount": "150.00",
    "total": "3148.00",
    "currency": "NPR",
    "status": "pending",
    "created_at": "2026-03-02T09:15:25Z",
}
LANA_ANSWER = {"id": "or_Qk1", "state": "cart", "financial_status": "unpaid", "total_price": 314800, "currency": "NPR"}
ANSWERS: dict[tuple[str, str], Any] = {
    ("enad", "create_order"): {"success": True, "data": {"id": "42", "reference": "R-1", "grand_total": 3148}},
    ("lana", "create_order"): [LANA_ANSWER],
    ("lana", "calculate_order"): LANA_ANSWER,
    ("lana", "allocate_order_number"): LANA_ANSWER | {"number": 1042},
    ("lana", "reserve_order"): LANA_ANSWER | {"number": 1042, "state": "reserved"},
    ("stella_sync", "create_order"): {
        "id": PLACED,
        "order_number": "S-1",
        "email": "sita@example.com",
        "total": "3148.00",
        "currency": "NPR",
        "status": "pending",
        "payment_status": "awaiting_payment",
        "created_at": "2026-03-02T09:15:25Z",
    },
    ("stella_checkout", "create_cart"): {"id": CART},
    ("stella_checkout", "add_cart_item"): {"id": CART},
    ("stella_checkout", "create_checkout"): CHECKOUT_ANSWER
    | {"access_token": "chk_hush", "access_token_expires_at": "2026-03-02T10:15:25Z"},
    ("stella_checkout", "complete_checkout"): CHECKOUT_ANSWER
    | {"status": "completed", "order_id": PLACED, "completed_at": "2026-03-02T09:15:31Z"},
}


@pytest.fixture(scope="session")
def dialects() -> Mapping[str, Dialect]:
    return load_dialects()


@pytest.fixture
def mapping_of() -> Callable[[str], dict[str, Any]]:
    """A shipped mapping as decoded TOML, to be spoilt by a test."""
    return lambda name: tomllib.loads((shipped() / "mappings" / f"{name}.toml").read_text())


@pytest.fixture
def api_of() -> Callable[[str], dict[str, Any]]:
    """A shipped OpenAPI document."""
    return lambda name: load_document(shipped(), name)


@pytest.fixture(scope="session")
def rows_of() -> Callable[..., TenantRows]:
    """The rows of a tenant that is set up well; `settings` go over those it needs."""

    def make(dialect: str, settings: Mapping[str, Any] | None = None, **more: Any) -> TenantRows:
        return TenantRows(
            dialect=dialect,
            caller_keys=("sha256:" + hashlib.sha256(SECRET.encode()).hexdigest(),),
            base_url="https://backend.test/",
            setting=SETTINGS[dialect] | dict(settings or {}),
            secret=dict.fromkeys(SECRETS[dialect], "env:SOMEWHERE"),
            **more,
        )

    return make


@pytest.fixture(scope="session")
def tenant_of(dialects: Mapping[str, Dialect], rows_of: Callable[..., TenantRows]) -> Callable[..., Tenant]:
    def make(dialect: str, settings: Mapping[str, Any] | None = None, **more: Any) -> Tenant:
        return make_tenant("shop", rows_of(dialect, settings, **more), dialects, SECRETS[dialect])

    return make


@pytest.fixture(scope="session")
def order_for() -> Callable[..., dict[str, Any]]:
    """An order that a dialect can take; members of `...` are left out."""

    def make(dialect: str, **members: Any) -> dict[str, Any]:
        order = copy.deepcopy(ORDER)
        if dialect == "lana":
            order["line_items"][0]["variant_id"] = "va_1"
        order |= members
        return {name: value for name, value in order.items() if value is not ...}

    return make


@pytest.fixture(scope="session")
def journey_of(tenant_of: Callable[..., Tenant], order_for: Callable[..., dict[str, Any]]) -> Callable[..., Journey]:
    """A mapped order; members go over those of the sample."""

    def make(dialect: str, settings: Mapping[str, Any] | None = None, **members: Any) -> Journey:
        tenant = tenant_of(dialect, settings)
        order = read_order(order_for(dialect, **members), tenant.settings.get("currency"))
        return map_out(tenant, order, (), REFERENCE, RECEIVED_AT)

    return make


@pytest.fixture(scope="session")
def answer_to() -> Callable[[Journey, Call], bytes]:
    """The body of the success that a backend would answer a call with."""

    def make(journey: Journey, call: Call) -> bytes:
        return msgspec.json.encode(ANSWERS[journey.tenant.dialect.name, call.step.rows.operation])

    return make
