"""``adapter serve``: the gateway from files and variables, up and down again, or one line about what is wrong."""

import asyncio
import hashlib
import json
import signal
from pathlib import Path

import apsw
import httpx
import pytest

from adapter.cli.main import main
from adapter.sandbox.shops import make_sandbox
from adapter.shell.files import load_document, shipped
from adapter.shell.serving import serving
from tests.cli.conftest import Start
from tests.cli.program import SECONDS, Program, free_port
from tests.staging import ORDERS, order_for

TENANTS = """
[tenant.shop]
dialect     = "enad"
base_url    = "{url}"
caller_keys = ["sha256:{digest}"]
setting     = {{ team_slug = "team", app_slug = "app" }}
secret      = {{ token = "env:ENAD_TOKEN" }}
"""

HEADERS = {"Authorization": "Bearer open sesame", "X-Stella-Site-Id": "shop", "Idempotency-Key": "a"}


def write_tenants(folder: Path, url: str = "https://backend.test", more: str = "") -> str:
    path = folder / "tenants.toml"
    path.write_text(TENANTS.format(url=url, digest=hashlib.sha256(b"open sesame").hexdigest()) + more)
    return str(path)


@pytest.mark.anyio
async def test_a_gateway_is_served_and_stops_cleanly(start: Start, tmp_path: Path) -> None:
    credentials = {"header": "Authorization", "value": "Bearer enad-1"}
    sandbox = make_sandbox("enad", load_document(shipped(), "enad"), credentials=credentials)
    async with serving(sandbox) as backend, httpx.AsyncClient(trust_env=False) as client:
        write_tenants(tmp_path, backend)
        served = [(serve(start, tmp_path, number), number) for number in (signal.SIGTERM, signal.SIGINT)]
        for (program, url), number in served:
            await asyncio.to_thread(program.wait_for_health, f"{url}/healthz")
            placed = await client.post(f"{url}{ORDERS}", json=order_for("enad"), headers=HEADERS)

            assert placed.status_code == 201
            assert "server" not in placed.headers
            status = await asyncio.to_thread(program.stop, number)
            assert (number, status) == (number, 0)
            lines = [json.loads(line) for line in program.stderr.read_text().splitlines()]
            assert {line["level"] for line in lines} == {"info"}
            told = [line["event"] for line in lines if line["event"] in {"serving", "leaving", "left"}]
            assert told == ["serving", "leaving", "left"]
            assert [line["state"] for line in lines if line.get("route") == ORDERS] == ["succeeded"]
            journal = apsw.Connection(str(tmp_path / f"{number.name}.db"))
            assert journal.execute("SELECT state FROM operation").fetchall() == [("succeeded",)]


def serve(start: Start, folder: Path, number: signal.Signals, **more: str) -> tuple[Program, str]:
    """A gateway with a journal of its own, and its URL."""
    port = free_port()
    said = {"ADAPTER_TENANTS": str(folder / "tenants.toml"), "ADAPTER_JOURNAL": str(folder / f"{number.name}.db")}
    said |= {"ADAPTER_ENVIRONMENT": "development", **more}
    program = start("serve", **{"ADAPTER_ADMIN_PORT": "0", **said}, ADAPTER_PORT=str(port), ENAD_TOKEN="enad-1")
    return program, f"http://127.0.0.1:{port}"


@pytest.mark.anyio
async def test_so_many_connections_and_no_more(start: Start, tmp_path: Path) -> None:
    write_tenants(tmp_path)
    admin = free_port()
    program, url = serve(start, tmp_path, signal.SIGTERM, ADAPTER_CONNECTIONS="2", ADAPTER_ADMIN_PORT=str(admin))
    await asyncio.to_thread(program.wait_for_health, f"{url}/healthz")
    lines = []
    for _ in range(3):
        lines.append(await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2])))
        lines[-1][1].write(b"GET /healthz")
        await asyncio.sleep(0.05)

    assert (await asyncio.wait_for(lines[0][0].read(), 5)).startswith(b"HTTP/1.1 503 ")
    for _, writer in lines:
        writer.close()
    assert '"event":"connections_full"' in program.stderr.read_text()
    async with httpx.AsyncClient(trust_env=False) as operator:
        told = await operator.get(f"http://127.0.0.1:{admin}/metrics")
    assert 'adapter_requests_total{problem="overloaded",route="other",status="503"}' in told.text


@pytest.mark.anyio
async def test_while_it_waits_for_its_last_order_it_says_that_it_is_about_to_end(start: Start, tmp_path: Path) -> None:
    called, admin = asyncio.Event(), free_port()

    async def be_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        called.set()
        await reader.read()
        writer.close()

    backend = await asyncio.start_server(be_silent, "127.0.0.1", 0)
    write_tenants(tmp_path, f"http://127.0.0.1:{backend.sockets[0].getsockname()[1]}", "deadline_seconds = 4.0")
    program, url = serve(start, tmp_path, signal.SIGTERM, ADAPTER_ADMIN_PORT=str(admin))
    await asyncio.to_thread(program.wait_for_health, f"{url}/healthz")
    async with backend, httpx.AsyncClient(trust_env=False, timeout=SECONDS) as client:
        placing = asyncio.create_task(client.post(f"{url}{ORDERS}", json=order_for("enad"), headers=HEADERS))
        await called.wait()
        before = await client.get(f"http://127.0.0.1:{admin}/readyz")
        program.running.send_signal(signal.SIGTERM)
        await asyncio.sleep(0.5)
        after = await client.get(f"http://127.0.0.1:{admin}/readyz")
        placed = await placing

    assert (before.status_code, after.status_code, placed.status_code) == (200, 503, 202)
    assert after.json()["checks"] == before.json()["checks"] | {"serving": False}
    assert await asyncio.to_thread(program.running.wait, SECONDS) == 0


def test_a_broken_tenants_file_ends_the_program_with_one_line(start: Start, tmp_path: Path) -> None:
    path = Path(write_tenants(tmp_path))
    path.write_text(path.read_text().replace("team_slug", "team_slg"))
    program = start("serve", ADAPTER_TENANTS=str(path), ADAPTER_JOURNAL=str(tmp_path / "x.db"), ENAD_TOKEN="enad-1")

    assert program.running.wait(SECONDS) == 2
    (line,) = program.stderr.read_text().splitlines()
    assert line.startswith("adapter serve: unknown name 'team_slg', did you mean 'team_slug'?")
    assert line.endswith("at `tenants.toml: tenant.shop.setting.team_slg`")
    assert program.stdout.read_text() == ""


# what goes wrong -> the variable to change, and the place that the one line names
BROKEN = {
    "no tenants' file": ({"ADAPTER_TENANTS": "/no/such/tenants.toml"}, "/no/such/tenants.toml"),
    "an unset secret": (
        {"ENAD_TOKEN": "", "ADAPTER_TENANTS": "{folder}/unset.toml"},
        "unset.toml: tenant.shop.secret.token",
    ),
    "a misspelt key": ({"ADAPTER_TENANTS": "{folder}/misspelt.toml"}, "misspelt.toml: tenant.shop"),
    "a port that is no number": ({"ADAPTER_PORT": "eighty"}, "ADAPTER_PORT"),
    "more connections than a system has": ({"ADAPTER_CONNECTIONS": str(2**62)}, "ADAPTER_CONNECTIONS"),
    "operator's doors for everybody": ({"ADAPTER_ADMIN_HOST": "192.0.2.1"}, "ADAPTER_ADMIN_KEY"),
    "a journal in no folder": ({"ADAPTER_JOURNAL": "{folder}/missing/journal.db"}, "{folder}/missing/journal.db"),
}


@pytest.mark.parametrize(("changed", "place"), BROKEN.values(), ids=BROKEN)
def test_a_gateway_that_cannot_be_set_up_is_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    changed: dict[str, str],
    place: str,
) -> None:
    text = Path(write_tenants(tmp_path)).read_text()
    (tmp_path / "misspelt.toml").write_text(text.replace("base_url ", "baseurl "))
    (tmp_path / "unset.toml").write_text(text.replace("ENAD_TOKEN", "ENAD_TOKEN_THAT_NOBODY_SET"))
    sound = {"ADAPTER_TENANTS": "{folder}/tenants.toml", "ADAPTER_JOURNAL": "{folder}/x.db", "ENAD_TOKEN": "enad-1"}
    for name, value in (sound | changed).items():
        monkeypatch.setenv(name, value.format(folder=tmp_path))

    assert main(["serve"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("adapter serve: ")
    assert line.endswith(f"at `{place.format(folder=tmp_path)}`")
