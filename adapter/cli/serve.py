"""Run the gateway as the ADAPTER_ variables set it up."""

import argparse
import asyncio

import uvloop

from adapter.app import create_app
from adapter.shell.serving import catch_stop, serving
from adapter.shell.settings import read_settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", help="address to listen on (ADAPTER_HOST, 127.0.0.1)")
    parser.add_argument("--port", type=int, help="port to listen on (ADAPTER_PORT, 8080)")


def run(options: argparse.Namespace) -> int:
    settings = read_settings()
    port = settings.port if options.port is None else options.port
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(options.host or settings.host, port))
    return 0


async def _serve(host: str, port: int) -> None:
    stop = catch_stop()
    async with serving(create_app(), port, host) as url:
        print(f"adapter on {url}", flush=True)
        await stop.wait()
