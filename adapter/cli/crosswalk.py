"""Keep a tenant's tables from the ids its clients send to those of its backend.

import reads a CSV file whose first line is canonical,dialect; the table is as the file says, whatever it held
before, unless --add. A file with a mistake changes nothing. A running gateway goes by the new table at once.
"""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from adapter.core.tenancy.tenants import TableName
from adapter.errors import SetupError
from adapter.lens.rules import unknown
from adapter.shell.crosswalks import SqliteCrosswalks
from adapter.shell.files import read_tenant_tables
from adapter.shell.journal import SqliteJournal
from adapter.shell.pairs import Read, read_pairs, write_pairs
from adapter.shell.settings import Settings, read_settings
from adapter.shell.vault import read_vault


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    importing = _add_verb(verbs, "import", "read a table from a CSV file")
    importing.add_argument("file", type=Path, metavar="IDS.csv")
    importing.add_argument("--add", action="store_true", help="keep what the table holds; a clash changes nothing")
    verbs.add_parser("list", help="every table there is")
    _add_verb(verbs, "export", "print a table as such a CSV file")
    _add_verb(verbs, "delete", "forget a table")


def _add_verb(verbs: Any, name: str, about: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=about)
    parser.add_argument("--tenant", required=True)
    parser.add_argument("--table", required=True)
    return parser


def run(options: argparse.Namespace) -> int:
    return asyncio.run(_run(options, read_settings()))


async def _run(options: argparse.Namespace, settings: Settings) -> int:
    read = None
    if options.verb == "import":
        _demand_names(options, settings)
        read = read_pairs(options.file)
    elif not settings.journal.exists():
        raise SetupError("expected a journal, found no file", at=str(settings.journal))
    journal = SqliteJournal(settings.journal, vault=read_vault(settings.journal_key))
    try:
        return await VERBS[options.verb](journal.crosswalks, options, read)
    finally:
        await journal.close()


def _demand_names(options: argparse.Namespace, settings: Settings) -> None:
    """A table under a misspelt name would be there and never be asked."""
    tenants = read_tenant_tables(settings.tenants)
    if options.tenant not in tenants:
        near = get_close_matches(options.tenant, tenants, n=1)
        hint = f", did you mean {near[0]!r}?" if near else f"; known: {', '.join(tenants) or 'none'}"
        raise SetupError(f"unknown tenant {options.tenant!r}{hint}", at=settings.tenants.name)
    try:
        msgspec.convert(options.table, TableName)
    except msgspec.ValidationError as exc:
        raise SetupError(f"expected letters, digits and _, found {options.table!r}", at="--table") from exc
    tables = tenants[options.tenant]
    if tables is not None and options.table not in tables:  # it may be declared later, so this is no error
        why = unknown("crosswalk", options.table, tables)[0]
        print(f"nothing asks this table yet: {why} - at `tenant.{options.tenant}.crosswalk`", file=sys.stderr)


async def _import(crosswalks: SqliteCrosswalks, options: argparse.Namespace, read: Read) -> int:
    if not options.add:
        await crosswalks.replace(options.tenant, options.table, read.pairs)
    elif stored := await crosswalks.add(options.tenant, options.table, read.pairs):
        owners = {theirs: ours for ours, theirs in read.pairs.items()}
        clashes = [
            f"line {read.lines[pair.canonical if pair.canonical in read.lines else owners[pair.dialect]]}: "
            f"the table has {pair.canonical},{pair.dialect}"
            for pair in stored[:20]
        ]
        raise SetupError("; ".join(clashes), at=options.file.name)
    print(f"{len(read.pairs)} pairs are in the crosswalk {options.table!r} of {options.tenant!r}")
    return 0


async def _list(crosswalks: SqliteCrosswalks, _options: argparse.Namespace, _read: None) -> int:
    rows = await crosswalks.tables()
    table = Table("tenant", "table", "pairs")
    for tenant, name, count in rows:
        table.add_row(Text(tenant), Text(name), str(count))
    Console(soft_wrap=True).print(table if rows else "No crosswalks.")
    return 0


async def _export(crosswalks: SqliteCrosswalks, options: argparse.Namespace, _read: None) -> int:
    pairs = await crosswalks.pairs(options.tenant, options.table)
    _demand_found(len(pairs), options)
    sys.stdout.write(write_pairs(pairs))
    return 0


async def _delete(crosswalks: SqliteCrosswalks, options: argparse.Namespace, _read: None) -> int:
    gone = await crosswalks.delete(options.tenant, options.table)
    _demand_found(gone, options)
    print(f"{gone} pairs of the crosswalk {options.table!r} of {options.tenant!r} are deleted")
    return 0


def _demand_found(pairs: int, options: argparse.Namespace) -> None:
    if not pairs:
        raise SetupError(f"the tenant {options.tenant!r} has no such crosswalk", at=options.table)


VERBS: dict[str, Callable[[SqliteCrosswalks, Any, Any], Awaitable[int]]] = {
    "import": _import,
    "list": _list,
    "export": _export,
    "delete": _delete,
}
