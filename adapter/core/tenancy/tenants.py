"""Tenants: whose order it is, which backend takes it, and how a client proves that it may ask."""

import hashlib
import hmac
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from adapter.core.dialects import Dialect
from adapter.core.files.addresses import explain_url, is_url
from adapter.core.files.forms import find_slips
from adapter.core.messages import Inbound
from adapter.core.tenancy.limits import LimitRows
from adapter.core.tenancy.policies import Policy, Verdict, read_policies
from adapter.core.values.crosswalks import CrosswalkRows
from adapter.core.values.money import is_currency
from adapter.core.values.places import find_country
from adapter.errors import Problem, SetupError
from adapter.lens.rules import Finding, refuse, unknown
from adapter.lens.trees import Tree

Tenants = Callable[[], Mapping[str, "Tenant"]]

# Settings that stand in for members of an order, and what those must be.
MEANINGS: dict[str, tuple[Callable[[str], object], str]] = {
    "currency": (is_currency, "an ISO 4217 code"),
    "country": (find_country, "a country's name or ISO 3166 code"),
}

# A request with one of these comes from a server, which has a secret; one without comes from a page.
OF_SERVERS = frozenset({"authorization", "x-sync-secret", "x-site-id"})

NOBODY = hashlib.sha256(b"nobody").hexdigest()


# A SHA-256 as `sha256sum` prints it; whoever reads the file cannot call in a client's name.
Digest = Annotated[str, Meta(pattern=r"^sha256:[0-9a-f]{64}$")]


# A page as a browser names it: no path, no capitals; plain http only for pages of one's own machine.
Origin = Annotated[str, Meta(pattern=r"^(https://[a-z0-9.-]+|http://(localhost|127\.0\.0\.1))(:[0-9]{1,5})?(?![\s\S])")]


# What a mapping can refer to, as in ``{crosswalk.variants}``.
TableName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_]+(?![\s\S])")]


class TenantRows(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A tenant as its file has it; ``caller_keys`` are ``sha256:`` and the hex digest of a secret."""

    dialect: str
    caller_keys: tuple[Digest, ...]
    origins: tuple[Origin, ...] = ()
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
    limit: LimitRows = LimitRows()
    caller_limit: LimitRows = LimitRows()


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
    """Tenants from decoded TOML; a ``SetupError`` names every slip by tenant and key."""
    rows, findings = check_tenant_rows(data, source)
    refuse(findings)
    return rows


def check_tenant_rows(data: dict[str, Any], source: str) -> tuple[dict[str, TenantRows], list[Finding]]:
    """Those tenants that can be read, slips aside, and every slip."""
    findings = [_unknown(name, {"tenant"}, "tenants_file", f"{source}: {name}") for name in data.keys() - {"tenant"}]
    tenants: dict[str, TenantRows] = {}
    tables = data.get("tenant", {})
    if not isinstance(tables, dict):
        return {}, [*findings, Finding("tenants_file", f"{source}: tenant", "expected tables such as [tenant.my-shop]")]
    for name, said in tables.items():
        meant, slips = find_slips(said, TenantRows)
        for slip in slips:
            place = f"{source}: tenant.{name}{f'.{slip.place}' if slip.place else ''}"
            findings.append(Finding("tenants_file", place, slip.message, suggestion=slip.suggestion))
        try:
            tenants[name] = msgspec.convert(meant, TenantRows)
        except msgspec.ValidationError as exc:
            message = str(exc).partition(" - at `$")[0]
            findings += [] if slips else [Finding("tenants_file", f"{source}: tenant.{name}", message)]
    return tenants, findings


def make_tenant(name: str, rows: TenantRows, dialects: Mapping[str, Dialect], secrets: Mapping[str, str]) -> Tenant:
    """Join a tenant with its dialect; a ``SetupError`` names every setting and secret that is wrong or missing."""
    refuse(check_tenant(name, rows, dialects, secrets))
    dialect = dialects[rows.dialect]
    return Tenant(
        name=name,
        site_id=rows.site_id or name,
        dialect=dialect,
        base_url=rows.base_url or dialect.mapping.base_url or "",
        settings=dialect.defaults() | rows.setting,
        secrets=secrets,
        caller_keys=tuple(key.removeprefix("sha256:") for key in rows.caller_keys),
        rows=rows,
        policies=read_policies(rows.loss, f"tenant.{name}.loss"),
    )


def check_tenant(
    name: str, rows: TenantRows, dialects: Mapping[str, Dialect], secrets: Mapping[str, str]
) -> list[Finding]:
    """Everything that keeps a tenant from being joined with its dialect."""
    at = f"tenant.{name}"
    if rows.dialect not in dialects:
        return [_unknown(rows.dialect, dialects, "unknown_dialect", f"{at}.dialect", "dialect")]
    dialect = dialects[rows.dialect]
    faults = [
        _unknown(key, known, rule, f"{at}.{section}.{key}")
        for section, given, known, rule in (
            ("secret", rows.secret, dialect.mapping.secrets, "tenant_secret"),
            ("setting", rows.setting, dialect.mapping.settings, "tenant_setting"),
        )
        for key in sorted(given.keys() - known.keys())
    ]
    meant = {finding.suggestion for finding in faults}  # what is misspelt is not missing as well
    faults += [
        Finding("tenant_secret", f"{at}.secret", f"dialect {dialect.name!r} needs the secret {key!r}")
        for key in sorted(dialect.mapping.secrets.keys() - secrets.keys() - meant)
    ]
    return [
        *_address_faults(rows, dialect, f"{at}.base_url"),
        *faults,
        *_setting_faults(rows, dialect, meant, at),
        *_policy_faults(rows, at),
    ]


def check_net(name: str, rows: TenantRows, dialect: Dialect) -> Iterator[Finding]:
    """Whether a tenant's base URL is one for orders of real people, whatever it is in development."""
    base_url = rows.base_url or dialect.mapping.base_url or ""
    if is_url(base_url) and (why := explain_url(base_url)):
        yield Finding("tenant_address", f"tenant.{name}.base_url", f"{why} (ADAPTER_ENVIRONMENT is production)")


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


def identify(inbound: Inbound, tenants: Mapping[str, Tenant], *, pages: bool = False) -> Tenant:
    """The tenant a request's credentials belong to; ``tenants`` is keyed by site id.

    Either pair of Stella's sync API will do: ``Authorization: Bearer`` with ``X-Stella-Site-Id``, or
    ``X-Sync-Secret`` with ``X-Site-ID``. One ``Problem`` (401) for all failures, so that it tells nobody which
    site ids exist; an unknown one costs the same comparison. With ``pages`` the site id alone will do for a page of
    one of the tenant's ``origins``: a browser vouches for the page, and nobody for what else says so.
    """
    if pages and (tenant := _find_by_page(inbound, tenants)) is not None:
        return tenant
    site_id, secret = _credentials(inbound)
    tenant = tenants.get(site_id)
    digest = hashlib.sha256(secret.encode()).hexdigest()
    known = [hmac.compare_digest(digest, key) for key in (tenant.caller_keys if tenant else (NOBODY,))]
    if tenant is None or not any(known):
        raise Problem("unauthenticated", headers={"WWW-Authenticate": "Bearer"})
    return tenant


def _find_by_page(inbound: Inbound, tenants: Mapping[str, Tenant]) -> Tenant | None:
    """The tenant whose page this is; None where a secret is named too, which then must be right."""
    if _is_from_server(inbound):
        return None
    said = {name: inbound.all_headers(name) for name in ("origin", "x-stella-site-id")}
    if any(len(values) != 1 for values in said.values()):
        return None
    tenant = tenants.get(said["x-stella-site-id"][0])
    return tenant if tenant is not None and said["origin"][0] in tenant.rows.origins else None


def name_caller(inbound: Inbound) -> str:
    """Which caller of its tenant an identified request comes from: the digest of its secret, or its page's origin."""
    if _is_from_server(inbound):
        return hashlib.sha256(_credentials(inbound)[1].encode()).hexdigest()
    return inbound.header("origin") or ""


def _is_from_server(inbound: Inbound) -> bool:
    return any(name in OF_SERVERS for name, _ in inbound.headers)


def _credentials(inbound: Inbound) -> tuple[str, str]:
    said = dict(reversed(inbound.headers))  # of several lines the first
    scheme, _, token = said.get("authorization", "").partition(" ")
    pairs = [
        (said.get("x-stella-site-id"), token.strip() if scheme.lower() == "bearer" else None),
        (said.get("x-site-id"), said.get("x-sync-secret")),
    ]
    whole = {(site_id, secret) for site_id, secret in pairs if site_id and secret}
    if len(whole) != 1:
        raise Problem(
            "unauthenticated",
            "expected one pair: Authorization: Bearer with X-Stella-Site-Id, or X-Sync-Secret with X-Site-ID; "
            "or, from a page that the tenant lists, its Origin with X-Stella-Site-Id",
            headers={"WWW-Authenticate": "Bearer"},
        )
    return whole.pop()


def _address_faults(rows: TenantRows, dialect: Dialect, at: str) -> Iterator[Finding]:
    base_url = rows.base_url or dialect.mapping.base_url
    if base_url is None:
        yield Finding("tenant_address", at, f"dialect {dialect.name!r} has no base URL of its own")
    elif not is_url(base_url) and not base_url.startswith("{"):  # a placeholder, where calls are only looked at
        yield Finding("tenant_address", at, f"expected an http or https URL, found {base_url!r}")


def _setting_faults(rows: TenantRows, dialect: Dialect, meant: set[str], at: str) -> Iterator[Finding]:
    settings = dialect.defaults() | rows.setting
    for name, setting in dialect.mapping.settings.items():
        if name in meant:
            continue
        if setting.required and settings[name] in (None, ""):
            message = f"dialect {dialect.name!r} needs this setting: {setting.about}"
            yield Finding("tenant_setting", f"{at}.setting.{name}", message)
        elif setting.choices and settings[name] not in setting.choices:
            message = f"expected one of {list(setting.choices)}, found {settings[name]!r}"
            yield Finding("tenant_setting", f"{at}.setting.{name}", message)
        elif (said := rows.setting.get(name)) and name in MEANINGS and not MEANINGS[name][0](str(said)):
            yield Finding("tenant_setting", f"{at}.setting.{name}", f"expected {MEANINGS[name][1]}, found {said!r}")


def _policy_faults(rows: TenantRows, at: str) -> Iterator[Finding]:
    for key, verdict in rows.loss.items():
        try:
            read_policies({key: verdict}, f"{at}.loss")
        except SetupError as exc:
            yield Finding("tenant_setting", exc.at, exc.message)


def _unknown(name: str, known: Iterable[str], rule: str, at: str, what: str = "name") -> Finding:
    message, near = unknown(what, name, known)
    return Finding(rule, at, message, suggestion=near)
