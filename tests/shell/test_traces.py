"""Traces: a span for an order and one for each of its calls, of what logs may tell; nothing where none are wanted."""

import logging
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple, cast

import httpx
import pytest

from adapter.core.outcomes import Answered
from adapter.ports import OpenDoor
from adapter.runs import Runs
from adapter.shell.access import Access
from adapter.shell.http_in import LEGACY_ORDERS, Doors, make_app
from adapter.shell.metrics import Metrics
from adapter.shell.observed import ObservedJournal
from adapter.shell.serving import serving
from adapter.shell.traces import NO_TRACES, Traces, read_traces
from tests.recovering import hasten
from tests.staging import LOST, ORDERS, Stage, set_stage

pytestmark = pytest.mark.anyio

WHY = "traces need the extra: pip install 'adapter[otel]'"
TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}


class Traced(NamedTuple):
    """A staged gateway over a socket whose spans stay in memory."""

    stage: Stage
    client: httpx.AsyncClient
    traces: Traces
    spans: Callable[[], list[Any]]

    async def post(self, path: str = ORDERS, key: str = "a", **members: Any) -> httpx.Response:
        inbound = self.stage.inbound(key, **members)
        headers = dict(inbound.headers) | {"traceparent": f"00-{TRACE}-{PARENT}-01"}
        return await self.client.post(path, content=inbound.body, headers=headers)

    def told(self, name: str) -> dict[str, Any]:
        """What the only span of a name tells."""
        (span,) = [span for span in self.spans() if span.name == name]
        return dict(span.attributes)


Trace = Callable[..., Any]


@pytest.fixture
def trace(tmp_path: Path) -> Trace:
    sdk = pytest.importorskip("opentelemetry.sdk.trace", reason=WHY)
    export = pytest.importorskip("opentelemetry.sdk.trace.export", reason=WHY)
    memory = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter", reason=WHY)
    traced = pytest.importorskip("adapter.shell.traced", reason=WHY)

    @asynccontextmanager
    async def open_traced(dialect: str, *script: Any, **rows: Any) -> AsyncIterator[Traced]:
        provider, kept = sdk.TracerProvider(shutdown_on_exit=False), memory.InMemorySpanExporter()
        provider.add_span_processor(export.SimpleSpanProcessor(kept))
        traces: Traces = traced.SpanTraces(provider)
        stage, metrics = set_stage(tmp_path / "journal.db", dialect, list(script), **rows), Metrics()
        journal, backends = ObservedJournal(stage.journal, metrics), traces.around_backends(stage.backends)
        stage.gateway.runs = Runs(journal, backends, OpenDoor(), stage.journal.crosswalks)
        doors = Doors(stage.gateway, {})

        @asynccontextmanager
        async def lifespan(_app: Any) -> AsyncIterator[None]:
            yield
            await doors.drain()

        app = Access(traces.around_orders(make_app(doors, lifespan), doors.order_doors()), metrics, frozenset({ORDERS}))
        async with serving(app) as url, httpx.AsyncClient(base_url=url, trust_env=False) as client:
            yield Traced(stage, client, traces, lambda: list(kept.get_finished_spans()))
        await traces.close()
        await stage.journal.close()

    return open_traced


async def test_an_order_is_one_span_under_the_callers_with_one_for_each_call(trace: Trace) -> None:
    async with trace("lana") as here:
        placed = await here.post()

        *calls, order = here.spans()
        assert [span.name for span in calls] == ["create", "calculate", "allocate_number", "reserve"]
        assert order.name == f"POST {ORDERS}"
        assert f"{order.context.trace_id:032x}" == TRACE
        assert f"{order.parent.span_id:016x}" == PARENT
        assert {span.parent.span_id for span in calls} == {order.context.span_id}
        assert placed.headers["traceparent"] == f"00-{TRACE}-{order.context.span_id:016x}-01"
        assert here.told(f"POST {ORDERS}") == {
            "http.request.method": "POST",
            "http.route": ORDERS,
            "http.response.status_code": 201,
            "adapter.request": placed.headers["X-Correlation-Id"],
            "adapter.operation": placed.headers["Location"].rpartition("/")[2],
            "adapter.tenant": "shop",
            "adapter.dialect": "lana",
            "adapter.state": "succeeded",
        }
        assert here.told("create") == {
            "adapter.tenant": "shop",
            "adapter.dialect": "lana",
            "adapter.step": "create",
            "adapter.outcome": "answered",
            "http.response.status_code": 201,
        }


async def test_nothing_of_a_trace_goes_to_a_backend(trace: Trace) -> None:
    async with trace("stella_sync") as here:
        await here.post()

        sent = [name.lower() for call in here.stage.backends.calls for name in call.headers]
        assert "traceparent" not in sent
        assert "idempotency-key" in sent


async def test_an_order_without_a_trace_begins_one_and_its_line_names_it(
    trace: Trace, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "adapter")
    async with trace("stella_sync") as here:
        inbound = here.stage.inbound("a")
        placed = await here.client.post(LEGACY_ORDERS, content=inbound.body, headers=dict(inbound.headers))

        order = here.spans()[-1]
        assert (order.name, order.parent) == (f"POST {LEGACY_ORDERS}", None)
        assert placed.headers["traceparent"].split("-")[1] == f"{order.context.trace_id:032x}"
        (line,) = [vars(record) for record in caplog.records if record.getMessage() == "request"]
        assert line["trace"] == f"{order.context.trace_id:032x}"


async def test_a_failure_is_told_by_its_codes_alone(trace: Trace) -> None:
    refused = Answered(500, {}, b'{"message": "sita@example.com"}')
    async with trace("stella_sync", refused, LOST) as here:
        await here.post(key="a")
        await here.post(key="b")
        await here.post(key="c", email="sita at example")

        first, _, second, _, invalid = here.spans()
        assert [(dict(span.attributes)["adapter.outcome"], span.status.is_ok) for span in (first, second)] == [
            ("answered", False),
            ("lost", False),
        ]
        assert dict(invalid.attributes)["adapter.problem"] == "invalid-order"
        assert dict(second.attributes)["adapter.reason"] == LOST.reason
        text = "".join(span.to_json() for span in here.spans())
        assert not [value for value in ("sita", "Durbar", "secret") if value in text]


async def test_a_mistake_is_told_without_its_message(trace: Trace, monkeypatch: pytest.MonkeyPatch) -> None:
    async with trace("stella_sync") as here:

        async def break_down(*_: Any) -> None:
            raise RuntimeError("sita@example.com")

        monkeypatch.setattr(here.stage.backends, "send", break_down)
        answer = await here.post()

        assert answer.status_code == 500
        call, order = here.spans()
        assert [(span.status.status_code.name, span.events) for span in (call, order)] == [("ERROR", ())] * 2
        assert "sita" not in call.to_json() + order.to_json()


async def test_what_recovery_takes_up_is_a_span_of_its_own(trace: Trace) -> None:
    async with trace("stella_sync", LOST, quiet_seconds=0.01) as here:
        await here.post()
        hasten(here.stage)
        for case in await here.stage.journal.take_open(8, 60.0):
            await here.traces.around_recovery(here.stage.recovery.recover)(case)

        call, recovery = here.spans()[-2:]
        assert (recovery.name, recovery.parent, call.parent.span_id) == ("recovery", None, recovery.context.span_id)
        ((operation,),) = here.stage.read("SELECT operation_id FROM operation")
        assert here.told("recovery") == {
            "adapter.operation": operation,
            "adapter.tenant": "shop",
            "adapter.dialect": "stella_sync",
            "adapter.attempt": 2,
        }


async def test_what_places_no_order_is_no_span(trace: Trace) -> None:
    async with trace("stella_sync") as here:
        headers = dict(here.stage.inbound().headers)
        for path in ("/healthz", ORDERS, f"{ORDERS}/none"):
            await here.client.get(path, headers=headers)
        await here.post(f"{ORDERS}/preview")

        assert here.spans() == []


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": ""},
        ENDPOINT | {"OTEL_SDK_DISABLED": "true"},
        ENDPOINT | {"OTEL_TRACES_EXPORTER": "none"},
        {"OTEL_SERVICE_NAME": "gateway"},
    ],
)
def test_without_a_variable_that_asks_for_them_there_are_none(
    said: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    app, backends, recover = (cast(Any, object()) for _ in range(3))
    assert read_traces(said) is NO_TRACES
    assert NO_TRACES.around_orders(app, ()) is app
    assert NO_TRACES.around_backends(backends) is backends
    assert NO_TRACES.around_recovery(recover) is recover
    assert caplog.records == []


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (ENDPOINT | {"OTEL_TRACES_EXPORTER": "zipkin"}, "OTEL_TRACES_EXPORTER"),
        (ENDPOINT | {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "OTEL_EXPORTER_OTLP_PROTOCOL"),
    ],
)
def test_what_cannot_be_had_is_logged(said: dict[str, str], why: str, caplog: pytest.LogCaptureFixture) -> None:
    assert read_traces(said) is NO_TRACES
    (line,) = [vars(record) for record in caplog.records]
    assert (line["msg"], line["levelname"]) == ("traces_off", "WARNING")
    assert why in line["findings"][0]


def test_without_the_extra_the_log_says_so(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.delitem(sys.modules, "adapter.shell.traced", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)

    assert read_traces(ENDPOINT) is NO_TRACES
    assert [vars(record)["findings"] for record in caplog.records] == [
        ["expected the extra: pip install 'adapter[otel]'"]
    ]


async def test_a_collector_that_is_away_holds_up_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    kind = pytest.importorskip("opentelemetry.trace", reason=WHY).SpanKind.INTERNAL
    traced = pytest.importorskip("adapter.shell.traced", reason=WHY)
    monkeypatch.setattr(traced, "CLOSE_SECONDS", 0.2)
    for name, value in ENDPOINT.items():
        monkeypatch.setenv(name, value)
    traces = read_traces()
    assert isinstance(traces, traced.SpanTraces)
    with traces.span("order", kind):
        pass
    began = time.monotonic()
    await traces.close()

    assert 0.2 <= time.monotonic() - began < 1.0
