"""Protection around the way out: places, circuits, more connects, budgets, waits; one tenant's alone."""

import asyncio
from collections import deque
from pathlib import Path

import pytest

from adapter.core.orders import Journey, map_out
from adapter.core.outcomes import Answered, Lost, NotSent, Sent
from adapter.core.protection import OPENS_AFTER
from adapter.core.steps import Call
from adapter.errors import Problem
from adapter.ports import OpenDoor
from adapter.shell.protected import MORE_CONNECTS, ProtectedBackends
from tests.conftest import DIALECTS, sample_tenant
from tests.staging import SHIPPED, Stage, order_for, set_stage

pytestmark = pytest.mark.anyio

REFERENCE = "11111111-2222-4333-8444-555555555555"
GOOD = Answered(200, {}, b"{}")
DOWN = Answered(500, {}, b"")


class Inner:
    """Backends that give what a script says, then what is good."""

    def __init__(self, *script: Sent) -> None:
        self.script = deque(script)
        self.calls: list[Call] = []

    async def send(self, call: Call, deadline: float) -> Sent:
        self.calls.append(call)
        return self.script.popleft() if self.script else GOOD


class Together:
    """Backends that answer no call before all that share a barrier are under way."""

    def __init__(self, inner: Inner, barrier: asyncio.Barrier) -> None:
        self.inner = inner
        self.barrier = barrier

    async def send(self, call: Call, deadline: float) -> Sent:
        sent = await self.inner.send(call, deadline)
        await self.barrier.wait()
        return sent


def call(tenant: str = "shop") -> Call:
    return Call("order", DIALECTS["enad"].steps[0], "POST", "http://backend.test/v1/orders", {}, b"{}", tenant)


def map_out_one(stage: Stage) -> Journey:
    return map_out(stage.tenant, order_for("stella_checkout"), [], REFERENCE, "2026-01-01T00:00:00Z")


def journey(dialect: str = "enad", lines: int = 1) -> Journey:
    tenant = sample_tenant("shop", SHIPPED[dialect], "http://backend.test")
    order = order_for(dialect)
    return map_out(
        tenant, order | {"line_items": order["line_items"][:1] * lines}, [], REFERENCE, "2026-01-01T00:00:00Z"
    )


async def test_a_connection_that_does_not_come_about_is_tried_again_and_nothing_else_is() -> None:
    inner = Inner(NotSent("ConnectError"), NotSent("ConnectError"), GOOD)
    assert await ProtectedBackends(inner, 8).send(call(), 5) == GOOD
    assert len(inner.calls) == 1 + MORE_CONNECTS

    for sent in (Lost("ReadTimeout"), DOWN, Answered(429, {}, b"")):
        inner = Inner(sent)
        assert await ProtectedBackends(inner, 8).send(call(), 5) == sent
        assert len(inner.calls) == 1


async def test_more_connects_end_with_the_deadline() -> None:
    inner = Inner(*[NotSent("ConnectError")] * 9)

    assert await ProtectedBackends(inner, 8).send(call(), 0.01) == NotSent("ConnectError")
    assert len(inner.calls) == 1


@pytest.mark.parametrize("failure", [DOWN, Lost("ReadTimeout"), NotSent("ConnectError")])
async def test_after_five_failures_nothing_is_sent_and_another_tenant_does_not_notice(failure: Sent) -> None:
    times = OPENS_AFTER * (1 + MORE_CONNECTS)
    inner = Inner(*[failure] * (times if isinstance(failure, NotSent) else OPENS_AFTER))
    backends = ProtectedBackends(inner, 8)
    for _ in range(OPENS_AFTER):
        assert await backends.send(call(), 5) == failure
    seen = len(inner.calls)
    held_back = await backends.send(call(), 5)

    assert isinstance(held_back, NotSent)
    assert "circuit" in held_back.reason
    assert len(inner.calls) == seen
    assert await backends.send(call("other"), 5) == GOOD


async def test_a_half_open_circuit_is_probed_by_a_read_before_an_order(monkeypatch: pytest.MonkeyPatch) -> None:
    inner = Inner(*[DOWN] * OPENS_AFTER, DOWN, Answered(404, {}, b""), GOOD)
    backends = ProtectedBackends(inner, 8)
    now = [0.0]
    monkeypatch.setattr("adapter.shell.protected.time.monotonic", lambda: now[0])
    for _ in range(OPENS_AFTER):
        await backends.send(call(), 5)

    now[0] = 31
    assert isinstance(await backends.send(call(), 5), NotSent)  # the probe failed too: open for longer
    now[0] = 31 + 59
    assert isinstance(await backends.send(call(), 5), NotSent)
    now[0] = 31 + 61
    assert await backends.send(call(), 5) == GOOD
    asked = [(one.method, one.url, one.body) for one in inner.calls[OPENS_AFTER:]]
    assert asked == [
        ("GET", "http://backend.test/", b""),
        ("GET", "http://backend.test/", b""),
        ("POST", "http://backend.test/v1/orders", b"{}"),
    ]


async def test_a_backend_is_left_alone_for_as_long_as_it_asks() -> None:
    inner = Inner(Answered(429, {"retry-after": "30"}, b""))
    backends = ProtectedBackends(inner, 8)
    first = await backends.send(call(), 5)
    second = await backends.send(call(), 5)

    assert isinstance(first, Answered)
    assert isinstance(second, NotSent)
    assert "30 s" in second.reason
    assert len(inner.calls) == 1


async def test_a_later_answer_takes_nothing_back_of_the_quiet_that_an_earlier_one_asked_for() -> None:
    asked = Answered(429, {"retry-after": "30"}, b"")
    for script in ((asked, Answered(503, {}, b"")), (Answered(503, {}, b""), asked)):  # whichever is read first
        inner = Inner(*script)
        backends = ProtectedBackends(Together(inner, asyncio.Barrier(2)), 8)
        await asyncio.gather(backends.send(call(), 5), backends.send(call(), 5))
        async with asyncio.timeout(1):
            assert isinstance(await backends.send(call(), 5), NotSent)


async def test_an_order_without_a_place_is_refused_before_it_is_claimed() -> None:
    backends = ProtectedBackends(Inner(), 1)
    async with backends.admit(journey()):
        with pytest.raises(Problem) as caught:
            async with backends.admit(journey()):
                raise AssertionError("there was no place")
    async with backends.admit(journey()):
        pass

    assert (caught.value.kind, caught.value.status) == ("overloaded", 503)
    assert caught.value.headers["Retry-After"] == "1"


async def test_an_order_of_many_lines_is_refused_where_the_minute_has_too_few_calls() -> None:
    backends = ProtectedBackends(Inner(), 8)
    long = journey("stella_checkout", lines=20)
    for _ in range(2):
        async with backends.admit(long):
            assert backends.charge(long) == 0
    with pytest.raises(Problem, match=f"takes {long.count_calls()} calls of the 60 a minute") as caught:
        async with backends.admit(long):
            raise AssertionError("the budget was spent")

    assert 1 <= int(caught.value.headers["Retry-After"]) <= 30


@pytest.mark.parametrize("workers", [1, 2, 4, 7, 100])
async def test_workers_share_what_a_backend_grants_a_minute(workers: int) -> None:
    all_of_them = [ProtectedBackends(Inner(), 8, workers) for _ in range(workers)]
    order = journey("stella_checkout")
    calls = 0
    for backends in all_of_them:
        while backends.charge(order) == 0:
            calls += order.count_calls()

    # one that is charged for more than its share leaves a debt for the next minute
    assert 0 < calls <= max(60, workers * order.count_calls())


async def test_looking_at_a_budget_spends_nothing_of_it() -> None:
    backends = ProtectedBackends(Inner(), 8)
    long = journey("stella_checkout", lines=20)
    for _ in range(50):
        async with backends.admit(long):
            pass
    assert backends.charge(long) == 0
    assert backends.charge(long) == 0
    assert backends.charge(long) > 0


async def test_an_order_whose_budget_was_spent_meanwhile_is_not_sent(tmp_path: Path) -> None:
    stage = set_stage(tmp_path / "journal.db", "stella_checkout", [])
    protected = ProtectedBackends(stage.backends, 8)
    stage.gateway.runs.admission = protected
    while not protected.charge(map_out_one(stage)):
        pass
    protected.admit = OpenDoor().admit  # type: ignore[method-assign,assignment]  # as if it had looked a moment ago
    answer = await stage.place("a")

    assert (answer.status, stage.backends.calls) == (503, [])
    assert int(answer.headers["Retry-After"]) >= 1


async def test_an_answer_tells_what_an_order_took_of_a_budget(tmp_path: Path) -> None:
    limited = await set_stage(tmp_path / "a.db", "stella_checkout", []).place("a")
    free = await set_stage(tmp_path / "b.db", "enad", []).place("a")

    assert limited.headers["Backend-Calls"].endswith(";limit=60;w=60")
    assert "Backend-Calls" not in free.headers


async def test_one_tenants_slow_backend_takes_none_of_anothers_places() -> None:
    stuck = asyncio.Event()

    class Slow(Inner):
        async def send(self, call: Call, deadline: float) -> Sent:
            if call.tenant == "slow":
                await stuck.wait()
            return GOOD

    backends = ProtectedBackends(Slow(), 4)
    waiting = [asyncio.create_task(backends.send(call("slow"), 5)) for _ in range(50)]
    await asyncio.sleep(0)
    async with asyncio.timeout(1):
        assert await asyncio.gather(*[backends.send(call("quick"), 5) for _ in range(50)]) == [GOOD] * 50
    stuck.set()
    await asyncio.gather(*waiting)
