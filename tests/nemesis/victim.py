"""The gateway under test: composed like ``adapter.app``, except that it kills itself at a named point.

``python -m tests.nemesis.victim``, set up by ADAPTER_ variables as ``adapter serve`` is, and by those of ``Doom``.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Collection, Mapping
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import httpx
import msgspec
import uvloop
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adapter import app as root
from adapter.core import protection
from adapter.core.answers import Result
from adapter.core.idempotency import Claim, Entry
from adapter.core.outcomes import Outcome, Sent
from adapter.core.steps import Call
from adapter.core.tenancy.tenants import Tenant
from adapter.errors import Problem
from adapter.ports import Case, Duplicate, Hold, Intent
from adapter.shell.files import load_dialects, load_tenants
from adapter.shell.http_out import HttpBackends
from adapter.shell.journal import SqliteJournal
from adapter.shell.serving import catch_stop, serving
from adapter.shell.settings import Settings, read_settings
from adapter.shell.transport import SENDING, AiohttpTransport, OpenSocket
from tests.nemesis.storage import Flaky
from tests.nemesis.tracing import die_in_flush

DIALECTS = load_dialects()

# Where a gateway may be killed, in the order in which an order passes by.
POINTS = ("after-claim", "before-connect", "mid-send", "after-send", "after-answer", "after-result", "mid-reply")

# Turns of the loop after which a request that was begun has left.
TURNS = 5


class Doom(msgspec.Struct, frozen=True):
    """What befalls this gateway; each member's variable is ``NEMESIS_`` and its name in capitals."""

    point: str = ""
    only: str = ""  # how the backend's URL or the tenant's site id starts, where not everybody's order counts
    chance: float = 1.0
    seed: int = 0
    lease: float = 2.0  # how long recovery has a case to itself, a circuit is open; our own would outlast a round
    diary: Path | None = None  # where operations are written down whose claim was not committed
    flush: str = ""  # FIRST:LAST flush that fails
    kill_flush: int = 0  # in which flush of a thread, from the opening of the journal on, SIGKILL comes
    pages: int = 0  # how many pages the journal may grow by


class Executioner:
    """Kills this program at its point, as often as chance has it."""

    def __init__(self, doom: Doom) -> None:
        self.doom = doom
        self.random = Random(doom.seed)  # noqa: S311  # repeats for the same seed

    def strike(self, point: str, whose: str) -> None:
        if self.awaits(point, whose):
            os.kill(os.getpid(), signal.SIGKILL)

    def awaits(self, point: str, whose: str) -> bool:
        """Whether to strike now; ``whose`` is a backend's URL or a site id."""
        here = point == self.doom.point and (not self.doom.only or whose.startswith(tuple(self.doom.only.split())))
        return here and self.random.random() < self.doom.chance


class DoomedJournal(SqliteJournal):
    """A journal after whose commits the program may end."""

    def __init__(self, executioner: Executioner, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.executioner = executioner

    async def claim(self, claim: Claim, intent: Intent) -> Hold | Entry | Duplicate:
        try:
            held = await super().claim(claim, intent)
        except Problem:
            if diary := self.executioner.doom.diary:
                with diary.open("a") as file:
                    print(claim.operation_id, file=file)
            raise
        if isinstance(held, Hold):
            self.executioner.strike("after-claim", intent.call.url)
        return held

    async def finish(self, hold: Hold, last: Call, outcome: Outcome, result: Result) -> bool:
        finished = await super().finish(hold, last, outcome, result)
        self.executioner.strike("after-result", last.url)
        return finished

    async def take_open(self, most: int, lease: float, without: Collection[str] = ()) -> list[Case]:
        return await super().take_open(most, min(lease, self.executioner.doom.lease), without)

    async def shrink(self, pages: int) -> None:
        """Leave room for so many pages more."""
        await self._writer.do(lambda db: db.pragma("max_page_count", db.pragma("page_count") + pages))


class DoomedBackends(HttpBackends):
    """A way to backends on which the program may end."""

    def __init__(self, executioner: Executioner, transport: httpx.AsyncBaseTransport) -> None:
        super().__init__(transport)
        self.executioner = executioner

    async def send(self, call: Call, deadline: float) -> Sent:
        self.executioner.strike("before-connect", call.url)
        sent = await super().send(call, deadline)
        self.executioner.strike("after-answer", call.url)
        return sent


class DoomedTransport(AiohttpTransport):
    """The transport, on whose own event the program may end."""

    def __init__(self, executioner: Executioner, open_socket: OpenSocket | None) -> None:
        super().__init__(open_socket)
        self.executioner = executioner
        self.sending: set[asyncio.Task[None]] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        note = request.extensions["trace"]

        async def trace(event: str, info: dict[str, Any]) -> None:
            await note(event, info)
            if event == SENDING:
                self.executioner.strike("mid-send", str(request.url))
                task = asyncio.create_task(self._strike_soon(str(request.url)))
                self.sending.add(task)
                task.add_done_callback(self.sending.discard)

        request.extensions = {**request.extensions, "trace": trace}
        return await super().handle_async_request(request)

    async def _strike_soon(self, url: str) -> None:
        for _ in range(TURNS):
            await asyncio.sleep(0)
        self.executioner.strike("after-send", url)


class DoomedDoors:
    """The application, which may end when half of an answer is out."""

    def __init__(self, app: ASGIApp, executioner: Executioner) -> None:
        self.app = app
        self.executioner = executioner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        site_id = dict(scope.get("headers", ())).get(b"x-stella-site-id", b"").decode()

        async def reply(message: Message) -> None:
            if message["type"] == "http.response.body" and self.executioner.awaits("mid-reply", site_id):
                await send({**message, "body": message["body"][: len(message["body"]) // 2], "more_body": True})
                await asyncio.sleep(0.01)  # until it has left
                os.kill(os.getpid(), signal.SIGKILL)
            await send(message)

        await self.app(scope, receive, reply)


def compose(settings: Settings, tenants: Mapping[str, Tenant], doom: Doom) -> tuple[ASGIApp, DoomedJournal]:
    """The composition root itself, told to take parts that may end the program instead of its own.

    Its names are set rather than its code repeated, so that what is under test is always what is served.
    """
    vars(protection).update(FIRST_OPEN=doom.lease / 4, LONGEST_OPEN=doom.lease)
    executioner = Executioner(doom)
    journals: list[DoomedJournal] = []

    def open_journal(*arguments: Any, **more: Any) -> DoomedJournal:
        journals.append(DoomedJournal(executioner, *arguments, **more))
        return journals[-1]

    vars(root).update(
        SqliteJournal=open_journal,
        HttpBackends=partial(DoomedBackends, executioner),
        AiohttpTransport=partial(DoomedTransport, executioner),
    )
    app = root.build_app(settings, tenants)
    return DoomedDoors(app, executioner), journals[0]


def read_doom(environment: Mapping[str, str]) -> Doom:
    said = {name: environment.get(f"NEMESIS_{name.upper()}") for name in Doom.__struct_fields__}
    given = {name: value for name, value in said.items() if value}
    return msgspec.convert(given, Doom, strict=False, dec_hook=lambda _kind, value: Path(value))


async def _serve(settings: Settings, doom: Doom) -> None:
    stop = catch_stop()
    first, _, last = doom.flush.partition(":")
    disk = Flaky(int(first), int(last)) if doom.flush else None
    tracer = die_in_flush(doom.kill_flush) if doom.kill_flush else None
    app, journal = compose(settings, load_tenants(settings.tenants, DIALECTS, settings.environment), doom)
    if doom.pages:
        await journal.shrink(doom.pages)
    async with serving(app, settings.port) as url:
        if disk is not None:
            disk.armed = True
        print(f"victim on {url}", flush=True)
        await stop.wait()
    if tracer is not None:
        tracer.terminate()


def run(environment: Mapping[str, str], log: Path | None = None) -> None:
    """Serve until a signal comes or the point does; what would be printed goes to ``log`` if there is one."""
    if log is not None:
        with log.open("a") as file:
            for stream in (sys.stdout, sys.stderr):
                os.dup2(file.fileno(), stream.fileno())
    os.environ.update(environment)
    settings, doom = read_settings(environment), read_doom(environment)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, doom))


if __name__ == "__main__":
    run(os.environ)
