"""Laws over HTTP: what a running gateway answers to one order, and to a sequence of calls under one key.

The model of a sequence is small: a key is free, open or settled, and what its repeats are told follows from that.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol
from uuid import uuid4

from adapter.core.canonical import MEMBERS, RECEIPT_VALIDATOR
from adapter.core.ledger import INDEX
from adapter.core.messages import ORDERS
from adapter.errors import PROBLEMS
from adapter.lens.trees import Tree, leaves, look
from adapter.qa.laws.laws import LIVE, Law
from adapter.qa.subjects.broken import concern, demand
from adapter.qa.subjects.examples import Passage

# The backend has the order, and we do not hear of it.
CRASH = "commit-then-reset"

# Seconds for which a repeat may still be told that its order is open, once GET has said that it is settled.
SETTLING = 2.0
PAUSE = 0.1

# States of GET in which an order is settled, and what problems its repeats are told then; none for a receipt.
AGREES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"succeeded": ("", "order-revised"), "rejected": ("order-refused",)}
)


class Reply(NamedTuple):
    """An answer of the gateway: header names are in lower case, ``document`` is its JSON."""

    status: int
    headers: Mapping[str, str]
    document: Any

    def kind(self) -> str:
        """The key of PROBLEMS that it is; empty for what is no problem."""
        told = self.document.get("type", "") if isinstance(self.document, dict) else ""
        return str(told).removeprefix("/problems/") if self.status >= 400 else ""


class Door(Protocol):
    """The way to a gateway, and to the sandbox behind it where that is known."""

    def call(self, method: str, path: str, body: Tree | None = None, key: str = "") -> Reply:
        """One request."""

    def misbehave(self, faults: Sequence[str]) -> None:
        """Let the backend's next calls be befallen by these, or by nothing any more; as far as that can be done."""

    def count_orders(self) -> int | None:
        """How many orders the backend has; None where it cannot be looked into."""


def make_live_laws(door: Door, heard: Counter[str]) -> Mapping[str, Law]:
    """The laws of ``LIVE``, tried through a door; ``heard`` counts the answers to orders."""
    holds: Mapping[str, Callable[[Passage], None]] = {
        "live_answer": lambda passage: _talk(door, heard, passage, ["place"]),
        "live_told": lambda passage: _check_told(door, passage),
        "live_sequence": lambda passage: _talk(door, heard, passage, passage.example.actions),
    }
    return {name: Law(name, *facts, holds[name]) for name, facts in LIVE.items()}


class Talk:
    """One order under one fresh key; each action asks something and holds the answer against the model."""

    def __init__(self, door: Door, body: Tree) -> None:
        self.door = door
        self.body = body
        self.key = str(uuid4())
        self.first: Reply | None = None
        self.replies: list[Reply] = []

    def run(self, actions: Sequence[str]) -> None:
        """All actions in their order; at last the backend has one order at most, and one if it was placed.

        However it ends, nothing befalls the calls of the next talk.
        """
        before = self.door.count_orders()
        try:
            for name in actions:
                ACTIONS[name](self)
        finally:
            self.door.misbehave(())
        after = self.door.count_orders()
        if before is None or after is None:
            return
        made, placed = after - before, self.first is not None and self.first.status == 201
        demand(made <= 1, f"{made} orders were placed under one key by {', '.join(actions)}")
        demand(made == 1 or not placed, "an order was answered 201, and the backend behind it has none")

    def place(self) -> None:
        """Post the order; a repeat is told what the first try was told, or that it is not settled."""
        reply = self.door.call("POST", ORDERS, self.body, self.key)
        self.replies.append(reply)
        check_reply(reply, self.body)
        stage = stage_of(self.first)
        if stage == "settled":
            self._check_replay(reply)
        elif stage == "open":
            told = reply.kind()
            settled = stage_of(reply) == "settled" or told in {"operation-not-applied", "operation-uncertain"}
            demand(settled or told == "operation-in-progress", f"a repeat of an open order is told {tell(reply)}")
        if stage == "free" or (stage == "open" and stage_of(reply) == "settled"):
            self.first = reply

    def place_other(self) -> None:
        """Post another order under the key; one that is taken stays with its own order."""
        if stage_of(self.first) != "free":
            reply = self.door.call("POST", ORDERS, self.body | {"note": "quite another order"}, self.key)
            reused = reply.kind() == "idempotency-key-reused"
            demand(reused, f"another order under the key is told {tell(reply)}")

    def look(self) -> None:
        """Ask where the order stands; a placed one shows its receipt, and what is settled here is so for repeats."""
        reply = self._ask("")
        if reply is None or self.first is None:
            return
        if self.first.status == 201:
            demand(reply.document.get("receipt") == self.first.document, "GET shows another receipt than POST gave")
        elif stage_of(self.first) == "open" and reply.document.get("state") in AGREES:
            self._settle(reply.document)

    def look_at_ledger(self) -> None:
        """Ask what became of each member; a leaf of the order is told of once."""
        reply = self._ask("/ledger")
        if reply is None:
            return
        told = [line["pointer"] for line in reply.document["ledger"]]
        for pointer, value in leaves(self.body):
            blank = isinstance(value, str) and not value.strip()
            times = told.count(pointer)
            demand(blank or times == 1, f"is told of {times} times in the ledger", pointer=pointer)

    def crash(self) -> None:
        """Let the backend take its next call and break off before it answers."""
        self.door.misbehave((CRASH,))

    def crash_later(self) -> None:
        """The same with the call after the next, where an order takes several."""
        self.door.misbehave(("none", CRASH))

    def _ask(self, what: str) -> Reply | None:
        if stage_of(self.first) == "free" or self.first is None:
            return None
        reply = self.door.call("GET", self.first.headers.get("location", "") + what)
        demand(reply.status == 200, f"GET of an order's Location{what} is answered {tell(reply)}")
        return reply

    def _settle(self, shown: Tree) -> None:
        """Repeat an order that was open, and by GET is so no more, until the repeat says what GET does.

        That an order stays open breaks nothing: recovery may take as long as it likes, or leave it to a person.
        """
        over = time.monotonic() + SETTLING
        self.place()
        while stage_of(self.first) == "open" and time.monotonic() < over:
            time.sleep(PAUSE)
            self.place()
        told, state = self.replies[-1], shown["state"]
        agreed = stage_of(told) == "settled" and told.kind() in AGREES[state]
        demand(agreed, f"GET says {state}, {SETTLING:g} s of repeats are told {tell(told)}")
        receipt = told.document if told.status == 201 else told.document.get("receipt")
        demand(shown.get("receipt") in (None, receipt), "GET shows another receipt than a repeat is given")

    def _check_replay(self, reply: Reply) -> None:
        first = self.first
        same = first is not None and (reply.status, reply.document) == (first.status, first.document)
        demand(same, f"a repeat is answered {tell(reply)}, the first try {tell(first)}")
        replayed = reply.headers.get("idempotent-replayed") == "true"
        demand(replayed, "a repeat is not told to be one: no Idempotent-Replayed")


ACTIONS: Mapping[str, Callable[[Talk], None]] = MappingProxyType(
    {
        "place": Talk.place,
        "place_other": Talk.place_other,
        "look": Talk.look,
        "look_at_ledger": Talk.look_at_ledger,
        "crash": Talk.crash,
        "crash_later": Talk.crash_later,
    }
)

# What a talk can begin with; of the calls that are cut off, only where there is a sandbox to do it.
OPENINGS = (("place",), ("place", "place"), ("place", "place_other"), ("place", "look"), ("place", "look_at_ledger"))
CUT_OFF = (("crash", "place"), ("crash_later", "place"))

SETTLED = frozenset({"order-refused", "order-revised"})
OPEN = frozenset({"outcome-unknown", "operation-in-progress", "operation-uncertain"})


def stage_of(reply: Reply | None) -> str:
    """What a key is after an answer: ``free`` for the next try, ``open``, or ``settled``."""
    if reply is None:
        return "free"
    if reply.status == 201 or reply.kind() in SETTLED:
        return "settled"
    return "open" if reply.status == 202 or reply.kind() in OPEN else "free"


def check_reply(reply: Reply, body: Tree) -> None:
    """A receipt with its place, or a problem that is listed, with pointers into the order; never our mistake."""
    if reply.status == 201:
        error = next(RECEIPT_VALIDATOR.iter_errors(reply.document), None)
        demand(error is None, f"201 is no receipt: {error and error.message}")
    if reply.status in {201, 202}:
        demand("location" in reply.headers, f"{reply.status} has no Location")
        return
    problem = PROBLEMS.get(reply.kind())
    demand(problem is not None and reply.status != 500, f"is answered {tell(reply)}")
    for fault in reply.document.get("errors", ()):
        demand(leads_into(body, fault["pointer"]), "is told and is not in the order", pointer=fault["pointer"])


def leads_into(body: Tree, pointer: str) -> bool:
    """Whether a pointer is to what an order has, or to a member that it might have at that place."""
    above, _, key = pointer.rpartition("/")
    holder = look(body, above)
    if isinstance(holder, list):
        return key.isdecimal() and int(key) < len(holder)
    might = look(MEMBERS, INDEX.sub("", above)) or {}
    name = key.replace("~1", "/").replace("~0", "~")
    return not pointer or (isinstance(holder, dict) and (name in holder or name in might))


def _talk(door: Door, heard: Counter[str], passage: Passage, actions: Sequence[str]) -> None:
    """A talk about what is an order; there is none in any other body."""
    concern(passage.order, "it is no order")
    talk = Talk(door, passage.example.body)
    try:
        talk.run(actions)
    finally:
        heard.update(map(tell, talk.replies))


def _check_told(door: Door, passage: Passage) -> None:
    """A body with one member just outside is refused before anything is sent, and that member is named."""
    body, broken = passage.example.body, passage.example.broken
    concern(broken, "nothing in it is spoilt")
    reply = door.call("POST", ORDERS, body, str(uuid4()))
    demand(reply.kind() == "invalid-order", f"is answered {tell(reply)}", pointer=broken)
    faults = reply.document.get("errors", ())
    demand(bool(faults), "is refused and nobody is named", pointer=broken)
    for fault in faults:
        inside = fault["pointer"] == broken or fault["pointer"].startswith(f"{broken}/")
        demand(inside, "is told in place of what was spoilt", pointer=fault["pointer"])


def tell(reply: Reply | None) -> str:
    """An answer in a word or two: its status, and which problem it is."""
    return "nothing" if reply is None else f"{reply.status} {reply.kind()}".rstrip()
