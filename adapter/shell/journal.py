"""The journal on SQLite: the only module with SQL. Many orders share one flush; see README, "The journal"."""

from pathlib import Path

import apsw
import msgspec

from adapter.core.answers import Result
from adapter.core.canonical import ENCODER
from adapter.core.idempotency import FINGERPRINT_VERSION, Claim, Entry
from adapter.core.outcomes import Outcome, State
from adapter.core.steps import Call, Taken
from adapter.errors import SetupError
from adapter.gateway import Hold, Intent
from adapter.shell.writer import Writer

MIGRATIONS = (
    """
    CREATE TABLE operation (
        operation_id TEXT PRIMARY KEY,
        tenant TEXT NOT NULL, route TEXT NOT NULL, key TEXT NOT NULL,
        fingerprint TEXT NOT NULL, fingerprint_version INTEGER NOT NULL,
        dialect TEXT NOT NULL, state TEXT NOT NULL, attempt INTEGER NOT NULL, detail TEXT NOT NULL,
        received_at TEXT NOT NULL, updated_at TEXT NOT NULL,
        canonical BLOB NOT NULL, losses BLOB NOT NULL,
        status INTEGER, headers BLOB, body BLOB, receipt_id TEXT,
        UNIQUE (tenant, route, key)
    ) STRICT;
    CREATE INDEX operation_by_receipt ON operation (tenant, receipt_id) WHERE receipt_id IS NOT NULL;
    CREATE TABLE attempt (
        operation_id TEXT NOT NULL REFERENCES operation, call TEXT NOT NULL, attempt INTEGER NOT NULL,
        state TEXT NOT NULL, method TEXT NOT NULL, url TEXT NOT NULL, body BLOB NOT NULL,
        status INTEGER, taken BLOB, started_at TEXT NOT NULL, ended_at TEXT,
        PRIMARY KEY (operation_id, call, attempt)
    ) STRICT;
    """,
)

NOW = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"

ENTRY_PLAIN = (
    "operation_id",
    "tenant",
    "dialect",
    "fingerprint",
    "fingerprint_version",
    "state",
    "attempt",
    "detail",
    "received_at",
)
ENTRY = f"{', '.join(ENTRY_PLAIN)}, status, headers, body, receipt_id, losses"

CLAIM = f"""
    INSERT INTO operation (operation_id, tenant, route, key, fingerprint, fingerprint_version, dialect, state,
        attempt, detail, received_at, updated_at, canonical, losses)
    VALUES (?, ?, ?, ?, ?, ?, ?, 'dispatching', 1, '', ?, {NOW}, ?, ?)
    ON CONFLICT (tenant, route, key) DO UPDATE
        SET state = 'dispatching', attempt = attempt + 1, detail = '', updated_at = {NOW}
        WHERE state = 'not_applied' AND operation_id = excluded.operation_id
    RETURNING attempt
"""

BEGIN = f"""
    INSERT INTO attempt (operation_id, call, attempt, state, method, url, body, started_at)
    VALUES (?, ?, ?, 'dispatching', ?, ?, ?, {NOW})
"""

END = f"""
    UPDATE attempt SET state = ?, status = ?, taken = ?, ended_at = {NOW}
    WHERE operation_id = ? AND call = ? AND attempt = ?
"""

FINISH = f"""
    UPDATE operation SET state = ?, detail = ?, status = ?, headers = ?, body = ?, receipt_id = ?, updated_at = {NOW}
    WHERE operation_id = ? AND attempt = ?
"""


class SqliteJournal:
    """Satisfies ``gateway.Journal`` over one file; a writer thread makes many orders share one flush."""

    def __init__(self, path: Path) -> None:
        self._writer = Writer(connect(path))

    async def find(self, claim: Claim) -> Entry | None:
        scope = (claim.tenant, claim.route, claim.key)
        return await self._writer.do(lambda db: _find(db, "tenant = ? AND route = ? AND key = ?", scope))

    async def look_up(self, tenant: str, order_id: str) -> Entry | None:
        where = "tenant = ? AND (operation_id = ? OR receipt_id = ?)"
        return await self._writer.do(lambda db: _find(db, where, (tenant, order_id, order_id)))

    async def claim(self, claim: Claim, intent: Intent) -> Hold | Entry:
        return await self._writer.do(lambda db: _claim(db, claim, intent))

    async def begin(self, hold: Hold, call: Call) -> None:
        await self._writer.do(lambda db: _begin(db, hold, call))

    async def advance(self, hold: Hold, done: Call, outcome: Outcome, following: Call) -> None:
        await self._writer.do(lambda db: _advance(db, hold, done, outcome, following))

    async def finish(self, hold: Hold, last: Call, outcome: Outcome, result: Result) -> None:
        await self._writer.do(lambda db: _finish(db, hold, last, outcome, result))

    async def close(self) -> None:
        """Commit what is under way and close the file."""
        await self._writer.close()


def connect(path: Path) -> apsw.Connection:
    """Open a journal with full durability and bring its schema up to date; a ``SetupError`` where it is none."""
    try:
        db = apsw.Connection(str(path))
        db.set_busy_timeout(5_000)
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "secure_delete = ON"):
            db.execute(f"PRAGMA {pragma}")
        with db:
            _migrate(db, path)
    except apsw.Error as exc:
        raise SetupError(f"expected a journal that can be written: {exc}", at=str(path)) from exc
    return db


def _migrate(db: apsw.Connection, path: Path) -> None:
    version = int(db.pragma("user_version"))
    if version > len(MIGRATIONS):
        raise SetupError(f"expected a journal up to version {len(MIGRATIONS)}, found {version}", at=str(path))
    for statements in MIGRATIONS[version:]:
        db.execute(statements)
    db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")


def _claim(db: apsw.Connection, claim: Claim, intent: Intent) -> Hold | Entry:
    row = db.execute(
        CLAIM,
        (
            claim.operation_id,
            claim.tenant,
            claim.route,
            claim.key,
            claim.fingerprint,
            FINGERPRINT_VERSION,
            intent.dialect,
            claim.received_at,
            ENCODER.encode(intent.order),
            msgspec.json.encode(intent.losses),
        ),
    ).fetchone()
    if row is None:
        earlier = _find(db, "tenant = ? AND route = ? AND key = ?", (claim.tenant, claim.route, claim.key))
        assert earlier is not None  # noqa: S101  # the conflict was with this very row
        return earlier
    hold = Hold(claim.operation_id, row[0], _taken(db, claim.operation_id), intent.call.name)
    if intent.call.name not in hold.taken:
        _begin(db, hold, intent.call)
    return hold


def _taken(db: apsw.Connection, operation_id: str) -> dict[str, Taken]:
    rows = db.execute("SELECT call, taken FROM attempt WHERE operation_id = ? AND taken IS NOT NULL", (operation_id,))
    return {call: msgspec.json.decode(taken, type=Taken) for call, taken in rows}


def _begin(db: apsw.Connection, hold: Hold, call: Call) -> None:
    db.execute(BEGIN, (hold.operation_id, call.name, hold.attempt, call.method, call.url, call.body))


def _end(db: apsw.Connection, hold: Hold, call: Call, outcome: Outcome) -> None:
    # what a backend says once is passed on, never stored
    taken = outcome.taken._replace(secrets={})
    stored = ENCODER.encode(taken) if outcome.state is State.SUCCEEDED else None
    db.execute(END, (outcome.state.value, outcome.status, stored, hold.operation_id, call.name, hold.attempt))


def _advance(db: apsw.Connection, hold: Hold, done: Call, outcome: Outcome, following: Call) -> None:
    _end(db, hold, done, outcome)
    _begin(db, hold, following)


def _finish(db: apsw.Connection, hold: Hold, last: Call, outcome: Outcome, result: Result) -> None:
    _end(db, hold, last, outcome)
    db.execute(
        FINISH,
        (
            result.state.value,
            result.detail,
            result.answer.status,
            msgspec.json.encode(result.answer.headers),
            result.answer.body,
            result.receipt_id,
            hold.operation_id,
            hold.attempt,
        ),
    )


def _find(db: apsw.Connection, where: str, values: tuple[str, ...]) -> Entry | None:
    row = db.execute(f"SELECT {ENTRY} FROM operation WHERE {where}", values).fetchone()  # our own text
    if row is None:
        return None
    plain, (status, headers, body, receipt_id, losses) = row[:9], row[9:]
    stored = {
        **dict(zip(ENTRY_PLAIN, plain, strict=True)),
        "status": status,
        "headers": msgspec.json.decode(headers) if headers else {},
        "body": body or b"",
        "receipt_id": receipt_id,
        "losses": msgspec.json.decode(losses),
    }
    return msgspec.convert(stored, Entry)
