"""Print what the mappings say of each dialect, as Markdown or, on a terminal, as tables.

--write FILE refreshes the tables of a document: each stands between a line <!-- adapter docs --table NAME --> and
a line <!-- end of adapter docs -->.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from adapter.cli.sheets import print_sheets
from adapter.cli.variables import list_variables
from adapter.core.dialects import Dialect
from adapter.core.handbook.pages import TABLES, write_handbook, write_tables
from adapter.core.handbook.sheets import Sheet, refresh, to_document, to_markdown
from adapter.errors import SetupError
from adapter.shell.files import load_dialects, pick_dialect
from adapter.shell.settings import read_settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("dialects", nargs="*", metavar="DIALECT", help="only these (all)")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--table", choices=[*TABLES, "variables"], help="only this table")
    what.add_argument("--write", type=Path, metavar="FILE", help="refresh the tables between the markers of a document")


def run(options: argparse.Namespace) -> int:
    known = load_dialects(read_settings().dialects)
    dialects = [pick_dialect(name, known) for name in options.dialects] or list(known.values())
    if options.write is not None:
        _write(options.write, dialects)
    elif options.table is not None:
        compare = TABLES.get(options.table)
        _print_table(list_variables() if compare is None else compare(dialects))
    else:
        for dialect in dialects:
            _print_handbook(f"{dialect.mapping.title} (`{dialect.name}`)", write_handbook(dialect))
    return 0


def _print_handbook(title: str, sheets: Sequence[Sheet]) -> None:
    console = Console()
    if console.is_terminal:
        console.rule(title.replace("`", ""), align="left")
        print_sheets(console, sheets)
    else:
        print(f"{to_document(title, sheets)}\n")


def _print_table(sheet: Sheet) -> None:
    console = Console()
    if console.is_terminal:
        print_sheets(console, [sheet])
    else:
        print(to_markdown(sheet))


def write_all_tables(dialects: Sequence[Dialect]) -> dict[str, str]:
    """Every table that may stand in a document, by its name."""
    return write_tables(dialects) | {"variables": to_markdown(list_variables())}


def _write(path: Path, dialects: Sequence[Dialect]) -> None:
    try:
        text = path.read_text(encoding="utf-8")
        fresh = refresh(text, write_all_tables(dialects), str(path))
        if fresh != text:
            path.write_text(fresh, encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise SetupError(f"expected a text file that can be written: {exc}", at=str(path)) from exc
    print(f"{path}: {'written anew' if fresh != text else 'as it should be'}")
