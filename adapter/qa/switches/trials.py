"""A user's own orders tried on both sides of a switch: who takes them, and which of their members arrive."""

from collections import Counter
from collections.abc import Iterable, Sequence

from msgspec import Struct

from adapter.core.canonical import read_json, read_order, unknown_members
from adapter.core.ledger import INDEX, LOSSES, settle
from adapter.core.orders import map_out
from adapter.core.tenancy.tenants import Tenant
from adapter.errors import Fault, Problem
from adapter.lens.trees import leaves


class Attempt(Struct, frozen=True):
    """What one side makes of an order: pointers that arrive, those that do not with the reason, or the problem."""

    arrives: tuple[str, ...] = ()
    lost: dict[str, str] = {}
    problem: str = ""
    faults: tuple[Fault, ...] = ()


class Trial(Struct, frozen=True):
    """One order on both sides; members are compared only where both take it."""

    name: str
    before: Attempt
    after: Attempt

    def stops(self) -> list[str]:
        """Pointers that arrive before the switch and not after it."""
        return [pointer for pointer in self.before.arrives if pointer in self.after.lost]

    def starts(self) -> list[str]:
        """Pointers that arrive after the switch and not before it."""
        return [pointer for pointer in self.after.arrives if pointer in self.before.lost]

    def is_refused(self) -> bool:
        """Whether the switch is what keeps the order from being placed."""
        return bool(self.after.problem and not self.before.problem)

    def loses(self) -> bool:
        """Whether the switch costs this order anything."""
        return self.is_refused() or bool(self.stops())


class Summary(Struct, frozen=True):
    """Orders by who takes them, and members of those that both take."""

    orders: int
    taken_before: int
    taken_after: int
    refused_only_after: int
    refused_only_before: int
    members_in_both: int
    members_that_stop: int
    members_that_start: int
    members_in_neither: int


def try_order(name: str, body: bytes, before: Tenant, after: Tenant, reference: str, received_at: str) -> Trial:
    """Map an order out for both; nothing is sent."""
    old, new = (_attempt(body, tenant, reference, received_at) for tenant in (before, after))
    return Trial(name, old, new)


def _attempt(body: bytes, tenant: Tenant, reference: str, received_at: str) -> Attempt:
    try:
        decoded = read_json(body)
        order = read_order(decoded, tenant.settings.get("currency"))
        journey = map_out(tenant, order, unknown_members(decoded), reference, received_at)
    except Problem as problem:
        return Attempt(problem=problem.kind, faults=problem.faults)
    settled = settle(journey.explain())
    lost = {pointer: settled[pointer].reason for pointer, _ in leaves(order) if settled[pointer].verdict in LOSSES}
    return Attempt(tuple(pointer for pointer, _ in leaves(order) if pointer not in lost), lost)


def count_patterns(pointers: Iterable[str]) -> dict[str, int]:
    """How often each canonical path is among pointers, ``/line_items/0/name`` being ``line_items[].name``."""
    return Counter(INDEX.sub("[]", pointer).removeprefix("/").replace("/", ".") for pointer in pointers)


def summarise_trials(trials: Sequence[Trial]) -> Summary:
    """Counts over all orders; a member is counted once for each order and item that has it."""
    both = [trial for trial in trials if not (trial.before.problem or trial.after.problem)]
    return Summary(
        orders=len(trials),
        taken_before=sum(not trial.before.problem for trial in trials),
        taken_after=sum(not trial.after.problem for trial in trials),
        refused_only_after=sum(trial.is_refused() for trial in trials),
        refused_only_before=sum(bool(trial.before.problem and not trial.after.problem) for trial in trials),
        members_in_both=sum(len(trial.before.arrives) - len(trial.stops()) for trial in both),
        members_that_stop=sum(len(trial.stops()) for trial in both),
        members_that_start=sum(len(trial.starts()) for trial in both),
        members_in_neither=sum(len(trial.before.lost) - len(trial.starts()) for trial in both),
    )
