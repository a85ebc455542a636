"""The ports of the flow: what it needs of a journal and of the way to backends, and the values they exchange."""

import math
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from adapter.core.answers import Record, Result
from adapter.core.idempotency import Claim, Entry
from adapter.core.ledger import Line, Loss
from adapter.core.orders import Journey
from adapter.core.outcomes import Outcome, Sent
from adapter.core.steps import Call, Taken
from adapter.core.tenancy.limits import Kind
from adapter.core.tenancy.tenants import Tenant
from adapter.core.values.crosswalks import PlainPairs
from adapter.lens.trees import Tree


class Intent(NamedTuple):
    """What a claim writes before the first byte leaves: the order, its losses, the first call.

    ``lease`` is for how many seconds the journal takes a silent holder for alive; ``kept`` are the values, by
    pointer, that the backend will not have; ``mapping`` is the version of the mapping that the
    call was made by, ``recovery`` its recovery class; ``pairs`` are the ids that crosswalks gave it, by table.
    """

    dialect: str
    order: Tree
    losses: tuple[Loss, ...]
    call: Call
    lease: float = 60.0
    ledger: tuple[Line, ...] = ()
    kept: Mapping[str, Any] = MappingProxyType({})
    mapping: str | None = None
    recovery: str | None = None
    pairs: PlainPairs = MappingProxyType({})


class Written(NamedTuple):
    """A request as the journal has it: what is sent again is these bytes, whatever a mapping says today."""

    method: str
    url: str
    body: bytes


class Hold(NamedTuple):
    """A claim that is ours to run: the attempt fences what it writes.

    ``taken`` are calls that were answered before; ``begun`` is the call that the journal has as being sent;
    ``written`` is the call, if any, whose outcome is unknown; ``until`` is when, by the clock of ``runs``, a silent
    holder may be taken for dead. ``tenant`` and ``dialect`` are for who tells of it.
    """

    operation_id: str
    attempt: int
    taken: Mapping[str, Taken]
    begun: str | None = None
    lease: float = 60.0
    written: Mapping[str, Written] = MappingProxyType({})
    until: float = math.inf
    tenant: str = ""
    dialect: str = ""


class Duplicate(NamedTuple):
    """Another operation has the natural reference of a claim."""

    entry: Entry


class Case(NamedTuple):
    """An open operation as recovery takes it up; ``age`` in seconds, ``promised`` if a client was told to wait.

    ``misses`` is how many looks at the backend showed no such order, ``recovery`` the class it was claimed under.
    ``pairs`` are the ids that crosswalks gave it; None in journals of old.
    """

    hold: Hold
    tenant: str
    dialect: str
    canonical: bytes
    losses: tuple[Loss, ...]
    received_at: str
    age: float
    tries: int
    promised: bool
    misses: int = 0
    recovery: str | None = None
    pairs: PlainPairs | None = None


# What settles a case, as far as it can be settled now.
Recover = Callable[[Case], Awaitable[None]]


class Open(NamedTuple):
    """Operations of one tenant in one state that nobody has ended: how many, and seconds since the oldest began."""

    tenant: str
    state: str
    number: int
    oldest: float


class Journal(Protocol):
    """What is remembered so that no order is lost or placed twice; every write is on disk when it returns."""

    async def find(self, claim: Claim) -> Entry | None:
        """The operation that has this claim's scope, if any."""

    async def claim(self, claim: Claim, intent: Intent) -> Hold | Entry | Duplicate:
        """Take the scope and write ``dispatching``, in one statement; or whoever has it, or its reference."""

    async def begin(self, hold: Hold, call: Call) -> bool:
        """Record that a call is about to be sent; False if a later attempt has the operation, so that it must not."""

    async def advance(self, hold: Hold, done: Call, outcome: Outcome, following: Call) -> bool:
        """Record what a step left and, in one transaction, that the next is being sent; False as ``begin``."""

    async def finish(self, hold: Hold, last: Call, outcome: Outcome, result: Result) -> bool:
        """Record the end of this run; False if a later attempt has the operation. Answers come afterwards."""

    async def look_up(self, tenant: str, order_id: str) -> Record | None:
        """An operation of this tenant by operation id or receipt id."""

    async def take_open(self, most: int, lease: float, without: Collection[str] = ()) -> list[Case]:
        """Open operations whose time has come, each for this caller alone until ``lease`` seconds from now.

        Those of the tenants ``without`` are left alone.
        """

    async def note_found(self, hold: Hold, call: str, taken: Taken) -> bool:
        """Record that a look showed what a call came to; False if a later attempt has the operation."""

    async def postpone(
        self, hold: Hold, last: Call | None, outcome: Outcome, pause: float, *, missed: bool = False
    ) -> None:
        """Leave a case unknown and look again in ``pause`` seconds; ``missed`` if a look showed no such order.

        ``last`` is the call that was made, if any.
        """

    async def purge(self) -> int:
        """Blank answers and delete tombstones that are older than they are kept; how many."""

    async def hand_over(self, hold: Hold, why: str) -> None:
        """Leave a case to a person."""


class Crosswalks(Protocol):
    """The tables of each tenant from our ids to its backend's; each is one-to-one."""

    async def look_up(self, tenant: str, table: str, ids: Sequence[str]) -> Mapping[str, str]:
        """Those of our ids that a table has, each with the backend's; a ``Problem`` (503) where it cannot be read."""


class NoCrosswalks:
    """Satisfies ``Crosswalks`` and has no table."""

    async def look_up(self, _tenant: str, _table: str, _ids: Sequence[str]) -> Mapping[str, str]:
        return {}


class Admission(Protocol):
    """Who decides whether one more order may be under way with a tenant's backend."""

    def admit(self, journey: Journey) -> AbstractAsyncContextManager[None]:
        """A place for as long as the order is under way; a ``Problem`` (503) where there is none."""

    def owe(self, journey: Journey, calls: int) -> None:
        """Take calls out of the backend's budget that are made in any case: what is open goes before what is new."""

    def charge(self, journey: Journey) -> int:
        """Take the order's calls out of the backend's budget; the seconds to wait where it has too few.

        Only who has the claim is charged: of many equal requests at once, one makes calls.
        """


class OpenDoor:
    """Satisfies ``Admission`` and admits everybody."""

    @asynccontextmanager
    async def admit(self, _journey: Journey) -> AsyncIterator[None]:
        yield

    def owe(self, _journey: Journey, _calls: int) -> None:
        return None

    def charge(self, _journey: Journey) -> int:
        return 0


class Watch(Protocol):
    """Who counts what orders and answers exercise of a mapping; it must cost next to nothing, and never raise."""

    def note_order(self, journey: Journey) -> None:
        """An order whose calls are about to be made."""

    def note_answer(self, journey: Journey, call: Call, sent: Sent) -> None:
        """What came of a call."""

    def note_sight(self, journey: Journey, kind: str) -> None:
        """What a look-up showed, see ``lookups.Sight``."""


class NoWatch:
    """Satisfies ``Watch`` and counts nothing."""

    def note_order(self, _journey: Journey) -> None:
        return None

    def note_answer(self, _journey: Journey, _call: Call, _sent: Sent) -> None:
        return None

    def note_sight(self, _journey: Journey, _kind: str) -> None:
        return None


class Limits(Protocol):
    """Who decides whether a caller may make one more request within the minute, and tells it what is left.

    What is told goes beside the answer, whatever that comes to be.
    """

    def show(self, tenant: Tenant, caller: str, kind: Kind) -> None:
        """Tell what is left, and take nothing."""

    def take(self, tenant: Tenant, caller: str, kind: Kind) -> None:
        """Take one request, and tell what is left; a ``Problem`` (429) where nothing is."""


class NoLimits:
    """Satisfies ``Limits`` and lets everybody in."""

    def show(self, _tenant: Tenant, _caller: str, _kind: Kind) -> None:
        return None

    def take(self, _tenant: Tenant, _caller: str, _kind: Kind) -> None:
        return None


NO_LIMITS = NoLimits()


class Backends(Protocol):
    """The way to backends; it never raises for what a backend or the network does."""

    async def send(self, call: Call, deadline: float) -> Sent:
        """Send one request, at most once, and read the whole answer within ``deadline`` seconds."""
