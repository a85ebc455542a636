"""Spans of OpenTelemetry around orders, calls and recovery: the only module that knows the library, which is an extra.

A span tells what a line of the log may tell: fields of the same list, and of no exception more than that there was one.
"""

import asyncio
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, SpanKind, StatusCode, TraceFlags
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adapter import __version__
from adapter.core.outcomes import Answered, Sent
from adapter.core.steps import Call
from adapter.ports import Backends, Case, Recover
from adapter.shell.logs import keep_allowed
from adapter.shell.observed import ENDINGS
from adapter.shell.visits import CURRENT, Visit

# So long the end waits for a collector to take the last spans; one that is away would have it wait for its retries.
CLOSE_SECONDS = 3.0

# Fields that have a name in OpenTelemetry's conventions; the others are ours.
NAMES = {
    "method": "http.request.method",
    "route": "http.route",
    "status": "http.response.status_code",
    "backend_status": "http.response.status_code",
}


class SpanTraces:
    """Satisfies ``traces.Traces``."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("adapter", __version__)

    def around_orders(self, app: ASGIApp, paths: Collection[str]) -> ASGIApp:
        return TracedOrders(app, self, frozenset(paths))

    def around_backends(self, backends: Backends) -> Backends:
        return TracedBackends(backends, self)

    def around_recovery(self, recover: Recover) -> Recover:
        async def traced(case: Case) -> None:
            hold = case.hold
            with self.span("recovery", SpanKind.INTERNAL, Context()) as span:
                _tell(span, operation=hold.operation_id, tenant=case.tenant, dialect=case.dialect, attempt=hold.attempt)
                await recover(case)

        return traced

    @contextmanager
    def span(self, name: str, kind: SpanKind, parent: Context | None = None) -> Iterator[Span]:
        """A span for as long as the block lasts; without a ``parent`` it is below the one that is open."""
        span = self._tracer.start_span(name, parent, kind)
        try:
            # an exception's message may quote a value
            with trace.use_span(span, record_exception=False, set_status_on_exception=False):
                yield span
        except BaseException:
            span.set_status(StatusCode.ERROR)
            raise
        finally:
            span.end()

    async def close(self) -> None:
        ending = threading.Thread(target=self._provider.shutdown, name="traces", daemon=True)
        ending.start()
        await asyncio.to_thread(ending.join, CLOSE_SECONDS)


class TracedOrders:
    """An ASGI application around another: a span for each order that somebody places, under the caller's own."""

    def __init__(self, app: ASGIApp, traces: SpanTraces, paths: frozenset[str]) -> None:
        self.app = app
        self.traces = traces
        self.paths = paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        visit = CURRENT.get()
        if visit is None or scope["type"] != "http" or scope["method"] != "POST" or scope["path"] not in self.paths:
            await self.app(scope, receive, send)
            return
        with self.traces.span(f"POST {scope['path']}", SpanKind.SERVER, _find_parent(visit)) as span:
            visit.follow(*_name_span(span))

            async def note(message: Message) -> None:
                if message["type"] == "http.response.start":
                    _tell(span, method="POST", route=scope["path"], status=message["status"])
                    span.set_status(StatusCode.ERROR if message["status"] >= 500 else StatusCode.UNSET)
                await send(message)

            try:
                await self.app(scope, receive, note)
            finally:
                _tell(span, **_gather(visit))


class TracedBackends:
    """Satisfies ``ports.Backends`` around others: a span for each call of an order, however often it tries to connect.

    Nothing of it is sent along: what goes to a backend is what the journal has.
    """

    def __init__(self, inner: Backends, traces: SpanTraces) -> None:
        self._inner = inner
        self._traces = traces

    async def send(self, call: Call, deadline: float) -> Sent:
        step = call.step.rows.name
        with self._traces.span(step, SpanKind.CLIENT) as span:
            _tell(span, tenant=call.tenant, dialect=call.dialect, step=step)
            sent = await self._inner.send(call, deadline)
            status = sent.status if isinstance(sent, Answered) else None
            reason = None if isinstance(sent, Answered) else sent.reason
            _tell(span, outcome=ENDINGS[type(sent)], backend_status=status, reason=reason)
            if status is None or status >= 400:
                span.set_status(StatusCode.ERROR)
            return sent


def open_traces() -> SpanTraces:
    """Traces that go where the library's variables say; a ``ValueError`` where those make no sense."""
    said = OTELResourceDetector().detect().attributes
    resource = Resource.create({"service.name": "adapter", "service.version": __version__, **said})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return SpanTraces(provider)


def _find_parent(visit: Visit) -> Context:
    """The caller's span as its ``traceparent`` has it; nobody's where there is none."""
    if visit.trace is None or visit.parent is None:
        return Context()
    flags = TraceFlags(int(visit.flags, 16))
    caller = SpanContext(int(visit.trace, 16), int(visit.parent, 16), is_remote=True, trace_flags=flags)
    return trace.set_span_in_context(NonRecordingSpan(caller), Context())


def _name_span(span: Span) -> tuple[str, str, str]:
    """Trace, span and flags as a ``traceparent`` has them."""
    named = span.get_span_context()
    return trace.format_trace_id(named.trace_id), trace.format_span_id(named.span_id), f"{named.trace_flags:02x}"


def _gather(visit: Visit) -> Mapping[str, Any]:
    names = ("request", "operation", "tenant", "dialect", "state", "problem")
    return {name: getattr(visit, name) for name in names}


def _tell(span: Span, **fields: Any) -> None:
    """Fields that a log may have, as attributes."""
    for name, value in keep_allowed(None, "", fields).items():
        span.set_attribute(NAMES.get(name, f"adapter.{name}"), value)
