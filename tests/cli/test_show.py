"""``adapter show``: the Python of a mapping as it runs; and the command line around all commands."""

import ast
import re

import pytest

from adapter import __version__
from adapter.cli.main import COMMANDS, main
from tests.conftest import HERE
from tests.staging import SHIPPED

PARTS = [(part, direction) for part in ("order", "receipt") for direction in ("to_dialect", "to_canonical")]


@pytest.mark.parametrize("dialect", SHIPPED)
def test_all_that_is_shown_is_python(capsys: pytest.CaptureFixture[str], dialect: str) -> None:
    assert main(["show", dialect]) == 0
    shown = capsys.readouterr().out

    assert [line for line in shown.splitlines() if line.startswith("# ")] == [
        f"# {dialect}: {part} {direction}" for part, direction in PARTS
    ]
    names = [node.name for node in ast.parse(shown).body if isinstance(node, ast.FunctionDef)]
    assert {"to_dialect", "to_canonical"} <= set(names)


@pytest.mark.parametrize(("part", "direction"), PARTS)
@pytest.mark.parametrize("dialect", SHIPPED)
def test_one_part_is_shown_exactly_as_it_runs(
    capsys: pytest.CaptureFixture[str], dialect: str, part: str, direction: str
) -> None:
    assert main(["show", dialect, "--part", part, "--direction", direction]) == 0
    lens = {"order": SHIPPED[dialect].order, "receipt": SHIPPED[dialect].receipt}[part]

    source = {str(name): text for name, text in lens.source.items()}[direction]
    assert capsys.readouterr().out == f"# {dialect}: {part} {direction}\n{source}\n"


def test_an_unknown_dialect_is_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "shoppy"]) == 2
    assert capsys.readouterr().err.startswith("adapter show: unknown dialect 'shoppy'; known: ")


def test_a_dialect_of_ones_own_is_shown(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADAPTER_DIALECTS", str(HERE / "fifth"))

    assert main(["show", "bazaar"]) == 0
    assert ast.parse(capsys.readouterr().out).body


@pytest.mark.parametrize("arguments", [[], ["dance"], ["show"], ["map", "x.json"], ["show", "lana", "--part", "x"]])
def test_a_command_that_is_none_is_status_2_with_the_usage(
    capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)

    assert caught.value.code == 2
    assert capsys.readouterr().err.startswith("usage: adapter")


def test_the_version_and_every_command_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["--version"], ["--help"]):
        with pytest.raises(SystemExit) as caught:
            main(arguments)
        assert caught.value.code == 0
    told = capsys.readouterr().out

    assert told.startswith(f"{__version__}\n")
    assert [name for name in COMMANDS if not re.search(rf"\n    {name}\s", told)] == []
