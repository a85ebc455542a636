"""Browsers: a tenant's own pages place orders by its site id, other pages learn nothing, and nobody else is let in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapter.core.tenancy.tenants import Tenant
from adapter.shell.browsers import CrossOrigin, Preflights
from adapter.shell.http_in import LEGACY_ORDERS, PREVIEW, Doors, make_app
from tests.conftest import CALLER_SECRET, sample_tenant
from tests.staging import ORDERS, SHIPPED, Stage, set_stage

pytestmark = pytest.mark.anyio

PAGE, OTHER, EVIL = "https://shop.example", "https://other.example:8443", "https://evil.example"


class Site:
    """Two tenants with a page each, and a browser's view of their doors."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        shop = sample_tenant("shop", SHIPPED["stella_sync"], "http://backend.test", origins=(PAGE,))
        other = sample_tenant("other", SHIPPED["stella_sync"], "http://backend.test", origins=(OTHER,))
        self.tenants: dict[str, Tenant] = {"shop": shop, "other": other}
        stage.gateway.tenants = lambda: self.tenants
        app = make_app(Doors(stage.gateway, {}), _lifespan)
        wrapped = CrossOrigin(Preflights(app, stage.gateway.tenants), stage.gateway.tenants)
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(wrapped), base_url="http://gateway.test")

    async def post(self, origin: str | None, site_id: str = "shop", path: str = ORDERS, **more: str) -> httpx.Response:
        headers = {"X-Stella-Site-Id": site_id} | ({"Origin": origin} if origin else {})
        return await self.client.post(path, content=self.stage.inbound().body, headers=headers | more)

    async def preflight(self, origin: str, path: str = ORDERS) -> httpx.Response:
        headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        return await self.client.options(path, headers=headers)


@asynccontextmanager
async def _lifespan(_app: Any) -> AsyncIterator[None]:
    yield


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    made = Site(set_stage(tmp_path / "journal.db", "stella_sync", []))
    async with made.client:
        yield made
    await made.stage.journal.close()


async def test_a_page_of_a_tenant_places_an_order_and_may_read_the_answer(site: Site) -> None:
    placed = await site.post(PAGE)

    assert placed.status_code == 201
    assert placed.headers["Access-Control-Allow-Origin"] == PAGE
    assert "Location" in placed.headers["Access-Control-Expose-Headers"]
    assert placed.headers["Vary"] == "Origin"
    assert "Access-Control-Allow-Credentials" not in placed.headers


async def test_a_page_may_read_why_its_order_was_refused(site: Site) -> None:
    refused = await site.client.post(ORDERS, json={}, headers={"X-Stella-Site-Id": "shop", "Origin": PAGE})

    assert (refused.status_code, refused.headers["Access-Control-Allow-Origin"]) == (422, PAGE)


@pytest.mark.parametrize(
    ("origin", "site_id"),
    [
        (None, "shop"),
        (EVIL, "shop"),
        (OTHER, "shop"),
        (PAGE, "other"),
        (PAGE, "nobody"),
        ("null", "shop"),
        ("*", "shop"),
    ],
)
async def test_no_other_page_is_let_in_or_may_read_anything(site: Site, origin: str | None, site_id: str) -> None:
    refused = await site.post(origin, site_id)

    assert refused.status_code == 401
    assert "Access-Control-Allow-Origin" not in refused.headers
    assert site.stage.backends.calls == []


@pytest.mark.parametrize("more", [{"Authorization": "Bearer wrong"}, {"X-Sync-Secret": "wrong"}, {"X-Site-ID": "shop"}])
async def test_who_names_a_secret_needs_the_right_one(site: Site, more: dict[str, str]) -> None:
    assert (await site.post(PAGE, **more)).status_code == 401


async def test_a_server_with_a_secret_needs_no_page(site: Site) -> None:
    placed = await site.post(EVIL, Authorization=f"Bearer {CALLER_SECRET}")

    assert placed.status_code == 201
    assert "Access-Control-Allow-Origin" not in placed.headers


@pytest.mark.parametrize("path", [PREVIEW, LEGACY_ORDERS])
async def test_a_page_opens_no_other_door(site: Site, path: str) -> None:
    assert (await site.post(PAGE, path=path)).status_code == 401
    placed = await site.post(PAGE)
    for place in (placed.headers["Location"], f"{placed.headers['Location']}/ledger"):
        looked = await site.client.get(place, headers={"X-Stella-Site-Id": "shop", "Origin": PAGE})
        assert looked.status_code == 401


@pytest.mark.parametrize("origin", [PAGE, OTHER])
async def test_a_preflight_mirrors_a_page_that_is_somebodys(site: Site, origin: str) -> None:
    answer = await site.preflight(origin)

    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == origin
    assert answer.headers["Access-Control-Allow-Methods"] == "POST"
    assert {"x-stella-site-id", "idempotency-key"} <= set(
        answer.headers["Access-Control-Allow-Headers"].lower().split(", ")
    )
    assert answer.headers["Vary"] == "Origin"


async def test_a_preflight_tells_other_pages_nothing(site: Site) -> None:
    for answer in (await site.preflight(EVIL), await site.preflight("null")):
        assert not [name for name in answer.headers if name.startswith("access-control")]
    assert (await site.preflight(PAGE, PREVIEW)).status_code == 405
    assert (await site.client.options(ORDERS)).status_code == 405


async def test_a_page_that_is_taken_out_is_let_in_no_more(site: Site) -> None:
    assert (await site.preflight(PAGE)).headers["Access-Control-Allow-Origin"] == PAGE
    site.tenants = {"other": site.tenants["other"]}

    assert "Access-Control-Allow-Origin" not in (await site.preflight(PAGE)).headers
    assert (await site.post(PAGE)).status_code == 401
