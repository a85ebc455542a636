"""A full disk and a flush that failed: what still ends, what no longer begins."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from adapter.core.outcomes import State
from adapter.errors import Problem
from adapter.shell.journal import SqliteJournal
from adapter.shell.reserve import RESERVE_BYTES, Reserve
from tests.shell.test_journal import PLACED, call, claim, hold, intent, result
from tests.staging import journal_connection

pytestmark = pytest.mark.anyio


class Broken(Reserve):
    """A reserve that is there once and cannot be taken again: the disk stays full."""

    def hold(self) -> bool:
        return not hasattr(self, "spent") and super().hold()


class Making(Broken):
    """A reserve that makes room for so many pages when it is given up."""

    def __init__(self, journal: Path, find: Callable[[], apsw.Connection], pages: int) -> None:
        super().__init__(journal)
        self.find = find
        self.pages = pages

    def give_up(self) -> None:
        super().give_up()
        self.find().pragma("max_page_count", self.pages)


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
    with pytest.raises(Problem):  # nor read: what was committed before is not told apart from what was not
        await journal.find(claim())
    await journal.close()

    assert told == ["broken"]
    assert caught.value.kind == "storage-unavailable"


async def test_what_fills_the_disk_takes_its_commit_with_it_and_what_ends_is_written_by_the_reserve(
    tmp_path: Path,
) -> None:
    """SQLite may take a whole transaction back for one statement that found no room."""
    journal = SqliteJournal(tmp_path / "journal.db")
    ended, late = claim("op-1", key="a"), claim("op-3", key="c")
    held = await hold(journal, ended)
    pages = await journal._writer.do(lambda db: int(db.pragma("page_count")))
    journal._writer._reserve = Making(journal.path, lambda: journal_connection(journal.path), pages + 64)
    await journal._writer.do(lambda db: db.pragma("max_page_count", pages + 1))
    large = intent(call()._replace(body=b"x" * 40_000))
    asked = [
        journal.claim(claim("op-2", key="b"), large),
        journal.finish(held, call(), PLACED, result(PLACED, ended)),
        journal.claim(late, intent()),
    ]
    first, recorded, last = await asyncio.gather(*asked, return_exceptions=True)  # which share a commit
    found = [await journal.find(one) for one in (ended, claim("op-2", key="b"), late)]
    await journal.close()

    assert [getattr(one, "kind", one) for one in (first, recorded, last)] == [
        "storage-unavailable",
        True,
        "storage-unavailable",
    ]
    assert [one and one.state for one in found] == [State.SUCCEEDED, None, None]
