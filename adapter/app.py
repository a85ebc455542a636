"""The composition root: the only place that knows every concrete class."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import uuid4

from starlette.applications import Starlette
from starlette.types import ASGIApp

from adapter.core.tenancy.tenants import Tenant
from adapter.gateway import Gateway
from adapter.recovery import Recovery
from adapter.runs import Runs
from adapter.shell.files import load_dialects, load_document, load_tenants, shipped
from adapter.shell.guard import Bounds, Guard
from adapter.shell.http_in import Doors, make_app
from adapter.shell.http_out import HttpBackends
from adapter.shell.journal import SqliteJournal
from adapter.shell.protected import ProtectedBackends
from adapter.shell.settings import Settings, read_settings
from adapter.shell.sockets import open_public_socket
from adapter.shell.transport import AiohttpTransport
from adapter.shell.worker import Worker


def create_app() -> ASGIApp:
    """The gateway as the environment sets it up; what ``adapter serve`` runs."""
    settings = read_settings()
    return build_app(settings, load_tenants(settings.tenants, load_dialects(settings.dialects), settings.environment))


def build_app(settings: Settings, tenants: Mapping[str, Tenant]) -> ASGIApp:
    """The gateway over given tenants; a broken setting or file fails here, before anything listens."""
    journal = SqliteJournal(settings.journal, on_broken=lambda: os.kill(os.getpid(), signal.SIGTERM))
    production = settings.environment == "production"
    backends = HttpBackends(AiohttpTransport(open_public_socket if production else None))
    protected = ProtectedBackends(backends, settings.orders_per_tenant)
    gateway = Gateway(
        tenants=lambda: tenants,
        runs=Runs(journal, protected, protected, journal.crosswalks),
        now=lambda: datetime.now(UTC),
        new_id=lambda: str(uuid4()),
    )
    doors = Doors(gateway, load_document(shipped(), "gateway"))

    worker = Worker(Recovery(gateway.tenants, gateway.runs), journal, settings.recovery_pause)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        recovery = asyncio.create_task(worker.run())
        yield
        await doors.drain()
        recovery.cancel()  # what it was sending stays open in the journal and is taken up again
        await asyncio.wait([recovery])
        await backends.close()
        await journal.close()

    return Guard(make_app(doors, lifespan), Bounds(settings.body_limit, settings.body_seconds, settings.requests))
