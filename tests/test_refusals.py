"""Every code of the gateway's own refusals has a row in the table, and every row is a code that something gives."""

import ast
import inspect
from collections.abc import Iterator

import pytest

from adapter.core.canonical import read_json, read_order
from adapter.core.complaints import COMPLAINTS
from adapter.core.ledger import LOSSES
from adapter.core.orders import map_out
from adapter.errors import PROBLEMS, REFUSALS, Fault, Problem
from adapter.lens.codecs import CodecError
from tests.conftest import DIALECTS, ORDERS, sample_tenant
from tests.test_architecture import MODULES

# Where a code is handed to an error: the callable, and the place of its code.
TAKES = {"Fault": 1, "CodecError": 1}


def given_codes() -> Iterator[str]:
    """Codes that are written where a fault is made, also under a name of the same module."""
    yield inspect.signature(CodecError).parameters["code"].default
    for path in MODULES.values():
        tree = ast.parse(path.read_text())
        names = {
            target.id: node.value.value
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in TAKES:
                at = TAKES[node.func.id]
                code = node.args[at] if len(node.args) > at else None
                found = code.value if isinstance(code, ast.Constant) else names.get(getattr(code, "id", ""))
                if isinstance(found, str):
                    yield found


def test_the_table_has_the_codes_that_are_given_and_no_others() -> None:
    assert set(given_codes()) == REFUSALS.keys()


def test_a_code_means_one_thing() -> None:
    assert REFUSALS.keys() & (COMPLAINTS.keys() | LOSSES) == set()
    assert {row.problem for row in REFUSALS.values()} <= PROBLEMS.keys()
    assert {row.who for row in REFUSALS.values()} <= {"buyer", "caller", "operator"}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("order_name", ORDERS)
def test_a_real_order_is_refused_by_codes_of_its_problem(dialect: str, order_name: str) -> None:
    tenant = sample_tenant("shop", DIALECTS[dialect], "http://backend.test")
    faults: tuple[Fault, ...] = ()
    kind = ""
    try:
        order = read_order(read_json(ORDERS[order_name]), None)
        map_out(tenant, order, [], "11111111-2222-4333-8444-555555555555", "2026-03-02T09:15:20Z")
    except Problem as problem:
        faults, kind = problem.faults, problem.kind
    assert {REFUSALS[fault.code].problem for fault in faults} <= {kind}
