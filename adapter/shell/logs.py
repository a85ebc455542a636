"""Logs: one JSON object a line, made of an allow-list of fields; no value of an order can get into one."""

import logging
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, BinaryIO

import msgspec
import structlog
from structlog.typing import EventDict, WrappedLogger

# All that a line may hold; whatever else is handed to a logger stays out of it.
FIELDS = frozenset(
    {
        *("event", "level", "at", "logger"),
        *("request", "trace", "operation", "tenant", "dialect", "step", "state", "route", "method"),
        *("status", "problem", "outcome", "backend_status", "attempt"),
        *("ms", "bytes_in", "bytes_out", "count", "seconds"),
        *("error", "where", "reason", "file", "findings", "worker"),
    }
)

LONGEST_VALUE = 256

# Of a mistake so many of the innermost places are told.
MOST_PLACES = 8

# Loggers whose constant texts are worth a line; what others format may hold anything.
TRUSTED_TEXTS = ("uvicorn.error",)

Exc = tuple[type[BaseException], BaseException, TracebackType | None]


def _note_time(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    line["at"] = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return line


def tell_mistake(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """An exception as its type and where it came from: its message may quote a value."""
    exc = _find_exception(line.pop("exc_info", None))
    if exc is not None:
        frames = traceback.extract_tb(exc.__traceback__)[-MOST_PLACES:]
        line["error"] = type(exc).__name__
        line["where"] = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames]
    return line


def _find_exception(told: Any) -> BaseException | None:
    if isinstance(told, BaseException):
        return told
    found = told if isinstance(told, tuple) else sys.exc_info() if told else (None, None, None)
    exc: BaseException | None = found[1]
    return exc


def keep_allowed(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """Only fields of the list, absent ones left out and long texts cut."""
    return {key: _cut(value) for key, value in line.items() if key in FIELDS and value is not None}


def _cut(value: Any) -> Any:
    if isinstance(value, list):
        return [_cut(item) for item in value]
    return value[:LONGEST_VALUE] if isinstance(value, str) else value


def _write_json(_logger: WrappedLogger, _method: str, line: EventDict) -> bytes:
    return msgspec.json.encode(line)


CHAIN = (structlog.processors.add_log_level, _note_time, tell_mistake, keep_allowed, _write_json)

# Until somebody says where lines go, they are the logging module's, which tells warnings on a terminal.
structlog.configure(
    processors=[structlog.stdlib.filter_by_level, tell_mistake, keep_allowed, structlog.stdlib.render_to_log_kwargs],
    wrapper_class=structlog.stdlib.BoundLogger,
    logger_factory=structlog.stdlib.LoggerFactory(),
)

log: structlog.typing.FilteringBoundLogger = structlog.get_logger("adapter")


@contextmanager
def writing_logs(stream: BinaryIO, level: str) -> Iterator[None]:
    """Write lines to a stream for as long as the block lasts: ours, and those of libraries without what they say."""
    before, root = structlog.get_config(), logging.getLogger()
    handlers, level_before = root.handlers[:], root.level
    _set_up(stream, level)
    try:
        yield
    finally:
        structlog.configure(**before)
        vars(log).pop("bind", None)  # where structlog keeps the logger that it was told to remember
        root.handlers[:] = handlers
        root.setLevel(level_before)


def _set_up(stream: BinaryIO, level: str) -> None:
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=list(CHAIN),
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.BytesLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(handlers=[_Foreign()], level=max(number, logging.WARNING), force=True)


class _Foreign(logging.Handler):
    """Takes records of the logging module over into our lines."""

    def emit(self, record: logging.LogRecord) -> None:
        said = record.msg if record.name in TRUSTED_TEXTS and isinstance(record.msg, str) else "library"
        place = [f"{record.filename}:{record.lineno} {record.funcName}"]
        log.log(record.levelno, said.strip(), logger=record.name, where=place, exc_info=record.exc_info)
