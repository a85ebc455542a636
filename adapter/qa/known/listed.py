"""What a person has listed as nothing to be done about: equivalent mutants, ways that nothing can go."""

from collections.abc import Mapping
from typing import Any

from adapter.errors import SetupError


def read_listed(document: Mapping[str, Any], kind: str, members: str, at: str) -> dict[str, str]:
    """Each with its reason, from decoded TOML: ``[[kind]]`` with a ``reason`` and a list of ``members``."""
    listed: dict[str, str] = {}
    for entry in document.get(kind, ()):
        reason: Any = entry.get("reason")
        if not isinstance(reason, str) or not isinstance(entry.get(members), list):
            raise SetupError(f"expected [[{kind}]] with a `reason` and a list of `{members}`", at=at)
        listed |= dict.fromkeys(entry[members], reason)
    return listed
