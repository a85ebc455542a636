"""A gateway over a real journal and scripted backends, and what tests ask of it."""

import asyncio
import uuid
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import apsw
import msgspec

from adapter.core.messages import Answer, Inbound
from adapter.core.outcomes import Answered, Lost, NotSent, Sent
from adapter.core.steps import Call
from adapter.core.tenancy.tenants import Tenant
from adapter.errors import Problem
from adapter.gateway import Gateway
from adapter.ports import OpenDoor
from adapter.recovery import Recovery
from adapter.runs import Runs
from adapter.shell.files import load_dialects
from adapter.shell.journal import SqliteJournal
from adapter.shell.vault import Vault
from tests.conftest import CALLER_SECRET, sample_tenant
from tests.core.conftest import ANSWERS, ORDER

SHIPPED = load_dialects()

ORDERS = "/api/sync/v1/orders"

NOT_SENT = NotSent("ConnectError")
LOST = Lost("ReadTimeout")

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class ScriptedBackends:
    """Satisfies ``gateway.Backends``: records calls, gives what the script says, places whatever it is silent on.

    A None in the script places the order too; ``watch`` is called at the moment of each call.
    """

    def __init__(self, dialect: str, script: list[Sent | None]) -> None:
        self.dialect = dialect
        self.script = deque(script)
        self.calls: list[Call] = []
        self.deadlines: list[float] = []
        self.started = asyncio.Event()
        self.watch: Callable[[Call], object] = lambda _call: None
        self.pause: Callable[[], Any] | None = None

    async def send(self, call: Call, deadline: float) -> Sent:
        self.calls.append(call)
        self.deadlines.append(deadline)
        self.started.set()
        self.watch(call)
        if self.pause is not None:
            await self.pause()
        return (self.script.popleft() if self.script else None) or self.place(call)

    def place(self, call: Call) -> Answered:
        """The success that the backend's documents show for this call."""
        return Answered(201, {}, msgspec.json.encode(ANSWERS[self.dialect, call.step.rows.operation]))

    def names(self) -> list[str]:
        return [call.name for call in self.calls]


class Stage(NamedTuple):
    """What a test of the flow looks at: the gateway, its journal and that journal's file, its backends."""

    gateway: Gateway
    journal: SqliteJournal
    path: Path
    backends: ScriptedBackends
    tenant: Tenant

    @property
    def recovery(self) -> Recovery:
        """What settles its open operations."""
        return Recovery(self.gateway.tenants, self.gateway.runs)

    def inbound(self, key: str | None = None, **members: Any) -> Inbound:
        """A request of this tenant's client with an order its backend can take."""
        headers = [("authorization", f"Bearer {CALLER_SECRET}"), ("x-stella-site-id", self.tenant.site_id)]
        keys = [("idempotency-key", key)] if key is not None else []
        body = msgspec.json.encode(order_for(self.tenant.dialect.name) | members)
        return Inbound(ORDERS, tuple(headers + keys), body)

    async def place(self, key: str | None = None, **members: Any) -> Answer | Problem:
        """The answer to an order, be it a success or a problem."""
        try:
            return await self.gateway.place_order(self.inbound(key, **members))
        except Problem as problem:
            return problem

    def read(self, sql: str, *values: str) -> list[Any]:
        """What another reader of the journal's file would see at this moment."""
        reader = apsw.Connection(str(self.path), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            return list(reader.execute(sql, values))
        finally:
            reader.close()


def set_stage(path: Path, dialect: str, script: list[Sent | None], vault: Vault | None = None, **rows: Any) -> Stage:
    """A gateway with one tenant of a dialect, and a clock that moves on a second with each look at it."""
    tenant = sample_tenant("shop", SHIPPED[dialect], "http://backend.test", **rows)
    journal = SqliteJournal(path, vault=vault)
    backends = ScriptedBackends(dialect, script)
    ticks = count()
    gateway = Gateway(
        lambda: {tenant.site_id: tenant},
        Runs(journal, backends, OpenDoor(), journal.crosswalks),
        now=lambda: NOON + timedelta(seconds=next(ticks)),
        new_id=lambda: str(uuid.uuid4()),
    )
    return Stage(gateway, journal, path, backends, tenant)


def order_for(dialect: str) -> dict[str, Any]:
    """An order that a dialect can take."""
    line = ORDER["line_items"][0] | ({"variant_id": "va_1"} if dialect == "lana" else {})
    return ORDER | {"line_items": [line]}


def document(answer: Answer | Problem) -> dict[str, Any]:
    """The JSON a client would read."""
    if isinstance(answer, Problem):
        return answer.document()
    read: dict[str, Any] = msgspec.json.decode(answer.body)
    return read


def journal_connection(path: Path) -> apsw.Connection:
    """The very connection that a journal writes with, to take its storage away."""
    return next(found for found in apsw.connections() if found.filename == str(path))


def spoil(path: Path, event: str) -> None:
    """From now on the disk is full for one kind of statement, as far as anybody can tell."""
    with_fault = apsw.Connection(str(path))
    with_fault.execute(f"CREATE TRIGGER full BEFORE {event} BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    with_fault.close()


def repair(path: Path) -> None:
    sound = apsw.Connection(str(path))
    sound.execute("DROP TRIGGER full")
    sound.close()
