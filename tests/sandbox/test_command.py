"""``adapter sandbox`` with faults: what it prints, what it writes down, and that a kill loses none of it."""

import json
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from adapter.cli.main import main
from adapter.sandbox.backend import LEDGER
from tests.cli.program import Program, free_port
from tests.sandbox import test_enad as enad

FAULTS = ("--fault", "commit-then-500@create_order", "--fault", "silence:0.1", "--seed", "7")


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[tuple[Program, str, Path]]:
    """An Enad sandbox that lies about every order, and where it writes its ledger."""
    port, ledger = free_port(), tmp_path / "ledger.jsonl"
    program = Program(tmp_path, "sandbox", "enad", "--port", str(port), *FAULTS, "--ledger", str(ledger))
    yield program, f"http://127.0.0.1:{port}", ledger
    program.kill()


def test_its_faults_are_printed_and_the_ledger_in_the_file_outlives_a_kill(
    sandbox: tuple[Program, str, Path],
) -> None:
    program, url, ledger = sandbox
    printed = program.wait_for("silence").splitlines()
    headers = enad.KEYS | {"X-Correlation-Id": "op-1"}
    lied = httpx.post(f"{url}{enad.URL}", json=enad.order(), headers=headers, trust_env=False)
    assert program.stop(signal.SIGKILL) == -signal.SIGKILL
    order, request = [json.loads(line) for line in ledger.read_text(encoding="utf-8").splitlines()]
    assert printed == [
        f"enad on {url}, ledger at {LEDGER}",
        "It misbehaves, with seed 7, until DELETE /_sandbox/faults:",
        "  commit-then-500@create_order: applied, answered 500",
        "  silence:0.1: read whole, never answered",
    ]
    assert lied.status_code == 500
    assert (order["event"], order["asked"]["reference"], order["correlation_id"]) == ("order", "W-1", "op-1")
    assert (request["event"], request["orders"], request["fault"]) == ("request", [order["id"]], "commit-then-500")
    assert (request["applied"], request["status"]) == (True, 500)


WRONG = {
    "no fault": (["--fault", "silense"], "did you mean silence? - at `--fault`"),
    "no operation": (["--fault", "silence@create"], "did you mean create_order? - at `--fault`"),
    "no file": (["--ledger", "/"], "expected a file to append to: Is a directory - at `/`"),
}


@pytest.mark.parametrize(("arguments", "told"), WRONG.values(), ids=WRONG.keys())
def test_what_cannot_be_done_is_one_line(capsys: pytest.CaptureFixture[str], arguments: list[str], told: str) -> None:
    assert main(["sandbox", "enad", *arguments]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("adapter sandbox: ")
    assert line.endswith(told)


def test_a_port_that_is_taken_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert main(["sandbox", "enad", "--port", str(port)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith(f"at `127.0.0.1:{port}`")
