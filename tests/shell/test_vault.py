"""The vault: what is sealed cannot be read or changed without its key, and what is not sealed stays readable."""

import asyncio
from pathlib import Path

import apsw
import pytest

from adapter.errors import Problem, SetupError
from adapter.shell.journal import SqliteJournal
from adapter.shell.vault import MARK, Vault, read_vault
from tests.shell.stores import ENDS, claim, end, hold, take

NEW, OLD = bytes(range(32)), bytes(range(1, 33))
CANARY = b"maya@canary.example"


def test_what_is_sealed_is_opened_again_and_never_the_same_twice() -> None:
    vault = Vault([NEW])
    first, second = vault.seal(CANARY), vault.seal(CANARY)

    assert (vault.open(first), vault.open(second)) == (CANARY, CANARY)
    assert first != second
    assert CANARY not in first + second


def test_nothing_stays_nothing_and_what_was_never_sealed_is_read_as_it_is() -> None:
    assert Vault([NEW]).seal(b"") == b""
    assert Vault([NEW]).open(b'{"email":1}') == b'{"email":1}'
    assert Vault().seal(CANARY) == CANARY


def test_the_first_key_seals_and_every_key_opens() -> None:
    before, after = Vault([OLD]).seal(CANARY), Vault([NEW, OLD]).seal(CANARY)

    assert Vault([NEW, OLD]).open(before) == CANARY
    assert Vault([NEW]).open(after) == CANARY


@pytest.mark.parametrize("vault", [Vault(), Vault([OLD])], ids=["no key", "another key"])
def test_without_its_key_nothing_is_opened(vault: Vault) -> None:
    with pytest.raises(Problem, match="a key that is not set"):
        vault.open(Vault([NEW]).seal(CANARY))


@pytest.mark.parametrize("place", [len(MARK) + 4, -1, 40])
def test_what_somebody_changed_is_not_opened(place: int) -> None:
    sealed = bytearray(Vault([NEW]).seal(CANARY * 2))
    sealed[place] ^= 1
    with pytest.raises(Problem, match="damaged"):
        Vault([NEW]).open(bytes(sealed))


def test_keys_are_behind_references(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "new").write_text(f"{NEW.hex()}\n")
    monkeypatch.setenv("OLD_KEY", OLD.hex().upper())
    vault = read_vault(f"file:{tmp_path}/new, env:OLD_KEY")

    assert vault.open(Vault([OLD]).seal(CANARY)) == CANARY
    assert Vault([NEW]).open(vault.seal(CANARY)) == CANARY


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
