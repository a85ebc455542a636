"""Answers: what a client is told at each end, and whether it may try again under a new key."""

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from msgspec import structs

from adapter.core.answers import CONCLUSIONS, Record, Result, conclude, describe
from adapter.core.idempotency import Claim, Entry
from adapter.core.ledger import Loss, Revision
from adapter.core.outcomes import Outcome, State
from adapter.core.steps import Taken

CLAIM = Claim("op-1", "shop", "/orders", "key", "f" * 64, "2026-03-02T09:15:20Z")
RECEIPT = {"id": "7", "order_number": "R-1", "total": "3148.00"}
LOSSES = (Loss("/note", "dropped", "no note"), Loss("/source", "unknown", "not a member"))
PLACE = {"Location": "/api/sync/v1/orders/op-1"}

# state -> status, headers beside the place, members that must be there with their values
ENDS: dict[State, tuple[int, dict[str, str], dict[str, Any]]] = {
    State.SUCCEEDED: (201, {"Content-Type": "application/json"}, RECEIPT),
    State.REJECTED: (
        422,
        {"Content-Type": "application/problem+json"},
        {
            "type": "/problems/order-refused",
            "detail": "step order: so",
            "safe_new_key": True,
            "operation_id": "op-1",
            "who": "caller",
        },
    ),
    State.NOT_APPLIED: (
        503,
        {"Content-Type": "application/problem+json", "Retry-After": "2"},
        {"type": "/problems/operation-not-applied", "safe_new_key": True, "operation_id": "op-1", "who": "operator"},
    ),
    State.UNKNOWN: (
        202,
        {"Content-Type": "application/json", "Retry-After": "2"},
        {"status": "pending", "outcome": "unknown", "safe_new_key": False, "operation_id": "op-1"},
    ),
    State.NEEDS_OPERATOR: (
        202,
        {"Content-Type": "application/json"},
        {"status": "pending", "outcome": "unknown", "safe_new_key": False, "operation_id": "op-1"},
    ),
}


def end(
    state: State, losses: tuple[Loss, ...] = (), secrets: Mapping[str, str] | None = None, unknown: int = 202
) -> Result:
    receipt = RECEIPT if state is State.SUCCEEDED else None
    outcome = Outcome(state, "step order: so", 200, Taken({}, receipt, dict(secrets or {})))
    return conclude(outcome, CLAIM.operation_id, losses, unknown)


def body(result: Result) -> Any:
    return msgspec.json.decode(result.answer.body)


def test_every_state_that_ends_a_run_has_a_conclusion() -> None:
    assert set(ENDS) == set(CONCLUSIONS) == set(State) - {State.DISPATCHING, State.RECONCILING}


@pytest.mark.parametrize(("state", "expected"), ENDS.items())
def test_each_end_has_its_status_headers_and_members(state: State, expected: tuple[int, Any, Any]) -> None:
    status, headers, members = expected
    result = end(state)
    assert (result.state, result.detail) == (state, "step order: so")
    assert result.answer.status == status
    assert result.answer.headers == PLACE | headers
    assert body(result) == body(result) | members
    assert result.receipt_id == ("7" if state is State.SUCCEEDED else None)
    assert result.once == {}


def test_a_success_is_the_receipt_and_nothing_else() -> None:
    assert body(end(State.SUCCEEDED)) == RECEIPT


@pytest.mark.parametrize("state", [State.UNKNOWN, State.NEEDS_OPERATOR])
def test_a_tenant_that_cannot_take_202_gets_a_problem_of_504_with_the_same_members_and_headers(state: State) -> None:
    told, pending = end(state, LOSSES, unknown=504).answer, end(state, LOSSES).answer
    said, usual = msgspec.json.decode(told.body), msgspec.json.decode(pending.body)

    assert (told.status, said["status"], said["type"]) == (504, 504, "/problems/outcome-unknown")
    assert said["who"] == ("caller" if state is State.UNKNOWN else "operator")
    assert told.headers == {**pending.headers, "Content-Type": "application/problem+json"}
    assert said == said | {name: value for name, value in usual.items() if name != "status"}


@pytest.mark.parametrize("state", ENDS)
def test_losses_are_told_at_every_end(state: State) -> None:
    assert end(state, LOSSES).answer.headers["Order-Losses"] == '"/note";code=dropped, "/source";code=unknown'
    assert "Order-Losses" not in end(state).answer.headers


def test_secrets_are_told_once_and_never_in_the_stored_answer() -> None:
    result = end(State.SUCCEEDED, secrets={"access_token": "chk_hush", "b": "c"})
    assert result.once == {"Order-Secrets": 'access-token="chk_hush", b="c"', "Cache-Control": "no-store"}
    assert "chk_hush" not in str(result.answer)


@pytest.mark.parametrize("state", set(ENDS) - {State.SUCCEEDED})
def test_only_a_success_tells_secrets(state: State) -> None:
    assert end(state, secrets={"access_token": "chk_hush"}).once == {}


@pytest.mark.parametrize("state", State)
def test_an_operation_is_described_in_every_state(state: State) -> None:
    entry = Entry(
        operation_id="op-1",
        tenant="shop",
        dialect="lana",
        fingerprint="f" * 64,
        fingerprint_version=1,
        state=state,
        attempt=2,
        detail="step reserve: so",
        received_at="2026-03-02T09:15:20Z",
        losses=LOSSES,
        mapping="0123456789ab",
    )
    if state in ENDS:
        entry = structs.replace(entry, status=ENDS[state][0], body=end(state).answer.body)
    answer = describe(Record(entry, kept={"/note": "ring twice"}, revised=(Revision("/total", "/sum"),)))
    assert (answer.status, answer.headers) == (200, {"Content-Type": "application/json"})
    assert msgspec.json.decode(answer.body) == {
        "operation_id": "op-1",
        "state": state.value,
        "detail": "step reserve: so",
        "dialect": "lana",
        "mapping": "0123456789ab",
        "received_at": "2026-03-02T09:15:20Z",
        "receipt_id": None,
        "receipt": RECEIPT if state is State.SUCCEEDED else None,
        "losses": [loss._asdict() for loss in LOSSES],
        "kept": {"/note": "ring twice"},
        "revised": [{"pointer": "/total", "dialect": "/sum"}],
    }
