"""How recovery ends an order of which no call is open, and how long it holds one of which a call is."""

import asyncio

import pytest

from tests.recovering import NOT_APPLIED, SetStage, grow_old, hasten, recover_now, stage, state, told, turn, write
from tests.staging import LOST, NOT_SENT

__all__ = ["stage"]

pytestmark = pytest.mark.anyio

WAY = ["create", "calculate", "allocate_number", "reserve"]


async def test_a_later_step_that_was_never_sent_until_the_shopper_left_was_not_applied(stage: SetStage) -> None:
    here = stage("lana", LOST, None, NOT_SENT)
    await here.place("a")
    await recover_now(here)
    grow_old(here, 5000)
    await recover_now(here)
    assert (state(here), here.backends.names()) == ("not_applied", ["create", "create", "calculate"])

    assert told(await here.place("a")) == (201, "receipt")
    assert here.backends.names()[3:] == WAY[1:]


@pytest.mark.parametrize("seconds", [0, 5000], ids=["young", "old"])
async def test_an_order_whose_every_step_is_on_record_is_placed_however_late_that_is_noticed(
    stage: SetStage, seconds: float
) -> None:
    """What a look found may be the last step, and the gateway may die between that record and the next."""
    here = stage("lana")
    await here.place("a")
    write(here, "UPDATE operation SET state = 'reconciling', status = NULL, headers = NULL, body = NULL")
    grow_old(here, seconds)
    await recover_now(here)

    assert (state(here), here.backends.names()) == ("succeeded", WAY)
    assert told(await here.place("a")) == (201, "receipt")


async def test_an_order_that_died_between_two_calls_is_no_persons_to_decide(stage: SetStage) -> None:
    """Not even where nothing may be sent twice: its next call was not on record, so that it was never sent."""
    here = stage("lana", None, NOT_SENT)
    turn(here, "E")
    assert told(await here.place("a")) == NOT_APPLIED
    write(here, "UPDATE operation SET state = 'dispatching', attempt = attempt + 1")  # a repeat that got no further
    await recover_now(here)
    assert (state(here), here.backends.names()) == ("not_applied", ["create", "calculate"])

    assert told(await here.place("a")) == (201, "receipt")


async def test_what_recovery_sends_is_left_alone_for_as_long_as_a_first_call(stage: SetStage) -> None:
    here = stage("lana", LOST, quiet_seconds=600)
    await here.place("a")
    hasten(here)
    (case,) = await here.journal.take_open(8, 60.0)
    here.backends.started.clear()
    here.backends.pause = asyncio.Event().wait
    task = asyncio.create_task(here.recovery.recover(case))
    await here.backends.started.wait()
    ((left,),) = here.read("SELECT check_at - unixepoch('subsec') FROM operation")
    task.cancel()
    await asyncio.wait([task])

    assert left > 600
