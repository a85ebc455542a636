"""What laws are tried on: a dialect as one tenant speaks it, and an example on its way through it."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, Literal, NamedTuple, TypeVar
from zlib import crc32

import jsonschema_rs
from msgspec import Struct

from adapter.core.canonical import read_order, unknown_members
from adapter.core.dialects import Dialect
from adapter.core.orders import Journey, make_context, map_out
from adapter.core.steps import Step
from adapter.core.tenancy.tenants import Tenant
from adapter.errors import Problem
from adapter.lens.bound import Field
from adapter.lens.interpret import Trace
from adapter.lens.trees import Tree
from adapter.qa.subjects.broken import Moot
from adapter.qa.subjects.layout import Placed, place_rows

Chosen = TypeVar("Chosen")

REFERENCE = "00000000-0000-4000-8000-000000000000"
RECEIVED_AT = "2026-01-01T00:00:00Z"

# How far an example departs from the ordinary: not at all, to the edge, or over it in one member.
Mode = Literal["positive", "boundary", "negative"]
MODES: tuple[Mode, ...] = ("positive", "boundary", "negative")


class Answered(NamedTuple):
    """What the backend says to the call of a step."""

    step: Step
    document: Any


class Pair(Struct, frozen=True, forbid_unknown_fields=True):
    """An order, or with a ``call`` the answer to that call (or the look-up), and the leaves of what it comes to.

    ``settings`` are the tenant's; a ``body`` of null is an empty answer.
    """

    settings: Tree
    call: str
    status: int
    body: Any
    comes_to: Tree


class Subject(NamedTuple):
    """A dialect under test: the tenant that speaks it, tenants of other dialects, a judge for each step's body.

    Of its order's rows: ``fields`` by their place in the file, ``placed`` by canonical pattern, and ``depending``
    the patterns of the rows that read a member besides their own.
    """

    tenant: Tenant
    peers: tuple[Tenant, ...]
    judges: Mapping[str, jsonschema_rs.Draft202012Validator]
    fields: Mapping[str, Field]
    placed: Mapping[str, Sequence[Placed]]
    depending: Mapping[str, frozenset[str]]

    @property
    def dialect(self) -> Dialect:
        return self.tenant.dialect


def make_subject(tenant: Tenant, peers: Sequence[Tenant] = ()) -> Subject:
    """A subject whose judges know nothing of how the gateway puts a mapped order's schema together."""
    components = {"components": tenant.dialect.api.get("components", {})}
    bodies = {step.rows.name: step.operation.body for step in tenant.dialect.steps}
    judges = {
        name: jsonschema_rs.Draft202012Validator(body | components, validate_formats=True)
        for name, body in bodies.items()
        if body is not None
    }
    rows = place_rows(tenant.dialect)
    return Subject(
        tenant=tenant,
        peers=tuple(peers),
        judges=judges,
        fields={placed.row.at: placed.row for placed in rows},
        placed={one.pattern: [other for other in rows if other.pattern == one.pattern] for one in rows},
        depending={
            read: frozenset(one.pattern for one in rows if read in one.beside) for row in rows for read in row.beside
        },
    )


class Example:
    """One draw: a body as a client sends it, or an ``answer`` as the backend gives it after that order.

    ``broken`` is the pointer of the member that was spoilt on purpose, empty for none; ``pick`` is a number by
    which laws choose among members, so that every choice is part of the draw; ``actions`` are those of a talk;
    ``pair`` is what is known of the body, or of an answer to it.
    """

    def __init__(
        self,
        body: Tree,
        *,
        pick: int = 0,
        broken: str = "",
        answer: Answered | None = None,
        actions: Sequence[str] = (),
        pair: Pair | None = None,
    ) -> None:
        self.body = body
        self.pick = pick
        self.broken = broken
        self.answer = answer
        self.actions = tuple(actions)
        self.pair = pair
        self._passage: Passage | None = None

    def through(self, subject: Subject) -> "Passage":
        """Its way through a subject; the same one as long as the subject is, since laws look at the same things."""
        if self._passage is None or self._passage.subject is not subject:
            self._passage = Passage(subject, self)
        return self._passage


class Passage:
    """An example on its way through a dialect; each stage is made once, when a law first asks for it."""

    def __init__(self, subject: Subject, example: Example) -> None:
        self.subject = subject
        self.example = example
        self.lens = subject.dialect.order

    @cached_property
    def order(self) -> Tree:
        """The canonical order in the body; a ``Problem`` where there is none."""
        return read(self.subject.tenant, self.example.body)

    @cached_property
    def context(self) -> Tree:
        """What the rows can refer to."""
        return situate(self.subject.tenant, self.order)

    @cached_property
    def outward(self) -> Trace:
        """The oracle's way to the dialect."""
        return self.lens.explain(self.order, self.context, "to_dialect")

    @cached_property
    def document(self) -> Tree:
        """The mapped order before anything is left out of it; ``Unmappable`` where there is none."""
        return self.lens.to_dialect(self.order, self.context)

    @cached_property
    def returned(self) -> Tree:
        """The document read back."""
        return self.lens.to_canonical(self.document, self.context)

    @cached_property
    def departure(self) -> Journey | Problem:
        """The order ready to be sent, or why it cannot be."""
        return depart(self.subject.tenant, self.example.body, self.order)

    def leave(self) -> Journey:
        """The order ready to be sent; moot where it cannot be."""
        if isinstance(self.departure, Problem):
            raise Moot(f"the order is refused: {self.departure}")
        return self.departure


def choose(places: Iterable[Chosen], pick: int) -> Chosen:
    """One of several by a draw's number; of fewer the same one, so that an example can lose the others."""
    return max(places, key=lambda place: crc32(f"{pick} {place}".encode()))


def read(tenant: Tenant, body: Any) -> Tree:
    """The canonical order in a body that a client of the tenant sends; a ``Problem`` where there is none."""
    return read_order(body, tenant.settings.get("currency"))


def situate(tenant: Tenant, order: Tree) -> Tree:
    """The context of an order that is only looked at."""
    return make_context(tenant, {"line_items": [], **order}, REFERENCE, RECEIVED_AT) | {"crosswalk": {}}


def depart(tenant: Tenant, body: Tree, order: Tree) -> Journey | Problem:
    """What ``map_out`` makes of an order."""
    try:
        return map_out(tenant, order, unknown_members(body), REFERENCE, RECEIVED_AT)
    except Problem as problem:
        return problem
