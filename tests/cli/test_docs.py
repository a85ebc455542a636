"""``adapter docs``: the mappings as Markdown, the tables of a document anew."""

from pathlib import Path

import pytest

from adapter.cli.main import main
from adapter.core.handbook.pages import write_tables
from adapter.core.handbook.sheets import CLOSING, OPENING
from tests.conftest import HERE
from tests.staging import SHIPPED

DOCUMENT = f"Before.\n\n<!-- adapter docs --table recovery -->\nold\n{CLOSING}\n\nAfter.\n"


def test_every_dialect_has_its_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["docs"]) == 0
    told = capsys.readouterr().out
    titles = [line for line in told.splitlines() if line.startswith("# ")]
    assert titles == [f"# {one.mapping.title} (`{one.name}`)" for one in SHIPPED.values()]
    assert told.count("\n## Order\n") == len(SHIPPED)


def test_one_dialect_may_be_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["docs", "lana"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("# Lana orders (`lana`)\n")
    assert (
        "| `line_items[].price` | `custom_items[].price` | by `money` (`money_minor`) beside `currency`, "
        "where `line_items[].variant_id` is absent | lossy | Lana shows and prices its own catalogue |"
    ) in told


@pytest.mark.parametrize("name", ["dialects", "settings", "recovery"])
def test_one_table_may_be_asked_for(capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert main(["docs", "--table", name]) == 0
    assert capsys.readouterr().out == write_tables(list(SHIPPED.values()))[name] + "\n"


def test_a_document_is_refreshed_between_its_markers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "doc.md"
    path.write_text(DOCUMENT)
    assert main(["docs", "--write", str(path)]) == 0
    table = write_tables(list(SHIPPED.values()))["recovery"]
    assert path.read_text() == DOCUMENT.replace("old", table)
    assert main(["docs", "--write", str(path)]) == 0
    assert capsys.readouterr().out == f"{path}: written anew\n{path}: as it should be\n"


def test_the_readmes_tables_are_refreshed_by_this_command(tmp_path: Path) -> None:
    readme = (HERE.parent / "README.md").read_text()
    spoilt = OPENING.sub(r"\g<0>\n| spoilt |", readme)
    path = tmp_path / "README.md"
    path.write_text(spoilt)
    assert main(["docs", "--write", str(path)]) == 0
    assert spoilt != readme
    assert path.read_text() == readme


# arguments -> what is said of why they cannot be carried out
BROKEN = {
    "an unknown dialect": (["docs", "lan"], "unknown dialect 'lan'; known: enad, lana,"),
    "no such file": (["docs", "--write", "nowhere.md"], "expected a text file that can be written: "),
    "a file without markers": (["docs", "--write", str(HERE / "orders" / "README.md")], "expected a line <!-- adapter"),
}


@pytest.mark.parametrize(("arguments", "words"), BROKEN.values(), ids=BROKEN)
def test_what_cannot_be_carried_out_is_status_2(
    capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert main(arguments) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith(f"adapter docs: {words}")


def test_dialects_of_ones_own_are_told_too(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADAPTER_DIALECTS", str(HERE / "fifth"))
    assert main(["docs", "bazaar"]) == 0
    assert capsys.readouterr().out.startswith("# Bazaar purchases (`bazaar`)\n")
