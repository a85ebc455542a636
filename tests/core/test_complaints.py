"""Complaints: what a backend says is wrong, told with the caller's pointers, our codes, and nothing of its own text."""

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapter.core.answers import conclude
from adapter.core.complaints import COMPLAINTS, FIRST_TO_ACT, assess, complain, format_warnings
from adapter.core.dialects import Dialect
from adapter.core.orders import Journey
from adapter.core.outcomes import Answered, NotSent, Outcome, State, judge
from adapter.core.steps import Call
from tests.core.conftest import ADDRESS

JourneyOf = Callable[..., Journey]
AnswerTo = Callable[[Journey, Call], bytes]

DIALECTS = ["enad", "lana", "stella_checkout", "stella_sync"]

UUID = "0b7c9c1e-5a55-4f0a-9a0f-2f6f6f0d8a11"
# Two lines of the catalogue around one that has only a name: Lana makes that a custom item.
MIXED = [
    {"quantity": 1, "variant_id": "va_1", "name": "Shirt"},
    {"quantity": 2, "name": "Engraving", "price": 5},
    {"quantity": 3, "variant_id": "va_3"},
    {"quantity": 4, "name": "Gift box", "price": 2},
]
FOUR = [{"quantity": 1, "variant_id": UUID, "product_id": UUID, "price": 1} for _ in range(4)]


class Case(NamedTuple):
    """An answer to one call of a dialect, and what a client is to be told: pointers with codes, who, retry."""

    dialect: str
    call: str
    status: int
    body: Any
    told: list[tuple[str, str]]
    who: str
    retry: bool = False
    state: State = State.REJECTED
    order: Mapping[str, Any] = {}


def stella(*loc: Any, kind: str = "value_error") -> Any:
    return {"detail": [{"loc": list(loc), "msg": "no", "type": kind}]}


def lana(code: int, **meta: Any) -> Any:
    return {"code": code, "message": "no", "meta": meta}


def lines(*errors: tuple[int, str]) -> Any:
    return lana(1001, errors=[{"line_item_index": index, "code": code, "subject": "va_1"} for index, code in errors])


def fields(*names: str, problem: str = "mandatory") -> Any:
    return lana(1000, fields=[{"field": name, "problem": problem, "min": None, "max": None} for name in names])


def enad(*details: str) -> Any:
    return {"success": False, "details": list(details)}


NOT_APPLIED, UNKNOWN = State.NOT_APPLIED, State.UNKNOWN
NAMES = [("/shipping_address/first_name", "invalid_address"), ("/shipping_address/last_name", "invalid_address")]
THREE = {"line_items": FOUR}
SIDE = {"line_items": MIXED}
TOTALS = [("/line_items/0/price", "invalid_price"), ("/line_items/0/quantity", "invalid_quantity")]

CASES: dict[str, Case] = {
    # Stella sync: the code's envelope, and the framework's
    "a code": Case("stella_sync", "order", 422, {"error": "out_of_stock"}, [("", "out_of_stock")], "buyer"),
    "a code in another case": Case(
        "stella_sync", "order", 400, {"error": "OUT_OF_STOCK"}, [("", "out_of_stock")], "buyer"
    ),
    "a member": Case("stella_sync", "order", 422, stella("body", "email"), [("/email", "invalid_email")], "buyer"),
    "a code about the e-mail": Case(
        "stella_sync", "order", 422, {"error": "invalid_email"}, [("/email", "invalid_email")], "buyer"
    ),
    "an item's member": Case(
        "stella_sync",
        "order",
        422,
        stella("body", "line_items", 2, "variant_id", kind="uuid_parsing"),
        [("/line_items/2/variant_id", "invalid_variant")],
        "caller",
        order=THREE,
    ),
    "a member of a union": Case(
        "stella_sync",
        "order",
        422,
        stella("body", "line_items", 2, "variant_id", "uuid"),
        [("/line_items/2/variant_id", "invalid_variant")],
        "caller",
        order=THREE,
    ),
    "a whole item": Case(
        "stella_sync",
        "order",
        422,
        stella("body", "line_items", 3),
        [("/line_items/3", "invalid_value")],
        "caller",
        order=THREE,
    ),
    "a member that was not sent": Case(
        "stella_sync",
        "order",
        422,
        stella("body", "shipping_address", "company", kind="missing"),
        [("/shipping_address/company", "invalid_address")],
        "buyer",
    ),
    "a member that no row knows": Case(
        "stella_sync",
        "order",
        422,
        stella("body", "shipping_address", "planet"),
        [("/shipping_address", "invalid_address")],
        "buyer",
    ),
    "a list": Case(
        "stella_sync", "order", 422, stella("body", "line_items"), [("/line_items", "invalid_value")], "caller"
    ),
    "the whole body": Case("stella_sync", "order", 422, stella("body"), [("", "refused")], "caller"),
    "a header of ours": Case(
        "stella_sync", "order", 422, stella("header", "X-Stella-Site-Id"), [("", "misconfigured_backend")], "operator"
    ),
    "two members, of which one is the operator's": Case(
        "stella_sync",
        "order",
        422,
        {"detail": [*stella("body", "email")["detail"], *stella("header", "x")["detail"]]},
        [("/email", "invalid_email"), ("", "misconfigured_backend")],
        "operator",
    ),
    "a detail that is a text": Case("stella_sync", "order", 404, {"detail": "Not Found"}, [("", "refused")], "caller"),
    "a detail that is a code": Case(
        "stella_sync", "order", 404, {"detail": "variant_not_found"}, [("", "invalid_variant")], "caller"
    ),
    "a code that nobody listed": Case("stella_sync", "order", 400, {"error": "full_moon"}, [("", "refused")], "caller"),
    "a throttled call": Case(
        "stella_sync", "order", 429, {"error": "x"}, [("", "throttled")], "operator", True, NOT_APPLIED
    ),
    "a credential": Case(
        "stella_sync", "order", 401, {"error": "bad"}, [("", "unauthorised_backend")], "operator", False, NOT_APPLIED
    ),
    "a key that had another request": Case(
        "stella_sync",
        "order",
        422,
        {"error": "idempotency_key_mismatch"},
        [("", "idempotency_conflict")],
        "operator",
        state=UNKNOWN,
    ),
    # Stella checkout: parts of the mapped order, one call for each line
    "the call for one line": Case(
        "stella_checkout",
        "items[3]",
        422,
        {"error": "out_of_stock"},
        [("/line_items/3", "out_of_stock")],
        "buyer",
        order=THREE,
    ),
    "a member of the call for one line": Case(
        "stella_checkout",
        "items[2]",
        422,
        stella("body", "quantity", kind="less_than_equal"),
        [("/line_items/2/quantity", "invalid_quantity")],
        "buyer",
        order=THREE,
    ),
    "a throttled call for one line": Case(
        "stella_checkout",
        "items[1]",
        429,
        {"error": "rate_limited"},
        [("", "throttled")],
        "operator",
        True,
        NOT_APPLIED,
        order=THREE,
    ),
    "a part": Case(
        "stella_checkout",
        "checkout",
        422,
        stella("body", "shipping_address", "postal_code"),
        [("/shipping_address/postal_code", "invalid_address")],
        "buyer",
    ),
    "what an earlier step left": Case(
        "stella_checkout", "checkout", 422, stella("body", "cart_id"), [("", "refused")], "caller"
    ),
    "an object that only one side has": Case(
        "stella_checkout", "complete", 422, stella("body", "cod", "phone"), [("/phone", "invalid_phone")], "buyer"
    ),
    "terms that a setting accepts": Case(
        "stella_checkout",
        "complete",
        422,
        stella("body", "cod", "accepted_terms"),
        [("", "misconfigured_backend")],
        "operator",
    ),
    "a payment": Case(
        "stella_checkout", "complete", 402, {"error": "payment_declined"}, [("", "payment_declined")], "buyer"
    ),
    "a method of payment": Case(
        "stella_checkout",
        "complete",
        422,
        {"error": "payment_method_not_supported"},
        [("/payment_method", "invalid_payment")],
        "caller",
    ),
    "a checkout that is an order already": Case(
        "stella_checkout",
        "complete",
        400,
        {"error": "checkout_already_completed"},
        [("", "already_placed")],
        "operator",
        state=UNKNOWN,
    ),
    # Lana: numbers, fields, lines, reasons; a list of one, a side list, joined names
    "a joined name": Case("lana", "create", 400, fields("shipping_address.name"), NAMES, "buyer"),
    "a joined name in a list of one": Case("lana", "create", 400, fields("0.shipping_address.name"), NAMES, "buyer"),
    "a name as an index has it": Case("lana", "create", 400, fields("[0].shipping_address.name"), NAMES, "buyer"),
    "a renamed member": Case(
        "lana",
        "create",
        400,
        fields("shipping_address.zip", "mobile", problem="invalid_identifier"),
        [("/shipping_address/postal_code", "invalid_address"), ("/phone", "invalid_phone")],
        "buyer",
    ),
    "a member named beside the code": Case(
        "lana", "create", 400, {"code": 1000, "field": "customer_email"}, [("/email", "invalid_email")], "buyer"
    ),
    "a side list's member": Case(
        "lana",
        "create",
        400,
        fields("custom_items.1.price", problem="out_of_range"),
        [("/line_items/3/price", "invalid_price")],
        "caller",
        order=SIDE,
    ),
    "a side list's item": Case(
        "lana", "create", 400, fields("custom_items.0"), [("/line_items/1", "invalid_value")], "caller", order=SIDE
    ),
    "a setting": Case("lana", "create", 400, fields("gateway_id"), [("", "misconfigured_backend")], "operator"),
    "a constant in a list": Case("lana", "create", 400, fields("tags.0"), [("", "misconfigured_backend")], "operator"),
    "a line": Case(
        "lana", "create", 422, lines((2, "product_banned")), [("/line_items/2", "discontinued")], "buyer", order=SIDE
    ),
    "lines of a call without a body": Case(
        "lana",
        "reserve",
        422,
        lines((0, "no_inventory"), (3, "invalid_product_quantity_multi")),
        [("/line_items/0", "out_of_stock"), ("/line_items/3", "invalid_quantity")],
        "buyer",
        order=SIDE,
    ),
    "a line there is not": Case(
        "lana", "reserve", 422, lines((99, "out_of_stock")), [("/line_items", "out_of_stock")], "buyer"
    ),
    "a line's code that nobody listed": Case(
        "lana", "reserve", 422, lines((0, "cursed")), [("/line_items/0", "refused")], "caller"
    ),
    "a reason": Case(
        "lana",
        "create",
        409,
        lana(1150, reason="currency_not_allowed"),
        [("/currency", "invalid_currency")],
        "caller",
    ),
    "a draft that may be an order": Case(
        "lana",
        "reserve",
        409,
        lana(1150, reason="order_not_reservable"),
        [("", "already_placed")],
        "operator",
        state=UNKNOWN,
    ),
    "figures of a rate": Case(
        "lana",
        "calculate",
        429,
        lana(429, rate_info={"cap": 40, "count": 41, "rate": 2}),
        [("", "throttled")],
        "operator",
        True,
        NOT_APPLIED,
    ),
    "rights that are lacking, whatever the status": Case(
        "lana",
        "reserve",
        400,
        lana(997, bits=["orders.reserve"]),
        [("", "unauthorised_backend")],
        "operator",
        False,
        NOT_APPLIED,
    ),
    "what is no order, whatever the status": Case(
        "lana", "create", 500, fields("customer_email"), [("/email", "invalid_email")], "buyer"
    ),
    "a quota": Case("lana", "create", 422, lana(1146, what="orders"), [("", "limit_exceeded")], "operator"),
    "a carrier": Case(
        "lana", "calculate", 500, lana(1109, error="x"), [("", "backend_unavailable")], "operator", True, UNKNOWN
    ),
    "try again later": Case(
        "lana", "create", 500, lana(1153), [("", "backend_unavailable")], "operator", True, UNKNOWN
    ),
    # Enad: texts, searched for words
    "a text with its place": Case(
        "enad",
        "order",
        422,
        enad("lines.1.variant_id: variant x does not exist"),
        [("/line_items/1/variant_id", "invalid_variant")],
        "caller",
        order=THREE,
    ),
    "a text without a place": Case(
        "enad", "order", 404, enad("variant does not exist"), [("", "invalid_variant")], "caller"
    ),
    "several texts": Case(
        "enad",
        "order",
        422,
        enad("shipping_address.given_name: no", "lines.0.total_price_amount: no", "Something else"),
        [("/shipping_address/first_name", "invalid_address"), *TOTALS, ("", "refused")],
        "caller",
    ),
    "one of several copies": Case(
        "enad", "order", 422, enad("shipping_address.email: no"), [("/email", "invalid_email")], "buyer"
    ),
    "an object with another's members in it": Case(
        "enad", "order", 422, enad("shipping_address: no"), [("/shipping_address", "invalid_address")], "buyer"
    ),
    "what the operator set": Case(
        "enad", "order", 422, enad("language_code: no"), [("", "misconfigured_backend")], "operator"
    ),
}


CASES |= {
    "an address without its place": Case(
        "stella_sync",
        "order",
        422,
        {"error": "invalid_address"},
        [("/shipping_address", "invalid_address")],
        "buyer",
    ),
    "a code inside an object": Case(
        "stella_checkout",
        "checkout",
        422,
        {"error": {"code": "payment_declined", "message": "no"}},
        [("", "payment_declined")],
        "buyer",
    ),
}


def reach_call(journey: Journey, name: str, answer_to: AnswerTo) -> Call:
    """The call of that name, all before it answered well."""
    calls = journey.calls()
    call = next(calls)
    while call.name != name:
        call = calls.send(judge(journey, call, Answered(200, {}, answer_to(journey, call))).taken)
    return call


def settle(journey: Journey, call: Call, status: int, body: Any) -> Outcome:
    return judge(journey, call, Answered(status, {}, body if isinstance(body, bytes) else json.dumps(body).encode()))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_complaint_is_told_in_the_callers_terms(case: Case, journey_of: JourneyOf, answer_to: AnswerTo) -> None:
    journey = journey_of(case.dialect, **case.order)
    outcome = settle(journey, reach_call(journey, case.call, answer_to), case.status, case.body)
    assert [(fault.pointer, fault.code) for fault in outcome.complaints] == case.told
    assert assess(outcome.complaints) == {"who": case.who, "retry": case.retry}
    assert outcome.state is case.state


# A member that the order lacks and a setting filled: dialect, call, order, answer.
FILLED: dict[str, tuple[str, str, dict[str, Any], Any]] = {
    "by its place": ("lana", "create", {"currency": ...}, fields("currency")),
    "by no place": ("lana", "create", {"currency": ...}, lana(1000, reason="currency_disabled")),
    "inside an object": (
        "lana",
        "create",
        {"shipping_address": {**ADDRESS, "country": None}},
        fields("shipping_address.country"),
    ),
    "as a copy": ("enad", "order", {"currency": ...}, enad("lines.0.currency_code: no")),
}


@pytest.mark.parametrize("name", FILLED)
def test_what_a_setting_filled_is_the_operators(name: str, journey_of: JourneyOf, answer_to: AnswerTo) -> None:
    dialect, call, members, body = FILLED[name]
    journey = journey_of(dialect, {"currency": "NPR", "country": "NP"}, **members)
    outcome = settle(journey, reach_call(journey, call, answer_to), 422, body)

    assert [(fault.pointer, fault.code) for fault in outcome.complaints] == [("", "misconfigured_backend")]
    assert assess(outcome.complaints)["who"] == "operator"


def test_a_complaint_of_a_copied_member_leads_to_the_one_that_was_copied(
    journey_of: JourneyOf, answer_to: AnswerTo
) -> None:
    journey = journey_of("stella_checkout", shipping_address=ADDRESS | {"phone": "+977 1 4444444"})
    call = reach_call(journey, "complete", answer_to)
    outcome = settle(journey, call, 422, stella("body", "cod", "phone"))

    assert [(fault.pointer, fault.code) for fault in outcome.complaints] == [
        ("/shipping_address/phone", "invalid_phone")
    ]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_problem_holds_the_complaints_and_what_follows_from_them(
    case: Case, journey_of: JourneyOf, answer_to: AnswerTo
) -> None:
    journey = journey_of(case.dialect, **case.order)
    outcome = settle(journey, reach_call(journey, case.call, answer_to), case.status, case.body)
    answer = conclude(outcome, "op-1", (), 202).answer
    document = msgspec.json.decode(answer.body)
    if case.state is UNKNOWN:  # nothing is known, so nobody is told to change anything
        assert "errors" not in document
        return
    assert [(error["pointer"], error["code"]) for error in document["errors"]] == case.told
    assert (document["who"], document["retry"]) == (case.who, case.retry)
    assert all(error["detail"] == COMPLAINTS[error["code"]].says for error in document["errors"])
    assert ("Retry-After" in answer.headers) == (case.state is NOT_APPLIED)


def test_what_was_never_sent_may_be_tried_again(journey_of: JourneyOf) -> None:
    journey = journey_of("enad")
    outcome = judge(journey, next(journey.calls()), NotSent("connection refused"))
    assert outcome.complaints == (complain("backend_unavailable"),)
    assert assess(outcome.complaints) == {"who": "operator", "retry": True}


WARNINGS = {
    "known, with its place": ("lines.0.variant_id: is out of stock", 'out_of_stock;at="/line_items/0/variant_id"'),
    "known": ("stored, but incomplete", "stored_incomplete"),
    "not known": ("It rains in Malmö", "remark"),
}


@pytest.mark.parametrize(("text", "told"), WARNINGS.values(), ids=WARNINGS)
def test_a_warning_beside_a_success_is_told_by_its_code_and_kept_with_the_answer(
    text: str, told: str, journey_of: JourneyOf, answer_to: AnswerTo
) -> None:
    journey = journey_of("enad")
    call = next(journey.calls())
    good = msgspec.json.decode(answer_to(journey, call))
    outcome = settle(journey, call, 201, good | {"details": [text, text]})
    result = conclude(outcome, "op-1", (), 202)
    assert (outcome.state, outcome.detail) == (State.SUCCEEDED, f"step order: placed: {told.partition(';')[0]}")
    assert result.answer.headers["Order-Warnings"] == told
    assert text not in repr((result.answer.headers, result.answer.body, outcome.detail))


def test_no_warning_is_no_header(journey_of: JourneyOf, answer_to: AnswerTo) -> None:
    journey = journey_of("enad")
    call = next(journey.calls())
    silences: list[Any] = [{}, {"details": None}, {"details": []}]
    for silence in silences:
        outcome = settle(journey, call, 201, msgspec.json.decode(answer_to(journey, call)) | silence)
        assert outcome.state is State.SUCCEEDED
        assert "Order-Warnings" not in conclude(outcome, "op-1", (), 202).answer.headers


def test_a_success_that_says_it_is_none_stays_unknown_and_the_operator_reads_why(journey_of: JourneyOf) -> None:
    journey = journey_of("enad")
    outcome = settle(journey, next(journey.calls()), 200, enad("lines.0.variant_id: variant x does not exist"))
    assert outcome.state is UNKNOWN
    assert outcome.detail == "step order: a success that says it is none: invalid_variant"


CANARY = "CANARY-73"

# JSON with the canary for a text, in the members that mappings look at and in others
TEXTS = st.sampled_from([CANARY, f"lines.0.variant_id: {CANARY}", f"{CANARY} out of stock", "0", "1000", "email"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    *("error", "detail", "details", "loc", "type", "code", "field", "fields", "meta", "errors"),
                    *("reason", "problem", "line_item_index", "success", "message", "data", CANARY),
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_answer_breaks_anything_and_none_of_its_text_is_told(dialect: str, journey_of: JourneyOf) -> None:
    journey = journey_of(dialect)
    call = next(journey.calls())

    @settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(VALUES, st.sampled_from([200, 201, 302, 400, 401, 404, 409, 422, 429, 500, 503]))
    def answer(body: Any, status: int) -> None:
        outcome = settle(journey, call, status, body)
        result = conclude(outcome, "op-1", (), 202)
        told = repr((outcome.detail, outcome.complaints, result.detail, dict(result.answer.headers)))
        assert CANARY not in told + result.answer.body.decode()
        assert {fault.detail for fault in outcome.complaints} <= {row.says for row in COMPLAINTS.values()}

    answer()


@pytest.mark.parametrize("body", [b"", b"<html>CANARY-73</html>", b"\xff", b"[" * 9999, b'"CANARY-73"', b"7", b"null"])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_body_that_says_nothing_changes_no_state(dialect: str, body: bytes, journey_of: JourneyOf) -> None:
    journey = journey_of(dialect)
    call = next(journey.calls())
    for status, state, code in [
        (400, State.REJECTED, "refused"),
        (401, NOT_APPLIED, "unauthorised_backend"),
        (307, NOT_APPLIED, "misconfigured_backend"),
        (500, UNKNOWN, "backend_unavailable"),
        (418, UNKNOWN, "refused"),
    ]:
        outcome = settle(journey, call, status, body)
        assert (outcome.state, [fault.code for fault in outcome.complaints]) == (state, [code])


@pytest.mark.parametrize("dialect", DIALECTS)
def test_only_a_listed_code_makes_more_of_a_status_than_it_proves(dialect: str, journey_of: JourneyOf) -> None:
    journey = journey_of(dialect)
    rules = journey.tenant.dialect.mapping.errors
    call = next(journey.calls())
    for theirs in {theirs.replace("*", "x") for theirs in rules.codes if theirs not in rules.proves}:
        code: Any = int(theirs) if theirs.isdigit() else theirs
        body = {"error": code, "detail": code, "details": [code], "code": code, "meta": {"reason": code}}
        assert settle(journey, call, 503, body).state is UNKNOWN, theirs


def test_a_code_never_turns_a_redirect_or_a_success_into_anything(journey_of: JourneyOf) -> None:
    journey = journey_of("lana")
    call = next(journey.calls())
    assert settle(journey, call, 200, lana(1000)).state is UNKNOWN
    assert settle(journey, call, 307, lana(1000)).state is NOT_APPLIED


def test_of_contradictory_proofs_the_one_counts_that_promises_least(journey_of: JourneyOf) -> None:
    journey = journey_of("lana")
    call = next(journey.calls())
    assert settle(journey, call, 400, lana(1000, reason="order_not_reservable")).state is UNKNOWN
    assert settle(journey, call, 500, lana(401, reason="1000")).state is State.REJECTED


def test_every_code_has_words_and_somebody_who_can_cure_it() -> None:
    for code, row in COMPLAINTS.items():
        assert code.replace("_", "").isalpha()
        assert row.who in FIRST_TO_ACT
        assert row.says[0].isupper()
        assert not row.says.endswith(".")


def test_a_mapping_names_only_codes_of_ours(dialects: Mapping[str, Dialect]) -> None:
    for dialect in dialects.values():
        assert set(dialect.mapping.errors.codes.values()) <= set(COMPLAINTS)


def test_warnings_are_told_once_each() -> None:
    told = [complain("remark"), complain("remark"), complain("out_of_stock", "/line_items/0")]
    assert format_warnings(told) == 'remark, out_of_stock;at="/line_items/0"'
