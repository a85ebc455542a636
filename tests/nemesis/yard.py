"""The backends of a run: a sandbox program for each dialect, two shops in each, and the tenants that sell there."""

import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import httpx

from adapter.sandbox.faults import FAULTS, NONE
from adapter.sandbox.front import FAULTS_DOOR
from tests.nemesis.history import MARK, Home

ROOT = Path(__file__).parent.parent.parent
SECRET = "a caller's secret"
UUIDS = {"variant_id": "3c90c3cc-0d44-4b50-8888-8dd25736052a", "product_id": "9f1c0a52-6d0e-4f6b-9a55-0c7a3b1f9d11"}

SECONDS = 30
DEADLINE = 1.0
QUIET = 0.25
LATE = 0.5


class Dialect(NamedTuple):
    """What a tenant of a dialect must say, with ``{}`` for the shop; the shop's name there; ids of its catalogue."""

    settings: str
    secret: str
    shop: str
    ids: Mapping[str, str]


DIALECTS = {
    "stella_sync": Dialect('site_id = "site-{}"', "sync_secret", "site-{}", UUIDS),
    "stella_checkout": Dialect('site_id = "site-{}"', "storefront_token", "site-{}", UUIDS),
    "enad": Dialect('team_slug = "team-{}", app_slug = "app"', "token", "team-{}/app", UUIDS),
    "lana": Dialect('shop_id = "sh_{}", currency = "USD"', "token", "sh_{}", {"variant_id": "va_EQzGqWoY"}),
}

# The second of a dialect's tenants names a natural reference.
LETTERS = {"a": "", "b": 'reference = "/note"'}

HOMES = {f"{name}-{letter}": Home(name, one.shop.format(letter)) for name, one in DIALECTS.items() for letter in "ab"}

TENANT = """
[tenant.{name}-{letter}]
dialect = "{name}"
base_url = "{url}"
caller_keys = ["sha256:{digest}"]
setting = {{ {settings} }}
secret = {{ {secret} = "env:NEMESIS_SECRET" }}
deadline_seconds = {deadline}
quiet_seconds = {quiet}
{reference}
"""


class Sandbox:
    """A backend of one dialect as a program of its own, and the ledger it leaves in a file."""

    def __init__(self, dialect: str, folder: Path, seed: int) -> None:
        self.dialect = dialect
        self.ledger = folder / f"{dialect}.jsonl"
        self.read = 0
        command = [sys.executable, "-m", "adapter", "sandbox", dialect, "--port", "0", "--seed", str(seed)]
        command += ["--late", str(LATE), "--ledger", str(self.ledger)]
        self.program = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        self.url = ""

    def wait(self) -> None:
        """Until it listens; it says where in its first line."""
        assert self.program.stdout is not None
        line = self.program.stdout.readline()
        assert " on http://" in line, f"the sandbox {self.dialect} did not start: {line!r}"
        self.url = line.split(" on ")[1].split(",")[0]

    def script(self, faults: Sequence[str]) -> None:
        """From now on these befall its requests, one each, and then nothing."""
        self._ask("DELETE")
        if faults:
            self._ask("POST", json=faults)

    def wait_for_late(self) -> None:
        """Until no request is held that arrives late."""
        end = time.monotonic() + SECONDS
        while self._ask("GET").json()["held"]:
            assert time.monotonic() < end, f"{self.dialect} holds late requests"
            time.sleep(0.05)

    def events(self) -> list[dict[str, Any]]:
        """What the ledger got since this was asked last."""
        with self.ledger.open("rb") as file:
            file.seek(self.read)
            new = file.read()
        self.read += len(new)
        return [json.loads(line) for line in new.splitlines()]

    def _ask(self, method: str, **content: Any) -> httpx.Response:
        answer = httpx.request(method, self.url + FAULTS_DOOR, trust_env=False, timeout=SECONDS, **content)
        return answer.raise_for_status()


class Yard(NamedTuple):
    """All sandboxes of a run, and the tenants' file that leads to them."""

    sandboxes: Mapping[str, Sandbox]
    tenants: Path
    folder: Path


@contextmanager
def open_yard(folder: Path, seed: int = 0) -> Iterator[Yard]:
    """Start a sandbox for each dialect; they end with the block."""
    sandboxes = {name: Sandbox(name, folder, seed) for name in DIALECTS}
    try:
        for sandbox in sandboxes.values():
            sandbox.wait()
        tenants = folder / "tenants.toml"
        tenants.write_text("".join(_say_tenant(sandboxes[name], letter) for name in DIALECTS for letter in LETTERS))
        yield Yard(sandboxes, tenants, folder)
    finally:
        for sandbox in sandboxes.values():
            sandbox.program.terminate()
            sandbox.program.communicate(timeout=SECONDS)


def draw_faults(random: Random, chance: float, count: int = 80) -> list[str]:
    """A script in which each request is befallen by any fault with that chance."""
    return [random.choice(list(FAULTS)) if random.random() < chance else NONE for _ in range(count)]


def make_order(tenant: str, key: str, variant: str, reference: str | None) -> dict[str, Any]:
    """An order that its dialect can take, and that tells in every dialect whose it is."""
    line = {"quantity": 2, "name": "Linen shirt", "price": 39.5, **DIALECTS[HOMES[tenant].dialect].ids}
    address = {
        "first_name": "Maya",
        "last_name": "Berg",
        "address1": "92 Chestnut Street",
        "city": "Louisville",
        "state": "Kentucky",
        "postal_code": "40202",
        "country": "US",
    }
    return {
        "email": f"{tenant}.{key}.{variant}@{MARK}",
        "line_items": [line],
        "shipping_address": address,
        "payment_method": "cod",
        "note": reference or "no reference",
        "total": 79.0,
        "currency": "USD",
    }


def headers(tenant: str, key: str) -> dict[str, str]:
    """A client's credentials and its key."""
    return {"Authorization": f"Bearer {SECRET}", "X-Stella-Site-Id": tenant, "Idempotency-Key": key}


def _say_tenant(sandbox: Sandbox, letter: str) -> str:
    dialect = DIALECTS[sandbox.dialect]
    return TENANT.format(
        name=sandbox.dialect,
        letter=letter,
        url=sandbox.url,
        digest=hashlib.sha256(SECRET.encode()).hexdigest(),
        settings=dialect.settings.format(letter),
        secret=dialect.secret,
        deadline=DEADLINE,
        quiet=QUIET,
        reference=LETTERS[letter],
    )
