"""The vault: what is sealed cannot be read or changed without its key, and what is not sealed stays readable."""

import asyncio
import hashlib
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import apsw
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from adapter.errors import Problem, SetupError
from adapter.shell.journal import SqliteJournal
from adapter.shell.journal_file import connect
from adapter.shell.schema import MIGRATIONS
from adapter.shell.vault import MARK, Blob, Vault, read_vault
from tests.shell.stores import ENDS, LOSSES, PLACED, claim, end, hold, take

NEW, OLD = bytes(range(32)), bytes(range(1, 33))
CANARY = b"maya@canary.example"


ROW = ("operation", "op-1")


def blob(value: bytes, column: str = "body") -> Blob:
    return Blob(ROW, column, value)


def seal_as_before(key: bytes, value: bytes) -> bytes:
    """A blob as it was sealed before blobs were bound to their place."""
    nonce = os.urandom(12)
    sealed = AESGCM(key).encrypt(nonce, value, b"adapter journal")
    return b"\x00\x01" + hashlib.sha256(key).digest()[:4] + nonce + sealed


def test_what_is_sealed_is_opened_again_and_never_the_same_twice() -> None:
    vault = Vault([NEW])
    first, second = vault.seal(blob(CANARY)), vault.seal(blob(CANARY))

    assert (vault.open(first, ROW, "body"), vault.open(second, ROW, "body")) == (CANARY, CANARY)
    assert first != second
    assert CANARY not in first + second


def test_nothing_stays_nothing_and_what_was_never_sealed_is_read_as_it_is() -> None:
    assert Vault([NEW]).seal(blob(b"")) == b""
    assert Vault([NEW]).open(b'{"email":1}', ROW, "body") == b'{"email":1}'
    assert Vault().seal(blob(CANARY)) == CANARY


def test_the_first_key_seals_and_every_key_opens() -> None:
    before, after = Vault([OLD]).seal(blob(CANARY)), Vault([NEW, OLD]).seal(blob(CANARY))

    assert Vault([NEW, OLD]).open(before, ROW, "body") == CANARY
    assert Vault([NEW]).open(after, ROW, "body") == CANARY


@pytest.mark.parametrize("vault", [Vault(), Vault([OLD])], ids=["no key", "another key"])
def test_without_its_key_nothing_is_opened(vault: Vault) -> None:
    for sealed in (Vault([NEW]).seal(blob(CANARY)), seal_as_before(NEW, CANARY)):
        with pytest.raises(Problem, match="a key that is not set"):
            vault.open(sealed, ROW, "body")


@pytest.mark.parametrize("place", [1, len(MARK) + 4, -1, 40])
def test_what_somebody_changed_is_not_opened(place: int) -> None:
    sealed = bytearray(Vault([NEW]).seal(blob(CANARY * 2)))
    sealed[place] ^= 3  # at 1 the mark becomes that of old
    with pytest.raises(Problem, match="damaged"):
        Vault([NEW]).open(bytes(sealed), ROW, "body")


@pytest.mark.parametrize(
    ("row", "column"),
    [
        (("operation", "op-2"), "body"),
        (("operation", "op-1"), "headers"),
        (("attempt", "op-1"), "body"),
        (("operation", "op-1", ""), "body"),
    ],
)
def test_what_somebody_moved_is_not_opened(row: tuple[str, ...], column: str) -> None:
    sealed = Vault([NEW]).seal(blob(CANARY))
    with pytest.raises(Problem, match="damaged"):
        Vault([NEW]).open(sealed, row, column)


def test_what_was_sealed_before_places_counted_is_opened_still() -> None:
    assert Vault([OLD, NEW]).open(seal_as_before(NEW, CANARY), ROW, "body") == CANARY


def test_keys_are_behind_references(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "new").write_text(f"{NEW.hex()}\n")
    monkeypatch.setenv("OLD_KEY", OLD.hex().upper())
    vault = read_vault(f"file:{tmp_path}/new, env:OLD_KEY")

    assert vault.open(Vault([OLD]).seal(blob(CANARY)), ROW, "body") == CANARY
    assert Vault([NEW]).open(vault.seal(blob(CANARY)), ROW, "body") == CANARY


@pytest.mark.parametrize("key", ["short", "x" * 64, "0" * 63, "0" * 65])
def test_a_key_that_is_none_is_refused_and_not_told(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("THE_KEY", key)
    with pytest.raises(SetupError) as caught:
        read_vault("env:THE_KEY")

    assert caught.value.at == "ADAPTER_JOURNAL_KEY"
    assert key not in str(caught.value)


@pytest.mark.parametrize("said", ["", " , "])
def test_a_setting_that_names_no_key_is_refused(said: str) -> None:
    with pytest.raises(SetupError, match="64 hex digits"):
        read_vault(said)


async def fill(path: Path, vault: Vault | None, *keys: str) -> None:
    """Orders in every end, in a journal that is closed again."""
    journal = SqliteJournal(path, vault=vault)
    for key in keys:
        for number, outcome in enumerate(ENDS):
            held = await hold(journal, claim(f"{key}-{number}", key=f"{key}{number}"))
            await end(journal, held, outcome)
    await journal.close()


def blobs(path: Path) -> list[bytes]:
    """Every blob in the file, as it is there."""
    db = apsw.Connection(str(path))
    rows = [*db.execute("SELECT * FROM operation"), *db.execute("SELECT * FROM attempt")]
    db.close()
    return [value for row in rows for value in row if isinstance(value, bytes) and value]


# Each column that is sealed, and a read that must open it.
READS: dict[str, Callable[[SqliteJournal], Awaitable[object]]] = {
    "operation.headers": lambda journal: journal.find(claim("a-0", key="a0")),
    "operation.body": lambda journal: journal.find(claim("a-0", key="a0")),
    "operation.losses": lambda journal: journal.find(claim("a-0", key="a0")),
    "operation.ledger": lambda journal: journal.look_up("shop", "a-0"),
    "operation.kept": lambda journal: journal.look_up("shop", "a-0"),
    "operation.revised": lambda journal: journal.look_up("shop", "a-0"),
    "operation.canonical": lambda journal: journal.take_open(8, 60.0),
    "operation.pairs": lambda journal: journal.take_open(8, 60.0),
    "attempt.body": lambda journal: journal.take_open(8, 60.0),
    "attempt.taken": lambda journal: journal.take_open(8, 60.0),
}
OPEN = "UPDATE operation SET state = 'unknown', check_at = 0 WHERE operation_id = 'a-0'"


@pytest.mark.parametrize("place", READS)
def test_a_blob_of_another_order_is_not_taken_for_this_ones(tmp_path: Path, place: str) -> None:
    path = tmp_path / "journal.db"
    asyncio.run(fill(path, Vault([NEW]), "a", "b"))
    table, _, column = place.partition(".")
    move = f"UPDATE {table} SET {column} = (SELECT {column} FROM {table} WHERE operation_id = 'b-0')"  # noqa: S608

    async def read() -> None:
        journal = SqliteJournal(path, vault=Vault([NEW]))
        other = apsw.Connection(str(path))
        if "take_open" in READS[place].__code__.co_names:
            other.execute(OPEN)
        if place == "attempt.body":
            other.execute("UPDATE attempt SET state = 'unknown', taken = NULL WHERE operation_id = 'a-0'")
        other.execute(f"{move} WHERE operation_id = 'a-0'")
        other.close()
        if "take_open" in READS[place].__code__.co_names:
            assert await READS[place](journal) == []
        else:
            with pytest.raises(Problem, match="damaged"):
                await READS[place](journal)
        await journal.close()

    asyncio.run(read())


def test_the_columns_that_are_read_are_all_that_there_are() -> None:
    text = "".join(MIGRATIONS)
    tables = {"operation": text.count(" BLOB") - 2, "attempt": 2}
    assert {table: sum(place.startswith(table) for place in READS) for table in tables} == tables


def test_an_open_order_that_was_moved_stops_the_start(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    asyncio.run(fill(path, Vault([NEW]), "a", "b"))
    other = apsw.Connection(str(path))
    other.execute(OPEN)
    other.execute("UPDATE operation SET canonical = (SELECT canonical FROM operation WHERE operation_id = 'b-0')")
    other.close()
    with pytest.raises(SetupError, match="damaged"):
        SqliteJournal(path, vault=Vault([NEW]))


def test_a_journal_that_was_sealed_before_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    asyncio.run(fill(path, None, "a"))
    other = apsw.Connection(str(path))
    for place in READS:
        table, _, column = place.partition(".")
        rows: list[Any] = other.execute(f"SELECT rowid, {column} FROM {table}").fetchall()  # noqa: S608
        for rowid, value in rows:
            sealed = (seal_as_before(OLD, value), rowid) if value else (value, rowid)
            other.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", sealed)  # noqa: S608
    other.execute(OPEN)
    other.close()
    assert all(value.startswith(b"\x00\x01") for value in blobs(path))

    async def go_on() -> None:
        journal = SqliteJournal(path, vault=Vault([NEW, OLD]))
        record, case = await journal.look_up("shop", "a-1"), await take(journal)
        assert record is not None
        assert (record.entry.losses, case.canonical) == (LOSSES, b'{"email":"a@b.co"}')
        assert await end(journal, case.hold, PLACED)
        entry = await journal.find(claim("a-0", key="a0"))
        assert entry is not None
        assert b"a@b.co" in entry.body
        await journal.close()

    asyncio.run(go_on())
    assert {value[:2] for value in blobs(path)} == {MARK, b"\x00\x01"}


def test_bytes_without_a_place_are_not_written(tmp_path: Path) -> None:
    db = connect(tmp_path / "journal.db", Vault([NEW]))
    with pytest.raises(TypeError, match="sealed for their place"):
        db.execute("UPDATE operation SET body = ?", (CANARY,))
    db.close()


def test_every_blob_of_a_journal_is_sealed_and_its_orders_are_read_as_ever(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    asyncio.run(fill(path, Vault([NEW]), "a"))

    assert len(blobs(path)) > 20
    assert all(blob.startswith(MARK) for blob in blobs(path))

    async def read() -> None:
        journal = SqliteJournal(path, vault=Vault([NEW]))
        entry = await journal.find(claim(key="a0"))
        assert entry is not None
        assert b"a@b.co" in entry.body
        await journal.close()

    asyncio.run(read())


def test_a_journal_of_old_goes_on_under_a_key_and_under_the_next(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    asyncio.run(fill(path, None, "a"))
    asyncio.run(fill(path, Vault([OLD]), "b"))
    asyncio.run(fill(path, Vault([NEW, OLD]), "c"))

    async def read() -> None:
        journal = SqliteJournal(path, vault=Vault([NEW, OLD]))
        for key in "abc":
            entry = await journal.find(claim(key=f"{key}0"))
            assert entry is not None
            assert entry.losses
        await journal.close()

    asyncio.run(read())


@pytest.mark.parametrize("vault", [None, Vault([OLD])], ids=["no key", "another key"])
def test_a_journal_whose_key_is_gone_is_not_opened(tmp_path: Path, vault: Vault | None) -> None:
    path = tmp_path / "journal.db"
    asyncio.run(fill(path, Vault([NEW]), "a"))
    with pytest.raises(SetupError, match=r"the key it was written with.*at `.*journal\.db`"):
        SqliteJournal(path, vault=vault)


def test_an_open_order_is_taken_up_with_what_was_sent(tmp_path: Path) -> None:
    async def run() -> None:
        journal = SqliteJournal(tmp_path / "journal.db", vault=Vault([NEW]))
        await hold(journal, lease=0)
        case = await take(journal)
        assert case.canonical == b'{"email":"a@b.co"}'
        assert [written.body for written in case.hold.written.values()] == [b'{"order":1}']
        await journal.close()

    asyncio.run(run())


def test_what_is_blank_needs_no_key(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    asyncio.run(fill(path, Vault([OLD]), "a"))

    async def blank() -> None:
        journal = SqliteJournal(path, vault=Vault([OLD]))
        await journal.purge(answer_days=0)
        await journal.close()
        journal = SqliteJournal(path, vault=Vault([NEW]))
        entry = await journal.find(claim(key="a0"))
        assert entry is not None
        assert (entry.expired, entry.losses) == (True, ())
        await journal.close()

    asyncio.run(blank())
    assert not [blob for blob in blobs(path) if blob.startswith(MARK)]
