"""What every test can ask for: dialects, tenants, and orders that real shops see."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from adapter.core.dialects import Dialect
from adapter.core.tenancy.tenants import Tenant, TenantRows, make_tenant
from adapter.shell.files import load_dialects

HERE = Path(__file__).parent

ORDERS = {path.stem: path.read_bytes() for path in sorted((HERE / "orders").glob("*.json"))}

# The shipped dialects and a made-up fifth, found by listing folders: no list to edit.
DIALECTS = load_dialects(HERE / "fifth")

CALLER_SECRET = "a caller's secret"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(params=DIALECTS)
def dialect(request: pytest.FixtureRequest) -> Dialect:
    return DIALECTS[request.param]


@pytest.fixture(params=ORDERS)
def order_name(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def order_body(order_name: str) -> bytes:
    return ORDERS[order_name]


MakeTenant = Callable[..., Tenant]


@pytest.fixture
def make_test_tenant() -> MakeTenant:
    """A tenant of any dialect, with a made-up value for whatever it demands."""

    def make(name: str, dialect: Dialect, base_url: str = "http://backend.test", **rows: Any) -> Tenant:
        return sample_tenant(name, dialect, base_url, **rows)

    return make


def sample_tenant(name: str, dialect: Dialect, base_url: str, **rows: Any) -> Tenant:
    mapping = dialect.mapping
    required = {key: setting for key, setting in mapping.settings.items() if setting.required}
    demanded = {key: setting.example or f"{key}-1" for key, setting in required.items()}
    demanded |= {"shop_id": "sh_1"} if "shop_id" in demanded else {}
    settings = demanded | rows.pop("setting", {})
    digest = hashlib.sha256(CALLER_SECRET.encode()).hexdigest()
    said = TenantRows(
        dialect=dialect.name, caller_keys=(f"sha256:{digest}",), base_url=base_url, setting=settings, **rows
    )
    return make_tenant(name, said, {dialect.name: dialect}, {key: f"{key}-secret" for key in mapping.secrets})
