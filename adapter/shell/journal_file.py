"""The journal's file: opened with full durability, and brought up to date."""

from pathlib import Path

import apsw

from adapter.errors import SetupError
from adapter.shell.schema import MIGRATIONS

# The log is copied back after this many pages of 4 KiB, so that it never holds the disk that the reserve is for.
SMALL_LOG = ("wal_autocheckpoint = 128", "journal_size_limit = 524288")


def connect(path: Path) -> apsw.Connection:
    """Open a journal with full durability and bring its schema up to date; a ``SetupError`` where it is none."""
    try:
        db = apsw.Connection(str(path))
        db.set_busy_timeout(5_000)
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            *SMALL_LOG,
            "secure_delete = ON",
        ):
            db.execute(f"PRAGMA {pragma}")
        db.execute("BEGIN IMMEDIATE")  # of several processes that start at once, one migrates
        _migrate(db, path)
        db.execute("COMMIT")
    except apsw.Error as exc:
        raise SetupError(f"expected a journal that can be written: {exc}", at=str(path)) from exc
    return db


def _migrate(db: apsw.Connection, path: Path) -> None:
    version = int(db.pragma("user_version"))
    if version > len(MIGRATIONS):
        raise SetupError(f"expected a journal up to version {len(MIGRATIONS)}, found {version}", at=str(path))
    for statements in MIGRATIONS[version:]:
        db.execute(statements)
    if version < len(MIGRATIONS):
        db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
