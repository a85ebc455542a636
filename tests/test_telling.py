"""What a client is told beyond its receipt: losses by policy, what is kept of them, revisions, ledger, preview."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from adapter.core.messages import Answer
from adapter.core.outcomes import Answered
from adapter.errors import Problem
from tests.conftest import sample_tenant
from tests.core.conftest import ANSWERS, LANA_ANSWER
from tests.recovering import recover_now
from tests.staging import LOST, Stage, document, set_stage

pytestmark = pytest.mark.anyio

SetStage = Callable[..., Stage]

DEAR = LANA_ANSWER | {"state": "reserved", "total_price": 999}
REVISED = '"/total";backend="/total_price"'


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[SetStage]:
    stages: list[Stage] = []

    def make(dialect: str, *script: Any, **rows: Any) -> Stage:
        stages.append(set_stage(tmp_path / "journal.db", dialect, list(script), **rows))
        return stages[-1]

    yield make
    for made in stages:
        await made.journal.close()


async def show(here: Stage, answer: Answer | Problem) -> dict[str, Any]:
    """The order as GET has it."""
    order_id = answer.headers["Location"].rsplit("/", 1)[1]
    return document(await here.gateway.show_order(here.inbound(), order_id))


def dear(call: int = 3) -> list[Any]:
    """A script in which the last call of a Lana order shows another total."""
    return [None] * call + [Answered(200, {}, msgspec.json.encode(DEAR))]


async def test_what_the_backend_cannot_hold_is_kept_and_given_back(stage: SetStage) -> None:
    here = stage("lana")
    answer = await here.place("a", note="ring twice", external_id="W-1")
    shown = await show(here, answer)

    assert shown["kept"]["/note"] == "ring twice"
    assert shown["kept"]["/external_id"] == "W-1"
    assert {loss["pointer"] for loss in shown["losses"]} == set(shown["kept"])
    assert "/note" in answer.headers["Order-Losses"]


async def test_a_loss_that_a_tenant_lets_go_is_not_told_and_is_kept_all_the_same(stage: SetStage) -> None:
    here = stage("lana", loss={"*": "allow"})
    answer = await here.place("a", note="ring twice")

    assert "Order-Losses" not in answer.headers
    shown = await show(here, answer)
    assert (shown["losses"], shown["kept"]["/note"]) == ([], "ring twice")


async def test_a_loss_that_a_tenant_refuses_stops_the_order_before_anything_is_sent(stage: SetStage) -> None:
    here = stage("lana", loss={"/note": "refuse"})
    answer = await here.place("a", note="ring twice")

    assert isinstance(answer, Problem)
    assert (answer.status, answer.kind) == (422, "loss-refused")
    assert [(fault.pointer, fault.code) for fault in answer.faults] == [("/note", "dropped")]
    assert (here.backends.calls, here.read("SELECT 1 FROM operation")) == ([], [])
    assert (await here.place("a")).status == 201


async def test_an_order_that_was_taken_is_recovered_whatever_the_policy_says_by_then(stage: SetStage) -> None:
    here = stage("stella_sync", LOST, quiet_seconds=0.01)
    await here.place("a", cart_id="c")
    strict = sample_tenant("shop", here.tenant.dialect, "http://backend.test", loss={"/cart_id": "refuse"})
    here.gateway.tenants = lambda: {"shop": strict}
    await recover_now(here)

    assert (await here.place("a", cart_id="c")).status == 201


async def test_what_the_backend_changed_is_told_and_on_record(stage: SetStage) -> None:
    here = stage("lana", *dear())
    answer = await here.place("a")

    assert (answer.status, answer.headers["Order-Revised"]) == (201, REVISED)
    assert (await show(here, answer))["revised"] == [{"pointer": "/total", "dialect": "/total_price"}]
    assert (await here.place("a")).headers["Order-Revised"] == REVISED
    ((detail,),) = here.read("SELECT detail FROM operation")
    assert "revised" in detail
    assert "999" not in detail


async def test_a_tenant_may_have_a_revision_as_an_error_and_never_as_a_second_order(stage: SetStage) -> None:
    here = stage("lana", *dear(), revision="error")
    answer = await here.place("a")

    assert isinstance(answer, Answer)
    told = document(answer)
    assert (answer.status, told["type"], told["safe_new_key"]) == (409, "/problems/order-revised", False)
    assert told["errors"][0]["pointer"] == "/total"
    assert told["receipt"]["total"] == "9.99"
    again = await here.place("a")
    assert (document(again), again.headers["Idempotent-Replayed"]) == (told, "true")
    assert len(here.backends.calls) == 4
    shown = await show(here, answer)
    assert (shown["state"], shown["receipt"]) == ("succeeded", told["receipt"])


async def test_an_order_that_was_stored_as_it_was_sent_has_no_such_header(stage: SetStage) -> None:
    here = stage("lana", revision="error")
    answer = await here.place("a")

    assert answer.status == 201
    assert "Order-Revised" not in answer.headers


async def test_a_draft_that_is_not_calculated_revises_nothing(stage: SetStage) -> None:
    draft = [ANSWERS["lana", "create_order"][0] | {"total_price": 0}]
    here = stage("lana", Answered(200, {}, msgspec.json.encode(draft)), setting={"last_step": "create"})

    assert "Order-Revised" not in (await here.place("a")).headers


async def test_the_ledger_tells_of_every_member_and_of_no_value(stage: SetStage) -> None:
    here = stage("lana")
    answer = await here.place("a", note="ring twice", external_id="W-1")
    order_id = answer.headers["Location"].rsplit("/", 1)[1]
    told = document(await here.gateway.show_ledger(here.inbound(), order_id))

    lines = {line["pointer"]: line for line in told["ledger"] if line["pointer"]}
    assert lines["/note"]["code"] == "dropped"
    assert lines["/external_id"]["code"] == "unknown"
    assert lines["/email"] == lines["/email"] | {"dialect": ["/customer_email"], "code": "renamed"}
    assert lines["/shipping_address/first_name"]["code"] == "joined"
    text = msgspec.json.encode(told).decode()
    assert not [value for value in ("ring twice", "W-1", "sita@example.com", "Durbar") if value in text]


async def test_a_ledger_is_its_tenants_alone(stage: SetStage) -> None:
    here = stage("lana")
    await here.place("a")
    with pytest.raises(Problem) as caught:
        await here.gateway.show_ledger(here.inbound(), "op-none")

    assert caught.value.status == 404


async def test_a_preview_shows_the_calls_and_leaves_no_trace(stage: SetStage) -> None:
    here = stage("lana")
    answer = await here.gateway.preview_order(here.inbound("a", note="ring twice"))
    told = document(answer)

    assert [call["call"] for call in told["calls"]] == ["create", "calculate", "allocate_number", "reserve"]
    assert told["calls"][0]["body"][0]["customer_email"] == "sita@example.com"
    assert told["calls"][1]["url"] == "{base_url}/orders/calculate.json?shop_id=sh_1&order_id={kept.order_id}"
    assert "Bearer {secret.token}" in told["calls"][0]["headers"].values()
    country = next(row for row in told["rows"] if row["canonical"] == ["/shipping_address/country"])
    assert (country["codec"], country["before"], country["after"]) == ("country", "NP", "NP")
    assert {loss["pointer"] for loss in told["losses"]} >= {"/note"}
    assert (here.backends.calls, here.read("SELECT 1 FROM operation")) == ([], [])
    for secret in here.tenant.secrets.values():
        assert secret not in answer.body.decode()


async def test_a_preview_tells_the_losses_that_the_header_would(stage: SetStage) -> None:
    here = stage("lana", loss={"/note": "allow", "/line_items": "allow"})
    told = document(await here.gateway.preview_order(here.inbound(note="ring twice")))
    placed = await here.place("a", note="ring twice")

    assert "/note" in [line["pointer"] for line in told["ledger"] if line["code"] == "dropped"]
    header = ", ".join(f'"{loss["pointer"]}";code={loss["code"]}' for loss in told["losses"])
    assert header == placed.headers["Order-Losses"]
    assert "/note" not in header


async def test_a_preview_refuses_what_would_be_refused(stage: SetStage) -> None:
    here = stage("lana", loss={"/note": "refuse"})
    with pytest.raises(Problem) as caught:
        await here.gateway.preview_order(here.inbound(note="ring twice"))
    assert caught.value.kind == "loss-refused"

    with pytest.raises(Problem) as caught:
        await here.gateway.preview_order(here.inbound(shipping_address={}))
    assert caught.value.kind == "unmappable-order"
