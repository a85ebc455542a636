"""Ids and times of a receipt, whatever a backend calls its orders."""

import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from adapter.lens.codecs import Codec, Kinds, Options, keep

# Ours, made once at random: the space in which ids of backends without UUIDs get theirs.
NAMESPACE = UUID("5f0f6d0e-2f5b-4d8a-9a53-0d1c6c1c2a77")

SPELLING = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def is_uuid(text: str) -> bool:
    """Whether a text is a UUID in its canonical spelling, in either case."""
    return SPELLING.fullmatch(text) is not None


def receipt_id(backend_id: str, scope: str) -> str:
    """The backend's own id where it is a UUID, else a UUIDv5 of tenant, dialect and that id."""
    return backend_id if is_uuid(backend_id) else str(uuid5(NAMESPACE, f"{scope}/{backend_id}"))


def _to_receipt_id(value: Any, _beside: Any, options: Options) -> str:
    return receipt_id(str(value), str(options["scope"]))


def read_instant(text: Any) -> str | None:
    """A date-time of whatever ISO 8601 spelling as RFC 3339, without a zone taken for UTC; None if it is none.

    An order that was placed is not lost because its time is spelt oddly, so this is no error.
    """
    try:
        instant = datetime.fromisoformat(str(text).upper())  # RFC 3339 has the letters in either case
    except ValueError:
        return None
    return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).isoformat().replace("+00:00", "Z")


def _from_instant(value: Any, _beside: Any, _options: Options) -> str | None:
    return read_instant(value)


IDENTITY_CODECS: dict[str, Codec] = {
    "receipt_id": Codec(
        keep,
        _to_receipt_id,
        lossy="an id that is no UUID cannot be restored from its UUIDv5",
        options=frozenset({"scope"}),
        kinds=Kinds(("string",), ("string", "integer"), ("id",)),
    ),
    "instant": Codec(
        keep,
        _from_instant,
        lossy="another spelling comes back as RFC 3339",
        kinds=Kinds(("string",), ("string",), ("instant",)),
    ),
}
