"""A law of what is taken: an order inside the schema, whose values our own tables know, is one for the gateway too.

Without it an order that is refused by mistake would be left out of all other laws, since to them it is no order.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from adapter.core.canonical import ADDRESSES, ORDER_VALIDATOR
from adapter.errors import Problem
from adapter.lens.trees import Tree, leaves
from adapter.qa.laws.amounts import make_finer
from adapter.qa.subjects.broken import Broken, concern, demand
from adapter.qa.subjects.examples import Passage, read
from adapter.qa.subjects.partitions import COUNTRIES, CURRENCIES, MOST_DECIMALS, TOO_MUCH


def check_taken(passage: Passage) -> None:
    """An order that is inside the schema is taken, where our own tables tell what its values mean.

    With half a cent more in its amounts it is not.
    """
    body = passage.example.body
    concern(ORDER_VALIDATOR.is_valid(body), "it is not inside the schema")
    concern(_is_known(body, passage.subject.tenant.settings.get("currency")), "our tables do not know all of it")
    refused = _find_refusal(lambda: passage.order)
    if refused is not None:
        fault = next(iter(refused.faults), None)
        raise Broken(f"is refused: {fault.detail if fault else refused}", pointer=fault.pointer if fault else "")
    finer = make_finer(passage.order)
    if finer is not None:
        refused = _find_refusal(lambda: read(passage.subject.tenant, passage.order | finer))
        named = {fault.pointer for fault in refused.faults} if refused is not None else set()
        for pointer, amount in leaves(finer):
            demand(pointer in named or not isinstance(amount, Decimal), f"{amount} is taken", pointer=pointer)


def _find_refusal(reads: Callable[[], Tree]) -> Problem | None:
    """Why there is no order, if there is none."""
    try:
        reads()
    except Problem as problem:
        return problem
    return None


def _is_known(body: Tree, default_currency: Any) -> bool:
    """Whether it has currencies and countries of our tables, and amounts that those currencies can have."""
    currency = str(body.get("currency") or "").strip() or default_currency
    digits = MOST_DECIMALS if currency is None else CURRENCIES.get(str(currency))
    countries = [str((body.get(name) or {}).get("country") or "").strip() for name in ADDRESSES]
    if digits is None or not body["payment_method"].strip() or not all(one in COUNTRIES for one in countries if one):
        return False
    whole = all(isinstance(line["quantity"], int) for line in body["line_items"])  # 1.0 is one as well, by the schema
    return whole and all(_can_be(amount, digits) for amount in _list_amounts(body))


def _list_amounts(body: Tree) -> Iterator[Any]:
    amounts = (body.get("subtotal"), body.get("total"), *(line.get("price") for line in body["line_items"]))
    return (amount for amount in amounts if amount is not None)


def _can_be(amount: Any, digits: int) -> bool:
    """Whether it is an amount of ordinary size, with no more decimals than its currency has."""
    return amount < TOO_MUCH and Decimal(amount) == round(Decimal(amount), digits)
