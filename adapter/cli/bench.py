"""Measure what an order costs on this machine, with a mapping of yours: to map it, and on its whole way.

The gateway is the program that `adapter serve` runs, its journal on; the backend gives recorded answers at once, so
that what is measured is ours. All of it is on loopback, and figures move with whatever else the machine does.
"""

import argparse
import asyncio
import hashlib
import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msgspec
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from adapter.bench.lenses import time_order
from adapter.bench.load import Load, Took
from adapter.bench.programs import ask, read_memory, read_seconds, run_backend, running
from adapter.cli.bench_output import Report, Way, print_report
from adapter.cli.benched import record_answers, sample_stages
from adapter.cli.demo import SHOPS, demo_order
from adapter.cli.mapping import read_setting
from adapter.core.canonical import read_json
from adapter.core.messages import ORDERS
from adapter.core.tenancy.tenants import Tenant, TenantRows, make_tenant, stand_in
from adapter.errors import SetupError
from adapter.shell.files import find_dialect
from adapter.shell.settings import read_settings

LINES = (1, 5, 50)
SITE, SECRET = "bench", "bench-secret"  # opens nothing but the bench


class Turn(NamedTuple):
    """One turn of a load: the processor's seconds that the gateway had taken before and after it, its megabytes."""

    took: Took
    before: float | None
    after: float | None
    memory: float | None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dialect", default="stella_sync", help="a dialect, or one of your own (stella_sync)")
    parser.add_argument("--setting", action="append", default=[], metavar="NAME=VALUE", help="a tenant's setting")
    parser.add_argument("--lines", type=int, default=5, help="lines of an order on its way (5)")
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 16, 64, 256], help="at once (1 16 64 256)")
    parser.add_argument("--workers", type=int, nargs="+", default=[1], help="processes of the gateway, such as 1 2 (1)")
    parser.add_argument("--seconds", type=float, default=2.0, help="of each measurement (2)")
    parser.add_argument("--rounds", type=int, default=3, help="of which the median is told (3)")
    parser.add_argument("--json", action="store_true", help="print JSON for machines")


def run(options: argparse.Namespace) -> int:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("starting", total=None)
        report = measure(options, lambda what: progress.update(task, description=what))
    if options.json:
        print(msgspec.json.encode(report).decode())
    else:
        print_report(Console(soft_wrap=True), report)
    return 0


def measure(options: argparse.Namespace, tell: Any) -> Report:
    """All of it, telling what is under way."""
    dialect = find_dialect(options.dialect, read_settings().dialects)
    settings = dict(read_setting(pair) for pair in options.setting)
    shop = SHOPS.get(dialect.name)
    tenant = stand_in(dialect, {**(shop.settings if shop else {}), **settings})
    body = make_order(dialect.name, options.lines)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="adapter-bench-")))
        tell("recording a backend's answers")
        answers = asyncio.run(record_answers(lambda url: move(tenant, url), SECRET, body, folder))
        tell("mapping")
        last = read_json([*answers.values()][-1].body)
        costs = [time_order(tenant, make_order(dialect.name, lines), lines, last) for lines in LINES]
        if (most := dialect.mapping.limits.calls_per_minute) is not None:
            why = f"its backend grants {most} calls a minute, and no more are made"
            return Report(dialect.name, costs, why_no_path=why)
        backend = stack.enter_context(run_backend(answers))
        tell("an order's stages")
        stages = asyncio.run(sample_stages(move(tenant, backend), SECRET, body, folder))
        path = [
            way
            for clients in options.clients
            for way in measure_path(tenant, backend, body, clients, options, folder, tell)
        ]
        direct = ask(make_load(backend + urlsplit(next(iter(answers)).split()[1]).path, body, "direct", 1, 1.0))
    alone = next((one.p50 for one in path if (one.clients, one.workers) == (1, 1)), None)
    added = None if alone is None else alone - direct.p50
    if alone is not None:
        stages["respond"] = max(0.0, alone - sum(stages.values()))
    return Report(dialect.name, costs, stages, path, added)


def measure_path(
    tenant: Tenant, backend: str, body: bytes, clients: int, options: argparse.Namespace, folder: Path, tell: Any
) -> list[Way]:
    """Orders a second and how long each takes, with so many clients at once, for each number of workers.

    Each round is on a fresh gateway, and has every number of workers: what else the machine does befalls all.
    """
    found: dict[int, list[Turn]] = {workers: [] for workers in options.workers}
    for number in range(options.rounds):
        for workers, turns in found.items():
            tell(f"{clients} at a time, {workers} workers, round {number + 1} of {options.rounds}")
            with run_gateway(tenant, backend, folder / f"{clients}-{workers}-{number}", workers) as (url, process):
                before = read_seconds(process)
                took = ask(make_load(url + ORDERS, body, f"{clients}-{number}", clients, options.seconds))
                turns.append(Turn(took, before, read_seconds(process), read_memory(process)))
            if took.statuses.keys() - {201}:
                raise SetupError(f"expected every order to be placed, found the answers {took.statuses}", at=backend)
    one = median(turn.took.rate for turn in found[1]) if 1 in found else None
    return [_sum_up(clients, workers, turns, one) for workers, turns in found.items()]


def _sum_up(clients: int, workers: int, turns: list[Turn], one: float | None) -> Way:
    """The medians of some turns; ``one`` is the rate of one worker."""
    rate, p50, p99 = (median(getattr(turn.took, name) for turn in turns) for name in ("rate", "p50", "p99"))
    memory = [turn.memory for turn in turns if turn.memory is not None]
    cpu = [1e6 * (turn.after - turn.before) / turn.took.asked for turn in turns if turn.before and turn.after]
    return Way(
        clients=clients,
        workers=workers,
        rate=rate,
        of_one=rate / one if one else None,
        p50=p50,
        p99=p99,
        cpu=median(cpu) if cpu else None,
        memory=median(memory) if memory else None,
    )


@contextmanager
def run_gateway(tenant: Tenant, backend: str, folder: Path, workers: int = 1) -> Iterator[tuple[str, int]]:
    """``adapter serve`` for one tenant and its backend; its URL and process."""
    folder.mkdir()
    file = folder / "tenants.toml"
    file.write_text(_say_tenant(tenant, backend))
    more = {
        "ADAPTER_TENANTS": str(file),
        "ADAPTER_JOURNAL": str(folder / "journal.db"),
        "ADAPTER_ENVIRONMENT": "development",  # its backend is on this machine
        "ADAPTER_ADMIN_PORT": "0",
        "ADAPTER_WORKERS": str(workers),
        "ADAPTER_ORDERS_PER_TENANT": "1024",
        "BENCH_SECRET": "a-secret-of-the-backend",
    }
    with running("adapter", "serve", "--port", "0", more=more) as (url, process):
        yield url, process


def make_order(dialect: str, lines: int) -> bytes:
    """The order of the demo with so many lines."""
    order = demo_order(dialect if dialect in SHOPS else next(iter(SHOPS)))
    line = order["line_items"][0]
    total = lines * line["quantity"] * line["price"]
    return json.dumps({**order, "line_items": [line] * lines, "subtotal": total, "total": total}).encode()


def move(tenant: Tenant, base_url: str) -> Tenant:
    """The tenant with its backend at another place, and a client that may ask."""
    digest = f"sha256:{hashlib.sha256(SECRET.encode()).hexdigest()}"
    rows = TenantRows(dialect=tenant.dialect.name, caller_keys=(digest,), base_url=base_url, setting=tenant.settings)
    return make_tenant(SITE, rows, {tenant.dialect.name: tenant.dialect}, dict(tenant.secrets))


def _say_tenant(tenant: Tenant, backend: str) -> str:
    def table(name: str, members: Mapping[str, Any]) -> str:
        return f"\n[tenant.{SITE}.{name}]\n" + "".join(f"{key} = {json.dumps(said)}\n" for key, said in members.items())

    digest = hashlib.sha256(SECRET.encode()).hexdigest()
    rows = {"dialect": tenant.dialect.name, "base_url": backend, "caller_keys": [f"sha256:{digest}"]}
    said = "".join(f"{key} = {json.dumps(value)}\n" for key, value in rows.items())
    settings = {key: value for key, value in tenant.settings.items() if value is not None}
    secrets = dict.fromkeys(tenant.secrets, "env:BENCH_SECRET")
    return f"[tenant.{SITE}]\n{said}{table('setting', settings)}{table('secret', secrets)}"


def make_load(url: str, body: bytes, prefix: str, clients: int, seconds: float) -> Load:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {SECRET}", "X-Stella-Site-Id": SITE}
    return Load(url, headers, body, prefix, clients, seconds)
