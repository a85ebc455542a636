"""Outcomes: what a call proves, and that whatever proves nothing is unknown."""

from collections.abc import Callable
from typing import Any

import pytest

from adapter.core.canonical import SCHEMAS
from adapter.core.orders import Journey
from adapter.core.outcomes import LONGEST_WAIT, Answered, Lost, NotSent, Outcome, Sent, State, judge
from adapter.core.steps import Call, Taken

JourneyOf = Callable[..., Journey]
AnswerTo = Callable[[Journey, Call], bytes]

DIALECTS = ["enad", "lana", "stella_checkout", "stella_sync"]
PLACED = "e7b9d1f3-6a2c-4f58-9b0e-3c5d7e9f1a77"

NOT_APPLIED = {401, 403, 307, 308}
REJECTED = {
    "enad": {400, 404, 405, 410, 413, 415, 422},
    "lana": {400, 402, 404, 405, 409, 410, 413, 415, 422},
    "stella_checkout": {400, 402, 404, 405, 410, 413, 415, 422},
    "stella_sync": {400, 402, 404, 405, 410, 413, 415, 422},
}
STATUSES = [100, 301, 302, 303, 307, 308, *range(400, 432), 451, 499, 500, 501, 502, 503, 504, 520, 599]

ENAD_DATA = b'{"id": "42", "reference": "R-1", "grand_total": 3148, "currency_code": "NPR"}'

# a success that is none, for the first call of a dialect
NO_SUCCESS: dict[str, tuple[str, bytes]] = {
    "nothing": ("stella_sync", b""),
    "a page": ("stella_sync", b"<html>ok</html>"),
    "null": ("stella_sync", b"null"),
    "a list": ("stella_sync", b"[]"),
    "no members": ("stella_sync", b"{}"),
    "bad UTF-8": ("stella_sync", b'{"id": "\xff"}'),
    "a number beyond all bounds": ("stella_sync", b'{"id": 1e99999999999999999999}'),
    "an id that is no UUID": ("stella_checkout", b'{"id": "42"}'),
    "Enad says no": ("enad", b'{"success": false, "details": ["sold out"]}'),
    "Enad says no and shows data": ("enad", b'{"success": false, "data": ' + ENAD_DATA + b"}"),
    "Enad says neither": ("enad", b'{"data": ' + ENAD_DATA + b"}"),
    "Enad says yes as text": ("enad", b'{"success": "true", "data": ' + ENAD_DATA + b"}"),
    "Enad says one": ("enad", b'{"success": 1, "data": ' + ENAD_DATA + b"}"),
    "Enad says yes without data": ("enad", b'{"success": true}'),
    "Lana's list is empty": ("lana", b"[]"),
    "Lana's order stands bare": ("lana", b'{"id": "or_1", "total_price": 1, "currency": "NPR"}'),
    "Lana's id is another thing's": ("lana", b'[{"id": "cu_1", "total_price": 1, "currency": "NPR"}]'),
}

RECEIPTS = {
    "enad": {"order_number": "R-1", "status": "placed", "payment_status": "unknown", "total": "3148.00"},
    "lana": {"order_number": "1042", "status": "placed", "payment_status": "awaiting_payment", "total": "3148.00"},
    "stella_checkout": {"id": PLACED, "order_number": PLACED, "status": "completed", "total": "3148.00"},
    "stella_sync": {"id": PLACED, "order_number": "S-1", "payment_status": "awaiting_payment", "total": "3148.00"},
}


def first(journey: Journey, sent: Sent) -> Outcome:
    return judge(journey, next(journey.calls()), sent)


def walk(journey: Journey, answer_to: AnswerTo) -> list[Outcome]:
    calls, outcomes = journey.calls(), []
    call = next(calls, None)
    while call is not None:
        outcomes.append(judge(journey, call, Answered(201, {}, answer_to(journey, call))))
        try:
            call = calls.send(outcomes[-1].taken)
        except StopIteration:
            call = None
    return outcomes


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_never_left_was_not_applied(dialect: str, journey_of: JourneyOf) -> None:
    outcome = first(journey_of(dialect), NotSent("connection refused"))
    assert outcome.state is State.NOT_APPLIED
    assert outcome.detail.endswith(": not sent: connection refused")
    assert outcome.taken == Taken({}, None, {})


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_left_and_was_never_answered_is_unknown(dialect: str, journey_of: JourneyOf) -> None:
    outcome = first(journey_of(dialect), Lost("no answer within 30 s"))
    assert outcome.state is State.UNKNOWN
    assert "no answer within 30 s" in outcome.detail


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_status_proves_what_the_mapping_says_and_nothing_else(
    dialect: str, status: int, journey_of: JourneyOf
) -> None:
    outcome = first(journey_of(dialect), Answered(status, {}, b'{"error": "insert coin"}'))
    listed = State.REJECTED if status in REJECTED[dialect] else State.UNKNOWN
    # no page says what Enad does under load
    door = {429} if dialect != "enad" else set[int]()
    assert outcome.state is (State.NOT_APPLIED if status in NOT_APPLIED | door else listed)
    assert outcome.status == status
    assert "insert coin" not in outcome.detail


@pytest.mark.parametrize("status", [200, 201, 202, 206, 299])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_any_2xx_with_a_good_body_is_a_success(
    dialect: str, status: int, journey_of: JourneyOf, answer_to: AnswerTo
) -> None:
    journey = journey_of(dialect)
    outcome = first(journey, Answered(status, {}, answer_to(journey, next(journey.calls()))))
    assert (outcome.state, outcome.status) == (State.SUCCEEDED, status)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_success_that_breaks_off_anywhere_is_unknown(
    dialect: str, journey_of: JourneyOf, answer_to: AnswerTo
) -> None:
    journey = journey_of(dialect)
    body = answer_to(journey, next(journey.calls()))
    for length in range(len(body)):
        outcome = first(journey, Answered(201, {}, body[:length]))
        assert outcome.state is State.UNKNOWN, body[:length]
        assert outcome.taken == Taken({}, None, {})


@pytest.mark.parametrize(("dialect", "body"), NO_SUCCESS.values(), ids=NO_SUCCESS)
def test_a_success_that_cannot_be_read_or_contradicts_itself_is_unknown(
    dialect: str, body: bytes, journey_of: JourneyOf
) -> None:
    outcome = first(journey_of(dialect), Answered(200, {}, body))
    assert (outcome.state, outcome.status) == (State.UNKNOWN, 200)
    assert outcome.taken == Taken({}, None, {})


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_last_success_leaves_a_whole_receipt(dialect: str, journey_of: JourneyOf, answer_to: AnswerTo) -> None:
    outcomes = walk(journey_of(dialect), answer_to)
    assert {outcome.state for outcome in outcomes} == {State.SUCCEEDED}
    receipt = outcomes[-1].taken.receipt or {}
    assert set(receipt) == set(SCHEMAS["Receipt"]["properties"])
    assert receipt == receipt | RECEIPTS[dialect]
    assert all(isinstance(value, str) for value in receipt.values())


# as little as each schema allows; a receipt with holes would break the promise of our own document
@pytest.mark.parametrize(
    ("dialect", "body"),
    [
        ("enad", b'{"success": true, "data": {"id": "42"}}'),
        ("enad", b'{"success": true, "data": {"id": "42", "grand_total": 3148}}'),
        ("lana", b'[{"id": "or_1"}]'),
        ("lana", b'[{"id": "or_1", "total_price": 314800}]'),
    ],
)
def test_however_little_a_backend_says_the_receipt_is_whole_or_there_is_none(
    dialect: str, body: bytes, journey_of: JourneyOf
) -> None:
    only_call = {"last_step": "create"} if dialect == "lana" else None
    outcome = first(journey_of(dialect, only_call), Answered(200, {}, body))
    receipt = outcome.taken.receipt
    assert (receipt is None) == (outcome.state is State.UNKNOWN)
    assert receipt is None or set(receipt) == set(SCHEMAS["Receipt"]["properties"])


def test_secrets_are_taken_and_stand_nowhere_else(journey_of: JourneyOf, answer_to: AnswerTo) -> None:
    outcomes = walk(journey_of("stella_checkout"), answer_to)
    assert [outcome.taken.secrets for outcome in outcomes] == [{}, {}, {"access_token": "chk_hush"}, {}]
    for outcome in outcomes:
        assert "chk_hush" not in str((outcome.taken.receipt, outcome.taken.kept, outcome.detail))


def test_an_open_checkout_is_known_by_its_own_id(journey_of: JourneyOf, answer_to: AnswerTo) -> None:
    outcomes = walk(journey_of("stella_checkout", payment_method="bank_transfer"), answer_to)
    receipt: Any = outcomes[-1].taken.receipt
    assert (receipt["id"], receipt["status"]) == ("d2c7e6a4-8f1b-4e0d-b1a2-7c9d3e5f6a44", "pending")


@pytest.mark.parametrize(
    ("state", "status"),
    {"cart": "draft", "reserved": "placed", "manual_payment": "payment_pending", "new": "unknown"}.items(),
)
def test_a_state_of_lana_is_told_in_our_words_and_a_new_one_is_no_error(
    state: str, status: str, journey_of: JourneyOf
) -> None:
    body = f'[{{"id": "or_1", "total_price": 1, "currency": "NPR", "state": "{state}"}}]'.encode()
    receipt: Any = first(journey_of("lana"), Answered(200, {}, body)).taken.receipt
    assert receipt["status"] == status


DATED = {"date": "Sun, 06 Nov 1994 08:49:30 GMT"}


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "0"}, 0),
        ({"retry-after": "30"}, 30),
        ({"retry-after": "9" * 5000}, LONGEST_WAIT),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "1.5"}, None),
        ({"retry-after": "٣"}, None),
        (DATED | {"retry-after": "Sun, 06 Nov 1994 08:49:37 GMT"}, 7),
        (DATED | {"retry-after": "Sunday, 06-Nov-94 08:49:37 GMT"}, 7),
        (DATED | {"retry-after": "Sun Nov  6 08:49:37 1994"}, 7),
        (DATED | {"retry-after": "Sun, 06 Nov 1994 08:49:00 GMT"}, 0),
        (DATED | {"retry-after": "Sun, 06 Nov 2094 08:49:00 GMT"}, LONGEST_WAIT),
        (DATED | {"retry-after": "Sun, 06 Nov 99999999999999 08:49:37 GMT"}, None),
        ({"retry-after": "Sun, 06 Nov 1994 08:49:37 GMT"}, None),
    ],
)
def test_a_backend_says_how_long_it_is_to_be_left_alone(headers: dict[str, str], seconds: int | None) -> None:
    assert Answered(503, headers, b"").retry_after() == seconds
