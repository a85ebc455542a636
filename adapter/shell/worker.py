"""The recovery worker: looks for operations whose outcome is open and has them settled."""

import asyncio
import logging
import time

from adapter.ports import Case, Journal
from adapter.recovery import Recovery

log = logging.getLogger("adapter")

# Cases at once: few, since a backend that left many open is in trouble already.
MOST = 8

# A case taken up and not settled within this is taken up again; above the deadline of a call and its retries.
LEASE = 60.0


PURGE_EVERY = 3600.0


class Worker:
    """Runs beside the gateway in the same process; of several on one journal each case goes to one."""

    def __init__(self, recovery: Recovery, journal: Journal, pause: float) -> None:
        self.recovery = recovery
        self.journal = journal
        self.pause = pause
        self._purge_at = 0.0

    async def run(self) -> None:
        """Work until cancelled; a case that goes wrong is logged and comes again when its lease is over."""
        while True:
            await self._purge()
            try:
                cases = await self.journal.take_open(MOST, LEASE)
            except Exception:
                log.exception("the journal did not give its open operations")
                cases = []
            await asyncio.gather(*map(self._recover, cases))
            if not cases:
                await asyncio.sleep(self.pause)

    async def _purge(self) -> None:
        """Blank old answers and delete old tombstones, once an hour."""
        if time.monotonic() < self._purge_at:
            return
        self._purge_at = time.monotonic() + PURGE_EVERY
        try:
            await self.journal.purge()
        except Exception:
            log.exception("the journal was not purged")

    async def _recover(self, case: Case) -> None:
        try:
            await self.recovery.recover(case)
        except Exception:
            log.exception("operation %s was not settled", case.hold.operation_id)
