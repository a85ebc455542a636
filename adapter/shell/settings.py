"""Settings of the process, read once from the environment."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from adapter.errors import SetupError

# In development backends may be anywhere, and be spoken to without TLS; orders of real people never go there.
Environment = Literal["production", "development"]


class Settings(msgspec.Struct, frozen=True):
    """What the environment says; each member's variable is ``ADAPTER_`` and its name in capitals."""

    environment: Environment = "production"
    tenants: Path = Path("tenants.toml")
    journal: Path = Path("adapter.db")
    dialects: Path | None = None
    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=65_535)] = 8080
    workers: Annotated[int, Meta(ge=1, le=64)] = 1
    connections: Annotated[int, Meta(ge=1)] = 2_048
    body_limit: Annotated[int, Meta(ge=1)] = 262_144
    body_seconds: Annotated[float, Meta(gt=0)] = 20.0
    requests: Annotated[int, Meta(ge=1)] = 512
    orders_per_tenant: Annotated[int, Meta(ge=1)] = 64
    recovery_pause: Annotated[float, Meta(gt=0)] = 1.0
    journal_key: str | None = None
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    admin_host: str = "127.0.0.1"
    admin_port: Annotated[int, Meta(ge=0, le=65_535)] = 8081
    admin_key: str | None = None


# What each is, for the README's table; a test demands that none is missing.
ABOUT: dict[str, str] = {
    "environment": "`development`, as in the demo, lets backends be anywhere, without TLS",
    "tenants": "the tenants' file",
    "journal": "the journal's file",
    "dialects": "a folder with `mappings/` and `openapi/` of your own",
    "host": "where `adapter serve` listens for clients",
    "port": "its port; 0 takes a free one",
    "workers": "processes that `adapter serve` runs; what is bounded here is bounded for each of them",
    "connections": "connections of clients that may be open at once",
    "body_limit": "bytes of a request body",
    "body_seconds": "until a request's body must be whole",
    "requests": "requests with a body that may be under way at once",
    "orders_per_tenant": "orders under way for one tenant",
    "recovery_pause": "seconds between looks for open orders",
    "journal_key": "what seals the journal: `env:NAME` or `file:PATH`, several parted by commas",
    "log_level": "what is logged, and what is worse",
    "admin_host": "where the operator's doors listen",
    "admin_port": "their port, plus the worker's number; 0 takes a free one",
    "admin_key": "the operator's credential, as `env:NAME` or `file:PATH`; only a loopback address needs none",
}


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings from ``ADAPTER_...`` variables; a ``SetupError`` names the one that cannot be read."""
    names = {name: f"ADAPTER_{name.upper()}" for name in Settings.__struct_fields__}
    said = {name: environment[variable] for name, variable in names.items() if variable in environment}
    try:
        return msgspec.convert(said, Settings, strict=False, dec_hook=_read_path)
    except msgspec.ValidationError as exc:
        message, _, path = str(exc).partition(" - at `$.")
        raise SetupError(message, at=names[path.rstrip("`")]) from exc


def _read_path(kind: type, value: Any) -> Path:
    if kind is not Path:
        raise NotImplementedError(f"no setting has the type {kind}")
    return Path(value)
