"""One run of an order: its calls, each on record before it is sent, until one does not succeed or none is left."""

import time
from collections.abc import Callable, Generator, Sequence

from adapter.core.answers import Result, complain_of_revisions, conclude
from adapter.core.complaints import complain
from adapter.core.idempotency import Claim, Entry
from adapter.core.ledger import Loss
from adapter.core.orders import Journey, Walk, make_context
from adapter.core.outcomes import NotSent, Outcome, State, judge
from adapter.core.recovery import rest
from adapter.core.steps import Call, Taken
from adapter.core.tenancy.tenants import Tenant
from adapter.core.values.crosswalks import Pairs, PlainPairs, gather_ids, make_pairs, restore_pairs
from adapter.lens.trees import Tree
from adapter.ports import (
    Admission,
    Backends,
    Crosswalks,
    Duplicate,
    Hold,
    Intent,
    Journal,
    NoCrosswalks,
    NoWatch,
    Watch,
)

# What a run comes to that was taken for dead: it sends nothing more, and the journal refuses to record this.
OVERTAKEN = Outcome(State.UNKNOWN, "a later attempt has the operation")

# What a call comes to before which this program stood still for longer than it holds the operation: somebody else may
# be sending it by now. The journal refuses to record this if so.
TOO_LATE = NotSent("this gateway stood still for too long")

# A clock that nobody sets and that goes on while the machine sleeps, where there is one.
CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def read_clock() -> float:
    """Seconds, by which this program knows how long it has held an operation."""
    return time.clock_gettime(CLOCK)


class Runs:
    """Runs orders; its parts are handed in."""

    def __init__(
        self,
        journal: Journal,
        backends: Backends,
        admission: Admission,
        crosswalks: Crosswalks | None = None,
        clock: Callable[[], float] = read_clock,
        watch: Watch | None = None,
    ) -> None:
        self.journal = journal
        self.backends = backends
        self.admission = admission
        self.crosswalks = crosswalks or NoCrosswalks()
        self.clock = clock
        self.watch = watch or NoWatch()

    async def look_up_ids(
        self, tenant: Tenant, order: Tree, reference: str, received_at: str, given: PlainPairs | None = None
    ) -> dict[str, Pairs]:
        """What the tenant's crosswalks say of the ids of an order; nothing is asked where it has none.

        ``given`` is what they said before, if that is on record: an order is one whatever its tables say by now.
        """
        if given is not None:
            return restore_pairs(given)
        if not tenant.dialect.crosswalks:
            return {}
        context = make_context(tenant, order, reference, received_at)
        wanted = gather_ids(tenant.dialect.order.rows, order, context)
        return {
            table: make_pairs(table, await self.crosswalks.look_up(tenant.name, table, ids) if ids else {})
            for table, ids in wanted.items()
        }

    async def claim(self, claim: Claim, intent: Intent) -> Hold | Entry | Duplicate:
        """Claim an operation, as ``Journal.claim`` does, and know until when nobody takes its holder for dead."""
        until = self.clock() + intent.lease
        held = await self.journal.claim(claim, intent)
        return held._replace(until=until) if isinstance(held, Hold) else held

    async def run_within_budget(self, journey: Journey, hold: Hold, walk: Walk) -> tuple[Call, Outcome]:
        """Make the calls of a walk, unless the backend's budget was spent between the door and the claim."""
        wait = self.admission.charge(journey)
        if not wait:
            return await self._run(journey, hold, walk)
        detail = f"not sent: the backend's calls of this minute are spent, {wait} s to go"
        spent = (complain("throttled"),)
        return walk.first, Outcome(State.NOT_APPLIED, detail, retry_after=wait, complaints=spent)

    async def run(self, journey: Journey, hold: Hold) -> tuple[Call, Outcome]:
        """Make the calls in their order until one does not succeed, none is left, or the operation is another's."""
        return await self._run(journey, hold, journey.start())

    async def _run(self, journey: Journey, hold: Hold, walk: Walk) -> tuple[Call, Outcome]:
        call, calls = walk
        self.watch.note_order(journey)
        begun, shown = hold.begun, Taken({}, None, {})
        while True:
            answered = call.name in hold.taken
            if not answered and call.name != begun:
                call, hold = _as_written(call, hold), self._renew(hold)
                if not await self.journal.begin(hold, call):
                    return call, OVERTAKEN
            outcome = await self._make_call(journey, call, hold)
            shown = _gather(shown, outcome.taken, call)
            outcome = outcome._replace(taken=shown)
            following = _advance(calls, outcome) if outcome.state is State.SUCCEEDED else None
            if following is None:
                return call, outcome
            if not answered and following.name not in hold.taken:
                hold = self._renew(hold)
                if not await self.journal.advance(hold, call, outcome, following):
                    return following, OVERTAKEN
                begun = following.name
            call = following

    def conclude(self, journey: Journey, outcome: Outcome, operation_id: str, losses: Sequence[Loss]) -> Result:
        """The result of a run as the journal records it."""
        tenant, mapping = journey.tenant, journey.tenant.dialect.mapping
        limit = mapping.limits.calls_per_minute
        calls = f"{journey.count_calls()};limit={limit};w=60" if limit is not None else ""
        result = conclude(rest(outcome, mapping), operation_id, tuple(losses), tenant.rows.unknown_status, calls)
        if tenant.rows.revision == "error":
            result = complain_of_revisions(result, operation_id)
        return result._replace(check_after=tenant.quiet_seconds())

    async def _make_call(self, journey: Journey, call: Call, hold: Hold) -> Outcome:
        """Send a call, unless an earlier attempt had its answer."""
        if call.name in hold.taken:
            return Outcome(State.SUCCEEDED, f"step {call.name}: placed earlier", taken=hold.taken[call.name])
        seconds = min(journey.tenant.rows.deadline_seconds, hold.until - self.clock())
        sent = await self.backends.send(call, seconds) if seconds > 0 else TOO_LATE
        self.watch.note_answer(journey, call, sent)
        return judge(journey, call, sent)

    def _renew(self, hold: Hold) -> Hold:
        """The hold as it is once the journal has renewed it, which it is about to be asked for."""
        return hold._replace(until=self.clock() + hold.lease)


def _gather(earlier: Taken, latest: Taken, call: Call) -> Taken:
    """What an order's answers left so far: the latest receipt, every secret and warning, the latest revisions."""
    revised = latest.revised if call.step.rows.echo else earlier.revised
    return Taken(
        latest.kept,
        latest.receipt or earlier.receipt,
        {**earlier.secrets, **latest.secrets},
        tuple(dict.fromkeys((*earlier.warnings, *latest.warnings))),  # a step that is on record tells all before it
        revised,
    )


def _as_written(call: Call, hold: Hold) -> Call:
    """The call with the very bytes that were sent before, since a backend may know no others."""
    written = hold.written.get(call.name)
    return call if written is None else call._replace(**written._asdict())


def _advance(calls: Generator[Call, Taken, None], outcome: Outcome) -> Call | None:
    """The call after one that succeeded; None after the last."""
    try:
        return calls.send(outcome.taken)
    except StopIteration:
        return None
