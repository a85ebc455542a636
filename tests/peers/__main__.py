"""``python -m tests.peers``: the gateway beside programs that do its work in the usual ways, on this machine.

Each places orders of five lines with the same fixed Enad. The peers keep no journal, know one mapping and prove
nothing about what was sent; the gateway does all it does. The floor is what no gateway in this language with a journal
on this disk can go below: its two hops and its two flushes. Rounds take turns; medians are told. What is not installed
is named and left out; Node finds its packages where ``NODE_PATH`` says.
"""

import argparse
import asyncio
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

from adapter.bench.load import Load, Took
from adapter.bench.programs import ask, run_backend
from adapter.cli.bench import SECRET, SITE, make_order, move, run_gateway
from adapter.cli.benched import record_answers
from adapter.cli.demo import SHOPS
from adapter.core.messages import ORDERS
from adapter.core.tenancy.tenants import Tenant, stand_in
from adapter.shell.files import find_dialect

HERE = Path(__file__).parent
OURS = "adapter, journal on"
NODE = "node"
QUIETLY: Mapping[str, Any] = {"stderr": subprocess.DEVNULL, "check": False}
PATIENCE = 20.0


class Peer(NamedTuple):
    """How it is started, with its port at ``{port}``, and what it takes: Python's packages or Node's."""

    command: tuple[str, ...]
    packages: tuple[str, ...] = ()

    def lacks(self) -> list[str]:
        """What of that is not installed."""
        if self.command[0] != NODE:
            return [name for name in self.packages if not find_spec(name)]
        if not shutil.which(NODE):
            return [NODE]
        return [
            name for name in self.packages if subprocess.run([NODE, "-e", f"require('{name}')"], **QUIETLY).returncode
        ]


UVICORN = (sys.executable, "-m", "uvicorn", "--no-access-log", "--log-level", "error", "--port", "{port}")

PEERS: Mapping[str, Peer] = {
    "FastAPI + pydantic + httpx": Peer((*UVICORN, "tests.peers.fastapi_httpx:app"), ("fastapi", "pydantic")),
    "Starlette + msgspec + httpx2": Peer((*UVICORN, "tests.peers.starlette_httpx2:app"), ("httpx2",)),
    "Node's own http": Peer((NODE, str(HERE / "node_http.js"))),
    "Node: fastify + undici, by hand": Peer((NODE, str(HERE / "node_fastify.js")), ("fastify", "undici")),
    "Node: fastify + undici + JSONata": Peer(
        (NODE, str(HERE / "node_fastify.js"), "jsonata"), ("fastify", "undici", "jsonata")
    ),
    "the floor: two hops, two flushes": Peer((*UVICORN, "tests.peers.floor:app")),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.peers", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--clients", type=int, default=64)
    options = parser.parse_args()
    console, shop = Console(width=100), SHOPS["enad"]
    body, tenant = make_order("enad", 5), stand_in(find_dialect("enad"), shop.settings)
    with tempfile.TemporaryDirectory(prefix="peers-") as name:
        folder = Path(name)
        answers = asyncio.run(record_answers(lambda url: move(tenant, url), SECRET, body, folder))
        path = next(iter(answers)).split()[1]
        with run_backend(answers) as backend:
            runs: dict[str, Callable[[int], AbstractContextManager[str]]] = {
                name: lambda _, peer=peer: run_peer(peer, backend, path)  # type: ignore[misc]
                for name, peer in PEERS.items()
                if not peer.lacks()
            }
            runs[OURS] = lambda number: _run_ours(tenant, backend, folder / str(number))
            rounds = [
                {name: _ask_one(run, number, body, options) for name, run in runs.items()}
                for number in range(options.rounds)
            ]
    console.print(tell(rounds, options.clients))
    for name, peer in PEERS.items():
        if absent := peer.lacks():
            console.print(f"left out: {name}, without {', '.join(absent)}")
    return 0


@contextmanager
def run_peer(peer: Peer, backend: str, path: str) -> Iterator[str]:
    """A peer as a program; its URL once it accepts connections."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = os.environ | {"PEER_BACKEND": backend, "PEER_PATH": path, "PEER_PORT": str(port)}
    command = [part.format(port=port) for part in peer.command]
    with subprocess.Popen(command, env=environment, cwd=HERE.parent.parent) as program:
        try:
            until = time.monotonic() + PATIENCE
            while not _accepts(port):
                assert time.monotonic() < until, f"{command} did not start"
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port}"
        finally:
            program.terminate()


def tell(rounds: Sequence[Mapping[str, Took]], clients: int) -> Table:
    table = Table(title=f"{clients} clients, medians of {len(rounds)}", box=None, title_justify="left")
    for heading in ("program", "orders/s", "p50 ms", "p99 ms", "of ours"):
        table.add_column(heading, justify="left" if heading == "program" else "right")
    for name in rounds[0]:
        rate, p50, p99 = (median(getattr(one[name], member) for one in rounds) for member in ("rate", "p50", "p99"))
        ratio = median(one[name].rate / one[OURS].rate for one in rounds)
        table.add_row(name, f"{rate:,.0f}", f"{p50:.1f}", f"{p99:.1f}", f"{ratio:.2f}")
    return table


def _ask_one(
    run: Callable[[int], AbstractContextManager[str]], number: int, body: bytes, options: argparse.Namespace
) -> Took:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {SECRET}", "X-Stella-Site-Id": SITE}
    with run(number) as url:
        took = ask(Load(url + ORDERS, headers, body, f"r{number}", options.clients, options.seconds))
    assert took.statuses.keys() == {201}, took.statuses
    return took


@contextmanager
def _run_ours(tenant: Tenant, backend: str, folder: Path) -> Iterator[str]:
    with run_gateway(tenant, backend, folder) as (url, _):
        yield url


def _accepts(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


if __name__ == "__main__":
    sys.exit(main())
