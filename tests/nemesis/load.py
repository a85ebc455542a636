"""Clients: each places an order, repeats it with the same key until it is decided, and asks once more."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from random import Random
from typing import NamedTuple

import httpx

from adapter.core.messages import ORDERS
from tests.nemesis.history import Asked
from tests.nemesis.yard import headers, make_order

# A repeat never changes these; everything else may yet change.
DECIDED = frozenset({"operation-uncertain", "operation-result-expired", "duplicate-order-reference"})

# Longer than any order may take, also while its gateway is stopped for a while.
PATIENCE = 10.0

# Seconds between two repeats, at most twice that.
LONGEST_PAUSE = 0.25


class Wish(NamedTuple):
    """An order that a client wants placed under a key."""

    tenant: str
    key: str
    variant: str = "x"
    reference: str | None = None


class Clients:
    """Everybody who asks the gateways of a round; ``urls`` are those that may be asked at the moment."""

    def __init__(self, urls: Callable[[], Sequence[str]], random: Random) -> None:
        self.urls = urls
        self.random = random
        self.asked: list[Asked] = []
        self.told: Counter[str] = Counter()  # problems, by kind
        self.over = asyncio.Event()
        # a connection for each request, so that none is lost only because an idle one was closed
        limits = httpx.Limits(max_keepalive_connections=0)
        self.client = httpx.AsyncClient(limits=limits, timeout=PATIENCE, trust_env=False)

    async def shop(self, tenant: str, least: int, most: int, pace: float) -> None:
        """Place orders of a tenant until the round is over, at least and at most so many."""
        async with asyncio.TaskGroup() as group:
            for number in range(most):
                if self.over.is_set() and number >= least:
                    break
                for wish in self._wish(tenant, number):
                    group.create_task(self.place(wish))
                await asyncio.sleep(pace * self.random.uniform(0.5, 1.5))

    async def place(self, wish: Wish, until: float = 15.0) -> None:
        """Ask until it is decided, then once more for the replay."""
        end, pause = time.monotonic() + until, 0.05
        while not is_decided(await self.ask(wish)):
            if self.over.is_set() and time.monotonic() > end:
                return
            await asyncio.sleep(self.random.uniform(pause, 2 * pause))
            pause = min(pause * 1.5, LONGEST_PAUSE)
        await self.ask(wish)

    async def ask(self, wish: Wish, url: str | None = None) -> Asked:
        """One request and how it ended."""
        order = make_order(*wish)
        began, answer, refused = time.time(), None, False
        try:
            url = url or self.random.choice(self.urls())
            answer = await self.client.post(url + ORDERS, json=order, headers=headers(wish.tenant, wish.key))
        except (httpx.TransportError, IndexError) as exc:  # an IndexError where no gateway is up
            refused = not isinstance(exc, httpx.TransportError) or isinstance(exc, httpx.ConnectError)
        asked = Asked(*wish, began=began, ended=time.time(), refused=refused)
        if answer is not None:
            asked = asked._replace(status=answer.status_code, body=answer.content, headers=dict(answer.headers))
        self.asked.append(asked)
        self.told[asked.problem] += 1
        return asked

    def _wish(self, tenant: str, number: int) -> list[Wish]:
        """Mostly one order; now and then two under one key, or two keys under one reference."""
        own = tenant.endswith("b")  # the tenant that names a reference
        wish = Wish(tenant, f"k{number}", "x", f"r{number}" if own else None)
        if number % 8 == 3:
            return [wish, wish._replace(variant="y")]
        if number % 8 == 5 and own:
            return [wish, wish._replace(key=f"k{number}twin")]
        return [wish]


def is_decided(asked: Asked) -> bool:
    """Whether a repeat would only say the same."""
    return asked.status in (201, 400, 401, 422) or asked.problem in DECIDED
