"""A canary person and canary secrets: in nothing that the gateway writes, says or keeps but the person's own order.

And in no report of a command that tries orders, also where the canary's own order shows a slip.
"""

import asyncio
import hashlib
import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from adapter.cli.main import main
from adapter.core.values.codecs import CODECS
from adapter.qa.laws.laws import LAWS
from adapter.sandbox.shops import make_sandbox
from adapter.shell.files import load_document, shipped
from adapter.shell.serving import serving
from tests.cli.conftest import Start
from tests.cli.program import Program, free_port
from tests.qa.planted import PLANTED
from tests.shell.wire import closed_port
from tests.staging import ORDERS, order_for

CANARY = re.compile("canar[yi]", re.IGNORECASE)

SECRETS = {"CALLER": "canary-caller", "BACKEND": "canary-backend", "OPERATOR": "canary-operator"}
JOURNAL_KEY = "ca9a" * 16

# Whether traces can be had at all: they take an extra, which `dev` has.
TRACED = find_spec("opentelemetry") is not None and find_spec("opentelemetry.sdk") is not None

PERSON = {
    "first_name": "Canaria",
    "last_name": "Canary",
    "company": "Canary Ltd",
    "phone": "+1 502 555 0142 canary",
    "address1": "1 Canary Wharf",
    "city": "Canaryville",
    "state": "Kentucky",
    "postal_code": "40202",
    "country": "US",
}
ORDER = order_for("stella_sync") | {
    "email": "canary@person.example",
    "phone": "+1 502 555 0142",
    "note": "the canary sings",
    "shipping_address": PERSON | {"phone": "+1 502 555 0142"},
    "extra-canary": "canary",
    "source": "canary",
}

PAGES = ("/openapi.json", "/docs", "/problems", "/problems/invalid-order", "/problems/canary")

TENANT = """
[tenant.{name}]
dialect       = "{dialect}"
base_url      = "{url}"
caller_keys   = ["sha256:{digest}"]
setting       = {{ site_id = "site-1" }}
secret        = {{ {secret} = "env:BACKEND" }}
quiet_seconds = 0.05
"""


class Gateway(NamedTuple):
    """The program, a client before each of its ports, its journal's folder, and what came to a collector of traces."""

    program: Program
    client: httpx.AsyncClient
    admin: httpx.AsyncClient
    folder: Path
    traces: list[bytes]

    async def post(self, tenant: str, order: Any, secret: str = SECRETS["CALLER"]) -> httpx.Response:
        headers = {"Authorization": f"Bearer {secret}", "X-Stella-Site-Id": tenant, "Content-Type": "application/json"}
        body = order if isinstance(order, bytes) else json.dumps(order).encode()
        return await self.client.post(ORDERS, content=body, headers=headers | {"X-Correlation-Id": "canary@person"})


async def echo(request: Request) -> JSONResponse:
    """A backend that says all it was told, with whatever status its path has."""
    said = {"message": (await request.body()).decode(), "headers": dict(request.headers)}
    errors = {"errors": [{"field": "email", "message": "canary@person.example", "code": "canary"}], "code": "canary"}
    return JSONResponse(said | errors, int(request.path_params["status"]))


@asynccontextmanager
async def collecting(traces: list[bytes]) -> AsyncIterator[str]:
    """A collector of OpenTelemetry that keeps what it is sent as it is."""

    async def collect(request: Request) -> Response:
        traces.append(await request.body())
        return Response(b"", media_type="application/x-protobuf")

    async with serving(Starlette(routes=[Route("/v1/traces", collect, methods=["POST"])])) as url:
        yield url


@asynccontextmanager
async def open_gateway(start: Start, folder: Path) -> AsyncIterator[Gateway]:
    """The gateway over four shops: one well, one that refuses, one that breaks, one that is not there."""
    async with AsyncExitStack() as stack:
        well = await stack.enter_async_context(
            serving(make_sandbox("stella_checkout", load_document(shipped(), "stella_checkout")))
        )
        route = Route("/{status:int}/{rest:path}", echo, methods=["GET", "POST"])
        said = await stack.enter_async_context(serving(Starlette(routes=[route])))
        traces: list[bytes] = []
        collector = await stack.enter_async_context(collecting(traces))
        rows = {"refusing": f"{said}/422", "breaking": f"{said}/500", "away": f"http://127.0.0.1:{closed_port()}"}
        tenants = [("stella_checkout", "well", well, "storefront_token")]
        tenants += [("stella_sync", name, url, "sync_secret") for name, url in rows.items()]
        digest = hashlib.sha256(SECRETS["CALLER"].encode()).hexdigest()
        texts = [
            TENANT.format(name=name, dialect=dialect, url=url, digest=digest, secret=secret)
            for dialect, name, url, secret in tenants
        ]
        (folder / "tenants.toml").write_text("".join(texts))
        ports = free_port(), free_port()
        settings = {
            "ADAPTER_ENVIRONMENT": "development",
            "ADAPTER_TENANTS": str(folder / "tenants.toml"),
            "ADAPTER_JOURNAL": str(folder / "journal.db"),
            "ADAPTER_PORT": str(ports[0]),
            "ADAPTER_ADMIN_PORT": str(ports[1]),
            "ADAPTER_ADMIN_KEY": "env:OPERATOR",
            "ADAPTER_JOURNAL_KEY": "env:JOURNAL_KEY",
            "JOURNAL_KEY": JOURNAL_KEY,
            "ADAPTER_LOG_LEVEL": "debug",
            "ADAPTER_RECOVERY_PAUSE": "0.05",
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector,
        }
        program = start("serve", **settings, **SECRETS)
        urls = [f"http://127.0.0.1:{port}" for port in ports]
        await asyncio.to_thread(program.wait_for_health, f"{urls[0]}/healthz")
        client, admin = (httpx.AsyncClient(base_url=url, trust_env=False) for url in urls)
        async with client, admin:
            yield Gateway(program, client, admin, folder, traces)


def fuzz(start: Start, gateway: Gateway) -> Program:
    """Fuzzing against the gateway, which leaves reports in a folder."""
    folder = gateway.folder / "live"
    folder.mkdir()
    reports = [f"--{name}={folder / name}" for name in ("junit", "ndjson", "html", "cases")]
    url = str(gateway.client.base_url)
    said = ("stella_checkout", "--url", url, "--site", "well", "--credential", "env:CALLER")
    own = folder.parent / "own"  # an order that the shop takes
    own.mkdir()
    (own / "online.json").write_text(json.dumps(ORDER | {"payment_method": "online"}))
    many = ("--examples", "2", "--seed", "1", "--orders", str(own))
    program = start("fuzz", *said, *many, *reports, CALLER=SECRETS["CALLER"])
    (folder / "printed").symlink_to(program.stdout)
    return program


def texts(answer: httpx.Response) -> str:
    """Head and body of an answer, without what is for its client alone: a token, and the names of its own members."""
    told = [item for item in answer.headers.items() if item[0] not in ("order-secrets", "order-losses")]
    return f"{told} {answer.text}"


@pytest.mark.anyio
async def test_nothing_tells_of_a_person_or_of_a_secret(start: Start, tmp_path: Path) -> None:
    async with open_gateway(start, tmp_path) as gateway:
        placed = await gateway.post("well", ORDER | {"payment_method": "online"})
        told = [
            await gateway.post("refusing", ORDER),
            await gateway.post("breaking", ORDER),
            await gateway.post("away", ORDER),
            await gateway.post("well", ORDER, "canary-wrong"),
            await gateway.post("canary-nobody", ORDER),
            await gateway.post("well", ORDER | {"email": "canary at person"}),
            await gateway.post("well", ORDER | {"currency": "XXQ", "shipping_address": PERSON | {"country": "Narnia"}}),
            await gateway.post("well", json.dumps(ORDER).encode()[:-1]),
            await gateway.post("well", {"canary": 1}),
        ]
        await asyncio.sleep(0.5)  # for recovery to take up the one that broke
        pages = [await gateway.client.get(path) for path in PAGES]
        assert await asyncio.to_thread(fuzz(start, gateway).running.wait, 60) == 0
        metrics = await gateway.admin.get("/metrics", headers={"Authorization": f"Bearer {SECRETS['OPERATOR']}"})
        covered = await gateway.admin.get("/coverage", headers={"Authorization": f"Bearer {SECRETS['OPERATOR']}"})
        refused = await gateway.admin.get("/metrics", headers={"Authorization": "Bearer canary"})
        secret = placed.headers["Order-Secrets"].removeprefix('access-token="').removesuffix('"')
        files = [path.read_bytes() for path in gateway.folder.glob("journal.db*")]
        assert await asyncio.to_thread(gateway.program.stop) == 0

    assert [answer.status_code for answer in (placed, *told)] == [201, 422, 202, 503, 401, 401, 422, 422, 400, 422]
    assert (metrics.status_code, covered.status_code, refused.status_code) == (200, 200, 401)
    log = gateway.program.stderr.read_text()
    assert len(log.splitlines()) > len(told)
    assert '"event":"call_failed"' in log
    files += [path.read_bytes() for path in gateway.folder.glob("journal.db*")]
    assert b"stella_checkout" in b"".join(files)
    traces = b"".join(gateway.traces)
    assert not TRACED or traces.count(b"stella_checkout") >= 4
    outputs = {
        "problems": "".join(map(texts, told)),
        "metrics": metrics.text + covered.text + refused.text,
        "logs": log + gateway.program.stdout.read_text(),
        "journal": b"".join(files).decode("latin-1"),
        "traces": traces.decode("latin-1"),
        "pages": "".join(map(texts, pages)),
        "reports": "".join(path.read_text() for path in (tmp_path / "live").rglob("*") if path.is_file()),
    }
    assert "live_sequence" in outputs["reports"]
    for name, text in outputs.items():
        assert_silent(name, text)
        assert secret not in text


def assert_silent(name: str, text: str) -> None:
    """Nothing of the canaries is in a text."""
    assert not (found := CANARY.search(text)), f"{name}: {text[max(0, found.start() - 90) : found.end() + 30]!r}"
    assert JOURNAL_KEY not in text
    assert "555 0142" not in text


class Reports(NamedTuple):
    """Commands run in a folder, and everything that they say and leave there."""

    folder: Path
    printed: pytest.CaptureFixture[str]

    def run(self, *arguments: str) -> int:
        return main(list(arguments))

    def said(self) -> dict[str, str]:
        """What was printed, and every file that was written, by name."""
        files = [path for path in self.folder.rglob("*") if path.is_file() and "own" not in path.parts]
        printed = self.printed.readouterr()
        texts = {str(path.relative_to(self.folder)): path.read_text() for path in files}
        return texts | {"printed": printed.out + printed.err}


ORDERS_OF_OURS = {
    "whole": ORDER,
    "named": ORDER | {"line_items": [{"quantity": 1, "name": "Canary shirt", "price": 19.15}], "currency": "USD"},
    "nowhere": ORDER | {"shipping_address": PERSON | {"country": "Narnia"}},
    "wrong": ORDER | {"email": "canary at person", "currency": "XXQ"},
}
# Known pairs are nobody's orders, and take their time.
TRY = ("--orders", "own", "--examples", "2", "--processes", "1", *(f"--law={law}" for law in LAWS if law != "known"))
FILES = ("--junit", "junit.xml", "--ndjson", "out.ndjson", "--html", "page.html")


@pytest.fixture
def reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Reports:
    """A folder with the canary's orders, and an environment with all its secrets."""
    (tmp_path / "own").mkdir()
    for name, order in ORDERS_OF_OURS.items():
        (tmp_path / "own" / f"{name}.json").write_text(json.dumps(order))
    for name, value in (SECRETS | {"JOURNAL_KEY": JOURNAL_KEY, "ADAPTER_JOURNAL_KEY": "env:JOURNAL_KEY"}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return Reports(tmp_path, capsys)


def test_no_report_tells_of_whose_orders_were_tried(reports: Reports) -> None:
    ended = [
        reports.run("fuzz", "lana", *TRY, *FILES),
        reports.run("diff", "enad", "lana", "--orders", "own", "--json"),
        reports.run("diff", "stella_sync", "lana", "--orders", "own", "--markdown"),
        reports.run("diff", "lana", "enad", "--orders", "own"),
    ]

    assert ended == [0, 1, 1, 1]
    said = reports.said()
    assert {"junit.xml", "out.ndjson", "page.html"} <= said.keys()
    assert "whole" in said["printed"]
    for name, text in said.items():
        assert_silent(name, text)


def test_a_case_of_the_canarys_own_order_shows_the_slip_and_nobody(
    reports: Reports, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, spoil = PLANTED["half a cent is cut off"]
    monkeypatch.setitem(CODECS, name, spoil(CODECS[name]))

    assert reports.run("fuzz", "lana", *TRY, *FILES, "--examples", "1") == 1
    assert reports.run("fuzz", "--replay", "fuzz-cases") == 1

    said = reports.said()
    assert [name for name in said if name.startswith("fuzz-cases")]
    assert "/line_items/0/price" in said["printed"]
    for name, text in said.items():
        assert_silent(name, text)
