"""Protection for each tenant's backend, around the way out: a place among its orders, a circuit, a call budget.

One tenant's slow or dead backend uses up its own places and nobody else's.
"""

import asyncio
import math
import random
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from adapter.core.orders import Journey
from adapter.core.outcomes import Answered, NotSent, Sent
from adapter.core.protection import Breaker, Budget, note_failure, note_life, note_success, owe, spend, tell_circuit
from adapter.core.steps import Call
from adapter.errors import Problem
from adapter.ports import Backends

QUEUE_SECONDS = 1.0

# Connects only: a request of which a byte may have left is never sent again from here.
MORE_CONNECTS = 2
SHORTEST_PAUSE, LONGEST_PAUSE = 0.025, 0.25

# At most this share of the calls under way may be repeats, but a few always may.
RETRY_SHARE, RETRY_FLOOR = 0.2, 3

PROBE_SECONDS = 2.0
LONGEST_WAIT = 3600.0


class Shield:
    """What protects one tenant's backend: places for orders, its circuit, its budget, a wait it asked for."""

    def __init__(self, places: int) -> None:
        self.places = asyncio.Semaphore(places)
        self.breaker = Breaker()
        self.budget: Budget | None = None
        self.wait_until = 0.0
        self.probing = False
        self.calls = 0
        self.retries = 0


class ProtectedBackends:
    """Satisfies ``ports.Backends`` and ``ports.Admission`` around other backends."""

    def __init__(self, inner: Backends, places: int, workers: int = 1) -> None:
        """``places`` is for one tenant's orders; a backend's calls a minute are shared with so many ``workers``."""
        self._inner = inner
        self._workers = workers
        self._shields: dict[str, Shield] = defaultdict(lambda: Shield(places))

    @asynccontextmanager
    async def admit(self, journey: Journey) -> AsyncIterator[None]:
        """A place for one order; a ``Problem`` (503) before anything is claimed where there is none in time."""
        shield = self._shields[journey.tenant.name]
        try:
            async with asyncio.timeout(QUEUE_SECONDS):
                await shield.places.acquire()
        except TimeoutError:
            raise _overloaded("this tenant's backend has too many orders under way", 1) from None
        try:
            _, wait = self._price(shield, journey)
            if wait:
                raise _overloaded(_tell_budget(journey), wait)
            yield
        finally:
            shield.places.release()

    def circuits(self) -> Mapping[str, str]:
        """Where the circuit of each tenant's backend stands: ``closed``, ``open`` or ``half open``."""
        now = time.monotonic()
        return {tenant: tell_circuit(shield.breaker, now) for tenant, shield in self._shields.items()}

    def charge(self, journey: Journey) -> int:
        shield = self._shields[journey.tenant.name]
        shield.budget, wait = self._price(shield, journey)
        return wait

    def owe(self, journey: Journey, calls: int) -> None:
        shield, per_minute = self._shields[journey.tenant.name], self._share(journey)
        if per_minute is not None:
            shield.budget = owe(shield.budget, calls, per_minute, time.monotonic())

    def _price(self, shield: Shield, journey: Journey) -> tuple[Budget | None, int]:
        """The budget as an order would leave it, and the seconds to wait where it has too few calls."""
        per_minute = self._share(journey)
        if per_minute is None:
            return None, 0
        budget, wait = spend(shield.budget, journey.count_calls(), per_minute, time.monotonic())
        return budget, math.ceil(wait)

    def _share(self, journey: Journey) -> int | None:
        """What this worker may have of the calls that a backend grants a minute; at least one."""
        per_minute = journey.tenant.dialect.mapping.limits.calls_per_minute
        return None if per_minute is None else max(1, per_minute // self._workers)

    async def send(self, call: Call, deadline: float) -> Sent:
        shield = self._shields[call.tenant]
        until = time.monotonic() + deadline
        held_back = await self._hold_back(shield, call)
        if held_back is not None:
            return held_back
        shield.calls += 1
        try:
            sent = await self._connect(shield, call, until)
        finally:
            shield.calls -= 1
        _note(shield, sent)
        return sent

    async def _connect(self, shield: Shield, call: Call, until: float) -> Sent:
        """Send once; where not even a connection came about, try that a little more."""
        sent = await self._inner.send(call, max(0.001, until - time.monotonic()))
        for _ in range(MORE_CONNECTS):
            if not isinstance(sent, NotSent):
                return sent
            allowed = max(RETRY_FLOOR, RETRY_SHARE * shield.calls)
            pause = random.uniform(SHORTEST_PAUSE, LONGEST_PAUSE)  # noqa: S311  # spreads a herd, hides nothing
            if shield.retries >= allowed or time.monotonic() + pause >= until:
                return sent
            shield.retries += 1
            try:
                await asyncio.sleep(pause)
                sent = await self._inner.send(call, max(0.001, until - time.monotonic()))
            finally:
                shield.retries -= 1
        return sent

    async def _hold_back(self, shield: Shield, call: Call) -> NotSent | None:
        """Why a call must not go out now, and for how long; None if it may."""
        now = time.monotonic()
        if now < shield.wait_until:
            seconds = math.ceil(shield.wait_until - now)
            return NotSent(f"the backend asked for {seconds} s of quiet", seconds)
        if shield.breaker.is_open(now) or shield.probing:
            return _open_circuit(shield, now)
        if shield.breaker.wants_probe(now) and not await self._probe(shield, call):
            return _open_circuit(shield, time.monotonic())
        return None

    async def _probe(self, shield: Shield, call: Call) -> bool:
        """Ask the backend by a read, so that no order is the one to find out."""
        parts = urlsplit(call.url)
        read = Call("probe", call.step, "GET", f"{parts.scheme}://{parts.netloc}/", {}, b"", call.tenant)
        shield.probing = True
        try:
            sent = await self._inner.send(read, PROBE_SECONDS)
        finally:
            shield.probing = False
        alive = isinstance(sent, Answered) and sent.status < 500
        now = time.monotonic()
        shield.breaker = note_life(shield.breaker) if alive else note_failure(shield.breaker, now)
        return alive


def _open_circuit(shield: Shield, now: float) -> NotSent:
    seconds = max(1, math.ceil(shield.breaker.open_until - now))
    return NotSent("the circuit is open: the backend failed too often in a row", seconds)


def _note(shield: Shield, sent: Sent) -> None:
    now = time.monotonic()
    failed = not isinstance(sent, Answered) or sent.status >= 500
    shield.breaker = note_failure(shield.breaker, now) if failed else note_success(shield.breaker)
    if isinstance(sent, Answered) and sent.status in (429, 503):
        # an answer that asks for less takes nothing back of what an earlier one asked for
        shield.wait_until = max(shield.wait_until, now + min(sent.retry_after() or 0, LONGEST_WAIT))


def _tell_budget(journey: Journey) -> str:
    per_minute = journey.tenant.dialect.mapping.limits.calls_per_minute
    return f"this order takes {journey.count_calls()} calls of the {per_minute} a minute that the backend grants"


def _overloaded(detail: str, seconds: int) -> Problem:
    return Problem("overloaded", detail, headers={"Retry-After": str(seconds)})
