"""Complaints on their way through the flow: stored with the answer, found by recovery, gathered over the steps."""

from typing import Any

import msgspec
import pytest
from msgspec import structs

from adapter.core.files.mappings import Said
from adapter.core.messages import Answer
from adapter.core.outcomes import Answered
from adapter.gateway import Gateway
from tests.recovering import SetStage, recover_now, stage, state
from tests.staging import LOST, NOT_SENT, Stage, document

__all__ = ["stage"]

pytestmark = pytest.mark.anyio


NO_STOCK = Answered(422, {}, b'{"code": 1001, "meta": {"errors": [{"line_item_index": 0, "code": "out_of_stock"}]}}')
NO_KEY = Answered(422, {}, b'{"error": "idempotency_key_mismatch"}')


async def test_recovery_tells_a_complaint_as_the_first_try_would_have(stage: SetStage) -> None:
    here = stage("lana", None, None, None, LOST, NO_STOCK)
    await here.place("a")
    await recover_now(here)
    problem = document(await here.place("a"))

    assert state(here) == "rejected"
    (error,) = problem["errors"]
    assert (error["pointer"], error["code"]) == ("/line_items/0", "out_of_stock")
    assert (problem["who"], problem["retry"], problem["safe_new_key"]) == ("buyer", False, True)


async def test_an_order_whose_key_had_another_request_is_not_called_safe_to_send_again(stage: SetStage) -> None:
    here = stage("stella_sync", NO_KEY)
    answer = await here.place("a")

    assert (answer.status, document(answer)["outcome"], document(answer)["safe_new_key"]) == (202, "unknown", False)
    assert state(here) == "unknown"
    assert here.read("SELECT detail FROM operation") == [
        ("step order: the backend answered 422, which proves nothing: idempotency_conflict",)
    ]


async def test_a_draft_that_cannot_be_reserved_again_is_no_refusal(stage: SetStage) -> None:
    again = Answered(409, {}, b'{"code": 1150, "meta": {"reason": "order_not_reservable"}}')
    here = stage("lana", None, None, None, LOST, again)
    await here.place("a")
    await recover_now(here)

    assert state(here) == "unknown"
    assert document(await here.place("a"))["safe_new_key"] is False


async def test_remarks_of_every_step_are_told_also_of_those_before_a_resume(stage: SetStage) -> None:
    here = remarking(stage("lana", remark("create"), None, NOT_SENT))
    refused, placed = await here.place("a"), await here.place("a")

    assert isinstance(placed, Answer)
    assert (refused.status, placed.status) == (503, 201)
    assert placed.headers["Order-Warnings"] == "out_of_stock"


async def test_a_remark_stays_one_on_record_however_often_its_order_is_resumed(stage: SetStage) -> None:
    here = remarking(stage("lana", remark("create"), None, NOT_SENT, None, NOT_SENT))
    for _ in range(3):
        await here.place("a")

    recorded = [msgspec.json.decode(taken) for (taken,) in here.read("SELECT taken FROM attempt WHERE taken NOTNULL")]
    assert here.backends.names().count("create") == 1
    assert [[code for _, code, _ in taken[3]] for taken in recorded] == [["out_of_stock"]] * 4


def remark(step: str) -> Answered:
    order = {"id": "or_1", "currency": "NPR", "total_price": 1, "state": "cart", "note": "OUT_OF_STOCK"}
    return Answered(200, {}, msgspec.json.encode([order] if step == "create" else order))


def remarking(here: Stage) -> Stage:
    """The stage with a tenant whose dialect finds remarks in the answer to a first step."""
    dialect = here.tenant.dialect
    errors = structs.replace(dialect.mapping.errors, warnings=(Said(at=".", code="note"), Said(at="[]", code="note")))
    mapping: Any = structs.replace(dialect.mapping, errors=errors)
    tenant = structs.replace(here.tenant, dialect=dialect._replace(mapping=mapping))
    gateway = Gateway(lambda: {tenant.site_id: tenant}, here.gateway.runs, here.gateway.now, here.gateway.new_id)
    return here._replace(gateway=gateway, tenant=tenant)
