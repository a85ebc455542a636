"""A gateway and a sandbox for every dialect, running for real: over sockets, with a journal on disk."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import NamedTuple

import apsw
import httpx
import pytest
from msgspec import structs

from adapter.app import build_app
from adapter.core.dialects import Dialect
from adapter.core.tenancy.tenants import Tenant, by_site_id
from adapter.sandbox.backend import Sandbox
from adapter.sandbox.shops import make_sandbox
from adapter.shell.files import find_document, load_dialects
from adapter.shell.serving import serving
from adapter.shell.settings import Settings
from tests.conftest import CALLER_SECRET, HERE, sample_tenant


class House(NamedTuple):
    """What a live test looks at: the gateway through its socket, and what backends and journal remember."""

    client: httpx.Client
    sandboxes: dict[str, Sandbox]
    urls: dict[str, str]
    journal: Path

    def rows(self) -> int:
        """Operations in the journal."""
        return int(apsw.Connection(str(self.journal)).execute("SELECT count(*) FROM operation").get)

    def sent(self) -> int:
        """Requests that any backend has seen."""
        return sum(len(sandbox.memory.requests) for sandbox in self.sandboxes.values())


def headers(site_id: str, **more: str) -> dict[str, str]:
    """The v1 pair of credentials, and whatever else."""
    return {"Authorization": f"Bearer {CALLER_SECRET}", "X-Stella-Site-Id": site_id, **more}


def lift_limit(dialect: Dialect) -> Dialect:
    """A dialect whose backend grants any number of calls: the corpus takes more than Stella's 60 in a minute."""
    limits = structs.replace(dialect.mapping.limits, calls_per_minute=None)
    return dialect._replace(mapping=structs.replace(dialect.mapping, limits=limits))


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    journal = tmp_path_factory.mktemp("house") / "journal.db"
    dialects = {name: lift_limit(dialect) for name, dialect in load_dialects(HERE / "fifth").items()}
    sandboxes = {name: make_sandbox(name, find_document(name, HERE / "fifth")) for name in dialects}
    ready, stop = threading.Event(), asyncio.Event()
    found: list[str] = []
    urls: dict[str, str] = {}
    loop = asyncio.new_event_loop()

    async def live() -> None:
        async with AsyncExitStack() as stack:
            urls.update({name: await stack.enter_async_context(serving(app)) for name, app in sandboxes.items()})
            tenants: list[Tenant] = [sample_tenant(name, dialects[name], url) for name, url in urls.items()]
            tenants.append(sample_tenant("strict", dialects["stella_sync"], urls["stella_sync"], requires_key=True))
            tenants.append(sample_tenant("closed", dialects["enad"], "http://127.0.0.1:9"))
            app = build_app(Settings(environment="development", journal=journal), by_site_id(tenants))
            found.append(await stack.enter_async_context(serving(app)))
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(live(),))
    thread.start()
    assert ready.wait(30), "the house did not come up"
    with httpx.Client(base_url=found[0], trust_env=False, timeout=30) as client:
        yield House(client, sandboxes, urls, journal)
    loop.call_soon_threadsafe(stop.set)
    thread.join(30)
    loop.close()
