"""The composition root: the only place that knows every concrete class."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import uuid4

from starlette.applications import Starlette
from starlette.types import ASGIApp

from adapter.core.tenancy.tenants import Tenant
from adapter.errors import SetupError
from adapter.gateway import Gateway
from adapter.recovery import Recovery
from adapter.runs import Runs
from adapter.shell.access import Access
from adapter.shell.admin import AdminDoors
from adapter.shell.files import load_dialects, load_document, load_tenants, read_secret, shipped
from adapter.shell.guard import Bounds, Guard
from adapter.shell.http_in import Doors, make_app
from adapter.shell.http_out import HttpBackends
from adapter.shell.journal import SqliteJournal
from adapter.shell.metrics import Metrics
from adapter.shell.observed import ObservedBackends, ObservedJournal
from adapter.shell.protected import ProtectedBackends
from adapter.shell.serving import is_loopback
from adapter.shell.settings import Settings
from adapter.shell.sockets import open_public_socket
from adapter.shell.transport import AiohttpTransport
from adapter.shell.vault import read_vault
from adapter.shell.warming import warm_up
from adapter.shell.worker import Worker


class Served(NamedTuple):
    """What is served: the doors for clients, and those for the operator on a port of their own."""

    public: ASGIApp
    admin: ASGIApp


def create_app(settings: Settings) -> Served:
    """The gateway as the environment sets it up; what ``adapter serve`` runs."""
    tenants = load_tenants(settings.tenants, load_dialects(settings.dialects), settings.environment)
    warm_up(tenants.values())
    return build(settings, tenants)


def build_app(settings: Settings, tenants: Mapping[str, Tenant]) -> ASGIApp:
    """The doors for clients alone."""
    return build(settings, tenants).public


def build(settings: Settings, tenants: Mapping[str, Tenant]) -> Served:
    """The gateway over given tenants; a broken setting or file fails here, before anything listens."""
    key, metrics = read_admin_key(settings), Metrics()
    journal = SqliteJournal(
        settings.journal,
        on_broken=lambda: os.kill(os.getpid(), signal.SIGTERM),
        on_batch=metrics.note_batch,
        vault=read_vault(settings.journal_key),
    )
    production = settings.environment == "production"
    backends = HttpBackends(AiohttpTransport(open_public_socket if production else None))
    observed = ObservedJournal(journal, metrics)
    protected = ProtectedBackends(ObservedBackends(backends, metrics), settings.orders_per_tenant)
    gateway = Gateway(
        tenants=lambda: tenants,
        runs=Runs(observed, protected, protected, journal.crosswalks),
        now=lambda: datetime.now(UTC),
        new_id=lambda: str(uuid4()),
    )
    doors = Doors(gateway, load_document(shipped(), "gateway"))

    worker = Worker(Recovery(gateway.tenants, gateway.runs), observed, settings.recovery_pause)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        recovery = asyncio.create_task(worker.run())
        yield
        await doors.drain()
        recovery.cancel()  # what it was sending stays open in the journal and is taken up again
        await asyncio.wait([recovery])
        await backends.close()
        await journal.close()

    bounds = Bounds(settings.body_limit, settings.body_seconds, settings.requests)
    plain = frozenset(route.path for route in doors.routes() if "{" not in route.path)
    return Served(
        public=Access(Guard(make_app(doors, lifespan), bounds), metrics, plain),
        admin=AdminDoors(journal, metrics, protected.circuits, gateway.tenants, key).app(),
    )


def read_admin_key(settings: Settings) -> str:
    """The operator's credential; only behind a loopback address there may be none."""
    if settings.admin_key is not None:
        return read_secret(settings.admin_key, "ADAPTER_ADMIN_KEY")
    if not is_loopback(settings.admin_host):
        raise SetupError("expected a credential (env:NAME or file:PATH), since others reach it", at="ADAPTER_ADMIN_KEY")
    return ""
