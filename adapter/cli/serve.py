"""Run the gateway as the ADAPTER_ variables set it up."""

import argparse
import asyncio
import sys
from functools import partial

import uvloop

from adapter.app import create_app
from adapter.shell.connections import BoundedProtocol
from adapter.shell.crowds import Crowd, allow_files
from adapter.shell.logs import writing_logs
from adapter.shell.serving import catch_stop, serving
from adapter.shell.settings import Settings, read_settings
from adapter.shell.warming import settle

# Enough for a few that watch, each with a connection that it keeps.
OPERATORS_CONNECTIONS = 64


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", help="address to listen on (ADAPTER_HOST, 127.0.0.1)")
    parser.add_argument("--port", type=int, help="port to listen on (ADAPTER_PORT, 8080)")


def run(options: argparse.Namespace) -> int:
    settings = read_settings()
    port = settings.port if options.port is None else options.port
    with (
        writing_logs(sys.stderr.buffer, settings.log_level),
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(_serve(settings, options.host or settings.host, port))
    return 0


async def _serve(settings: Settings, host: str, port: int) -> None:
    """Serve clients, and the operator from before the first of them until after the last."""
    allow_files(settings.connections)
    stop, served = catch_stop(), create_app(settings)
    clients, operators = (
        partial(BoundedProtocol, crowd=Crowd(most)) for most in (settings.connections, OPERATORS_CONNECTIONS)
    )
    async with (
        serving(served.admin, settings.admin_port, settings.admin_host, operators) as admin,
        serving(served.public, port, host, clients) as url,
    ):
        settle()
        print(f"adapter on {url}", flush=True)
        print(f"operator's doors on {admin}", flush=True)
        await stop.wait()
