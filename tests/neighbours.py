"""``python -m tests.neighbours``: what a shop's orders take while its neighbour's backend is down, slow, lies or drips.

The gateway, the two backends and the two shops' clients are each a program of their own, on real sockets. A sickness
and the normal take turns, each time with a fresh gateway that has placed a few orders before; what is told is the
median of the turns.
"""

import argparse
import asyncio
import hashlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from random import Random
from statistics import median, quantiles
from typing import NamedTuple

import httpx
from rich.console import Console
from rich.table import Table

from adapter.core.messages import ORDERS
from adapter.sandbox.faults import NONE
from tests.nemesis.yard import DIALECTS, ROOT, SECRET, TENANT, Sandbox, headers, make_order

# Both of one dialect, and of one call for an order, so that the two shops' orders cost the same; recovery resends.
WELL, SICK = "stella_sync-a", "stella_sync-b"

# Orders a second of each of the two shops, and how far apart its p99 may be from its normal.
RATE = 15.0
BOUND = 1.5

# The sick shop's backend has so long for each call, and is then left alone for as long.
DEADLINE = 2.0

# Turns without a sickness: without the neighbour's orders, and with them, which tells load from sickness.
NORMAL, BUSY = "alone", "well"

# What befalls the sick backend's requests, in turn; a backend that is down has no need of any.
SICKNESSES: Mapping[str, Sequence[str]] = {
    "down": (),
    "slow": ("silence",),
    "lying": ("commit-then-500", NONE, "wrong-json", NONE, "truncate", NONE, "commit-then-reset", "drop-field"),
    "drip": ("drip",),
}


class Took(NamedTuple):
    """Milliseconds that the well shop's orders took in one turn."""

    p50: float
    p99: float


def main() -> int:
    """0 if the well shop's p99 stays within the bound whatever ails its neighbour."""
    parser = argparse.ArgumentParser(prog="python -m tests.neighbours", description=__doc__)
    parser.add_argument("--turns", type=int, default=3, help="of the normal and of each sickness")
    parser.add_argument("--seconds", type=float, default=4.0, help="of a turn")
    options = parser.parse_args()
    turns: dict[str, list[Took]] = {name: [] for name in (NORMAL, BUSY, *SICKNESSES)}
    with tempfile.TemporaryDirectory(prefix="neighbours-") as folder, open_street(Path(folder)) as street:
        for number in range(options.turns):
            for name, took in turns.items():
                took.append(street.take_turn(name, number, options.seconds))
    rows = judge(turns)
    print_table(rows)
    return 0 if all(row.ratio <= BOUND for row in rows if row.name in SICKNESSES) else 1


class Row(NamedTuple):
    """What the turns of a sickness come to: medians, and the p99 as a multiple of the normal one."""

    name: str
    p50: float
    p99: float
    ratio: float


def judge(turns: Mapping[str, Sequence[Took]]) -> list[Row]:
    """A row for each name among the turns, of which one is the normal."""
    p50 = {name: median(one.p50 for one in took) for name, took in turns.items()}
    p99 = {name: median(one.p99 for one in took) for name, took in turns.items()}
    return [Row(name, p50[name], p99[name], p99[name] / p99[NORMAL]) for name in turns]


def print_table(rows: Sequence[Row]) -> None:
    """The rows, those marked that are over the bound."""
    table = Table("the neighbour's backend", "p50 ms", "p99 ms", "of the normal", box=None)
    for name, p50, p99, ratio in rows:
        table.add_row(name, f"{p50:.1f}", f"{p99:.1f}", f"{ratio:.2f}{'' if ratio <= BOUND else ' !'}")
    Console(width=100).print(table)


class Street(NamedTuple):
    """The backends, which last, and the programs from which clients ask."""

    folder: Path
    backends: Mapping[str, Sandbox]
    clients: Executor

    def take_turn(self, name: str, number: int, seconds: float) -> Took:
        """A fresh gateway, a few orders while all is well, then the sickness."""
        sick = self.backends[SICK]
        sick.script(())
        folder = self.folder / f"{name}-{number}"
        folder.mkdir()
        with (
            free_port() as nobody,
            run_gateway(folder, self._say_tenants(nobody if name == "down" else sick.url)) as url,
        ):
            self.clients.submit(offer, url, WELL, -1, 0.5).result()
            sick.script([*SICKNESSES.get(name, ())] * 1000)
            asked = [self.clients.submit(offer, url, SICK, number, seconds)] if name != NORMAL else []
            took = self.clients.submit(offer, url, WELL, number, seconds).result()
            for one in asked:
                one.result()
        told = Counter(status for status, _ in took)
        assert told.keys() == {201}, f"{name}: the well shop was told {dict(told)}"
        shares = quantiles((1000 * duration for _, duration in took), n=100, method="inclusive")
        return Took(shares[49], shares[98])

    def _say_tenants(self, sick_url: str) -> str:
        return _say_tenant(WELL, self.backends[WELL].url) + _say_tenant(SICK, sick_url)


@contextmanager
def open_street(folder: Path) -> Iterator[Street]:
    """Start both backends and the clients' programs; they end with the block."""
    backends = {}
    try:
        for tenant in (WELL, SICK):
            (folder / tenant).mkdir()
            backends[tenant] = Sandbox(tenant.partition("-")[0], folder / tenant, seed=1)
        for backend in backends.values():
            backend.wait()
        with ProcessPoolExecutor(2, get_context("spawn")) as clients:
            yield Street(folder, backends, clients)
    finally:
        for backend in backends.values():
            backend.program.terminate()
            backend.program.communicate()


@contextmanager
def run_gateway(folder: Path, tenants: str) -> Iterator[str]:
    """The gateway as a program; gives its URL."""
    file = folder / "tenants.toml"
    file.write_text(tenants)
    places = {"ADAPTER_TENANTS": str(file), "ADAPTER_JOURNAL": str(folder / "journal.db"), "ADAPTER_ADMIN_PORT": "0"}
    places["ADAPTER_ENVIRONMENT"] = "development"
    environment = os.environ | places | {"ADAPTER_LOG_LEVEL": "error", "NEMESIS_SECRET": "a backend's secret"}
    command = [sys.executable, "-m", "adapter", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment) as program:
        assert program.stdout is not None
        line = program.stdout.readline()
        assert line.startswith("adapter on "), f"the gateway did not start: {line!r}"
        try:
            yield line.removeprefix("adapter on ").strip()
        finally:
            program.kill()


@contextmanager
def free_port() -> Iterator[str]:
    """The URL of a port that nobody listens on, and that nobody else gets meanwhile."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{holder.getsockname()[1]}"


def offer(url: str, tenant: str, seed: int, seconds: float) -> list[tuple[int, float]]:
    """Place orders of a tenant at the rate, however long each takes; status and seconds of each."""
    return asyncio.run(_offer(url, tenant, seed, seconds))


async def _offer(url: str, tenant: str, seed: int, seconds: float) -> list[tuple[int, float]]:
    random, end = Random(f"{tenant} {seed}"), time.monotonic() + seconds  # noqa: S311  # repeats for the same seed
    tasks: list[asyncio.Task[tuple[int, float]]] = []
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=60.0) as client:
        while time.monotonic() < end:
            tasks.append(asyncio.create_task(_place(client, tenant, f"s{seed}n{len(tasks)}")))
            await asyncio.sleep(random.uniform(0.5, 1.5) / RATE)
        return await asyncio.gather(*tasks)


async def _place(client: httpx.AsyncClient, tenant: str, key: str) -> tuple[int, float]:
    order, began = make_order(tenant, key, "x", None), time.perf_counter()
    answer = await client.post(ORDERS, json=order, headers=headers(tenant, key))
    return answer.status_code, time.perf_counter() - began


def _say_tenant(tenant: str, url: str) -> str:
    name, letter = tenant.split("-")
    dialect = DIALECTS[name]
    return TENANT.format(
        name=name,
        letter=letter,
        url=url,
        digest=hashlib.sha256(SECRET.encode()).hexdigest(),
        settings=dialect.settings.format(letter),
        secret=dialect.secret,
        deadline=DEADLINE,
        quiet=DEADLINE,
        reference="",
    )


if __name__ == "__main__":
    sys.exit(main())
