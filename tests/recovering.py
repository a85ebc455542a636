"""What tests of recovery ask of a stage: real time, waits that are over, a crash, and a turn of recovery."""

import asyncio
import contextlib
import tomllib
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

import apsw
import pytest

from adapter.core.dialects import Dialect, make_dialect
from adapter.core.files.mappings import read_mapping
from adapter.core.messages import Answer
from adapter.core.outcomes import Answered
from adapter.errors import Problem
from adapter.ports import Case
from adapter.shell.files import load_document, shipped
from adapter.shell.patience import Patience
from tests.conftest import sample_tenant
from tests.staging import Stage, document, set_stage

SetStage = Callable[..., Stage]

IN_PROGRESS = (409, "operation-in-progress")
UNCERTAIN = (409, "operation-uncertain")
NOT_APPLIED = (503, "operation-not-applied")

OUT_OF_STOCK = Answered(422, {}, b'{"error": "out of stock"}')


def open_stage(path: Path, dialect: str, *script: Any, **rows: Any) -> Stage:
    """A stage whose orders are received now, since recovery asks how old they are."""
    here = set_stage(path, dialect, list(script), **{"quiet_seconds": 0.05, **rows})
    here.gateway.now = lambda: datetime.now(UTC)
    return here


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[SetStage]:
    """Stages that share a file unless they name another, closed at the end."""
    stages: list[Stage] = []

    def make(dialect: str, *script: Any, file: str = "journal.db", **rows: Any) -> Stage:
        stages.append(open_stage(tmp_path / file, dialect, *script, **rows))
        return stages[-1]

    yield make
    for made in stages:
        await made.journal.close()


def write(here: Stage, sql: str, *values: Any) -> None:
    """Change the journal's file as another connection would."""
    writer = apsw.Connection(str(here.path))
    writer.set_busy_timeout(5_000)
    writer.pragma("secure_delete", True)  # or it would leave what the journal never does
    writer.execute(sql, values)
    writer.close()


def listing_dialect(recovery: str, **lookup: Any) -> Dialect:
    """Lana of another class, without the header that makes a repeat safe."""
    data = tomllib.loads((shipped() / "mappings" / "lana.toml").read_text())
    data["idempotency"] = {"recovery": recovery}
    data["lookup"] |= lookup
    return make_dialect(read_mapping(data, "lana.toml"), load_document(shipped(), "lana"))


def turn(here: Stage, recovery: str, lookup: Mapping[str, Any] = MappingProxyType({}), **rows: Any) -> None:
    """Have the tenant speak Lana of another class."""
    tenant = sample_tenant(
        "shop", listing_dialect(recovery, **lookup), "http://backend.test", quiet_seconds=0.05, **rows
    )
    here.gateway.tenants = lambda: {tenant.site_id: tenant}


def hasten(here: Stage) -> None:
    """Every lease and every quiet time is over, by either clock."""
    here.journal.patience = Patience()
    write(here, "UPDATE operation SET check_at = 0")


def grow_old(here: Stage, seconds: float) -> None:
    """Every order was received that long ago."""
    moved = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now', ?)"
    aged = f"UPDATE operation SET received_at = {moved}, updated_at = {moved}, opened_at = opened_at - {seconds}"  # noqa: S608
    write(here, aged, f"-{seconds} seconds", f"-{seconds} seconds")


async def recover(here: Stage) -> list[Case]:
    """One turn of recovery over the cases whose time has come."""
    cases = await here.journal.take_open(8, 60.0)
    for case in cases:
        await here.recovery.recover(case)
    return cases


async def recover_now(here: Stage) -> list[Case]:
    """One turn of recovery over all open cases."""
    hasten(here)
    return await recover(here)


async def crash_in_call(here: Stage, key: str = "a", nth: int = 1, **members: Any) -> None:
    """Place an order and die while its nth call is under way: nothing is written of how it ended."""
    reached = asyncio.Event()

    async def pause() -> None:
        if len(here.backends.calls) == nth:
            reached.set()
            await asyncio.Event().wait()

    here.backends.pause = pause
    task = asyncio.create_task(here.place(key, **members))
    await reached.wait()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    await here.journal.close()


async def until(condition: Callable[[], object]) -> None:
    """Wait for what another task brings about, and not for ever."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110  # it is seen in a file
            await asyncio.sleep(0.02)


def state(here: Stage) -> str:
    """The state of the one operation there is."""
    ((found,),) = here.read("SELECT state FROM operation")
    return str(found)


def told(answer: Answer | Problem) -> tuple[int, str]:
    """Status and kind of an answer: ``receipt``, ``pending``, or a problem's."""
    said = document(answer)
    kind = str(said["type"]).removeprefix("/problems/") if "type" in said else said["status"]
    return (answer.status, "receipt" if answer.status == 201 else kind)
