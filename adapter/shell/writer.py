"""The one connection that writes: what has gathered meanwhile is one transaction, and shares one flush to disk.

Statements run on the loop, where each takes microseconds, and only what waits for the disk runs on a thread: a thread
that ran them too would hand the interpreter back and forth with the loop at each of them, which costs both more than
the statements.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple, TypeVar

import apsw

from adapter.errors import Problem
from adapter.shell.reserve import Reserve

T = TypeVar("T")

# Run again from the start where a neighbour in its transaction fails: it has no effect but on the connection.
Job = Callable[[apsw.Connection], T]

# Told of each transaction: how many jobs shared it, and its seconds.
OnBatch = Callable[[int, float], None]

BATCH = 128

# How long another program may have the file before a transaction is given up; never waited for on the loop.
PATIENCE_MS = 5_000


class Request(NamedTuple):
    """A job on its way, and where its result is awaited.

    ``opens`` marks a job that begins something new; on a full disk it gives way to those that end something.
    """

    job: Job[Any]
    opens: bool
    future: asyncio.Future[Any]


class Writer:
    """Runs jobs one after another, many in one transaction."""

    def __init__(
        self, connection: apsw.Connection, reserve: Reserve, on_broken: Callable[[], None], on_batch: OnBatch
    ) -> None:
        self._connection = connection
        self._reserve = reserve
        self._on_broken = on_broken
        self._on_batch = on_batch
        self._broken = False
        self._requests: deque[Request] = deque()
        self._closed = False
        self._disk = ThreadPoolExecutor(1, "journal")
        self._turns: asyncio.Task[None] | None = None

    async def do(self, job: Job[T], *, opens: bool = False) -> T:
        """Run a job and give its result once it is on disk; a ``Problem`` where it cannot be."""
        self.check()
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._requests.append(Request(job, opens, future))
        if self._turns is None or self._turns.done():  # it begins in the loop's next turn, with all that this one asks
            self._turns = asyncio.create_task(self._take_turns())
        return await future

    def check(self) -> None:
        """A ``Problem`` (503) where what is on disk is not known any more, or not asked for."""
        if self._closed or self._broken:
            raise Problem("storage-unavailable", "the journal is closed")

    async def close(self) -> None:
        """Commit what was asked before, then close the connection."""
        if not self._closed:
            self._closed = True
            if self._turns is not None:
                await self._turns
            self._disk.shutdown()
            self._connection.close()

    async def _take_turns(self) -> None:
        while self._requests:
            batch = [self._requests.popleft() for _ in range(min(BATCH, len(self._requests)))]
            began = time.perf_counter()
            try:
                results = await self._run(batch)
            except Exception as exc:  # a mistake of ours: whoever waits is told, and the turns go on
                results = [exc] * len(batch)
            self._on_batch(len(batch), time.perf_counter() - began)
            if not self._broken and any(_cause(result) is apsw.IOError for result in results):
                # after a flush that failed nobody knows what is on disk: only a new process reads it afresh
                self._broken = True
                self._on_broken()
            for request, result in zip(batch, results, strict=True):
                _resolve(request.future, result)

    async def _run(self, batch: list[Request]) -> list[Any]:
        """Run a batch; on a full disk give up the reserve for what ends orders, and begin none until it is back."""
        if self._reserve.spent and not self._reserve.hold():
            return await self._run_endings(batch)
        results = await self._transact([request.job for request in batch])
        if not any(_cause(result) is apsw.FullError for result in results):
            return results
        self._reserve.give_up()
        await self._wait_for(partial(_shrink_log, self._connection))
        return await self._run_endings(batch)

    async def _run_endings(self, batch: list[Request]) -> list[Any]:
        endings = iter(await self._transact([request.job for request in batch if not request.opens]))
        return [unavailable(apsw.FullError("disk full")) if request.opens else next(endings) for request in batch]

    async def _transact(self, jobs: list[Job[Any]]) -> list[Any]:
        """Run jobs in one transaction; an exception stands for a result."""
        try:
            await self._begin()
            results = run_jobs(self._connection, jobs)
            if self._connection.in_transaction:  # unless SQLite took all of it back, as it may on a full disk
                await self._wait_for(partial(self._connection.execute, "COMMIT"))
        except apsw.Error as exc:
            _roll_back(self._connection)
            return [unavailable(exc)] * len(jobs)
        return results

    async def _begin(self) -> None:
        self._connection.set_busy_timeout(0)
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except apsw.BusyError:
            await self._wait_for(partial(self._connection.execute, "BEGIN IMMEDIATE"))

    async def _wait_for(self, work: Callable[[], Any]) -> None:
        """Have work done that waits, for the disk or for another program that has the file."""
        self._connection.set_busy_timeout(PATIENCE_MS)
        await asyncio.get_running_loop().run_in_executor(self._disk, work)


def run_jobs(db: apsw.Connection, jobs: list[Job[Any]]) -> list[Any]:
    """Run jobs in an open transaction; where one fails, all again, each in a savepoint of its own."""
    db.execute("SAVEPOINT jobs")
    try:
        results = [job(db) for job in jobs]
    except Exception as exc:
        return _run_apart(db, jobs) if _take_back(db, "jobs") else [_tell(exc)] * len(jobs)
    db.execute("RELEASE jobs")
    return results


def _run_apart(db: apsw.Connection, jobs: list[Job[Any]]) -> list[Any]:
    """Not in savepoints as apsw makes them, which hide why there is no transaction any more."""
    results: list[Any] = []
    for job in jobs:
        db.execute("SAVEPOINT job")
        try:
            results.append(job(db))
        except Exception as exc:  # the asker's own must not end the turns that serve everybody
            if not _take_back(db, "job"):
                return [_tell(exc)] * len(jobs)
            results.append(_tell(exc))
        else:
            db.execute("RELEASE job")
    return results


def _take_back(db: apsw.Connection, savepoint: str) -> bool:
    """Undo what was done since a savepoint; False where SQLite has taken the whole transaction back by itself."""
    if not db.in_transaction:
        return False
    db.execute(f"ROLLBACK TO {savepoint}")
    db.execute(f"RELEASE {savepoint}")
    return True


def _tell(exc: Exception) -> Exception:
    return unavailable(exc) if isinstance(exc, apsw.Error) else exc


def _cause(result: Any) -> type[BaseException] | None:
    return type(result.__cause__) if isinstance(result, Problem) and result.__cause__ else None


def _shrink_log(db: apsw.Connection) -> None:
    try:
        db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    except apsw.Error:
        return  # a reader holds it, or there is no room even for this; the reserve must do


def _roll_back(db: apsw.Connection) -> None:
    try:
        if db.in_transaction:
            db.execute("ROLLBACK")
    except apsw.Error:
        return  # the connection itself is gone; the next batch says so again


def unavailable(exc: apsw.Error) -> Problem:
    """What an asker is told of an error of SQLite."""
    problem = Problem("storage-unavailable", f"the journal cannot be used: {type(exc).__name__}")
    problem.__cause__ = exc
    return problem


def _resolve(future: asyncio.Future[Any], result: Any) -> None:
    if future.cancelled():
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)
