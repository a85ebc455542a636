"""Limits of callers in the flow: what is one too many goes nowhere, and repeats do not use up what orders need."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from adapter.core.messages import Answer
from adapter.core.tenancy.limits import LimitRows
from adapter.errors import Problem
from adapter.shell.limits import TokenBuckets
from tests.staging import ORDERS, Stage, set_stage

pytestmark = pytest.mark.anyio

SetStage = Callable[..., Stage]


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[SetStage]:
    stages: list[Stage] = []

    def make(**rows: Any) -> Stage:
        made = set_stage(tmp_path / f"journal-{len(stages)}.db", "stella_sync", [], **rows)
        made.gateway.limits = TokenBuckets()
        stages.append(made)
        return made

    yield make
    for made in stages:
        await made.journal.close()


def told(answer: Answer | Problem, name: str = "RateLimit") -> str:
    """What a field says, the seconds aside."""
    return answer.headers.get(name, "").partition(";t=")[0]


async def test_one_order_too_many_is_refused_before_anything_is_claimed(stage: SetStage) -> None:
    here = stage(limit=LimitRows(orders=2))
    answers = [await here.place(key) for key in "abc"]

    assert [answer.status for answer in answers] == [201, 201, 429]
    assert [told(answer) for answer in answers] == ['"orders";r=1', '"orders";r=0', '"orders";r=0']
    assert answers[0].headers["RateLimit-Policy"] == '"orders";q=2;w=60'
    assert int(answers[2].headers["Retry-After"]) in (29, 30)
    assert here.read("SELECT count(*) FROM operation") == [(2,)]
    assert len(here.backends.calls) == 2


async def test_repeats_have_a_bucket_of_their_own(stage: SetStage) -> None:
    here = stage(limit=LimitRows(orders=1, repeats=3))
    first = await here.place("a")
    repeats = [await here.place("a") for _ in range(4)]

    assert first.status == 201
    assert [answer.status for answer in repeats] == [201, 201, 201, 429]
    assert [told(answer) for answer in repeats] == [f'"repeats";r={left}' for left in (2, 1, 0, 0)]
    assert (await here.place("b")).status == 429


async def test_an_order_without_a_key_is_no_repeat(stage: SetStage) -> None:
    here = stage(limit=LimitRows(orders=1))

    assert [(await here.place()).status for _ in range(2)] == [201, 429]


async def test_what_is_told_is_not_stored(stage: SetStage) -> None:
    here = stage(limit=LimitRows(orders=5))
    await here.place("a")
    ((headers,),) = here.read("SELECT headers FROM operation")

    assert "RateLimit" not in str(headers)


async def test_reads_are_counted_apart_from_orders(stage: SetStage) -> None:
    here = stage(limit=LimitRows(reads=2))
    placed = await here.place("a")
    assert isinstance(placed, Answer)
    order_id = placed.headers["Location"].removeprefix(f"{ORDERS}/")
    inbound = here.inbound()

    assert "RateLimit" not in placed.headers
    assert told(await here.gateway.show_order(inbound, order_id)) == '"reads";r=1'
    assert told(await here.gateway.preview_order(inbound)) == '"reads";r=0'
    with pytest.raises(Problem) as caught:
        await here.gateway.show_ledger(inbound, order_id)
    assert (caught.value.kind, caught.value.members) == ("quota-exceeded", {"violated-policies": ["reads"]})


async def test_callers_have_their_own_share_of_what_their_tenant_may(stage: SetStage) -> None:
    here = stage(limit=LimitRows(orders=10), caller_limit=LimitRows(orders=1))
    buckets = here.gateway.limits

    assert (await here.place("a")).status == 201
    assert (await here.place("b")).status == 429
    assert '"orders";r=8' in buckets.take(here.tenant, "another caller", "orders")["RateLimit"]


async def test_without_limits_nothing_is_told(stage: SetStage) -> None:
    answer = await stage().place("a")

    assert not {"RateLimit", "RateLimit-Policy"} & answer.headers.keys()
