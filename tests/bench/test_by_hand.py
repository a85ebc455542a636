"""What is written by hand gives the same documents and receipts as the lenses that it is a measure of."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from adapter.bench.by_hand import BY_HAND
from adapter.bench.lenses import settle_context
from adapter.cli.bench import LINES, SECRET, make_order, move
from adapter.cli.benched import record_answers
from adapter.cli.demo import SHOPS
from adapter.core.canonical import read_json, read_order
from adapter.core.tenancy.tenants import Tenant, stand_in
from adapter.errors import Unmappable
from adapter.lens.codecs import CodecError
from adapter.lens.trees import Tree
from adapter.shell.files import load_dialects
from tests.conftest import HERE

TENANTS = {name: stand_in(dialect, SHOPS[name].settings) for name, dialect in load_dialects().items()}
ORDERS = {path.stem: path.read_bytes() for path in sorted((HERE / "orders").glob("*.json"))}


def test_there_is_one_for_each_shipped_mapping() -> None:
    assert BY_HAND.keys() == TENANTS.keys()


@pytest.mark.parametrize("name", TENANTS)
@pytest.mark.parametrize("lines", LINES)
def test_the_orders_of_the_bench_become_the_same(name: str, lines: int) -> None:
    compare(TENANTS[name], make_order(name, lines), BY_HAND[name].to_dialect)


@pytest.mark.parametrize("name", TENANTS)
@pytest.mark.parametrize("order", ORDERS)
def test_orders_of_real_shops_become_the_same_or_neither_becomes_any(name: str, order: str) -> None:
    compare(TENANTS[name], ORDERS[order], BY_HAND[name].to_dialect)


def compare(tenant: Tenant, body: bytes, function: Callable[[Tree, Tree], Tree]) -> bool:
    """Hold a function to what the lens makes of an order; whether that is a document."""
    order = read_order(read_json(body), tenant.settings.get("currency"))
    context = settle_context(tenant, order)
    try:
        document = tenant.dialect.order.to_dialect(order, context)
    except Unmappable:
        with pytest.raises(CodecError):
            function(order, context)
        return False
    assert function(order, context) == document
    return True


@pytest.mark.parametrize("name", TENANTS)
def test_an_answer_becomes_the_same_receipt_whatever_it_lacks(name: str, tmp_path: Path) -> None:
    tenant, body = TENANTS[name], make_order(name, 1)
    answers = asyncio.run(record_answers(lambda url: move(tenant, url), SECRET, body, tmp_path))
    answer = msgspec.json.decode([*answers.values()][-1].body)
    context = settle_context(tenant, read_order(read_json(body), "USD"))

    assert len(tenant.dialect.receipt.to_canonical(answer, context)) == 8
    for shown in (answer, *lacking(answer)):
        receipt = tenant.dialect.receipt.to_canonical(shown, context)
        assert BY_HAND[name].to_canonical(shown, context) == receipt


def lacking(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """The answer without one of its members, or with it as null; of Enad's, of those inside."""
    inside = answer.get("data", answer)
    parts = [{key: value for key, value in inside.items() if key != name} for name in inside]
    parts += [inside | {name: None} for name in inside]
    return [{**answer, "data": part} if "data" in answer else part for part in parts]
