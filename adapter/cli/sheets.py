"""Sheets on a terminal: tables of its width, in which paths break where their names do."""

import re
from collections.abc import Iterable

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from adapter.core.handbook.sheets import Sheet, plain

# Where a cell breaks: at spaces, behind what parts a path or an address, and inside a name that has no room.
BREAKS = re.compile(r'(\s+|(?<=[\w\]}"][./?&,])(?=[\w{"]))')
LAST_BREAKS = re.compile(r"(?<=[\w\]}][_=@:-])(?=[\w{])")


class Cell:
    """A text that breaks at spaces and between the names of a path; its own lines stay lines."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> RenderResult:
        yield Text(
            "\n".join(line for own in self.text.split("\n") for line in wrap(own, options.max_width)), overflow="fold"
        )

    def __rich_measure__(self, _console: Console, options: ConsoleOptions) -> Measurement:
        longest = max(map(cell_len, split_names(self.text, 0)))
        whole = max(map(cell_len, self.text.split("\n")))
        return Measurement(longest, max(whole, longest)).with_maximum(options.max_width)


def wrap(text: str, width: int) -> list[str]:
    """Lines of a text; what is wider than a line and cannot be broken is a line of its own."""
    lines = [""]
    for part in split_names(text, width):
        if lines[-1] and cell_len(lines[-1] + part.rstrip()) > width:
            lines.append("")
        lines[-1] += part if lines[-1] or not part.isspace() else ""
    return [line.rstrip() for line in lines]


def split_names(text: str, width: int) -> list[str]:
    """The parts of a text between which it may break; names are broken up only where they are wider than a line."""
    parts = [part for part in BREAKS.split(text) if part]
    return [piece for part in parts for piece in (LAST_BREAKS.split(part) if cell_len(part) > width else [part])] or [
        ""
    ]


def print_sheets(console: Console, sheets: Iterable[Sheet]) -> None:
    """Each as a table; nothing is cut, and nothing in a cell is read as markup."""
    for sheet in sheets:
        if sheet.title and (sheet.rows or sheet.about):
            console.print(Text(sheet.title, style="bold"))
        if sheet.about:
            console.print(Text(plain(sheet.about)))
        if sheet.rows:
            console.print(_lay_out(sheet))
        console.print()


def _lay_out(sheet: Sheet) -> Table:
    table = Table()
    for name in sheet.columns:
        table.add_column(name, overflow="fold")
    for row in sheet.rows:
        table.add_row(*(Cell(plain(cell)) for cell in row))
    return table
