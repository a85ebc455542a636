"""``adapter serve --workers``: several processes at one port, over real sockets, up, down, killed and back."""

import asyncio
import json
import os
import signal
import socket
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import apsw
import httpx
import pytest

from adapter.sandbox.shops import make_sandbox
from adapter.shell.files import load_document, shipped
from adapter.shell.serving import serving
from tests.cli.conftest import Start
from tests.cli.program import Program, free_port, listens
from tests.cli.test_serve import HEADERS, write_tenants
from tests.staging import ORDERS, order_for

pytestmark = pytest.mark.anyio


@pytest.fixture
async def backend() -> AsyncIterator[str]:
    credentials = {"header": "Authorization", "value": "Bearer enad-1"}
    sandbox = make_sandbox("enad", load_document(shipped(), "enad"), credentials=credentials)
    async with serving(sandbox) as url:
        yield url


class Served:
    """A gateway of two workers, started and read from outside."""

    def __init__(self, program: Program, journal: Path) -> None:
        self.program = program
        self.journal = journal

    async def wait_for(self, holds: Any, what: str) -> None:
        await asyncio.to_thread(self.program.wait_until, holds, what)

    def urls(self) -> list[str]:
        """Where clients are served, and the operator's doors of each worker."""
        return [line.split()[-1] for line in self.program.stdout.read_text().splitlines()]

    def workers(self) -> list[int]:
        """The workers' processes; each has a connection to the journal, which the one that watches them has not."""
        parent = self.program.running.pid
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        return [int(child) for child in children if _has_open(child, self.journal)]

    def lines(self, event: str) -> list[dict[str, Any]]:
        told = map(json.loads, self.program.stderr.read_text().splitlines())
        return [line for line in told if line["event"] == event]

    def states(self) -> list[Any]:
        return [state for (state,) in apsw.Connection(str(self.journal)).execute("SELECT state FROM operation")]


def comes(holds: Callable[[], bool], seconds: float = 30) -> bool:
    """Whether something comes to hold within so many seconds."""
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.05)
    return holds()


def _lives(process: int) -> bool:
    return Path(f"/proc/{process}").exists()


def _has_open(process: str, file: Path) -> bool:
    return any(os.path.realpath(one) == str(file) for one in Path(f"/proc/{process}/fd").iterdir())


async def serve(start: Start, folder: Path, backend: str) -> Served:
    write_tenants(folder, backend)
    said = {"ADAPTER_TENANTS": str(folder / "tenants.toml"), "ADAPTER_JOURNAL": str(folder / "journal.db")}
    said |= {"ADAPTER_ENVIRONMENT": "development", "ADAPTER_ADMIN_PORT": "0", "ENAD_TOKEN": "enad-1"}
    served = Served(start("serve", "--port", "0", "--workers", "2", **said), folder / "journal.db")
    await served.wait_for(lambda: len(served.urls()) == 3, "to serve")
    return served


async def place(url: str, key: str) -> httpx.Response:
    """Place an order over a connection of its own."""
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        return await client.post(f"{url}{ORDERS}", json=order_for("enad"), headers=HEADERS | {"Idempotency-Key": key})


async def count_requests(admin: str) -> float:
    """Orders and repeats that a worker has answered."""
    async with httpx.AsyncClient(trust_env=False) as client:
        lines = (await client.get(f"{admin}/metrics")).text.splitlines()
    told = [line for line in lines if line.startswith(f'adapter_requests_total{{problem="",route="{ORDERS}"')]
    return sum(float(line.split()[-1]) for line in told)


async def test_what_one_worker_has_placed_another_replays(start: Start, tmp_path: Path, backend: str) -> None:
    served = await serve(start, tmp_path, backend)
    url, *admins = served.urls()
    placed = await place(url, "a")
    assert placed.status_code == 201
    repeats = [await place(url, "a") for _ in range(40)]

    assert {(repeat.status_code, repeat.content) for repeat in repeats} == {(201, placed.content)}
    assert {repeat.headers["idempotent-replayed"] for repeat in repeats} == {"true"}
    counted = [await count_requests(admin) for admin in admins]
    assert sum(counted) == 41
    assert all(counted)  # by chance one of them gets all once in 2**40 runs
    assert served.states() == ["succeeded"]
    assert await asyncio.to_thread(served.program.stop) == 0
    assert {line["level"] for line in map(json.loads, served.program.stderr.read_text().splitlines())} == {"info"}


# A handshake that is under way in the very instant in which a worker shuts its door may be cut off.
RESET = frozenset({"ReadError", "RemoteProtocolError"})


async def test_at_the_end_whoever_has_reached_a_worker_is_answered(start: Start, tmp_path: Path, backend: str) -> None:
    served = await serve(start, tmp_path, backend)
    (url, *_), told = served.urls(), Counter[str]()
    async with asyncio.TaskGroup() as crowd:
        for number in range(16):
            crowd.create_task(place_until_refused(url, f"{number}", told))
        await asyncio.sleep(0.5)
        os.kill(served.workers()[0], signal.SIGTERM)  # one alone: the other takes whoever comes
        await served.wait_for(lambda: served.lines("worker_started"), "to start a worker again")
        assert told.keys() - RESET == {"201"}
        status = await asyncio.to_thread(served.program.stop)

    assert told.keys() - RESET == {"201", "refused"}
    assert sum(told[name] for name in RESET) <= 3  # of the three workers that ended each one, at most
    assert served.states() == ["succeeded"] * told["201"]  # so no order was in it
    assert status == 0
    with pytest.raises(httpx.ConnectError):
        await place(url, "later")


async def place_until_refused(url: str, name: str, told: Counter[str]) -> None:
    """Place one order after the other, each over a new connection, and count how they end."""
    while "refused" not in told:
        try:
            answer = await place(url, f"{name}-{sum(told.values())}")
            told[str(answer.status_code)] += 1
        except httpx.ConnectError:
            told["refused"] += 1
        except httpx.HTTPError as exc:
            told[type(exc).__name__] += 1


async def test_a_worker_that_is_killed_comes_back_once_it_can(start: Start, tmp_path: Path, backend: str) -> None:
    served = await serve(start, tmp_path, backend)
    (url, *admins), tenants = served.urls(), tmp_path / "tenants.toml"
    sound = tenants.read_text()
    tenants.write_text("no file of tenants")
    killed, other = served.workers()
    os.kill(killed, signal.SIGKILL)
    await served.wait_for(lambda: served.lines("worker_refused"), "to tell that a worker cannot start")

    assert [line["error"] for line in served.lines("worker_died")] == ["SIGKILL"]
    assert "tenants.toml" in served.lines("worker_refused")[0]["findings"][0]
    assert [(await place(url, f"{number}")).status_code for number in range(5)] == [201] * 5  # by the other

    tenants.write_text(sound)
    await served.wait_for(lambda: served.lines("worker_started"), "to start a worker again")
    assert other in served.workers()
    assert len(served.workers()) == len(admins) == 2
    assert {(await place(url, f"{number}")).status_code for number in range(20)} == {201}
    assert await asyncio.to_thread(served.program.stop) == 0


async def test_a_hang_up_reaches_each_worker_and_none_outlives_the_first_of_them(
    start: Start, tmp_path: Path, backend: str
) -> None:
    served = await serve(start, tmp_path, backend)
    workers, port = served.workers(), urlsplit(served.urls()[0]).port
    served.program.running.send_signal(signal.SIGHUP)
    await served.wait_for(lambda: len(served.lines("tenants_reloaded")) == 2, "to have both read the file again")

    served.program.kill()
    assert await asyncio.to_thread(comes, lambda: not listens(port) and not any(map(_lives, workers)))


def take_port_after_a_free_one() -> socket.socket:
    while True:
        taken = socket.create_server(("127.0.0.1", 0))
        try:
            socket.create_server(("127.0.0.1", taken.getsockname()[1] - 1)).close()
        except OSError:
            taken.close()
        else:
            return taken


def test_several_workers_that_cannot_serve_say_so_in_one_line(start: Start, tmp_path: Path) -> None:
    with take_port_after_a_free_one() as taken:
        tenants, busy = write_tenants(tmp_path), taken.getsockname()[1]
        said = {"ADAPTER_TENANTS": tenants, "ADAPTER_JOURNAL": str(tmp_path / "j.db"), "ENAD_TOKEN": "enad-1"}
        said |= {"ADAPTER_WORKERS": "2", "ADAPTER_PORT": str(free_port()), "ADAPTER_ADMIN_PORT": "0"}
        for changed, place in (
            ({"ADAPTER_PORT": str(busy)}, f"127.0.0.1:{busy}"),
            ({"ADAPTER_ADMIN_PORT": str(busy - 1)}, f"127.0.0.1:{busy}"),  # the second's
            ({"ADAPTER_ADMIN_PORT": "65535"}, "ADAPTER_ADMIN_PORT"),
            ({"ADAPTER_WORKERS": "0"}, "ADAPTER_WORKERS"),
            ({"ENAD_TOKEN": ""}, "tenants.toml: tenant.shop.secret.token"),
        ):
            program = start("serve", **said | changed)
            assert program.running.wait(60) == 2
            *_, line = program.stderr.read_text().splitlines()
            assert line.endswith(f"at `{place}`")
            assert program.stdout.read_text() == ""
