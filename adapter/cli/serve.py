"""Run the gateway as the ADAPTER_ variables set it up."""

import argparse
import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import msgspec
import uvloop

from adapter.app import create_app
from adapter.errors import SetupError
from adapter.shell.connections import BoundedProtocol
from adapter.shell.crowds import Crowd, allow_files
from adapter.shell.logs import log, writing_logs
from adapter.shell.serving import catch_stop, serving
from adapter.shell.settings import Settings, read_settings
from adapter.shell.supervisor import Tell, Workers, hear_signals, reserving
from adapter.shell.warming import settle

# Enough for a few that watch, each with a connection that it keeps.
OPERATORS_CONNECTIONS = 64

MOST_PORTS = 65_535


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", help="address to listen on (ADAPTER_HOST, 127.0.0.1)")
    parser.add_argument("--port", help="port to listen on (ADAPTER_PORT, 8080)")
    parser.add_argument("--workers", metavar="N", help="processes that serve it (ADAPTER_WORKERS, 1)")


def run(options: argparse.Namespace) -> int:
    said = {"host": options.host, "port": options.port, "workers": options.workers}
    given = {f"ADAPTER_{name.upper()}": value for name, value in said.items() if value is not None}
    settings = read_settings({**os.environ, **given})
    with writing_logs(sys.stderr.buffer, settings.log_level):
        if settings.workers > 1:
            return 0 if asyncio.run(_supervise(settings)) else 1
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(settings))
    return 0


async def _serve(settings: Settings) -> None:
    """Serve in this process, until told to stop."""
    stop = catch_stop()
    async with _doors(settings) as (url, admin):
        _tell_doors(url, [admin])
        await stop.wait()


@asynccontextmanager
async def _doors(settings: Settings, *, shared: bool = False) -> AsyncIterator[tuple[str, str]]:
    """Serve clients, and the operator from before the first of them until after the last; where."""
    allow_files(settings.connections)
    served = create_app(settings)
    crowd = Crowd(settings.connections, settings.requests * settings.body_limit)
    clients = partial(BoundedProtocol, crowd=crowd, note=served.note_refusal)
    operators = partial(BoundedProtocol, crowd=Crowd(OPERATORS_CONNECTIONS))
    async with (
        serving(served.admin, settings.admin_port, settings.admin_host, operators) as admin,
        serving(served.public, settings.port, settings.host, clients, shared=shared) as url,
    ):
        settle()
        log.info("serving")
        yield url, admin
        served.leave()  # told by the operator's doors, which stay open until the last client has its answer
        log.info("leaving")
    log.info("left")


async def _supervise(settings: Settings) -> bool:
    """Have workers serve, until told to stop; whether all of them ended in good order."""
    if settings.admin_port + settings.workers - 1 > MOST_PORTS:
        raise SetupError(f"expected a port for each of {settings.workers} workers", at="ADAPTER_ADMIN_PORT")
    stop = catch_stop()
    with reserving(settings.host, settings.port) as port:
        workers = Workers(partial(_work, msgspec.structs.replace(settings, port=port)), settings.workers)
        return await workers.run(stop, partial(_tell_doors, f"http://{settings.host}:{port}"))


def _work(settings: Settings, number: int, tell: Tell) -> None:
    """What one of several workers does."""
    admin_port = settings.admin_port and settings.admin_port + number
    with (
        writing_logs(sys.stderr.buffer, settings.log_level),
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(_serve_beside_others(msgspec.structs.replace(settings, admin_port=admin_port), tell))


async def _serve_beside_others(settings: Settings, tell: Tell) -> None:
    stop = catch_stop()
    hear_signals(stop)
    async with _doors(settings, shared=True) as (_, admin):
        tell(admin)
        await stop.wait()


def _tell_doors(url: str, admins: list[str]) -> None:
    print(f"adapter on {url}", flush=True)
    for admin in admins:
        print(f"operator's doors on {admin}", flush=True)
