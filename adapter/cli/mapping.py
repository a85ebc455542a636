"""Show the calls an order would become, and what it would lose; nothing is sent.

Settings that a tenant would give and secrets stand as {setting.NAME} and {secret.NAME} unless given here.
"""

import argparse
import re
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from adapter.cli.tables import print_calls, print_faults, print_losses, print_rows
from adapter.core.canonical import ENCODER, read_json, read_order, unknown_members
from adapter.core.dialects import Dialect
from adapter.core.orders import map_out
from adapter.core.previews import imagine_calls, preview
from adapter.core.tenancy.tenants import stand_in
from adapter.core.values.crosswalks import CrosswalkRows, Pairs, make_pairs
from adapter.errors import Problem, SetupError
from adapter.shell.files import find_dialect, speak
from adapter.shell.pairs import read_pairs
from adapter.shell.settings import read_settings

REFERENCE = "00000000-0000-4000-8000-000000000000"
RECEIVED_AT = "2026-01-01T00:00:00Z"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("order", metavar="ORDER.json", help="a canonical order; - reads standard input")
    parser.add_argument("--dialect", required=True)
    parser.add_argument("--setting", action="append", default=[], metavar="NAME=VALUE", help="a tenant's setting")
    parser.add_argument("--explain", action="store_true", help="show each row at work: value before, codec, after")
    parser.add_argument("--overlay", type=Path, metavar="FILE", help="a tenant's overlay")
    parser.add_argument(
        "--crosswalk",
        action="append",
        default=[],
        metavar="MEMBER=IDS.csv",
        help="a table for a member such as /line_items/*/variant_id, or TABLE=IDS.csv for one the overlay names",
    )
    parser.add_argument("--json", action="store_true", help="print JSON for machines")


def run(options: argparse.Namespace) -> int:
    dialect, crosswalk = _speak(options)
    tenant = stand_in(dialect, dict(read_setting(pair) for pair in options.setting))
    console = Console(soft_wrap=True)
    try:
        body = read_json(read_file(options.order))
        order = read_order(body, tenant.settings.get("currency"))
        journey = map_out(tenant, order, unknown_members(body), REFERENCE, RECEIVED_AT, crosswalk)
    except Problem as problem:
        if options.json:
            print(ENCODER.encode(problem.document()).decode())
        else:
            print_faults(console, problem)
        return 1
    if options.json:
        print(ENCODER.encode(preview(journey, journey.losses)).decode())
        return 0
    print_calls(console, dialect.mapping.title, imagine_calls(journey))
    if options.explain:
        print_rows(console, f"{dialect.name}.toml", journey.explain())
    print_losses(console, journey.losses)
    return 0


def _speak(options: argparse.Namespace) -> tuple[Dialect, dict[str, Pairs]]:
    """The dialect as the options have it, and the tables it looks ids up in; one that is not given has no ids."""
    given = dict(_read_crosswalk(said) for said in options.crosswalk)
    members = {name: member for member in given if (name := _name_table(member)) != member}
    rows = {name: CrosswalkRows(member=member) for name, member in members.items()}
    dialect = speak(find_dialect(options.dialect, read_settings().dialects), options.overlay, rows, "--crosswalk")
    for name in given.keys() - members.values() - set(dialect.crosswalks):
        known = ", ".join(dialect.crosswalks) or "none"
        raise SetupError(f"nothing looks into the table {name!r}; tables: {known}", at="--crosswalk")
    found = {table: given.get(members.get(table, table), {}) for table in dialect.crosswalks}
    return dialect, {table: make_pairs(table, pairs) for table, pairs in found.items()}


def _name_table(said: str) -> str:
    """The table of a member that was said by its pointer; otherwise it is a table that the overlay names."""
    return re.sub(r"\W+", "_", said).strip("_") if said.startswith("/") else said


def _read_crosswalk(said: str) -> tuple[str, Mapping[str, str]]:
    name, equals, file = said.partition("=")
    if not equals:
        raise SetupError(f"expected MEMBER=IDS.csv or TABLE=IDS.csv, found {said!r}", at="--crosswalk")
    return name, read_pairs(Path(file)).pairs


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
