"""Tenants: credentials that belong together, and settings that are whole before anything listens."""

import hashlib
import re
import tomllib
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from msgspec import structs

from adapter.core.dialects import Dialect
from adapter.core.messages import Inbound
from adapter.core.tenancy.tenants import Tenant, TenantRows, identify, make_tenant, read_tenants
from adapter.errors import Problem, SetupError

RowsOf = Callable[..., TenantRows]
TenantOf = Callable[..., Tenant]

SECRET = "open sesame"
BEARER = {"authorization": f"Bearer {SECRET}", "x-stella-site-id": "shop"}
SYNC = {"x-sync-secret": SECRET, "x-site-id": "shop"}

WELCOME: dict[str, dict[str, str]] = {
    "a bearer token": BEARER,
    "the scheme in lower case": BEARER | {"authorization": f"bearer {SECRET}"},
    "two blanks behind the scheme": BEARER | {"authorization": f"Bearer  {SECRET}"},
    "the sync secret": SYNC,
    "both pairs alike": BEARER | SYNC,
    "a whole pair beside a site id": BEARER | {"x-site-id": "shop"},
    "a whole pair beside another authorization": SYNC | {"authorization": "Basic eDp5"},
}

TURNED_AWAY: dict[str, dict[str, str]] = {
    "nothing": {},
    "a token without a site id": {"authorization": f"Bearer {SECRET}"},
    "a site id without a token": {"x-stella-site-id": "shop"},
    "a secret without a site id": {"x-sync-secret": SECRET},
    "the other site id without a secret": {"x-site-id": "shop"},
    "halves of both pairs": {"authorization": f"Bearer {SECRET}", "x-site-id": "shop"},
    "the other halves of both pairs": {"x-sync-secret": SECRET, "x-stella-site-id": "shop"},
    "an empty token": BEARER | {"authorization": "Bearer "},
    "an empty site id": SYNC | {"x-site-id": ""},
    "another scheme": BEARER | {"authorization": f"Basic {SECRET}"},
    "no scheme": BEARER | {"authorization": SECRET},
    "two pairs of different tenants": BEARER | SYNC | {"x-site-id": "other"},
    "two pairs with different secrets": BEARER | SYNC | {"x-sync-secret": "x"},
    "a wrong secret": BEARER | {"authorization": "Bearer open sesam"},
    "a longer secret": BEARER | {"authorization": f"Bearer {SECRET}!"},
    "the digest of the secret": SYNC | {"x-sync-secret": hashlib.sha256(SECRET.encode()).hexdigest()},
    "a secret in another case": SYNC | {"x-sync-secret": SECRET.upper()},
    "a secret beyond ASCII": SYNC | {"x-sync-secret": "ö\xff"},
    "an unknown site": BEARER | {"x-stella-site-id": "nowhere"},
    "a site in another case": BEARER | {"x-stella-site-id": "SHOP"},
    "the secret of nobody": BEARER | {"x-stella-site-id": "nowhere", "authorization": "Bearer nobody"},
}

# dialect, settings, changes of the rows -> message
BROKEN: dict[str, tuple[str, dict[str, Any], dict[str, Any], str]] = {
    "an unknown dialect": (
        "lana",
        {},
        {"dialect": "lanna"},
        "unknown dialect 'lanna', did you mean 'lana'? - at `tenant.shop.dialect`",
    ),
    "no base URL": (
        "enad",
        {},
        {"base_url": None},
        "dialect 'enad' has no base URL of its own - at `tenant.shop.base_url`",
    ),
    "a setting misspelt": (
        "lana",
        {"shop": "x"},
        {},
        "unknown name 'shop', did you mean 'shop_id'? - at `tenant.shop.setting.shop`",
    ),
    "a setting of another dialect": (
        "stella_sync",
        {"money_unit": "minor"},
        {},
        "unknown name 'money_unit'; known: country_form, currency, site_id - at `tenant.shop.setting.money_unit`",
    ),
    "a setting that must be set": (
        "lana",
        {"shop_id": None},
        {},
        "dialect 'lana' needs this setting: The shop, sh_... - at `tenant.shop.setting.shop_id`",
    ),
    "a value that is no choice": (
        "enad",
        {"money_unit": "cents"},
        {},
        "expected one of ['major', 'minor'], found 'cents' - at `tenant.shop.setting.money_unit`",
    ),
    "a text where true or false is chosen": (
        "lana",
        {"send_order_notifications": "no"},
        {},
        "expected one of [True, False], found 'no' - at `tenant.shop.setting.send_order_notifications`",
    ),
    "a secret misspelt": (
        "lana",
        {},
        {"secret": {"tokn": "env:X"}},
        "unknown name 'tokn', did you mean 'token'? - at `tenant.shop.secret.tokn`",
    ),
}


def inbound(headers: Mapping[str, str]) -> Inbound:
    return Inbound("/orders", tuple(headers.items()))


@pytest.mark.parametrize("headers", WELCOME.values(), ids=WELCOME)
def test_either_pair_of_credentials_will_do(headers: dict[str, str], tenant_of: TenantOf) -> None:
    shop, other = tenant_of("lana"), tenant_of("enad")
    assert identify(inbound(headers), {"shop": shop, "other": other}) is shop


@pytest.mark.parametrize("headers", TURNED_AWAY.values(), ids=TURNED_AWAY)
def test_anything_else_is_turned_away(headers: dict[str, str], tenant_of: TenantOf) -> None:
    with pytest.raises(Problem) as caught:
        identify(inbound(headers), {"shop": tenant_of("lana"), "other": tenant_of("enad")})
    assert (caught.value.kind, caught.value.status) == ("unauthenticated", 401)
    assert caught.value.headers == {"WWW-Authenticate": "Bearer"}
    assert SECRET not in str(caught.value.document())


def test_the_refusal_does_not_tell_which_sites_exist(tenant_of: TenantOf) -> None:
    told = []
    for headers in (BEARER | {"x-stella-site-id": "nowhere"}, BEARER | {"authorization": "Bearer x"}):
        with pytest.raises(Problem) as caught:
            identify(inbound(headers), {"shop": tenant_of("lana")})
        told.append((caught.value.document(), caught.value.headers))
    assert told[0] == told[1]


def test_any_of_a_tenants_keys_opens_so_that_they_can_be_changed(tenant_of: TenantOf) -> None:
    old, new = (hashlib.sha256(text.encode()).hexdigest() for text in (SECRET, "new"))
    shop = structs.replace(tenant_of("lana"), caller_keys=(new, old))
    for secret in (SECRET, "new"):
        assert identify(inbound(BEARER | {"authorization": f"Bearer {secret}"}), {"shop": shop}) is shop
    with pytest.raises(Problem):
        identify(inbound(BEARER), {"shop": structs.replace(shop, caller_keys=())})


@pytest.mark.parametrize(("dialect", "settings", "changes", "message"), BROKEN.values(), ids=BROKEN)
def test_a_tenant_that_is_not_whole_stops_the_start(
    dialect: str, settings: Any, changes: Any, message: str, rows_of: RowsOf, dialects: Mapping[str, Dialect]
) -> None:
    rows = structs.replace(rows_of(dialect, settings), **changes)
    with pytest.raises(SetupError) as caught:
        make_tenant("shop", rows, dialects, {"token": "x", "sync_secret": "x"})
    assert re.sub(r" \(T0\d \w+\)", "", str(caught.value)) == message


def test_a_missing_secret_stops_the_start(rows_of: RowsOf, dialects: Mapping[str, Dialect]) -> None:
    with pytest.raises(SetupError, match=r"dialect 'lana' needs the secret 'token' .* - at `tenant\.shop\.secret`"):
        make_tenant("shop", rows_of("lana"), dialects, {})


def test_settings_are_the_dialects_defaults_and_then_the_tenants(tenant_of: TenantOf) -> None:
    settings = tenant_of("lana", {"last_step": "create", "country": "NP", "currency": "NPR"}).settings
    assert settings == {
        "shop_id": "sh_1",
        "currency": "NPR",
        "country": "NP",
        "gateway_id": None,
        "sales_channel_id": None,
        "send_order_notifications": False,
        "send_fulfillment_notifications": False,
        "last_step": "create",
    }


def test_the_site_id_and_base_url_have_defaults(
    rows_of: RowsOf, tenant_of: TenantOf, dialects: Mapping[str, Dialect]
) -> None:
    assert tenant_of("lana").site_id == "shop"
    assert tenant_of("lana", site_id="s-1").site_id == "s-1"
    rows = structs.replace(rows_of("lana"), base_url=None)
    assert make_tenant("shop", rows, dialects, {"token": "x"}).base_url == "https://api.lana.dev"


@pytest.mark.parametrize("dialect", ["enad", "lana", "stella_checkout", "stella_sync"])
def test_the_text_of_a_tenant_hides_its_secrets(dialect: str, tenant_of: TenantOf) -> None:
    tenant = tenant_of(dialect)
    for text in (repr(tenant), str(tenant), f"{tenant}", repr([tenant])):
        assert text.strip("[]") == f"Tenant('shop', '{dialect}')"


def test_tenants_are_read_from_their_file() -> None:
    rows = read_tenants({"tenant": {"a": {"dialect": "lana", "caller_keys": ["sha256:" + "0" * 64]}}}, "tenants.toml")
    assert rows["a"].dialect == "lana"
    assert (rows["a"].unknown_status, rows["a"].requires_key, rows["a"].deadline_seconds) == (202, False, 30.0)
    assert read_tenants({}, "tenants.toml") == {}


@pytest.mark.parametrize(
    ("tenant", "message"),
    [
        ({"caller_keys": []}, "missing required field `dialect` (T01 tenants_file) - at `tenants.toml: tenant"),
        ({"dialect": "lana"}, "missing required field `caller_keys` (T01 tenants_file) - at `tenants.toml: tenant"),
        (
            {"dialect": "lana", "caller_keys": [], "curency": "NPR"},
            "unknown field `curency`; known: base_url, ",
        ),
        (
            {"dialect": "lana", "caller_keys": "sha256:00"},
            "Expected `array`, got `str` (T01 tenants_file) - at `tenants.toml: tenant.a.caller_keys",
        ),
    ],
)
def test_a_slip_in_the_tenants_file_is_told_with_its_place(tenant: dict[str, Any], message: str) -> None:
    with pytest.raises(SetupError) as caught:
        read_tenants({"tenant": {"a": tenant}}, "tenants.toml")
    assert message in str(caught.value)


@pytest.mark.parametrize("text", ["tenant = 5", "[[tenant]]", "[tenant]\na = 1", "[tenant.a]\nsecret = 1\noverlay = 2"])
def test_a_file_of_another_shape_is_a_setup_error(text: str) -> None:
    with pytest.raises(SetupError, match=r"tenants\.toml: tenant"):
        read_tenants(tomllib.loads(text), "tenants.toml")
