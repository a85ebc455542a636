"""Lana's list: which orders a page shows, in which order, and of which shop."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.anyio

Connect = Callable[..., httpx.AsyncClient]

KEYS = {"Authorization": "Bearer jwt"}
SHOP = {"shop_id": "sh_1"}


async def create(client: httpx.AsyncClient, **members: Any) -> dict[str, Any]:
    order = {"line_items": [{"variant_id": "va_one", "quantity": 2}], **members}
    (made,) = (await client.post("/orders.json", params=SHOP, json=[order])).json()
    return dict(made)


async def place(client: httpx.AsyncClient, **members: Any) -> None:
    query = {**SHOP, "order_id": (await create(client, **members))["id"]}
    for verb in ("calculate", "allocate_number", "reserve"):
        (await client.post(f"/orders/{verb}.json", params=query)).raise_for_status()


LISTS: dict[str, tuple[dict[str, str], list[str]]] = {
    "placed orders only": ({}, ["b", "c"]),
    "drafts too": ({"cart": "true"}, ["a", "b", "c"]),
    "from a moment on": ({"cart": "true", "created_at_min": "2026-03-02T09:16:20Z"}, ["b", "c"]),
    "up to a moment in another zone": (
        {"cart": "true", "created_at_max": "2026-03-02T10:16:20+01:00"},
        ["a", "b"],
    ),
    "of a customer": ({"customer_id": "cu_1"}, ["b"]),
    "of a channel": ({"sales_channel_id": "sc_1", "cart": "true"}, ["a", "c"]),
    "newest first": ({"cart": "true", "sort_desc": "true"}, ["c", "b", "a"]),
    "one, after the first": ({"cart": "true", "limit": "1", "offset": "1"}, ["b"]),
    "unpaid ones": ({"type": "unpaid"}, ["b", "c"]),
    "paid in a time": ({"paid_at_min": "2026-01-01T00:00:00Z"}, []),
}


@pytest.mark.parametrize(("query", "tags"), LISTS.values(), ids=LISTS.keys())
async def test_the_list_is_filtered(connect: Connect, clock: Any, query: dict[str, str], tags: list[str]) -> None:
    client = connect("lana", headers=KEYS)
    await create(client, tags=["a"], sales_channel_id="sc_1")
    clock.advance(minutes=1)
    await place(client, tags=["b"], customer_id="cu_1")
    clock.advance(minutes=1)
    await place(client, tags=["c"], sales_channel_id="sc_1")
    listed = (await client.get("/orders/page.json", params={**SHOP, **query})).json()
    assert [one["tags"][0] for one in listed["items"]] == tags


async def test_a_list_is_read_page_by_page(connect: Connect) -> None:
    client = connect("lana", headers=KEYS)
    made = [(await create(client))["id"] for _ in range(3)]
    query: dict[str, str] = {**SHOP, "cart": "true", "limit": "2"}
    first = (await client.get("/orders/page.json", params=query)).json()
    rest = (await client.get("/orders/page.json", params={**query, "last_key": first["last_key"]})).json()
    assert [one["id"] for one in first["items"] + rest["items"]] == made
    assert (first["count"], rest["last_key"]) == (3, None)


async def test_a_list_shows_one_shop_alone(connect: Connect) -> None:
    client = connect("lana", headers=KEYS)
    await place(client)
    assert (await client.get("/orders/page.json", params={"shop_id": "sh_2"})).json()["items"] == []


async def test_a_filter_that_is_no_moment_is_1000(connect: Connect) -> None:
    client = connect("lana", headers=KEYS)
    reply = await client.get("/orders/page.json", params={**SHOP, "created_at_min": "yesterday"})
    assert (reply.status_code, reply.json()["code"]) == (400, 1000)
