"""Traces: whether spans are wanted, as OpenTelemetry's own variables say; where they are not, nothing is in the way."""

import os
from collections.abc import Collection, Mapping
from typing import Protocol

from starlette.types import ASGIApp

from adapter.ports import Backends, Recover
from adapter.shell.logs import log

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")


class Traces(Protocol):
    """What is traced, each by something around it: orders as they come in, calls, and what recovery takes up."""

    def around_orders(self, app: ASGIApp, paths: Collection[str]) -> ASGIApp:
        """The application with a span for each order; ``paths`` are the doors at which they are placed."""

    def around_backends(self, backends: Backends) -> Backends:
        """The way to backends with a span for each call."""

    def around_recovery(self, recover: Recover) -> Recover:
        """Recovery with a span for each case."""

    async def close(self) -> None:
        """Hand over what has been gathered."""


class NoTraces:
    """Satisfies ``Traces`` and puts nothing around anything."""

    def around_orders(self, app: ASGIApp, _paths: Collection[str]) -> ASGIApp:
        return app

    def around_backends(self, backends: Backends) -> Backends:
        return backends

    def around_recovery(self, recover: Recover) -> Recover:
        return recover

    async def close(self) -> None:
        return None


NO_TRACES = NoTraces()


def read_traces(environment: Mapping[str, str] = os.environ) -> Traces:
    """The traces that the variables ask for; where they cannot be had the log says why, and orders go on without."""
    if not _are_wanted(environment):
        return NO_TRACES
    why = _find_fault(environment)
    if why is None:
        try:
            from adapter.shell.traced import open_traces

            return open_traces()
        except ImportError:
            why = "expected the extra: pip install 'adapter[otel]'"
        except ValueError as exc:  # the library's word on one of its variables
            why = str(exc)
    log.warning("traces_off", findings=[why])
    return NO_TRACES


def _are_wanted(environment: Mapping[str, str]) -> bool:
    exporter = environment.get("OTEL_TRACES_EXPORTER", "").strip()
    said = exporter or any(environment.get(name) for name in ENDPOINTS)
    return bool(said) and exporter != "none" and environment.get("OTEL_SDK_DISABLED", "").strip().lower() != "true"


def _find_fault(environment: Mapping[str, str]) -> str | None:
    """What the variables ask for and is not there."""
    exporter = environment.get("OTEL_TRACES_EXPORTER", "").strip() or "otlp"
    if exporter != "otlp":
        return "expected OTEL_TRACES_EXPORTER to be otlp or none"
    name = next((name for name in PROTOCOLS if environment.get(name)), "")
    if environment.get(name, "http/protobuf").strip() != "http/protobuf":
        return f"expected {name} to be http/protobuf"
    return None
