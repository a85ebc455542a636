"""Report what moving a shop from one dialect to another changes; nothing is sent.

Which members start or stop arriving or turn lossy, what the new dialect needs, what changes for the operator; with
--orders also which of your own orders each side takes. Status 0 if nothing is lost by the switch, 1 if something is.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from adapter.cli.mapping import RECEIVED_AT, REFERENCE, read_file, read_setting
from adapter.cli.sheets import print_sheets
from adapter.core.canonical import ENCODER
from adapter.core.handbook.sheets import to_document
from adapter.core.tenancy.tenants import Tenant, stand_in
from adapter.errors import SetupError
from adapter.qa.switches.diff import compare
from adapter.qa.switches.report import as_document, write_report
from adapter.qa.switches.trials import Trial, try_order
from adapter.shell.files import find_dialect
from adapter.shell.settings import read_settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("before", metavar="FROM", help="the dialect a shop uses now")
    parser.add_argument("after", metavar="TO", help="the dialect it would use")
    parser.add_argument("--orders", type=Path, metavar="DIR", help="canonical orders (*.json) to try on both")
    for side in ("from", "to"):
        about = f"a tenant's setting with {side.upper()}"
        parser.add_argument(f"--{side}-setting", action="append", default=[], metavar="NAME=VALUE", help=about)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--markdown", action="store_true", help="print Markdown")
    form.add_argument("--json", action="store_true", help="print JSON for machines")


def run(options: argparse.Namespace) -> int:
    before = _make_side(options.before, options.from_setting, "--from-setting")
    after = _make_side(options.after, options.to_setting, "--to-setting")
    trials = None if options.orders is None else _try_orders(options.orders, before, after)
    diff = compare(before, after)
    title = f"From {before.dialect.mapping.title} to {after.dialect.mapping.title}"
    if options.json:
        print(ENCODER.encode(as_document(diff, trials)).decode())
    elif options.markdown:
        print(to_document(title, write_report(diff, trials)))
    else:
        console = Console()
        console.rule(title, align="left")
        print_sheets(console, write_report(diff, trials))
    return int(diff.loses() or any(trial.loses() for trial in trials or ()))


def _make_side(name: str, pairs: Sequence[str], at: str) -> Tenant:
    dialect = find_dialect(name, read_settings().dialects)
    return stand_in(dialect, dict(read_setting(pair, at) for pair in pairs))


def _try_orders(folder: Path, before: Tenant, after: Tenant) -> list[Trial]:
    paths = sorted(folder.glob("*.json"))
    if not paths:
        raise SetupError("expected a folder with orders (*.json), found none", at=str(folder))
    bodies = {path.stem: read_file(str(path)) for path in paths}
    return [try_order(name, body, before, after, REFERENCE, RECEIVED_AT) for name, body in bodies.items()]
