"""Files into values: mappings and OpenAPI documents, the tenants' file, secrets by reference."""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec
from msgspec import structs

from adapter.core.checks.loss_rules import check_policies, check_revision
from adapter.core.checks.tenant_rules import check_settings_fit, find_demands
from adapter.core.dialects import Dialect, check_dialect
from adapter.core.files.mappings import check_form
from adapter.core.files.overlays import Overlay, read_overlay
from adapter.core.tenancy.tenant_dialects import make_tenant_dialect
from adapter.core.tenancy.tenants import (
    Tenant,
    TenantRows,
    by_site_id,
    check_net,
    check_tenant,
    check_tenant_rows,
    make_tenant,
    read_tenants,
)
from adapter.core.values.crosswalks import CrosswalkRows
from adapter.errors import SetupError
from adapter.lens.rules import Finding, Unsound, only_errors, refuse
from adapter.shell.settings import Environment

PACKAGE = Path(__file__).parent.parent

NO_CROSSWALKS: Mapping[str, CrosswalkRows] = MappingProxyType({})


def shipped() -> Path:
    """The folder that holds ``mappings/`` and ``openapi/``: the package when installed, else the repository."""
    return PACKAGE if (PACKAGE / "mappings").is_dir() else PACKAGE.parent


def find_mappings(own: Path | None = None) -> dict[str, Path]:
    """Mapping files by dialect: those that are shipped, then those in a folder of the user's, which may replace one."""
    folders = [shipped(), *([_demand_folder(own)] if own is not None else [])]
    return {path.stem: path for folder in folders for path in sorted((folder / "mappings").glob("*.toml"))}


def _demand_folder(own: Path) -> Path:
    """A folder of the user's; one that is misspelt would be as good as none."""
    if not (own / "mappings").is_dir():
        raise SetupError("expected a folder with `mappings/` in it", at=str(own))
    return own


def load_dialects(own: Path | None = None) -> dict[str, Dialect]:
    """Every dialect there is; a ``SetupError`` lists the errors of all their mappings."""
    checked = {name: check_file(path, path.parent.parent) for name, path in find_mappings(own).items()}
    refuse([finding for _, findings in checked.values() for finding in findings])
    return {name: dialect for name, (dialect, _) in checked.items() if dialect is not None}


def find_dialect(name: str, own: Path | None = None) -> Dialect:
    """One dialect by name; a ``SetupError`` lists those there are."""
    return pick_dialect(name, load_dialects(own))


def pick_dialect(name: str, dialects: Mapping[str, Dialect]) -> Dialect:
    """The same where they are loaded already."""
    if name not in dialects:
        raise SetupError(f"unknown dialect {name!r}; known: {', '.join(sorted(dialects))}", at="dialect")
    return dialects[name]


def load_dialect(path: Path, folder: Path) -> Dialect:
    """One mapping with the OpenAPI document of the same stem; a ``SetupError`` names all that is wrong, and where."""
    dialect, findings = check_file(path, folder)
    refuse(findings)
    assert dialect is not None  # noqa: S101  # there is one unless there is an error
    return dialect


def check_file(path: Path, folder: Path) -> tuple[Dialect | None, list[Finding]]:
    """Every finding about one mapping file, and the dialect unless one of them is an error.

    Raises ``SetupError`` where a file cannot be read at all.
    """
    data, broken = _parse_toml(path, "not_toml")
    mapping, findings = check_form(data, path.name) if not broken else (None, broken)
    if mapping is None:
        return None, findings
    if mapping.dialect != path.stem:
        message = f"expected the dialect {path.stem!r}, found {mapping.dialect!r}"
        findings.append(Finding("wrong_name", f"{path.name}: dialect", message, suggestion=path.stem))
    dialect, more = check_dialect(structs.replace(mapping, dialect=path.stem), load_document(folder, path.stem))
    findings = [*findings, *more]
    return (None if only_errors(findings) else dialect), findings


def load_document(folder: Path, name: str) -> dict[str, Any]:
    """An OpenAPI document by its stem."""
    path = folder / "openapi" / f"{name}.json"
    try:
        document: dict[str, Any] = msgspec.json.decode(path.read_bytes())
    except (OSError, msgspec.DecodeError) as exc:
        raise SetupError(f"expected an OpenAPI document in JSON: {exc}", at=str(path)) from exc
    return document


def find_document(name: str, own: Path | None = None) -> dict[str, Any]:
    """A dialect's OpenAPI document, from the user's folder if it is there, else from what is shipped."""
    mine = own is not None and (own / "openapi" / f"{name}.json").is_file()
    return load_document(own if own is not None and mine else shipped(), name)


def load_tenants(
    path: Path, dialects: Mapping[str, Dialect], environment: Environment = "production"
) -> Mapping[str, Tenant]:
    """Tenants by site id, from the tenants' file; a ``SetupError`` lists all that is wrong with any of them."""
    tenants, findings = check_tenants(path, dialects, environment)
    refuse(findings)
    return by_site_id(tenants)


def check_tenants(
    path: Path, dialects: Mapping[str, Dialect], environment: Environment = "production"
) -> tuple[list[Tenant], list[Finding]]:
    """The tenants that are whole, and every finding about the others."""
    data, broken = _parse_toml(path, "tenants_file")
    rows, findings = check_tenant_rows(data, path.name) if not broken else ({}, broken)
    findings += _find_repeated_sites(rows, path.name)
    spoken, unspoken = _check_tenant_dialects(rows, path, dialects)
    tenants: list[Tenant] = []
    for name, tenant in rows.items():
        secrets, faults = _read_secrets(name, tenant)
        # one that is there and cannot be read is told once
        given = dict.fromkeys(tenant.secret, "") | secrets
        theirs = {**dialects, **({tenant.dialect: spoken[name]} if name in spoken else {})}
        faults += check_tenant(name, tenant, theirs, given)
        if tenant.dialect in theirs:
            faults += _check_demands(name, tenant, theirs[tenant.dialect])
            faults += check_net(name, tenant, theirs[tenant.dialect]) if environment == "production" else ()
        faults = [finding._replace(at=f"{path.name}: {finding.at}") for finding in faults]
        faults += unspoken.get(name, ())
        findings += faults
        if name in spoken:
            findings += [one for one in spoken[name].warnings if one not in dialects[tenant.dialect].warnings]
        if not only_errors(faults):
            tenants.append(make_tenant(name, tenant, theirs, secrets))
    return tenants, findings


def _check_demands(name: str, rows: TenantRows, dialect: Dialect) -> Iterator[Finding]:
    """What a tenant says and its dialect cannot do."""
    yield from check_settings_fit(name, rows, find_demands(dialect))
    yield from check_revision(name, rows, dialect)
    yield from check_policies(name, rows, dialect)


def _find_repeated_sites(rows: Mapping[str, TenantRows], file: str) -> Iterator[Finding]:
    """Tenants that clients could not tell apart, be they whole or not."""
    owners: dict[str, str] = {}
    for name, tenant in rows.items():
        site_id = tenant.site_id or name
        owner = owners.setdefault(site_id, name)
        if owner != name:
            message = f"expected a site id of its own, found {site_id!r}, which is that of tenant {owner!r}"
            yield Finding("tenant_address", f"{file}: tenant.{name}.site_id", message)


def _read_secrets(name: str, tenant: TenantRows) -> tuple[dict[str, str], list[Finding]]:
    secrets: dict[str, str] = {}
    faults: list[Finding] = []
    for key, reference in tenant.secret.items():
        try:
            secrets[key] = read_secret(reference, f"tenant.{name}.secret.{key}")
        except SetupError as exc:
            faults.append(Finding("tenant_secret", exc.at, exc.message))
    return secrets, faults


def read_tenant_tables(path: Path) -> dict[str, set[str] | None]:
    """Who is in the tenants' file, and the crosswalks each names; None where an overlay may name others.

    No secret is read.
    """
    tenants = read_tenants(_read_toml(path), path.name)
    return {name: None if rows.overlay else set(rows.crosswalk) for name, rows in tenants.items()}


def _check_tenant_dialects(
    rows: Mapping[str, TenantRows], file: Path, dialects: Mapping[str, Dialect]
) -> tuple[dict[str, Dialect], dict[str, list[Finding]]]:
    """The dialect of each tenant that has an overlay or crosswalks, or why there is none; equal ones are shared."""
    made: list[tuple[tuple[Any, ...], Dialect]] = []
    spoken: dict[str, Dialect] = {}
    faults: dict[str, list[Finding]] = {}
    for name, tenant in rows.items():
        if tenant.dialect not in dialects or not (tenant.overlay or tenant.crosswalk):
            continue
        said = (tenant.dialect, tenant.overlay, tenant.crosswalk)
        path = None if tenant.overlay is None else file.parent / tenant.overlay
        try:
            shared = next((dialect for other, dialect in made if other == said), None)
            at = f"{file.name}: tenant.{name}.crosswalk"
            spoken[name] = shared or speak(dialects[tenant.dialect], path, tenant.crosswalk, at)
        except Unsound as exc:
            faults[name] = list(exc.findings)
        except SetupError as exc:
            faults[name] = [Finding("tenant_overlay", exc.at, exc.message)]
        else:
            made.append((said, spoken[name]))
    return spoken, faults


def speak(
    dialect: Dialect, overlay: Path | None, crosswalks: Mapping[str, CrosswalkRows] = NO_CROSSWALKS, at: str = ""
) -> Dialect:
    """A dialect with the overlay in a file, and crosswalks."""
    said: Overlay | None = None if overlay is None else read_overlay(_read_toml(overlay), overlay.name)
    return make_tenant_dialect(dialect, said, overlay.name if overlay is not None else "", crosswalks, at)


def read_secret(reference: str, at: str) -> str:
    """The secret behind ``env:NAME`` or ``file:/path``; never a secret itself, so that no file holds one."""
    scheme, _, name = reference.partition(":")
    try:
        secret = SECRETS[scheme](name).strip()
    except (KeyError, OSError, UnicodeDecodeError) as exc:
        raise SetupError("expected env:NAME of a set variable or file:PATH of a readable text file", at=at) from exc
    if not secret:
        raise SetupError(f"expected a secret, found nothing behind {reference!r}", at=at)
    return secret


SECRETS = {"env": lambda name: os.environ[name], "file": lambda name: Path(name).read_text()}


def _read_toml(path: Path) -> dict[str, Any]:
    data, broken = _parse_toml(path, "tenants_file")
    refuse(broken)
    return data


def _parse_toml(path: Path, rule: str) -> tuple[dict[str, Any], list[Finding]]:
    """A TOML file's tables, or the finding that it is none; a ``SetupError`` where it cannot be read at all."""
    try:
        text = path.read_bytes()
    except OSError as exc:
        raise SetupError(f"expected a TOML file: {exc.strerror}", at=str(path)) from exc
    try:
        return tomllib.loads(text.decode()), []
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as exc:
        line = re.search(r"line \d+", str(exc))
        at = f"{path.name}: {line[0]}" if line else f"{path.name}: its end"
        return {}, [Finding(rule, at, f"expected a TOML file: {exc}")]
