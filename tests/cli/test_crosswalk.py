"""``adapter crosswalk``: tables come from CSV files whole or not at all, and go out as they came in."""

from pathlib import Path

import pytest

from adapter.cli.main import main

TENANTS = '[tenant.my-shop]\ndialect = "lana"\ncaller_keys = []\nsecret = { token = "env:NOT_SET" }\n'
IDS = "canonical,dialect\na,va_1\nb,va_2\n"
SHOP = ("--tenant", "my-shop", "--table", "variants")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a tenants' file, and a place for a journal."""
    (tmp_path / "tenants.toml").write_text(TENANTS)
    monkeypatch.setenv("ADAPTER_TENANTS", str(tmp_path / "tenants.toml"))
    monkeypatch.setenv("ADAPTER_JOURNAL", str(tmp_path / "journal.db"))
    return tmp_path


def import_ids(folder: Path, text: str, *options: str, names: tuple[str, ...] = SHOP) -> int:
    path = folder / "ids.csv"
    path.write_text(text)
    return main(["crosswalk", "import", *names, *options, str(path)])


def export(capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    assert main(["crosswalk", "export", *SHOP]) == 0
    return capsys.readouterr().out


def test_a_table_goes_out_as_it_came_in(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert import_ids(folder, IDS) == 0
    assert capsys.readouterr().out == "2 pairs are in the crosswalk 'variants' of 'my-shop'\n"
    assert export(capsys) == IDS


def test_a_new_file_replaces_the_table_and_one_may_be_added(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import_ids(folder, IDS)
    assert import_ids(folder, "canonical,dialect\na,va_2\n") == 0
    assert export(capsys) == "canonical,dialect\na,va_2\n"
    assert import_ids(folder, "canonical,dialect\nc,va_3\n", "--add") == 0
    assert export(capsys) == "canonical,dialect\na,va_2\nc,va_3\n"


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        ("canonical,dialect\nc,va_3\nc,va_4\n", (), "line 3: canonical 'c' is in line 2 already - at `ids.csv`"),
        ("canonical,dialect\nc,va_3\na,va_4\n", ("--add",), "line 3: the table has a,va_1 - at `ids.csv`"),
        ("canonical,dialect\nc,va_3\nd,va_2\n", ("--add",), "line 3: the table has b,va_2 - at `ids.csv`"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_changes_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str], text: str, options: tuple[str, ...], words: str
) -> None:
    import_ids(folder, IDS)
    assert import_ids(folder, text, *options) == 2
    assert words in capsys.readouterr().err
    assert export(capsys) == IDS


def test_tables_are_listed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import_ids(folder, IDS)
    capsys.readouterr()
    assert main(["crosswalk", "list"]) == 0
    told = capsys.readouterr().out
    assert [word in told for word in ("my-shop", "variants", "2")] == [True] * 3


def test_a_deleted_table_is_gone(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import_ids(folder, IDS)
    assert main(["crosswalk", "delete", *SHOP]) == 0
    assert "2 pairs" in capsys.readouterr().out
    for verb in ("delete", "export"):
        assert main(["crosswalk", verb, *SHOP]) == 2
        assert "the tenant 'my-shop' has no such crosswalk - at `variants`" in capsys.readouterr().err
    assert main(["crosswalk", "list"]) == 0
    assert "No crosswalks." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("tenant", "table", "words"),
    [
        ("my-shp", "variants", "unknown tenant 'my-shp', did you mean 'my-shop'? - at `tenants.toml`"),
        ("zzz", "variants", "unknown tenant 'zzz'; known: my-shop"),
        ("my-shop", "my variants", "expected letters, digits and _, found 'my variants' - at `--table`"),
    ],
)
def test_a_table_that_nobody_would_ask_is_not_made(
    folder: Path, capsys: pytest.CaptureFixture[str], tenant: str, table: str, words: str
) -> None:
    assert import_ids(folder, IDS, names=("--tenant", tenant, "--table", table)) == 2
    assert words in capsys.readouterr().err
    assert not (folder / "journal.db").exists()


@pytest.mark.parametrize("arguments", [("list",), ("export", *SHOP), ("delete", *SHOP)])
def test_a_journal_that_is_not_there_is_not_made_to_look_into(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    assert main(["crosswalk", *arguments]) == 2
    assert "expected a journal, found no file" in capsys.readouterr().err
    assert not (folder / "journal.db").exists()


def test_a_table_that_the_tenants_file_does_not_name_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert import_ids(folder, IDS) == 0
    assert "nothing asks this table yet: unknown crosswalk 'variants'" in capsys.readouterr().err
    crosswalk = '[tenant.my-shop.crosswalk.variants]\nmember = "/line_items/*/variant_id"\n'
    (folder / "tenants.toml").write_text(TENANTS + crosswalk)
    assert import_ids(folder, IDS) == 0
    assert capsys.readouterr().err == ""
