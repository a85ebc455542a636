"""Every dialect there is, shipped or made up, held to the same facts; a dialect needs no line here."""

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from adapter.cli.mapping import RECEIVED_AT, REFERENCE
from adapter.core.canonical import ENCODER, read_json, read_order
from adapter.core.dialects import Dialect
from adapter.core.ledger import make_ledger
from adapter.core.orders import make_context, map_out
from adapter.core.previews import imagine_calls
from adapter.core.tenancy.tenants import Tenant, stand_in
from adapter.errors import Problem
from adapter.lens.trees import leaves
from adapter.qa.draws.strategies import orders
from adapter.qa.known.known import say as say_order
from adapter.qa.laws.trips import check_agreement, check_round_trip
from adapter.shell.files import find_document

HERE = Path(__file__).parent
GOLDEN = HERE / "golden"


def say(dialect: Dialect, body: bytes) -> dict[str, Any]:
    """What becomes of an order in a dialect, as a golden file keeps it."""
    return say_order(stand_in(dialect, {}), body)


def make_usd_tenant(dialect: Dialect) -> Tenant:
    return stand_in(dialect, {"currency": "USD"} if "currency" in dialect.mapping.settings else {})


def test_an_order_is_said_as_its_golden_file_has_it(dialect: Dialect, order_name: str, order_body: bytes) -> None:
    """``UPDATE_GOLDEN=1`` writes the files anew; the diff is then for a person to read."""
    path = GOLDEN / dialect.name / f"{order_name}.json"
    said = json.loads(ENCODER.encode(say(dialect, order_body)))
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(said, indent=2, ensure_ascii=False) + "\n")
    assert said == json.loads(path.read_text())


def test_every_call_is_valid_against_the_backends_document(dialect: Dialect, order_body: bytes) -> None:
    tenant = stand_in(dialect, {})
    order = read_order(read_json(order_body), None)
    if "problem" in say(dialect, order_body):  # this dialect cannot say this order, and blames members of the order
        with pytest.raises(Problem) as caught:
            map_out(tenant, order, [], REFERENCE, RECEIVED_AT)
        assert all(fault.pointer.startswith("/") for fault in caught.value.faults)
        return
    calls = imagine_calls(map_out(tenant, order, [], REFERENCE, RECEIVED_AT))
    document = find_document(dialect.name, HERE / "fifth")
    for call in calls:
        operation = call.step.operation
        found = document["paths"][operation.path][operation.method.lower()]
        assert found["operationId"] == call.step.rows.operation
        if call.body:
            assert operation.body is not None
            schema = operation.body | {"components": document["components"]}
            body = json.loads(call.body.replace(b'"{kept.cart_id}"', f'"{REFERENCE}"'.encode()))
            assert not list(Draft202012Validator(schema, format_checker=FormatChecker()).iter_errors(body))


@pytest.mark.parametrize("ids", ["uuid", "va", "any"])
def test_orders_make_the_round_trip(dialect: Dialect, ids: str) -> None:
    tenant = make_usd_tenant(dialect)

    @settings(max_examples=40, deadline=None)
    @given(orders(ids))
    def trip(order: dict[str, Any]) -> None:
        context = make_context(tenant, order, REFERENCE, RECEIVED_AT)
        check_agreement(dialect.order, order, context)
        check_round_trip(dialect.order, order, context)

    trip()


def test_every_leaf_of_an_order_is_accounted_for_as_the_oracle_says(dialect: Dialect) -> None:
    tenant = make_usd_tenant(dialect)

    @settings(max_examples=60, deadline=None)
    @given(orders())
    def account(order: dict[str, Any]) -> None:
        context = make_context(tenant, order, REFERENCE, RECEIVED_AT)
        _, told = dialect.order.tell(order, context)
        ledger = dialect.ledgers.make(order, told, ()).lines
        assert list(ledger) == make_ledger(order, dialect.order.explain(order, context, "to_dialect").entries)
        there = {pointer for pointer, _ in leaves(order)}
        assert Counter(line.pointer for line in ledger if line.pointer in there) == Counter(there)
        assert {line.code for line in ledger if line.pointer not in there} <= {"constant", "defaulted"}

    account()


def test_receipts_read_alike_compiled_and_interpreted(dialect: Dialect) -> None:
    """Over answers made from the schema's example, with members missing at random."""
    document = find_document(dialect.name, HERE / "fifth")
    step = next(step for step in reversed(dialect.steps) if step.rows.receipt)
    responses = document["paths"][step.operation.path][step.operation.method.lower()]["responses"]
    example = next(r["content"]["application/json"]["example"] for s, r in responses.items() if s.startswith("2"))
    found = example[0] if step.rows.in_list else example
    tenant = stand_in(dialect, {})
    context = make_context(
        tenant, {"email": "a@example.com", "currency": "USD", "line_items": []}, REFERENCE, RECEIVED_AT
    )

    @settings(max_examples=60, deadline=None)
    @given(st.sets(st.sampled_from(sorted(found))))
    def read(missing: set[str]) -> None:
        answer = {name: value for name, value in found.items() if name not in missing}
        trace = dialect.receipt.explain(answer, context, "to_canonical")
        assert dialect.receipt.to_canonical(answer, context) == trace.target

    read()
    receipt = dialect.receipt.to_canonical(found, context)
    assert set(receipt) == {
        "id",
        "order_number",
        "email",
        "total",
        "currency",
        "status",
        "payment_status",
        "created_at",
    }
