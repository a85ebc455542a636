"""Tenants: whose order it is, which backend takes it, and how a client proves that it may ask."""

import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta, Struct

from adapter.core.crosswalks import CrosswalkRows
from adapter.core.dialects import Dialect
from adapter.core.messages import Inbound
from adapter.core.policies import Policy, Verdict, read_policies
from adapter.errors import Problem, SetupError
from adapter.lens.trees import Tree

Tenants = Callable[[], Mapping[str, "Tenant"]]

NOBODY = hashlib.sha256(b"nobody").hexdigest()


# A SHA-256 as `sha256sum` prints it; whoever reads the file cannot call in a client's name.
Digest = Annotated[str, Meta(pattern=r"^sha256:[0-9a-f]{64}$")]


# What a mapping can refer to, as in ``{crosswalk.variants}``.
TableName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_]+(?![\s\S])")]


class TenantRows(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A tenant as its file has it; ``caller_keys`` are ``sha256:`` and the hex digest of a secret."""

    dialect: str
    caller_keys: tuple[Digest, ...]
    base_url: str | None = None
    site_id: str | None = None
    setting: dict[str, Any] = {}
    secret: dict[str, str] = {}
    requires_key: bool = False
    unknown_status: Literal[202, 504] = 202
    deadline_seconds: Annotated[float, Meta(gt=0, le=45)] = 30.0
    quiet_seconds: Annotated[float, Meta(gt=0, le=1800)] | None = None
    recover_seconds: Annotated[float, Meta(ge=0)] = 900.0
    reference: str | None = None
    loss: dict[str, Verdict] = {}
    revision: Literal["tell", "error"] = "tell"
    overlay: str | None = None
    crosswalk: dict[TableName, CrosswalkRows] = {}


class Tenant(Struct, frozen=True):
    """A tenant ready to serve: its dialect compiled, its settings complete, its secrets at hand."""

    name: str
    site_id: str
    dialect: Dialect
    base_url: str
    settings: Tree
    secrets: Mapping[str, str]
    caller_keys: tuple[str, ...]
    rows: TenantRows
    policies: tuple[Policy, ...] = ()

    def quiet_seconds(self) -> float:
        """How long to leave an unknown order alone, since its first request may still arrive."""
        said = self.rows.quiet_seconds
        return self.dialect.mapping.idempotency.quiet_seconds if said is None else said

    def __repr__(self) -> str:  # the default would print the secrets
        return f"Tenant({self.name!r}, {self.dialect.name!r})"


def read_tenants(data: dict[str, Any], source: str) -> dict[str, TenantRows]:
    """Tenants from decoded TOML; a ``SetupError`` names tenant and key."""
    _demand_known(data, {"tenant": None}, source)
    return {name: _read_rows(name, rows, source) for name, rows in data.get("tenant", {}).items()}


def _read_rows(name: str, rows: Any, source: str) -> TenantRows:
    try:
        return msgspec.convert(rows, TenantRows)
    except msgspec.ValidationError as exc:
        message, _, path = str(exc).partition(" - at `$")
        raise SetupError(message, at=f"{source}: tenant.{name}{path.rstrip('`')}") from exc


def make_tenant(name: str, rows: TenantRows, dialects: Mapping[str, Dialect], secrets: Mapping[str, str]) -> Tenant:
    """Join a tenant with its dialect; a ``SetupError`` names the setting or secret that is wrong or missing."""
    at = f"tenant.{name}"
    if rows.dialect not in dialects:
        raise SetupError(f"unknown dialect {rows.dialect!r}; known: {', '.join(sorted(dialects))}", at=f"{at}.dialect")
    dialect = dialects[rows.dialect]
    base_url = rows.base_url or dialect.mapping.base_url
    if base_url is None:
        raise SetupError(f"dialect {dialect.name!r} has no base URL of its own", at=f"{at}.base_url")
    _demand_url(base_url, f"{at}.base_url")
    _demand_known(rows.secret, dialect.mapping.secrets, f"{at}.secret")
    missing = sorted(dialect.mapping.secrets.keys() - secrets.keys())
    if missing:
        raise SetupError(f"dialect {dialect.name!r} needs the secret {missing[0]!r}", at=f"{at}.secret")
    return Tenant(
        name=name,
        site_id=rows.site_id or name,
        dialect=dialect,
        base_url=base_url,
        settings=_complete_settings(rows, dialect, f"{at}.setting"),
        secrets=secrets,
        caller_keys=tuple(key.removeprefix("sha256:") for key in rows.caller_keys),
        rows=rows,
        policies=read_policies(rows.loss, f"{at}.loss"),
    )


def by_site_id(tenants: Sequence[Tenant]) -> Mapping[str, Tenant]:
    """Tenants by the site id their clients name."""
    return {tenant.site_id: tenant for tenant in tenants}


def stand_in(dialect: Dialect, settings: Mapping[str, Any]) -> Tenant:
    """A tenant with placeholders for whatever only a real one can say, to look at calls offline."""
    mapping = dialect.mapping
    required = {name: setting for name, setting in mapping.settings.items() if setting.required}
    needed = {name: setting.example or f"{{setting.{name}}}" for name, setting in required.items()}
    secrets = {name: f"{{secret.{name}}}" for name in mapping.secrets}
    base_url = mapping.base_url or "{base_url}"
    rows = TenantRows(dialect=dialect.name, caller_keys=(), base_url=base_url, setting=needed | dict(settings))
    return make_tenant("offline", rows, {dialect.name: dialect}, secrets)


def identify(inbound: Inbound, tenants: Mapping[str, Tenant]) -> Tenant:
    """The tenant a request's credentials belong to; ``tenants`` is keyed by site id.

    Either pair of Stella's sync API will do: ``Authorization: Bearer`` with ``X-Stella-Site-Id``, or
    ``X-Sync-Secret`` with ``X-Site-ID``. One ``Problem`` (401) for all failures, so that it tells nobody which
    site ids exist; an unknown one costs the same comparison.
    """
    site_id, secret = _credentials(inbound)
    tenant = tenants.get(site_id)
    digest = hashlib.sha256(secret.encode()).hexdigest()
    known = [hmac.compare_digest(digest, key) for key in (tenant.caller_keys if tenant else (NOBODY,))]
    if tenant is None or not any(known):
        raise Problem("unauthenticated", headers={"WWW-Authenticate": "Bearer"})
    return tenant


def _credentials(inbound: Inbound) -> tuple[str, str]:
    scheme, _, token = (inbound.header("authorization") or "").partition(" ")
    pairs = [
        (inbound.header("x-stella-site-id"), token.strip() if scheme.lower() == "bearer" else None),
        (inbound.header("x-site-id"), inbound.header("x-sync-secret")),
    ]
    whole = {(site_id, secret) for site_id, secret in pairs if site_id and secret}
    if len(whole) != 1:
        raise Problem(
            "unauthenticated",
            "expected one pair: Authorization: Bearer with X-Stella-Site-Id, or X-Sync-Secret with X-Site-ID",
            headers={"WWW-Authenticate": "Bearer"},
        )
    return whole.pop()


def _complete_settings(rows: TenantRows, dialect: Dialect, at: str) -> Tree:
    known = dialect.mapping.settings
    _demand_known(rows.setting, known, at)
    settings = dialect.defaults() | rows.setting
    for name, setting in known.items():
        if setting.required and settings[name] in (None, ""):
            raise SetupError(f"dialect {dialect.name!r} needs this setting: {setting.about}", at=f"{at}.{name}")
        if setting.choices and settings[name] not in setting.choices:
            found = settings[name]
            raise SetupError(f"expected one of {list(setting.choices)}, found {found!r}", at=f"{at}.{name}")
    return settings


def _demand_url(text: str, at: str) -> None:
    try:
        parts = urlsplit(text)
        whole = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # a port that no machine has
        whole = False
    if not whole and not text.startswith("{"):  # a placeholder, where calls are only looked at
        raise SetupError(f"expected an http or https URL, found {text!r}", at=at)


def _demand_known(given: Mapping[str, Any], known: Mapping[str, Any], at: str) -> None:
    for name in given.keys() - known.keys():
        near = get_close_matches(name, list(known), n=1)
        hint = f", did you mean {near[0]!r}?" if near else f"; known: {', '.join(sorted(known)) or 'none'}"
        raise SetupError(f"unknown name {name!r}{hint}", at=f"{at}.{name}")
