"""Look at the orders in the journal, and decide those that nobody but a person can decide.

list shows the newest operations, show all that is known of one, resolve ends one that is open: --placed if you
found the order in the backend, --not-placed if you made sure that it is not there; erase forgets whose it was.
"""

import argparse
import asyncio
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from adapter.cli.sheets import Cell
from adapter.cli.tables import summarise
from adapter.core.answers import Result, Unsettled, resolve_as_not_placed, resolve_as_placed
from adapter.core.canonical import ENCODER, read_json
from adapter.core.outcomes import State
from adapter.errors import SetupError
from adapter.shell.journal import SqliteJournal
from adapter.shell.journal_file import shrink_log
from adapter.shell.reading import Reading, Wanted, reading
from adapter.shell.settings import Settings, read_settings
from adapter.shell.vault import read_vault

LOOKS = "Nothing here asks the backend: look there first, by the reference, the e-mail, the total and the time."

OPEN = frozenset({State.DISPATCHING, State.UNKNOWN, State.RECONCILING, State.NEEDS_OPERATOR})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    listing = verbs.add_parser("list", help="the newest operations")
    listing.add_argument("--state", choices=[state.value for state in State], help="only of this state")
    listing.add_argument("--tenant", help="only of this tenant")
    listing.add_argument("--key", help="only under this idempotency key")
    listing.add_argument("--most", type=int, default=50, help="how many (50)")
    showing = verbs.add_parser("show", help="everything known of one operation")
    showing.add_argument("operation_id")
    for looking in (listing, showing):
        looking.add_argument("--json", action="store_true", help="print JSON for machines")
    resolving = verbs.add_parser("resolve", help="end an open operation", epilog=LOOKS)
    resolving.add_argument("operation_id")
    found = resolving.add_mutually_exclusive_group(required=True)
    found.add_argument("--placed", metavar="BACKEND_ID", type=_read_id, help="the order is there, under this id")
    found.add_argument("--not-placed", action="store_true", help="the order is not there; the key may run again")
    erasing = verbs.add_parser("erase", help="blank the data of a person in an operation that has ended")
    erasing.add_argument("operation_id")


def _read_id(text: str) -> str:
    if not text.strip():  # as where a script found no order: that is not to say that there is one
        raise argparse.ArgumentTypeError("expected the id that the order has in the backend, found none")
    return text.strip()


def run(options: argparse.Namespace) -> int:
    VERBS[options.verb](read_settings(), options)
    return 0


def _list(settings: Settings, options: argparse.Namespace) -> None:
    with _reading(settings) as journal:
        rows = journal.summarise(Wanted(None, options.state, options.tenant, options.key, options.most))
    if options.json:
        print(ENCODER.encode(rows).decode())
        return
    table = Table(Column("operation, time received", no_wrap=True), "state, tenant", "detail", show_lines=True)
    for row in rows:
        told = ((row["operation_id"], row["received_at"]), (row["state"], row["tenant"]), (row["detail"],))
        table.add_row(*(Cell("\n".join(map(str, cell))) for cell in told))
    Console(soft_wrap=True).print(table if rows else "No such orders.")


def _show(settings: Settings, options: argparse.Namespace) -> None:
    """All that is needed to decide, on one screen: the order, and each call with what came of it."""
    with _reading(settings) as journal:
        rows = journal.summarise(Wanted(options.operation_id))
        order, attempts = journal.order(options.operation_id), journal.attempts(options.operation_id)
    if not rows:
        raise SetupError("expected the id of an operation in the journal", at=options.operation_id)
    calls = [row | {"body": read_json(row["body"]) if row["body"] else None} for row in attempts]
    if options.json:
        print(ENCODER.encode(rows[0] | {"order": order, "calls": calls}).decode())
        return
    console = Console(soft_wrap=True)
    for name, value in rows[0].items():
        console.print(Text(f"{name}: {value}"))
    console.print(summarise(order) if order is not None else "its data is no longer kept")
    _print_calls(console, calls)
    if rows[0]["state"] in OPEN:
        console.rule(align="left")
        console.print(Text(f"{LOOKS} Then, unless recovery was quicker:"))
        for word in ("--placed BACKEND_ID", "--not-placed"):
            console.print(Text(f"adapter orders resolve {options.operation_id} {word}"))


def _print_calls(console: Console, calls: Sequence[Mapping[str, Any]]) -> None:
    for row in calls:
        state = row["state"] if row["ended_at"] else f"{row['state']} (never ended)"
        told = f"{row['call']}, attempt {row['attempt']}: {state}, status {row['status'] or 'none'}"
        console.rule(Text(told), align="left")
        console.print(Text(f"sent {row['started_at']}, ended {row['ended_at'] or 'never'}"))
        console.print(Text(f"{row['method']} {row['url']}"), soft_wrap=True)
        if row["body"] is not None:
            console.print(summarise(row["body"]), soft_wrap=True)


def _resolve(settings: Settings, options: argparse.Namespace) -> None:
    with _reading(settings) as journal:
        rows, order = journal.summarise(Wanted(options.operation_id)), journal.order(options.operation_id)
        losses = journal.losses(options.operation_id)
    if not rows or order is None:
        raise SetupError("expected the id of an open operation in the journal", at=options.operation_id)
    if options.placed is not None:
        scope = f"{rows[0]['tenant']}/{rows[0]['dialect']}"
        found = Unsettled(options.operation_id, scope, order, rows[0]["received_at"], losses)
        result = resolve_as_placed(found, options.placed)
    else:
        result = resolve_as_not_placed(options.operation_id)
    if not asyncio.run(_record(settings, options.operation_id, result)):
        raise SetupError(f"it has ended, or a call of it may be under way: {rows[0]['state']}", at=options.operation_id)
    print(f"{options.operation_id} is recorded as {'placed' if options.placed else 'not placed'}")


def _reading(settings: Settings) -> AbstractContextManager[Reading]:
    return reading(settings.journal, read_vault(settings.journal_key))


async def _record(settings: Settings, operation_id: str, result: Result) -> bool:
    journal = SqliteJournal(settings.journal, vault=read_vault(settings.journal_key))
    try:
        return await journal.resolve(operation_id, result)
    finally:
        await journal.close()


def _erase(settings: Settings, options: argparse.Namespace) -> None:
    with _reading(settings) as journal:
        known = journal.summarise(Wanted(options.operation_id))
    if not known or not asyncio.run(_blank(settings, options.operation_id)):
        raise SetupError("expected the id of an operation that has ended; resolve it first", at=options.operation_id)
    print(f"{options.operation_id} is blank: its key, its reference and its end are still known")
    if not shrink_log(settings.journal):
        print("another program reads the journal: its log may hold the data until that ends", file=sys.stderr)


async def _blank(settings: Settings, operation_id: str) -> bool:
    journal = SqliteJournal(settings.journal, vault=read_vault(settings.journal_key))
    try:
        return await journal.erase(operation_id)
    finally:
        await journal.close()


VERBS: dict[str, Callable[[Settings, Any], None]] = {
    "list": _list,
    "show": _show,
    "resolve": _resolve,
    "erase": _erase,
}
