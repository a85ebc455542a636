"""What grows with tenants, journaled orders, dialects, connections and time, and what does not; CPU time and memory.

``python -m tests.growth``; it is no test, since its figures are the machine's. All of it is on loopback and in a folder
that is deleted again.
"""

import argparse
import asyncio
import gc
import os
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path

import apsw
from rich.console import Console
from rich.table import Table

from adapter.bench.programs import ask, read_resident, run_backend
from adapter.cli.bench import SECRET, make_load, make_order, move, run_gateway
from adapter.cli.benched import record_answers
from adapter.cli.demo import SHOPS
from adapter.core.messages import ORDERS, Inbound
from adapter.core.tenancy.tenants import identify, stand_in
from adapter.shell.crowds import allow_files
from adapter.shell.files import find_dialect, load_dialects, load_tenants, shipped
from adapter.shell.journal import SqliteJournal
from tests.conftest import DIALECTS
from tests.shell.stores import PLACED, claim, end, hold
from tests.shell.test_roster import write_tenants

Row = tuple[str, str, str]

ROUNDS = 300


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tenants", type=int, default=10_000)
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--dialects", type=int, default=100)
    parser.add_argument("--connections", type=int, default=2_000)
    parser.add_argument("--soak", type=float, default=180.0, help="seconds (180)")
    parser.add_argument("--part", action="append", choices=PARTS, help="only this one; may be repeated")
    options = parser.parse_args()
    table = Table("what", "how many", "cost", title="growth", title_justify="left", box=None)
    for name in options.part or PARTS:
        with tempfile.TemporaryDirectory(prefix="adapter-growth-") as folder:
            for row in PARTS[name](Path(folder), getattr(options, name)):
                table.add_row(*row)
    Console(soft_wrap=True).print(table)


def grow_tenants(folder: Path, count: int) -> Iterator[Row]:
    """Reading the tenants' file, the memory they take, and finding one of them by its credentials."""
    os.environ["SHOP_SECRET"] = "x"
    for number in (10, count):
        write_tenants(folder / "tenants.toml", number)
        gc.collect()
        memory, began = read_resident(os.getpid()), time.process_time()
        tenants = load_tenants(folder / "tenants.toml", DIALECTS)
        took, more = time.process_time() - began, read_resident(os.getpid()) - memory
        last = number - 1
        headers = (("authorization", f"Bearer {last}"), ("x-stella-site-id", f"shop-{last}"))
        found = _time(partial(identify, Inbound(ORDERS, headers, b""), tenants))
        yield "tenants", f"{number:,}", f"read in {took:.1f} s, {more:.0f} MB more; identify {found:.1f} µs"


def grow_orders(folder: Path, count: int) -> Iterator[Row]:
    """Finding, claiming and finishing an order in a journal that is empty, and in one that has so many."""
    path = folder / "journal.db"
    yield "journaled orders", "none", asyncio.run(_time_journal(path, "empty"))
    _fill(path, count)
    yield "journaled orders", f"{count:,}", asyncio.run(_time_journal(path, "full"))


async def _time_journal(path: Path, prefix: str) -> str:
    """Of two rounds of orders the second: the first finds nothing of the file in its memory."""
    journal = SqliteJournal(path)
    if prefix == "empty":
        await end(journal, await hold(journal, claim("first", key="first")), PLACED)
    await _time_round(journal, f"{prefix}-before")
    told = await _time_round(journal, prefix)
    await journal.close()
    return told


async def _time_round(journal: SqliteJournal, prefix: str) -> str:
    claims = [claim(f"{prefix}-{number}", key=f"{prefix}-{number}") for number in range(ROUNDS)]
    marks = [time.process_time()]
    for one in claims:
        assert await journal.find(one) is None
    marks.append(time.process_time())
    holds = [await hold(journal, one) for one in claims]
    marks.append(time.process_time())
    for held in holds:
        assert await end(journal, held, PLACED)
    marks.append(time.process_time())
    find, claimed, finish = (1e6 * (after - before) / ROUNDS for before, after in pairwise(marks))
    return f"find {find:.0f} µs, claim {claimed:.0f} µs, finish {finish:.0f} µs"


def _fill(path: Path, count: int) -> None:
    db = apsw.Connection(str(path))
    db.execute("PRAGMA synchronous = OFF")
    for table in ("operation", "attempt"):
        columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
        fresh = {"operation_id": "'o' || n"}
        if table == "operation":
            fresh |= {"key": "'k' || n", "receipt_id": "'r' || n"}
        chosen = ", ".join(fresh.get(column, column) for column in columns)
        numbers = f"WITH RECURSIVE s(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM s WHERE n < {count})"  # noqa: S608  # a number of ours
        rows = f"{numbers} SELECT {chosen} FROM s, {table} WHERE operation_id = 'first'"  # noqa: S608
        db.execute(f"INSERT INTO {table} {rows}")
    db.close()


def grow_dialects(folder: Path, count: int) -> Iterator[Row]:
    """Loading so many copies of a mapping, checked and compiled like others."""
    own = {name: folder / name for name in ("mappings", "openapi")}
    for one in own.values():
        one.mkdir()
    text, document = ((shipped() / name).read_text() for name in ("mappings/lana.toml", "openapi/lana.json"))
    for number in range(count):
        (own["mappings"] / f"own{number}.toml").write_text(text.replace('"lana"', f'"own{number}"', 1))
        (own["openapi"] / f"own{number}.json").write_text(document)
    memory, began = read_resident(os.getpid()), time.process_time()
    dialects = load_dialects(folder)
    took, more = time.process_time() - began, read_resident(os.getpid()) - memory
    assert sum(name.startswith("own") for name in dialects) == count
    each = f"{1000 * took / count:.0f} ms and {more / count:.2f} MB each"
    yield "dialects", f"{count:,}", f"loaded in {took:.1f} s, {more:.0f} MB more: {each}"


def grow_connections(folder: Path, count: int) -> Iterator[Row]:
    """Memory under connections that say nothing, or half of what they want."""
    allow_files(count)
    tenant = stand_in(find_dialect("enad"), SHOPS["enad"].settings)
    with run_gateway(tenant, "http://127.0.0.1:1", folder / "gateway") as (url, process):
        address, before = ("127.0.0.1", int(url.rpartition(":")[2])), read_resident(process)
        lines = [socket.create_connection(address) for _ in range(count)]
        for line in lines[::2]:
            line.sendall(b"POST /api/sync/v1/orders HTTP/1.1\r\nHost: here\r\nX-Slow: " + b"x" * 4_000)
        time.sleep(3)
        more = read_resident(process) - before
        for line in lines:
            line.close()
    each = f"{1000 * more / count:.0f} kB each"
    yield "connections, half of them with half a head", f"{count:,}", f"{more:.0f} MB more: {each}"


def grow_soak(folder: Path, seconds: float) -> Iterator[Row]:
    """Memory at the start and after each quarter of orders one after another, which are half of what it could take."""
    tenant, body = stand_in(find_dialect("stella_sync"), SHOPS["stella_sync"].settings), make_order("stella_sync", 5)
    answers = asyncio.run(record_answers(lambda url: move(tenant, url), SECRET, body, folder))
    with run_backend(answers) as backend, run_gateway(tenant, backend, folder / "gateway") as (url, process):
        told, placed = [], 0
        for part, length in {"warm": 5.0, **dict.fromkeys(("q1", "q2", "q3", "q4"), seconds / 4)}.items():
            took = ask(make_load(url + ORDERS, body, part, 1, length))
            assert took.statuses.keys() == {201}
            placed += took.asked
            told.append(read_resident(process))
    yield "orders in a row", f"{placed:,}", "MB " + ", ".join(f"{one:.0f}" for one in told)


def _time(work: Callable[[], object], count: int = 2_000) -> float:
    began = time.process_time()
    for _ in range(count):
        work()
    return 1e6 * (time.process_time() - began) / count


PARTS: dict[str, Callable[[Path, int], Iterator[Row]]] = {
    "tenants": grow_tenants,
    "orders": grow_orders,
    "dialects": grow_dialects,
    "connections": grow_connections,
    "soak": grow_soak,
}

if __name__ == "__main__":
    main()
