"""Load: as many clients as asked for, each with one request under way at any time, at next to no cost.

``python -m adapter.bench.load``, with what to ask for on standard input; it prints a ``Took``.
"""

import asyncio
import sys
import time
from collections import Counter
from typing import cast
from urllib.parse import urlsplit

import httptools
import msgspec
import uvloop

WARM_UP = 0.3


class Load(msgspec.Struct, frozen=True):
    """Requests of one kind: each gets a key of its own behind ``prefix``; ``seconds`` of it count."""

    url: str
    headers: dict[str, str]
    body: bytes
    prefix: str
    clients: int
    seconds: float


class Took(msgspec.Struct, frozen=True):
    """Answers a second, milliseconds that half and 99 of 100 took, and how many there were of each status.

    ``asked`` are all requests, those of the moment before it counts among them.
    """

    rate: float
    p50: float
    p99: float
    statuses: dict[int, int]
    asked: int = 0


class Client(asyncio.Protocol):
    """One connection that asks, waits for the whole answer, and asks again until the time is over."""

    def __init__(self, load: Load, number: int, counts_from: float, until: float) -> None:
        self.took: list[float] = []
        self.statuses: Counter[int] = Counter()
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._head, self._load, self._number = _write_head(load), load, number
        self._counts_from, self._until = counts_from, until
        self.asked = 0
        self._began = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one, though not by its class
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        now = time.perf_counter()
        if self._began >= self._counts_from:
            self.took.append(now - self._began)
            self.statuses[self._parser.get_status_code()] += 1
        if now < self._until:
            self._ask()
        else:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.over.done():
            self.over.set_result(None)

    def _ask(self) -> None:
        key = f"{self._load.prefix}-{self._number}-{self.asked}".encode("ascii")
        self.asked += 1
        self._parser = httptools.HttpResponseParser(self)
        self._began = time.perf_counter()
        self._transport.write(self._head + key + b"\r\n\r\n" + self._load.body)


def _write_head(load: Load) -> bytes:
    """The request up to its key, which comes last."""
    parts = urlsplit(load.url)
    lines = {"Host": parts.netloc, "Content-Length": str(len(load.body)), **load.headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"POST {parts.path} HTTP/1.1\r\n{head}Idempotency-Key: ".encode("ascii")


async def ask(load: Load) -> Took:
    """Let the clients ask, first for a moment that does not count."""
    parts, began = urlsplit(load.url), time.perf_counter()
    counts_from, until = began + WARM_UP, began + WARM_UP + load.seconds
    loop, clients = asyncio.get_running_loop(), []
    for number in range(load.clients):
        _, client = await loop.create_connection(
            lambda number=number: Client(load, number, counts_from, until),  # type: ignore[misc]
            str(parts.hostname),
            int(parts.port or 80),
        )
        clients.append(client)
    await asyncio.gather(*(client.over for client in clients))
    took = sorted(1000 * one for client in clients for one in client.took)
    statuses = sum((client.statuses for client in clients), Counter[int]())
    asked = sum(client.asked for client in clients)
    if not took:
        return Took(0.0, 0.0, 0.0, {}, asked)
    return Took(len(took) / load.seconds, took[len(took) // 2], took[len(took) * 99 // 100], dict(statuses), asked)


if __name__ == "__main__":
    took = uvloop.run(ask(msgspec.json.decode(sys.stdin.buffer.read(), type=Load)))
    sys.stdout.buffer.write(msgspec.json.encode(took))
