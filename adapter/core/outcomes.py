"""The three ways a call ends and what each proves about the order (README, "Outcomes")."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from math import ceil
from typing import Any, NamedTuple

import jsonschema_rs

from adapter.core.blame import explain_refusal, list_warnings
from adapter.core.canonical import read_json
from adapter.core.complaints import complain, hear, list_codes, prove
from adapter.core.files.mappings import Outcomes
from adapter.core.orders import Journey, map_back
from adapter.core.revisions import find_revisions
from adapter.core.steps import Call, Taken, take
from adapter.errors import Fault, Problem, Unmappable
from adapter.lens.trees import parse_path, reach

# No redirect is followed. These say "send it there instead"; the others may follow an order that was taken.
ELSEWHERE = frozenset({307, 308})

# Seconds that a backend may ask to be left alone for; who wants more is asked again.
LONGEST_WAIT = 86_400


class NotSent(NamedTuple):
    """Proof that no byte of the request left us; it may be sent again, after ``retry_after`` seconds if said."""

    reason: str
    retry_after: int | None = None


class Answered(NamedTuple):
    """A whole answer was read; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def retry_after(self) -> int | None:
        """Seconds the backend asks to be left alone for, a day at most; None where it asks for nothing that is clear.

        A date is held against the backend's own, so that it does not matter whose clock is right.
        """
        text = self.headers.get("retry-after", "")
        if text.isascii() and text.isdigit():
            return min(int(text), LONGEST_WAIT) if len(text) < 10 else LONGEST_WAIT
        until, now = _read_date(text), _read_date(self.headers.get("date", ""))
        return None if until is None or now is None else max(0, min(ceil((until - now).total_seconds()), LONGEST_WAIT))


def _read_date(text: str) -> datetime | None:
    """A date as RFC 9110 has it; None where it is none."""
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


class Lost(NamedTuple):
    """Something left and no whole answer came back: the backend may have placed the order."""

    reason: str


Sent = NotSent | Answered | Lost


class State(StrEnum):
    """Where an operation stands; ``dispatching`` after a crash means ``unknown``, never "send again"."""

    DISPATCHING = "dispatching"
    SUCCEEDED = "succeeded"
    REJECTED = "rejected"
    NOT_APPLIED = "not_applied"
    UNKNOWN = "unknown"
    RECONCILING = "reconciling"
    NEEDS_OPERATOR = "needs_operator"


class Outcome(NamedTuple):
    """What one call came to: a state, why in words without the backend's text, and what a success left.

    ``complaints`` are the backend's, in our codes and the caller's pointers; ``heard`` is whether its body says
    something that the mapping knows, so that it was the backend that answered and nobody before it.
    """

    state: State
    detail: str
    status: int | None = None
    taken: Taken = Taken({}, None, {})
    retry_after: int | None = None
    complaints: tuple[Fault, ...] = ()
    heard: bool = False


def judge(journey: Journey, call: Call, sent: Sent) -> Outcome:
    """Decide what a call proves; what proves nothing is unknown, so nothing is ever resent on a guess."""
    match sent:
        case NotSent(reason, seconds):
            why, complaints = f"step {call.name}: not sent: {reason}", (complain("backend_unavailable"),)
            return Outcome(State.NOT_APPLIED, why, retry_after=seconds, complaints=complaints)
        case Lost(reason):
            return Outcome(State.UNKNOWN, f"step {call.name}: {reason}")
        case Answered(status, _, body) if 200 <= status < 300:
            return _judge_success(journey, call, body, status)
        case Answered():
            return _judge_refusal(journey, call, sent)


def _judge_refusal(journey: Journey, call: Call, sent: Answered) -> Outcome:
    """The status decides, unless a code in the body is listed as proof; a body we cannot read changes nothing."""
    mapping, answer = journey.tenant.dialect.mapping, _read(sent.body)
    proven = prove(mapping.errors, answer) if sent.status >= 400 else None
    state = _judge_status(sent.status, mapping.outcomes) if proven is None else State(proven)
    complaints = explain_refusal(journey, call, sent.status, answer)
    heard = bool(hear(mapping.errors.said, mapping.errors, answer))
    what = f"answered {sent.status}" + (", which proves nothing" if state is State.UNKNOWN else "")
    why = f": {list_codes(complaints)}" if heard or state is not State.UNKNOWN else ""
    detail = f"step {call.name}: the backend {what}{why}"
    return Outcome(state, detail, sent.status, retry_after=sent.retry_after(), complaints=complaints, heard=heard)


def _read(body: bytes) -> Any:
    try:
        return read_json(body)
    except Problem:
        return None


def _judge_status(status: int, rules: Outcomes) -> State:
    if status in rules.rejected:
        return State.REJECTED
    return State.NOT_APPLIED if status in rules.not_applied or status in ELSEWHERE else State.UNKNOWN


def _judge_success(journey: Journey, call: Call, body: bytes, status: int) -> Outcome:
    """A success that cannot be read, or that contradicts itself, is evidence and no receipt."""
    why = ""
    try:
        answer = read_json(body)
        why = _find_contradiction(journey, call, answer)
        taken = Taken({}, None, {}) if why else _take(journey, call, answer)
    except Problem:
        why = "a success that is not JSON"
    except Unmappable as exc:
        places = ", ".join(f"{fault.pointer} {fault.code}" for fault in exc.faults)
        why = f"a success that reads as no receipt: {places}"
    if why:
        return Outcome(State.UNKNOWN, f"step {call.name}: {why}", status)
    told = f": {list_codes(taken.warnings)}" if taken.warnings else ""
    return Outcome(State.SUCCEEDED, f"step {call.name}: placed{told}", status, taken)


def _find_contradiction(journey: Journey, call: Call, answer: Any) -> str:
    try:
        call.step.answer.validate(answer)  # which stops at the first error: a backend that lies has many
    except jsonschema_rs.ValidationError as error:
        return f"a success that departs from its schema at /{'/'.join(map(str, error.instance_path))}"
    expected = journey.tenant.dialect.mapping.outcomes.placed_if
    if any(reach(answer, parse_path(path).keys) != value for path, value in expected.items()):
        return f"a success that says it is none: {list_codes(explain_refusal(journey, call, 200, answer))}"
    return ""


def _take(journey: Journey, call: Call, answer: Any) -> Taken:
    kept, found, secrets = take(call.step, answer)
    receipt = map_back(journey.tenant, found, journey.context) if call.step.rows.receipt else None
    revised = find_revisions(journey, found) if call.step.rows.echo else ()
    return Taken(kept, receipt, secrets, list_warnings(journey, call, answer), revised)
