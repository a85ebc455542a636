"""Serving an ASGI app inside a running loop until somebody says stop."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn

from adapter.errors import SetupError


class Server(uvicorn.Server):
    """A server among several in one loop; who started it stops it, so it leaves the signals alone."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def catch_stop() -> asyncio.Event:
    """An event that SIGINT or SIGTERM sets; caught before anything is served, so that no order is cut off."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return stop


@asynccontextmanager
async def serving(app: Any, port: int = 0, host: str = "127.0.0.1") -> AsyncIterator[str]:
    """Serve an ASGI app and give its base URL once it answers; port 0 takes a free one.

    At the end it takes no more connections and lets the requests under way end.
    """
    try:
        listener = socket.create_server((host, port), family=_family(host), reuse_port=False)
    except OSError as exc:
        raise SetupError(f"expected a free port: {exc.strerror}", at=f"{host}:{port}") from exc
    config = uvicorn.Config(
        app, http="httptools", ws="none", server_header=False, log_level="warning", access_log=False
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


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
