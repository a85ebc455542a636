"""The journal on SQLite: ``ports.Journal`` over one file that several processes of one machine may share."""

import asyncio
from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path
from typing import Any

import apsw
import msgspec

from adapter.core.answers import Record, Result
from adapter.core.canonical import ENCODER
from adapter.core.idempotency import FINGERPRINT_VERSION, Claim, Entry
from adapter.core.outcomes import Outcome, State
from adapter.core.steps import Call, Taken
from adapter.errors import Problem
from adapter.ports import Case, Duplicate, Hold, Intent, Open
from adapter.shell import records, schema
from adapter.shell.crosswalks import SqliteCrosswalks
from adapter.shell.journal_file import connect, open_reader
from adapter.shell.logs import log
from adapter.shell.patience import Patience
from adapter.shell.reader import Reader
from adapter.shell.reserve import Reserve
from adapter.shell.vault import Blob, Vault, call_row, operation_row
from adapter.shell.writer import OnBatch, Writer

DAY = 86_400

# An answer holds a person's data and is kept as long as a client may want it again; that there was an order
# under a key must be known far longer, or an old key would place a second one.
ANSWER_DAYS = 7
TOMBSTONE_DAYS = 400

# Seconds between tries to record an ending while another program has the file: the backend's answer is in hand.
PAUSES = (0.5, 1.0, 2.0)


class SqliteJournal:
    """Satisfies ``ports.Journal``; a writer makes many orders share one flush."""

    def __init__(
        self,
        path: Path,
        on_broken: Callable[[], None] = lambda: None,
        on_batch: OnBatch = lambda _jobs, _seconds: None,
        vault: Vault | None = None,
    ) -> None:
        """Open or make the file; ``on_broken`` is told when a flush failed, after which nothing is served.

        ``on_batch`` is told of each transaction: jobs and seconds.
        """
        self.path = path
        self._reserve = Reserve(path)
        self._writer = Writer(connect(path, vault), self._reserve, on_broken, on_batch)
        self._reader = Reader(open_reader(path, vault), self._writer)
        self.crosswalks = SqliteCrosswalks(self._writer, self._reader)
        self.patience = Patience()

    async def find(self, claim: Claim) -> Entry | None:
        scope = (claim.tenant, claim.route, claim.key)
        return self._reader.read(lambda db: records.find(db, "tenant = ? AND route = ? AND key = ?", scope))

    async def look_up(self, tenant: str, order_id: str) -> Record | None:
        return self._reader.read(lambda db: records.look_up(db, tenant, order_id))

    async def claim(self, claim: Claim, intent: Intent) -> Hold | Entry | Duplicate:
        held = await self._writer.do(lambda db: _claim(db, claim, intent), opens=True)
        if isinstance(held, Hold):
            self.patience.wait(held.operation_id, held.lease)
        return held

    async def begin(self, hold: Hold, call: Call) -> bool:
        return self._keep(hold, await self._writer.do(lambda db: _begin(db, hold, call)))

    async def advance(self, hold: Hold, done: Call, outcome: Outcome, following: Call) -> bool:
        return self._keep(hold, await self._writer.do(lambda db: _advance(db, hold, done, outcome, following)))

    async def finish(self, hold: Hold, last: Call, outcome: Outcome, result: Result) -> bool:
        if result.state is State.UNKNOWN:
            self.patience.wait(hold.operation_id, result.check_after)
        else:
            self.patience.end(hold.operation_id)
        for pause in PAUSES:
            try:
                return await self._writer.do(lambda db: _finish(db, hold, last, outcome, result))
            except Problem as problem:
                if not isinstance(problem.__cause__, apsw.BusyError):
                    raise
            await asyncio.sleep(pause)
        return await self._writer.do(lambda db: _finish(db, hold, last, outcome, result))

    async def take_open(self, most: int, lease: float, without: Collection[str] = ()) -> list[Case]:
        waiting, others = (msgspec.json.encode(names).decode() for names in (self.patience.waiting(), [*without]))
        found = await self._writer.do(lambda db: list(records.take_open(db, most, lease, waiting, others)))
        for one in found:
            if isinstance(one, records.Unread):
                log.error("case_not_settled", operation=one.operation_id, tenant=one.tenant, dialect=one.dialect)
        return [one for one in found if isinstance(one, Case)]

    async def note_found(self, hold: Hold, call: str, taken: Taken) -> bool:
        return await self._writer.do(lambda db: _note_found(db, hold, call, taken))

    async def postpone(
        self, hold: Hold, last: Call | None, outcome: Outcome, pause: float, *, missed: bool = False
    ) -> None:
        self.patience.wait(hold.operation_id, pause)
        await self._writer.do(lambda db: _postpone(db, hold, last, outcome, pause, missed))

    async def hand_over(self, hold: Hold, why: str) -> None:
        await self._writer.do(lambda db: db.execute(schema.HAND_OVER, (why, hold.operation_id, hold.attempt)))

    async def resolve(self, operation_id: str, result: Result) -> bool:
        """End an open operation by a person's word; False where it has ended by itself."""
        return await self._writer.do(lambda db: _resolve(db, operation_id, result))

    async def purge(self, answer_days: float = ANSWER_DAYS, tombstone_days: float = TOMBSTONE_DAYS) -> int:
        """Blank what is older than an answer is kept, delete what is older than a tombstone; how many."""
        count = 0
        while portion := await self._writer.do(lambda db: _purge(db, answer_days * DAY, tombstone_days * DAY)):
            count += portion
        return count

    async def erase(self, operation_id: str) -> bool:
        """Blank an operation that has ended, as its retention would; False where it has not, or there is none."""
        return await self._writer.do(lambda db: _blank(db, schema.ERASE, (operation_id,)) == [operation_id])

    async def count_open(self) -> list[Open]:
        """Operations that nobody has ended, by tenant and state."""
        rows: list[Any] = self._reader.read(lambda db: db.execute(schema.COUNT_OPEN).fetchall())
        return [Open(*row) for row in rows]

    async def can_write(self) -> bool:
        """Whether something that changes nothing can be written and flushed now."""
        try:
            await self._writer.do(lambda db: db.execute(f"PRAGMA user_version = {len(schema.MIGRATIONS)}"), opens=True)
        except Problem:
            return False
        return True

    def has_reserve(self) -> bool:
        """Whether the disk reserve is there."""
        return not self._reserve.spent

    def _keep(self, hold: Hold, renewed: bool) -> bool:
        """Leave an operation alone whose lease was renewed."""
        if renewed:
            self.patience.wait(hold.operation_id, hold.lease)
        return renewed

    async def close(self) -> None:
        """Commit what is under way and close the file."""
        await self._writer.close()
        self._reader.close()


def _claim(db: apsw.Connection, claim: Claim, intent: Intent) -> Hold | Entry | Duplicate:
    blob = partial(Blob, operation_row(claim.operation_id))
    row = (
        *(claim.operation_id, claim.tenant, claim.route, claim.key, claim.fingerprint, FINGERPRINT_VERSION),
        *(intent.dialect, claim.received_at, blob("canonical", ENCODER.encode(intent.order))),
        *(blob("losses", msgspec.json.encode(intent.losses)), blob("ledger", records.pack_ledger(intent.ledger))),
        *(blob("kept", ENCODER.encode(dict(intent.kept))), claim.reference, intent.mapping, intent.recovery),
        *(blob("pairs", msgspec.json.encode(dict(intent.pairs))), intent.lease),
    )
    try:
        claimed = db.execute(schema.CLAIM, row).fetchone()
    except apsw.ConstraintError:
        return _find_rival(db, claim)
    if claimed is None:
        return _find_rival(db, claim)
    (attempt,) = claimed
    taken = records.read_taken(db, claim.operation_id) if attempt > 1 else {}
    hold = Hold(
        *(claim.operation_id, attempt, taken, intent.call.name, intent.lease),
        tenant=claim.tenant,
        dialect=intent.dialect,
    )
    if intent.call.name not in hold.taken:
        _write_call(db, hold, intent.call)
    return hold


def _find_rival(db: apsw.Connection, claim: Claim) -> Entry | Duplicate:
    """Whoever has the scope, or else the natural reference, that a claim wanted."""
    rival = records.find(db, "tenant = ? AND route = ? AND key = ?", (claim.tenant, claim.route, claim.key))
    if rival is not None and rival.state is not State.NOT_APPLIED:
        return rival
    open_or_placed = "tenant = ? AND reference = ? AND state NOT IN ('rejected', 'not_applied')"
    other = records.find(db, open_or_placed, (claim.tenant, claim.reference or ""))
    if other is not None:
        return Duplicate(other)
    assert rival is not None  # noqa: S101  # one of the two unique indexes refused the row
    return rival


def _write_call(db: apsw.Connection, hold: Hold, call: Call) -> None:
    body = Blob(call_row(hold.operation_id, call.name), "body", call.body)
    db.execute(schema.BEGIN, (hold.operation_id, call.name, hold.attempt, call.method, call.url, body))


def _begin(db: apsw.Connection, hold: Hold, call: Call) -> bool:
    if db.execute(schema.RENEW, (hold.lease, hold.operation_id, hold.attempt)).fetchone() is None:
        return False
    _write_call(db, hold, call)
    return True


def _end(db: apsw.Connection, hold: Hold, call: Call, outcome: Outcome) -> None:
    stored = _keep_taken(hold, call.name, outcome.taken) if outcome.state is State.SUCCEEDED else None
    db.execute(schema.END, (outcome.state.value, outcome.status, stored, hold.operation_id, call.name, hold.attempt))


def _keep_taken(hold: Hold, call: str, taken: Taken) -> Blob:
    """What an answer left, for its call's row; what a backend says once is passed on, never stored."""
    return Blob(call_row(hold.operation_id, call), "taken", ENCODER.encode(taken._replace(secrets={})))


def _advance(db: apsw.Connection, hold: Hold, done: Call, outcome: Outcome, following: Call) -> bool:
    _end(db, hold, done, outcome)
    return _begin(db, hold, following)


def _finish(db: apsw.Connection, hold: Hold, last: Call, outcome: Outcome, result: Result) -> bool:
    _end(db, hold, last, outcome)
    row = (*_ending(hold.operation_id, result), hold.operation_id, hold.attempt, result.check_after)
    try:
        return db.execute(schema.FINISH, row).fetchone() is not None
    except apsw.ConstraintError:  # another order has its reference by now: that it was placed matters more
        db.execute("UPDATE operation SET reference = NULL WHERE operation_id = ?", (hold.operation_id,))
        return db.execute(schema.FINISH, row).fetchone() is not None


def _resolve(db: apsw.Connection, operation_id: str, result: Result) -> bool:
    return db.execute(schema.RESOLVE, (*_ending(operation_id, result), operation_id)).fetchone() is not None


def _ending(operation_id: str, result: Result) -> tuple[Any, ...]:
    blob, answer = partial(Blob, operation_row(operation_id)), result.answer
    headers, body = blob("headers", msgspec.json.encode(answer.headers)), blob("body", answer.body)
    revised = blob("revised", msgspec.json.encode(result.revised))
    return (result.state.value, result.detail, answer.status, headers, body, result.receipt_id, revised)


def _note_found(db: apsw.Connection, hold: Hold, call: str, taken: Taken) -> bool:
    if db.execute(schema.RENEW, (hold.lease, hold.operation_id, hold.attempt)).fetchone() is None:
        return False
    db.execute(schema.FOUND, (_keep_taken(hold, call, taken), hold.operation_id, call))
    return True


def _postpone(db: apsw.Connection, hold: Hold, last: Call | None, outcome: Outcome, pause: float, missed: bool) -> None:
    if last is not None:
        _end(db, hold, last, outcome)
    db.execute(schema.POSTPONE, (outcome.detail, pause, missed, hold.operation_id, hold.attempt))


def _purge(db: apsw.Connection, answer_seconds: float, tombstone_seconds: float) -> int:
    blanked = _blank(db, schema.EXPIRE, (0, answer_seconds))
    gone = [row[0] for row in db.execute(schema.OLDEST, (1, tombstone_seconds)).fetchall()]
    for operation_id in gone:
        db.execute("DELETE FROM attempt WHERE operation_id = ?", (operation_id,))
        db.execute("DELETE FROM operation WHERE operation_id = ?", (operation_id,))
    return len(blanked) + len(gone)


def _blank(db: apsw.Connection, statement: str, values: tuple[str | float, ...]) -> list[str]:
    """Blank what a statement names, and the calls of it; which operations those are."""
    rows: list[Any] = db.execute(statement, values).fetchall()
    blanked: list[str] = [row[0] for row in rows]
    for operation_id in blanked:
        db.execute("UPDATE attempt SET body = x'', taken = NULL, url = '' WHERE operation_id = ?", (operation_id,))
    return blanked
