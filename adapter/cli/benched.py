"""The gateway inside a bench: it has a sandbox's answers written down, and an order's stages told apart."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adapter.bench.backend import Fixed
from adapter.bench.stages import Stages, Watched
from adapter.core.messages import ORDERS, Answer, Inbound
from adapter.core.tenancy.tenants import Tenant
from adapter.errors import Problem, SetupError
from adapter.gateway import Gateway
from adapter.runs import Runs
from adapter.sandbox.shops import make_sandbox
from adapter.shell.files import find_document
from adapter.shell.http_out import HttpBackends
from adapter.shell.journal import SqliteJournal
from adapter.shell.protected import ProtectedBackends
from adapter.shell.serving import serving
from adapter.shell.settings import read_settings

# Orders that are placed before any counts, and those that count.
BEFORE, ORDERS_SAMPLED = 30, 200


async def record_answers(move: Callable[[str], Tenant], secret: str, body: bytes, folder: Path) -> dict[str, Fixed]:
    """What a sandbox answers to the calls of one order, by ``METHOD /path``."""
    answers: dict[str, Fixed] = {}
    name = move("http://127.0.0.1").dialect.name
    sandbox = make_sandbox(name, find_document(name, read_settings().dialects))
    async with serving(_write_down(sandbox, answers)) as url:
        tenant = move(url)
        answer = await _place_some(tenant, secret, body, folder / "recording.db", Stages(), 1)
    if answer.status != 201:
        raise SetupError(f"expected the order to be placed, found {answer.status}: {answer.body.decode()}", at=name)
    return answers


async def sample_stages(tenant: Tenant, secret: str, body: bytes, folder: Path) -> dict[str, float]:
    """Milliseconds of each stage of one order at a time, as medians; that of HTTP in is not among them."""
    stages = Stages()
    await _place_some(tenant, secret, body, folder / "stages.db", stages, BEFORE + ORDERS_SAMPLED)
    del stages.orders[:BEFORE]
    return stages.medians()


async def _place_some(tenant: Tenant, secret: str, body: bytes, file: Path, stages: Stages, count: int) -> Answer:
    """Place orders one after another; the answer of the last."""
    journal, backends = SqliteJournal(file), HttpBackends()
    protected = ProtectedBackends(Watched(backends, stages, "send"), 1)
    runs = Runs(Watched(journal, stages, "find", "claim", "finish"), protected, protected)
    gateway = Gateway(lambda: {tenant.site_id: tenant}, runs, lambda: datetime.now(UTC), lambda: str(uuid4()))
    try:
        for number in range(count):
            headers = (("authorization", f"Bearer {secret}"), ("x-stella-site-id", tenant.site_id))
            stages.begin()
            answer = await gateway.place_order(Inbound(ORDERS, (*headers, ("idempotency-key", f"b{number}")), body))
            stages.mark("respond")
    except Problem as problem:
        raise SetupError(f"expected the order to be placed, found {problem}", at=tenant.dialect.name) from problem
    finally:
        await backends.close()
        await journal.close()
    return answer


def _write_down(app: ASGIApp, answers: dict[str, Fixed]) -> ASGIApp:
    """An application whose answers are written down."""

    async def recorded(scope: Scope, receive: Receive, send: Send) -> None:
        status, body = 0, b""

        async def reply(message: Message) -> None:
            nonlocal status, body
            status = message.get("status", status)
            body += message.get("body", b"")
            await send(message)

        await app(scope, receive, reply)
        if scope["type"] == "http":
            answers[f"{scope['method']} {scope['path']}"] = Fixed(status, body)

    return recorded
