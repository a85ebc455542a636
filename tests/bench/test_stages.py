"""An order's stages are parted where the flow calls its ports."""

import asyncio
import time

import pytest

from adapter.bench.stages import STAGES, Stages, Watched

pytestmark = pytest.mark.anyio


class Journal:
    """A port that takes a hundredth of a second for one thing, and tells another."""

    file = "journal.db"

    async def find(self, key: str) -> str:
        await asyncio.sleep(0.01)
        return key


async def test_what_was_before_a_port_and_the_port_itself_are_told_apart() -> None:
    stages = Stages()
    journal = Watched(Journal(), stages, "find")
    stages.begin()
    time.sleep(0.02)  # noqa: ASYNC251  # the work of a stage
    assert await journal.find("k") == "k"
    stages.mark("map")

    (order,) = stages.orders
    assert list(order) == list(STAGES)
    assert order["decode"] >= 20
    assert 9 < order["recall"] < order["decode"]
    assert order["map"] < 5


async def test_what_an_order_goes_through_twice_adds_up_and_the_median_is_of_orders() -> None:
    stages = Stages()
    journal = Watched(Journal(), stages, "find")
    for times in (1, 2, 2):
        stages.begin()
        for _ in range(times):
            await journal.find("k")

    assert [round(order["recall"] / 10) for order in stages.orders] >= [1, 2, 2]
    assert stages.medians()["recall"] >= 20


async def test_what_is_not_watched_is_the_ports_own() -> None:
    assert Watched(Journal(), Stages(), "find").file == "journal.db"
