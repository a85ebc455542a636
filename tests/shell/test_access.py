"""Access: every answer has an id, a line and a number, whoever gave it."""

import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from adapter.core.coverage.traffic import Traffic
from adapter.core.outcomes import Answered, NotSent
from adapter.ports import OpenDoor
from adapter.runs import Runs
from adapter.shell.access import Access
from adapter.shell.admin import AdminDoors
from adapter.shell.http_in import Doors, make_app
from adapter.shell.metrics import Metrics
from adapter.shell.observed import ObservedBackends, ObservedJournal, ObservedTraffic
from adapter.shell.serving import serving
from tests.staging import ORDERS, Stage, journal_connection, set_stage

pytestmark = pytest.mark.anyio

TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


class Front(NamedTuple):
    """Both applications of a staged gateway over sockets, and a client before each."""

    stage: Stage
    client: httpx.AsyncClient
    admin: httpx.AsyncClient
    lines: pytest.LogCaptureFixture
    leave: Callable[[], None]

    def headers(self, **more: str) -> dict[str, str]:
        return dict(self.stage.inbound().headers) | {name.replace("_", "-"): value for name, value in more.items()}

    async def post(self, **more: str) -> httpx.Response:
        return await self.client.post(ORDERS, content=self.stage.inbound().body, headers=self.headers(**more))

    def told(self) -> list[Mapping[str, Any]]:
        return [vars(record) for record in self.lines.records if record.getMessage() == "request"]

    async def sample(self, line: str) -> str:
        """The value of one line of the metrics."""
        text = (await self.admin.get("/metrics")).text
        return next((one.rpartition(" ")[2] for one in text.splitlines() if one.startswith(line)), "none")


@asynccontextmanager
async def open_front(path: Path, lines: pytest.LogCaptureFixture, key: str = "") -> AsyncIterator[Front]:
    stage, metrics = set_stage(path, "stella_sync", []), Metrics()
    journal = ObservedJournal(stage.journal, metrics)
    backends = ObservedBackends(stage.backends, metrics)
    traffic = Traffic()
    watch = ObservedTraffic(traffic)
    stage.gateway.runs = Runs(journal, backends, OpenDoor(), stage.journal.crosswalks, watch=watch)
    doors = Doors(stage.gateway, {"openapi": "3.1.0"})

    @asynccontextmanager
    async def lifespan(_app: Any) -> AsyncIterator[None]:
        yield
        await doors.drain()

    public = Access(make_app(doors, lifespan), metrics, frozenset({ORDERS, "/healthz"}))
    admin = AdminDoors(
        stage.journal, metrics, lambda: {"shop": "half open"}, lambda: stage.gateway.tenants(), traffic.tell, key
    )
    async with (
        serving(admin.app()) as inside,
        serving(public) as url,
        httpx.AsyncClient(base_url=url, trust_env=False) as client,
        httpx.AsyncClient(base_url=inside, trust_env=False) as operator,
    ):
        yield Front(stage, client, operator, lines, admin.leave)
    await stage.journal.close()


@pytest.fixture
async def front(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> AsyncIterator[Front]:
    caplog.set_level(logging.INFO, "adapter")
    async with open_front(tmp_path / "journal.db", caplog) as opened:
        yield opened


async def test_an_answer_has_the_clients_id_and_its_line_the_operation(front: Front) -> None:
    placed = await front.post(X_Correlation_Id="W-1", Traceparent=TRACEPARENT)

    assert placed.headers["X-Correlation-Id"] == "W-1"
    assert placed.headers["Traceparent"].split("-")[1] == TRACEPARENT.split("-")[1]
    (line,) = front.told()
    assert (line["request"], line["route"], line["status"]) == ("W-1", ORDERS, 201)
    assert (line["tenant"], line["dialect"], line["state"]) == ("shop", "stella_sync", "succeeded")
    assert line["operation"] == placed.headers["Location"].rpartition("/")[2]
    assert line["bytes_out"] == len(placed.content)


async def test_a_refusal_has_an_id_of_ours_and_its_problem(front: Front) -> None:
    refused = await front.client.post(ORDERS, content=b"{")

    assert len(refused.headers["X-Correlation-Id"]) == 32
    (line,) = front.told()
    assert (line["problem"], line["status"], line["request"]) == (
        "unauthenticated",
        401,
        refused.headers["X-Correlation-Id"],
    )


async def test_a_replay_is_told_with_the_operation_it_repeats(front: Front) -> None:
    first = await front.post(Idempotency_Key="a")
    await front.post(Idempotency_Key="a")

    assert [line["operation"] for line in front.told()] == [first.headers["Location"].rpartition("/")[2]] * 2


async def test_what_was_called_is_told_by_its_door_and_never_as_it_was_written(front: Front) -> None:
    for path in ("/healthz", f"{ORDERS}/maya@example.com", f"{ORDERS}/maya/ledger", "/maya"):
        await front.client.get(path, headers=front.headers())

    routes = [line["route"] for line in front.told()]
    assert routes == ["/healthz", f"{ORDERS}/{{order_id}}", f"{ORDERS}/{{order_id}}/ledger", "other"]


async def test_the_metrics_tell_orders_requests_and_circuits(front: Front) -> None:
    await front.post()
    order = 'adapter_orders_total{dialect="stella_sync",outcome="succeeded",tenant="shop"}'

    assert await front.sample(order) == "1.0"
    assert await front.sample(f'adapter_requests_total{{problem="",route="{ORDERS}",status="201"}}') == "1.0"
    assert await front.sample('adapter_circuit{tenant="shop"}') == "1.0"
    assert await front.sample("adapter_journal_reserve") == "1.0"


async def test_the_metrics_tell_what_is_open_and_since_when(front: Front) -> None:
    await front.post()
    where = "SET state = 'unknown', opened_at = unixepoch() - 100"
    journal_connection(front.stage.path).execute(f"UPDATE operation {where}")

    assert await front.sample('adapter_operations_open{state="unknown",tenant="shop"}') == "1.0"
    assert float(await front.sample('adapter_operations_oldest_seconds{state="unknown",tenant="shop"}')) >= 100


async def test_what_nobody_can_write_is_not_ready(front: Front) -> None:
    assert (await front.admin.get("/readyz")).json()["status"] == "ready"
    journal_connection(front.stage.path).pragma("query_only", True)
    answer = await front.admin.get("/readyz")

    assert (answer.status_code, answer.json()["checks"]) == (
        503,
        {"tenants": True, "journal": False, "reserve": True, "serving": True},
    )


async def test_a_gateway_that_is_about_to_end_is_not_ready(front: Front) -> None:
    front.leave()
    answer = await front.admin.get("/readyz")

    assert (answer.status_code, answer.json()["checks"]["serving"]) == (503, False)
    assert (await front.admin.get("/healthz")).status_code == 200


async def test_a_problem_that_is_on_record_is_named_in_its_line_and_in_that_of_its_repeat(front: Front) -> None:
    front.stage.backends.script.append(NotSent("no route"))
    front.stage.backends.script.append(Answered(400, {}, b"{}"))
    statuses = [(await front.post(Idempotency_Key="a")).status_code for _ in range(3)]

    told = [(line["status"], line["problem"]) for line in front.told()]
    assert told == [(503, "operation-not-applied"), (422, "order-refused"), (422, "order-refused")]
    assert statuses == [status for status, _ in told]


async def test_a_gateway_without_tenants_is_not_ready(front: Front) -> None:
    front.stage.gateway.tenants = dict

    assert (await front.admin.get("/readyz")).json()["checks"]["tenants"] is False
    assert (await front.admin.get("/healthz")).json() == {"status": "ok"}


@pytest.mark.parametrize("path", ["/metrics", "/readyz", "/coverage"])
async def test_the_operators_doors_are_not_on_the_clients_port(front: Front, path: str) -> None:
    assert (await front.client.get(path, headers=front.headers())).status_code == 404
    assert (await front.admin.post(ORDERS, content=front.stage.inbound().body)).status_code == 404


async def test_the_operator_has_a_credential_of_its_own(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with open_front(tmp_path / "journal.db", caplog, "an operator's key") as front:
        tried = [
            (await front.admin.get("/metrics", headers=headers)).status_code
            for headers in (
                {},
                {"Authorization": "Bearer x"},
                front.headers(),
                {"Authorization": "Bearer an operator's key"},
            )
        ]
        assert tried == [401, 401, 401, 200]
        assert (await front.admin.get("/readyz")).status_code == 200


async def test_the_operator_is_told_what_orders_exercised(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with open_front(tmp_path / "journal.db", caplog, "an operator's key") as front:
        await front.post()
        operator = {"Authorization": "Bearer an operator's key"}
        answer = await front.admin.get("/coverage", headers=operator)
        refused = await front.admin.get("/coverage", headers=front.headers())

    assert (answer.status_code, refused.status_code) == (200, 401)
    (told,) = answer.json()["mappings"]
    assert (told["dialect"], told["orders"]) == ("stella_sync", 1)
    counts = {(way["at"], way["what"]): way["count"] for way in told["ways"]}
    assert counts["stella_sync.toml: step[0]", "called"] == 1
    assert counts["stella_sync.toml: order[0]", "to_dialect"] == 1
    assert counts["stella_sync.toml: receipt[0]", "to_canonical"] == 1
    assert counts["stella_sync.toml: outcome.rejected", "400"] == 0
    assert "maya" not in answer.text.lower()
