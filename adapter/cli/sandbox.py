"""Run a backend that speaks a dialect, remembers its orders, can be looked into, and misbehaves on request."""

import argparse
import asyncio
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any

from adapter.errors import SetupError
from adapter.sandbox.backend import LEDGER, Sandbox
from adapter.sandbox.calls import encode
from adapter.sandbox.faults import FAULTS, Plan
from adapter.sandbox.front import FAULTS_DOOR, Times, serve_front
from adapter.sandbox.shops import DIALECTS, make_sandbox
from adapter.shell.files import find_document
from adapter.shell.serving import catch_stop
from adapter.shell.settings import read_settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("dialect", help=f"{', '.join(DIALECTS)}, or one of your own")
    parser.add_argument("--port", type=int, default=9000, help="port on 127.0.0.1 (9000)")
    parser.add_argument("--currency", default="USD", help="the shop's own currency (USD)")
    parser.add_argument("--seed", type=int, default=0, help="where its ids and its chances start (0)")
    parser.add_argument(
        "--credential",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a credential it demands, such as token=...; one left out may be anything but empty",
    )
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="NAME[:PROBABILITY][@OPERATION]",
        help=f"what befalls a request, such as commit-then-500:0.1; may be repeated. Names: {', '.join(FAULTS)}",
    )
    parser.add_argument(
        "--late", type=float, default=2.0, metavar="SECONDS", help="until a late request is applied (2)"
    )
    parser.add_argument("--ledger", type=Path, metavar="FILE", help="append every event to FILE, one JSON line each")


def run(options: argparse.Namespace) -> int:
    document = find_document(options.dialect, read_settings().dialects)
    credentials = _read_credentials(options.credential)
    app = make_sandbox(options.dialect, document, credentials=credentials, seed=options.seed, currency=options.currency)
    plan = _make_plan(options, app)
    with _written_down(app, options.ledger):
        asyncio.run(_serve(options, app, plan))
    return 0


def _read_credentials(pairs: list[str]) -> dict[str, str]:
    for pair in pairs:
        if "=" not in pair:
            raise SetupError(f"expected NAME=VALUE, found {pair!r}", at="--credential")
    return dict(pair.split("=", 1) for pair in pairs)


def _make_plan(options: argparse.Namespace, app: Sandbox) -> Plan:
    try:
        plan = Plan(options.fault, options.seed)
        plan.bind(app.operations)
    except ValueError as exc:
        raise SetupError(str(exc), at="--fault") from exc
    return plan


@contextmanager
def _written_down(app: Sandbox, path: Path | None) -> Iterator[None]:
    """Every event in the file before its answer goes out, so that the ledger outlives a kill of this program."""
    if path is None:
        yield
        return
    try:
        file = path.open("a", encoding="utf-8")
    except OSError as exc:
        raise SetupError(f"expected a file to append to: {exc.strerror}", at=str(path)) from exc
    with file:

        def write(event: Mapping[str, Any]) -> None:
            print(encode(event), file=file, flush=True)

        app.memory.watchers.append(write)
        yield


async def _serve(options: argparse.Namespace, app: Sandbox, plan: Plan) -> None:
    stop = catch_stop()
    async with AsyncExitStack() as stack:
        server = serve_front(app, plan, port=options.port, times=Times(late=options.late))
        try:
            url = await stack.enter_async_context(server)
        except OSError as exc:
            raise SetupError(f"expected a free port: {exc.strerror}", at=f"127.0.0.1:{options.port}") from exc
        print(f"{options.dialect} on {url}, ledger at {LEDGER}", flush=True)
        if plan.chances:
            _print_faults(plan, options.seed)
        await stop.wait()


def _print_faults(plan: Plan, seed: int) -> None:
    print(f"It misbehaves, with seed {seed}, until DELETE {FAULTS_DOOR}:")
    for chance in plan.chances:
        print(f"  {chance}: {chance.fault.about if chance.fault else 'nothing'}", flush=True)
