"""The gateways of a round: victims on one journal, each a program that is started, killed and started again."""

import asyncio
import multiprocessing
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import apsw

from tests.nemesis import victim
from tests.nemesis.history import OPEN, Kill, Row
from tests.nemesis.yard import Yard

# A program from which every victim is forked, so that starting one costs no imports.
NURSERY = multiprocessing.get_context("forkserver")
NURSERY.set_forkserver_preload(["tests.nemesis.__main__"])

# Patience with a busy machine; what a nemesis waits for comes within a second or two where nothing else runs.
SECONDS = 60

ROWS = """
    SELECT operation_id, tenant, key, state, unixepoch(received_at, 'subsec'), detail, status, ifnull(body, x'')
    FROM operation
"""

TURN = "UPDATE operation SET opened_at = opened_at - ?1, check_at = check_at - ?1"


class Gateways:
    """So many victims on one journal, each at a port of its own that it keeps."""

    def __init__(self, yard: Yard, folder: Path, count: int) -> None:
        self.yard = yard
        self.folder = folder
        self.journal = folder / "disk" / "journal.db"
        self.journal.parent.mkdir()
        self.log = folder / "victims.log"
        self.diary = folder / "unwritten"
        self.holders = [_hold_port() for _ in range(count)]
        self.ports = [holder.getsockname()[1] for holder in self.holders]
        self.running: dict[int, BaseProcess] = {}
        self.alive: dict[int, float] = {}  # when each was last known to live
        self.kills: list[Kill] = []
        self.disk = False
        self.filler = self.journal.parent / "filler"

    def mount(self, size: str) -> None:
        """Give the journal a disk of its own, if this user may; without one, ``fill`` does nothing."""
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(self.journal.parent)]
        self.disk = subprocess.run(command, capture_output=True).returncode == 0

    def fill(self) -> None:
        """Leave no room on that disk."""
        for size in (65_536, 1_024) if self.disk else ():
            with suppress(OSError), self.filler.open("ab", buffering=0) as file:
                while file.write(bytes(size)) == size:
                    pass

    def make_room(self) -> None:
        self.filler.unlink(missing_ok=True)

    def urls(self) -> Mapping[int, str]:
        return {number: f"http://127.0.0.1:{self.ports[number]}" for number in self.running}

    async def start(self, number: int = 0, **doom: str) -> None:
        """Start a victim and wait until it listens."""
        environment = {
            "ADAPTER_ENVIRONMENT": "development",
            "ADAPTER_TENANTS": str(self.yard.tenants),
            "ADAPTER_JOURNAL": str(self.journal),
            "ADAPTER_PORT": str(self.ports[number]),
            "ADAPTER_RECOVERY_PAUSE": "0.05",
            "NEMESIS_SECRET": "a backend's secret",
            "NEMESIS_DIARY": str(self.diary),
            **{f"NEMESIS_{name.upper()}": value for name, value in doom.items()},
        }
        program = NURSERY.Process(target=victim.run, args=(environment, self.log), daemon=True)
        program.start()
        await _until(lambda: _listens(self.ports[number]) or program.exitcode is not None, "a victim to listen")
        self.running[number] = program
        self.alive[number] = now = time.time()
        self.kills = [
            kill._replace(back=now) if (kill.gateway, kill.back) == (number, 0) else kill for kill in self.kills
        ]

    async def kill(self, number: int, how: signal.Signals = signal.SIGKILL) -> int:
        """Send a signal, and give how the program ended."""
        if not self.has_ended(number):
            os.kill(self.running[number].pid or 0, how)
        return await self._bury(number, how.name)

    async def outlast(self, number: int, name: str, seconds: float, status: int = -signal.SIGKILL) -> bool:
        """Whether a victim ended by itself within so many seconds, and always with that status."""
        if not await comes(lambda: self.has_ended(number), seconds):
            return False
        assert await self._bury(number, name) == status, self.log.read_text()
        return True

    def has_ended(self, number: int) -> bool:
        now = time.time()
        if self.running[number].exitcode is not None:
            return True
        if _lives(self.running[number].pid or 0):  # its exit code is told later, on a busy machine by seconds
            self.alive[number] = now
        return False

    async def renew(self) -> None:
        """Whatever any of them was to suffer, let them be fresh ones that suffer nothing."""
        self.make_room()
        for number in range(len(self.ports)):
            if number in self.running:
                await self.kill(number)
            await self.start(number)

    async def pause(self, number: int, seconds: float) -> None:
        """Have a victim stand still for a while."""
        at, pid = time.time(), self.running[number].pid or 0
        os.kill(pid, signal.SIGSTOP)
        await asyncio.sleep(seconds)
        os.kill(pid, signal.SIGCONT)
        self.kills.append(Kill("SIGSTOP", at, time.time(), number))

    async def stop(self) -> None:
        """Have all end in good order; none of them may end otherwise."""
        for number in list(self.running):
            program = self.running.pop(number)
            program.terminate()
            assert await _wait(program) == 0, self.log.read_text()

    def end(self) -> None:
        """Leave none behind, whatever happened."""
        for program in self.running.values():
            program.kill()
            program.join(SECONDS)
        self.running.clear()
        for holder in self.holders:
            holder.close()
        if self.disk:
            subprocess.run(["umount", str(self.journal.parent)], check=True)  # noqa: S607  # wherever it is

    def rows(self) -> list[Row]:
        """Every operation in the journal."""
        db = apsw.Connection(str(self.journal), flags=apsw.SQLITE_OPEN_READONLY)
        db.set_busy_timeout(1000)
        rows: list[Any] = db.execute(ROWS).fetchall()
        found = [Row(*row) for row in rows]
        db.close()
        return found

    async def settle(self, seconds: float) -> None:
        """Wait until no operation is open, or the time is over."""
        await comes(lambda: not any(row.state in OPEN for row in self.rows()), seconds, pause=0.05)

    def turn_clock(self, seconds: float) -> None:
        """Have the wall clock jump for the journal: forward by so many seconds, or back where they are negative.

        It knows the time by what it wrote of it, so that moving all of that the other way is the same. What is left
        where it is has no say for a week: when an operation was received, and last written.
        """
        db = apsw.Connection(str(self.journal))
        db.set_busy_timeout(5_000)
        db.execute(TURN, (seconds,))
        db.close()

    def unwritten(self) -> frozenset[str]:
        """The operations whose claims were not committed."""
        return frozenset(self.diary.read_text().split() if self.diary.exists() else ())

    async def _bury(self, number: int, how: str) -> int:
        status = await _wait(self.running[number])
        del self.running[number]
        self.kills.append(Kill(how, self.alive[number], 0, number, time.time()))
        return status


async def _wait(program: BaseProcess) -> int:
    await _until(lambda: program.exitcode is not None, "a victim to end")
    return program.exitcode or 0


async def _until(holds: Callable[[], bool], what: str) -> None:
    assert await comes(holds, SECONDS), f"expected {what}"


async def comes(holds: Callable[[], bool], seconds: float, pause: float = 0.005) -> bool:
    """Whether something comes to hold within so many seconds."""
    for _ in range(int(seconds / pause)):
        if holds():
            return True
        await asyncio.sleep(pause)
    return holds()


def _lives(pid: int) -> bool:
    """Whether the system still runs a program, and has not only its status left to tell."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] not in "ZX"


def _listens(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


def _hold_port() -> socket.socket:
    """A port that a victim can listen at as often as it is started, and that no other program is given meanwhile.

    It is bound and not listened at: who names it may have it beside us, and the system gives it to nobody who asks
    for any. Were it free while a victim is dead, another nemesis could listen there, and our clients order from it.
    """
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", 0))
    return holder
