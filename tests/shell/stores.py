"""The stores that a journal can be, and what the suite of their promises claims, sends and records.

A store joins by a row in STORES. Leases of no length are over at once, so that no test waits for a clock.
"""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Protocol

import pytest
from msgspec import structs

from adapter.core.answers import Result, conclude
from adapter.core.idempotency import Claim
from adapter.core.ledger import Loss
from adapter.core.outcomes import Outcome, State
from adapter.core.steps import Call, Taken
from adapter.ports import Case, Hold, Intent, Journal
from adapter.shell.journal import SqliteJournal
from tests.conftest import DIALECTS
from tests.staging import ORDERS

LOSSES = (Loss("/note", "dropped", "no home"),)
RECEIPT = {"id": "9f1c0a52-6d0e-4f6b-9a55-0c7a3b1f9d11", "email": "a@b.co"}
PLACED = Outcome(State.SUCCEEDED, "placed", 201, Taken({"order_id": "or_1"}, RECEIPT, {"token": "hush"}))
REFUSED = Outcome(State.REJECTED, "refused", 422)
UNSENT = Outcome(State.NOT_APPLIED, "not sent")
LOST = Outcome(State.UNKNOWN, "lost")
ENDS = [PLACED, REFUSED, UNSENT]


class Store(Journal, Protocol):
    """A journal with what is done to it from outside of the flow."""

    async def resolve(self, operation_id: str, result: Result) -> bool: ...

    async def purge(self, answer_days: float = 7, tombstone_days: float = 400) -> int: ...

    async def close(self) -> None: ...


STORES: dict[str, Callable[[Path], Store]] = {"sqlite": SqliteJournal}

OpenJournal = Callable[[], Store]


@pytest.fixture(params=STORES)
async def open_journal(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[OpenJournal]:
    """Open the same journal, once more with each call, as another node or a restart would."""
    opened: list[Store] = []

    def make() -> Store:
        opened.append(STORES[request.param](tmp_path / "journal.db"))
        return opened[-1]

    yield make
    for store in opened:
        await store.close()


@pytest.fixture
def store(open_journal: OpenJournal) -> Store:
    return open_journal()


def call(name: str = "order", body: bytes = b'{"order":1}') -> Call:
    return Call(name, DIALECTS["enad"].steps[0], "POST", f"http://backend.test/{name}", {}, body)


def claim(operation_id: str = "op-1", **members: str) -> Claim:
    made = Claim(operation_id, "shop", ORDERS, "k", "f", "2026-03-02T09:15:20Z")
    return structs.replace(made, **members)


def intent(lease: float = 60.0) -> Intent:
    return Intent("enad", {"email": "a@b.co"}, LOSSES, call(), lease)


def result(outcome: Outcome, check_after: float = 0.0) -> Result:
    return conclude(outcome, "op-1", LOSSES, 202)._replace(check_after=check_after)


async def hold(store: Store, claimed: Claim | None = None, lease: float = 60.0) -> Hold:
    held = await store.claim(claimed or claim(), intent(lease))
    assert isinstance(held, Hold)
    return held


async def end(store: Store, held: Hold, outcome: Outcome, check_after: float = 0.0) -> bool:
    return await store.finish(held, call(), outcome, result(outcome, check_after))


async def take(store: Store, lease: float = 60.0) -> Case:
    (case,) = await store.take_open(8, lease)
    return case


async def state(store: Store) -> State:
    entry = await store.find(claim())
    assert entry is not None
    return entry.state
