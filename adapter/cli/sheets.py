"""Sheets on a terminal: tables of its width, in which paths break where their names do."""

import re
from collections.abc import Iterable
from textwrap import TextWrapper

from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from adapter.core.handbook.sheets import Sheet, plain

BREAKS = re.compile(r"(\s+|(?<=[\w\]][._/&?-])(?=\w))")


class Cell:
    """A text that prefers to break at spaces and between the names of a path."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> RenderResult:
        wrapper = TextWrapper(options.max_width, break_on_hyphens=False)
        wrapper.wordsep_simple_re = BREAKS
        yield Text("\n".join(wrapper.wrap(self.text)), overflow="fold")

    def __rich_measure__(self, _console: Console, options: ConsoleOptions) -> Measurement:
        longest = max(map(len, BREAKS.split(self.text)))
        return Measurement(longest, max(len(self.text), longest)).with_maximum(options.max_width)


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
