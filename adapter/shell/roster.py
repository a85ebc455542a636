"""The roster: the tenants of the moment, read again when their files change or SIGHUP comes."""

import asyncio
import signal
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from adapter.core.dialects import Dialect
from adapter.core.tenancy.tenants import Tenant
from adapter.errors import SetupError
from adapter.shell.files import load_tenants
from adapter.shell.logs import log
from adapter.shell.metrics import Metrics
from adapter.shell.settings import Environment

# Seconds between looks at the files.
PAUSE = 2.0

Seen = dict[Path, tuple[int, int, int] | None]


class Roster:
    """Satisfies ``Tenants``: a good file replaces all tenants at once, a bad one none, and the log says why."""

    def __init__(
        self, path: Path, dialects: Mapping[str, Dialect], metrics: Metrics, environment: Environment = "production"
    ) -> None:
        """Read the file; a ``SetupError`` lists all that is wrong with it."""
        self._path = path
        self._dialects = dialects
        self._reloads = metrics.reloads
        self._environment: Environment = environment
        self._asked = asyncio.Event()
        self._seen = look_at_files(path)
        self._tenants = load_tenants(path, dialects, environment)

    def __call__(self) -> Mapping[str, Tenant]:
        return self._tenants

    async def watch(self) -> None:
        """Look at the files until cancelled."""
        with _hearing(signal.SIGHUP, self._asked):
            while True:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._asked.wait(), PAUSE)
                seen = await asyncio.to_thread(look_again, self._seen, self._path)
                if self._asked.is_set() or seen != self._seen:
                    self._asked.clear()
                    self._seen = seen
                    await self._reload()

    async def _reload(self) -> None:
        """Take the files as they are now, in a thread, since orders go on meanwhile."""
        try:
            self._tenants = await asyncio.to_thread(load_tenants, self._path, self._dialects, self._environment)
        except SetupError as exc:
            self._reloads.labels("refused").inc()
            log.error("tenants_refused", file=self._path.name, findings=str(exc).splitlines()[:20])
        except Exception:  # whatever it is, orders go on by the tenants there are, and later files are read
            self._reloads.labels("refused").inc()
            log.error("tenants_refused", file=self._path.name, exc_info=True)
        else:
            self._reloads.labels("taken").inc()
            log.info("tenants_reloaded", file=self._path.name, count=len(self._tenants))


def look_at_files(path: Path) -> Seen:
    """What can be seen of the tenants' file and of the overlays and secrets that it names, without reading those."""
    try:
        said = tomllib.loads(path.read_text()).get("tenant")
    except (OSError, ValueError, RecursionError):
        said = None
    tenants = said.values() if isinstance(said, dict) else ()
    named = [file for tenant in tenants if isinstance(tenant, dict) for file in _name_files(tenant, path)]
    return {file: _look(file) for file in (path, *named)}


def look_again(seen: Seen, path: Path) -> Seen:
    """The same later on; the file is only read where it has changed."""
    return look_at_files(path) if seen.get(path) != _look(path) else {file: _look(file) for file in seen}


def _name_files(said: dict[str, Any], path: Path) -> Iterator[Path]:
    if isinstance(said.get("overlay"), str):
        yield path.parent / said["overlay"]
    secrets = said.get("secret")
    for reference in secrets.values() if isinstance(secrets, dict) else ():
        if isinstance(reference, str) and reference.startswith("file:"):
            yield Path(reference.removeprefix("file:"))


def _look(file: Path) -> tuple[int, int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


@contextmanager
def _hearing(number: signal.Signals, event: asyncio.Event) -> Iterator[None]:
    """A signal as an event, for as long as the block lasts."""
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(number, event.set)
    try:
        yield
    finally:
        loop.remove_signal_handler(number)
