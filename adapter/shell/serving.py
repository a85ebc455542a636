"""Serving an ASGI app inside a running loop until somebody says stop."""

import asyncio
import ctypes
import select
import signal
import socket
import struct
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from ipaddress import ip_address
from typing import Any

import uvicorn

from adapter.errors import SetupError
from adapter.shell.connections import BoundedProtocol

# Once we end: seconds for accepting who waits, for who was accepted to say what it wants, between two looks.
DRAIN = 5.0
GRACE = 1.0
PAUSE = 0.01

CLOSE = (b"connection", b"close")

# A filter that lets no packet pass, in Linux's numbers: from then on its kernel takes no more connections for us, so
# that those it took can all be accepted. Whoever comes then tries again, and is refused once the listener is closed.
SO_ATTACH_FILTER = 26
NOTHING = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0))
FILTER = struct.pack("HL", 1, ctypes.addressof(NOTHING))


class Server(uvicorn.Server):
    """A server among several in one loop; who started it stops it, so it leaves the signals alone.

    It ends by answering everybody who has reached it: its own way would reset those that wait to be accepted, and
    those whose request has not been read yet.
    """

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept who waits and nobody else, and end each connection with its answer, or at once if it is idle."""
        self.server_state.default_headers = [*self.server_state.default_headers, CLOSE]
        listeners = sockets or []
        for listener in listeners:
            _shut(listener)
        await _while(lambda: any(map(_is_called, listeners)), DRAIN)
        await asyncio.sleep(PAUSE)  # until who was accepted is known, and what it has sent is read
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            if _has_asked(connection):
                connection.shutdown()
        await _while(lambda: not all(map(_has_asked, self.server_state.connections)), GRACE)
        await super().shutdown(sockets)


def catch_stop() -> asyncio.Event:
    """An event that SIGINT or SIGTERM sets; caught before anything is served, so that no order is cut off."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return stop


@asynccontextmanager
async def serving(
    app: Any,
    port: int = 0,
    host: str = "127.0.0.1",
    protocol: Callable[..., asyncio.Protocol] = BoundedProtocol,
    *,
    shared: bool = False,
) -> AsyncIterator[str]:
    """Serve an ASGI app and give its base URL once it answers; port 0 takes a free one.

    A ``shared`` port other processes may serve too, each who reaches it. At the end it answers who has reached it by
    then, and takes no more connections.
    """
    try:
        listener = socket.create_server((host, port), family=find_family(host), reuse_port=shared)
    except OSError as exc:
        raise SetupError(f"expected a free port: {exc.strerror}", at=f"{host}:{port}") from exc
    http: Any = protocol  # it is only ever called
    config = uvicorn.Config(
        app,
        http=http,
        ws="none",
        server_header=False,
        proxy_headers=False,
        log_level="error",  # what it warns of is clients, and our own lines tell of those
        log_config=None,
        access_log=False,
    )
    server = Server(config)
    task = asyncio.create_task(_serve(server, listener))
    try:
        while not server.started:
            if task.done():
                raise SetupError("the application did not start", at="lifespan")
            await asyncio.sleep(0.01)
        yield f"http://{host}:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task
        listener.close()


async def _serve(server: Server, listener: socket.socket) -> None:
    try:
        await server.serve(sockets=[listener])
    except SystemExit:  # its way to say that the application did not start
        return


def _shut(listener: socket.socket) -> None:
    """Take no more connections, where the system can say so; elsewhere those of the last instant are reset."""
    if sys.platform == "linux":
        listener.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, FILTER)


async def _while(holds: Callable[[], bool], seconds: float) -> None:
    for _ in range(int(seconds / PAUSE)):
        if not holds():
            return
        await asyncio.sleep(PAUSE)


def _has_asked(connection: Any) -> bool:
    """Whether a connection has brought a request, be it answered by now or not."""
    return connection.cycle is not None


def _is_called(listener: socket.socket) -> bool:
    """Whether somebody waits there to be accepted."""
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    return bool(poll.poll(0))


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def find_family(host: str) -> socket.AddressFamily:
    """The kind of addresses that a host's is of."""
    return socket.AF_INET6 if ":" in host else socket.AF_INET
