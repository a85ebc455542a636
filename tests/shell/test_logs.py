"""Logs: lines of an allow-list, mistakes without what they say, and libraries without what they quote."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from adapter.shell.logs import LONGEST_VALUE, log, set_up_logs

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """What has been logged; afterwards logging is as it was."""
    before, root = structlog.get_config(), logging.getLogger()
    handlers, level, stream = root.handlers[:], root.level, io.BytesIO()
    set_up_logs(stream, "info")
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    structlog.configure(**before)
    vars(log).pop("bind", None)  # where structlog keeps the logger that it was told to remember
    root.handlers[:], root.level = handlers, level


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
