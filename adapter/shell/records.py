"""Rows of the journal read into values."""

import zlib
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import apsw
import msgspec

from adapter.core.answers import Record
from adapter.core.canonical import read_json
from adapter.core.idempotency import Entry
from adapter.core.ledger import Line, Loss, Revision
from adapter.core.recovery import MOST_TRIES
from adapter.core.steps import Taken
from adapter.core.values.crosswalks import PlainPairs
from adapter.errors import Problem
from adapter.ports import Case, Hold, Written
from adapter.shell import schema
from adapter.shell.vault import Row, StoredBlob, call_row, operation_row


def find(db: apsw.Connection, where: str, values: tuple[str, ...]) -> Entry | None:
    """The operation that some values of its row name, if any."""
    found = db.execute(f"{schema.ENTRY} WHERE {where}", values).fetchone()
    if found is None:
        return None
    *plain, headers, body, losses, pairs = found
    row = operation_row(plain[0])
    stored = {
        **dict(zip(schema.ENTRY_PLAIN, plain, strict=True)),
        "expired": bool(plain[-1]),
        "headers": msgspec.json.decode(_open(headers, row, "headers") or b"{}"),
        "body": _open(body, row, "body"),
        "losses": msgspec.json.decode(_open(losses, row, "losses")),
        "pairs": _read_pairs(pairs, row),
    }
    return msgspec.convert(stored, Entry)


def look_up(db: apsw.Connection, tenant: str, order_id: str) -> Record | None:
    """An operation of a tenant, by either of its ids, with what is kept beside it."""
    entry = find(db, "tenant = ? AND (operation_id = ? OR receipt_id = ?)", (tenant, order_id, order_id))
    if entry is None:
        return None
    beside = "SELECT ledger, kept, revised FROM operation WHERE operation_id = ?"
    rows: list[Any] = db.execute(beside, (entry.operation_id,)).fetchall()
    row, ((ledger, kept, revised),) = operation_row(entry.operation_id), rows
    return Record(
        entry,
        unpack_ledger(_open(ledger, row, "ledger")),
        read_json(_open(kept, row, "kept") or b"{}"),
        msgspec.json.decode(_open(revised, row, "revised") or b"[]", type=tuple[Revision, ...]),
    )


def read_taken(db: apsw.Connection, operation_id: str) -> dict[str, Taken]:
    """What the answered calls of an operation left, by call."""
    rows = db.execute("SELECT call, taken FROM attempt WHERE operation_id = ? AND taken IS NOT NULL", (operation_id,))
    return {
        call: msgspec.json.decode(_open(taken, call_row(operation_id, call), "taken"), type=Taken)
        for call, taken in rows
    }


class Unread(NamedTuple):
    """An open operation whose rows cannot be read, be they damaged or sealed under a key that is not set."""

    operation_id: str
    tenant: str
    dialect: str


def take_open(db: apsw.Connection, most: int, lease: float, waiting: str, without: str) -> Iterator[Case | Unread]:
    """Take up what is open and due, each until its lease is over.

    One that cannot be read is left to who may read it, and goes to a person when nobody could for long enough.
    """
    rows: list[Any] = db.execute(schema.TAKE_OPEN, (lease, waiting, without, most)).fetchall()
    for operation_id, attempt, *rest in rows:
        plain = dict(zip(schema.CASE_PLAIN, rest[4:], strict=True))
        try:
            case = _read_case(db, (operation_id, attempt, *rest[:4]), plain, lease)
        except (Problem, msgspec.MsgspecError):
            if plain["tries"] > MOST_TRIES:
                db.execute(schema.HAND_OVER, ("its rows in the journal cannot be read", operation_id, attempt))
            yield Unread(operation_id, plain["tenant"], plain["dialect"])
        else:
            yield case


def _read_case(db: apsw.Connection, found: tuple[Any, ...], plain: dict[str, Any], lease: float) -> Case:
    operation_id, attempt, canonical, losses, pairs, promised = found
    row = operation_row(operation_id)
    return Case(
        hold=Hold(
            *(operation_id, attempt, read_taken(db, operation_id)),
            written=_read_written(db, operation_id),
            tenant=plain["tenant"],
            dialect=plain["dialect"],
            lease=lease,
        ),
        canonical=_open(canonical, row, "canonical"),
        losses=msgspec.json.decode(_open(losses, row, "losses"), type=tuple[Loss, ...]),
        pairs=_read_pairs(pairs, row),
        promised=bool(promised),
        **plain,
    )


def _read_written(db: apsw.Connection, operation_id: str) -> dict[str, Written]:
    """The call whose outcome is unknown, if there is one, as it was sent."""
    pending = db.execute(schema.PENDING, (operation_id,)).fetchone()
    if pending is None:
        return {}
    call, method, url, body = pending
    return {call: Written(method, url, _open(body, call_row(operation_id, call), "body"))}


def pack_ledger(lines: tuple[Line, ...]) -> bytes:
    """A ledger as it is stored, which would be most of an order's row: what all orders of a shape have, and the rest.

    The names that only a client knows are not remembered.
    """
    strange = tuple([line for line in lines if line.code == "unknown"])  # which stand last
    return _remember_packed(lines[: len(lines) - len(strange)]) + (_pack(strange) if strange else b"")


def unpack_ledger(stored: bytes) -> tuple[Line, ...]:
    """A stored ledger; journals of old have them as plain JSON, and of blanked orders there is none."""
    if not stored or stored.startswith(b"["):
        return msgspec.json.decode(stored or b"[]", type=tuple[Line, ...])
    part = zlib.decompressobj()
    lines = msgspec.json.decode(part.decompress(stored), type=tuple[Line, ...])
    return lines + unpack_ledger(part.unused_data)


def _pack(lines: tuple[Line, ...]) -> bytes:
    return zlib.compress(msgspec.json.encode(lines), 1)


_remember_packed = lru_cache(maxsize=256)(_pack)


def _read_pairs(stored: StoredBlob | None, row: Row) -> PlainPairs | None:
    opened = _open(stored, row, "pairs")
    return msgspec.json.decode(opened, type=dict[str, dict[str, str]]) if opened else None


def _open(stored: StoredBlob | None, row: Row, column: str) -> bytes:
    """The bytes of a column; none where it has none."""
    return b"" if stored is None else stored.open(row, column)
