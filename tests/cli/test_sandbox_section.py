"""The README's pages on sandboxes, as they are typed there: a sandbox, a gateway, a fault, an order."""

import argparse
import json
from pathlib import Path

from adapter.cli import sandbox
from tests.cli.pages import find_page, type_out

TRYING = find_page("Try it against a sandbox")
DECIDING = find_page("An order for a person")

RECEIPT = '"order_number"'


def test_the_page_on_trying_works_as_typed(tmp_path: Path) -> None:
    run = type_out(TRYING, tmp_path)

    assert run.stdout.count('"code":"throttled"') == 1, run.stdout + run.stderr
    assert run.stdout.count('"order_number"') == 1, run.stdout + run.stderr
    events = [json.loads(line) for line in (tmp_path / "seen.jsonl").read_text().splitlines()]
    assert str(events).count("calculate_order") >= 2


def test_the_page_on_deciding_works_as_typed(tmp_path: Path) -> None:
    told = type_out(DECIDING, tmp_path).stdout

    pending, uncertain, placed = (
        told.index(said) for said in ('"pending"', '"/problems/operation-uncertain"', RECEIPT)
    )
    assert pending < uncertain < told.index("is recorded as placed") < placed
    assert told.count('"pending"') == told.count(RECEIPT) == 1


def test_the_page_on_trying_has_every_option() -> None:
    parser = argparse.ArgumentParser()
    sandbox.add_arguments(parser)
    options = {option for action in parser._actions for option in action.option_strings} - {"-h", "--help"}
    assert [option for option in sorted(options) if option not in TRYING] == []
