"""The journal and the way to backends as they are told of: around the ports, so that the flow knows nothing of it."""

import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from adapter.core.answers import Record, Result
from adapter.core.idempotency import Claim, Entry
from adapter.core.ledger import name_member
from adapter.core.orders import Journey
from adapter.core.outcomes import Answered, Lost, NotSent, Outcome, Sent, State
from adapter.core.steps import Call, Taken
from adapter.errors import Problem
from adapter.ports import Backends, Case, Duplicate, Hold, Intent, Journal, Watch
from adapter.shell.logs import log
from adapter.shell.metrics import Metrics
from adapter.shell.visits import CURRENT, note_operation, note_problem

# What somebody should look at, sooner or later.
WORRISOME = frozenset({State.UNKNOWN, State.NEEDS_OPERATOR})

ENDINGS = {NotSent: "not_sent", Answered: "answered", Lost: "lost"}


class ObservedJournal:
    """Satisfies ``ports.Journal`` around another."""

    def __init__(self, inner: Journal, metrics: Metrics) -> None:
        self._inner = inner
        self._metrics = metrics

    async def find(self, claim: Claim) -> Entry | None:
        found = await self._inner.find(claim)
        _note_entry(claim.tenant, found)
        if found is not None:
            self._metrics.replays.labels(claim.tenant).inc()
        return found

    async def claim(self, claim: Claim, intent: Intent) -> Hold | Entry | Duplicate:
        note_operation(claim.operation_id, claim.tenant, intent.dialect)
        held = await self._inner.claim(claim, intent)
        if isinstance(held, Hold):
            for loss in intent.losses:
                self._metrics.losses.labels(intent.dialect, name_member(loss.pointer, loss.code), loss.code).inc()
        elif isinstance(held, Entry):
            _note_entry(claim.tenant, held)
        return held

    async def begin(self, hold: Hold, call: Call) -> bool:
        with _noting_failure():
            return await self._inner.begin(hold, call)

    async def advance(self, hold: Hold, done: Call, outcome: Outcome, following: Call) -> bool:
        with _noting_failure():
            return await self._inner.advance(hold, done, outcome, following)

    async def finish(self, hold: Hold, last: Call, outcome: Outcome, result: Result) -> bool:
        with _noting_failure():
            recorded = await self._inner.finish(hold, last, outcome, result)
        if not recorded:
            return False
        note_operation(hold.operation_id, hold.tenant, hold.dialect, result.state.value)
        self._metrics.orders.labels(hold.tenant, hold.dialect, result.state.value).inc()
        for revision in result.revised:
            self._metrics.revisions.labels(hold.dialect, name_member(revision.pointer)).inc()
        self._tell_end(hold, last, outcome, result.state)
        return True

    async def look_up(self, tenant: str, order_id: str) -> Record | None:
        record = await self._inner.look_up(tenant, order_id)
        _note_entry(tenant, None if record is None else record.entry)
        return record

    async def take_open(self, most: int, lease: float, without: Collection[str] = ()) -> list[Case]:
        return await self._inner.take_open(most, lease, without)

    async def note_found(self, hold: Hold, call: str, taken: Taken) -> bool:
        return await self._inner.note_found(hold, call, taken)

    async def postpone(
        self, hold: Hold, last: Call | None, outcome: Outcome, pause: float, *, missed: bool = False
    ) -> None:
        await self._inner.postpone(hold, last, outcome, pause, missed=missed)
        log.info("order_postponed", **_name(hold), step=last and last.name, seconds=pause)

    async def purge(self) -> int:
        count = await self._inner.purge()
        log.info("journal_purged", count=count)
        return count

    async def hand_over(self, hold: Hold, why: str) -> None:
        await self._inner.hand_over(hold, why)
        self._metrics.orders.labels(hold.tenant, hold.dialect, State.NEEDS_OPERATOR.value).inc()
        log.warning("order_needs_a_person", **_name(hold), state=State.NEEDS_OPERATOR.value)

    def _tell_end(self, hold: Hold, last: Call, outcome: Outcome, state: State) -> None:
        """A line for what recovery ended and for what somebody should look at; of the rest the request's tells."""
        if state not in WORRISOME and CURRENT.get() is not None:
            return
        tell = log.warning if state in WORRISOME else log.info
        event = "order_needs_a_person" if state is State.NEEDS_OPERATOR else "order_ended"
        tell(event, **_name(hold), step=last.name, state=state.value, backend_status=outcome.status)


class ObservedBackends:
    """Satisfies ``ports.Backends`` around others."""

    def __init__(self, inner: Backends, metrics: Metrics) -> None:
        self._inner = inner
        self._metrics = metrics

    async def send(self, call: Call, deadline: float) -> Sent:
        began = time.perf_counter()
        sent = await self._inner.send(call, deadline)
        seconds = time.perf_counter() - began
        outcome, step = ENDINGS[type(sent)], call.step.rows.name
        self._metrics.step_seconds.labels(call.dialect, step, outcome).observe(seconds)
        status = sent.status if isinstance(sent, Answered) else None
        if status is None or not 200 <= status < 300:
            log.warning(
                "call_failed",
                request=_request_id(),
                tenant=call.tenant,
                dialect=call.dialect,
                step=step,
                outcome=outcome,
                backend_status=status,
                reason=None if isinstance(sent, Answered) else sent.reason,
                ms=round(seconds * 1000, 1),
            )
        return sent


@contextmanager
def _noting_failure() -> Iterator[None]:
    """Have a journal that fails under an order told of: what its client is told is that the outcome is unknown."""
    try:
        yield
    except Problem as problem:
        note_problem(problem.kind)
        raise


class ObservedTraffic:
    """Satisfies ``ports.Watch`` around one that may be mistaken: then a line says so, and no order is the worse."""

    def __init__(self, inner: Watch) -> None:
        self._inner = inner

    def note_order(self, journey: Journey) -> None:
        with _forgiving():
            self._inner.note_order(journey)

    def note_answer(self, journey: Journey, call: Call, sent: Sent) -> None:
        with _forgiving():
            self._inner.note_answer(journey, call, sent)

    def note_sight(self, journey: Journey, kind: str) -> None:
        with _forgiving():
            self._inner.note_sight(journey, kind)


@contextmanager
def _forgiving() -> Iterator[None]:
    try:
        yield
    except Exception:
        log.error("mistake", exc_info=True)


def _note_entry(tenant: str, entry: Entry | None) -> None:
    if entry is None:
        note_operation(None, tenant)
    else:
        note_operation(entry.operation_id, tenant, entry.dialect, entry.state.value)


def _request_id() -> str | None:
    """The request's id; None where it is recovery that is at work."""
    visit = CURRENT.get()
    return None if visit is None else visit.request


def _name(hold: Hold) -> dict[str, str | int | None]:
    return {
        "request": _request_id(),
        "operation": hold.operation_id,
        "tenant": hold.tenant,
        "dialect": hold.dialect,
        "attempt": hold.attempt,
    }
