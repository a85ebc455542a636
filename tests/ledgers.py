"""A backend with a ledger of its own: it takes orders, knows keys or knows none, and loses answers on request."""

import asyncio
from dataclasses import dataclass, field

import msgspec

from adapter.core.outcomes import Answered, Lost, NotSent, Sent
from adapter.core.steps import Call
from tests.core.conftest import ANSWERS


class Crashed(Exception):
    """The gateway dies at this moment."""


@dataclass
class LedgerBackends:
    """A backend that takes orders, and remembers keys if its class does; ``fates`` rule its next calls."""

    dialect: str
    fates: list[str] = field(default_factory=list)
    orders: list[str] = field(default_factory=list)
    answers: dict[str, Answered] = field(default_factory=dict)
    arrived: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    waiting: "asyncio.Queue[asyncio.Future[str]]" = field(default_factory=asyncio.Queue)

    async def send(self, call: Call, deadline: float) -> Sent:
        assert deadline > 0
        fate = self.fates.pop(0) if self.fates else "placed"
        if fate == "waits":
            decided: asyncio.Future[str] = asyncio.get_running_loop().create_future()
            self.waiting.put_nowait(decided)
            fate = await decided
        return self.meet(self.name(call), fate)

    def meet(self, name: str, fate: str) -> Sent:
        """What comes back from one request."""
        if fate == "not sent":
            return NotSent("ConnectError")
        if fate == "throttled":
            return Answered(429, {}, b"{}")
        self.arrived.append(name)
        if fate in ("lost before", "late"):
            self.late += [name] if fate == "late" else []
            return Lost("ReadTimeout")
        answer = self.take(name, refuse=fate == "refused")
        if fate == "crash after":
            raise Crashed
        failure: dict[str, Sent] = {"lost after": Lost("ReadTimeout"), "failed after": Answered(500, {}, b"{}")}
        return failure.get(fate, answer)

    def take(self, name: str, *, refuse: bool = False) -> Answered:
        """Take an order or refuse it; whoever honours keys answers a key that it knows as the first time."""
        if name in self.answers and self.dialect == "stella_sync":
            return self.answers[name]
        if refuse:
            self.answers[name] = Answered(422, {}, b'{"error": "out_of_stock"}')
        else:
            self.orders.append(name)
            number = {"order_number": f"S-{len(self.orders)}"} if self.dialect == "stella_sync" else {}
            body = ANSWERS[self.dialect, "create_order"] | number
            self.answers[name] = Answered(201, {}, msgspec.json.encode(body))
        return self.answers[name]

    def arrive(self) -> None:
        """What was on its way arrives at last."""
        for name in self.late:
            self.take(name)
        self.late.clear()

    def name(self, call: Call) -> str:
        """What tells one order from another: its key, or the reference that each of ours has."""
        return call.headers.get("Idempotency-Key") or str(msgspec.json.decode(call.body)["reference"])
