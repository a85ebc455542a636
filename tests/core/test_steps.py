"""Steps: the calls of every dialect in their order, each built from what the one before has left."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

import jsonschema_rs
import msgspec
import pytest

from adapter.core.files.mappings import Header, Idempotency, StepRows
from adapter.core.operations import Operation
from adapter.core.orders import Journey
from adapter.core.outcomes import Answered, State, judge
from adapter.core.steps import Call, Step, Taken, is_skipped, make_call, prepare_headers, take, walk_steps

JourneyOf = Callable[..., Journey]
AnswerTo = Callable[[Journey, Call], bytes]

CART = "5f2b1c52-7a0c-4b6e-8d3b-6d8b0a4c9e10"
CHECKOUT = "d2c7e6a4-8f1b-4e0d-b1a2-7c9d3e5f6a44"
VARIANT = "0b7c9c1e-5a55-4f0a-9a0f-2f6f6f0d8a11"
REFERENCE = "11111111-2222-4333-8444-555555555555"
LINES = [{"quantity": 1, "variant_id": VARIANT}, {"quantity": 3, "variant_id": VARIANT}]

LANA = "https://backend.test/orders"
STELLA = "https://backend.test/api/storefront"

# dialect, settings, members -> the calls: name, URL, whether there is a body
WAYS: dict[str, tuple[str, dict[str, Any], dict[str, Any], list[tuple[str, str, bool]]]] = {
    "enad": ("enad", {}, {}, [("order", "https://backend.test/api/v1/team/app/orders", True)]),
    "stella_sync": ("stella_sync", {}, {}, [("order", "https://backend.test/api/sync/v1/orders", True)]),
    "lana": (
        "lana",
        {},
        {},
        [
            ("create", f"{LANA}.json?shop_id=sh_1", True),
            ("calculate", f"{LANA}/calculate.json?shop_id=sh_1&order_id=or_Qk1", False),
            ("allocate_number", f"{LANA}/allocate_number.json?shop_id=sh_1&order_id=or_Qk1", False),
            ("reserve", f"{LANA}/reserve.json?shop_id=sh_1&order_id=or_Qk1", False),
        ],
    ),
    "lana, a draft only": ("lana", {"last_step": "create"}, {}, [("create", f"{LANA}.json?shop_id=sh_1", True)]),
    "lana, calculated only": (
        "lana",
        {"last_step": "calculate"},
        {},
        [
            ("create", f"{LANA}.json?shop_id=sh_1", True),
            ("calculate", f"{LANA}/calculate.json?shop_id=sh_1&order_id=or_Qk1", False),
        ],
    ),
    "stella_checkout with two lines": (
        "stella_checkout",
        {},
        {"line_items": LINES},
        [
            ("cart", f"{STELLA}/cart", False),
            ("items[0]", f"{STELLA}/cart/{CART}/items", True),
            ("items[1]", f"{STELLA}/cart/{CART}/items", True),
            ("checkout", f"{STELLA}/checkout", True),
            ("complete", f"{STELLA}/checkout/{CHECKOUT}/complete", True),
        ],
    ),
    "stella_checkout with a cart": (
        "stella_checkout",
        {},
        {"cart_id": CART},
        [("checkout", f"{STELLA}/checkout", True), ("complete", f"{STELLA}/checkout/{CHECKOUT}/complete", True)],
    ),
    "stella_checkout that the shopper pays": (
        "stella_checkout",
        {},
        {"cart_id": CART, "payment_method": "bank_transfer"},
        [("checkout", f"{STELLA}/checkout", True)],
    ),
    "stella_checkout left open": (
        "stella_checkout",
        {"last_step": "checkout"},
        {"cart_id": CART},
        [("checkout", f"{STELLA}/checkout", True)],
    ),
}

HEADERS = {
    "enad": {"Authorization": "Bearer enad-token"},
    "lana": {"Authorization": "Bearer lana-token"},
    "stella_sync": {"Authorization": "Bearer ssk_sec_1", "X-Stella-Site-Id": "site-1", "X-Correlation-Id": REFERENCE},
    "stella_checkout": {"X-Site-ID": "site-1", "X-Stella-Token": "stk_1", "X-Correlation-Id": REFERENCE},
}


def drive(journey: Journey, answer_to: AnswerTo) -> list[Call]:
    """Every call of an order whose backend always succeeds."""
    walk, made = journey.calls(), []
    call = next(walk, None)
    while call is not None:
        made.append(call)
        outcome = judge(journey, call, Answered(200, {}, answer_to(journey, call)))
        assert outcome.state is State.SUCCEEDED, outcome.detail
        try:
            call = walk.send(outcome.taken)
        except StopIteration:
            call = None
    return made


def step(at: str = "/x", **rows: Any) -> Step:
    """A step of no dialect, at a path; nobody judges its answers here."""
    judge_of_all = jsonschema_rs.Draft202012Validator({})
    return Step(StepRows(**({"name": "only", "operation": "make"} | rows)), Operation("POST", at, {}, {}), judge_of_all)


def context(**more: Any) -> dict[str, Any]:
    names = {"tenant": "shop", "dialect": "enad"}
    return {"gateway": {"reference": REFERENCE, "base_url": "https://b.test", "headers": ()} | names} | more


@pytest.mark.parametrize(("dialect", "settings", "members", "calls"), WAYS.values(), ids=WAYS)
def test_the_calls_of_an_order(
    dialect: str, settings: Any, members: Any, calls: Any, journey_of: JourneyOf, answer_to: AnswerTo
) -> None:
    made = drive(journey_of(dialect, settings, **members), answer_to)
    assert [(call.name, call.url, bool(call.body)) for call in made] == calls
    assert {call.method for call in made} == {"POST"}


@pytest.mark.parametrize("dialect", HEADERS)
def test_every_call_has_the_headers_of_its_dialect(dialect: str, journey_of: JourneyOf, answer_to: AnswerTo) -> None:
    for call in drive(journey_of(dialect), answer_to):
        expected = {"Accept": "application/json"} | HEADERS[dialect]
        expected |= {"Content-Type": "application/json"} if call.body else {}
        assert {name: value for name, value in call.headers.items() if name != "Idempotency-Key"} == expected


@pytest.mark.parametrize("dialect", ["lana", "stella_sync", "stella_checkout"])
def test_keys_are_one_for_each_call_and_the_same_on_every_run(
    dialect: str, journey_of: JourneyOf, answer_to: AnswerTo
) -> None:
    journey = journey_of(dialect)
    first, again = (drive(journey, answer_to) for _ in range(2))
    keys = [call.headers["Idempotency-Key"] for call in first]
    assert len(set(keys)) == len(keys)
    assert all(UUID(key).version == 5 for key in keys)
    assert [(call.headers, call.body) for call in first] == [(call.headers, call.body) for call in again]


def test_enad_promises_nothing_of_keys_and_gets_none(journey_of: JourneyOf, answer_to: AnswerTo) -> None:
    assert all("Idempotency-Key" not in call.headers for call in drive(journey_of("enad"), answer_to))


def test_another_order_has_other_keys(journey_of: JourneyOf) -> None:
    journey = journey_of("stella_sync")
    other = {**journey.context, "gateway": {**journey.context["gateway"], "reference": VARIANT}}
    keys = [next(j.calls()).headers["Idempotency-Key"] for j in (journey, journey._replace(context=other))]
    assert keys[0] != keys[1]


def test_lana_gets_a_list_of_one_order(journey_of: JourneyOf) -> None:
    journey = journey_of("lana")
    assert msgspec.json.decode(next(journey.calls()).body) == [journey.document]


def test_each_line_is_sent_alone(journey_of: JourneyOf, answer_to: AnswerTo) -> None:
    calls = drive(journey_of("stella_checkout", line_items=LINES), answer_to)
    assert [msgspec.json.decode(call.body) for call in calls if call.name.startswith("items")] == LINES


@pytest.mark.parametrize(("members", "cart"), [({}, CART), ({"cart_id": VARIANT}, VARIANT)])
def test_the_checkout_is_of_the_cart_just_made_or_of_the_clients(
    members: dict[str, Any], cart: str, journey_of: JourneyOf, answer_to: AnswerTo
) -> None:
    bodies = {call.name: call.body for call in drive(journey_of("stella_checkout", **members), answer_to)}
    assert msgspec.json.decode(bodies["checkout"])["cart_id"] == cart


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        ("a/b", "a%2Fb"),
        ("a b", "a%20b"),
        ("a?b#c", "a%3Fb%23c"),
        ("a%2Fb", "a%252Fb"),
        ("ä", "%C3%A4"),
        ("{id}", "%7Bid%7D"),
        ("a&b=c+d", "a%26b%3Dc%2Bd"),
        ("\r\nX: y", "%0D%0AX%3A%20y"),
        (7, "7"),
    ],
)
def test_odd_values_are_data_in_path_and_query(value: object, encoded: str) -> None:
    made = step("/x/{id}/y", path={"id": "{kept.id}"}, query={"q": "{kept.id}"})
    call = make_call(made, "only", None, context(kept={"id": value}))
    assert call.url == f"https://b.test/x/{encoded}/y?q={encoded}"


def test_one_value_cannot_name_another_place_of_the_path() -> None:
    made = step("/{a}/{b}", path={"a": "{kept.a}", "b": "{kept.b}"})
    assert make_call(made, "only", None, context(kept={"a": "{b}", "b": "x"})).url == "https://b.test/%7Bb%7D/x"


def test_a_query_that_leads_to_nothing_is_left_out() -> None:
    made = step(query={"a": "{kept.a}", "b": "1"})
    assert make_call(made, "only", None, context(kept={})).url == "https://b.test/x?b=1"


def test_filled_members_give_way_to_those_of_the_order() -> None:
    made = step(fill={"a": "{kept.a}", "b": "{kept.b}"})
    call = make_call(made, "only", {"a": "own"}, context(kept={"a": "filled", "b": "filled"}))
    assert msgspec.json.decode(call.body) == {"a": "own", "b": "filled"}


def test_headers_that_lead_to_nothing_are_left_out() -> None:
    rows = prepare_headers(
        (Header(name="{setting.n}", value="x"), Header(name="A", value="{setting.v}")), Idempotency(recovery="E")
    )
    around = context(setting={"n": None})
    around["gateway"]["headers"] = rows
    assert make_call(step(), "only", None, around).headers == {"Accept": "application/json"}


@pytest.mark.parametrize(
    ("rows", "document", "why"),
    [
        ({}, {}, ""),
        ({"unless": "a.b"}, {}, ""),
        ({"unless": "a.b"}, {"a": {"b": None}}, ""),
        ({"unless": "a.b"}, {"a": {"b": "x"}}, "step 'only' is not needed: `a.b` is given"),
        ({"when": "a.b"}, {"a": {"b": "x"}}, ""),
        ({"when": "a.b"}, {"a": {}}, "step 'only' is only for orders with `a.b`"),
    ],
)
def test_why_a_step_is_skipped_is_said_in_words(rows: dict[str, str], document: dict[str, Any], why: str) -> None:
    assert is_skipped(step(**rows).rows, document) == why
    first = next(walk_steps((step(**rows),), document, context()), None)
    assert (first is None) == bool(why)


def test_an_empty_list_makes_no_call() -> None:
    assert list(walk_steps((step(for_each="items"),), {"items": []}, context())) == []


@pytest.mark.parametrize(
    ("rows", "answer", "taken"),
    [
        ({"keep": {"id": "data.id"}}, {"data": {"id": 7}}, ({"id": 7}, {"data": {"id": 7}}, {})),
        ({"keep": {"id": "id"}, "in_list": True}, [{"id": 7}], ({"id": 7}, {"id": 7}, {})),
        ({"pass_on": {"token": "t"}}, {"t": "hush"}, ({}, {"t": "hush"}, {"token": "hush"})),
        ({"pass_on": {"token": "t"}}, {"t": None}, ({}, {"t": None}, {})),
    ],
)
def test_what_is_taken_from_an_answer(rows: dict[str, Any], answer: Any, taken: Any) -> None:
    assert take(step(**rows), answer) == taken


def test_what_a_step_left_is_there_for_all_that_follow() -> None:
    steps = (step(name="a"), step(name="b"), step("/{id}", name="c", path={"id": "{kept.id}"}))
    walk = walk_steps(steps, {}, context())
    left: Iterable[Taken] = (Taken({"id": "1"}, None, {}), Taken({"other": 2}, None, {}))
    calls = [next(walk), *(walk.send(taken) for taken in left)]
    assert [call.name for call in calls] == ["a", "b", "c"]
    assert calls[-1].url == "https://b.test/1"
