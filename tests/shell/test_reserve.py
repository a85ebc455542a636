"""A full disk and a flush that failed: what still ends, what no longer begins."""

import asyncio
from pathlib import Path

import apsw
import pytest

from adapter.core.outcomes import State
from adapter.errors import Problem
from adapter.shell.journal import SqliteJournal
from adapter.shell.reserve import RESERVE_BYTES, Reserve
from tests.shell.test_journal import PLACED, call, claim, intent, result

pytestmark = pytest.mark.anyio


class Broken(Reserve):
    """A reserve that is there once and cannot be taken again: the disk stays full."""

    def hold(self) -> bool:
        return not hasattr(self, "spent") and super().hold()


def test_the_reserve_stands_beside_the_journal_and_can_be_given_up(tmp_path: Path) -> None:
    reserve = Reserve(tmp_path / "journal.db")
    assert (reserve.path.name, reserve.path.stat().st_size) == ("journal.db.reserve", RESERVE_BYTES)
    reserve.give_up()
    assert (reserve.spent, reserve.path.exists()) == (True, False)
    assert reserve.hold()
    assert not reserve.spent


async def test_on_a_full_disk_no_order_begins_and_those_under_way_end(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    journal = SqliteJournal(path)
    first = claim("op-1", key="a")
    held = await journal.claim(first, intent())
    writer = journal._writer  # the limit must be set on the connection that writes
    pages = await writer.do(lambda db: int(db.pragma("page_count")))
    await writer.do(lambda db: db.pragma("max_page_count", pages))

    claims = [journal.claim(claim(f"more-{n}", key=f"more-{n}"), intent()) for n in range(50)]
    answers = await asyncio.gather(*claims, return_exceptions=True)
    refused = [answer.kind for answer in answers if isinstance(answer, Problem)]
    await writer.do(lambda db: db.pragma("max_page_count", pages + 64))  # what giving up the reserve makes room for
    await journal.finish(held, call(), PLACED, result(PLACED, first))  # type: ignore[arg-type]  # it was a Hold
    found = await journal.find(first)
    await journal.close()

    assert set(refused) == {"storage-unavailable"}
    assert found is not None
    assert found.state is State.SUCCEEDED


async def test_after_a_flush_that_failed_nothing_is_served(tmp_path: Path) -> None:
    told: list[str] = []
    journal = SqliteJournal(tmp_path / "journal.db", on_broken=lambda: told.append("broken"))

    def fail(_db: apsw.Connection) -> None:
        raise apsw.IOError("disk I/O error")

    with pytest.raises(Problem):
        await journal._writer.do(fail)
    with pytest.raises(Problem) as caught:
        await journal.claim(claim(), intent())
    await journal.close()

    assert told == ["broken"]
    assert caught.value.kind == "storage-unavailable"
