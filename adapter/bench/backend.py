"""A backend that gives the same answers for ever, at next to no cost: what is measured is who calls it.

``python -m adapter.bench.backend``, with the answers on standard input; it prints its URL.
"""

import asyncio
import sys
from collections.abc import Mapping
from typing import cast

import httptools
import msgspec
import uvloop


class Fixed(msgspec.Struct, frozen=True):
    """An answer for one method and path, or for any."""

    status: int
    body: bytes
    content_type: str = "application/json"

    def write(self) -> bytes:
        """The answer as it goes over the wire."""
        head = f"HTTP/1.1 {self.status} OK\r\nContent-Type: {self.content_type}\r\nContent-Length: {len(self.body)}"
        return head.encode("ascii") + b"\r\n\r\n" + self.body


ANY = "*"
UNKNOWN = Fixed(404, b"{}")


class Line(asyncio.Protocol):
    """One connection; requests are read whole, then answered by their method and path."""

    def __init__(self, answers: Mapping[str, bytes]) -> None:
        self._answers = answers
        self._parser = httptools.HttpRequestParser(self)
        self._url = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one, though not by its class

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_message_complete(self) -> None:
        path = httptools.parse_url(self._url).path
        called = f"{self._parser.get_method().decode()} {path.decode()}"
        self._url = b""
        self._transport.write(self._answers.get(called) or self._answers[ANY])


async def serve(answers: Mapping[str, Fixed]) -> None:
    """Serve until cancelled; answers by ``METHOD /path``, and ``*`` for all others."""
    written = {ANY: UNKNOWN.write(), **{called: answer.write() for called, answer in answers.items()}}
    server = await asyncio.get_running_loop().create_server(lambda: Line(written), "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(msgspec.json.decode(sys.stdin.buffer.read(), type=dict[str, Fixed])))
