"""One thread that owns a database connection and commits whatever has gathered meanwhile as one transaction."""

import asyncio
import queue
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import apsw

from adapter.errors import Problem
from adapter.shell.reserve import Reserve

T = TypeVar("T")

Job = Callable[[apsw.Connection], T]

# Told of each transaction: how many jobs shared it, and its seconds.
OnBatch = Callable[[int, float], None]

BATCH = 128


class Request(NamedTuple):
    """A job on its way to the writer, and where its result is awaited.

    ``opens`` marks a job that begins something new; on a full disk it gives way to those that end something.
    """

    job: Job[Any]
    opens: bool
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[Any]


class Writer:
    """Runs jobs one after another, many in one transaction: what they share is the flush to disk."""

    def __init__(
        self, connection: apsw.Connection, reserve: Reserve, on_broken: Callable[[], None], on_batch: OnBatch
    ) -> None:
        self._connection = connection
        self._reserve = reserve
        self._on_broken = on_broken
        self._on_batch = on_batch
        self._broken = False
        self._requests: queue.SimpleQueue[Request | None] = queue.SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._live, name="journal", daemon=True)
        self._thread.start()

    async def do(self, job: Job[T], *, opens: bool = False) -> T:
        """Run a job and give its result once it is on disk; a ``Problem`` where it cannot be."""
        if self._closed or self._broken:
            raise Problem("storage-unavailable", "the journal is closed")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._requests.put(Request(job, opens, loop, future))
        return await future

    async def close(self) -> None:
        """Commit what was asked before, then close the connection."""
        if not self._closed:
            self._closed = True
            self._requests.put(None)
            await asyncio.to_thread(self._thread.join)

    def _live(self) -> None:
        while (request := self._requests.get()) is not None:
            batch = [request, *self._gather()]
            began = time.perf_counter()
            results = self._run(batch)
            self._on_batch(len(batch), time.perf_counter() - began)
            if not self._broken and any(_cause(result) is apsw.IOError for result in results):
                # after a flush that failed nobody knows what is on disk: only a new process reads it afresh
                self._broken = True
                self._on_broken()
            for member, result in zip(batch, results, strict=True):
                member.loop.call_soon_threadsafe(_resolve, member.future, result)
        self._connection.close()

    def _run(self, batch: list[Request]) -> list[Any]:
        """Run a batch; on a full disk give up the reserve for what ends orders, and begin none until it is back."""
        if self._reserve.spent and not self._reserve.hold():
            return self._run_endings(batch)
        results = run_batch(self._connection, [request.job for request in batch])
        if not any(_cause(result) is apsw.FullError for result in results):
            return results
        self._reserve.give_up()
        _shrink_log(self._connection)
        return self._run_endings(batch)

    def _run_endings(self, batch: list[Request]) -> list[Any]:
        endings = iter(run_batch(self._connection, [request.job for request in batch if not request.opens]))
        return [_unavailable(apsw.FullError("disk full")) if request.opens else next(endings) for request in batch]

    def _gather(self) -> list[Request]:
        """What came in while the last transaction was being flushed."""
        gathered: list[Request] = []
        while len(gathered) < BATCH and not self._requests.empty():
            request = self._requests.get()
            if request is None:
                self._requests.put(None)
                break
            gathered.append(request)
        return gathered


def run_batch(db: apsw.Connection, jobs: list[Job[Any]]) -> list[Any]:
    """Run jobs in one transaction, each in a savepoint of its own; an exception stands for a result."""
    results: list[Any] = []
    try:
        db.execute("BEGIN IMMEDIATE")
        for job in jobs:
            results.append(_run(db, job))
            if not db.in_transaction:  # SQLite took all of it back, as it may on a full disk: nothing else may follow
                return [results[-1]] * len(jobs)
        db.execute("COMMIT")
    except apsw.Error as exc:
        _roll_back(db)
        return [_unavailable(exc)] * len(jobs)
    return results


def _run(db: apsw.Connection, job: Job[Any]) -> Any:
    """Run a job in a savepoint; not in apsw's own, which hides why there is no transaction any more."""
    db.execute("SAVEPOINT job")
    try:
        result = job(db)
    except Exception as exc:  # the asker's own must not end the thread that serves everybody
        if db.in_transaction:
            db.execute("ROLLBACK TO job")
            db.execute("RELEASE job")
        return _unavailable(exc) if isinstance(exc, apsw.Error) else exc
    db.execute("RELEASE job")
    return result


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


def _unavailable(exc: apsw.Error) -> Problem:
    problem = Problem("storage-unavailable", f"the journal cannot be written: {type(exc).__name__}")
    problem.__cause__ = exc
    return problem


def _resolve(future: asyncio.Future[Any], result: Any) -> None:
    if future.cancelled():
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)
