"""The README's deployment: its files are whole, name variables that exist, and outlast every order; the drill works."""

import asyncio
import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from adapter.core.messages import Answer
from adapter.core.tenancy.tenants import TenantRows
from adapter.shell.files import load_dialects
from adapter.shell.settings import Settings
from tests.conftest import HERE
from tests.staging import set_stage

README = (HERE.parent / "README.md").read_text()
SECTION = README[README.index("## Deployment") : README.index("## Who may call")]
BLOCKS = dict(re.findall(r"```(ini|dockerfile|yaml|nginx)\n(.*?)```", SECTION, re.DOTALL))

VARIABLES = {f"ADAPTER_{name.upper()}" for name in Settings.__struct_fields__}

# The longest that one order may take: every call of it, each to its deadline.
LONGEST_DEADLINE = 45
MOST_STEPS = max(len(dialect.steps) for dialect in load_dialects().values())


@pytest.mark.parametrize("name", BLOCKS)
def test_a_file_names_variables_that_exist(name: str) -> None:
    assert set(re.findall(r"ADAPTER_[A-Z_]+", BLOCKS[name])) <= VARIABLES


def test_a_stop_waits_for_the_longest_order() -> None:
    longest = LONGEST_DEADLINE * MOST_STEPS
    (unit,) = re.findall(r"TimeoutStopSec=(\d+)", BLOCKS["ini"])
    (proxy,) = re.findall(r"proxy_read_timeout\s+(\d+)s;", BLOCKS["nginx"])
    compose: dict[str, Any] = yaml.safe_load(BLOCKS["yaml"])
    grace = compose["services"]["adapter"]["stop_grace_period"].removesuffix("s")

    assert all(int(seconds) > longest for seconds in (unit, proxy, grace))
    assert TenantRows.__annotations__["deadline_seconds"].__metadata__[0].le == LONGEST_DEADLINE


def test_the_proxy_sends_nothing_twice_and_waits_for_no_slow_client() -> None:
    for line in ("proxy_next_upstream off;", "client_header_timeout 10s;", "proxy_request_buffering on;"):
        assert line in BLOCKS["nginx"]
    assert BLOCKS["nginx"].count("{") == BLOCKS["nginx"].count("}")


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    verify = shutil.which("systemd-analyze") or pytest.skip("there is no systemd-analyze here")
    unit = tmp_path / "adapter@.service"
    unit.write_text(BLOCKS["ini"].replace("/opt/adapter/bin/adapter", sys.executable))
    ended = subprocess.run([verify, "verify", str(unit)], capture_output=True, text=True)

    assert (ended.returncode, ended.stderr) == (0, "")  # of an unknown key it only warns


def test_nginx_takes_its_configuration(tmp_path: Path) -> None:
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin") or pytest.skip("there is no nginx here")
    for name, text in zip(("privkey.pem", "fullchain.pem"), make_certificate(), strict=True):
        (tmp_path / name).write_bytes(text)
    server = BLOCKS["nginx"].replace("/etc/nginx/tls/", f"{tmp_path}/").replace("adapter:8080", "127.0.0.1:8080")
    if tuple(map(int, find_version(nginx).split("."))) < (1, 25, 1):
        server = server.replace("    http2 on;", "", 1)
    log = f"error_log {tmp_path}/error.log; pid {tmp_path}/pid;"
    (tmp_path / "nginx.conf").write_text(f"{log} events {{}} http {{ access_log off; {server} }}")
    command = [nginx, "-t", "-e", str(tmp_path / "error.log"), "-c", str(tmp_path / "nginx.conf")]
    ended = subprocess.run(command, capture_output=True, text=True)

    assert (ended.returncode, "[warn]" in ended.stderr) == (0, False), ended.stderr


def find_version(nginx: str) -> str:
    (version,) = re.findall(r"nginx/([0-9.]+)", subprocess.run([nginx, "-v"], capture_output=True, text=True).stderr)
    return str(version)


def make_certificate() -> tuple[bytes, bytes]:
    """A key and a certificate of nobody's."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1)).sign(key, SHA256())
    plain = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return plain, made.public_bytes(Encoding.PEM)


def test_a_composition_says_where_each_secret_and_volume_is() -> None:
    compose: dict[str, Any] = yaml.safe_load(BLOCKS["yaml"])
    service = compose["services"]["adapter"]

    assert set(service["secrets"]) <= compose["secrets"].keys()
    named = re.findall(r"file:/run/secrets/(\w+)", str(service["environment"]))
    assert set(named) <= set(service["secrets"])


def test_a_journal_is_backed_up_while_it_runs_and_restored(tmp_path: Path) -> None:
    """The command of the table, on a journal that is open; the copy answers a repeat as the journal would."""
    command = r'`python (-m apsw) /var/lib/adapter/adapter\.db "(\S+) /backup/adapter\.db"`'
    ((module, backup),) = re.findall(command, SECTION)
    live, copy = tmp_path / "journal.db", tmp_path / "backup" / "journal.db"
    copy.parent.mkdir()

    async def place() -> Answer:
        stage = set_stage(live, "stella_sync", [])
        placed = await stage.place("a")
        line = [sys.executable, *module.split(), str(live), f"{backup} {copy}"]
        ended = await asyncio.to_thread(subprocess.run, line, capture_output=True)
        assert ended.returncode == 0
        await stage.place("b")
        await stage.journal.close()
        assert isinstance(placed, Answer)
        return placed

    async def repeat(key: str) -> tuple[Any, int]:
        stage = set_stage(copy, "stella_sync", [])
        answer = await stage.place(key)
        await stage.journal.close()
        return answer, len(stage.backends.calls)

    placed = asyncio.run(place())
    again, calls = asyncio.run(repeat("a"))
    assert (again.body, again.headers["Idempotent-Replayed"], calls) == (placed.body, "true", 0)
    _, calls = asyncio.run(repeat("b"))  # what the README warns of: it came after the backup
    assert calls == 1
