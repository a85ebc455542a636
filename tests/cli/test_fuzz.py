"""``adapter fuzz``: what is found, kept, reported and tried again."""

import json
import shutil
import time
from io import StringIO
from math import inf
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from rich.console import Console

from adapter.cli import fuzz_output
from adapter.cli.fuzz_workers import Loading, Work, run_batches
from adapter.cli.main import main
from adapter.core.coverage.ways import Way
from adapter.qa.laws.laws import ABOUT, LAWS
from adapter.qa.tries.fuzzing import Batch, Result, plan_batches
from tests.cli.conftest import copy_dialect
from tests.conftest import HERE


@pytest.fixture
def loose(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The made-up dialect with an answer's total that may be any text; the receipt's must be an amount."""
    folder = tmp_path / "mine"
    shutil.copytree(HERE / "fifth", folder)
    path = folder / "openapi" / "bazaar.json"
    path.write_text(json.dumps(without_patterns(json.loads(path.read_text()))))
    monkeypatch.setenv("ADAPTER_DIALECTS", str(folder))
    monkeypatch.chdir(tmp_path)
    return folder


def without_patterns(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: without_patterns(value) for key, value in node.items() if key != "pattern"}
    return [without_patterns(item) for item in node] if isinstance(node, list) else node


FUZZ = ("fuzz", "bazaar", "--law", "receipt", "--law", "told", "--examples", "60", "--seed", "1")


def test_a_broken_law_ends_with_1_and_names_row_and_replay(loose: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(FUZZ) == 1

    told = capsys.readouterr().out
    assert "broken: receipt" in told
    assert "bazaar.toml: receipt[3]" in told
    (again,) = [line.split("--replay ")[1] for line in told.splitlines() if "again" in line]
    assert json.loads(Path(again).read_text())["seed"] == 1
    assert main(["fuzz", "--replay", again]) == 1
    assert "failed" in capsys.readouterr().out


def test_a_case_is_fixed_once_the_document_is(
    loose: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(FUZZ) == 1
    monkeypatch.setenv("ADAPTER_DIALECTS", str(HERE / "fifth"))

    assert main(["fuzz", "--replay", "fuzz-cases"]) == 0

    assert "fixed" in capsys.readouterr().out


def test_a_case_that_cannot_be_tried_is_an_error(loose: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(FUZZ) == 1
    (path,) = Path("fuzz-cases").glob("*.json")
    case = json.loads(path.read_text())
    for name, change in {"law": {"law": "gone"}, "dialect": {"dialect": "gone"}, "shape": {"order": 7}}.items():
        (path.parent / f"{name}.json").write_text(json.dumps(case | change))

    assert main(["fuzz", "--replay", "fuzz-cases"]) == 2

    states = [
        line.split()[0] for line in capsys.readouterr().out.splitlines() if ".json" in line and "again" not in line
    ]
    assert sorted(states) == ["error", "error", "error", "failed"]


def test_reports_tell_each_law_and_each_case(loose: Path) -> None:
    assert main([*FUZZ, "--junit", "junit.xml", "--ndjson", "out.ndjson", "--html", "out.html"]) == 1

    suite = ElementTree.parse("junit.xml").getroot()[0]  # noqa: S314  # our own
    assert {test.get("name"): len(test) for test in suite} == {"receipt": 1, "told": 0}
    lines = [json.loads(line) for line in Path("out.ndjson").read_text().splitlines()]
    assert [line["event"] for line in lines] == ["case", "law", "law", "end"]
    assert next(line["tried"] for line in lines if line["event"] == "law") == 60
    page = Path("out.html").read_text()
    assert "bazaar.toml: receipt[3]" in page
    assert "http" not in page.replace("https://example.com", "")


def test_the_same_seed_gives_the_same_cases(loose: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fuzz", "bazaar", "--law", "receipt", "--examples", "30", "--deterministic", "--cases", "one"]) == 1
    assert main(["fuzz", "bazaar", "--law", "receipt", "--examples", "30", "--deterministic", "--cases", "two"]) == 1

    one, two = ({path.name: path.read_text() for path in Path(name).iterdir()} for name in ("one", "two"))
    assert one == two
    assert one


def test_own_orders_are_tried_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = tmp_path / "out.ndjson"
    arguments = ["fuzz", "lana", "--law", "ledger", "--examples", "1", "--orders", str(HERE / "orders")]

    assert main([*arguments, "--ndjson", str(found)]) == 0

    line = json.loads(found.read_text().splitlines()[0])
    assert line["tried"] == len(list((HERE / "orders").glob("*.json"))) + 1


def test_the_bar_goes_on_with_what_is_given_too(monkeypatch: pytest.MonkeyPatch) -> None:
    written = StringIO()
    monkeypatch.setattr(fuzz_output, "Console", lambda stderr: Console(file=written, force_terminal=stderr, width=120))
    drawn = Batch("lana", "positive", "order", ("ledger",), 10, 0, 0)
    given = [drawn._replace(examples=7, number=-1), drawn._replace(dialect="enad", examples=5, number=-1)]

    results = fuzz_output.follow([Result(batch, {}, {}, 0.0, ()) for batch in [*given, drawn]], [drawn])

    assert [result.batch for result in results] == [*given, drawn]
    assert "17/17" in written.getvalue()
    assert "5/5" in written.getvalue()


def test_own_orders_end_with_the_time_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body = (HERE / "orders" / "documented-sample-body.json").read_bytes()
    for number in range(1500):
        (tmp_path / f"{number}.json").write_bytes(body)
    began = time.monotonic()

    assert main(["fuzz", "--orders", str(tmp_path), "--max-time", "1"]) == 0

    assert time.monotonic() - began < 5  # with what it takes to load and to read
    assert "the time was over before everything was tried" in capsys.readouterr().out


@pytest.fixture
def astray(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Lana's mapping with the receipt's total read from another member of the same type."""
    copy_dialect("lana", tmp_path)
    path = tmp_path / "mappings" / "lana.toml"
    path.write_text(path.read_text().replace('"total_price", codec = "total"', '"subtotal_price", codec = "total"'))
    monkeypatch.setenv("ADAPTER_DIALECTS", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_known_pair_tells_what_no_other_law_can(
    astray: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    few = ["fuzz", "lana", "--examples", "10", "--known", str(HERE)]

    assert main(few) == 1

    told = capsys.readouterr().out
    assert "broken: known" in told
    assert "row     lana.toml: receipt[" in told
    assert "/taken/receipt/total" in told
    assert "answer  create 200 " in told
    assert {tuple(json.loads(path.read_text())["kept"]) for path in Path("fuzz-cases").iterdir()} == {("",)}
    assert main(["fuzz", "--replay", "fuzz-cases"]) == 1
    monkeypatch.delenv("ADAPTER_DIALECTS")
    assert main(["fuzz", "--replay", "fuzz-cases"]) == 0
    assert main(few) == 0


def test_the_known_pairs_of_a_mapping_of_ones_own_lie_beside_it(
    astray: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fuzz", "lana", "--law", "known"]) == 2
    assert "expected known pairs of 'lana'" in capsys.readouterr().err
    assert main(["fuzz", "lana", "--law", "known", "--law", "ledger", "--examples", "5"]) == 0

    shutil.copytree(HERE / "orders", astray / "orders")
    shutil.copytree(HERE / "golden" / "lana", astray / "golden" / "lana")
    assert main(["fuzz", "lana", "--law", "known"]) == 1
    assert main(["fuzz", "enad", "--law", "known"]) == 0
    capsys.readouterr()

    (astray / "orders" / "gb-duplicate-lines-gbp.json").unlink()
    assert main(["fuzz", "lana", "--law", "known"]) == 2
    assert "expected the order of what is known, found none" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nope"], "unknown dialect 'nope'"),
        (["lana", "--law", "mening"], "did you mean 'meaning'?"),
        (["lana", "--orders", "nowhere"], "expected a folder with orders"),
        (["--replay", "nowhere.json"], "expected a readable file"),
        (["--deterministic", "--seed", "1"], "every run is the same"),
        (["lana", "--cover", "--law", "compiled"], "a whole run tells what is exercised"),
        (["lana", "--cover", "101"], "expected a percentage of 0 to 100, found 101"),
        (["--cover-from", "http://127.0.0.1:9", "--cover", "nan"], "expected a percentage"),
        (["--cover-from", "http://127.0.0.1:9"], "expected the operator's port of a gateway"),
        (["lana", "--cover", "--known", "nowhere"], "expected a folder with orders/*.json"),
    ],
)
def test_what_cannot_be_tried_ends_with_2(arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fuzz", *arguments]) == 2

    captured = capsys.readouterr()
    assert told in captured.err + captured.out


def test_the_readme_has_every_law() -> None:
    section = (HERE.parent / "README.md").read_text().split("## Fuzzing")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| `") and "--" not in line]
    names = [row.split("`")[1] for row in rows]
    assert [name for name in names if name.isidentifier()] == list(ABOUT)


COVER = ("fuzz", "bazaar", "--examples", "5", "--seed", "1", "--cover")
EVERY = Way("row", "bazaar.toml: order[1]", "to_dialect")
DEAD = "bazaar.toml: order[7]"


@pytest.fixture
def fifth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The made-up dialect, of which no known pairs are there."""
    monkeypatch.setenv("ADAPTER_DIALECTS", str(HERE / "fifth"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def dead(fifth: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same with a row that is only for orders which nobody sends."""
    shutil.copytree(HERE / "fifth", fifth / "mine")
    path = fifth / "mine" / "mappings" / "bazaar.toml"
    row = '{ canonical = "note",             dialect = "remark" }'
    when = 'when = { payment_method = ["never"], phone = ["1"] }, lossy = "hardly ever"'
    text = path.read_text()
    assert row in text
    path.write_text(text.replace(row, f"{row.removesuffix('}')}, {when} }}"))
    monkeypatch.setenv("ADAPTER_DIALECTS", str(fifth / "mine"))
    return fifth


def test_a_mapping_that_is_exercised_whole_passes(fifth: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*COVER]) == 0
    told = capsys.readouterr().out
    assert "100.00 %" in told
    assert "never exercised" not in told


def test_what_never_was_exercised_fails_and_is_listed(dead: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reports = ["--junit", "junit.xml", "--ndjson", "out.ndjson", "--html", "out.html"]
    assert main([*COVER, "100", *reports]) == 1

    told = capsys.readouterr().out
    assert "broken" not in told
    assert "bazaar: never exercised" in told
    suite = ElementTree.parse("junit.xml").getroot()[0]  # noqa: S314  # our own
    assert suite.get("failures") == "1"
    (failure,) = next(test for test in suite if test.get("name") == "coverage")
    whats = ["to_dialect", "to_canonical", "absent", "null"]
    assert failure.text == "\n".join(f"{DEAD} {what}" for what in whats)
    lines = [json.loads(line) for line in Path("out.ndjson").read_text().splitlines()]
    (coverage,) = [line for line in lines if line["event"] == "coverage"]
    assert [(way["at"], way["what"], way["member"]) for way in coverage["never"]] == [
        (DEAD, what, "note") for what in whats
    ]
    assert coverage["kinds"]["complaint"] == {"exercised": 1, "of": 1}
    assert 95 < coverage["percent"] < 100
    assert DEAD in Path("out.html").read_text()

    assert main([*COVER, "95", "--junit", "junit.xml"]) == 0
    assert ElementTree.parse("junit.xml").getroot()[0].get("failures") == "0"  # noqa: S314


def test_several_processes_count_what_one_does(fifth: Path) -> None:
    found = []
    for processes in ("1", "2"):
        loading = Loading(HERE / "fifth", ("bazaar",))
        batches = plan_batches(["bazaar"], [LAWS["compiled"]], ("positive",), 3_000, 1)
        covered = [batch._replace(cover=True) for batch in batches]
        results = run_batches(covered, Work(loading.subjects()), loading, int(processes), inf)
        ways = [result.ways for result in results]
        assert len(ways) == len(batches)
        found.append(({way for counts in ways for way in counts}, sum(counts[EVERY] for counts in ways)))
    assert found[0] == found[1]
    assert found[0][1] == sum(batch.examples for batch in batches)


def test_what_is_listed_as_out_of_reach_counts_for_nothing_and_fails_if_it_is_exercised(
    dead: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (dead / "known" / "orders").mkdir(parents=True)
    shutil.copy(HERE / "orders" / "documented-sample-body.json", dead / "known" / "orders")
    listed = dead / "known" / "golden" / "bazaar" / "unreachable.toml"
    listed.parent.mkdir(parents=True)
    ways = [f"{DEAD} {what}" for what in ("to_dialect", "to_canonical", "absent", "null")]

    listed.write_text(f'[[unreachable]]\nreason = "nobody says so"\nways = {json.dumps(ways)}\n')
    assert main([*COVER, "100", "--known", str(dead / "known")]) == 0
    assert "bazaar: cannot be exercised" in capsys.readouterr().out
    listed.write_text('[[unreachable]]\nreason = "nobody says so"\nways = ["bazaar.toml: order[2] absent"]\n')
    assert main([*COVER, "0", "--known", str(dead / "known")]) == 1
    assert "listed wrongly" in capsys.readouterr().out
