"""The flow, one order at a time: what is on disk when, what a client is told, and what a repeat may do."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from adapter.core.answers import Result
from adapter.core.messages import Answer
from adapter.core.outcomes import Answered, Outcome
from adapter.core.steps import Call
from adapter.errors import Problem
from adapter.ports import Hold
from adapter.shell.journal import SqliteJournal
from tests.core.conftest import ANSWERS, CART
from tests.staging import LOST, NOT_SENT, ORDERS, SHIPPED, Stage, document, set_stage

pytestmark = pytest.mark.anyio

SetStage = Callable[..., Stage]

WAYS = {
    "stella_sync": ["order"],
    "stella_checkout": ["cart", "items[0]", "checkout", "complete"],
    "enad": ["order"],
    "lana": ["create", "calculate", "allocate_number", "reserve"],
}


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[SetStage]:
    stages: list[Stage] = []

    def make(dialect: str, *script: Any, **rows: Any) -> Stage:
        stages.append(set_stage(tmp_path / f"journal-{len(stages)}.db", dialect, list(script), **rows))
        return stages[-1]

    yield make
    for made in stages:
        await made.journal.close()


@pytest.mark.parametrize("dialect", SHIPPED)
async def test_an_order_goes_out_in_its_calls_and_comes_back_as_a_receipt(stage: SetStage, dialect: str) -> None:
    here = stage(dialect, deadline_seconds=7.5)
    answer = await here.place("a")

    assert isinstance(answer, Answer)
    assert (answer.status, here.backends.names()) == (201, WAYS[dialect])
    receipt = document(answer)
    assert set(receipt) == {
        *("id", "order_number", "email", "total", "currency", "status", "payment_status", "created_at"),
    }
    assert (receipt["email"], receipt["currency"]) == ("sita@example.com", "NPR")
    ((operation_id, state, stored),) = here.read("SELECT operation_id, state, body FROM operation")
    assert (state, stored) == ("succeeded", answer.body)
    assert answer.headers["Location"] == f"{ORDERS}/{operation_id}"
    assert set(here.backends.deadlines) == {7.5}


@pytest.mark.parametrize("dialect", SHIPPED)
async def test_each_call_is_on_disk_before_it_is_sent(stage: SetStage, dialect: str) -> None:
    here = stage(dialect)
    seen: list[list[Any]] = []
    sql = "SELECT o.state, a.call, a.state, a.body FROM operation o JOIN attempt a USING (operation_id)"
    here.backends.watch = lambda call: seen.append(here.read(f"{sql} WHERE a.call = ?", call.name))
    await here.place("a")

    expected = [[("dispatching", call.name, "dispatching", call.body)] for call in here.backends.calls]
    assert seen == expected
    assert {row[0] for row in here.read("SELECT state FROM attempt")} == {"succeeded"}


class Witness(SqliteJournal):
    """A journal that tells what a reader of its file sees around each finish."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.events: list[str] = []

    async def finish(self, hold: Hold, last: Call, outcome: Outcome, result: Result) -> bool:
        recorded = await super().finish(hold, last, outcome, result)
        self.events.append("on disk")
        return recorded


async def test_the_result_is_on_disk_before_the_answer_is_given(stage: SetStage, tmp_path: Path) -> None:
    here = stage("stella_sync")
    witness = Witness(tmp_path / "witness.db")
    here.gateway.runs.journal = witness
    answer = await here._replace(journal=witness).place("a")
    witness.events.append("answered")
    rows = here._replace(path=tmp_path / "witness.db").read("SELECT state, body FROM operation")
    await witness.close()

    assert isinstance(answer, Answer)
    assert witness.events == ["on disk", "answered"]
    assert rows == [("succeeded", answer.body)]


async def test_a_repeat_is_replayed_not_resent(stage: SetStage) -> None:
    here = stage("stella_sync")
    first, again = await here.place("a"), await here.place("a")

    assert isinstance(first, Answer)
    assert again == first._replace(headers={**first.headers, "Idempotent-Replayed": "true"})
    assert len(here.backends.calls) == 1


@pytest.mark.parametrize("dialect", SHIPPED)
async def test_what_was_not_sent_runs_again_under_the_same_key_with_the_same_bytes(
    stage: SetStage, dialect: str
) -> None:
    here = stage(dialect, NOT_SENT)
    refused, placed = await here.place("a"), await here.place("a")

    assert (refused.status, placed.status) == (503, 201)
    assert document(refused)["type"] == "/problems/operation-not-applied"
    assert document(refused)["safe_new_key"] is True
    assert refused.headers["Retry-After"]
    assert here.read("SELECT operation_id, attempt FROM operation") == [(document(refused)["operation_id"], 2)]
    assert placed.headers["Location"] == refused.headers["Location"]
    first, second = here.backends.calls[:2]
    assert (second.name, second.url, second.headers, second.body) == (first.name, first.url, first.headers, first.body)
    attempts = here.read("SELECT attempt, state, body FROM attempt WHERE call = ? ORDER BY attempt", first.name)
    assert attempts == [(1, "not_applied", first.body), (2, "succeeded", first.body)]


async def test_an_order_keeps_the_time_at_which_it_was_first_received(stage: SetStage) -> None:
    here = stage("enad", NOT_SENT)
    await here.place("a")
    placed = await here.place("a")

    assert document(placed)["created_at"] == "2026-03-02T12:00:00Z"
    assert here.read("SELECT received_at FROM operation") == [("2026-03-02T12:00:00Z",)]


async def test_an_unknown_outcome_is_pending_and_a_repeat_sends_nothing(stage: SetStage) -> None:
    here = stage("stella_sync", LOST)
    pending, repeat = await here.place("a"), await here.place("a")

    ((operation_id, state),) = here.read("SELECT operation_id, state FROM operation")
    assert (pending.status, state) == (202, "unknown")
    members = {"operation_id": operation_id, "safe_new_key": False}
    assert document(pending) == {"status": "pending", "outcome": "unknown", "operation_state": "unknown"} | members
    assert pending.headers["Location"] == f"{ORDERS}/{operation_id}"
    assert pending.headers["Retry-After"]
    assert (repeat.status, document(repeat)["type"]) == (409, "/problems/operation-in-progress")
    assert members.items() <= document(repeat).items()
    assert len(here.backends.calls) == 1


async def test_a_tenant_may_want_unknown_outcomes_as_504(stage: SetStage) -> None:
    here = stage("enad", LOST, unknown_status=504)
    answer = await here.place("a")

    assert (answer.status, document(answer)["outcome"]) == (504, "unknown")
    assert document(answer)["safe_new_key"] is False


@pytest.mark.parametrize(("dialect", "kind"), [("lana", "operation-in-progress"), ("enad", "operation-uncertain")])
@pytest.mark.parametrize("status", [202, 504])
async def test_a_repeat_of_an_unknown_order_says_where_to_read_it_as_its_first_answer_did(
    stage: SetStage, dialect: str, kind: str, status: int
) -> None:
    here = stage(dialect, LOST, unknown_status=status)
    first, repeat = await here.place("a"), await here.place("a")

    assert (first.status, repeat.status, document(repeat)["type"]) == (status, 409, f"/problems/{kind}")
    assert first.headers["Location"] == repeat.headers["Location"] == f"{ORDERS}/{document(first)['operation_id']}"


async def test_a_refusal_is_stored_and_replayed(stage: SetStage) -> None:
    here = stage("enad", Answered(422, {}, b'{"success": false}'))
    first, again = await here.place("a"), await here.place("a")

    assert isinstance(first, Answer)
    assert isinstance(again, Answer)
    assert (first.status, document(first)["type"]) == (422, "/problems/order-refused")
    assert document(first)["safe_new_key"] is True
    assert (again.status, again.body) == (first.status, first.body)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert here.read("SELECT state, body FROM operation") == [("rejected", first.body)]
    assert len(here.backends.calls) == 1


@pytest.mark.parametrize("dialect", ["stella_checkout", "lana"])
async def test_an_order_resumes_at_the_call_that_was_not_sent(stage: SetStage, dialect: str) -> None:
    here = stage(dialect, None, None, NOT_SENT)
    refused, placed = await here.place("a"), await here.place("a")

    assert (refused.status, placed.status) == (503, 201)
    first, second, third, fourth = WAYS[dialect]
    assert here.backends.names() == [first, second, third, third, fourth]
    assert here.backends.calls[3] == here.backends.calls[2]
    assert here.read("SELECT state, attempt FROM operation") == [("succeeded", 2)]


async def test_a_resumed_call_is_on_disk_before_it_is_sent(stage: SetStage) -> None:
    here = stage("lana", None, None, NOT_SENT)
    await here.place("a")
    seen: list[list[Any]] = []
    sql = "SELECT state FROM attempt WHERE call = ? AND attempt = 2"
    here.backends.watch = lambda call: seen.append(here.read(sql, call.name))
    await here.place("a")

    assert here.backends.names()[3:] == ["allocate_number", "reserve"]
    assert seen == [[("dispatching",)], [("dispatching",)]]


async def test_no_call_that_was_answered_is_sent_again_however_often_an_order_resumes(stage: SetStage) -> None:
    here = stage("lana", None, NOT_SENT, None, NOT_SENT, None, NOT_SENT)
    answers = [await here.place("a") for _ in range(4)]

    assert [answer.status for answer in answers] == [503, 503, 503, 201]
    create, calculate, number, reserve = WAYS["lana"]
    assert here.backends.names() == [create, calculate, calculate, number, number, reserve, reserve]


async def test_an_order_that_already_has_a_cart_skips_what_fills_one(stage: SetStage) -> None:
    here = stage("stella_checkout")

    assert (await here.place("a", cart_id=CART)).status == 201
    assert here.backends.names() == ["checkout", "complete"]


async def test_secrets_are_in_the_headers_of_the_first_answer_only(stage: SetStage) -> None:
    here = stage("stella_checkout")
    first, again = await here.place("a"), await here.place("a")
    keyless = await here.place()

    assert first.headers["Order-Secrets"] == keyless.headers["Order-Secrets"] == 'access-token="chk_hush"'
    assert first.headers["Cache-Control"] == "no-store"
    assert "Order-Secrets" not in again.headers
    assert not any(b"chk_hush" in file.read_bytes() for file in here.path.parent.iterdir())


async def test_a_secret_cannot_break_out_of_its_header(stage: SetStage) -> None:
    answers = {call: ANSWERS["stella_checkout", call] for call in ("create_cart", "add_cart_item", "create_checkout")}
    answers["create_checkout"] = answers["create_checkout"] | {"access_token": 'chk_"\r\nSet-Cookie: \u6771=1'}
    here = stage("stella_checkout", *[Answered(201, {}, msgspec.json.encode(answer)) for answer in answers.values()])
    answer = await here.place("a")

    assert answer.status == 201
    told = answer.headers["Order-Secrets"]
    assert told.isascii()
    assert told.isprintable()
    assert told.count('"') == 2


async def test_requests_without_a_key_are_all_separate(stage: SetStage) -> None:
    here = stage("stella_sync")
    answers = [await here.place() for _ in range(3)]

    assert [answer.status for answer in answers] == [201] * 3
    assert len({answer.headers["Location"] for answer in answers}) == 3
    assert len({call.headers["Idempotency-Key"] for call in here.backends.calls}) == 3


async def test_an_order_is_shown_where_it_stands(stage: SetStage) -> None:
    here = stage("stella_sync", LOST)
    pending = await here.place("a")
    shown = await here.gateway.show_order(here.inbound(), document(pending)["operation_id"])

    assert {"state": "unknown", "receipt": None, "dialect": "stella_sync"}.items() <= document(shown).items()
    with pytest.raises(Problem) as caught:
        await here.gateway.show_order(here.inbound(), "another")
    assert (caught.value.kind, caught.value.status) == ("not-found", 404)
