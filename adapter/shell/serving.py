"""Servers inside a running loop, for the demo, the benchmarks and the tests."""

import asyncio
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


@asynccontextmanager
async def serving(app: Any, port: int = 0) -> AsyncIterator[str]:
    """Serve an ASGI app on loopback and give its base URL once it answers; port 0 takes a free one."""
    try:
        listener = socket.create_server(("127.0.0.1", port))
    except OSError as exc:
        raise SetupError(f"expected a free port: {exc.strerror}", at=f"127.0.0.1:{port}") from exc
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
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task
        listener.close()


async def _serve(server: Server, listener: socket.socket) -> None:
    try:
        await server.serve(sockets=[listener])
    except SystemExit:  # its way to say that the application did not start
        return
