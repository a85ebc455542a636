"""THE FLOW: how one order gets from a client to a backend and its receipt back.

http in -> tenant -> decode -> recall -> map out -> claim -> send -> map back -> record -> respond
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from msgspec import structs

from adapter.core.answers import Record, describe, describe_ledger
from adapter.core.bodies import read_body
from adapter.core.canonical import read_order, unknown_members
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
from adapter.core.ledger import Loss, keep_lost
from adapter.core.messages import ORDERS, Answer, Inbound, answer_json
from adapter.core.orders import Journey, map_out
from adapter.core.outcomes import Outcome, State
from adapter.core.previews import conceal, preview
from adapter.core.recovery import recovery_class
from adapter.core.steps import Call
from adapter.core.tenancy.policies import apply_policies
from adapter.core.tenancy.tenants import Tenant, Tenants, identify, name_caller
from adapter.core.values.crosswalks import keep_pairs
from adapter.errors import Problem
from adapter.ports import NO_LIMITS, Duplicate, Intent, Limits
from adapter.runs import Runs

# What a run is told to have come to whose end is not on disk.
UNWRITTEN = Outcome(State.UNKNOWN, "the journal could not be written")


class Gateway:
    """Places orders. Its parts are handed in: the tenants of the moment, runs, clock and ids, limits of callers."""

    def __init__(
        self,
        tenants: Tenants,
        runs: Runs,
        now: Callable[[], datetime],
        new_id: Callable[[], str],
        limits: Limits = NO_LIMITS,
    ) -> None:
        self.tenants = tenants
        self.runs = runs
        self.now = now
        self.new_id = new_id
        self.limits = limits

    async def place_order(self, inbound: Inbound) -> Answer:
        """One canonical order in, its receipt out; a ``Problem`` for everything else."""
        tenant = identify(inbound, self.tenants(), pages=inbound.route == ORDERS)
        caller = name_caller(inbound)
        self.limits.show(tenant, caller, "orders")
        key = read_key(inbound, required=tenant.rows.requires_key)
        body = read_body(inbound.body)
        order = read_order(body, tenant.settings.get("currency"))
        claim = self._make_claim(tenant, inbound.route, key, body)

        earlier = await self.runs.journal.find(claim) if key is not None else None
        self.limits.take(tenant, caller, "orders" if earlier is None else "repeats")
        if earlier is not None:  # before mapping: a repeat gets its answer even if today's mapping would refuse it
            if (answer := answer_repeat(earlier, claim)) is not None:
                return answer
            claim = structs.replace(claim, operation_id=earlier.operation_id, received_at=earlier.received_at)

        given = earlier.pairs if earlier is not None else None
        ids = await self.runs.look_up_ids(tenant, order, claim.operation_id, claim.received_at, given)
        journey = map_out(tenant, order, unknown_members(body), claim.operation_id, claim.received_at, ids)
        losses = apply_policies(journey.losses, tenant.policies)
        async with self.runs.admission.admit(journey):
            walk = journey.start()
            held = await self.runs.claim(claim, self._make_intent(journey, walk.first, losses, body))
            if isinstance(held, Duplicate):
                raise refuse_duplicate(held.entry)
            if isinstance(held, Entry):
                return answer_rival(held, claim)
            try:
                last, outcome = await self.runs.run_within_budget(journey, held, walk)
                result = self.runs.conclude(journey, outcome, claim.operation_id, losses)
                recorded = await self.runs.journal.finish(held, last, outcome, result)
                answer = result.answer.beside(result.once) if recorded else await self._answer_overtaken(claim)
            except Problem as problem:
                if problem.kind != "storage-unavailable":
                    raise
                # a call may have been made by now: that the journal fails is no refusal any more
                answer = self.runs.conclude(journey, UNWRITTEN, claim.operation_id, losses).answer
        return answer

    async def show_order(self, inbound: Inbound, order_id: str) -> Answer:
        """Where an order of this tenant stands; foreign and unknown ids are alike not found."""
        return describe(await self._look_up(inbound, order_id))

    async def show_ledger(self, inbound: Inbound, order_id: str) -> Answer:
        """What became of every member of an order of this tenant."""
        return describe_ledger(await self._look_up(inbound, order_id))

    async def preview_order(self, inbound: Inbound) -> Answer:
        """The calls an order would become, and what it would lose; the same problems as if it were placed."""
        tenant = conceal(identify(inbound, self.tenants()))
        self.limits.take(tenant, name_caller(inbound), "reads")
        body = read_body(inbound.body)
        order = read_order(body, tenant.settings.get("currency"))
        claim = self._make_claim(tenant, inbound.route, None, body)
        ids = await self.runs.look_up_ids(tenant, order, claim.operation_id, claim.received_at)
        journey = map_out(tenant, order, unknown_members(body), claim.operation_id, claim.received_at, ids)
        losses = apply_policies(journey.losses, tenant.policies)
        return answer_json(200, preview(journey, losses), {"Cache-Control": "no-store"})

    async def _look_up(self, inbound: Inbound, order_id: str) -> Record:
        """An order of the caller's tenant."""
        tenant = identify(inbound, self.tenants())
        self.limits.take(tenant, name_caller(inbound), "reads")
        record = await self.runs.journal.look_up(tenant.name, order_id)
        if record is None:
            raise Problem("not-found", "no order of this tenant has that id")
        return record

    async def _answer_overtaken(self, claim: Claim) -> Answer:
        """Our run was taken for dead and recovery has the operation: tell what the journal tells."""
        entry = await self.runs.journal.find(claim)
        if entry is None:
            raise Problem("storage-unavailable", "the journal lost an order under way")
        return answer_rival(entry, claim)

    def _make_claim(self, tenant: Tenant, route: str, key: str | None, body: Any) -> Claim:
        operation_id = self.new_id()
        received_at = self.now().isoformat().replace("+00:00", "Z")
        reference = read_reference(body, tenant.rows.reference)
        # without a key the order runs under one of ours: it guards nothing, and leaves the same traces
        return Claim(operation_id, tenant.name, route, key or operation_id, fingerprint(body), received_at, reference)

    def _make_intent(self, journey: Journey, first: Call, losses: tuple[Loss, ...], body: Any) -> Intent:
        tenant = journey.tenant
        return Intent(
            dialect=tenant.dialect.name,
            order=journey.context["order"],
            losses=losses,
            call=first,
            lease=tenant.rows.deadline_seconds + tenant.quiet_seconds(),
            ledger=journey.ledger,
            kept=keep_lost(journey.losses, body),
            mapping=tenant.dialect.version,
            recovery=recovery_class(tenant.dialect.mapping),
            pairs=keep_pairs(journey.context["crosswalk"]),
        )
