"""Rows of the journal read into values."""

import zlib
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import apsw
import msgspec

from adapter.core.answers import Record
from adapter.core.canonical import read_json
from adapter.core.idempotency import Entry
from adapter.core.ledger import Line, Loss, Revision
from adapter.core.steps import Taken
from adapter.core.values.crosswalks import PlainPairs
from adapter.ports import Case, Hold, Written
from adapter.shell import schema


def find(db: apsw.Connection, where: str, values: tuple[str, ...]) -> Entry | None:
    """The operation that some values of its row name, if any."""
    row = db.execute(f"{schema.ENTRY} WHERE {where}", values).fetchone()
    if row is None:
        return None
    *plain, headers, body, losses, pairs = row
    stored = {
        **dict(zip(schema.ENTRY_PLAIN, plain, strict=True)),
        "expired": bool(plain[-1]),
        "headers": msgspec.json.decode(headers) if headers else {},
        "body": body or b"",
        "losses": msgspec.json.decode(losses),
        "pairs": _read_pairs(pairs),
    }
    return msgspec.convert(stored, Entry)


def look_up(db: apsw.Connection, tenant: str, order_id: str) -> Record | None:
    """An operation of a tenant, by either of its ids, with what is kept beside it."""
    entry = find(db, "tenant = ? AND (operation_id = ? OR receipt_id = ?)", (tenant, order_id, order_id))
    if entry is None:
        return None
    beside = "SELECT ledger, kept, revised FROM operation WHERE operation_id = ?"
    rows: list[Any] = db.execute(beside, (entry.operation_id,)).fetchall()
    ((ledger, kept, revised),) = rows
    return Record(
        entry,
        unpack_ledger(ledger),
        read_json(kept or b"{}"),
        msgspec.json.decode(revised or b"[]", type=tuple[Revision, ...]),
    )


def read_taken(db: apsw.Connection, operation_id: str) -> dict[str, Taken]:
    """What the answered calls of an operation left, by call."""
    rows = db.execute("SELECT call, taken FROM attempt WHERE operation_id = ? AND taken IS NOT NULL", (operation_id,))
    return {call: msgspec.json.decode(taken, type=Taken) for call, taken in rows}


def take_open(db: apsw.Connection, most: int, lease: float, waiting: str) -> Iterator[Case]:
    """Take up what is open and due, each until its lease is over."""
    rows: list[Any] = db.execute(schema.TAKE_OPEN, (lease, waiting, most)).fetchall()
    for row in rows:
        operation_id, attempt, losses, pairs, promised, *rest = row
        pending = db.execute(schema.PENDING, (operation_id,)).fetchone()
        written = {pending[0]: Written(*pending[1:])} if pending else {}
        case = dict(zip(schema.CASE_PLAIN, rest, strict=True))
        taken = read_taken(db, operation_id)
        hold = Hold(operation_id, attempt, taken, None, lease, written, tenant=case["tenant"], dialect=case["dialect"])
        told = msgspec.json.decode(losses, type=tuple[Loss, ...])
        yield Case(hold=hold, losses=told, pairs=_read_pairs(pairs), promised=bool(promised), **case)


def pack_ledger(lines: tuple[Line, ...]) -> bytes:
    """A ledger as it is stored, which would be most of an order's row: what all orders of a shape have, and the rest.

    The names that only a client knows are not remembered.
    """
    strange = tuple([line for line in lines if line.code == "unknown"])  # which stand last
    return _remember_packed(lines[: len(lines) - len(strange)]) + (_pack(strange) if strange else b"")


def unpack_ledger(stored: bytes | None) -> tuple[Line, ...]:
    """A stored ledger; journals of old have them as plain JSON, and of blanked orders there is none."""
    if not stored or stored.startswith(b"["):
        return msgspec.json.decode(stored or b"[]", type=tuple[Line, ...])
    part = zlib.decompressobj()
    lines = msgspec.json.decode(part.decompress(stored), type=tuple[Line, ...])
    return lines + unpack_ledger(part.unused_data)


def _pack(lines: tuple[Line, ...]) -> bytes:
    return zlib.compress(msgspec.json.encode(lines), 1)


_remember_packed = lru_cache(maxsize=256)(_pack)


def _read_pairs(stored: bytes | None) -> PlainPairs | None:
    return msgspec.json.decode(stored, type=dict[str, dict[str, str]]) if stored else None
