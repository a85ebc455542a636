"""``adapter diff``: the report on a switch, in three forms, and what its status says."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from adapter.cli.main import main
from tests.conftest import HERE
from tests.staging import SHIPPED, order_for


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Orders of a user's: one that both take, one that is for Lana alone, and a file that is none."""
    both = order_for("lana")
    thin = both | {"line_items": [{"quantity": 1, "name": "Kurta", "price": 5}]}
    (tmp_path / "both.json").write_text(json.dumps(both))
    (tmp_path / "thin.json").write_text(json.dumps(thin))
    (tmp_path / "README.md").write_text("no order")
    return tmp_path


def test_people_see_what_stops_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "lana", "enad"]) == 1
    told = capsys.readouterr().out
    titles = ["Order: stops arriving (4)", "Order: turns lossy (1)", "Order: starts arriving (4)", "What enad needs"]
    assert [title for title in titles if title not in told] == []
    assert [told.index(title) for title in titles] == sorted(told.index(title) for title in titles)
    assert "From Lana orders to Enad orders" in told


@pytest.mark.parametrize("width", ["80", "120"])
def test_nothing_is_wider_than_the_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: str
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    main(["diff", "lana", "stella_checkout", "--orders", str(HERE / "orders")])
    assert max(map(len, capsys.readouterr().out.splitlines())) <= int(width)


def test_markdown_has_every_sheet_as_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "lana", "enad", "--markdown"]) == 1
    told = capsys.readouterr().out
    assert told.startswith("# From Lana orders to Enad orders\n\n## Members by what becomes of them\n")
    assert "| `shipping_rate_id` | `shipping_rate_ids` | - | Enad takes names of shipping methods, not ids of" in told


def test_machines_see_json(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    assert main(["diff", "lana", "enad", "--orders", str(folder), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert [(order["name"], order["after"]["taken"]) for order in told["orders"]] == [("both", True), ("thin", False)]
    assert told["summary"]["refused_only_after"] == 1


def test_status_0_says_that_nothing_is_lost(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["diff", "enad", "stella_sync"]) == 0
    (tmp_path / "order.json").write_text(json.dumps(order_for("enad")))
    assert main(["diff", "enad", "stella_sync", "--orders", str(tmp_path)]) == 0
    assert "No member is lost by the switch." in capsys.readouterr().out


def test_an_order_that_is_no_longer_taken_is_status_1(tmp_path: Path) -> None:
    settings = ["--from-setting", "currency=KWD", "--to-setting", "currency=USD"]
    order = order_for("enad") | {"total": 1.005}
    del order["currency"]
    (tmp_path / "three-decimals.json").write_text(json.dumps(order))
    assert main(["diff", "enad", "stella_sync", "--orders", str(tmp_path), *settings[:2]]) == 0
    assert main(["diff", "enad", "stella_sync", "--orders", str(tmp_path), *settings]) == 1


def test_settings_of_either_side_may_be_given(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "stella_checkout", "stella_checkout"]) == 0
    assert main(["diff", "stella_checkout", "stella_checkout", "--to-setting", "last_step=checkout"]) == 1
    assert main(["diff", "stella_checkout", "stella_checkout", "--from-setting", "last_step=checkout"]) == 0
    assert capsys.readouterr().err == ""


# arguments -> what is said of why they cannot be carried out
BROKEN = {
    "an unknown dialect": (["lana", "ennad"], "unknown dialect 'ennad'; known: enad, lana,"),
    "an unknown setting": (["lana", "enad", "--to-setting", "x=1"], "unknown name 'x'"),
    "no NAME=VALUE": (["lana", "enad", "--from-setting", "x"], "expected NAME=VALUE, found 'x' - at `--from-setting`"),
    "a folder without orders": (["lana", "enad", "--orders", str(HERE / "fifth")], "expected a folder with orders"),
    "no folder": (
        ["lana", "enad", "--orders", "nowhere"],
        "expected a folder with orders (*.json), found none - at `now",
    ),
}


@pytest.mark.parametrize(("arguments", "words"), BROKEN.values(), ids=BROKEN)
def test_what_cannot_be_carried_out_is_status_2(
    capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert main(["diff", *arguments]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith(f"adapter diff: {words}")


def test_it_needs_no_test_library() -> None:
    """A user's installation has no hypothesis; importing it here is made to fail as it would there."""
    code = "import sys; sys.modules['hypothesis'] = None; from adapter.cli.main import main; sys.exit(main())"
    command = [sys.executable, "-c", code, "diff", "enad", "stella_sync", "--json"]
    done = subprocess.run(command, capture_output=True, timeout=30, check=True, cwd=HERE.parent)
    assert json.loads(done.stdout)["loses"] is False


def test_dialects_of_ones_own_are_compared_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ADAPTER_DIALECTS", str(HERE / "fifth"))
    for name in SHIPPED:
        assert main(["diff", "bazaar", name]) in {0, 1}
    assert "From Bazaar purchases to " in capsys.readouterr().out
