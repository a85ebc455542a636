"""Any order of orders, repeats, faults, crashes and turns of recovery, against a model that walks in lockstep."""

import asyncio
import shutil
import tempfile
from collections.abc import Awaitable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from adapter.core.messages import Answer
from adapter.core.steps import Call
from adapter.errors import Problem
from adapter.ports import Case
from tests.ledgers import Crashed, LedgerBackends
from tests.recovering import IN_PROGRESS, UNCERTAIN, grow_old, hasten, open_stage, told
from tests.staging import Stage, document

KEYS = st.sampled_from(["a", "b", "c", "d", "e"])
NOTES = st.sampled_from(["one order", "one order", "one order", "another"])

# What may befall a call: the backend takes the order or not, and its answer arrives or not.
FATES = ["placed", "refused", "not sent", "throttled", "lost before", "lost after", "failed after", "late"]
FATE = st.sampled_from(FATES)

OPEN = {"dispatching", "reconciling", "unknown"}


@dataclass
class Known:
    """What the model says of a key's operation; ``doubts`` are attempts of which nobody knows what became."""

    note: str
    state: str = "dispatching"
    attempt: int = 1
    due: bool = False
    old: bool = False
    first: Answer | None = None
    doubts: set[int] = field(default_factory=set)


@dataclass
class Run:
    """A run whose call is under way, or that waits to."""

    key: str
    attempt: int
    task: "asyncio.Task[Answer | Problem]"
    future: "asyncio.Future[str]"


class Orders(RuleBasedStateMachine):
    """The gateway over one file, the model beside it."""

    dialect = "stella_sync"
    honours_keys = True

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = Path(tempfile.mkdtemp())
        self.backends = LedgerBackends(self.dialect)
        self.known: dict[str, Known] = {}
        self.runs: list[Run] = []
        self.here = self.open()

    def open(self) -> Stage:
        here = open_stage(self.folder / "journal.db", self.dialect, quiet_seconds=1800)
        here.gateway.runs.backends = self.backends
        return here

    def do(self, awaited: Awaitable[Any]) -> Any:
        return self.loop.run_until_complete(awaited)

    def teardown(self) -> None:
        self.die()
        self.loop.close()
        shutil.rmtree(self.folder)

    def outcome(self, fate: str, name: str | None) -> str:
        """Where a first try rests that met a fate; a key that is known answers for itself."""
        known = self.backends.answers.get(name or "") if self.honours_keys else None
        if fate in ("placed", "refused") and known is not None:
            return "succeeded" if known.status == 201 else "rejected"
        ends = {"placed": "succeeded", "refused": "rejected", "not sent": "not_applied"}
        ends |= {"throttled": "not_applied"} if self.honours_keys else {}  # no page says what Enad means by it
        return ends.get(fate, "unknown" if self.honours_keys else "needs_operator")

    def expect(self, key: str, note: str) -> tuple[int, str] | None:
        """What a request is told without a call; None where it runs."""
        known = self.known.get(key)
        if known is None:
            return None
        if known.note != note:
            return (422, "idempotency-key-reused")
        if known.state == "needs_operator":
            return UNCERTAIN
        ends = {"succeeded": (201, "receipt"), "rejected": (422, "order-refused"), "not_applied": None}
        return ends.get(known.state, IN_PROGRESS)

    def start(self, key: str, note: str) -> Known:
        """A claim that is granted: whoever repeats a key is a shopper who is here."""
        known = self.known.setdefault(key, Known(note, attempt=0))
        known.state, known.due, known.old, known.attempt = "dispatching", False, False, known.attempt + 1
        known.doubts.add(known.attempt)
        return known

    def end(self, key: str, attempt: int, outcome: str) -> None:
        """A run that ends: the fence lets through its own attempt, and evidence of success."""
        known = self.known[key]
        if outcome not in ("unknown", "needs_operator"):
            known.doubts.discard(attempt)
        own = known.attempt == attempt and known.state in ("dispatching", "reconciling")
        evidence = outcome == "succeeded" and known.state in ("unknown", "reconciling", "needs_operator")
        if own or evidence:
            known.state, known.due = outcome, False

    def check(self, key: str, answer: Answer | Problem) -> None:
        """I3 and I6 of one answer: a replay is the first to the byte, and no new key is called safe in vain."""
        known, said = self.known[key], document(answer)
        if said.get("safe_new_key") is True:
            assert not self.placed(key)
        if isinstance(answer, Answer) and answer.status in (201, 422):
            known.first = known.first or answer
            assert answer.body == known.first.body
            assert answer.headers["Location"] == known.first.headers["Location"]

    def names(self, key: str) -> list[str]:
        """The names under which the backend may know a key's order."""
        sql = "SELECT a.url, a.body, o.operation_id FROM operation o JOIN attempt a USING (operation_id) WHERE key = ?"
        rows = self.here.read(sql, key)
        step = self.here.tenant.dialect.steps[0]
        if self.honours_keys:
            return [str(uuid5(UUID(operation_id), "order")) for *_, operation_id in rows]
        return [self.backends.name(Call("order", step, "POST", url, {}, body)) for url, body, _ in rows]

    def placed(self, key: str) -> bool:
        return bool({*self.names(key)} & {*self.backends.orders})

    @rule(key=KEYS, note=NOTES, fate=FATE)
    def place(self, key: str, note: str, fate: str) -> None:
        told_before, calls = self.expect(key, note), len(self.backends.arrived)
        self.backends.fates = [fate]
        names = self.names(key)
        answer = self.do(self.here.place(key, note=note))
        if told_before is not None:
            assert told(answer) == told_before
            assert len(self.backends.arrived) == calls
            if told_before[0] == 201:
                assert answer.headers["Idempotent-Replayed"] == "true"
        else:
            known = self.start(key, note)
            self.end(key, known.attempt, self.outcome(fate, names[0] if names else None))
        if key in self.known and self.known[key].note == note:
            self.check(key, answer)

    @rule(key=KEYS)
    def place_and_wait(self, key: str) -> None:
        """An order whose call is left under way."""
        if self.expect(key, "one order") is not None or len(self.runs) > 2:
            return
        self.backends.fates = ["waits"]
        task = self.loop.create_task(self.here.place(key, note="one order"))
        future = self.do(asyncio.wait_for(self.backends.waiting.get(), 5))
        known = self.start(key, "one order")
        self.runs.append(Run(key, known.attempt, task, future))

    @rule(key=KEYS, fate=st.sampled_from([*FATES, "crash after"]))
    def overtake(self, key: str, fate: str) -> None:
        """An order that recovery takes for dead while its call is still under way."""
        self.place_and_wait(key)
        self.let_time_pass()
        self.recover(fate)

    @precondition(lambda self: self.runs)
    @rule(fate=FATE)
    def let_it_end(self, fate: str) -> None:
        """The oldest call under way meets its fate, however long everybody has taken it for dead."""
        run = self.runs.pop(0)
        outcome = self.outcome(fate, self.names(run.key)[0])
        run.future.set_result(fate)
        answer = self.do(run.task)
        self.end(run.key, run.attempt, outcome)
        self.check(run.key, answer)

    @rule()
    def let_time_pass(self) -> None:
        """Every lease and quiet time is over, and what was late has arrived."""
        hasten(self.here)
        self.backends.arrive()
        for known in self.known.values():
            known.due = True

    @precondition(lambda self: self.known)
    @rule()
    def let_the_shoppers_leave(self) -> None:
        grow_old(self.here, 5000)
        for known in self.known.values():
            known.old = True

    @rule(fate=st.sampled_from([*FATES, "crash after"]))
    def recover(self, fate: str) -> None:
        """Recovery takes up what it finds, one case after another."""
        cases = self.do(self.here.journal.take_open(8, 1800.0))
        due = {key for key, known in self.known.items() if known.state in OPEN and known.due}
        assert {self.key_of(case) for case in cases} == due
        for case in cases:
            known = self.known[self.key_of(case)]
            known.state, known.due, known.attempt = "reconciling", False, known.attempt + 1
        for case in cases:
            self.recover_one(case, fate)

    def recover_one(self, case: Case, fate: str) -> None:
        key = self.key_of(case)
        known, calls = self.known[key], len(self.backends.arrived)
        self.backends.fates = [fate]
        outcome = self.outcome(fate, self.names(key)[0])
        gives_up = known.old or not self.honours_keys
        try:
            self.do(self.here.recovery.recover(case))
        except Crashed:
            assert fate == "crash after"
            known.doubts.add(known.attempt)
            return
        if gives_up:  # where every attempt is known to have been refused, or not sent, there is nothing to decide
            known.state = "needs_operator" if known.doubts else "not_applied"
            assert len(self.backends.arrived) == calls
        else:
            ends = ("succeeded", "rejected", *([] if known.doubts else ["not_applied"]))
            known.doubts |= {known.attempt} if outcome == "unknown" else set()
            self.end(key, known.attempt, outcome if outcome in ends else "unknown")

    def key_of(self, case: Case) -> str:
        ((key,),) = self.here.read("SELECT key FROM operation WHERE operation_id = ?", case.hold.operation_id)
        return str(key)

    @rule(key=KEYS)
    def place_and_crash(self, key: str) -> None:
        """The backend takes the order and the gateway dies before it hears so."""
        if self.expect(key, "one order") is None:
            self.backends.fates = ["crash after"]
            with pytest.raises(Crashed):
                self.do(self.here.gateway.place_order(self.here.inbound(key, note="one order")))
            self.start(key, "one order")
        self.crash()

    @rule()
    def crash(self) -> None:
        self.die()
        self.here = self.open()

    def die(self) -> None:
        for run in self.runs:
            run.task.cancel()
            self.do(asyncio.wait([run.task]))
        self.runs.clear()
        self.do(self.here.journal.close())

    @invariant()
    def the_journal_says_what_the_model_says(self) -> None:
        """I1 with it: whoever was answered has a row."""
        states = dict(self.here.read("SELECT key, state FROM operation"))
        assert states == {key: known.state for key, known in self.known.items()}

    @invariant()
    def no_order_was_placed_twice(self) -> None:
        assert len(self.backends.orders) == len(set(self.backends.orders))
        for key in self.known:
            assert len({*self.names(key)}) == 1

    @invariant()
    def no_key_is_safe_whose_order_was_placed(self) -> None:
        for key, known in self.known.items():
            assert known.state not in ("rejected", "not_applied") or not self.placed(key)


class OrdersOfClassE(Orders):
    """A backend that knows no keys: nothing may ever reach it twice."""

    dialect = "enad"
    honours_keys = False

    @invariant()
    def nothing_reached_it_twice(self) -> None:
        assert len(self.backends.arrived) == len(set(self.backends.arrived))


@pytest.mark.parametrize("fate", ["not sent", "throttled", "placed", "lost after", "crash after"])
@pytest.mark.parametrize("old", [False, True])
def test_an_order_whose_every_attempt_is_known_to_have_failed_is_no_persons(fate: str, old: bool) -> None:
    machine = Orders()
    machine.overtake("a", "not sent")
    machine.let_it_end("refused")
    if old:
        machine.let_the_shoppers_leave()
    machine.let_time_pass()
    machine.recover(fate)

    machine.the_journal_says_what_the_model_says()
    machine.no_key_is_safe_whose_order_was_placed()
    assert machine.known["a"].state != "needs_operator"
    machine.teardown()


@pytest.mark.parametrize("machine", [Orders, OrdersOfClassE])
def test_no_order_is_lost_or_placed_twice(machine: type[Orders]) -> None:
    calm = settings(
        max_examples=40,
        stateful_step_count=30,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    run_state_machine_as_test(machine, settings=calm)
