"""Check mappings against their APIs, and tenants against their dialects, before any traffic.

Ends with 0 where there is nothing to mend, 1 where there is, 2 where it could not be looked at.
"""

import argparse
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.text import Text

from adapter.core.dialects import Dialect
from adapter.errors import SetupError
from adapter.lens.classes import RowClass, classify
from adapter.lens.rules import Finding, only_errors, unknown
from adapter.shell.files import check_file, check_tenants, find_mappings
from adapter.shell.settings import Environment, read_settings

Found = dict[str, list[Finding]]
Classes = dict[str, int]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("dialect", nargs="*", metavar="DIALECT", help="only these (all there are)")
    parser.add_argument(
        "--tenants", type=Path, metavar="FILE", help="a tenants' file to check too (ADAPTER_TENANTS, if set)"
    )
    parser.add_argument("--strict", action="store_true", help="end with 1 for warnings too")
    parser.add_argument("--json", action="store_true", help="print JSON for machines")


def run(options: argparse.Namespace) -> int:
    settings = read_settings()
    mappings = find_mappings(settings.dialects)
    names = options.dialect or list(mappings)
    for name in names:
        if name not in mappings:
            raise SetupError(unknown("dialect", name, mappings)[0], at="dialect")
    tenants = options.tenants or (settings.tenants if "ADAPTER_TENANTS" in os.environ else None)
    # a tenant may be of any dialect, so with tenants all are read, and those asked for are told
    checked = {
        name: check_file(path, path.parent.parent) for name, path in mappings.items() if tenants or name in names
    }
    found: Found = {mappings[name].name: checked[name][1] for name in names}
    if tenants is not None:
        found[tenants.name] = []
        for finding in _check_tenants(tenants, {name: pair[0] for name, pair in checked.items()}, settings.environment):
            # what stands in an overlay is told with its file, not with the file that names it
            file = finding.file if ": " in finding.at else tenants.name
            found.setdefault(file, []).append(finding)
    everything = [finding for findings in found.values() for finding in findings]
    classes = {mappings[name].name: count_classes(dialect) for name, (dialect, _) in checked.items() if dialect}
    (_print_json if options.json else _print_lines)(found, everything, classes)
    return 1 if only_errors(everything) or (options.strict and everything) else 0


def count_classes(dialect: Dialect) -> Classes:
    """How many rows of an order and its receipt keep what of a value, by ``RowClass``."""
    rows = [row for lens in (dialect.order, dialect.receipt) for row in classify(lens.rows)]
    return {str(kind): sum(row.kind is kind for row in rows) for kind in RowClass}


def _check_tenants(path: Path, dialects: Mapping[str, Dialect | None], environment: Environment) -> list[Finding]:
    """Tenants of sound dialects; of one that is not, that much."""
    sound = {name: dialect for name, dialect in dialects.items() if dialect is not None}
    _, findings = check_tenants(path, sound, environment)
    broken = dialects.keys() - sound.keys()
    return [_blame_mapping(finding) if _dialect(finding) in broken else finding for finding in findings]


def _dialect(finding: Finding) -> str:
    return finding.message.split("'")[1] if finding.rule == "unknown_dialect" else ""


def _blame_mapping(finding: Finding) -> Finding:
    return finding._replace(message=f"the mapping of dialect {_dialect(finding)!r} has errors", suggestion="")


def _print_lines(found: Found, everything: Sequence[Finding], classes: Mapping[str, Classes]) -> None:
    console = Console(soft_wrap=True, highlight=False)
    for file, findings in found.items():
        console.print(Text(file, style="bold"), *([] if findings else [Text("ok", style="green")]))
        for finding in _errors_first(findings):
            console.print(_line(finding))
        if file in classes:
            counts = classes[file]
            told = ", ".join(f"{count} {kind.replace('_', '-')}" for kind, count in counts.items() if count)
            console.print(Text(f"  {_count(sum(counts.values()), 'row')}: {told}", style="dim"))
    errors = len(only_errors(everything))
    console.print(Text(f"{_count(errors, 'error')}, {_count(len(everything) - errors, 'warning')}"))


def _errors_first(findings: Sequence[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: finding.severity != "error")


def _line(finding: Finding) -> Text:
    style = "red" if finding.severity == "error" else "yellow"
    place = ".".join(filter(None, (finding.row, finding.key))) or finding.at
    text = Text("  ")
    text.append(f"{finding.number} {finding.severity}", style=style)
    text.append(f"  {place}", style="cyan")
    text.append(f"  {finding.message} ({finding.rule})")
    return text


def _count(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


def _print_json(found: Found, everything: Sequence[Finding], classes: Mapping[str, Classes]) -> None:
    errors = len(only_errors(everything))
    document = {
        "errors": errors,
        "warnings": len(everything) - errors,
        "files": [
            {"file": file, "findings": list(map(as_document, _errors_first(findings))), "rows": classes.get(file, {})}
            for file, findings in found.items()
        ],
    }
    print(msgspec.json.format(msgspec.json.encode(document)).decode())


def as_document(finding: Finding) -> dict[str, Any]:
    """A finding as JSON shows it; the members are as stable as the rules' numbers."""
    return {
        "number": finding.number,
        "rule": finding.rule,
        "severity": finding.severity,
        "row": finding.row,
        "key": finding.key,
        "member": finding.member,
        "message": finding.message,
        "suggestion": finding.suggestion,
    }
