"""Visits: what is told of one request, from the door to the journal, and the ids by which it is told."""

import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar

# Narrow, since it is logged and echoed as it came: an e-mail address, for one, does not fit.
CORRELATION = re.compile(rb"[A-Za-z0-9._-]{1,64}")

# W3C Trace Context, version 00: trace id, parent id, flags; neither id may be all zeros.
TRACEPARENT = re.compile(rb"00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})")

# Gives the fields of an answer that tell what is left of its caller's limits.
TellLimits = Callable[[], Mapping[str, str]]


class Visit:
    """One request as it is told of; whoever learns more of it on its way writes it here.

    ``trace``, ``parent`` and ``flags`` are the caller's; ``span`` is ours within that trace, where there is one.
    """

    __slots__ = (
        "dialect",
        "flags",
        "limits",
        "operation",
        "parent",
        "problem",
        "request",
        "span",
        "state",
        "tenant",
        "trace",
    )

    def __init__(self, request: str, trace: str | None = None, parent: str | None = None, flags: str = "00") -> None:
        self.request = request
        self.trace = trace
        self.parent = parent
        self.flags = flags
        self.span: str | None = None
        self.operation: str | None = None
        self.tenant: str | None = None
        self.dialect: str | None = None
        self.state: str | None = None
        self.problem: str | None = None
        self.limits: TellLimits | None = None

    def headers(self) -> list[tuple[bytes, bytes]]:
        """What goes back to the client: its id or ours, its trace with us as the next parent, its limits."""
        told = [(b"x-correlation-id", self.request.encode())]
        if self.trace is not None:
            span = self.span or secrets.token_hex(8)
            told.append((b"traceparent", f"00-{self.trace}-{span}-{self.flags}".encode()))
        if self.limits is not None:
            told += [(name.lower().encode(), value.encode("latin-1")) for name, value in self.limits().items()]
        return told

    def follow(self, trace: str, span: str, flags: str) -> None:
        """Take a span for what this request is told as."""
        self.trace, self.span, self.flags = trace, span, flags


# The request that is being served; none where recovery is at work. Tasks that a request starts inherit it.
CURRENT: ContextVar[Visit | None] = ContextVar("visit", default=None)


def open_visit(headers: Iterable[tuple[bytes, bytes]]) -> Visit:
    """A visit by the headers of a request; an id or trace that is malformed, or there twice, is as good as none."""
    said: dict[bytes, list[bytes]] = {b"x-correlation-id": [], b"traceparent": []}
    for name, value in headers:
        if name in said:
            said[name].append(value)
    ids, traces = said.values()
    given = CORRELATION.fullmatch(ids[0]) if len(ids) == 1 else None
    trace = TRACEPARENT.fullmatch(traces[0]) if len(traces) == 1 else None
    request = given[0].decode() if given else secrets.token_hex(16)
    return Visit(request, *(part.decode() for part in trace.groups())) if trace else Visit(request)


def note_problem(kind: str) -> None:
    """Say which problem a request is answered with."""
    visit = CURRENT.get()
    if visit is not None:
        visit.problem = kind


def note_limits(tenant: str, tell: TellLimits | None) -> None:
    """Say whose caller a request is of, and who can tell what is left of that caller's limits."""
    visit = CURRENT.get()
    if visit is not None:
        visit.tenant, visit.limits = tenant, tell


def note_operation(operation: str | None, tenant: str, dialect: str | None = None, state: str | None = None) -> None:
    """Say which operation a request is about."""
    visit = CURRENT.get()
    if visit is not None:
        visit.operation, visit.tenant = operation or visit.operation, tenant
        visit.dialect, visit.state = dialect or visit.dialect, state or visit.state
