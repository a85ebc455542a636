"""``python -m tests.clients``: what a POST costs by each way of sending it, from one program to a backend of its own.

Clients that are not installed are left out and named. Every client of a round runs in a fresh program, and rounds take
turns, so that whatever else the machine does befalls all alike; what is told is the median of the rounds.
"""

import argparse
import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from statistics import median
from types import MappingProxyType
from typing import NamedTuple

import httpx
import jsonschema_rs
import msgspec
import uvloop
from rich.console import Console
from rich.table import Table

from adapter.bench.backend import ANY, Fixed
from adapter.bench.programs import run_backend
from adapter.core.files.mappings import StepRows
from adapter.core.operations import Operation
from adapter.core.outcomes import Answered
from adapter.core.steps import Call, Step
from adapter.shell.http_out import HttpBackends
from adapter.shell.transport import AiohttpTransport

HEADERS = MappingProxyType(
    {
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "Content-Type": "application/json",
        "Idempotency-Key": "3c90c3cc-0d44-4b50-8888-8dd25736052a",
        "User-Agent": "adapter",
    }
)
BODY = b'{"email":"maya@example.com","note":"%b"}' % (b"x" * 1500)
ANSWER = Fixed(201, b'{"id":"3c90c3cc-0d44-4b50-8888-8dd25736052a","status":"pending","total":"79.00"}')

STEP = Step(
    StepRows(name="order", operation="order"), Operation("POST", "/", None, {}), jsonschema_rs.Draft202012Validator({})
)

Post = Callable[[str], Awaitable[int]]


def over_client(transport: Callable[[], httpx.AsyncBaseTransport]) -> Callable[[], Post]:
    """httpx's own client over a transport: the usual way."""

    def open_client() -> Post:
        client = httpx.AsyncClient(transport=transport(), trust_env=False, timeout=60.0)

        async def post(url: str) -> int:
            return (await client.post(url, headers=HEADERS, content=BODY)).status_code

        return post

    return open_client


def over_transport(transport: Callable[[], httpx.AsyncBaseTransport]) -> Callable[[], Post]:
    """The gateway's way out over a transport, with its deadline and its proof of what was sent."""

    def open_backends() -> Post:
        backends = HttpBackends(transport())
        headers = {name: value for name, value in HEADERS.items() if name not in ("Accept-Encoding", "User-Agent")}

        async def post(url: str) -> int:
            sent = await backends.send(Call("order", STEP, "POST", url, headers, BODY), 60.0)
            assert isinstance(sent, Answered), sent
            return sent.status

        return post

    return open_backends


def httpcore() -> httpx.AsyncBaseTransport:
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=64, keepalive_expiry=4.0)
    return httpx.AsyncHTTPTransport(limits=limits, trust_env=False)


def httpx_aiohttp() -> httpx.AsyncBaseTransport:
    transport: httpx.AsyncBaseTransport = import_module("httpx_aiohttp").AiohttpTransport(trust_env=False)
    return transport


def pyreqwest_transport() -> httpx.AsyncBaseTransport:
    transport: httpx.AsyncBaseTransport = import_module("pyreqwest.compatibility.httpx").HttpxTransport()
    return transport


def open_httpx2() -> Post:
    client = import_module("httpx2").AsyncClient(trust_env=False, timeout=60.0)

    async def post(url: str) -> int:
        status: int = (await client.post(url, headers=HEADERS, content=BODY)).status_code
        return status

    return post


def open_aiohttp() -> Post:
    aiohttp = import_module("aiohttp")
    session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), cookie_jar=aiohttp.DummyCookieJar())

    async def post(url: str) -> int:
        async with session.post(url, headers=HEADERS, data=BODY, allow_redirects=False) as answer:
            await answer.read()
            status: int = answer.status
        return status

    return post


def open_pyreqwest() -> Post:
    client = import_module("pyreqwest.client").ClientBuilder().follow_redirects(False).no_proxy().build()

    async def post(url: str) -> int:
        answer = await client.post(url).headers(dict(HEADERS)).body_bytes(BODY).build().send()
        await answer.bytes()
        status: int = answer.status
        return status

    return post


class Way(NamedTuple):
    """One way of sending: the package it takes, and how it is opened."""

    package: str
    open: Callable[[], Post]


OURS = "ours: httpx's interface over aiohttp"

WAYS: Mapping[str, Way] = {
    "httpx.AsyncClient": Way("httpx", over_client(httpcore)),
    "httpx's transport, no AsyncClient": Way("httpx", over_transport(httpcore)),
    "httpx2.AsyncClient": Way("httpx2", open_httpx2),
    "AsyncClient over httpx-aiohttp": Way("httpx_aiohttp", over_client(httpx_aiohttp)),
    "AsyncClient over pyreqwest's transport": Way("pyreqwest", over_client(pyreqwest_transport)),
    "AsyncClient over our transport": Way("aiohttp", over_client(AiohttpTransport)),
    OURS: Way("aiohttp", over_transport(AiohttpTransport)),
    "pyreqwest's transport, no AsyncClient": Way("pyreqwest", over_transport(pyreqwest_transport)),
    "aiohttp's own session": Way("aiohttp", open_aiohttp),
    "pyreqwest's own client": Way("pyreqwest", open_pyreqwest),
}


class Took(msgspec.Struct, frozen=True):
    """POSTs a second, microseconds of CPU for one, and milliseconds that 99 of 100 took."""

    rate: float
    cpu: float
    p99: float


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.clients", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="of one client at one concurrency")
    parser.add_argument("--concurrency", type=int, nargs="+", default=[1, 64])
    parser.add_argument("--only", nargs=3, metavar=("WAY", "URL", "CONCURRENCY"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        name, url, at_once = options.only
        print(msgspec.json.encode(uvloop.run(measure(WAYS[name], url, int(at_once), options.seconds))).decode())
        return 0
    console = Console(width=110)
    installed = [name for name, way in WAYS.items() if find_spec(way.package)]
    with run_backend({ANY: ANSWER}) as backend:
        url = f"{backend}/api/v1/orders"
        for at_once in options.concurrency:
            rounds = [
                {name: run_alone(name, url, at_once, options.seconds) for name in installed}
                for _ in range(options.rounds)
            ]
            console.print(tell(rounds, at_once))
    if absent := [f"{name} ({way.package})" for name, way in WAYS.items() if name not in installed]:
        console.print(f"not installed: {', '.join(absent)}")
    return 0


async def measure(way: Way, url: str, at_once: int, seconds: float) -> Took:
    """Send for some seconds with so many requests under way at any time."""
    post, took = way.open(), list[float]()
    await asyncio.gather(*(post(url) for _ in range(at_once)))
    began, spent = time.perf_counter(), time.process_time()

    async def send() -> None:
        while (before := time.perf_counter()) < began + seconds:
            assert await post(url) == 201
            took.append(time.perf_counter() - before)

    await asyncio.gather(*(send() for _ in range(at_once)))
    wall, cpu = time.perf_counter() - began, time.process_time() - spent
    return Took(len(took) / wall, 1e6 * cpu / len(took), 1000 * sorted(took)[len(took) * 99 // 100])


def run_alone(name: str, url: str, at_once: int, seconds: float) -> Took:
    command = [sys.executable, "-W", "ignore", "-m", "tests.clients", "--seconds", str(seconds)]
    command += ["--only", name, url, str(at_once)]
    told = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True, timeout=120)
    return msgspec.json.decode(told.stdout, type=Took)


def tell(rounds: Sequence[Mapping[str, Took]], at_once: int) -> Table:
    table = Table(title=f"{at_once} at a time, medians of {len(rounds)}", box=None, title_justify="left")
    for heading in ("way", "POSTs/s", "p99 ms", "CPU µs", "CPU of ours"):
        table.add_column(heading, justify="left" if heading == "way" else "right")
    ratios = {name: median(one[name].cpu / one[OURS].cpu for one in rounds) for name in rounds[0]}
    for name, ratio in sorted(ratios.items(), key=lambda row: -row[1]):
        rate, cpu, p99 = (median(getattr(one[name], member) for one in rounds) for member in ("rate", "cpu", "p99"))
        table.add_row(name, f"{rate:,.0f}", f"{p99:.1f}", f"{cpu:,.0f}", f"{ratio:.2f}")
    return table


if __name__ == "__main__":
    sys.exit(main())
