"""``adapter demo``: four orders placed before one's eyes, and a gateway to try."""

import re
import shlex
import signal
import socket
from typing import Any
from uuid import UUID

import httpx
import pytest

from adapter.cli.demo import SHOPS, demo_order
from adapter.cli.main import main
from adapter.core.canonical import read_order
from tests.cli.conftest import Start
from tests.cli.program import SECONDS

EXPECTED = {"demo-stella-sync", "demo-stella-checkout", "demo-enad", "demo-lana"}


def run_curl(printed: str) -> httpx.Response:
    """Do what a printed curl command would."""
    words = shlex.split(printed[printed.index("curl -i") :].replace("\\\n", " "))
    assert words[:2] == ["curl", "-i"]
    options = list(zip(words[3::2], words[4::2], strict=True))
    headers = dict(value.split(": ", 1) for flag, value in options if flag == "-H")
    (body,) = [value for flag, value in options if flag == "-d"]
    assert len(options) == len(headers) + 1
    return httpx.post(words[2], headers=headers, content=body, trust_env=False)


def test_the_demo_once_places_four_orders(start: Start) -> None:
    program = start("demo", "--once")

    assert program.running.wait(SECONDS) == 0
    printed = program.stdout.read_text()
    assert program.stderr.read_text() == ""
    assert set(re.findall(r"^(demo-[a-z-]+): 201 Created", printed, re.MULTILINE)) == EXPECTED
    assert "4 of 4 orders placed." in printed


def test_the_same_order_goes_to_every_shop_but_for_its_ids() -> None:
    def without_ids(order: Any) -> Any:
        lines = [{k: v for k, v in line.items() if not k.endswith("_id")} for line in order["line_items"]]
        return order | {"line_items": lines}

    orders = [demo_order(name) for name in SHOPS]
    assert all(without_ids(order) == without_ids(orders[0]) for order in orders)
    assert all(read_order(order, None) for order in orders)


def test_the_demo_stays_up_to_be_tried_and_stops_cleanly(start: Start) -> None:
    programs = [(start("demo", "--port", "0"), number) for number in (signal.SIGINT, signal.SIGTERM)]
    for program, number in programs:
        printed = program.wait_for("}'\n")
        gateway = re.search(r"gateway is at (http://127\.0\.0\.1:\d+)", printed)
        assert gateway is not None
        assert program.wait_for_health(f"{gateway[1]}/healthz").json() == {"status": "ok"}
        first, again = run_curl(printed), run_curl(printed)

        assert (first.status_code, again.status_code) == (201, 201)
        assert UUID(first.json()["id"])
        assert (again.content, again.headers["Idempotent-Replayed"]) == (first.content, "true")
        assert program.stop(number) == 0
        assert program.stderr.read_text() == ""


def test_a_port_that_is_taken_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        assert main(["demo", "--port", str(port)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("adapter demo: expected a free port")
    assert line.endswith(f"at `127.0.0.1:{port}`")
