"""What a client is told of an operation: the receipt, a refusal, "not yet", or "it was not placed"."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import quote

import msgspec

from adapter.core.canonical import lines_total
from adapter.core.complaints import assess, format_warnings
from adapter.core.idempotency import RETRY_SECONDS, Entry
from adapter.core.ledger import Line, Loss, Revision, format_losses, format_revisions
from adapter.core.messages import ORDERS, Answer, answer_json, answer_problem
from adapter.core.outcomes import Outcome, State
from adapter.core.steps import Taken
from adapter.core.values.identities import receipt_id
from adapter.core.values.money import exponent, from_minor, to_minor
from adapter.errors import Fault, Problem
from adapter.lens.trees import Tree

ASK_AGAIN = "the backend may have the order: repeat with the same key, or read the operation at Location"
ASK_A_PERSON = "the backend may have the order, and only a person can find out: it is told at Location, and to a repeat"

SAFE = "!#$&'()*+,-./:;<=>?@[]^_`{|}~"


class Result(NamedTuple):
    """The end of one run as the journal keeps it: the answer is stored, what is told once is not."""

    state: State
    detail: str
    answer: Answer
    receipt_id: str | None = None
    revised: tuple[Revision, ...] = ()
    once: Mapping[str, str] = MappingProxyType({})
    check_after: float = 0.0


def conclude(
    outcome: Outcome, operation_id: str, losses: tuple[Loss, ...], unknown_status: int, calls: str = ""
) -> Result:
    """From the last call's outcome to the answer and the state in which the operation rests.

    ``calls`` tells what the order took of a backend's budget, where it grants only so many.
    """
    place = {"Location": f"{ORDERS}/{operation_id}"} | ({"Backend-Calls": calls} if calls else {})
    if losses:
        place["Order-Losses"] = format_losses(losses)
    return CONCLUSIONS[outcome.state](outcome, operation_id, place, unknown_status)


def _succeed(outcome: Outcome, _operation_id: str, place: dict[str, str], _unknown_status: int) -> Result:
    receipt = outcome.taken.receipt or {}
    secrets = outcome.taken.secrets.items()
    # percent-encoded where a header could not carry it: a backend's text must not become a header of ours
    told = ", ".join(f'{name.replace("_", "-")}="{quote(secret, safe=SAFE)}"' for name, secret in secrets)
    if outcome.taken.warnings:
        place["Order-Warnings"] = format_warnings(outcome.taken.warnings)
    once = {"Order-Secrets": told, "Cache-Control": "no-store"} if told else {}
    revised = outcome.taken.revised
    if not revised:
        return Result(outcome.state, outcome.detail, answer_json(201, receipt, place), receipt["id"], once=once)
    told = format_revisions(revised)
    answer = answer_json(201, receipt, place | {"Order-Revised": told})
    return Result(outcome.state, f"{outcome.detail}; revised: {told}", answer, receipt["id"], revised, once)


def complain_of_revisions(result: Result, operation_id: str) -> Result:
    """A placed order as a problem, for tenants to whom what the backend changed is none of theirs any more.

    The order stays placed and its receipt is in the problem: only what the client is told is an error.
    """
    if not result.revised:
        return result
    problem = Problem(
        "order-revised",
        "the order is placed as the receipt says, and must not be placed again",
        faults=[Fault(pointer, "revised", f"the backend has another value at {at}") for pointer, at in result.revised],
        members=_members(operation_id, safe=False) | {"receipt": msgspec.json.decode(result.answer.body)},
        headers={name: value for name, value in result.answer.headers.items() if name != "Content-Type"},
    )
    return result._replace(answer=answer_problem(problem))


def _reject(outcome: Outcome, operation_id: str, place: dict[str, str], _unknown_status: int) -> Result:
    return Result(outcome.state, outcome.detail, answer_problem(_refuse("order-refused", outcome, operation_id, place)))


def _not_apply(outcome: Outcome, operation_id: str, place: dict[str, str], _unknown_status: int) -> Result:
    # also where trying again is no help before somebody acts: that is what the member `retry` says
    wait = RETRY_SECONDS if outcome.retry_after is None else outcome.retry_after
    headers = place | {"Retry-After": str(wait)}
    problem = _refuse("operation-not-applied", outcome, operation_id, headers)
    return Result(outcome.state, outcome.detail, answer_problem(problem))


def _refuse(kind: str, outcome: Outcome, operation_id: str, headers: dict[str, str]) -> Problem:
    members = _members(operation_id, safe=True) | assess(outcome.complaints)
    return Problem(kind, outcome.detail, faults=outcome.complaints, members=members, headers=headers)


def _leave_open(outcome: Outcome, operation_id: str, place: dict[str, str], unknown_status: int) -> Result:
    members = {"outcome": "unknown", "operation_state": outcome.state.value} | _members(operation_id, safe=False)
    # what a person must decide is not known any sooner for asking again
    headers = place | ({"Retry-After": str(RETRY_SECONDS)} if outcome.state is State.UNKNOWN else {})
    # no 5xx unless the tenant asks for it: most clients read one as "run it again", some with a new key
    if unknown_status == 504:
        why, who = (ASK_AGAIN, {}) if outcome.state is State.UNKNOWN else (ASK_A_PERSON, {"who": "operator"})
        answer = answer_problem(Problem("outcome-unknown", why, members=members | who, headers=headers))
    else:
        answer = answer_json(unknown_status, {"status": "pending"} | members, headers)
    return Result(outcome.state, outcome.detail, answer)


def _members(operation_id: str, *, safe: bool) -> dict[str, Any]:
    return {"operation_id": operation_id, "safe_new_key": safe}


CONCLUSIONS = {
    State.SUCCEEDED: _succeed,
    State.REJECTED: _reject,
    State.NOT_APPLIED: _not_apply,
    State.UNKNOWN: _leave_open,
    State.NEEDS_OPERATOR: _leave_open,
}


class Unsettled(NamedTuple):
    """An operation that a person decides: ``scope`` is that of its receipt, ``losses`` what its client was told."""

    operation_id: str
    scope: str
    order: Tree
    received_at: str
    losses: tuple[Loss, ...] = ()


def resolve_as_placed(found: Unsettled, backend_id: str) -> Result:
    """A person found the order in the backend: the receipt says what we know, and ``unknown`` for the rest."""
    order = found.order
    total = order.get("total") if order.get("total") is not None else lines_total(order)
    receipt = {
        "id": receipt_id(backend_id, found.scope),
        "order_number": backend_id,
        "email": order["email"],
        "total": _spell(total, order.get("currency")),
        "currency": order.get("currency") or "",
        "status": "unknown",
        "payment_status": "unknown",
        "created_at": found.received_at,
    }
    outcome = Outcome(State.SUCCEEDED, "a person found it in the backend", taken=Taken({}, receipt, {}))
    return conclude(outcome, found.operation_id, found.losses, 202)


def _spell(total: Any, currency: Any) -> str:
    """An amount as receipts have it; plain where the currency is not known."""
    if total is None:
        return "0"
    return (
        f"{from_minor(to_minor(total, currency), currency):f}" if exponent(currency or "") is not None else f"{total:f}"
    )


def resolve_as_not_placed(operation_id: str) -> Result:
    """A person made sure that the order is not in the backend: its key may run again."""
    outcome = Outcome(State.NOT_APPLIED, "a person made sure that the backend does not have it")
    return conclude(outcome, operation_id, (), 202)


class Record(NamedTuple):
    """An operation with what is kept beside it: its ledger, what the backend could not hold, what it changed."""

    entry: Entry
    ledger: tuple[Line, ...] = ()
    kept: Mapping[str, Any] = MappingProxyType({})
    revised: tuple[Revision, ...] = ()


def describe(record: Record) -> Answer:
    """An operation as GET shows it: where it stands, its receipt once there is one, its losses and their values.

    The receipt's id stays when the receipt itself is no longer kept.
    """
    entry = record.entry
    document = {
        "operation_id": entry.operation_id,
        "state": entry.state.value,
        "detail": entry.detail,
        "dialect": entry.dialect,
        "mapping": entry.mapping,
        "received_at": entry.received_at,
        "receipt_id": entry.receipt_id,
        "receipt": _read_receipt(entry),
        "losses": [loss._asdict() for loss in entry.losses],
        "kept": dict(record.kept),
        "revised": [revision._asdict() for revision in record.revised],
    }
    return answer_json(200, document, {})


def _read_receipt(entry: Entry) -> Any:
    if entry.state is not State.SUCCEEDED or entry.expired:
        return None
    body = msgspec.json.decode(entry.body)
    return body if entry.status == 201 else body["receipt"]


def describe_ledger(record: Record) -> Answer:
    """What became of every member of an order: paths and codes, never values."""
    entry = record.entry
    document = {
        "operation_id": entry.operation_id,
        "dialect": entry.dialect,
        "ledger": [line._asdict() for line in record.ledger],
    }
    return answer_json(200, document, {})
