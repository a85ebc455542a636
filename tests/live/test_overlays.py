"""The README's overlay and crosswalk, as written there: imported, previewed, and an order through a socket to Lana."""

import asyncio
import json
import re
import shlex
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec import structs

from adapter.app import build_app
from adapter.cli.main import main
from adapter.core.tenancy.tenants import Tenant, by_site_id
from adapter.sandbox.backend import Sandbox
from adapter.sandbox.shops import make_sandbox
from adapter.shell.files import find_document, load_dialects, load_tenants
from adapter.shell.serving import serving
from adapter.shell.settings import Settings
from tests.conftest import HERE
from tests.staging import ORDERS, order_for

SECTION = (HERE.parent / "README.md").read_text().partition("## Overlays and crosswalks\n")[2].partition("\n## ")[0]

CREDENTIALS = {"Authorization": "Bearer demo-secret", "X-Stella-Site-Id": "my-shop"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the README's files, and an order."""
    files = re.findall(r"^`([\w.-]+)`:\n\n```\w+\n(.*?)^```", SECTION, re.MULTILINE | re.DOTALL)
    assert [name for name, _ in files] == ["tenants.toml", "my-shop.toml", "ids.csv"]
    for name, text in files:
        (tmp_path / name).write_text(text)
    (tmp_path / "order.json").write_text(json.dumps(order("linen-shirt-m")))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LANA_TOKEN", "lana-token")
    for name, file in {"ADAPTER_TENANTS": "tenants.toml", "ADAPTER_JOURNAL": "journal.db"}.items():
        monkeypatch.setenv(name, file)
    return tmp_path


def order(*ids: str) -> dict[str, Any]:
    lines = [{"quantity": 1, "variant_id": variant, "color": "blue"} for variant in ids]
    return order_for("lana") | {"line_items": lines, "payment_method": "stripe", "currency": "USD"}


def run_commands(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What each command of the section prints."""
    (block,) = re.findall(r"```sh\n(.*?)```", SECTION, re.DOTALL)
    printed = []
    for line in block.strip().splitlines():
        program, *arguments = shlex.split(line)
        assert (program, main(arguments)) == ("adapter", 0), line
        printed.append(capsys.readouterr().out)
    return printed


def test_the_commands_of_the_readme_do_what_it_says(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    imported, mapped = run_commands(capsys)

    assert (folder / "journal.db").exists()
    assert imported == "2 pairs are in the crosswalk 'variants' of 'my-shop'\n"
    for fact in (
        '"variant_id": "va_EQzGqWoY"',
        '"gateway_id": "gw_card"',
        '"sales_channel_id": "sc_widget"',
        "our variants say it",
    ):
        assert fact in mapped


async def place(tenant: Tenant, sandbox: Sandbox, *orders: Any) -> list[httpx.Response]:
    """The answers to orders through a gateway and to a backend that both listen, then where the first one stands."""
    async with AsyncExitStack() as stack:
        here = structs.replace(tenant, base_url=await stack.enter_async_context(serving(sandbox)))
        app = build_app(Settings(environment="development", journal=Path("journal.db")), by_site_id([here]))
        gateway = await stack.enter_async_context(serving(app))
        client = httpx.AsyncClient(base_url=gateway, trust_env=False, headers=CREDENTIALS)
        await stack.enter_async_context(client)
        answers = [await client.post(ORDERS, json=one) for one in orders]
        return [*answers, await client.get(answers[0].headers["Location"])]


def test_an_order_reaches_the_backend_by_its_overlay_and_with_its_ids(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_commands(capsys)
    credentials = {"token": "lana-token", "shop_id": "sh_EQzGqWoY"}
    sandbox = make_sandbox("lana", find_document("lana"), credentials=credentials)
    (tenant,) = load_tenants(folder / "tenants.toml", load_dialects(), "development").values()
    known, unknown = order("linen-shirt-l", "linen-shirt-m"), order("linen-shirt-m", "linen-shirt-xs")
    placed, refused, shown = asyncio.run(place(tenant, sandbox, known, unknown))

    assert placed.status_code == 201, placed.text
    (sent,) = json.loads(sandbox.memory.requests[0].body)
    assert [line["variant_id"] for line in sent["line_items"]] == ["va_7Kd0aPqX", "va_EQzGqWoY"]
    assert (sent["gateway_id"], sent["sales_channel_id"]) == ("gw_card", "sc_widget")
    assert shown.json()["mapping"] == tenant.dialect.version
    assert "our variants say it" in {loss["reason"] for loss in shown.json()["losses"]}
    assert "variant_id" not in json.dumps(shown.json()["revised"])
    assert refused.status_code == 422
    errors = [(error["pointer"], error["code"]) for error in refused.json()["errors"]]
    assert errors == [("/line_items/1/variant_id", "not_in_crosswalk")]
    assert len(sandbox.memory.requests) == 4
    assert main(["orders", "show", placed.headers["Location"].rpartition("/")[2]]) == 0
    assert f"mapping: {tenant.dialect.version}" in capsys.readouterr().out
