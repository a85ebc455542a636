"""Show the calls an order would become, and what it would lose; nothing is sent.

Settings that a tenant would give and secrets stand as {setting.NAME} and {secret.NAME} unless given here.
"""

import argparse
import sys
import tomllib
from pathlib import Path
from typing import Any

from rich.console import Console

from adapter.cli.tables import print_calls, print_faults, print_losses, print_rows
from adapter.core.canonical import ENCODER, read_json, read_order, unknown_members
from adapter.core.orders import map_out
from adapter.core.previews import imagine_calls, preview
from adapter.core.tenants import stand_in
from adapter.errors import Problem, SetupError
from adapter.shell.files import find_dialect
from adapter.shell.settings import read_settings

REFERENCE = "00000000-0000-4000-8000-000000000000"
RECEIVED_AT = "2026-01-01T00:00:00Z"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("order", metavar="ORDER.json", help="a canonical order; - reads standard input")
    parser.add_argument("--dialect", required=True)
    parser.add_argument("--setting", action="append", default=[], metavar="NAME=VALUE", help="a tenant's setting")
    parser.add_argument("--explain", action="store_true", help="show each row at work: value before, codec, after")
    parser.add_argument("--json", action="store_true", help="print JSON for machines")


def run(options: argparse.Namespace) -> int:
    dialect = find_dialect(options.dialect, read_settings().dialects)
    tenant = stand_in(dialect, dict(read_setting(pair) for pair in options.setting))
    console = Console(soft_wrap=True)
    try:
        body = read_json(read_file(options.order))
        order = read_order(body, tenant.settings.get("currency"))
        journey = map_out(tenant, order, unknown_members(body, order), REFERENCE, RECEIVED_AT)
    except Problem as problem:
        if options.json:
            print(ENCODER.encode(problem.document()).decode())
        else:
            print_faults(console, problem)
        return 1
    if options.json:
        print(ENCODER.encode(preview(journey)).decode())
        return 0
    print_calls(console, dialect.mapping.title, imagine_calls(journey))
    if options.explain:
        print_rows(console, journey.entries)
    print_losses(console, journey.losses)
    return 0


def read_setting(pair: str, at: str = "--setting") -> tuple[str, Any]:
    """A setting as the command line gives it; true, false and numbers are what TOML takes them for."""
    name, equals, value = pair.partition("=")
    if not equals:
        raise SetupError(f"expected NAME=VALUE, found {pair!r}", at=at)
    try:
        return name, tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return name, value


def read_file(name: str) -> bytes:
    """A file, or standard input for a dash; a ``SetupError`` where it cannot be read."""
    try:
        return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as exc:
        raise SetupError(f"expected a readable file: {exc.strerror}", at=name) from exc
