"""The recovery worker: looks for operations whose outcome is open and has them settled."""

import asyncio
import time
from collections import Counter

from adapter.ports import Case, Journal, Recover
from adapter.shell.logs import log

# Cases at once; a slow one keeps its place and holds up no other.
MOST = 128

# About how many of them one tenant's may be, so that its backend holds up nobody else's orders, and so that many at
# once do not crowd out those of clients.
SHARE = 8

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
        self._running: dict[asyncio.Task[None], str] = {}  # with the tenant

    async def run(self) -> None:
        """Work until cancelled; a case that goes wrong is logged and comes again when its lease is over."""
        try:
            while True:
                await self._purge()
                if not await self._take_up():
                    # who has its share wants more as soon as some of it is done
                    await asyncio.sleep(self.pause / 4 if self._running else self.pause)
        finally:
            for task in self._running:  # what it was sending stays open in the journal and is taken up again
                task.cancel()

    async def _take_up(self) -> int:
        """Begin with some of the cases that are due, where there is a place; how many."""
        shares = Counter(self._running.values())
        full = [tenant for tenant, number in shares.items() if number >= SHARE]
        if not (places := min(SHARE, MOST - len(self._running))):
            return 0
        try:
            cases = await self.journal.take_open(places, LEASE, full)
        except Exception:
            log.error("open_operations_not_given", exc_info=True)
            return 0
        for case in cases:
            task = asyncio.create_task(self._recover(case))
            self._running[task] = case.tenant
            task.add_done_callback(self._running.pop)
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
