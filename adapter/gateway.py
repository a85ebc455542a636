"""THE FLOW: how one order gets from a client to a backend and its receipt back.

http in -> tenant -> decode -> recall -> map out -> claim -> send -> map back -> record -> respond
"""

from collections.abc import Callable, Generator, Mapping
from datetime import datetime
from typing import Any

from msgspec import structs

from adapter.core.answers import Result, conclude, describe
from adapter.core.canonical import read_json, read_order, unknown_members
from adapter.core.idempotency import (
    Claim,
    Entry,
    answer_repeat,
    answer_rival,
    fingerprint,
    read_key,
    read_reference,
    refuse_duplicate,
)
from adapter.core.messages import Answer, Inbound
from adapter.core.orders import Journey, map_out
from adapter.core.outcomes import Outcome, State, judge
from adapter.core.recovery import pause_before, plan_recovery, rest
from adapter.core.steps import Call, Taken
from adapter.core.tenants import Tenant, identify
from adapter.errors import Problem
from adapter.ports import Admission, Backends, Case, Duplicate, Hold, Intent, Journal, OpenDoor

Tenants = Callable[[], Mapping[str, Tenant]]

# What a run comes to that was taken for dead: it sends nothing more, and the journal refuses to record this.
OVERTAKEN = Outcome(State.UNKNOWN, "a later attempt has the operation")


class Gateway:
    """Places orders. Its parts are handed in: the tenants of the moment, a journal, backends, clock and ids."""

    def __init__(
        self,
        tenants: Tenants,
        journal: Journal,
        backends: Backends,
        now: Callable[[], datetime],
        new_id: Callable[[], str],
        admission: Admission | None = None,
    ) -> None:
        self.tenants = tenants
        self.journal = journal
        self.backends = backends
        self.now = now
        self.new_id = new_id
        self.admission = admission or OpenDoor()

    async def place_order(self, inbound: Inbound) -> Answer:
        """One canonical order in, its receipt out; a ``Problem`` for everything else."""
        tenant = identify(inbound, self.tenants())
        key = read_key(inbound, required=tenant.rows.requires_key)
        body = read_json(inbound.body)
        order = read_order(body, tenant.settings.get("currency"))
        claim = self._make_claim(tenant, inbound.route, key, body)

        earlier = await self.journal.find(claim) if key is not None else None
        if earlier is not None:  # before mapping: a repeat gets its answer even if today's mapping would refuse it
            if (answer := answer_repeat(earlier, claim)) is not None:
                return answer
            claim = structs.replace(claim, operation_id=earlier.operation_id, received_at=earlier.received_at)

        journey = map_out(tenant, order, unknown_members(body, order), claim.operation_id, claim.received_at)
        async with self.admission.admit(journey):
            held = await self.journal.claim(claim, self._make_intent(journey, order))
            if isinstance(held, Duplicate):
                raise refuse_duplicate(held.entry)
            if isinstance(held, Entry):
                return answer_rival(held, claim)
            last, outcome = await self._run_within_budget(journey, held)
            result = self._conclude(journey, outcome, claim.operation_id, journey.losses)
            recorded = await self.journal.finish(held, last, outcome, result)

        if not recorded:
            return await self._answer_overtaken(claim)
        return result.answer._replace(headers={**result.answer.headers, **result.once})

    async def show_order(self, inbound: Inbound, order_id: str) -> Answer:
        """Where an order of this tenant stands; foreign and unknown ids are alike not found."""
        tenant = identify(inbound, self.tenants())
        entry = await self.journal.look_up(tenant.name, order_id)
        if entry is None:
            raise Problem("not-found", "no order of this tenant has that id")
        return describe(entry)

    async def recover(self, case: Case) -> None:
        """Find out what became of an open operation, as far as its dialect's class allows and never further."""
        tenant = next((tenant for tenant in self.tenants().values() if tenant.name == case.tenant), None)
        if tenant is None or tenant.dialect.name != case.dialect:
            return await self.journal.hand_over(case.hold, "its tenant is gone, or speaks another dialect now")
        rules = tenant.dialect.mapping.idempotency
        plan = plan_recovery(rules, case.age, case.tries, tenant.rows.recover_seconds)
        if not plan.resend:
            return await self.journal.hand_over(case.hold, plan.why)
        try:
            order = read_json(case.canonical)
            journey = map_out(tenant, order, [], case.hold.operation_id, case.received_at)
        except Problem as problem:
            return await self.journal.hand_over(case.hold, f"its order can no longer be said: {problem.kind}")

        last, outcome = await self._run(journey, case.hold)
        if _is_open(case, last, outcome):
            pause = pause_before(tenant.quiet_seconds(), case.tries)
            return await self.journal.postpone(case.hold, last, outcome, pause)
        result = self._conclude(journey, outcome, case.hold.operation_id, case.losses)
        await self.journal.finish(case.hold, last, outcome, result)
        return None

    async def _run_within_budget(self, journey: Journey, hold: Hold) -> tuple[Call, Outcome]:
        """Make the calls, unless the backend's budget was spent between the door and the claim."""
        wait = self.admission.charge(journey)
        if not wait:
            return await self._run(journey, hold)
        detail = f"not sent: the backend's calls of this minute are spent, {wait} s to go"
        return next(journey.calls()), Outcome(State.NOT_APPLIED, detail, retry_after=wait)

    async def _run(self, journey: Journey, hold: Hold) -> tuple[Call, Outcome]:
        """Make the calls in their order until one does not succeed, none is left, or the operation is another's."""
        calls = journey.calls()
        call, begun, receipt = next(calls), hold.begun, None
        secrets: dict[str, str] = {}
        while True:
            answered = call.name in hold.taken
            if not answered and call.name != begun:
                call = _as_written(call, hold)
                if not await self.journal.begin(hold, call):
                    return call, OVERTAKEN
            outcome = await self._make_call(journey, call, hold)
            receipt = outcome.taken.receipt or receipt
            secrets = {**secrets, **outcome.taken.secrets}
            outcome = outcome._replace(taken=Taken(outcome.taken.kept, receipt, secrets))
            following = _advance(calls, outcome) if outcome.state is State.SUCCEEDED else None
            if following is None:
                return call, outcome
            if not answered and following.name not in hold.taken:
                if not await self.journal.advance(hold, call, outcome, following):
                    return following, OVERTAKEN
                begun = following.name
            call = following

    async def _make_call(self, journey: Journey, call: Call, hold: Hold) -> Outcome:
        """Send a call, unless an earlier attempt had its answer."""
        if call.name in hold.taken:
            return Outcome(State.SUCCEEDED, f"step {call.name}: placed earlier", taken=hold.taken[call.name])
        sent = await self.backends.send(call, journey.tenant.rows.deadline_seconds)
        return judge(journey, call, sent)

    def _conclude(self, journey: Journey, outcome: Outcome, operation_id: str, losses: Any) -> Result:
        tenant, limit = journey.tenant, journey.tenant.dialect.mapping.limits.calls_per_minute
        calls = f"{journey.count_calls()};limit={limit};w=60" if limit is not None else ""
        outcome = rest(outcome, tenant.dialect.mapping.idempotency)
        result = conclude(outcome, operation_id, tuple(losses), tenant.rows.unknown_status, calls)
        return result._replace(check_after=tenant.quiet_seconds())

    async def _answer_overtaken(self, claim: Claim) -> Answer:
        """Our run was taken for dead and recovery has the operation: tell what the journal tells."""
        entry = await self.journal.find(claim)
        if entry is None:
            raise Problem("storage-unavailable", "the journal lost an order under way")
        return answer_rival(entry, claim)

    def _make_claim(self, tenant: Tenant, route: str, key: str | None, body: Any) -> Claim:
        operation_id = self.new_id()
        received_at = self.now().isoformat().replace("+00:00", "Z")
        reference = read_reference(body, tenant.rows.reference)
        # without a key the order runs under one of ours: it guards nothing, and leaves the same traces
        return Claim(operation_id, tenant.name, route, key or operation_id, fingerprint(body), received_at, reference)

    def _make_intent(self, journey: Journey, order: dict[str, Any]) -> Intent:
        tenant = journey.tenant
        lease = tenant.rows.deadline_seconds + tenant.quiet_seconds()
        return Intent(tenant.dialect.name, order, tuple(journey.losses), next(journey.calls()), lease)


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


def _is_open(case: Case, last: Call, outcome: Outcome) -> bool:
    """Whether a case stays unknown: nothing that befalls a repeat proves anything about the first request.

    A later step that was not applied is tried again for a client that was promised an end, and for nobody else.
    """
    if outcome.state is State.NOT_APPLIED:
        return last.name in case.hold.written or case.promised
    return outcome.state is State.UNKNOWN
