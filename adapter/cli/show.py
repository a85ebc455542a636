"""Print the Python that a mapping is compiled to."""

import argparse

from rich.console import Console
from rich.syntax import Syntax

from adapter.lens.lens import Lens
from adapter.shell.files import find_dialect
from adapter.shell.settings import read_settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("dialect")
    parser.add_argument("--part", choices=["order", "receipt"], help="only this lens (both)")
    parser.add_argument("--direction", choices=["to_dialect", "to_canonical"], help="only this direction (both)")


def run(options: argparse.Namespace) -> int:
    dialect = find_dialect(options.dialect, read_settings().dialects)
    console = Console()
    lenses: dict[str, Lens] = {"order": dialect.order, "receipt": dialect.receipt}
    for part, lens in lenses.items():
        for direction, source in lens.source.items():
            if options.part in (None, part) and options.direction in (None, direction):
                print(f"# {dialect.name}: {part} {direction}")
                _print_python(console, source)
    return 0


def _print_python(console: Console, source: str) -> None:
    if console.is_terminal:
        console.print(Syntax(source, "python"))
    else:
        print(source)
