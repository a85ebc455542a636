"""Files into values: mappings and OpenAPI documents, the tenants' file, secrets by reference."""

import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec

from adapter.core.crosswalks import CrosswalkRows
from adapter.core.dialects import Dialect, make_dialect
from adapter.core.mappings import read_mapping
from adapter.core.overlays import Overlay, read_overlay
from adapter.core.tenant_dialects import make_tenant_dialect
from adapter.core.tenants import Tenant, TenantRows, by_site_id, make_tenant, read_tenants
from adapter.errors import SetupError

PACKAGE = Path(__file__).parent.parent

NO_CROSSWALKS: Mapping[str, CrosswalkRows] = MappingProxyType({})


def shipped() -> Path:
    """The folder that holds ``mappings/`` and ``openapi/``: the package when installed, else the repository."""
    return PACKAGE if (PACKAGE / "mappings").is_dir() else PACKAGE.parent


def load_dialects(own: Path | None = None) -> dict[str, Dialect]:
    """Every dialect that is shipped, then those in a folder of the user's, which may replace a shipped one."""
    folders = [shipped(), *([own] if own is not None else [])]
    return {path.stem: load_dialect(path, folder) for folder in folders for path in _mappings(folder)}


def find_dialect(name: str, own: Path | None = None) -> Dialect:
    """One dialect by name; a ``SetupError`` lists those there are."""
    return pick_dialect(name, load_dialects(own))


def pick_dialect(name: str, dialects: Mapping[str, Dialect]) -> Dialect:
    """The same where they are loaded already."""
    if name not in dialects:
        raise SetupError(f"unknown dialect {name!r}; known: {', '.join(sorted(dialects))}", at="dialect")
    return dialects[name]


def load_dialect(path: Path, folder: Path) -> Dialect:
    """One mapping with the OpenAPI document of the same stem; a ``SetupError`` names what is wrong where."""
    mapping = read_mapping(_read_toml(path), path.name)
    if mapping.dialect != path.stem:
        raise SetupError(f"expected the dialect {path.stem!r}, found {mapping.dialect!r}", at=f"{path.name}: dialect")
    return make_dialect(mapping, load_document(folder, path.stem))


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


def load_tenants(path: Path, dialects: Mapping[str, Dialect]) -> Mapping[str, Tenant]:
    """Tenants by site id, from the tenants' file."""
    rows = read_tenants(_read_toml(path), path.name)
    spoken = _load_tenant_dialects(rows, path.parent, dialects)
    made = [
        make_tenant(
            name,
            tenant,
            {**dialects, **({tenant.dialect: spoken[name]} if name in spoken else {})},
            {key: read_secret(ref, f"tenant.{name}.secret.{key}") for key, ref in tenant.secret.items()},
        )
        for name, tenant in rows.items()
    ]
    tenants = by_site_id(made)
    if len(tenants) != len(made):
        raise SetupError("expected each site id once", at=path.name)
    return tenants


def read_tenant_names(path: Path) -> list[str]:
    """Who is in the tenants' file; no secret is read."""
    return list(read_tenants(_read_toml(path), path.name))


def _load_tenant_dialects(
    rows: Mapping[str, TenantRows], folder: Path, dialects: Mapping[str, Dialect]
) -> dict[str, Dialect]:
    """The dialect of each tenant that has an overlay or crosswalks; tenants that say the same share one."""
    made: list[tuple[tuple[Any, ...], Dialect]] = []
    spoken: dict[str, Dialect] = {}
    for name, tenant in rows.items():
        if tenant.dialect not in dialects or not (tenant.overlay or tenant.crosswalk):
            continue
        said = (tenant.dialect, tenant.overlay, tenant.crosswalk)
        shared = next((dialect for other, dialect in made if other == said), None)
        if shared is None:
            path = None if tenant.overlay is None else folder / tenant.overlay
            at = f"tenant.{name}.crosswalk"
            shared = speak(dialects[tenant.dialect], path, tenant.crosswalk, at)
            made.append((said, shared))
        spoken[name] = shared
    return spoken


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


def _mappings(folder: Path) -> Iterator[Path]:
    yield from sorted((folder / "mappings").glob("*.toml"))


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text())
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise SetupError(f"expected a TOML file: {exc}", at=str(path)) from exc
