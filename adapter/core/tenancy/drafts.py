"""Drafts: a new tenant as the table that its file gets, and what a caller's key is on either side."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

BARE = re.compile(r"[A-Za-z0-9_-]+")


class Draft(NamedTuple):
    """What is said of a new tenant; settings and references to secrets by name."""

    name: str
    dialect: str
    digest: str
    site_id: str | None = None
    base_url: str | None = None
    origins: Sequence[str] = ()
    settings: Mapping[str, Any] = MappingProxyType({})
    secrets: Mapping[str, str] = MappingProxyType({})


def digest_key(key: str) -> str:
    """What a tenants' file holds of a caller's key: enough to know it by, and not to call with."""
    return f"sha256:{hashlib.sha256(key.encode()).hexdigest()}"


def write_draft(draft: Draft) -> str:
    """The table of a tenant in TOML."""
    values = {
        "dialect": _quote(draft.dialect),
        "site_id": draft.site_id and _quote(draft.site_id),
        "base_url": draft.base_url and _quote(draft.base_url),
        "caller_keys": f"[{_quote(draft.digest)}]",
        "origins": draft.origins and f"[{', '.join(map(_quote, draft.origins))}]",
        "setting": draft.settings and _write_table(draft.settings),
        "secret": draft.secrets and _write_table(draft.secrets),
    }
    lines = [f"{name} = {value}" for name, value in values.items() if value]
    return "\n".join([f"[tenant.{_name(draft.name)}]", *lines, ""])


def _write_table(members: Mapping[str, Any]) -> str:
    return f"{{ {', '.join(f'{_name(name)} = {_quote(value)}' for name, value in members.items())} }}"


def _name(text: str) -> str:
    return text if BARE.fullmatch(text) else _quote(text)


def _quote(value: Any) -> str:
    # what JSON writes of it TOML reads, but for the one control character that JSON lets stand
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
