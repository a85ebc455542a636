"""The journal's file: opened with full durability, and brought up to date."""

from functools import partial
from pathlib import Path
from typing import Any

import apsw

from adapter.errors import Problem, SetupError
from adapter.shell.schema import MIGRATIONS, MUST_BE_READ
from adapter.shell.vault import Blob, StoredBlob, Vault, operation_row

# The log is copied back after this many pages of 4 KiB, so that it never holds more disk than the reserve has.
SMALL_LOG = ("wal_autocheckpoint = 1000", "journal_size_limit = 4194304")

# A SQLite before these can lose commits where two connections copy the write-ahead log back at once. The apsw of a
# distribution may use another SQLite than it would bring itself.
MENDED = ((3, 44, 6), (3, 50, 7), (3, 51, 3))


class Connection(apsw.Connection):
    """A connection that takes no bytes but with the place that they are for, and gives none but shut.

    So no statement can forget to have them sealed, or to say where they were found.
    """

    def __init__(self, path: Path, vault: Vault, **how: Any) -> None:
        super().__init__(str(path), **how)
        self._vault = vault
        # no method of its own, which would keep a connection that nobody wants any more, and its locks
        self.row_trace = partial(_shut_row, vault)

    def execute(self, statements: str, bindings: Any = None, **more: Any) -> apsw.Cursor:
        if isinstance(bindings, tuple):
            bindings = tuple(map(self._seal, bindings))
        return super().execute(statements, bindings, **more)

    def _seal(self, value: Any) -> Any:
        if isinstance(value, bytes):
            raise TypeError("expected a Blob: bytes are sealed for their place")
        return self._vault.seal(value) if isinstance(value, Blob) else value


def _shut_row(vault: Vault, _cursor: apsw.Cursor, row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(StoredBlob(vault, value) if isinstance(value, bytes) else value for value in row)


def connect(path: Path, vault: Vault | None = None) -> apsw.Connection:
    """Open a journal with full durability and bring its schema up to date; a ``SetupError`` where it is none."""
    if not keeps_commits(version := apsw.sqlite_lib_version()):
        raise SetupError(f"expected SQLite 3.51.3 or later, found {version}, which can lose commits", at="apsw")
    try:
        db = Connection(path, vault or Vault())
        db.set_busy_timeout(5_000)
        if (mode := db.pragma("journal_mode", "wal")) != "wal":
            raise SetupError(f"expected a disk on which SQLite has a write-ahead log, found {mode!r}", at=str(path))
        for pragma in (
            "synchronous = FULL",
            "foreign_keys = ON",
            *SMALL_LOG,
            "secure_delete = ON",
        ):
            db.execute(f"PRAGMA {pragma}")
        db.execute("BEGIN IMMEDIATE")  # of several processes that start at once, one migrates
        _migrate(db, path)
        db.execute("COMMIT")
        for operation_id, canonical in db.execute(MUST_BE_READ):
            canonical.open(operation_row(operation_id), "canonical")
    except apsw.Error as exc:
        raise SetupError(f"expected a journal that can be written: {exc}", at=str(path)) from exc
    except Problem as problem:
        raise SetupError(f"expected the key it was written with: {problem}", at=str(path)) from problem
    return db


def keeps_commits(version: str) -> bool:
    """Whether a SQLite of that version keeps every commit of a write-ahead log."""
    found = tuple(map(int, version.split(".")))[:3]
    return found >= MENDED[-1] or any(found[:2] == mended[:2] and found >= mended for mended in MENDED)


def open_reader(path: Path, vault: Vault | None = None) -> apsw.Connection:
    """A second connection to an open journal, which writes nothing and sees what has been committed."""
    db = Connection(path, vault or Vault())
    db.execute("PRAGMA query_only = ON")
    return db


def _migrate(db: apsw.Connection, path: Path) -> None:
    version = int(db.pragma("user_version"))
    if version > len(MIGRATIONS):
        raise SetupError(f"expected a journal up to version {len(MIGRATIONS)}, found {version}", at=str(path))
    for statements in MIGRATIONS[version:]:
        db.execute(statements)
    if version < len(MIGRATIONS):
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")


def shrink_log(path: Path) -> bool:
    """Copy the log back and cut it off, so that nothing is left in it; whether nobody stood in the way."""
    db = apsw.Connection(str(path))
    try:
        db.set_busy_timeout(5_000)
        db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    except apsw.BusyError:
        return False
    finally:
        db.close()
    return True
