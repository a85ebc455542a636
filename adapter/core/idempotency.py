"""Idempotency: what a key means, when two orders are one, and what a repeat is told (README, "Idempotency")."""

import hashlib
import re
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct

from adapter.core.ledger import Loss
from adapter.core.messages import ORDERS, Answer, Inbound
from adapter.core.outcomes import State
from adapter.core.values.crosswalks import PlainPairs
from adapter.errors import Problem
from adapter.lens.trees import look

# Bump it when the rule of ``fingerprint`` changes: stored rows are compared under the rule they were made with.
FINGERPRINT_VERSION = 1

LONGEST_KEY = 255
RETRY_SECONDS = 2

SORTED = msgspec.json.Encoder(order="sorted", decimal_format="number")

QUOTED_KEY = re.compile(r'"([^"\\]*)"\Z')
# A token or bare text, as most clients send it; a comma would make a list, a semicolon parameters.
BARE_KEY = re.compile(r"[!#-+\--:<-~]+\Z")


class Claim(Struct, frozen=True):
    """Our hold on one intent: scope (tenant, route, key), what was asked, and the operation that serves it."""

    operation_id: str
    tenant: str
    route: str
    key: str
    fingerprint: str
    received_at: str
    reference: str | None = None


class Entry(Struct, frozen=True):
    """What the journal knows of an operation; the answer's parts are there once it has ended.

    ``mapping`` is the version of the mapping its calls were made by; journals of old do not have it. ``pairs``
    are the ids that crosswalks gave it, where a call was answered, so that all that follow must have the same.
    """

    operation_id: str
    tenant: str
    dialect: str
    fingerprint: str
    fingerprint_version: int
    state: State
    attempt: int
    detail: str
    received_at: str
    status: int | None = None
    headers: dict[str, str] = {}
    body: bytes = b""
    receipt_id: str | None = None
    losses: tuple[Loss, ...] = ()
    expired: bool = False
    mapping: str | None = None
    pairs: PlainPairs | None = None


def read_key(inbound: Inbound, *, required: bool) -> str | None:
    """The idempotency key of a request; None where it has none and needs none. Rows 1 and 2."""
    lines = inbound.all_headers("idempotency-key") if inbound.takes_key else []
    if not lines:
        if required and inbound.takes_key:
            raise Problem("idempotency-key-missing", "expected an Idempotency-Key header")
        return None
    text = lines[0].strip(" \t")
    quoted = QUOTED_KEY.match(text)
    key = quoted[1] if quoted else text
    visible = key.isascii() and key.isprintable() if quoted else BARE_KEY.match(key)
    if len(lines) > 1 or not key or not visible or len(key) > LONGEST_KEY:
        raise Problem(
            "idempotency-key-invalid",
            f"expected one Idempotency-Key of 1 to {LONGEST_KEY} visible ASCII characters, no list, no parameters",
        )
    return key


def read_reference(body: Any, pointer: str | None) -> str | None:
    """The order's natural reference, where the tenant names the member of the body that holds one."""
    found = look(body, pointer) if pointer else None
    return None if found is None or isinstance(found, (dict, list)) else str(_settle(found)).strip() or None


def fingerprint(body: Any) -> str:
    """SHA-256 of a decoded JSON value: order of members and spelling of numbers aside, null is not absent."""
    return hashlib.sha256(SORTED.encode(_settle(body))).hexdigest()


def _settle(value: Any) -> Any:
    """Give equal numbers one spelling: 1.0 and 1e0 are 1; size was bounded when the body was read."""
    if isinstance(value, dict):
        # most members are texts, which have one already
        return {key: member if isinstance(member, str) else _settle(member) for key, member in value.items()}
    if isinstance(value, int):
        return value if -(2**63) < value < 2**63 else Decimal(value)  # the encoder's integers end there
    if isinstance(value, Decimal):
        return _settle(int(value)) if value == value.to_integral_value() else Decimal(f"{value:f}".rstrip("0"))
    return [_settle(item) for item in value] if isinstance(value, list) else value


def answer_repeat(entry: Entry, claim: Claim) -> Answer | None:
    """What a repeat is told: the stored answer (rows 5, 6) or the reason why not yet (7, 8, 13, 14).

    None where the operation was proven not applied, so that the same key may run it again (row 12).
    """
    if entry.fingerprint != claim.fingerprint:  # first, so that nothing of the other order shows
        raise Problem("idempotency-key-reused", members={"safe_new_key": False})
    if entry.expired and entry.state is not State.NOT_APPLIED:
        raise Problem("operation-result-expired", members=_members(entry) | {"receipt_id": entry.receipt_id})
    if entry.state in (State.SUCCEEDED, State.REJECTED) and entry.status is not None:
        return Answer(entry.status, entry.headers | {"Idempotent-Replayed": "true"}, entry.body)
    if entry.state is State.NOT_APPLIED:
        return None
    if entry.state is State.NEEDS_OPERATOR:
        raise Problem("operation-uncertain", members=_members(entry), headers=_place(entry))
    raise _in_progress(entry)


def answer_rival(entry: Entry, claim: Claim) -> Answer:
    """What a request is told that lost the race for a key to an equal one."""
    answer = answer_repeat(entry, claim)
    if answer is None:  # the rival came and failed in between; the next repeat may run
        raise _in_progress(entry)
    return answer


def refuse_duplicate(entry: Entry) -> Problem:
    """What an order is told whose reference another key has placed, or is placing. Row 16."""
    return Problem("duplicate-order-reference", members=_members(entry))


def _in_progress(entry: Entry) -> Problem:
    headers = _place(entry) | {"Retry-After": str(RETRY_SECONDS)}
    return Problem("operation-in-progress", members=_members(entry), headers=headers)


def _place(entry: Entry) -> dict[str, str]:
    """Where the operation can be read, as its first answer said."""
    return {"Location": f"{ORDERS}/{entry.operation_id}"}


def _members(entry: Entry) -> dict[str, Any]:
    return {"operation_id": entry.operation_id, "operation_state": entry.state.value, "safe_new_key": False}
