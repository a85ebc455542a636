"""Live traffic is counted by shape, and looked at in a sample; each way of each mapping is told with its count."""

from typing import Any

import msgspec
import pytest

from adapter.core.canonical import read_order
from adapter.core.coverage import traffic as module
from adapter.core.coverage.listing import list_ways
from adapter.core.coverage.traffic import FIRST, Traffic
from adapter.core.dialects import Dialect
from adapter.core.orders import Journey, map_out
from adapter.core.outcomes import Answered, Lost, NotSent
from adapter.core.previews import imagine_calls
from adapter.core.tenancy.tenants import stand_in
from adapter.qa.draws.answer_sweeps import sweep_answers
from adapter.qa.draws.order_sweeps import make_full
from adapter.qa.subjects.examples import RECEIVED_AT, REFERENCE, make_subject
from tests.conftest import DIALECTS


def set_out(name: str, **members: Any) -> Journey:
    tenant = stand_in(DIALECTS[name], {})
    body = {key: value for key, value in (make_full(tenant.dialect) | members).items() if value is not ...}
    return map_out(tenant, read_order(body, tenant.settings.get("currency")), (), REFERENCE, RECEIVED_AT)


def count(traffic: Traffic, place: str, what: str, mapping: int = 0) -> int:
    told = traffic.tell()["mappings"][mapping]
    at = f"{told['dialect']}.toml: {place}"
    (found,) = [way["count"] for way in told["ways"] if (way["at"], way["what"]) == (at, what)]
    return int(found)


def answer(name: str, status: int, body: Any) -> tuple[Journey, Any, Answered]:
    journey = set_out(name)
    return journey, imagine_calls(journey)[0], Answered(status, {}, msgspec.json.encode(body))


def test_orders_add_up_by_what_they_say() -> None:
    traffic = Traffic()
    for members in ({}, {}, {"note": ...}):
        traffic.note_order(set_out("bazaar", **members))

    assert traffic.tell()["mappings"][0]["orders"] == 3
    assert count(traffic, "order[7]", "to_dialect") == 2
    assert count(traffic, "order[7]", "absent") == 1
    assert count(traffic, "order[3].each[4]", "drops size") == 3
    assert count(traffic, "shape.place.rows[0]", "given name first") == 3


def test_after_the_first_orders_what_only_values_tell_is_seen_in_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST", 2)
    monkeypatch.setattr(module, "EVERY", 5)
    traffic, journey = Traffic(), set_out("bazaar")
    for _ in range(10):
        traffic.note_order(journey)

    assert count(traffic, "order[7]", "to_dialect") == 10
    assert count(traffic, "shape.place.rows[0]", "given name first") == 4


def test_shapes_beyond_those_remembered_are_seen_in_the_sample_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_SHAPES", 1)
    monkeypatch.setattr(module, "FIRST", 2)
    traffic = Traffic()
    for members in ({}, {"note": ...}, {"phone": ...}, {}):
        traffic.note_order(set_out("bazaar", **members))

    assert traffic.tell()["mappings"][0]["orders"] == 4
    assert count(traffic, "order[7]", "to_dialect") == 2
    assert count(traffic, "order[7]", "absent") == 1
    assert count(traffic, "order[2]", "absent") == 0


def test_of_a_long_order_nothing_is_seen_but_its_calls() -> None:
    traffic, lines = Traffic(), [{"quantity": 1, "name": "Linen shirt", "price": 12}] * 80
    journey = set_out("bazaar", line_items=lines)
    traffic.note_order(journey)
    traffic.note_answer(journey, imagine_calls(journey)[0], Answered(200, {}, b"{}"))

    assert traffic.tell()["mappings"][0]["orders"] == 1
    assert count(traffic, "order[3]", "to_dialect") == 0
    assert count(traffic, "step[0]", "called") == 1


def test_answers_are_counted_by_step_status_and_code() -> None:
    traffic = Traffic()
    traffic.note_answer(*answer("lana", 422, {"meta": {"reason": "no_inventory"}}))
    traffic.note_answer(*answer("lana", 429, None))
    journey, call, _ = answer("lana", 200, None)
    traffic.note_answer(journey, call, Lost("ReadTimeout"))
    traffic.note_answer(journey, call, NotSent("ConnectError"))
    traffic.note_sight(journey, "absent")

    assert count(traffic, "step[0]", "called") == 3
    assert count(traffic, "outcome.rejected", "422") == 1
    assert count(traffic, "outcome.not_applied", "429") == 1
    assert count(traffic, "error.said[2]", "heard") == 1
    assert count(traffic, "error.codes", "no_inventory") == 1
    assert count(traffic, "error.codes", "out_of_stock") == 0
    assert count(traffic, "lookup", "absent") == 1


def test_a_sample_of_successes_tells_by_what_rows_they_were_read() -> None:
    traffic, subject = Traffic(), make_subject(stand_in(DIALECTS["bazaar"], {}))
    shown = next(sweep_answers(subject)).answer
    assert shown is not None
    for _ in range(FIRST + 10):
        traffic.note_answer(*answer("bazaar", 200, shown.document))

    assert count(traffic, "step[0]", "called") == FIRST + 10
    assert count(traffic, "receipt[0]", "to_canonical") == FIRST
    assert count(traffic, "receipt[5].table", "0 to_canonical") == FIRST


def test_what_only_laws_go_is_not_among_what_traffic_is_told_of(dialect: Dialect) -> None:
    whole, live = list_ways(dialect), list_ways(dialect, back=False)
    assert set(live) < set(whole)
    gone = {way.what.rpartition(" ")[2] for way in set(whole) - set(live)}
    assert gone <= {"to_dialect", "to_canonical"}
    rows = {(way.at.partition(": ")[2].partition("[")[0], way.what) for way in live if way.kind == "row"}
    assert ("order", "to_canonical") not in rows
    assert ("receipt", "to_dialect") not in rows


def test_mappings_are_told_apart_by_version() -> None:
    traffic = Traffic()
    for name in ("lana", "bazaar", "lana"):
        traffic.note_order(set_out(name))

    told = {one["mapping"]: (one["dialect"], one["orders"]) for one in traffic.tell()["mappings"]}
    assert told == {DIALECTS["lana"].version: ("lana", 2), DIALECTS["bazaar"].version: ("bazaar", 1)}
