"""What becomes of an operation whose outcome is open: as much as its dialect's class allows, and never more."""

from adapter.core.canonical import read_json
from adapter.core.lookups import Sight, look_for, read_sight
from adapter.core.orders import Journey, map_out
from adapter.core.outcomes import Outcome, State
from adapter.core.recovery import (
    LONGEST_PAUSE,
    Plan,
    Verdict,
    pause_before,
    plan_recovery,
    recovery_class,
    weigh_sight,
)
from adapter.core.steps import Call
from adapter.core.tenancy.tenants import Tenant, Tenants
from adapter.errors import Problem
from adapter.ports import Case, Hold
from adapter.runs import Runs

# For so many seconds an order whose tenant this gateway does not know is left to those that may.
LONGEST_ABSENCE = 900.0

NOBODYS = Outcome(State.UNKNOWN, "its tenant is not known to the gateway that looked")


class Recovery:
    """Settles open operations, by the tenants of the moment."""

    def __init__(self, tenants: Tenants, runs: Runs) -> None:
        self.tenants = tenants
        self.runs = runs

    async def recover(self, case: Case) -> None:
        """Find out what became of an open operation: resend, look it up, or leave it to a person."""
        tenant = next((tenant for tenant in self.tenants().values() if tenant.name == case.tenant), None)
        if tenant is None and case.age <= LONGEST_ABSENCE:  # another gateway on this journal may know it
            return await self.runs.journal.postpone(case.hold, None, NOBODYS, LONGEST_PAUSE)
        if tenant is None or tenant.dialect.name != case.dialect:
            return await self.runs.journal.hand_over(case.hold, "its tenant is gone, or speaks another dialect now")
        case, plan = _hold_on(case, tenant), _plan(case, tenant)
        if plan.action == "hand over":
            return await self.runs.journal.hand_over(case.hold, plan.why)
        journey = await self._say_again(case, tenant)
        if isinstance(journey, str):
            return await self.runs.journal.hand_over(case.hold, journey)
        if plan.action == "close" and (rest := journey.first_open(case.hold.taken)) is not None:
            outcome = Outcome(State.NOT_APPLIED, f"step {rest.name}: not sent: {plan.why}")
            return await self._finish(case, journey, rest, outcome)
        self.runs.admission.owe(journey, journey.count_calls() - len(case.hold.taken))
        hold = await self._look(case, journey, plan) if plan.action == "look" else case.hold
        if hold is None:
            return None
        last, outcome = await self.runs.run(journey, hold)
        if _is_open(hold, last, outcome, promised=case.promised):
            pause = pause_before(tenant.quiet_seconds(), case.tries)
            return await self.runs.journal.postpone(hold, last, outcome, pause)
        return await self._finish(case, journey, last, outcome)

    async def _say_again(self, case: Case, tenant: Tenant) -> Journey | str:
        """The order as today's mapping says it, or why it is another one than was begun."""
        try:
            order = read_json(case.canonical)
            ids = await self.runs.look_up_ids(tenant, order, case.hold.operation_id, case.received_at, case.pairs)
            journey = map_out(tenant, order, [], case.hold.operation_id, case.received_at, ids)
        except Problem as problem:
            if problem.kind == "storage-unavailable":  # of the crosswalks, which says nothing about the order
                raise
            return f"its order can no longer be said: {problem.kind}"
        return journey.departs_from(case.hold.taken, _pending(case)) or journey

    async def _look(self, case: Case, journey: Journey, plan: Plan) -> Hold | None:
        """The case with what the backend shows of it, for the run to go on from; None where it rests for now."""
        call = look_for(journey)
        following = journey.first_open(case.hold.taken)
        if following is None or [following.url] != [written.url for written in case.hold.written.values()]:
            why = "its call went to another address than it would now, where a look shows nothing of it"
            await self.runs.journal.hand_over(case.hold, why)
            return None
        sent = await self.runs.backends.send(call, journey.tenant.rows.deadline_seconds)
        sight = read_sight(journey, call, sent)
        self.runs.watch.note_sight(journey, sight.kind)
        verdict = weigh_sight(plan, sight.kind, case.misses)
        return await SETTLE[verdict](self, case, journey, call, sight, plan)

    async def _go_on(self, case: Case, journey: Journey, _call: Call, sight: Sight, plan: Plan) -> Hold | None:
        hold = case.hold._replace(taken={**case.hold.taken, sight.step: sight.taken}, written={})
        if plan.last and (rest := journey.first_open(hold.taken)) is not None:
            why = f"{plan.why}; step {sight.step} is done, {rest.name} is not: {sight.detail}"
            await self.runs.journal.hand_over(case.hold, why)
            return None
        return hold if await self.runs.journal.note_found(case.hold, sight.step, sight.taken) else None

    async def _end_unapplied(self, case: Case, journey: Journey, call: Call, sight: Sight, _plan: Plan) -> None:
        await self._finish(case, journey, call, Outcome(State.NOT_APPLIED, sight.detail))

    async def _hand_over(self, case: Case, _journey: Journey, _call: Call, sight: Sight, plan: Plan) -> None:
        await self.runs.journal.hand_over(case.hold, f"{plan.why}; {sight.detail}" if plan.why else sight.detail)

    async def _wait(self, case: Case, journey: Journey, call: Call, sight: Sight, _plan: Plan) -> None:
        pause = pause_before(journey.tenant.quiet_seconds(), case.tries)
        outcome = Outcome(State.UNKNOWN, sight.detail)
        await self.runs.journal.postpone(case.hold, call, outcome, pause, missed=sight.kind == "absent")

    async def _finish(self, case: Case, journey: Journey, last: Call, outcome: Outcome) -> None:
        result = self.runs.conclude(journey, outcome, case.hold.operation_id, case.losses)
        await self.runs.journal.finish(case.hold, last, outcome, result)


SETTLE = {
    Verdict.GO_ON: Recovery._go_on,
    Verdict.NOT_APPLIED: Recovery._end_unapplied,
    Verdict.HAND_OVER: Recovery._hand_over,
    Verdict.WAIT: Recovery._wait,
}


def _hold_on(case: Case, tenant: Tenant) -> Case:
    """The case held for as long as a client's own order: what recovery sends may be late as well."""
    lease = max(case.hold.lease, tenant.rows.deadline_seconds + tenant.quiet_seconds())
    return case._replace(hold=case.hold._replace(lease=lease))


def _plan(case: Case, tenant: Tenant) -> Plan:
    mapping, rows = tenant.dialect.mapping, tenant.rows
    if case.recovery not in (None, recovery_class(mapping)):
        return Plan("hand over", "its mapping has another recovery class now")
    return plan_recovery(mapping, _pending(case), case.age, case.tries, rows.recover_seconds, rows.deadline_seconds)


def _pending(case: Case) -> str | None:
    """The call whose outcome is unknown, if any."""
    return next(iter(case.hold.written), None)


def _is_open(hold: Hold, last: Call, outcome: Outcome, *, promised: bool) -> bool:
    """Whether a case stays unknown: nothing that befalls a repeat proves anything about the first request.

    Only a refusal that the backend gives reason for does: it knows the key, and would have given its first answer.

    A later step that was not applied is tried again for a client that was promised an end, and for nobody else.
    """
    if outcome.state is State.NOT_APPLIED:
        return last.name in hold.written or promised
    if outcome.state is State.REJECTED:
        return last.name in hold.written and not outcome.heard
    return outcome.state is State.UNKNOWN
