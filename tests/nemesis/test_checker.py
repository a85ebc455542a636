"""The checker on histories made by hand: a clean one passes, and one broken in each way is caught."""

import json
from typing import Any

import pytest

from tests.nemesis.checker import Verdict, check
from tests.nemesis.history import MARK, Asked, History, Home, Kill, Lost, Row

START = 1_772_442_000.0  # 2026-03-02T09:00:00Z
HOMES = {"enad-a": Home("enad", "team-a/app"), "enad-b": Home("enad", "team-b/app"), "lana-a": Home("lana", "sh_a")}
OPERATION = "11111111-1111-4111-8111-111111111111"
BODY = b'{"id": "1"}'
REPLAYED = {"idempotent-replayed": "true"}


def ask(began: float, status: int | None, body: bytes = BODY, tenant: str = "enad-a", **more: Any) -> Asked:
    """A request that took half a second; cut off where it has no status."""
    lost = Lost.CUT if status is None else None
    said = {"key": "k", "variant": "x", "reference": None, "lost": lost, "sent": START + began + 0.1} | more
    return Asked(tenant, began=START + began, ended=START + began + 0.5, status=status, body=body, **said)


def row(state: str = "succeeded", tenant: str = "enad-a", key: str = "k", operation_id: str = OPERATION) -> Row:
    return Row(operation_id, tenant, key, state, START + 0.1, status=201, body=BODY)


def place(at: float, id_: str, mark: str = "enad-a.k.x", shop: str = "team-a/app", **more: Any) -> list[dict[str, Any]]:
    """What a ledger says of an order, and of the request that made it."""
    order: dict[str, Any] = {"event": "order", "id": id_, "tenant": shop, "correlation_id": None, "shown": {}}
    asked = {"email": f"{mark}@{MARK}"}
    request = {"event": "request", "operation": "create_order", "query": {}, "applied": True, "fault": None}
    return [order | {"asked": asked}, request | {"at": _tell(at), "orders": [id_], "body": json.dumps(asked)} | more]


def _tell(at: float) -> str:
    return f"2026-03-02T09:00:{at:09.6f}Z"


def judge(
    asked: list[Asked],
    events: list[dict[str, Any]],
    rows: list[Row],
    dialect: str = "enad",
    kills: tuple[Kill, ...] = (),
    unwritten: tuple[str, ...] = (),
) -> Verdict:
    return check(History(asked, kills, HOMES, frozenset(unwritten)), {dialect: events}, rows)


def promises(verdict: Verdict) -> set[str]:
    return {violation.promise for violation in verdict.violations}


def problem(kind: str, **members: Any) -> bytes:
    return json.dumps({"type": f"/problems/{kind}", **members}).encode()


def test_a_clean_history_passes_and_is_counted() -> None:
    killed = Kill("SIGKILL", START + 0.3, START + 0.6)
    asked = [
        ask(0, None),
        ask(1, 409, problem("operation-in-progress", operation_id=OPERATION, safe_new_key=False)),
        ask(2, 201),
        ask(3, 201, headers=REPLAYED),
    ]
    verdict = judge(asked, place(0.2, "o1"), [row()], kills=(killed,))

    assert verdict.violations == []
    ones = dict.fromkeys(("orders", "placed", "409s", "replays", "lost", "kills"), 1)
    assert {name: count for name, count in verdict.counts.items() if count} == {"requests": 4} | ones


@pytest.mark.parametrize("state", ["dispatching", "unknown", "reconciling"])
def test_a_row_that_stays_open_breaks_the_first_promise(state: str) -> None:
    pending = ask(0, 202, json.dumps({"status": "pending", "operation_id": OPERATION}).encode())

    assert promises(judge([pending], place(0.2, "o1"), [row(state)])) == {"I1"}


@pytest.mark.parametrize("status", [201, 202])
def test_an_answer_without_a_row_breaks_the_first_promise(status: int) -> None:
    assert "I1" in promises(judge([ask(0, status)], place(0.2, "o1"), []))


def test_a_receipt_for_what_the_backend_never_had_breaks_the_first_promise() -> None:
    assert promises(judge([ask(0, 201)], [], [row()])) == {"I1"}


def test_two_orders_for_a_key_break_the_second_promise() -> None:
    verdict = judge([ask(0, 201)], place(0.2, "o1") + place(0.3, "o2"), [row()])

    assert promises(verdict) == {"I2"}
    assert [line for line in verdict.violations[0].history if "placed" in line and "backend" in line] == [
        "   0.200  backend placed o1",
        "   0.300  backend placed o2",
    ]


def test_two_drafts_for_a_key_break_the_second_promise_where_the_backend_honours_keys() -> None:
    drafts = place(0.2, "o1", "lana-a.k.x", "sh_a") + place(0.3, "o2", "lana-a.k.x", "sh_a")
    reserved = drafts[1] | {"operation": "reserve_order", "query": {"order_id": "o1"}, "orders": [], "at": _tell(0.4)}

    assert promises(judge([ask(0, 201, tenant="lana-a")], [*drafts, reserved], [row(tenant="lana-a")], "lana")) == {
        "I2"
    }


def test_an_order_that_the_backend_lost_may_be_placed_again() -> None:
    lost = [{"event": "lost", "kind": "order", "id": "o1"}]

    assert judge([ask(0, 201)], place(0.2, "o1") + lost + place(0.3, "o2"), [row()]).violations == []


def test_two_orders_for_a_natural_reference_break_the_second_promise() -> None:
    asked = [ask(0, 201, reference="r"), ask(0, 201, key="k2", reference="r")]
    events = place(0.2, "o1") + place(0.3, "o2", "enad-a.k2.x")
    rows = [row(), row(key="k2", operation_id="22222222-2222-4222-8222-222222222222")]

    assert promises(judge(asked, events, rows)) == {"I2"}


@pytest.mark.parametrize(
    "replay",
    [
        ask(1, 201, b'{"id":"1"}', headers=REPLAYED),
        ask(1, 201, headers=REPLAYED | {"location": "/elsewhere"}),
        ask(1, 422, problem("order-refused"), headers=REPLAYED),
    ],
)
def test_a_replay_that_differs_breaks_the_third_promise(replay: Asked) -> None:
    assert promises(judge([ask(0, 201), replay], place(0.2, "o1"), [row()])) == {"I3"}


def test_an_answer_that_is_not_the_stored_one_breaks_the_third_promise() -> None:
    assert promises(judge([ask(0, 201, b'{"id":"2"}')], place(0.2, "o1"), [row()])) == {"I3"}


def test_an_order_in_another_tenants_shop_breaks_the_fourth_promise() -> None:
    assert promises(judge([ask(0, 201)], place(0.2, "o1", shop="team-b/app"), [row()])) == {"I4"}


def test_an_answer_about_another_tenants_order_breaks_the_fourth_promise() -> None:
    foreign = ask(0, 409, problem("operation-in-progress", operation_id=OPERATION), tenant="enad-b")
    duplicate = ask(0, 409, problem("duplicate-order-reference", operation_id=OPERATION), tenant="enad-b")

    for asked in (foreign, duplicate):
        assert promises(judge([ask(0, 201), asked], place(0.2, "o1"), [row()])) == {"I4"}


@pytest.mark.parametrize("kind", ["idempotency-key-reused", "duplicate-order-reference"])
def test_a_refusal_because_of_another_tenants_order_breaks_the_fourth_promise(kind: str) -> None:
    told = ask(1, 422, problem(kind, safe_new_key=False), tenant="enad-b", reference="r")

    assert promises(judge([ask(0, 201, reference="r"), told], place(0.2, "o1"), [row()])) == {"I4"}


def test_an_order_without_a_row_breaks_the_fifth_promise() -> None:
    assert promises(judge([ask(0, None)], place(0.2, "o1"), [])) == {"I5"}


def test_a_call_for_a_claim_that_was_not_committed_breaks_the_fifth_promise() -> None:
    unavailable = ask(0, 503, problem("storage-unavailable"))
    called = place(0.2, "o1", correlation_id=OPERATION)[1] | {"orders": []}

    assert promises(judge([unavailable], [called], [], unwritten=(OPERATION,))) == {"I5"}


# What excuses no lost answer: no kill, one that lets it go on or end in good order, another gateway's, another time's.
GENTLE = {
    "no kill": (),
    "SIGTERM": (Kill("SIGTERM", START + 0.3, START + 0.6),),
    "SIGSTOP": (Kill("SIGSTOP", START + 0.3, START + 0.6),),
    "another gateway": (Kill("SIGKILL", START + 0.3, START + 0.6, gateway=1),),
    "earlier": (Kill("SIGKILL", START - 0.3, START + 0.6, found=START - 0.1),),
    "later": (Kill("SIGKILL", START + 1.6, START + 1.9, found=START + 1.7),),
}
KILLED = (Kill("SIGKILL", START + 0.3, START + 0.6),)


@pytest.mark.parametrize("kills", GENTLE.values(), ids=GENTLE)
def test_a_connection_cut_off_without_a_kill_breaks_the_fifth_promise(kills: tuple[Kill, ...]) -> None:
    assert promises(judge([ask(0, None)], place(0.2, "o1"), [row()], kills=kills)) == {"I5"}
    assert promises(judge([ask(0, None)], [], [], kills=kills)) == {"I5"}
    assert judge([ask(0, None)], place(0.2, "o1"), [row()], kills=KILLED).violations == []


@pytest.mark.parametrize("kills", [(), KILLED], ids=["no kill", "killed"])
def test_what_a_client_gives_up_on_a_connection_that_stood_breaks_the_fifth_promise(kills: tuple[Kill, ...]) -> None:
    assert promises(judge([ask(0, None, lost=Lost.GIVEN_UP)], place(0.2, "o1"), [row()], kills=kills)) == {"I5"}


def test_who_sends_its_request_after_a_sigterm_may_be_cut_off_unless_its_order_was_claimed() -> None:
    late, kills = ask(0, None, sent=START + 0.4), (Kill("SIGTERM", START + 0.3, START + 0.6),)

    assert judge([late], [], [], kills=kills).violations == []
    assert promises(judge([late], place(0.45, "o1"), [row()], kills=kills)) == {"I5"}
    assert promises(judge([late._replace(sent=START + 0.2)], [], [], kills=kills)) == {"I5"}


def test_a_connection_that_was_never_made_breaks_no_promise_and_claims_nothing() -> None:
    refused = ask(0, None, lost=Lost.REFUSED)

    assert judge([refused], [], []).violations == []
    assert promises(judge([refused], place(0.2, "o1"), [row()])) == {"I5"}


def test_who_is_answered_after_a_sigterm_that_came_meanwhile_is_counted() -> None:
    kills = tuple(Kill(how, START + 0.3, START + 1) for how in ("SIGTERM", "SIGKILL"))

    assert judge([ask(0, 201)], place(0.2, "o1"), [row()], kills=kills[:1]).counts["drained"] == 1
    assert judge([ask(0, 201)], place(0.2, "o1"), [row()], kills=kills[1:]).counts["drained"] == 0
    assert (
        judge([ask(0.4, 201)], place(0.6, "o1"), [row()._replace(received_at=START + 0.5)], kills=kills).counts[
            "drained"
        ]
        == 0
    )


@pytest.mark.parametrize("at", [0.2, 3.0], ids=["while it is there", "before it arrives by itself"])
def test_a_safe_new_key_for_what_is_placed_breaks_the_sixth_promise(at: float) -> None:
    safe = ask(0, 503, problem("operation-not-applied", safe_new_key=True))

    assert promises(judge([safe], place(at, "o1"), [row("needs_operator")])) == {"I6"}


def test_a_safe_new_key_stays_right_when_the_client_itself_repeats_with_the_old_one() -> None:
    safe = ask(0, 503, problem("operation-not-applied", safe_new_key=True))

    assert judge([safe, ask(1, 201)], place(1.2, "o1"), [row()]).violations == []


def test_a_row_that_denies_a_placed_order_breaks_the_sixth_promise() -> None:
    pending = ask(0, 202, json.dumps({"operation_id": OPERATION}).encode())

    assert promises(judge([pending], place(0.2, "o1"), [row("not_applied")])) == {"I6"}


@pytest.mark.parametrize(("status", "body"), [(500, problem("internal-error")), (503, b"Service Unavailable")])
def test_a_bare_answer_is_caught(status: int, body: bytes) -> None:
    assert promises(judge([ask(0, status, body)], [], [])) == {"I0"}
