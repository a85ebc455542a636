"""A raw TCP server on loopback whose every connection follows a script, and the scripts of a bad day."""

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

RESET = struct.pack("ii", 1, 0)  # SO_LINGER with no time: closing sends a reset


@dataclass
class Line:
    """One connection to the server, and all the requests that any connection has read whole."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    requests: list[bytes]

    async def read(self) -> None:
        """Read one whole request."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        body = await self.reader.readexactly(int(lengths[0].partition(b":")[2]) if lengths else 0)
        self.requests.append(head + body)

    async def write(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    def reset(self) -> None:
        connection: socket.socket = self.writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.writer.transport.abort()


Script = Callable[[Line], Awaitable[None]]


@dataclass
class Server:
    """Where it listens, the requests it has read whole, and how many connections it has accepted."""

    url: str
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0


@asynccontextmanager
async def listening(*scripts: Script, tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    """A server whose n-th connection follows the n-th script, and every further one the last."""
    tasks: set[asyncio.Task[None]] = set()

    async def follow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server.connections += 1
        script = scripts[min(server.connections, len(scripts)) - 1]
        try:
            await script(Line(reader, writer, server.requests))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client went away, as some tests want it to
        finally:
            writer.close()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(follow(reader, writer))
        tasks.add(task)

    listener = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=tls)
    server = Server(f"{'https' if tls else 'http'}://127.0.0.1:{listener.sockets[0].getsockname()[1]}")
    try:
        yield server
    finally:
        listener.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await listener.wait_closed()


def closed_port() -> int:
    """A port of loopback at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def response(body: bytes, status: str = "201 Created", *headers: str) -> bytes:
    """A whole response."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Content-Type: application/json", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


OK = response(b'{"id":1}')


async def answer(line: Line) -> None:
    while True:
        await line.read()
        await line.write(OK)


async def reset_at_once(line: Line) -> None:
    line.reset()


async def close_after_headers(line: Line) -> None:
    await line.reader.readuntil(b"\r\n\r\n")


async def close_after_request(line: Line) -> None:
    await line.read()


async def reset_after_request(line: Line) -> None:
    await line.read()
    line.reset()


async def close_within_status(line: Line) -> None:
    await line.read()
    await line.write(b"HTTP/1.1 20")


async def close_within_headers(line: Line) -> None:
    await line.read()
    await line.write(OK[:40])


async def close_within_body(line: Line) -> None:
    await line.read()
    await line.write(OK[:-1])


async def close_within_chunks(line: Line) -> None:
    await line.read()
    await line.write(b'HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{"id\r\n')


async def speak_no_http(line: Line) -> None:
    await line.read()
    await line.write(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")


async def stay_silent(line: Line) -> None:
    await line.read()
    await asyncio.Event().wait()


async def stop_within_body(line: Line) -> None:
    await line.read()
    await line.write(OK[:-1])
    await asyncio.Event().wait()


async def drip(line: Line) -> None:
    await line.read()
    for index in range(len(OK)):
        await line.write(OK[index : index + 1])
        await asyncio.sleep(0.02)
