"""What changes when a shop moves to another backend: member by member, need by need, fact by fact."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Any

from msgspec import Struct

from adapter.core.canonical import COMPONENTS, ORDER_SCHEMA, RECEIPT_SCHEMA
from adapter.core.handbook.sheets import spell
from adapter.core.handbook.wording import tell_facts
from adapter.core.orders import tenant_steps
from adapter.core.tenancy.tenants import Tenant
from adapter.lens.classes import Classed, RowClass, classify
from adapter.lens.lens import Lens
from adapter.lens.rows import Direction
from adapter.lens.schemas import Schema, SchemaView


class Arrival(StrEnum):
    """How a canonical member gets to where its lens mainly leads: the backend, or the receipt."""

    EXACT = "exact"
    LOSSY = "lossy"
    LOST = "lost"


class Change(StrEnum):
    """What a switch does to a member."""

    STOPS = "stops"
    TURNS_LOSSY = "turns_lossy"
    STARTS = "starts"
    TURNS_EXACT = "turns_exact"
    STAYS = "stays"
    NEVER = "never"


# What of a member gets lost by the switch.
LOSING = frozenset({Change.STOPS, Change.TURNS_LOSSY})

CHANGES: dict[tuple[Arrival, Arrival], Change] = {
    (Arrival.EXACT, Arrival.EXACT): Change.STAYS,
    (Arrival.EXACT, Arrival.LOSSY): Change.TURNS_LOSSY,
    (Arrival.EXACT, Arrival.LOST): Change.STOPS,
    (Arrival.LOSSY, Arrival.EXACT): Change.TURNS_EXACT,
    (Arrival.LOSSY, Arrival.LOSSY): Change.STAYS,
    (Arrival.LOSSY, Arrival.LOST): Change.STOPS,
    (Arrival.LOST, Arrival.EXACT): Change.STARTS,
    (Arrival.LOST, Arrival.LOSSY): Change.STARTS,
    (Arrival.LOST, Arrival.LOST): Change.NEVER,
}


BASE_URL = "Where the backend is; the dialect has no address of its own"


class Fate(Struct, frozen=True):
    """How a member arrives, under which names of the dialect, and what of it is lost and why."""

    arrival: Arrival
    names: tuple[str, ...] = ()
    reason: str = ""


class Member(Struct, frozen=True):
    """A canonical leaf, ``part`` being ``order`` or ``receipt``, before and after the switch."""

    part: str
    path: str
    change: Change
    before: Fate
    after: Fate


class Need(Struct, frozen=True):
    """A setting, secret or key of a tenant for the new dialect; ``shared`` if the old one has one of that name."""

    kind: str
    name: str
    about: str
    required: bool
    shared: bool
    default: Any = None
    choices: tuple[Any, ...] = ()


class Fact(Struct, frozen=True):
    """Something that an operator should know, where it differs."""

    fact: str
    before: str
    after: str


class Diff(Struct, frozen=True):
    """A switch from one dialect to another; ``obsolete`` names what the new one no longer asks for."""

    before: str
    after: str
    members: tuple[Member, ...]
    needs: tuple[Need, ...]
    obsolete: tuple[str, ...]
    facts: tuple[Fact, ...]

    def loses(self) -> bool:
        """Whether any member stops arriving or turns lossy."""
        return any(member.change in LOSING for member in self.members)


def compare(before: Tenant, after: Tenant) -> Diff:
    """The switch from one tenant's dialect and settings to another's."""
    old, new = tell_facts(before.dialect), tell_facts(after.dialect)
    needs, former = _needs(after, before), _needs(before, after)
    return Diff(
        before=before.dialect.name,
        after=after.dialect.name,
        members=(
            *compare_members("order", list_leaves(ORDER_SCHEMA), _order_rows(before), _order_rows(after)),
            *compare_members("receipt", list_leaves(RECEIPT_SCHEMA), _receipt_rows(before), _receipt_rows(after)),
        ),
        needs=tuple(sorted(needs, key=lambda need: not need.required)),
        obsolete=tuple(need.name for need in former if not need.shared),
        facts=tuple(Fact(name, old[name], new[name]) for name in old if old[name] != new[name]),
    )


def compare_members(
    part: str, paths: Sequence[str], before: Sequence[Classed], after: Sequence[Classed]
) -> Iterator[Member]:
    """Each path once, by what the rows of both sides make of it; rows are those that work towards its end."""
    for path in paths:
        old, new = _find_fate(path, before), _find_fate(path, after)
        yield Member(part, path, CHANGES[old.arrival, new.arrival], old, new)


def list_leaves(schema: Schema) -> list[str]:
    """Every member of a canonical schema that has none inside, dotted, with ``[]`` after lists."""
    return list(_leaves(SchemaView(schema, COMPONENTS), ""))


def _leaves(view: SchemaView, path: str) -> Iterator[str]:
    item = view.item()
    if item is not None:
        yield from _leaves(item, f"{path}[]")
        return
    names = view.names()
    if not names:
        yield path
    for name in names:
        inner = view.member((name,))
        if inner is not None:
            yield from _leaves(inner, f"{path}.{name}" if path else name)


ARRIVALS: dict[RowClass, Arrival] = {
    RowClass.LOSSLESS: Arrival.EXACT,
    RowClass.LOSSY: Arrival.LOSSY,
    RowClass.ONE_WAY: Arrival.LOSSY,
    RowClass.CONSTANT: Arrival.LOST,
    RowClass.DROPPED: Arrival.LOST,
}
# From the row that says most of a member to the one that says least.
RANKS = list(RowClass)


def _find_fate(path: str, rows: Sequence[Classed]) -> Fate:
    """The best that any row makes of a member: a copy beside it adds a name and no loss."""
    found = [(row, rest) for row in rows for ours in row.canonical if (rest := _find_rest(path, ours)) is not None]
    if not found:
        return Fate(Arrival.LOST, (), "no row carries it this way")
    found.sort(key=lambda pair: RANKS.index(pair[0].kind))
    best = found[0][0].kind
    reasons = dict.fromkeys(_explain(row) for row, _ in found if row.kind is best)
    names = dict.fromkeys(
        name + rest for row, rest in found if ARRIVALS[row.kind] is not Arrival.LOST for name in row.dialect
    )
    return Fate(ARRIVALS[best], tuple(names), "; ".join(filter(None, reasons)))


def _find_rest(path: str, ours: str) -> str | None:
    """What of a path is inside of the member that a row names; None where it is another member."""
    rest = path.removeprefix(ours)
    return rest if path.startswith(ours) and rest[:1] in ("", ".", "[") else None


def _explain(row: Classed) -> str:
    return f"always {spell(row.const)}" if row.kind is RowClass.CONSTANT else row.reason


def _order_rows(tenant: Tenant) -> list[Classed]:
    """The rows of orders, without those that feed only steps at which this tenant has stopped already."""
    left = [step.rows for step in tenant.dialect.steps if step not in tenant_steps(tenant)]
    parts = {part: rows.name for rows in left if (part := rows.for_each or rows.send or ".") != "."}
    return [_stop(row, parts) for row in _towards(tenant.dialect.order, "to_dialect")]


def _stop(row: Classed, parts: dict[str, str]) -> Classed:
    """The row, or a loss where all that it writes is in a part that is never sent."""
    for part, step in parts.items():
        if row.dialect and all(name == part or name.startswith((f"{part}.", f"{part}[")) for name in row.dialect):
            reason = f"this tenant stops before step {step!r}"
            return Classed(at=row.at, kind=RowClass.DROPPED, canonical=row.canonical, reason=reason)
    return row


def _receipt_rows(tenant: Tenant) -> list[Classed]:
    return _towards(tenant.dialect.receipt, "to_canonical")


def _towards(lens: Lens, direction: Direction) -> list[Classed]:
    return [row for row in classify(lens.rows) if row.only in (None, direction)]


def _needs(tenant: Tenant, other: Tenant) -> list[Need]:
    """What a tenant must or may say of a dialect: where it is, its secrets and settings, in the mapping's order."""
    ours, theirs = tenant.dialect.mapping, other.dialect.mapping
    own = [Need("tenant key", "base_url", BASE_URL, True, theirs.base_url is None)] if ours.base_url is None else []
    secrets = [Need("secret", name, about, True, name in theirs.secrets) for name, about in ours.secrets.items()]
    return [*own, *secrets] + [
        Need("setting", name, one.about, one.required, name in theirs.settings, one.default, one.choices)
        for name, one in ours.settings.items()
    ]
