"""What ``adapter fuzz`` is asked for: where nothing could be tried it says so, and a case is told so that it runs."""

import argparse
import json
import shlex
import shutil
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from adapter.cli.fuzz import add_arguments
from adapter.cli.fuzz_options import tell_again
from adapter.cli.fuzz_replay import try_again
from adapter.cli.main import main
from adapter.core.tenancy.tenants import stand_in
from adapter.qa.cases.cases import Case, find_broken, make_case, read_case, write_case
from adapter.qa.known_folder import read_known
from adapter.qa.laws.laws import LAWS, Law
from adapter.qa.laws.pairs import list_pairs
from adapter.qa.subjects.broken import Broken
from adapter.qa.subjects.examples import Example, Passage, make_subject
from adapter.qa.suites import assert_lawful
from tests.cli.conftest import copy_dialect
from tests.conftest import DIALECTS, HERE


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--examples", "0"], "expected at least 1, found 0"),
        (["--processes", "-1"], "expected at least 1, found -1"),
        (["--max-time", "0"], "expected seconds, found 0"),
        (["--max-time", "nan"], "expected seconds, found nan"),
        (["--max-time", "0.000001"], "the time was over before anything was tried"),
        (["--law", "forward_back", "--mode", "negative"], "expected a mode that it is tried in, found negative"),
        (["--law", "ledger", "--law", "receipt", "--mode", "boundary"], "at `--law receipt`"),
        (["--law", "known", "--mode", "boundary"], "at `--law known`"),
        (["--junit", "nowhere/junit.xml"], "expected a folder, found none: nowhere"),
        (["--html", "."], "expected a file to write, found a folder: ."),
        (["--cases", __file__], "expected a folder, found a file"),
        (["--replay", "cases", "--html", "out.html"], "expected no --html beside it"),
        (["--replay", "cases", "--law", "told"], "expected no --law beside it"),
    ],
)
def test_what_could_try_nothing_or_be_passed_over_is_refused(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fuzz", "lana", *arguments]) == 2
    assert told in capsys.readouterr().err


def test_a_report_that_cannot_be_written_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fuzz", "lana", "--law", "told", "--examples", "1", "--ndjson", "/dev/full"]) == 2
    assert "expected a file that can be written: No space left on device - at `/dev/full`" in capsys.readouterr().err


@pytest.fixture
def strict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Lana's document with e-mail addresses of three characters at most, so that no order can be sent."""
    copy_dialect("lana", tmp_path)
    path = tmp_path / "openapi" / "lana.json"
    path.write_text(json.dumps(shorten_email(json.loads(path.read_text()))))
    monkeypatch.setenv("ADAPTER_DIALECTS", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def shorten_email(node: Any) -> Any:
    if isinstance(node, dict):
        changed = {key: shorten_email(value) for key, value in node.items()}
        if isinstance(changed.get("customer_email"), dict):
            changed["customer_email"] |= {"maxLength": 3}
        return changed
    return [shorten_email(item) for item in node] if isinstance(node, list) else node


def test_a_mapping_that_refuses_every_order_does_not_pass(strict: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reports = ["--ndjson", "out.ndjson", "--html", "out.html", "--junit", "junit.xml"]

    assert main(["fuzz", "lana", "--examples", "40", "--seed", "1", *reports]) == 1

    told = capsys.readouterr().out
    assert "broken" not in told
    assert "lana: no order that was drawn can be sent" in told
    assert "lana: no known pairs" in told
    lines = {line["event"]: line for line in map(json.loads, Path("out.ndjson").read_text().splitlines())}
    assert (lines["end"]["unsent"], lines["end"]["unjudged"]) == (["lana"], ["lana"])
    assert "no order that was drawn can be sent" in Path("out.html").read_text()
    suite = ElementTree.parse("junit.xml").getroot()[0]  # noqa: S314  # our own
    failed = {test.get("name") for test in suite if test.find("failure") is not None}
    skipped = {test.get("name") for test in suite if test.find("skipped") is not None}
    assert failed == {"calls", "monotone", "refusal", "failure"}
    assert (suite.get("failures"), "complaint" in skipped, "compiled" in skipped) == ("4", True, False)


def test_nor_does_it_pass_a_suite_or_by_a_single_law(strict: Path) -> None:
    assert main(["fuzz", "lana", "--examples", "40", "--law", "monotone"]) == 1
    assert main(["fuzz", "lana", "--examples", "40", "--law", "compiled"]) == 0
    with pytest.raises(AssertionError, match="lana: no order that was drawn can be sent"):
        assert_lawful(strict / "mappings" / "lana.toml", examples=40)


def test_own_orders_that_are_refused_are_told(strict: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (strict / "mine").mkdir()
    shutil.copy(HERE / "orders" / "documented-sample-body.json", strict / "mine" / "good.json")
    (strict / "mine" / "none.json").write_text('{"email": "x"}')

    main(["fuzz", "lana", "enad", "--examples", "1", "--law", "calls", "--orders", "mine"])

    refused = [line.partition(":")[0] for line in capsys.readouterr().err.splitlines()]
    assert refused == [
        f"{name} is refused by {who}"
        for who, name in (("lana", "good.json"), ("lana", "none.json"), ("enad", "none.json"))
    ]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"order": {}}, "expected an order"),
        ({"answer": None}, "expected what the law 'receipt' is tried on, found none"),
        ({"law": "told"}, "expected what the law 'told' is tried on"),
        ({"law": "known"}, "expected what the law 'known' is tried on"),
    ],
)
def test_a_case_that_has_nothing_to_hold_is_not_fixed(
    change: dict[str, Any], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    order = json.loads((HERE / "orders" / "documented-sample-body.json").read_text())
    answer = {"step": "order", "document": {"data": {"id": 7}}}
    case = {"dialect": "enad", "law": "receipt", "mode": "positive", "row": "", "pointer": "", "message": "it was so"}
    path = tmp_path / "case.json"
    path.write_text(json.dumps(case | {"order": order, "answer": answer} | change))

    assert main(["fuzz", "--replay", str(path)]) == 2

    shown = capsys.readouterr().out
    assert shown.startswith("error")
    assert told in shown


@pytest.mark.parametrize("name", ["enad", "stella_sync"])
def test_a_known_pair_that_was_kept_as_a_case_is_the_same_pair(name: str) -> None:
    known, subject, law = read_known(HERE, name), make_subject(stand_in(DIALECTS[name], {})), LAWS["known"]
    assert known is not None
    for order, pair in list_pairs(known):
        case = make_case(law, "positive", subject, Example(order, pair=pair), Broken("it was so"))
        again = read_case(write_case(case), "case.json")
        assert find_broken(law, subject, again.example(subject)) is None


def test_what_a_law_chose_is_found_again_where_there_are_others_by_now() -> None:
    def hold(passage: Passage) -> None:
        if passage.example.pick == 17:
            raise Broken("the one that it is about")

    subject = make_subject(stand_in(DIALECTS["enad"], {}))
    case = Case("enad", "failure", "positive", "", "", "it was so", {}, pick=40_000)

    assert "the one that" in try_again(Law("failure", "", ("positive",), "failure", hold), case, subject)
    assert try_again(Law("names", "", ("positive",), "order", hold), case, subject) == ""


@pytest.mark.parametrize(
    ("law", "own", "words"),
    [
        ("told", None, ["adapter", "fuzz", "--replay", "my cases/lana-told-"]),
        ("told", Path("my own"), ["ADAPTER_DIALECTS=my own", "adapter", "fuzz", "--replay", "my cases/lana-told-"]),
        (
            "live_told",
            None,
            ["adapter", "fuzz", "--replay", "my cases/lana-live_told-", "--url", "http://x", "--site", "s"],
        ),
    ],
)
def test_the_line_that_tries_a_case_again_is_one_for_a_shell(law: str, own: Path | None, words: list[str]) -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    options = parser.parse_args(["lana", "--cases", "my cases", "--url", "http://x", "--site", "s"])

    found = shlex.split(tell_again(options, own, Case("lana", law, "positive", "", "", "it was so", {})))

    assert [word[: len(wanted)] for word, wanted in zip(found, words, strict=True)] == words
