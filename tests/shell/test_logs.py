"""Logs: lines of an allow-list, mistakes without what they say, and libraries without what they quote."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from adapter.shell.logs import LONGEST_VALUE, log, writing_logs

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """What has been logged so far."""
    stream = io.BytesIO()
    with writing_logs(stream, "info"):
        yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_has_what_is_on_the_list_and_nothing_else(lines: Lines) -> None:
    log.info("order_ended", operation="op-1", tenant="shop", status=201, email="maya@example.com", step=None)

    (line,) = lines()
    assert line.pop("at").endswith("Z")
    assert line == {"event": "order_ended", "level": "info", "operation": "op-1", "tenant": "shop", "status": 201}


def test_a_long_text_is_cut(lines: Lines) -> None:
    log.info("x" * 1000, tenant="y" * 1000)

    assert {len(lines()[0][name]) for name in ("event", "tenant")} == {LONGEST_VALUE}


def test_what_is_below_the_level_is_not_written(lines: Lines) -> None:
    log.debug("quiet")

    assert lines() == []


def test_a_mistake_is_told_by_its_type_and_place_and_never_by_its_message(lines: Lines) -> None:
    try:
        raise ValueError("maya@example.com")
    except ValueError:
        log.error("mistake", exc_info=True)

    (line,) = lines()
    assert (line["error"], line["level"]) == ("ValueError", "error")
    assert line["where"][-1].startswith("test_logs.py:")
    assert "maya" not in json.dumps(line)


@pytest.mark.parametrize("name", ["asyncio", "uvicorn.error", "whatever"])
def test_a_library_is_told_by_its_name_and_place_and_never_by_its_values(lines: Lines, name: str) -> None:
    try:
        raise KeyError("maya@example.com")
    except KeyError:
        logging.getLogger(name).exception("failed on %s", "maya@example.com")

    (line,) = lines()
    assert (line["logger"], line["level"], line["error"]) == (name, "error", "KeyError")
    assert line["event"] == ("failed on %s" if name == "uvicorn.error" else "library")
    assert "maya" not in json.dumps(line)


def test_afterwards_lines_go_where_they_went_before(caplog: pytest.LogCaptureFixture) -> None:
    stream = io.BytesIO()
    with writing_logs(stream, "info"):
        log.warning("inside")
    stream.close()
    log.warning("outside")

    assert [record.getMessage() for record in caplog.records] == ["outside"]
