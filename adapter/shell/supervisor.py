"""The supervisor: processes that serve the same port, begun and ended together; one that dies is started again.

Each has a listener of its own at that port, and Linux parts the connections evenly between them. One listener for all
would leave it to chance who accepts: of clients that keep their connections one worker may get them all. It would also
have no end of its own: whoever shuts it shuts it for all.
"""

import asyncio
import multiprocessing
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, NamedTuple

from adapter.errors import SetupError
from adapter.shell.logs import log
from adapter.shell.serving import find_family

# A fresh interpreter for each: a fork would share what must not be, and not every system stands it.
SPAWN = multiprocessing.get_context("spawn")

# Seconds between the end of a worker and the start of the next, doubled for as long as none can start.
PAUSE, LONGEST_PAUSE = 1.0, 30.0

# What the first of us is told, and a worker may not die of while it starts.
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Told(NamedTuple):
    """What a worker tells once: where it serves, or else what is wrong and where."""

    url: str = ""
    wrong: str = ""
    at: str = ""


# Told by a worker's ``Work`` once it serves; and that, which is given the worker's number, and must be importable.
Tell = Callable[[str], None]
Work = Callable[[int, Tell], None]


class Workers:
    """So many processes, by their numbers from 0."""

    def __init__(self, work: Work, count: int) -> None:
        self._work = work
        self._count = count
        self._alive: dict[int, BaseProcess] = {}
        self._ending = asyncio.Event()

    async def run(self, stop: asyncio.Event, tell: Callable[[list[str]], None]) -> bool:
        """Keep them until told to stop, and let them drain; whether each of them ended in good order.

        ``tell`` is given where each serves once all do; a ``SetupError`` where one of them cannot.
        """
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGHUP, self._pass_on, signal.SIGHUP)
        stopping = asyncio.create_task(self._end_after(stop))
        try:
            tell(await self._begin_all())
            await asyncio.gather(*map(self._keep, range(self._count)))
        finally:
            stopping.cancel()
            self._end()
            statuses = [await _wait_for(program) for program in self._alive.values()]
        return not any(statuses)

    async def _begin_all(self) -> list[str]:
        """The first is waited for, so that what would befall each is told by one."""
        urls = [await self._begin(0)]
        others = [] if self._ending.is_set() else range(1, self._count)
        for told in await asyncio.gather(*map(self._begin, others), return_exceptions=True):
            if isinstance(told, BaseException):
                raise told
            urls.append(told)
        return urls

    async def _begin(self, number: int) -> str:
        """Start a worker; where it serves."""
        ours, theirs = SPAWN.Pipe(duplex=False)
        program = SPAWN.Process(target=_run, args=(self._work, number, theirs), name=f"worker {number}")
        with _held_back():
            program.start()
        theirs.close()
        self._alive[number] = program
        told = await _hear(ours)
        if told.wrong:
            raise SetupError(told.wrong, at=told.at)
        if not told.url:
            raise SetupError(f"expected it to start, found its end: {_name(await _wait_for(program))}", at=program.name)
        return told.url

    async def _keep(self, number: int) -> None:
        """Start a worker again as often as it dies, until all are to end."""
        while True:
            status = await _wait_for(self._alive[number])
            if self._ending.is_set():
                return
            log.error("worker_died", worker=number, error=_name(status))
            pause = PAUSE
            while await self._lasts(pause) and not await self._replace(number):
                pause = min(2 * pause, LONGEST_PAUSE)

    async def _lasts(self, seconds: float) -> bool:
        """Whether they are not to end within so many seconds."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._ending.wait(), seconds)
        return not self._ending.is_set()

    async def _replace(self, number: int) -> bool:
        """Start a worker anew; whether it serves."""
        try:
            await self._begin(number)
        except SetupError as exc:
            log.error("worker_refused", worker=number, findings=str(exc).splitlines()[:20])
            return False
        log.info("worker_started", worker=number)
        return True

    async def _end_after(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._end()

    def _end(self) -> None:
        if not self._ending.is_set():
            self._ending.set()
            self._pass_on(signal.SIGTERM)

    def _pass_on(self, number: signal.Signals) -> None:
        """Send a signal to each that lives; one that is starting hears it once it can."""
        for program in self._alive.values():
            if program.exitcode is None and program.pid is not None:
                os.kill(program.pid, number)


def hear_signals(stop: asyncio.Event) -> None:
    """In a worker that can be stopped by now: hear what was held back, and end when the first of us is gone."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # the files that it asks to be read are read anyway, a moment later
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    if (parent := multiprocessing.parent_process()) is not None:
        asyncio.get_running_loop().add_reader(parent.sentinel, stop.set)


@contextmanager
def reserving(host: str, port: int) -> Iterator[int]:
    """Have a port for our workers, and for nobody else's; 0 takes a free one, and it is told which."""
    family = find_family(host)
    try:
        socket.create_server((host, port), family=family).close()  # it is not shared with another gateway
        holder = socket.socket(family)
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        holder.bind((host, port))  # it does not listen, so no connection comes here
    except OSError as exc:
        raise SetupError(f"expected a free port: {exc.strerror}", at=f"{host}:{port}") from exc
    with holder:
        yield holder.getsockname()[1]


def _run(work: Work, number: int, pipe: Connection) -> None:
    """What a worker's process does."""
    try:
        work(number, lambda url: pipe.send(Told(url)))
    except SetupError as exc:
        pipe.send(Told(wrong=exc.message, at=exc.at))
        raise SystemExit(2) from exc


async def _hear(pipe: Connection) -> Told:
    """What a worker tells, or nothing where it died."""
    await _wait_until_readable(pipe.fileno())
    with pipe, suppress(EOFError):
        told: Told = pipe.recv()
        return told
    return Told()


async def _wait_for(program: BaseProcess) -> int:
    """The status by which a process ended; negative where a signal killed it."""
    await _wait_until_readable(program.sentinel)
    program.join()
    return program.exitcode or 0


async def _wait_until_readable(file: Any) -> None:
    loop, readable = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(file, readable.set)
    try:
        await readable.wait()
    finally:
        loop.remove_reader(file)


@contextmanager
def _held_back() -> Iterator[None]:
    """Start a process that signals wait for until it asks for them."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _name(status: int) -> str:
    return signal.Signals(-status).name if status < 0 else f"status {status}"
