"""How long the journal keeps what, and what a person may decide."""

import asyncio
from typing import Any

import apsw
import pytest

from adapter.core.answers import Result, conclude
from adapter.core.outcomes import Outcome, State
from adapter.core.steps import Taken
from adapter.shell.journal import ANSWER_DAYS, TOMBSTONE_DAYS
from adapter.shell.schema import PORTION
from tests.core.conftest import ADDRESS, ANSWERS
from tests.recovering import (
    IN_PROGRESS,
    OUT_OF_STOCK,
    UNCERTAIN,
    SetStage,
    crash_in_call,
    grow_old,
    hasten,
    recover_now,
    stage,
    state,
    told,
    write,
)
from tests.staging import LOST, NOT_SENT, Stage, document

__all__ = ["stage"]

pytestmark = pytest.mark.anyio

DAY = 86_400
EXPIRED = (409, "operation-result-expired")
PERSON = [*ADDRESS.values(), "sita@example.com"]


@pytest.mark.parametrize("ending", [None, OUT_OF_STOCK], ids=["placed", "refused"])
async def test_an_answer_is_kept_for_its_days_and_then_blanked(stage: SetStage, ending: Any) -> None:
    here = stage("stella_sync", ending)
    first = await here.place("a")
    grow_old(here, (ANSWER_DAYS - 0.1) * DAY)
    assert await here.journal.purge() == 0
    grow_old(here, (ANSWER_DAYS + 0.1) * DAY)
    assert await here.journal.purge() == 1
    refused = await here.place("a")

    assert told(refused) == EXPIRED
    assert document(refused)["operation_state"] == state(here)
    assert document(refused)["receipt_id"] == (document(first)["id"] if ending is None else None)
    assert document(refused)["safe_new_key"] is False
    assert told(await here.place("a", note="another")) == (422, "idempotency-key-reused")
    shown = await here.gateway.show_order(here.inbound(), document(refused)["operation_id"])
    assert document(shown)["receipt"] is None
    assert document(shown)["receipt_id"] == document(refused)["receipt_id"]
    assert len(here.backends.calls) == 1
    assert await here.journal.purge() == 0


async def test_a_tombstone_is_deleted_after_its_days_and_the_key_is_new_again(stage: SetStage) -> None:
    here = stage("lana")
    await here.place("a")
    grow_old(here, (TOMBSTONE_DAYS - 0.1) * DAY)
    await here.journal.purge()
    assert told(await here.place("a")) == EXPIRED
    grow_old(here, (TOMBSTONE_DAYS + 0.1) * DAY)
    await here.journal.purge()

    assert here.read("SELECT * FROM operation") == here.read("SELECT * FROM attempt") == []
    assert told(await here.place("a")) == (201, "receipt")
    assert len(here.backends.calls) == 8


async def test_orders_go_on_while_many_are_blanked(stage: SetStage) -> None:
    here = stage("stella_sync")
    await here.place("a")
    copied = """
        WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ?)
        INSERT INTO operation (operation_id, tenant, route, key, fingerprint, fingerprint_version, dialect, state,
            attempt, detail, received_at, updated_at, canonical, losses)
        SELECT 'op-' || n, tenant, route, n, fingerprint, fingerprint_version, dialect, state,
            attempt, detail, received_at, updated_at, canonical, losses
        FROM operation, number
    """
    write(here, copied, 3 * PORTION)
    grow_old(here, (ANSWER_DAYS + 1) * DAY)
    purge = asyncio.create_task(here.journal.purge())
    await asyncio.sleep(0)
    placed = await here.place("b")
    still_at_it = not purge.done()

    assert (told(placed), still_at_it) == ((201, "receipt"), True)
    assert await purge == 3 * PORTION + 1
    assert here.read("SELECT key FROM operation WHERE NOT expired") == [("b",)]


async def test_operations_that_are_open_are_never_purged(stage: SetStage) -> None:
    await crash_in_call(stage("stella_sync"), "dispatching")
    here = stage("stella_sync", LOST, LOST)
    await here.place("unknown")
    await here.place("reconciling")
    await stage("enad", LOST).place("needs_operator")
    hasten(here)
    taken = await here.journal.take_open(8, 60.0)
    sql = "UPDATE operation SET state = key, received_at = '2001-01-01T00:00:00Z', updated_at = '2001-01-01T00:00:00Z'"
    writer = apsw.Connection(str(here.path))
    writer.execute(sql)
    writer.close()
    before = here.read("SELECT * FROM operation ORDER BY key"), here.read("SELECT * FROM attempt ORDER BY rowid")

    assert len(taken) == 3
    assert await here.journal.purge() == 0
    after = here.read("SELECT * FROM operation ORDER BY key"), here.read("SELECT * FROM attempt ORDER BY rowid")
    assert after == before
    assert len(before[0]) == 4


@pytest.mark.parametrize("dialect", ["stella_sync", "stella_checkout", "enad", "lana"])
async def test_no_byte_of_a_person_is_left_once_an_answer_is_blanked(stage: SetStage, dialect: str) -> None:
    here = stage(dialect, None, None, NOT_SENT)
    await here.place("a", note="x" * 9000)  # long enough for pages of its own
    await here.place("a", note="x" * 9000)
    assert any(part.encode() in whole(here) for part in PERSON)
    grow_old(here, (ANSWER_DAYS + 1) * DAY)
    await here.journal.purge()

    left = whole(here)
    assert [part for part in PERSON if part.encode() in left] == []
    assert b"xxxx" not in left
    assert here.backends.calls[0].body not in left or not here.backends.calls[0].body


async def test_a_person_who_was_looked_for_by_recovery_leaves_nothing_either(stage: SetStage) -> None:
    here = stage("lana", LOST, LOST, None, LOST)
    await here.place("a")
    for _ in range(3):
        await recover_now(here)
    assert state(here) == "succeeded"
    grow_old(here, (ANSWER_DAYS + 1) * DAY)
    await here.journal.purge()

    left = whole(here)
    assert [part for part in PERSON if part.encode() in left] == []


def whole(here: Stage) -> bytes:
    """The journal's file and its log, once what the log has is in the file."""
    writer = apsw.Connection(str(here.path))
    ((busy, *_),) = writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    writer.close()
    assert busy == 0
    return b"".join(file.read_bytes() for file in here.path.parent.iterdir())


def word(here: Stage, decided: State) -> tuple[str, Result]:
    """What a person found out, for the one operation there is."""
    ((operation_id,),) = here.read("SELECT operation_id FROM operation")
    receipt = ANSWERS["stella_sync", "create_order"] if decided is State.SUCCEEDED else None
    outcome = Outcome(decided, "a person looked", taken=Taken({}, receipt, {}))
    return operation_id, conclude(outcome, operation_id, (), 202)


@pytest.mark.parametrize("dialect", ["stella_sync", "enad"])
async def test_a_person_ends_what_is_open(stage: SetStage, dialect: str) -> None:
    here = stage(dialect, LOST)
    await here.place("a")
    operation_id, result = word(here, State.SUCCEEDED)

    assert await here.journal.resolve(operation_id, result) is True
    repeat = await here.place("a")
    assert told(repeat) == (201, "receipt")
    assert document(repeat) == ANSWERS["stella_sync", "create_order"]
    assert (await recover_now(here), len(here.backends.calls)) == ([], 1)


async def test_a_person_may_free_a_key_by_saying_that_nothing_was_placed(stage: SetStage) -> None:
    here = stage("enad", LOST)
    await here.place("a")
    await here.journal.resolve(*word(here, State.NOT_APPLIED))

    assert told(await here.place("a")) == (201, "receipt")
    assert here.read("SELECT call, state FROM attempt ORDER BY rowid") == [("order", "unknown"), ("order", "succeeded")]


@pytest.mark.parametrize("ending", [None, OUT_OF_STOCK, NOT_SENT], ids=["placed", "refused", "not sent"])
@pytest.mark.parametrize("decided", [State.SUCCEEDED, State.REJECTED, State.NOT_APPLIED])
async def test_a_person_never_overrules_an_end(stage: SetStage, ending: Any, decided: State) -> None:
    here = stage("stella_sync", ending)
    await here.place("a")
    before = here.read("SELECT * FROM operation")

    assert await here.journal.resolve(*word(here, decided)) is False
    assert here.read("SELECT * FROM operation") == before


async def test_a_key_whose_order_was_not_placed_may_run_again_however_old_it_is(stage: SetStage) -> None:
    here = stage("stella_sync", NOT_SENT)
    await here.place("a")
    grow_old(here, (ANSWER_DAYS + 0.1) * DAY)
    assert await here.journal.purge() == 1

    assert told(await here.place("a")) == (201, "receipt")
    assert told(await here.place("a")) == (201, "receipt")
    assert len(here.backends.calls) == 2


async def test_no_person_decides_while_a_call_may_be_under_way(stage: SetStage) -> None:
    here = stage("stella_sync", LOST)
    await here.place("a")
    hasten(here)
    await here.journal.take_open(8, 60.0)

    assert await here.journal.resolve(*word(here, State.NOT_APPLIED)) is False
    assert state(here) == "reconciling"


async def test_nothing_that_was_under_way_overrules_a_person(stage: SetStage) -> None:
    here = stage("stella_sync", LOST, OUT_OF_STOCK)
    await here.place("a")
    hasten(here)
    (case,) = await here.journal.take_open(8, 0.0)
    assert await here.journal.resolve(*word(here, State.SUCCEEDED)) is True
    await here.recovery.recover(case)

    assert (state(here), told(await here.place("a"))) == ("succeeded", (201, "receipt"))


async def test_an_operation_of_another_name_is_nobodys_to_resolve(stage: SetStage) -> None:
    here = stage("stella_sync", LOST)
    await here.place("a")
    _, result = word(here, State.SUCCEEDED)

    assert await here.journal.resolve("another", result) is False
    assert told(await here.place("a")) == IN_PROGRESS != UNCERTAIN
