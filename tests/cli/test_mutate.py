"""``adapter mutate``: who kills which mutant, in three forms, and what its status says."""

import json
import shutil
from pathlib import Path

import pytest

from adapter.cli.main import main
from tests.conftest import HERE

FEW = ("mutate", "stella_sync", "--examples", "6", "--processes", "1")
RECEIPTS = (*FEW, "--only", "receipt[")


@pytest.fixture
def known(tmp_path: Path) -> Path:
    """Known pairs of one dialect, for a test to change."""
    shutil.copytree(HERE / "orders", tmp_path / "orders")
    shutil.copytree(HERE / "golden" / "stella_sync", tmp_path / "golden" / "stella_sync")
    return tmp_path


def test_a_mapping_that_breaks_its_own_known_pairs_is_not_judged(
    known: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = known / "golden" / "stella_sync" / "known.json"
    path.write_text(path.read_text().replace('"/taken/receipt/status":"', '"/taken/receipt/status":"not ', 1))

    assert main([*RECEIPTS, "--known", str(known)]) == 2

    told = capsys.readouterr().err
    assert "expected a mapping that breaks nothing, found known: /taken/receipt/status" in told


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--examples", "0"], "expected at least 1, found 0"),
        (["--processes", "0"], "expected at least 1, found 0"),
        (["--processes", "2", "--known", "nowhere"], "expected a folder with orders/*.json in it"),
    ],
)
def test_what_cannot_be_tried_ends_with_2(arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    known = [*FEW[:2], "--examples", "6", *arguments]
    assert main(known) == 2
    assert told in capsys.readouterr().err


def test_every_mutant_has_a_killer_and_what_it_found(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*RECEIPTS, "--json"]) == 0
    (score,) = json.loads(capsys.readouterr().out)
    assert score["dialect"] == "stella_sync"
    assert score["share"] == 1.0
    assert score["survivors"] == []
    assert all(mutant["killer"] and mutant["detail"] for mutant in score["mutants"])
    assert sum(score["killers"].values()) == len(score["mutants"]) > 40
    verdicts = {mutant["mutant"]: mutant for mutant in score["mutants"]}
    assert verdicts["receipt[0] dropped"] == {
        "mutant": "receipt[0] dropped",
        "killer": "check",
        "detail": "unaccounted",
    }


def test_a_table_says_how_many_each_killed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*RECEIPTS, "--markdown"]) == 0
    printed = capsys.readouterr().out
    assert "| killed by `check` |" in printed
    assert "| killed, of those not equivalent | 100.00% |" in printed


def test_every_lists_each_mutant(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*RECEIPTS, "--markdown", "--every"]) == 0
    assert "| `receipt[0] dropped` | check | unaccounted |" in capsys.readouterr().out


def test_without_known_pairs_what_no_law_sees_survives(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "orders").mkdir()
    shutil.copy(HERE / "orders" / "documented-sample-body.json", tmp_path / "orders")
    assert main([*FEW, "--only", "echo[0]", "--known", str(tmp_path), "--json"]) == 1
    (score,) = json.loads(capsys.readouterr().out)
    assert "echo[0] dropped" in score["survivors"]
    assert score["share"] < 0.99
    assert main([*FEW, "--only", "echo[0]", "--known", str(tmp_path), "--at-least", "10"]) == 0


def test_a_mutant_that_is_listed_as_equivalent_and_killed_is_told(
    known: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (known / "golden" / "stella_sync" / "equivalent.toml").write_text(
        '[[equivalent]]\nreason = "made up"\n'
        'mutants = ["receipt[0] dropped", "receipt[99] dropped", "order[0] dropped"]\n'
    )
    assert main([*RECEIPTS, "--known", str(known), "--json"]) == 1
    (score,) = json.loads(capsys.readouterr().out)
    assert score["equivalent"] == {}
    assert score["share"] == 1.0
    assert score["stale"] == ["receipt[0] dropped", "receipt[99] dropped"], "the other was not asked for"


def test_known_pairs_are_written_for_a_person_to_read(known: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = known / "golden" / "stella_sync" / "known.json"
    before = path.read_text()
    path.unlink()
    assert main(["mutate", "stella_sync", "--known", str(known), "--write-known"]) == 0
    assert path.read_text() == before
    assert "read what differs" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["mutate", "nobody"], "unknown dialect 'nobody'"),
        ([*FEW, "--only", "echo[0]", "--known", "/nowhere"], "orders/\\*.json"),
    ],
)
def test_what_cannot_be_tried_ends_with_two(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert told.replace("\\", "") in capsys.readouterr().err


def test_several_processes_say_what_one_says(capsys: pytest.CaptureFixture[str]) -> None:
    main([*FEW, "--only", "receipt[1]", "--json"])
    alone = capsys.readouterr().out
    main(["mutate", "stella_sync", "--examples", "6", "--processes", "2", "--only", "receipt[1]", "--json"])
    assert capsys.readouterr().out == alone
