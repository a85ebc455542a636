"""The composition root: the only place that knows every concrete class."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import uuid4

from starlette.applications import Starlette
from starlette.types import ASGIApp

from adapter.core.coverage.traffic import Traffic
from adapter.core.tenancy.tenants import Tenant, Tenants
from adapter.errors import SetupError
from adapter.gateway import Gateway
from adapter.recovery import Recovery
from adapter.runs import Runs
from adapter.shell.access import Access
from adapter.shell.admin import AdminDoors
from adapter.shell.browsers import CrossOrigin, Preflights
from adapter.shell.files import load_dialects, load_document, read_secret, shipped
from adapter.shell.guard import Bounds, Guard
from adapter.shell.http_in import Doors, make_app
from adapter.shell.http_out import HttpBackends
from adapter.shell.journal import SqliteJournal
from adapter.shell.limits import TokenBuckets
from adapter.shell.metrics import Metrics
from adapter.shell.observed import ObservedBackends, ObservedJournal, ObservedTraffic
from adapter.shell.protected import ProtectedBackends
from adapter.shell.roster import Roster
from adapter.shell.serving import is_loopback
from adapter.shell.settings import Environment, Settings
from adapter.shell.sockets import open_public_socket
from adapter.shell.traces import read_traces
from adapter.shell.transport import AiohttpTransport
from adapter.shell.vault import read_vault
from adapter.shell.warming import warm_up
from adapter.shell.worker import Worker

# How a way to a backend is opened: outside development to public addresses alone.
OPEN_SOCKET: dict[Environment, Any] = {"production": open_public_socket, "development": None}


class Served(NamedTuple):
    """What is served: the doors for clients, and those for the operator on a port of their own.

    ``note_refusal`` is told what the server itself refuses of clients; ``leave`` is called once all is to end.
    """

    public: ASGIApp
    admin: ASGIApp
    note_refusal: Callable[[int, str], None]
    leave: Callable[[], None]


def create_app(settings: Settings) -> Served:
    """The gateway as the environment sets it up; what ``adapter serve`` runs."""
    metrics = Metrics()
    roster = Roster(settings.tenants, load_dialects(settings.dialects), metrics, settings.environment)
    warm_up(roster().values())
    return build(settings, roster, metrics, roster.watch)


def build_app(settings: Settings, tenants: Mapping[str, Tenant]) -> ASGIApp:
    """The doors for clients alone, over tenants that never change."""
    return build(settings, lambda: tenants, Metrics(), _watch_nothing).public


def build(settings: Settings, tenants: Tenants, metrics: Metrics, watch: Callable[[], Awaitable[None]]) -> Served:
    """The gateway over the tenants of the moment; a broken setting or file fails here, before anything listens.

    ``watch`` runs beside it for as long as it serves.
    """
    key = read_admin_key(settings)
    journal = _open_journal(settings, metrics)
    backends = HttpBackends(AiohttpTransport(OPEN_SOCKET[settings.environment]))
    observed = ObservedJournal(journal, metrics)
    observed_backends = ObservedBackends(backends, metrics)
    protected = ProtectedBackends(observed_backends, settings.orders_per_tenant, settings.workers)
    traces, traffic = read_traces(), Traffic()
    sending, counted = traces.around_backends(protected), ObservedTraffic(traffic)
    gateway = _make_gateway(tenants, Runs(observed, sending, protected, journal.crosswalks, watch=counted))
    doors = Doors(gateway, load_document(shipped(), "gateway"))
    recovery = Recovery(gateway.tenants, gateway.runs)
    worker = Worker(traces.around_recovery(recovery.recover), observed, settings.recovery_pause)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        beside = [asyncio.ensure_future(run()) for run in (worker.run, watch)]
        yield
        await doors.drain()
        for task in beside:
            task.cancel()  # what recovery was sending stays open in the journal and is taken up again
        await asyncio.wait(beside)
        await backends.close()
        await journal.close()
        await traces.close()

    orders = traces.around_orders(make_app(doors, lifespan), doors.order_doors())
    admin = AdminDoors(journal, metrics, protected.circuits, tenants, traffic.tell, key)
    return Served(
        public=_surround(orders, doors, settings, tenants, metrics),
        admin=admin.app(),
        note_refusal=metrics.note_refusal,
        leave=admin.leave,
    )


def _make_gateway(tenants: Tenants, runs: Runs) -> Gateway:
    return Gateway(
        tenants=tenants,
        runs=runs,
        now=lambda: datetime.now(UTC),
        new_id=lambda: str(uuid4()),
        limits=TokenBuckets(),
    )


def _open_journal(settings: Settings, metrics: Metrics) -> SqliteJournal:
    return SqliteJournal(
        settings.journal,
        on_broken=lambda: os.kill(os.getpid(), signal.SIGTERM),
        on_batch=metrics.note_batch,
        vault=read_vault(settings.journal_key),
    )


def _surround(app: ASGIApp, doors: Doors, settings: Settings, tenants: Tenants, metrics: Metrics) -> ASGIApp:
    """The doors with what stands before them: the first that a request meets is written last."""
    app = Preflights(app, tenants)
    app = Guard(app, Bounds(settings.body_limit, settings.body_seconds, settings.requests))
    app = CrossOrigin(app, tenants)
    return Access(app, metrics, frozenset(route.path for route in doors.routes() if "{" not in route.path))


async def _watch_nothing() -> None:
    return None


def read_admin_key(settings: Settings) -> str:
    """The operator's credential; only behind a loopback address there may be none."""
    if settings.admin_key is not None:
        return read_secret(settings.admin_key, "ADAPTER_ADMIN_KEY")
    if not is_loopback(settings.admin_host):
        raise SetupError("expected a credential (env:NAME or file:PATH), since others reach it", at="ADAPTER_ADMIN_KEY")
    return ""
