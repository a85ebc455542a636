"""THE FLOW: how one order gets from a client to a backend and its receipt back, and the ports it needs for that.

http in -> tenant -> decode -> recall -> map out -> claim -> send -> map back -> record -> respond
"""

from collections.abc import Callable, Generator, Mapping
from datetime import datetime
from typing import NamedTuple, Protocol

from msgspec import structs

from adapter.core.answers import Result, conclude, describe
from adapter.core.canonical import read_json, read_order, unknown_members
from adapter.core.idempotency import Claim, Entry, answer_repeat, answer_rival, fingerprint, read_key
from adapter.core.ledger import Loss
from adapter.core.messages import Answer, Inbound
from adapter.core.orders import Journey, map_out
from adapter.core.outcomes import Outcome, Sent, State, judge
from adapter.core.steps import Call, Taken
from adapter.core.tenants import Tenant, identify
from adapter.errors import Problem
from adapter.lens.trees import Tree


class Intent(NamedTuple):
    """What a claim writes before the first byte leaves: the order, its losses, the first call."""

    dialect: str
    order: Tree
    losses: tuple[Loss, ...]
    call: Call


class Hold(NamedTuple):
    """A claim that is ours to run: the attempt fences what it writes.

    ``taken`` are calls that were answered before; ``begun`` is the call that the journal has as being sent.
    """

    operation_id: str
    attempt: int
    taken: Mapping[str, Taken]
    begun: str | None = None


class Journal(Protocol):
    """What is remembered so that no order is lost or placed twice; every write is on disk when it returns."""

    async def find(self, claim: Claim) -> Entry | None:
        """The operation that has this claim's scope, if any."""

    async def claim(self, claim: Claim, intent: Intent) -> Hold | Entry:
        """Take the scope and write ``dispatching``, in one statement; or the operation that has it."""

    async def begin(self, hold: Hold, call: Call) -> None:
        """Record that a call is about to be sent."""

    async def advance(self, hold: Hold, done: Call, outcome: Outcome, following: Call) -> None:
        """Record what a step left and that the next is being sent, in one transaction."""

    async def finish(self, hold: Hold, last: Call, outcome: Outcome, result: Result) -> None:
        """Record the end of this run; the answer is given only afterwards."""

    async def look_up(self, tenant: str, order_id: str) -> Entry | None:
        """An operation of this tenant by operation id or receipt id."""


class Backends(Protocol):
    """The way to backends; it never raises for what a backend or the network does."""

    async def send(self, call: Call, deadline: float) -> Sent:
        """Send one request, at most once, and read the whole answer within ``deadline`` seconds."""


class Gateway:
    """Places orders. Its parts are handed in: the tenants of the moment, a journal, backends, clock and ids."""

    def __init__(
        self,
        tenants: Callable[[], Mapping[str, Tenant]],
        journal: Journal,
        backends: Backends,
        now: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self.tenants = tenants
        self.journal = journal
        self.backends = backends
        self.now = now
        self.new_id = new_id

    async def place_order(self, inbound: Inbound) -> Answer:
        """One canonical order in, its receipt out; a ``Problem`` for everything else."""
        tenant = identify(inbound, self.tenants())
        key = read_key(inbound, required=tenant.rows.requires_key)
        body = read_json(inbound.body)
        order = read_order(body, tenant.settings.get("currency"))
        claim = self._make_claim(tenant, inbound.route, key, fingerprint(body))

        earlier = await self.journal.find(claim) if key is not None else None
        if earlier is not None:  # before mapping: a repeat gets its answer even if today's mapping would refuse it
            if (answer := answer_repeat(earlier, claim)) is not None:
                return answer
            claim = structs.replace(claim, operation_id=earlier.operation_id, received_at=earlier.received_at)

        unknown = unknown_members(body, order)
        journey = map_out(tenant, order, unknown, claim.operation_id, claim.received_at)
        first = next(journey.calls())
        held = await self.journal.claim(claim, Intent(tenant.dialect.name, order, tuple(journey.losses), first))
        if isinstance(held, Entry):
            return answer_rival(held, claim)

        last, outcome = await self._run(journey, held)
        result = conclude(outcome, claim, tuple(journey.losses), tenant.rows.unknown_status)
        await self.journal.finish(held, last, outcome, result)
        return result.answer._replace(headers={**result.answer.headers, **result.once})

    async def show_order(self, inbound: Inbound, order_id: str) -> Answer:
        """Where an order of this tenant stands; foreign and unknown ids are alike not found."""
        tenant = identify(inbound, self.tenants())
        entry = await self.journal.look_up(tenant.name, order_id)
        if entry is None:
            raise Problem("not-found", "no order of this tenant has that id")
        return describe(entry)

    async def _run(self, journey: Journey, hold: Hold) -> tuple[Call, Outcome]:
        """Make the calls in their order until one does not succeed or none is left."""
        calls = journey.calls()
        call, begun, receipt = next(calls), hold.begun, None
        secrets: dict[str, str] = {}
        while True:
            answered = call.name in hold.taken
            if not answered and call.name != begun:
                await self.journal.begin(hold, call)
            outcome = await self._make_call(journey, call, hold)
            receipt = outcome.taken.receipt or receipt
            secrets = {**secrets, **outcome.taken.secrets}
            outcome = outcome._replace(taken=Taken(outcome.taken.kept, receipt, secrets))
            following = _advance(calls, outcome) if outcome.state is State.SUCCEEDED else None
            if following is None:
                return call, outcome
            if not answered and following.name not in hold.taken:
                await self.journal.advance(hold, call, outcome, following)
                begun = following.name
            call = following

    async def _make_call(self, journey: Journey, call: Call, hold: Hold) -> Outcome:
        """Send a call, unless an earlier attempt had its answer."""
        if call.name in hold.taken:
            return Outcome(State.SUCCEEDED, f"step {call.name}: placed earlier", taken=hold.taken[call.name])
        sent = await self.backends.send(call, journey.tenant.rows.deadline_seconds)
        return judge(journey, call, sent)

    def _make_claim(self, tenant: Tenant, route: str, key: str | None, digest: str) -> Claim:
        operation_id = self.new_id()
        received_at = self.now().isoformat().replace("+00:00", "Z")
        # without a key the order runs under one of ours: it guards nothing, and leaves the same traces
        return Claim(operation_id, tenant.name, route, key or operation_id, digest, received_at)


def _advance(calls: Generator[Call, Taken, None], outcome: Outcome) -> Call | None:
    """The call after one that succeeded; None after the last."""
    try:
        return calls.send(outcome.taken)
    except StopIteration:
        return None
