"""The recovery worker: looks for operations whose outcome is open and has them settled."""

import asyncio
import time

from adapter.ports import Case, Journal, Recover
from adapter.shell.logs import log

# Cases at once; a slow one keeps its place and holds up no other.
MOST = 32

# A case taken up and not settled within this is taken up again; above the deadline of a call and its retries.
LEASE = 60.0


PURGE_EVERY = 3600.0


class Worker:
    """Runs beside the gateway in the same process; of several on one journal each case goes to one."""

    def __init__(self, recover: Recover, journal: Journal, pause: float) -> None:
        self.recover = recover
        self.journal = journal
        self.pause = pause
        self._purge_at = 0.0
        self._running: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Work until cancelled; a case that goes wrong is logged and comes again when its lease is over."""
        try:
            while True:
                await self._purge()
                if len(self._running) == MOST or not await self._take_up():
                    await asyncio.sleep(self.pause)
        finally:
            for task in self._running:  # what it was sending stays open in the journal and is taken up again
                task.cancel()

    async def _take_up(self) -> int:
        """Begin with as many cases as there are places; how many."""
        try:
            cases = await self.journal.take_open(MOST - len(self._running), LEASE)
        except Exception:
            log.error("open_operations_not_given", exc_info=True)
            return 0
        for case in cases:
            task = asyncio.create_task(self._recover(case))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        return len(cases)

    async def _purge(self) -> None:
        """Blank old answers and delete old tombstones, once an hour."""
        if time.monotonic() < self._purge_at:
            return
        self._purge_at = time.monotonic() + PURGE_EVERY
        try:
            await self.journal.purge()
        except Exception:
            log.error("journal_not_purged", exc_info=True)

    async def _recover(self, case: Case) -> None:
        try:
            await self.recover(case)
        except Exception:
            operation = case.hold.operation_id
            log.error("case_not_settled", exc_info=True, operation=operation, tenant=case.tenant, dialect=case.dialect)
