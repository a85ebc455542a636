"""Faults: how they are named, which request they befall, and that the same seed befalls the same requests."""

from decimal import Decimal

import pytest

from adapter.sandbox.calls import Answer, answer, decode
from adapter.sandbox.faults import FAULTS, Plan, parse
from adapter.sandbox.spoiling import Spoil, drop_member, no_json, reprice

READINGS = {
    "refuse": ("refuse", 1.0, ""),
    "commit-then-500:0.1": ("commit-then-500", 0.1, ""),
    "silence@create_order": ("silence", 1.0, "create_order"),
    "late:0@reserve_order": ("late", 0.0, "reserve_order"),
}


@pytest.mark.parametrize(("text", "read"), READINGS.items())
def test_a_fault_is_read_with_its_probability_and_operation(text: str, read: tuple[str, float, str]) -> None:
    chance = parse(text)
    assert chance.fault
    assert (chance.fault.name, chance.probability, chance.operation) == read
    assert str(chance) == text


def test_none_befalls_nobody() -> None:
    assert parse("none").fault is None
    assert str(parse("none@create_order")) == "none@create_order"


MISREADINGS = {
    "": "expected NAME",
    ":0.5": "expected NAME",
    "silence@": "expected NAME",
    "silense": "did you mean silence?",
    "commit-500": "did you mean commit-then-500?",
    "xyz": "there are answer-then-lose, commit-then-500",
    "silence:2": "from 0 to 1, found '2'",
    "silence:-0.1": "from 0 to 1",
    "silence:nan": "from 0 to 1",
    "silence:often": "from 0 to 1",
}


@pytest.mark.parametrize(("text", "told"), MISREADINGS.items())
def test_what_is_no_fault_is_told_with_what_comes_near(text: str, told: str) -> None:
    with pytest.raises(ValueError, match="expected") as caught:
        parse(text)
    assert told in str(caught.value)


def test_every_fault_says_whether_it_is_applied() -> None:
    assert {name for name, fault in FAULTS.items() if fault.about.startswith("applied,") != fault.applied} == {"late"}


def befallen(plan: Plan, count: int = 200) -> list[str]:
    decided = [plan.decide("POST", "create_order") for _ in range(count)]
    return [fault.name if fault else "" for fault in decided]


def test_the_same_seed_befalls_the_same_requests() -> None:
    faults = ["commit-then-500:0.2", "silence:0.2"]
    first, again, other = (befallen(Plan(faults, seed)) for seed in (7, 7, 8))
    assert first == again != other
    assert 20 < first.count("commit-then-500") < 60
    assert 20 < first.count("silence") < 60


def test_without_a_plan_nothing_befalls() -> None:
    assert set(befallen(Plan())) == {""}


def test_looking_is_left_alone_unless_it_is_named() -> None:
    plan, named = Plan(["silence"]), Plan(["silence@list_orders"])
    assert plan.decide("GET", "list_orders") is None
    assert plan.decide("POST", "") is None
    assert plan.decide("POST", "create_order") is FAULTS["silence"]
    assert named.decide("GET", "list_orders") is FAULTS["silence"]
    assert named.decide("POST", "create_order") is None


def test_a_script_goes_before_chance_one_fault_a_request() -> None:
    plan = Plan(["fail-500"])
    plan.script(["silence", "none", "drip"])
    assert plan.decide("GET", "list_orders") is None
    assert befallen(plan, 4) == ["silence", "", "drip", "fail-500"]


def test_a_scripted_fault_waits_for_its_operation() -> None:
    plan = Plan()
    plan.script(["silence@reserve_order", "drip"])
    assert befallen(plan, 2) == ["", ""]
    assert plan.decide("POST", "reserve_order") is FAULTS["silence"]
    assert befallen(plan, 2) == ["drip", ""]


def test_a_cleared_plan_befalls_nobody() -> None:
    plan = Plan(["fail-500"])
    plan.script(["silence"])
    plan.clear()
    assert set(befallen(plan, 3)) == {""}


def test_an_operation_that_is_not_offered_is_told_whenever_it_is_named() -> None:
    told = "found 'creat_order'; did you mean create_order"
    with pytest.raises(ValueError, match=told):
        Plan(["silence@creat_order"]).bind({"create_order"})
    plan = Plan()
    plan.bind({"create_order"})
    with pytest.raises(ValueError, match=told):
        plan.script(["none", "silence@creat_order"])
    assert set(befallen(plan, 3)) == {""}


def spoilt(spoil: Spoil, content: object) -> object:
    return decode(spoil(answer(201, content), lambda status, code: Answer(status, code.encode())).body)


def test_every_total_is_raised_by_one_and_keeps_its_type() -> None:
    content = {"total": "39.50", "order": [{"grand_total": Decimal("7.10"), "total_price": 0, "price": 5}]}
    raised = {"total": "40.50", "order": [{"grand_total": Decimal("8.10"), "total_price": 1, "price": 5}]}
    assert spoilt(reprice, content) == raised
    odd = {"total": None, "totals": {"total": 1}, "is_total": True, "total_text": "much"}
    assert spoilt(reprice, odd) == odd | {"totals": {"total": 2}}


def test_one_member_is_dropped_of_what_has_the_id() -> None:
    order = {"id": 1, "a": 2, "b": {"id": 3}}
    for content in (order, [order], {"data": order, "success": True}):
        found = spoilt(drop_member, content)
        while isinstance(found, list) or (isinstance(found, dict) and "data" in found):
            found = found[0] if isinstance(found, list) else found["data"]
        assert isinstance(found, dict)
        assert len(found) == 2
        assert found.items() < order.items()
        assert spoilt(drop_member, content) == spoilt(drop_member, content)
    assert spoilt(drop_member, {"no": "id"}) == {"no": "id"}
    assert spoilt(drop_member, "text") == "text"


def test_what_is_no_json_cannot_be_decoded() -> None:
    with pytest.raises(ValueError, match="Expecting value"):
        spoilt(no_json, {})
