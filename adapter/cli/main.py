"""``adapter COMMAND``: the table of commands, and how they end."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from types import ModuleType

from adapter import __version__
from adapter.errors import AdapterError

# A command -> its module in this package; only that of the command given is imported, since each has its libraries.
COMMANDS: dict[str, str] = {
    "demo": "demo",
    "serve": "serve",
    "check": "check",
    "map": "mapping",
    "show": "show",
    "schema": "schema",
    "docs": "docs",
    "bench": "bench",
    "diff": "diff",
    "fuzz": "fuzz",
    "mutate": "mutate",
    "sandbox": "sandbox",
    "orders": "orders",
    "crosswalk": "crosswalk",
    "tenants": "tenants",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; 0 done, 1 it found what it was asked to look for, 2 it could not be carried out."""
    said = sys.argv[1:] if arguments is None else arguments
    options = _parser(said[0] if said and said[0] in COMMANDS else None).parse_args(said)
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        return run(options)
    except AdapterError as exc:
        print(f"adapter {options.command}: {exc}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # whoever read us has seen enough; nothing more can be written, not even at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def load_command(name: str) -> ModuleType:
    """The module of a command: its docstring is the help, ``add_arguments`` and ``run`` do the rest."""
    return import_module(f"adapter.cli.{COMMANDS[name]}")


def _parser(wanted: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="adapter", description=sys.modules["adapter"].__doc__)
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in COMMANDS if wanted is None else [wanted]:
        module = load_command(name)
        about = (module.__doc__ or "").strip()
        command = commands.add_parser(name, help=about.splitlines()[0], description=about)
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return parser
