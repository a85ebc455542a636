"""A round: gateways under load, a nemesis that kills them in one way, recovery, and the checker's verdict."""

import asyncio
import signal
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from math import exp, log
from pathlib import Path
from random import Random
from typing import NamedTuple

from tests.nemesis.checker import Verdict, check
from tests.nemesis.gateways import SECONDS, Gateways, comes
from tests.nemesis.history import History
from tests.nemesis.load import Clients, Wish
from tests.nemesis.tracing import why_untraceable
from tests.nemesis.victim import POINTS
from tests.nemesis.yard import HOMES, QUIET, Yard, draw_faults

# Within this many seconds after a round, and twice as many as it took, every operation has ended: the pauses between
# looks at what stays open are as long as it has been open.
T = 12.0

# How often a round is tried that comes to nothing before that is an error of the machine's or of the nemesis.
TRIES = 3

# After a jump of the clock back, an operation may be left alone for an hour longer.
HOUR = 3600.0


class Blunt(Exception):
    """The nemesis did not bite: such a round has proved nothing, good or bad, and is never counted as passed."""


class Arena(NamedTuple):
    """What a nemesis can get at."""

    yard: Yard
    gateways: Gateways
    clients: Clients
    random: Random

    def tenants(self) -> list[str]:
        return list(HOMES)

    def was_noticed(self) -> bool:
        """Whether a client was told that the journal cannot be written."""
        return self.clients.told["storage-unavailable"] > 0


Nemesis = Callable[[Arena], Awaitable[None]]


class Kind(NamedTuple):
    """A kind of round: its nemesis, how many gateways share the journal, how often something befalls a request.

    ``bites`` are the counts of which one at least must not be nothing, or else the round proves nothing; ``disk`` is
    how large a disk of its own the journal gets, where one can be mounted; ``passes`` is how much later still the
    journal is made to take it to be before all must have ended; ``lacks`` says why this machine cannot have such a
    round, or nothing.
    """

    nemesis: Nemesis
    gateways: int = 1
    faults: float = 0.15
    least: int = 3
    enough: int = 25
    bites: Sequence[str] = ("kills",)
    disk: str = ""
    passes: float = 0.0
    lacks: Callable[[], str] = lambda: ""


async def strike_at(point: str, arena: Arena) -> None:
    """Have the gateway kill itself at a point, once with an order of each dialect."""
    sandboxes = list(arena.yard.sandboxes.values())
    arena.random.shuffle(sandboxes)
    for sandbox in sandboxes:
        seed = str(arena.random.randrange(2**16))
        await arena.gateways.start(point=point, only=f"{sandbox.url} {sandbox.dialect}-", chance="0.5", seed=seed)
        if not await arena.gateways.outlast(0, f"SIGKILL {point} {sandbox.dialect}", SECONDS):
            raise Blunt(f"no order of {sandbox.dialect} came by {point}")
    await arena.gateways.start()


async def kill_at_random(arena: Arena) -> None:
    await _repeat(arena, signal.SIGKILL)


async def ask_to_end(arena: Arena) -> None:
    """SIGTERM under load: the program ends by itself, and in good order; the checker excuses no lost answer."""
    await _repeat(arena, signal.SIGTERM)


async def _repeat(arena: Arena, how: signal.Signals) -> None:
    await arena.gateways.start()
    for _ in range(arena.random.randint(2, 3)):
        await asyncio.sleep(arena.random.uniform(0.1, 0.6))
        status = await arena.gateways.kill(0, how)
        assert status == (0 if how is signal.SIGTERM else -how), f"ended with {status} by {how.name}"
        await arena.gateways.start()


async def kill_one_of_two(arena: Arena) -> None:
    await asyncio.gather(arena.gateways.start(0), arena.gateways.start(1))
    for _ in range(arena.random.randint(2, 4)):
        await asyncio.sleep(arena.random.uniform(0.1, 0.5))
        number = arena.random.choice((0, 1))
        await arena.gateways.kill(number)
        await asyncio.sleep(arena.random.uniform(0, 0.3))
        await arena.gateways.start(number)


async def stop_one_of_two(arena: Arena) -> None:
    """SIGSTOP until the other has taken over what was under way, then SIGCONT: the first comes back too late."""
    await asyncio.gather(arena.gateways.start(0), arena.gateways.start(1))
    await asyncio.sleep(arena.random.uniform(0.2, 0.6))
    await arena.gateways.pause(0, arena.random.uniform(1.3, 2.2))


# What all but the first of many equal requests are told; what any of them may be, the first above all, on a machine
# so busy that a backend does not answer in time, or that recovery takes the first for dead; that nobody had a receipt.
WAITING = {(201, ""), (409, "operation-in-progress")}
UNDECIDED = {(202, ""), (409, "operation-uncertain"), (503, "operation-not-applied"), (503, "overloaded")}
OVERTAKEN = (None, "no receipt")

MOST_CROWDS = 8


async def crowd(arena: Arena) -> None:
    """Fifty equal requests at once, spread over two gateways: one is placed, the others wait or get its answer."""
    await asyncio.gather(arena.gateways.start(0), arena.gateways.start(1))
    told = [await _gather_crowd(arena, f"crowd{number}") for number in range(2)]
    while not any(one <= WAITING for one in told):
        if len(told) == MOST_CROWDS:
            raise Blunt(f"this machine is too busy to place one order of fifty in time: {told}")
        told.append(await _gather_crowd(arena, f"crowd{len(told)}"))


async def _gather_crowd(arena: Arena, key: str) -> set[tuple[int | None, str]]:
    """What all of a crowd but the first of them are told; and that one too, where it is no receipt."""
    tenant = arena.random.choice(arena.tenants())
    wish = Wish(tenant, key, "x", key if tenant.endswith("b") else None)
    answers = await asyncio.gather(*(arena.clients.ask(wish, number % 2) for number in range(50)))
    fresh = [one for one in answers if one.status == 201 and "idempotent-replayed" not in one.headers]
    others = {(one.status, one.problem) for one in answers if one not in fresh}
    assert len(fresh) <= 1, f"{len(fresh)} of 50 equal requests were answered as the first"
    assert others <= WAITING | UNDECIDED, f"others were answered {others}"
    await arena.clients.place(wish)
    return others if fresh else others | {OVERTAKEN}


async def fail_flushes(arena: Arena) -> None:
    """Flushes fail; the program ends by itself or is killed before it can, and the journal is read anew."""
    while not arena.was_noticed():  # a flush of recovery's alone tells no client anything
        first = arena.random.randint(1, 20)
        await arena.gateways.start(flush=f"{first}:{first + arena.random.choice((5, 20, 1000))}")
        reached = await comes(lambda: arena.was_noticed() or arena.gateways.has_ended(0), SECONDS)
        if not reached:
            raise Blunt(f"flush {first} never came")
        if arena.random.random() < 0.5:
            await arena.gateways.kill(0)
        else:
            assert await arena.gateways.outlast(0, "SIGTERM", SECONDS, status=0), "it goes on after a flush that failed"
    await arena.gateways.start()


async def kill_in_flush(arena: Arena) -> None:
    """SIGKILL in the midst of a flush: what was being committed is there or is not, and nobody was told of it."""
    for _ in range(arena.random.randint(2, 4)):
        number = arena.random.choice((arena.random.randint(1, 5), arena.random.randint(5, 25)))
        await arena.gateways.start(kill_flush=str(number))
        if not await arena.gateways.outlast(0, f"SIGKILL in flush {number}", SECONDS):
            raise Blunt(f"flush {number} never came")
    await arena.gateways.start()


async def turn_clock(arena: Arena) -> None:
    """The wall clock jumps, forward and back, while one of two gateways is dead, and while both are up."""
    await asyncio.gather(arena.gateways.start(0), arena.gateways.start(1))
    for _ in range(arena.random.randint(2, 3)):
        await asyncio.sleep(arena.random.uniform(0.1, 0.5))
        number = arena.random.choice((0, 1))
        await arena.gateways.kill(number)
        jump = _draw_jump(arena.random)
        arena.gateways.turn_clock(jump)
        await arena.gateways.start(number)
        await _set_right(arena, jump)
    await asyncio.sleep(arena.random.uniform(0.1, 0.5))
    jump = _draw_jump(arena.random)
    arena.gateways.turn_clock(jump)
    await _set_right(arena, jump)


async def _set_right(arena: Arena, jump: float) -> None:
    """Undo a jump back that nothing tells from a pause, since what then waits for it would outlast the clients."""
    if -HOUR - 60 <= jump < 0:
        await asyncio.sleep(arena.random.uniform(0.1, 0.3))
        arena.gateways.turn_clock(-jump)


def _draw_jump(random: Random) -> float:
    """Seconds, from two minutes to two days either way, of every order of magnitude alike."""
    return random.choice((1, -1)) * 120 * exp(random.uniform(0, log(1440)))


async def fill_disk(arena: Arena) -> None:
    """No room is left, for a while; what was under way ends meanwhile."""
    await arena.gateways.start(pages="" if arena.gateways.disk else str(arena.random.randint(8, 40)))
    await asyncio.sleep(arena.random.uniform(0.2, 0.5))
    arena.gateways.fill()
    if not await comes(arena.was_noticed, SECONDS):
        raise Blunt("there was always room")
    await asyncio.sleep(arena.random.uniform(0.6, 1.0))
    arena.gateways.make_room()
    await arena.gateways.kill(0, signal.SIGTERM)
    await arena.gateways.start()


KINDS: dict[str, Kind] = {
    **{point: Kind(partial(strike_at, point), faults=0.05) for point in POINTS},
    "sigkill": Kind(kill_at_random),
    "sigterm": Kind(ask_to_end, bites=("drained",)),
    "two-gateways": Kind(kill_one_of_two, gateways=2),
    "sigstop": Kind(stop_one_of_two, gateways=2),
    "crowd": Kind(crowd, gateways=2, faults=0, bites=("409s", "replays")),
    "flush": Kind(fail_flushes, faults=0.05, enough=60, bites=("unavailable",)),
    "flush-kill": Kind(kill_in_flush, faults=0.05, enough=60, lacks=why_untraceable),
    "clock": Kind(turn_clock, gateways=2, passes=HOUR),
    "disk-full": Kind(fill_disk, faults=0.05, enough=60, bites=("unavailable",), disk="16m"),
}


async def run_until_it_bites(yard: Yard, name: str, seed: int, tell: Callable[[str], object]) -> Verdict:
    """A round of a kind, and again where it comes to nothing, which is told; an AssertionError where it always does."""
    for _ in range(TRIES):
        try:
            return await run_round(yard, name, seed)
        except Blunt as exc:
            tell(f"{name}, seed {seed}: it did not bite, and is tried again: {exc}")
    raise AssertionError(f"the nemesis did not bite in {TRIES} rounds")


async def run_round(yard: Yard, name: str, seed: int) -> Verdict:
    """One round of a kind; ``Blunt`` where the nemesis did not bite, an AssertionError where the arena goes wrong."""
    kind, random = KINDS[name], Random(f"{name} {seed}")  # noqa: S311  # repeats for the same seed
    folder = Path(tempfile.mkdtemp(prefix=f"{name}-{seed}-", dir=yard.folder))
    gateways = Gateways(yard, folder, kind.gateways)
    clients = Clients(gateways.urls, random)
    for sandbox in yard.sandboxes.values():
        sandbox.events()
        sandbox.script(draw_faults(random, kind.faults))
    if kind.disk:
        gateways.mount(kind.disk)
    try:
        began = time.monotonic()
        blunt = await _fight(Arena(yard, gateways, clients, random), kind)
        patience = T + 2 * (time.monotonic() - began)
        await gateways.settle(patience)
        if kind.passes:
            gateways.turn_clock(kind.passes)
            await gateways.settle(patience)
        await gateways.stop()
        return _judge(yard, gateways, clients, kind, blunt)
    finally:
        await clients.client.aclose()
        gateways.end()


async def _fight(arena: Arena, kind: Kind) -> str:
    """Load, and the nemesis; why it did not bite, or nothing."""
    blunt, clients = "", arena.clients
    shops = [asyncio.create_task(clients.shop(tenant, kind.least, kind.enough, 0.2)) for tenant in arena.tenants()]
    try:
        await kind.nemesis(arena)
    except Blunt as exc:
        blunt = str(exc)
        await arena.gateways.renew()
    finally:
        clients.over.set()
    for sandbox in arena.yard.sandboxes.values():
        sandbox.script(())
    await asyncio.gather(*shops)
    for sandbox in arena.yard.sandboxes.values():
        sandbox.wait_for_late()
    await asyncio.sleep(QUIET)
    return blunt


def _judge(yard: Yard, gateways: Gateways, clients: Clients, kind: Kind, blunt: str) -> Verdict:
    """What a round proved; a promise that it broke is told also where the nemesis did not bite."""
    history = History(clients.asked, gateways.kills, HOMES, gateways.unwritten())
    ledgers = {name: sandbox.events() for name, sandbox in yard.sandboxes.items()}
    verdict = check(history, ledgers, gateways.rows())
    if not any(verdict.counts[name] for name in kind.bites):
        blunt = blunt or f"none of {', '.join(kind.bites)}"
    if blunt and not verdict.violations:
        raise Blunt(blunt)
    return verdict
