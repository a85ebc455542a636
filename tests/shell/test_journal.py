"""The journal: one claim of many, fences, what survives, what is never stored, and what a flush is shared by."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import apsw
import msgspec
import pytest

from adapter.core.answers import Result, conclude
from adapter.core.idempotency import Claim, Entry
from adapter.core.ledger import Line, Loss
from adapter.core.outcomes import Outcome, State
from adapter.core.steps import Call, Taken
from adapter.errors import Problem, SetupError
from adapter.ports import Hold, Intent
from adapter.shell import records
from adapter.shell.journal import SqliteJournal
from adapter.shell.journal_file import connect
from adapter.shell.schema import MIGRATIONS
from adapter.shell.vault import Blob, operation_row
from tests.conftest import DIALECTS
from tests.staging import ORDERS, journal_connection

pytestmark = pytest.mark.anyio

LOSSES = (Loss("/note", "dropped", "no home"),)
RECEIPT = {"id": "9f1c0a52-6d0e-4f6b-9a55-0c7a3b1f9d11", "email": "a@b.co"}
PLACED = Outcome(State.SUCCEEDED, "step order: placed", 201, Taken({"order_id": "or_1"}, RECEIPT, {"token": "hush"}))
FAILED = Outcome(State.NOT_APPLIED, "step order: not sent: ConnectError")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
async def journal(path: Path) -> AsyncIterator[SqliteJournal]:
    opened = SqliteJournal(path)
    yield opened
    await opened.close()


def call(name: str = "order") -> Call:
    return Call(name, DIALECTS["enad"].steps[0], "POST", "http://backend.test/orders", {}, b'{"order":1}')


def claim(operation_id: str = "op-1", *, key: str = "k", tenant: str = "shop", digest: str = "f") -> Claim:
    return Claim(operation_id, tenant, ORDERS, key, digest, "2026-03-02T09:15:20Z")


def intent(first: Call | None = None) -> Intent:
    return Intent("enad", {"email": "a@b.co"}, LOSSES, first or call())


def result(outcome: Outcome, claimed: Claim) -> Result:
    return conclude(outcome, claimed.operation_id, LOSSES, 202)


async def hold(journal: SqliteJournal, claimed: Claim, first: Call | None = None) -> Hold:
    held = await journal.claim(claimed, intent(first))
    assert isinstance(held, Hold)
    return held


async def test_one_of_25_claims_of_a_scope_holds_it(journal: SqliteJournal) -> None:
    answers = await asyncio.gather(*[journal.claim(claim(f"op-{n}"), intent()) for n in range(25)])

    holds = [answer for answer in answers if isinstance(answer, Hold)]
    entries = [answer for answer in answers if isinstance(answer, Entry)]
    assert (len(holds), len(entries)) == (1, 24)
    assert {(entry.operation_id, entry.state) for entry in entries} == {(holds[0].operation_id, State.DISPATCHING)}


async def test_one_of_25_claims_by_two_journals_on_one_file_holds_it(journal: SqliteJournal, path: Path) -> None:
    second = SqliteJournal(path)
    pairs = [(journal, second)[n % 2].claim(claim(f"op-{n}"), intent()) for n in range(25)]
    answers = await asyncio.gather(*pairs)
    await second.close()

    assert sum(isinstance(answer, Hold) for answer in answers) == 1


async def test_scopes_are_tenant_route_and_key(journal: SqliteJournal) -> None:
    scopes = [claim("1"), claim("2", tenant="b"), claim("3", key="l"), msgspec.structs.replace(claim("4"), route="/x")]
    for scope in scopes:
        assert isinstance(await journal.claim(scope, intent()), Hold)
    assert [entry and entry.operation_id for entry in [await journal.find(scope) for scope in scopes]] == [*"1234"]


async def test_only_what_was_not_applied_is_claimed_again_and_by_its_own_operation(journal: SqliteJournal) -> None:
    first = await hold(journal, claim())
    await journal.finish(first, call(), FAILED, result(FAILED, claim()))

    assert isinstance(await journal.claim(claim("op-2"), intent()), Entry)
    second = await hold(journal, claim())
    assert (second.operation_id, second.attempt) == ("op-1", 2)
    await journal.finish(second, call(), PLACED, result(PLACED, claim()))
    settled = await journal.claim(claim(), intent())
    assert isinstance(settled, Entry)
    assert (settled.state, settled.attempt) == (State.SUCCEEDED, 2)


async def test_an_old_attempt_that_succeeded_after_all_ends_every_doubt(journal: SqliteJournal) -> None:
    old = await hold(journal, claim())
    await journal.finish(old, call(), FAILED, result(FAILED, claim()))
    await hold(journal, claim())
    await journal.finish(old, call(), PLACED, result(PLACED, claim()))

    entry = await journal.find(claim())
    assert entry is not None
    assert (entry.state, entry.attempt, entry.receipt_id) == (State.SUCCEEDED, 2, RECEIPT["id"])


async def test_the_next_attempt_is_given_what_earlier_calls_left(journal: SqliteJournal) -> None:
    first = await hold(journal, claim())
    await journal.advance(first, call(), PLACED, call("confirm"))
    await journal.finish(first, call("confirm"), FAILED, result(FAILED, claim()))
    second = await hold(journal, claim())

    assert first.taken == {}
    assert second.taken == {"order": Taken({"order_id": "or_1"}, RECEIPT, {})}


async def test_an_entry_survives_reopening(path: Path) -> None:
    first = SqliteJournal(path)
    held = await hold(first, claim())
    told = result(PLACED, claim())
    await first.finish(held, call(), PLACED, told)
    await first.close()
    second = SqliteJournal(path)
    entry = await second.find(claim())
    await second.close()

    assert entry == Entry(
        operation_id="op-1",
        tenant="shop",
        dialect="enad",
        fingerprint="f",
        fingerprint_version=1,
        state=State.SUCCEEDED,
        attempt=1,
        detail="step order: placed",
        received_at="2026-03-02T09:15:20Z",
        status=201,
        headers=dict(told.answer.headers),
        body=told.answer.body,
        receipt_id=RECEIPT["id"],
        losses=LOSSES,
        pairs={},
    )


async def test_what_a_backend_says_once_is_never_stored(journal: SqliteJournal, path: Path) -> None:
    held = await hold(journal, claim())
    await journal.advance(held, call(), PLACED, call("confirm"))
    await journal.finish(held, call("confirm"), PLACED, result(PLACED, claim()))

    assert not any(b"hush" in file.read_bytes() for file in path.parent.iterdir())
    rows: list[Any] = apsw.Connection(str(path)).execute("SELECT taken FROM attempt").fetchall()
    assert [msgspec.json.decode(taken, type=Taken).secrets for (taken,) in rows] == [{}, {}]


async def test_an_order_is_looked_up_by_either_id_and_by_its_tenant_alone(journal: SqliteJournal) -> None:
    held = await hold(journal, claim())
    await journal.finish(held, call(), PLACED, result(PLACED, claim()))

    for order_id in ("op-1", RECEIPT["id"]):
        found = await journal.look_up("shop", order_id)
        assert found is not None
        assert found.entry.operation_id == "op-1"
        assert await journal.look_up("another", order_id) is None
    assert await journal.look_up("shop", "op-2") is None
    assert await journal.find(claim(tenant="another")) is None


async def test_every_commit_is_flushed_to_a_write_ahead_log(journal: SqliteJournal, path: Path) -> None:
    await journal.find(claim())
    db = journal_connection(path)

    full = 2
    assert (db.pragma("journal_mode"), db.pragma("synchronous"), db.pragma("foreign_keys")) == ("wal", full, 1)


async def test_claims_that_gather_meanwhile_share_a_commit(journal: SqliteJournal, path: Path) -> None:
    commits: list[str] = []

    def count() -> bool:
        commits.append("one")
        return False

    journal_connection(path).set_commit_hook(count)
    rival = apsw.Connection(str(path))
    rival.execute("BEGIN IMMEDIATE")  # the writer has to wait, so that claims gather
    tasks = [asyncio.create_task(journal.claim(claim(str(n), key=str(n)), intent())) for n in range(25)]
    await asyncio.sleep(0.05)
    rival.execute("ROLLBACK")
    answers = await asyncio.gather(*tasks)

    assert all(isinstance(answer, Hold) for answer in answers)
    assert 1 <= len(commits) <= 2


async def test_one_request_that_fails_takes_no_other_of_its_commit_with_it(journal: SqliteJournal, path: Path) -> None:
    rival = apsw.Connection(str(path))
    fault = "BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    rival.execute(f"CREATE TRIGGER full BEFORE INSERT ON attempt WHEN NEW.operation_id = '7' {fault}")
    claims = [journal.claim(claim(str(n), key=str(n)), intent()) for n in range(25)]
    answers = await asyncio.gather(*claims, return_exceptions=True)

    assert [n for n, answer in enumerate(answers) if isinstance(answer, Problem)] == [7]
    assert sum(isinstance(answer, Hold) for answer in answers) == 24
    assert await journal.find(claim("7", key="7")) is None


async def test_a_row_that_cannot_be_read_stops_nothing_else(journal: SqliteJournal, path: Path) -> None:
    await hold(journal, claim())
    apsw.Connection(str(path)).execute("UPDATE operation SET state = 'of a later version'")
    async with asyncio.timeout(1):
        with pytest.raises((msgspec.ValidationError, Problem)):
            await journal.find(claim())
        assert isinstance(await journal.claim(claim("op-2", key="l"), intent()), Hold)


async def test_a_journal_that_was_closed_says_so(path: Path) -> None:
    journal = SqliteJournal(path)
    await journal.close()
    async with asyncio.timeout(1):
        with pytest.raises(Problem) as caught:
            await journal.find(claim())

    assert caught.value.kind == "storage-unavailable"


async def test_closing_waits_for_what_was_asked_before(path: Path) -> None:
    journal = SqliteJournal(path)
    tasks = [asyncio.create_task(journal.claim(claim(str(n), key=str(n)), intent())) for n in range(200)]
    await asyncio.sleep(0)
    await journal.close()

    assert all(isinstance(answer, Hold) for answer in await asyncio.gather(*tasks))


def schema(path: Path) -> list[Any]:
    db = apsw.Connection(str(path))
    return [*db.execute("SELECT name, sql FROM sqlite_schema ORDER BY name"), db.pragma("user_version")]


def test_an_empty_file_becomes_a_journal_and_reopening_changes_nothing(path: Path) -> None:
    path.touch()
    connect(path).close()
    made = schema(path)
    connect(path).close()

    assert made == schema(path)
    assert {"operation", "attempt"} <= {name for name, _ in made[:-1]}
    assert made[-1] == len(MIGRATIONS)


def test_a_journal_of_a_later_version_is_left_alone(path: Path) -> None:
    connect(path).close()
    later = apsw.Connection(str(path))
    later.execute("PRAGMA user_version = 99")
    with pytest.raises(SetupError, match="99"):
        connect(path).close()

    assert later.pragma("user_version") == 99


@pytest.mark.parametrize("content", [None, b"no database, but long enough to be taken for one" * 20])
def test_a_file_that_can_be_no_journal_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "missing" / "journal.db" if content is None else tmp_path / "journal.db"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SetupError, match=re.escape(str(path))):
        connect(path)


async def test_an_ending_waits_for_a_file_that_another_program_has(journal: SqliteJournal, path: Path) -> None:
    held = await hold(journal, claim())
    journal_connection(path).set_busy_timeout(20)
    other = apsw.Connection(str(path))
    other.execute("BEGIN IMMEDIATE")
    ending = asyncio.create_task(journal.finish(held, call(), PLACED, result(PLACED, claim())))
    await asyncio.sleep(0.3)
    other.execute("ROLLBACK")

    assert await ending is True


async def test_a_ledger_reads_as_it_was_written_packed_or_plain_as_of_old(journal: SqliteJournal) -> None:
    known = Line("/email", ("/customer_email",), "renamed", "shop.toml: order[0]", "")
    unknown = Line("/maya", (), "unknown", "", "")
    ledgers = {"op-1": (known,), "op-2": (known, unknown), "op-3": (known,)}
    for operation_id, lines in ledgers.items():
        await journal.claim(claim(operation_id, key=operation_id), intent()._replace(ledger=lines))
    plain = (Blob(operation_row("op-3"), "ledger", msgspec.json.encode(ledgers["op-3"])), "op-3")
    await journal._writer.do(lambda db: db.execute("UPDATE operation SET ledger = ? WHERE operation_id = ?", plain))
    records = {operation_id: await journal.look_up("shop", operation_id) for operation_id in ledgers}
    assert {one: record and record.ledger for one, record in records.items()} == ledgers


async def test_who_fails_takes_no_neighbour_with_him(journal: SqliteJournal) -> None:
    def slip(db: apsw.Connection) -> None:
        db.execute("DELETE FROM attempt")
        raise LookupError("a mistake of the asker")

    asked = [journal.claim(claim("op-1", key="a"), intent()), journal._writer.do(slip)]
    asked += [journal.claim(claim("op-2", key="b"), intent())]
    first, failed, last = await asyncio.gather(*asked, return_exceptions=True)  # which share a commit
    assert isinstance(first, Hold)
    assert isinstance(failed, LookupError)
    assert isinstance(last, Hold)
    assert await journal.find(claim(key="a")) is not None
    assert await journal.find(claim(key="b")) is not None
    assert await journal._writer.do(lambda db: db.execute("SELECT count(*) FROM attempt").get) == 2


async def test_while_another_program_has_the_file_the_loop_goes_on_and_reads(
    path: Path, journal: SqliteJournal
) -> None:
    await journal.claim(claim("op-1", key="a"), intent())
    other = connect(path)
    other.execute("BEGIN IMMEDIATE")
    waiting = asyncio.create_task(journal.claim(claim("op-2", key="b"), intent()))
    began = time.monotonic()
    for _ in range(5):
        await asyncio.sleep(0.01)
        assert await journal.find(claim(key="a")) is not None
    assert not waiting.done()
    assert time.monotonic() - began < 3  # seconds; it is waited for five, and not here
    other.execute("COMMIT")
    assert isinstance(await waiting, Hold)
    other.close()


@pytest.mark.parametrize(
    ("version", "kept"),
    [
        ("3.40.1", False),
        ("3.44.5", False),
        ("3.44.6", True),
        ("3.45.3", False),
        ("3.50.6", False),
        ("3.50.7", True),
        ("3.51.2", False),
        ("3.51.3", True),
        ("3.52.0", True),
        ("3.54.1", True),
        ("4.0.0", True),
    ],
)
def test_a_sqlite_that_can_lose_commits_is_refused(
    path: Path, monkeypatch: pytest.MonkeyPatch, version: str, kept: bool
) -> None:
    monkeypatch.setattr("adapter.shell.journal_file.apsw.sqlite_lib_version", lambda: version)
    if kept:
        connect(path).close()
    else:
        with pytest.raises(SetupError, match=f"found {version}"):
            connect(path)
        assert not path.exists()


async def test_a_mistake_of_ours_is_told_to_who_waits_and_the_next_is_served(
    journal: SqliteJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_jobs: Any) -> Any:
        raise LookupError("a mistake of ours")

    with monkeypatch.context() as patch:
        patch.setattr(journal._writer, "_transact", fail)
        with pytest.raises(LookupError):
            await asyncio.wait_for(journal.claim(claim("op-1"), intent()), 5)
    assert isinstance(await journal.claim(claim("op-1"), intent()), Hold)


def test_of_ledgers_that_differ_in_what_a_client_alone_names_one_part_is_remembered() -> None:
    known = Line("/email", ("/mail",), "renamed", "another-shop.toml: order[0]", "")
    before = records._remember_packed.cache_info().currsize
    for name in ("/maya", "/anna", "/zoe"):
        lines = (known, Line(name, (), "unknown", "", ""))
        assert records.unpack_ledger(records.pack_ledger(lines)) == lines
    assert records._remember_packed.cache_info().currsize == before + 1
