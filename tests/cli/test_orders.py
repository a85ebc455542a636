"""``adapter orders``: what a person sees of the journal, and that a person's word is kept."""

import asyncio
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from adapter.cli.main import main
from adapter.core.messages import Answer
from adapter.errors import Problem
from adapter.shell.vault import Vault
from tests.staging import LOST, Stage, set_stage


@pytest.fixture
def open_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Stage, str]:
    """An Enad order whose outcome is unknown: a person's."""
    path = tmp_path / "journal.db"
    monkeypatch.setenv("ADAPTER_JOURNAL", str(path))

    async def place() -> tuple[Stage, str]:
        stage = set_stage(path, "enad", [LOST])
        answer = await stage.place("a")
        assert isinstance(answer, Answer)
        await stage.journal.close()
        return stage, answer.headers["Location"].rpartition("/")[2]

    return asyncio.run(place())


def repeat(path: Path) -> Answer | Problem:
    async def place() -> Answer | Problem:
        stage = set_stage(path, "enad", [])
        try:
            return await stage.place("a")
        finally:
            await stage.journal.close()

    return asyncio.run(place())


def test_what_waits_for_a_person_is_listed(open_order: tuple[Stage, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["orders", "list", "--state", "needs_operator"]) == 0
    assert open_order[1] in capsys.readouterr().out
    assert main(["orders", "list", "--state", "succeeded"]) == 0
    assert "No such orders" in capsys.readouterr().out


def test_the_list_is_readable_at_80_columns(
    open_order: tuple[Stage, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["orders", "list"]) == 0
    told = capsys.readouterr().out
    words = told.replace("│", " ").split()

    assert max(map(len, told.splitlines())) <= 80
    assert {open_order[1], "needs_operator", "shop", "ReadTimeout"} <= set(words)


def test_scripts_read_the_same_as_json(open_order: tuple[Stage, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["orders", "list", "--json"]) == 0
    (listed,) = msgspec.json.decode(capsys.readouterr().out)
    assert (listed["operation_id"], listed["state"]) == (open_order[1], "needs_operator")

    assert main(["orders", "show", open_order[1], "--json"]) == 0
    shown = msgspec.json.decode(capsys.readouterr().out)
    assert {name: shown[name] for name in listed} == listed
    assert shown["order"]["email"] == "sita@example.com"
    ((call, body),) = [(call["method"], call["body"]) for call in shown["calls"]]
    assert (call, body["shipping_address"]["email"]) == ("POST", "sita@example.com")


def test_one_screen_tells_everything_about_an_order(
    open_order: tuple[Stage, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["orders", "show", open_order[1]]) == 0
    told = capsys.readouterr().out
    for fact in (
        "needs_operator",
        "enad",
        "sita@example.com",
        "POST http://backend.test",
        "ReadTimeout",
        open_order[1],
    ):
        assert fact in told


def test_a_sealed_journal_is_shown_and_resolved_with_its_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path, key = tmp_path / "journal.db", bytes(range(32))
    monkeypatch.setenv("ADAPTER_JOURNAL", str(path))
    monkeypatch.setenv("ADAPTER_JOURNAL_KEY", "env:JOURNAL_KEY")
    monkeypatch.setenv("JOURNAL_KEY", key.hex())

    async def place() -> str:
        stage = set_stage(path, "enad", [LOST], Vault([key]))
        answer = await stage.place("a")
        await stage.journal.close()
        return answer.headers["Location"].rpartition("/")[2]

    operation_id = asyncio.run(place())
    assert b"sita" not in path.read_bytes()
    assert main(["orders", "show", operation_id]) == 0
    assert capsys.readouterr().out.count("sita@example.com") >= 2  # of the order, and of its call
    assert main(["orders", "resolve", operation_id, "--placed", "or_1"]) == 0


def test_an_order_that_was_found_is_a_receipt_from_then_on(open_order: tuple[Stage, str]) -> None:
    stage, operation_id = open_order
    assert main(["orders", "resolve", operation_id, "--placed", "42"]) == 0
    answer = repeat(stage.path)

    assert answer.status == 201
    assert isinstance(answer, Answer)
    assert b'"order_number":"42"' in answer.body
    assert answer.headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("nothing", ["", " "])
def test_who_says_that_an_order_is_there_must_say_where(
    open_order: tuple[Stage, str], capsys: pytest.CaptureFixture[str], nothing: str
) -> None:
    """Else a script that found no order would free its key for a second one."""
    stage, operation_id = open_order
    with pytest.raises(SystemExit):
        main(["orders", "resolve", operation_id, "--placed", nothing])

    assert "found none" in capsys.readouterr().err
    assert stage.read("SELECT state FROM operation") == [("needs_operator",)]


def test_an_order_that_was_found_is_told_with_its_losses(open_order: tuple[Stage, str]) -> None:
    stage, operation_id = open_order
    first = stage.read("SELECT headers FROM operation")
    assert main(["orders", "resolve", operation_id, "--placed", "42"]) == 0
    answer = repeat(stage.path)

    assert answer.headers["Order-Losses"] == msgspec.json.decode(first[0][0])["Order-Losses"]


def test_the_screen_of_an_open_order_says_how_to_decide_it(
    open_order: tuple[Stage, str], capsys: pytest.CaptureFixture[str]
) -> None:
    _, operation_id = open_order
    assert main(["orders", "show", operation_id]) == 0
    assert f"adapter orders resolve {operation_id} --not-placed" in capsys.readouterr().out
    main(["orders", "resolve", operation_id, "--placed", "42"])
    assert main(["orders", "show", operation_id]) == 0
    assert "adapter orders resolve" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("wanted", "there"),
    [(["--key", "a"], True), (["--key", "b"], False), (["--tenant", "shop"], True), (["--tenant", "other"], False)],
)
def test_orders_are_listed_by_what_their_client_can_tell(
    open_order: tuple[Stage, str], capsys: pytest.CaptureFixture[str], wanted: list[str], there: bool
) -> None:
    assert main(["orders", "list", *wanted]) == 0
    assert (open_order[1] in capsys.readouterr().out) is there


def test_an_order_that_is_not_there_may_be_placed_under_its_key(open_order: tuple[Stage, str]) -> None:
    stage, operation_id = open_order
    assert main(["orders", "resolve", operation_id, "--not-placed"]) == 0
    answer = repeat(stage.path)

    assert answer.status == 201
    assert isinstance(answer, Answer)
    assert "Idempotent-Replayed" not in answer.headers


def test_what_has_ended_is_not_decided_again(open_order: tuple[Stage, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["orders", "resolve", open_order[1], "--placed", "42"]) == 0
    assert main(["orders", "resolve", open_order[1], "--not-placed"]) == 2
    assert "under way: succeeded" in capsys.readouterr().err


def test_an_order_nobody_knows_is_one_line(open_order: tuple[Stage, str], capsys: pytest.CaptureFixture[str]) -> None:
    for verb in (["show", "nobody"], ["resolve", "nobody", "--not-placed"]):
        assert main(["orders", *verb]) == 2
        assert "nobody" in capsys.readouterr().err


def test_a_journal_that_is_not_there_is_not_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADAPTER_JOURNAL", str(tmp_path / "none.db"))

    assert main(["orders", "list"]) == 2
    assert not (tmp_path / "none.db").exists()


@pytest.mark.parametrize("crashed", [False, True], ids=["closed", "crashed"])
def test_a_person_can_look_where_nothing_more_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, crashed: bool
) -> None:
    """A limit of no bytes for any file stands for a full disk: it takes no mount."""
    path = tmp_path / "copy" / "journal.db"
    monkeypatch.setenv("ADAPTER_JOURNAL", str(path))

    async def place() -> str:
        stage = set_stage(tmp_path / "journal.db", "enad", [LOST])
        answer = await stage.place("a")
        assert isinstance(answer, Answer)
        if not crashed:
            await stage.journal.close()
        shutil.copytree(tmp_path, path.parent, ignore=shutil.ignore_patterns("copy", "*-shm"))
        await stage.journal.close()
        return answer.headers["Location"].rpartition("/")[2]

    operation_id = asyncio.run(place())
    assert path.with_name("journal.db-wal").exists() == crashed
    for asked in (["list", "--state", "needs_operator"], ["show", operation_id]):
        command = [sys.executable, "-m", "adapter", "orders", *asked]
        told = subprocess.run(command, capture_output=True, text=True, preexec_fn=_forbid_writing)
        assert (told.returncode, told.stderr) == (0, "")
        assert operation_id in told.stdout


def _forbid_writing() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def test_what_is_erased_is_in_no_file_and_its_key_is_known(
    open_order: tuple[Stage, str], capsys: pytest.CaptureFixture[str]
) -> None:
    stage, operation_id = open_order
    assert main(["orders", "erase", operation_id]) == 2
    assert "resolve it first" in capsys.readouterr().err
    assert main(["orders", "resolve", operation_id, "--placed", "42"]) == 0
    assert main(["orders", "erase", operation_id]) == 0

    files = b"".join(path.read_bytes() for path in stage.path.parent.glob("journal.db*"))
    assert operation_id.encode() in files
    assert not [text for text in (b"sita", b"Sita", b"example.com") if text in files]
    answer = repeat(stage.path)
    assert isinstance(answer, Problem)
    assert (answer.status, answer.kind) == (409, "operation-result-expired")
    assert main(["orders", "show", operation_id]) == 0
    assert "no longer kept" in capsys.readouterr().out


def test_an_order_is_read_by_a_person_who_has_its_key(
    open_order: tuple[Stage, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ADAPTER_JOURNAL_KEY", "env:SOME_KEY")
    monkeypatch.setenv("SOME_KEY", "5a" * 32)
    assert main(["orders", "resolve", open_order[1], "--placed", "42"]) == 0
    assert main(["orders", "show", open_order[1]]) == 0
    assert "sita@example.com" in capsys.readouterr().out
