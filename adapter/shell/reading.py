"""Reading a journal for a person, also where its disk is full: nothing here needs room to write."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, NamedTuple

import apsw
import msgspec

from adapter.core.canonical import read_json
from adapter.core.ledger import Loss
from adapter.errors import Problem, SetupError
from adapter.shell import schema
from adapter.shell.journal_file import Connection, connect
from adapter.shell.vault import Vault, call_row, operation_row


class Wanted(NamedTuple):
    """Which operations: those of an id, a state, a tenant, a key, or any, and how many at most."""

    operation_id: str | None = None
    state: str | None = None
    tenant: str | None = None
    key: str | None = None
    most: int = 1


class Reading:
    """What the command line shows of a journal."""

    def __init__(self, db: apsw.Connection) -> None:
        self._db = db

    def summarise(self, wanted: Wanted) -> list[dict[str, Any]]:
        """The newest operations of those that are wanted."""
        return self._rows(schema.SUMMARY, wanted._asdict())

    def attempts(self, operation_id: str) -> list[dict[str, Any]]:
        """Every call of an operation with what was sent, in the order it was made."""
        rows = self._rows(schema.ATTEMPTS, (operation_id,))
        return [row | {"body": row["body"].open(call_row(operation_id, row["call"]), "body")} for row in rows]

    def order(self, operation_id: str) -> Any:
        """The canonical order of an operation; None where there is none, or its data was blanked."""
        found = self._open(operation_id, "canonical")
        return read_json(found) if found else None

    def losses(self, operation_id: str) -> tuple[Loss, ...]:
        """The losses that the client of an operation was told."""
        return msgspec.json.decode(self._open(operation_id, "losses") or b"[]", type=tuple[Loss, ...])

    def _open(self, operation_id: str, column: Literal["canonical", "losses"]) -> bytes:
        asked = f"SELECT {column} FROM operation WHERE operation_id = ?"  # noqa: S608  # a column of two
        found: Any = self._db.execute(asked, (operation_id,)).fetchone()
        opened: bytes = found[0].open(operation_row(operation_id), column) if found is not None else b""
        return opened

    def _rows(self, query: str, values: tuple[Any, ...] | dict[str, Any]) -> list[dict[str, Any]]:
        cursor = self._db.execute(query, values)
        return [dict(zip((column[0] for column in cursor.description), row, strict=True)) for row in cursor]


@contextmanager
def reading(path: Path, vault: Vault) -> Iterator[Reading]:
    """A journal to be read; one of an earlier version is brought up to date. A ``SetupError`` where it is none."""
    if not path.exists():
        raise SetupError("expected a journal, found no file", at=str(path))
    try:
        db = _open(path, vault)
        if int(db.pragma("user_version")) != len(schema.MIGRATIONS):
            db.close()
            connect(path, vault).close()
            db = _open(path, vault)
        yield Reading(db)
        db.close()
    except Problem as problem:
        raise SetupError(f"expected the key it was written with: {problem}", at=str(path)) from problem
    except apsw.Error as exc:
        raise SetupError(f"expected a journal that can be read: {exc}", at=str(path)) from exc


def _open(path: Path, vault: Vault) -> apsw.Connection:
    """As one of several readers, or alone, without the index that readers share: a full disk has no room for it."""
    try:
        db = Connection(path, vault, flags=apsw.SQLITE_OPEN_READONLY)
        db.set_busy_timeout(5_000)
        db.pragma("user_version")
    except (apsw.IOError, apsw.CantOpenError, apsw.FullError):
        db = Connection(path, vault, flags=apsw.SQLITE_OPEN_READWRITE, vfs="unix-excl")
    return db
