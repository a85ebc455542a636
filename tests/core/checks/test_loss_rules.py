"""What a tenant asks for that can never come about is told, and nothing that can."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given, settings

from adapter.core.canonical import read_json, read_order
from adapter.core.checks.loss_rules import check_policies, check_revision
from adapter.core.dialects import Dialect
from adapter.core.ledger import INDEX, Loss, list_losses, make_ledger
from adapter.core.orders import make_context, map_out
from adapter.core.tenancy.tenants import TenantRows
from adapter.errors import Problem
from adapter.qa.draws.strategies import orders
from tests.conftest import sample_tenant

RowsOf = Callable[..., TenantRows]

REFERENCE, RECEIVED_AT = "11111111-2222-4333-8444-555555555555", "2026-03-02T09:15:20Z"

# dialect, settings, a key of the policy, and whether some order has such a loss
POLICIES: tuple[tuple[str, dict[str, Any], str, bool], ...] = (
    ("lana", {}, "dropped /email", False),
    ("lana", {}, "/email", False),
    ("lana", {}, "/note", True),
    ("lana", {}, "null_omitted /note", False),
    ("lana", {}, "/line_items/*/size", True),
    ("lana", {}, "/line_items", True),
    ("lana", {}, "/line_items/*/quantity", False),
    ("lana", {}, "skipped", False),
    ("lana", {}, "dropped", True),
    ("lana", {}, "/shipping_address/state", True),
    ("enad", {}, "dropped /email", False),
    ("enad", {}, "null_omitted", True),
    ("stella_checkout", {}, "skipped /line_items", True),
    ("stella_checkout", {}, "skipped /email", False),
    ("stella_checkout", {}, "/phone", True),
    ("stella_checkout", {"last_step": "checkout"}, "skipped /note", True),
    ("stella_sync", {}, "dropped /note", False),
    ("stella_sync", {}, "*", True),
    ("stella_sync", {}, "unknown /source", True),
    ("stella_sync", {}, "unknown", True),
)


@pytest.mark.parametrize(("dialect", "setting", "key", "possible"), POLICIES)
def test_a_policy_of_a_loss_that_no_order_has_is_told(
    dialect: str, setting: dict[str, Any], key: str, possible: bool, rows_of: RowsOf, dialects: Mapping[str, Dialect]
) -> None:
    found = list(check_policies("shop", rows_of(dialect, setting, loss={key: "refuse"}), dialects[dialect]))

    assert [(finding.number, finding.severity, finding.at) for finding in found] == (
        [] if possible else [("T08", "warning", f"tenant.shop.loss.{key}")]
    )


def policies_of(losses: list[Loss]) -> dict[str, Any]:
    return {f"{loss.code} {INDEX.sub('/*', loss.pointer)}": "warn" for loss in losses if loss.code != "unknown"}


def test_no_policy_of_a_loss_that_an_order_has_is_told(dialect: Dialect) -> None:
    tenant = sample_tenant("shop", dialect, "http://backend.test", setting={"currency": "USD"})

    @settings(max_examples=60, deadline=None)
    @given(orders())
    def lose(order: dict[str, Any]) -> None:
        context = make_context(tenant, order, REFERENCE, RECEIVED_AT)
        ledger = make_ledger(order, dialect.order.explain(order, context, "to_dialect").entries)
        said = TenantRows(dialect=dialect.name, caller_keys=(), loss=policies_of(list_losses(ledger)))
        assert list(check_policies("shop", said, dialect)) == []

    lose()


def test_no_policy_of_a_loss_of_real_orders_is_told(dialect: Dialect, order_body: bytes) -> None:
    tenant = sample_tenant("shop", dialect, "http://backend.test")
    try:
        order = read_order(read_json(order_body), "USD")
        losses = list(map_out(tenant, order, [], REFERENCE, RECEIVED_AT).losses)
    except Problem:
        return  # not an order of this dialect, which is for other tests
    said = TenantRows(dialect=dialect.name, caller_keys=(), loss=policies_of(losses))
    assert list(check_policies("shop", said, dialect)) == []


@pytest.mark.parametrize(
    ("dialect", "setting", "shown"),
    [
        ("lana", {"last_step": "create"}, False),
        ("lana", {"last_step": "calculate"}, True),
        ("lana", {}, True),
        ("enad", {}, True),
        ("stella_checkout", {"last_step": "checkout"}, True),
    ],
)
def test_an_error_for_revisions_that_nothing_shows_is_told(
    dialect: str, setting: dict[str, Any], shown: bool, rows_of: RowsOf, dialects: Mapping[str, Dialect]
) -> None:
    found = list(check_revision("shop", rows_of(dialect, setting, revision="error"), dialects[dialect]))

    assert [(finding.number, finding.severity) for finding in found] == ([] if shown else [("T07", "warning")])
    assert list(check_revision("shop", rows_of(dialect, setting), dialects[dialect])) == []


def test_a_dialect_that_reads_no_order_back_shows_no_revision(rows_of: RowsOf, dialects: Mapping[str, Dialect]) -> None:
    blind = dialects["enad"]._replace(echo=None)
    assert [finding.rule for finding in check_revision("shop", rows_of("enad", revision="error"), blind)] == [
        "blind_revision"
    ]
