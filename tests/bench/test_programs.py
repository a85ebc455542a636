"""The programs of a bench: a backend of fixed answers, and a load that asks it and counts."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from adapter.bench.backend import ANY, Fixed
from adapter.bench.load import Load
from adapter.bench.programs import ask, read_memory, read_resident, read_seconds, run_backend, running
from adapter.errors import SetupError

ANSWERS = {"POST /orders": Fixed(201, b'{"id":1}'), "GET /orders/7": Fixed(200, b"[]")}


def test_a_backend_answers_by_method_and_path_whatever_the_query() -> None:
    with run_backend(ANSWERS) as url, httpx.Client(base_url=url, trust_env=False) as client:
        placed = client.post("/orders?shop_id=1", json={"email": "a@b.co"})
        shown = client.get("/orders/7")
        strange = client.get("/orders")

    assert (placed.status_code, placed.json(), placed.headers["content-type"]) == (201, {"id": 1}, "application/json")
    assert (shown.status_code, shown.json()) == (200, [])
    assert strange.status_code == 404


@pytest.mark.parametrize("clients", [1, 8])
def test_a_load_tells_what_it_was_answered_and_how_fast(clients: int) -> None:
    with run_backend({ANY: Fixed(201, b"{}")}) as url:
        took = ask(Load(f"{url}/orders", {"X-Shop": "one"}, b"{}", "k", clients, 0.3))

    assert took.statuses.keys() == {201}
    assert took.rate == pytest.approx(took.statuses[201] / 0.3)
    assert took.asked > took.statuses[201]  # those before it counts
    assert 0 < took.p50 <= took.p99 < 1000


def test_a_load_tells_refusals_as_they_are() -> None:
    with run_backend({}) as url:
        assert ask(Load(f"{url}/orders", {}, b"", "k", 1, 0.1)).statuses.keys() == {404}


def test_a_program_that_does_not_start_is_told() -> None:
    with (
        pytest.raises(SetupError, match=r"(?s)expected the program to start: .*--x - at `adapter serve --x`"),
        running("adapter", "serve", "--x"),
    ):
        pass


def test_a_processs_memory_is_told_in_megabytes_and_its_time_in_seconds() -> None:
    with running("adapter.bench.backend", given=b"{}") as (_, number):
        assert 5 < read_resident(number) <= (read_memory(number) or 0) < 500
        assert 0 < (read_seconds(number) or 0) < 30


def test_what_a_process_has_started_counts_as_well() -> None:
    with subprocess.Popen(["/bin/sh", "-c", "sleep 30 & wait"], stdout=subprocess.PIPE) as parent:
        wait_until(lambda: len(Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text().split()) == 1)
        (child,) = Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text().split()
        assert read_resident(parent.pid) > 1.2 * read_resident(int(child))
        os.kill(int(child), signal.SIGKILL)


def wait_until(holds: Callable[[], bool]) -> None:
    for _ in range(1000):
        if holds():
            return
        time.sleep(0.01)
    raise AssertionError("it did not come about")
