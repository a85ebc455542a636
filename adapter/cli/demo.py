"""Place one order with each backend, on this machine and nothing else, and stay up to be tried.

A gateway and a sandbox for each dialect start on loopback; the gateway's tenants are demo-stella-sync,
demo-stella-checkout, demo-enad and demo-lana, and the secret of each is demo-secret.
"""

import argparse
import asyncio
import hashlib
import json
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import httpx
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from adapter.app import build_app
from adapter.cli.tables import summarise
from adapter.core.messages import ORDERS
from adapter.core.tenancy.tenants import Tenant, TenantRows, by_site_id, make_tenant
from adapter.sandbox.backend import Sandbox
from adapter.sandbox.shops import make_sandbox
from adapter.shell.files import load_dialects, load_document, shipped
from adapter.shell.serving import catch_stop, serving
from adapter.shell.settings import Settings
from adapter.shell.warming import ORDER

SECRET = "demo-secret"  # noqa: S105  # printed for everybody, opens nothing but the demo


class Shop(NamedTuple):
    """One demo tenant: what its sandbox demands, what its tenant says, and the ids of its catalogue."""

    credentials: dict[str, str]
    settings: dict[str, Any]
    secret: dict[str, str]
    ids: dict[str, str]


UUIDS = {"variant_id": "3c90c3cc-0d44-4b50-8888-8dd25736052a", "product_id": "9f1c0a52-6d0e-4f6b-9a55-0c7a3b1f9d11"}

SHOPS: dict[str, Shop] = {
    "stella_sync": Shop(
        {"site_id": "demo-site", "secret": "ssk_sec_demo"},
        {"site_id": "demo-site"},
        {"sync_secret": "ssk_sec_demo"},
        UUIDS,
    ),
    "stella_checkout": Shop(
        {"site_id": "demo-site", "token": "stk_demo"},
        {"site_id": "demo-site"},
        {"storefront_token": "stk_demo"},
        UUIDS,
    ),
    "enad": Shop(
        {"header": "Authorization", "value": "Bearer enad-demo"},
        {"team_slug": "demo-team", "app_slug": "demo-app"},
        {"token": "enad-demo"},
        UUIDS,
    ),
    "lana": Shop(
        {"token": "lana-demo", "shop_id": "sh_demo"},
        {"shop_id": "sh_demo", "currency": "USD"},
        {"token": "lana-demo"},
        {"variant_id": "va_EQzGqWoY"},
    ),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--once", action="store_true", help="exit 0 only if all four orders were placed")
    parser.add_argument("--port", type=int, help="the gateway's port (8080; with --once a free one)")


def run(options: argparse.Namespace) -> int:
    port = options.port if options.port is not None else 0 if options.once else 8080
    return asyncio.run(run_demo(port, once=options.once))


async def run_demo(port: int, *, once: bool) -> int:
    """Start everything, place the orders, show them, and wait to be stopped unless ``once``."""
    console, stop = Console(soft_wrap=True), catch_stop()
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="adapter-demo-"))
        sandboxes = {name: _make_sandbox(name, shop) for name, shop in SHOPS.items()}
        urls = {name: await stack.enter_async_context(serving(app)) for name, app in sandboxes.items()}
        app = build_app(
            Settings(environment="development", journal=Path(folder) / "journal.db"), by_site_id(_make_tenants(urls))
        )
        gateway = await stack.enter_async_context(serving(app, port))
        client = await stack.enter_async_context(httpx.AsyncClient(base_url=gateway, trust_env=False))
        placed = [await _place(client, name, sandboxes[name], console) for name in SHOPS]
        console.print(f"{sum(placed)} of {len(placed)} orders placed.")
        if not once:
            _print_invitation(console, gateway)
            await stop.wait()
    return 0 if all(placed) else 1


def demo_order(name: str) -> dict[str, Any]:
    """The order of the demo; only the ids differ, since a client carries those of the shop it browsed."""
    return {
        **ORDER,
        "line_items": [{"quantity": 2, "name": "Linen shirt", "size": "M", "price": 39.5, **SHOPS[name].ids}],
        "note": "Please ring twice",
        "subtotal": 79.0,
        "total": 79.0,
        "source": "widget",
    }


def site_id(name: str) -> str:
    """The demo tenant of a dialect."""
    return f"demo-{name.replace('_', '-')}"


def _make_sandbox(name: str, shop: Shop) -> Sandbox:
    return make_sandbox(name, load_document(shipped(), name), credentials=shop.credentials)


def _make_tenants(urls: dict[str, str]) -> list[Tenant]:
    dialects = load_dialects()
    digest = hashlib.sha256(SECRET.encode()).hexdigest()
    return [
        make_tenant(
            site_id(name),
            TenantRows(dialect=name, caller_keys=(f"sha256:{digest}",), base_url=urls[name], setting=shop.settings),
            dialects,
            shop.secret,
        )
        for name, shop in SHOPS.items()
    ]


async def _place(client: httpx.AsyncClient, name: str, sandbox: Sandbox, console: Console) -> bool:
    order = demo_order(name)
    headers = {
        "Authorization": f"Bearer {SECRET}",
        "X-Stella-Site-Id": site_id(name),
        "Idempotency-Key": f"demo-{name}",
    }
    response = await client.post(ORDERS, json=order, headers=headers)
    title = f"{site_id(name)}: {response.status_code} {response.reason_phrase}"
    table = Table(title=title, title_justify="left", show_lines=True)
    table.add_column("canonical", ratio=1)
    table.add_column(f"in the dialect {name}", ratio=1)
    table.add_row(summarise(order), _tell_calls(sandbox))
    table.add_row(summarise(response.json()), _tell_losses(response.headers.get("Order-Losses", "")))
    console.print(table)
    return response.status_code == httpx.codes.CREATED


def _tell_calls(sandbox: Sandbox) -> Group:
    """Every request the backend saw, with its body and the status it was answered."""
    parts: list[RenderableType] = []
    for seen in sandbox.memory.requests:
        query = f"?{urlencode(seen.query)}" if seen.query else ""
        parts.append(Text(f"{seen.method} {seen.path}{query} -> {seen.status}", style="bold"))
        parts += [summarise(json.loads(seen.body))] if seen.body else []
    return Group(*parts)


def _tell_losses(losses: str) -> Text:
    return Text("what does not arrive:\n" + losses.replace(", ", "\n") if losses else "nothing is lost")


def _print_invitation(console: Console, gateway: str) -> None:
    console.print(f"\nThe gateway is at {gateway}; it stops with Ctrl-C. Place an order with Lana yourself:\n")
    console.print(
        f"curl -i {gateway}{ORDERS} \\\n"
        f"  -H 'Authorization: Bearer {SECRET}' -H 'X-Stella-Site-Id: demo-lana' \\\n"
        "  -H 'Idempotency-Key: my-first-order' -H 'Content-Type: application/json' \\\n"
        f"  -d '{json.dumps(demo_order('lana'))}'",
        markup=False,
        highlight=False,
    )
