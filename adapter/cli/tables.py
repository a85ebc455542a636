"""Calls, losses, receipts and faults as tables a person reads."""

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import unquote

from rich.console import Console
from rich.json import JSON
from rich.table import Table
from rich.text import Text

from adapter.cli.sheets import Cell
from adapter.core.canonical import ENCODER, read_json
from adapter.core.ledger import Loss
from adapter.core.steps import Call
from adapter.errors import Problem
from adapter.lens.interpret import Entry


def print_calls(console: Console, title: str, calls: Iterable[Call]) -> None:
    """Each call with its body, in the order they are made."""
    table = Table(title=title, title_justify="left", show_lines=True)
    table.add_column("call", no_wrap=True)
    table.add_column("request", overflow="fold")
    for call in calls:
        # {setting.x} and {kept.x} are placeholders here, not part of an address
        line = f"{call.method} {unquote(call.url)}"
        table.add_row(Text(call.name), Cell(line) if not call.body else _stack(line, call.body.decode()))
    console.print(table)


def print_rows(console: Console, file: str, entries: Iterable[Entry]) -> None:
    """Each row that had something to do: where a value came from, what became of it, where it went.

    ``file`` is the mapping's; rows of another, which an overlay has, are told with its name.
    """
    table = Table(title=f"What each row of {file} did", title_justify="left")
    for name in ("canonical", "dialect", "what became of it", "value", "row"):
        table.add_column(name)
    for entry in entries:
        if entry.verdict != "absent":
            paths = ("\n".join(entry.canonical), "\n".join(entry.dialect))
            row = entry.at.removeprefix(f"{file}: ")
            table.add_row(*map(Cell, (*paths, _tell_verdict(entry), _tell_values(entry), row)))
    console.print(table)


def _tell_verdict(entry: Entry) -> str:
    return f"{entry.verdict} by {entry.codec}" if entry.codec else entry.verdict


def _tell_values(entry: Entry) -> str:
    """The value; both, where the other side has another."""
    before, after = _spell(entry.before), _spell(entry.after)
    return f"{before}\n→ {after}" if before and after and before != after else before or after


def _spell(value: Any) -> str:
    return "" if value is None else ENCODER.encode(value).decode()


def print_losses(console: Console, losses: Sequence[Loss]) -> None:
    """What does not arrive, and why."""
    if not losses:
        console.print("Nothing is lost.")
        return
    table = Table(title="What does not arrive", title_justify="left")
    for name in ("member", "code", "reason"):
        table.add_column(name)
    for loss in losses:
        table.add_row(*map(Cell, loss))
    console.print(table)


def print_faults(console: Console, problem: Problem) -> None:
    """Why an order cannot be placed, place by place."""
    console.print(Text(f"{problem.kind}: {problem}"))
    if not problem.faults:
        return
    table = Table()
    for name in ("member", "code", "detail"):
        table.add_column(name)
    for fault in problem.faults:
        table.add_row(*map(Cell, fault))
    console.print(table)


def summarise(document: Any) -> Text:
    """A JSON document, indented and never cut; amounts are ``Decimal`` and stay the numbers they are."""
    text = JSON(ENCODER.encode(document).decode()).text
    text.no_wrap, text.overflow = False, "fold"
    return text


def _stack(line: str, body: str) -> Table:
    grid = Table.grid()
    grid.add_row(Cell(line))
    grid.add_row(summarise(read_json(body.encode())))
    return grid
