"""What is replayed, refused or run again under a rule, and what crosses tenants: nothing."""

from datetime import UTC, datetime, timedelta
from typing import Any

from adapter.sandbox.calls import Answer, Call
from adapter.sandbox.lana import IDEMPOTENCY as LANA
from adapter.sandbox.memory import Memory
from adapter.sandbox.stella import IDEMPOTENCY as STELLA

NOW = datetime(2026, 3, 2, tzinfo=UTC)
DONE, REFUSED = Answer(201, b"done"), Answer(422, b"no")


def call(**changes: Any) -> Call:
    asked = {"operation": "o", "method": "POST", "path": "/p", "tenant": "t", "raw": b"{}"}
    return Call(**{**asked, "headers": {"idempotency-key": "k"}, **changes})


def remembering(rule: Any, answer: Answer) -> Memory:
    memory = Memory()
    assert memory.recall(rule, call(), NOW) is None
    memory.remember(rule, call(), answer, NOW)
    return memory


def test_the_same_request_is_replayed_under_either_rule() -> None:
    for rule in (STELLA, LANA):
        assert remembering(rule, DONE).recall(rule, call(), NOW) == DONE


def test_another_request_is_a_mismatch_or_runs() -> None:
    others = [call(raw=b"[]"), call(path="/q"), call(method="PUT"), call(query={"a": "b"})]
    stella, lana = remembering(STELLA, DONE), remembering(LANA, DONE)
    assert {stella.recall(STELLA, other, NOW) for other in others} == {(422, "idempotency_key_mismatch")}
    assert lana.recall(LANA, others[0], NOW) is None
    assert [lana.recall(LANA, other, NOW) for other in others[1:]] == [DONE] * 3


def test_a_refusal_is_kept_by_stella_alone() -> None:
    assert remembering(STELLA, REFUSED).recall(STELLA, call(), NOW) == REFUSED
    assert remembering(LANA, REFUSED).recall(LANA, call(), NOW) is None


def test_stella_forgets_after_a_day_and_lana_does_not() -> None:
    day, year = NOW + timedelta(hours=24), NOW + timedelta(days=365)
    stella = remembering(STELLA, DONE)
    assert stella.recall(STELLA, call(), day - timedelta(seconds=1)) == DONE
    assert stella.recall(STELLA, call(raw=b"[]"), day) is None
    assert remembering(LANA, DONE).recall(LANA, call(), year) == DONE


def test_a_key_of_another_tenant_is_another_key() -> None:
    for rule in (STELLA, LANA):
        assert remembering(rule, DONE).recall(rule, call(tenant="u", raw=b"[]"), NOW) is None


def test_only_cart_routes_demand_a_key() -> None:
    carts = ("/api/storefront/cart", "/api/storefront/cart/1/items")
    others = ("/api/storefront/checkout", "/api/sync/v1/orders")
    assert {STELLA.complaint_without_key(path) for path in carts} == {(400, "idempotency_key_required")}
    assert {STELLA.complaint_without_key(path) for path in others} == {None}
    assert LANA.complaint_without_key(carts[0]) is None


def test_a_thing_is_found_in_its_own_tenant_alone() -> None:
    memory = Memory()
    memory.keep("order", call(), {"id": "1"})
    assert memory.find("t", "order", "1") is not None
    assert memory.find("u", "order", "1") is None
    assert memory.find("t", "cart", "1") is None


def test_a_series_goes_on_after_a_clear() -> None:
    memory = Memory()
    assert [memory.count("t", "numbers"), memory.count("u", "numbers")] == [1, 1]
    memory.clear()
    assert memory.count("t", "numbers") == 2


def test_what_is_lost_takes_the_answer_under_its_key_with_it() -> None:
    memory = remembering(STELLA, DONE)
    for tenant, identity in (("t", "made"), ("t", "named"), ("t", "other"), ("u", "made")):
        memory.keep("order", call(tenant=tenant), {"id": identity})
    made = [one for one in memory.since(0) if one.id == "made" and one.tenant == "t"]
    memory.lose(call(places={"order_id": "named"}), made)
    assert [(one.tenant, one.id) for one in memory.every("order")] == [("t", "other"), ("u", "made")]
    assert [(one["tenant"], one["id"]) for one in memory.ledger()["lost"]] == [("t", "made"), ("t", "named")]
    assert memory.recall(STELLA, call(), NOW) is None


def test_a_watcher_is_told_of_every_event_as_it_happens() -> None:
    memory = Memory()
    told: list[Any] = []
    memory.watchers.append(told.append)
    shown = {"id": "1", "state": "cart"}
    memory.keep("order", call(body={"email": "a@b.co"}), shown)
    shown["state"] = "reserved"
    memory.lose(call(), memory.since(0))
    memory.clear()
    assert [event["event"] for event in told] == ["order", "lost", "cleared"]
    assert (told[0]["id"], told[0]["asked"], told[0]["shown"]["state"]) == ("1", {"email": "a@b.co"}, "cart")
    assert (told[1]["kind"], told[1]["id"]) == ("order", "1")
