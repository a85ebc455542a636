"""Add tenants to the tenants' file, make keys for their clients, and look at who there is.

A caller's key is shown once, when it is made; the file holds its digest. To change one, make another with `key`, put
its digest beside the old one, have the client use it, and take the old one out: a running gateway sees each change.
"""

import argparse
import os
import secrets
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from adapter.cli.mapping import read_setting
from adapter.core.tenancy.drafts import Draft, digest_key, write_draft
from adapter.errors import SetupError
from adapter.lens.rules import only_errors
from adapter.shell.files import check_tenants, load_dialects, load_tenants
from adapter.shell.settings import Settings, read_settings

KEY_BYTES = 32


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    adding = verbs.add_parser("add", help="a table for a new tenant, and a key for its client")
    adding.add_argument("name")
    adding.add_argument("--dialect", required=True)
    adding.add_argument("--site-id", help="what clients name (the tenant's name)")
    adding.add_argument("--base-url", help="the backend's address")
    adding.add_argument("--origin", action="append", default=[], help="a page that may place orders from a browser")
    adding.add_argument("--setting", action="append", default=[], metavar="NAME=VALUE")
    adding.add_argument("--secret", action="append", default=[], metavar="NAME=REFERENCE", help="env:NAME or file:PATH")
    adding.add_argument("--write", action="store_true", help="put it into the tenants' file, if it is sound")
    verbs.add_parser("key", help="another key for a client, and its digest")
    verbs.add_parser("check", help="all that is wrong with the tenants' file")
    verbs.add_parser("list", help="who there is; no secret is told")


def run(options: argparse.Namespace) -> int:
    return VERBS[options.verb](options, read_settings())


def _add(options: argparse.Namespace, settings: Settings) -> int:
    key = secrets.token_urlsafe(KEY_BYTES)
    table = write_draft(
        Draft(
            name=options.name,
            dialect=options.dialect,
            digest=digest_key(key),
            site_id=options.site_id,
            base_url=options.base_url,
            origins=options.origin,
            settings=dict(read_setting(pair) for pair in options.setting),
            secrets=dict(_split(pair) for pair in options.secret),
        )
    )
    if options.write:
        _append(settings, table)
        print(f"{options.name} is in {settings.tenants}")
    else:
        print(table)
    print(f"the key of its client, shown this once: {key}", file=sys.stderr)
    return 0


def _append(settings: Settings, table: str) -> None:
    """Put a table at the end of the file, which nobody ever sees half written, unless something is wrong with it."""
    path = settings.tenants
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    number, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    os.close(number)
    fresh = Path(name)
    try:
        fresh.write_text(f"{before.rstrip()}\n\n{table}" if before.strip() else table, encoding="utf-8")
        load_tenants(fresh, load_dialects(settings.dialects), settings.environment)
        fresh.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o600)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


def _split(pair: str) -> tuple[str, str]:
    name, mark, reference = pair.partition("=")
    if not mark:
        raise SetupError("expected NAME=REFERENCE", at="--secret")
    return name, reference


def _make_key(_options: argparse.Namespace, _settings: Settings) -> int:
    key = secrets.token_urlsafe(KEY_BYTES)
    print(digest_key(key))
    print(f"the key, shown this once: {key}", file=sys.stderr)
    return 0


def _check(_options: argparse.Namespace, settings: Settings) -> int:
    tenants, findings = check_tenants(settings.tenants, load_dialects(settings.dialects), settings.environment)
    for finding in findings:
        print(f"{finding.number} {finding.severity:7} {finding.at}  {finding.message}")
    print(f"{len(tenants)} tenants are sound, {len(only_errors(findings))} errors")
    return 1 if only_errors(findings) else 0


def _list(_options: argparse.Namespace, settings: Settings) -> int:
    tenants, _ = check_tenants(settings.tenants, load_dialects(settings.dialects), settings.environment)
    table = Table(Column("tenant", no_wrap=True), "site id", "dialect", "backend", "keys", "pages")
    for tenant in tenants:
        pages = ", ".join(tenant.rows.origins)
        cells = (tenant.name, tenant.site_id, tenant.dialect.name, tenant.base_url, str(len(tenant.caller_keys)), pages)
        table.add_row(*map(Text, cells))
    Console(soft_wrap=True).print(table if tenants else "No tenants.")
    return 0


VERBS: dict[str, Callable[[argparse.Namespace, Settings], int]] = {
    "add": _add,
    "key": _make_key,
    "check": _check,
    "list": _list,
}
