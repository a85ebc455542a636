"""The report on a switch: every member once, columns that fit, and the same for machines."""

import json

import pytest

from adapter.core.canonical import ENCODER
from adapter.core.handbook.sheets import Sheet, plain
from adapter.core.tenancy.tenants import stand_in
from adapter.errors import Fault
from adapter.qa.switches.diff import Change, Diff, compare
from adapter.qa.switches.report import TITLES, as_document, write_report
from adapter.qa.switches.trials import Attempt, Trial
from tests.conftest import DIALECTS

PAIRS = [(before, after) for before in DIALECTS for after in DIALECTS]

TAKEN = Attempt(("/email", "/line_items/0/name", "/line_items/1/name"), {"/note": "no notes"})
THIN = Attempt(("/email", "/note"), {"/line_items/0/name": "x", "/line_items/1/name": "x"})
FAULTS = (
    *(Fault(f"/line_items/{index}/price", "required", f"line {index}") for index in range(3)),
    Fault("", "tenant_setting", "y"),
)
TRIALS = [
    Trial("changed", TAKEN, THIN),
    Trial("refused", TAKEN, Attempt(problem="unmappable-order", faults=FAULTS)),
    Trial("unreadable", Attempt(problem="unreadable-body"), Attempt(problem="unreadable-body")),
]


def switch(before: str, after: str) -> Diff:
    return compare(stand_in(DIALECTS[before], {}), stand_in(DIALECTS[after], {}))


def sheets(trials: list[Trial] | None = None) -> dict[str, Sheet]:
    return {sheet.title: sheet for sheet in write_report(switch("lana", "enad"), trials)}


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_every_member_stands_in_one_sheet_and_every_row_fits_its_columns(before: str, after: str) -> None:
    diff = switch(before, after)
    report = write_report(diff, TRIALS)
    for sheet in report:
        assert {len(row) for row in sheet.rows} <= {len(sheet.columns)}
    for part in ("order", "receipt"):
        told = [plain(row[0]) for sheet in report if sheet.title.startswith(f"{part.title()}: ") for row in sheet.rows]
        assert sorted(told) == sorted(member.path for member in diff.members if member.part == part)


def test_the_overview_counts_every_change() -> None:
    overview = sheets()["Members by what becomes of them"]
    assert [row[0] for row in overview.rows] == [TITLES[change] for change in Change]
    assert sum(int(row[1]) + int(row[2]) for row in overview.rows) == len(switch("lana", "enad").members)


def test_the_verdict_is_told_first() -> None:
    assert write_report(switch("lana", "enad"), None)[0].about == "Something is lost by the switch."
    assert write_report(switch("enad", "stella_sync"), None)[0].about == "No member is lost by the switch."
    costs = write_report(switch("enad", "stella_sync"), TRIALS)[0].about
    assert costs == "No member is lost by the switch. It costs 2 of your 3 orders something."


def test_orders_are_told_with_what_stops_starts_and_why_they_are_refused() -> None:
    found = sheets(TRIALS)
    assert found["Your orders, one by one"].rows == (
        ("changed", "taken", "taken", "`line_items[].name` (2)", "`note`"),
        ("refused", "taken", "refused", "-", "-"),
        ("unreadable", "refused", "refused", "-", "-"),
    )
    assert found["Their members"].rows == (("`line_items[].name`", "1", "0"), ("`note`", "0", "1"))
    assert found["Why orders are refused"].rows == (
        ("refused", "to enad", "`line_items[].price` (3)", "required", "line 0"),
        ("refused", "to enad", "", "tenant_setting", "y"),
        ("unreadable", "from lana", "", "unreadable-body", ""),
        ("unreadable", "to enad", "", "unreadable-body", ""),
    )


def test_without_orders_nothing_is_said_of_any() -> None:
    assert not any("orders" in title for title in sheets(None))


def test_machines_are_told_the_same() -> None:
    diff = switch("lana", "enad")
    told = json.loads(ENCODER.encode(as_document(diff, TRIALS)))
    assert (told["before"], told["after"], told["loses"]) == ("lana", "enad", True)
    assert [(member["path"], member["change"]) for member in told["members"]] == [
        (member.path, member.change) for member in diff.members
    ]
    assert "`" not in json.dumps(told["facts"])
    changed, refused, _ = told["orders"]
    assert (changed["stops"], changed["starts"]) == (["/line_items/0/name", "/line_items/1/name"], ["/note"])
    assert refused["after"]["taken"] is False
    assert refused["after"]["faults"][0] == {"pointer": "/line_items/0/price", "code": "required", "detail": "line 0"}
    assert told["summary"]["orders"] == 3


def test_a_switch_without_losses_that_an_order_does_not_survive_loses() -> None:
    diff = switch("enad", "stella_sync")
    assert as_document(diff, None)["loses"] is False
    assert "orders" not in as_document(diff, None)
    assert as_document(diff, TRIALS[1:2])["loses"] is True
