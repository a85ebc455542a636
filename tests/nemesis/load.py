"""Clients: each places an order, repeats it with the same key until it is decided, and asks once more."""

import asyncio
import math
import time
from collections import Counter
from collections.abc import Callable, Mapping
from itertools import count
from random import Random
from typing import NamedTuple

import httpx

from adapter.core.messages import ORDERS
from tests.nemesis.history import Asked, Lost
from tests.nemesis.yard import headers, make_order

# A repeat never changes these; everything else may yet change.
DECIDED = frozenset({"operation-uncertain", "operation-result-expired", "duplicate-order-reference"})

# Far longer than any order may take, also on a busy machine and while its gateway is stopped for a while: who is not
# answered by then is never answered, so that what a client gives up is a fault of the gateway and not of its clock.
PATIENCE = 120.0

# The transport's event by which all of a request has left.
SENT = "http11.send_request_body.complete"

# Seconds between two repeats, at most twice that.
LONGEST_PAUSE = 0.25

# How much slower orders come once there are enough of them, and the nemesis is still at it.
EBB = 5


class Wish(NamedTuple):
    """An order that a client wants placed under a key."""

    tenant: str
    key: str
    variant: str = "x"
    reference: str | None = None


class Clients:
    """Everybody who asks the gateways of a round; ``urls`` are those that may be asked at the moment, by number."""

    def __init__(self, urls: Callable[[], Mapping[int, str]], random: Random, patience: float = PATIENCE) -> None:
        self.urls = urls
        self.random = random
        self.asked: list[Asked] = []
        self.told: Counter[str] = Counter()  # problems, by kind
        self.over = asyncio.Event()
        # a connection for each request, so that none is lost only because an idle one was closed
        limits = httpx.Limits(max_keepalive_connections=0)
        self.client = httpx.AsyncClient(limits=limits, timeout=patience, trust_env=False)

    async def shop(self, tenant: str, least: int, enough: int, pace: float) -> None:
        """Place orders of a tenant until the round is over, at least so many, and with ever fewer once it is enough."""
        async with asyncio.TaskGroup() as group:
            for number in count():
                if self.over.is_set() and number >= least:
                    break
                for wish in self._wish(tenant, number):
                    group.create_task(self.place(wish))
                pause = pace if number < enough else EBB * pace
                await asyncio.sleep(pause * self.random.uniform(0.5, 1.5))

    async def place(self, wish: Wish, until: float = 15.0) -> None:
        """Ask until it is decided, then once more for the replay."""
        end, pause = time.monotonic() + until, 0.05
        while not is_decided(await self.ask(wish)):
            if self.over.is_set() and time.monotonic() > end:
                return
            await asyncio.sleep(self.random.uniform(pause, 2 * pause))
            pause = min(pause * 1.5, LONGEST_PAUSE)
        await self.ask(wish)

    async def ask(self, wish: Wish, gateway: int | None = None) -> Asked:
        """One request, to a gateway or any that is up, and how it ended."""
        urls = self.urls()
        if gateway is None and urls:
            gateway = self.random.choice(list(urls))
        asked = await self._post(wish, gateway or 0, urls.get(gateway or 0))
        self.asked.append(asked)
        self.told[asked.problem] += 1
        return asked

    async def _post(self, wish: Wish, gateway: int, url: str | None) -> Asked:
        asked = Asked(*wish, began=time.time(), ended=0, gateway=gateway)
        if url is None:
            return asked._replace(ended=time.time(), lost=Lost.REFUSED)
        order, key = make_order(*wish), headers(wish.tenant, wish.key)
        times: dict[str, float] = {}

        async def note(event: str, _info: object) -> None:
            times[event] = time.time()

        try:
            answer = await self.client.post(url + ORDERS, json=order, headers=key, extensions={"trace": note})
        except httpx.TransportError as exc:
            return asked._replace(ended=time.time(), lost=tell_loss(exc), sent=times.get(SENT, math.inf))
        ended, told = time.time(), dict(answer.headers)
        return asked._replace(
            sent=times.get(SENT, math.inf), ended=ended, status=answer.status_code, body=answer.content, headers=told
        )

    def _wish(self, tenant: str, number: int) -> list[Wish]:
        """Mostly one order; now and then two under one key, or two keys under one reference."""
        own = tenant.endswith("b")  # the tenant that names a reference
        wish = Wish(tenant, f"k{number}", "x", f"r{number}" if own else None)
        if number % 8 == 3:
            return [wish, wish._replace(variant="y")]
        if number % 8 == 5 and own:
            return [wish, wish._replace(key=f"k{number}twin")]
        return [wish]


def tell_loss(exc: httpx.TransportError) -> Lost:
    """Who ended a request that has no answer."""
    if isinstance(exc, (httpx.ConnectError, httpx.ConnectTimeout)):
        return Lost.REFUSED
    return Lost.GIVEN_UP if isinstance(exc, httpx.TimeoutException) else Lost.CUT


def is_decided(asked: Asked) -> bool:
    """Whether a repeat would only say the same."""
    return asked.status in (201, 400, 401, 422) or asked.problem in DECIDED
