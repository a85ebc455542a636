"""Hypothesis strategies for what a backend answers: its document's example with members changed, missing or null."""

import re
from collections.abc import Iterator
from copy import deepcopy
from decimal import Decimal
from typing import Any, NamedTuple

from hypothesis import strategies as st

from adapter.core.steps import Step
from adapter.lens.schemas import SchemaView
from adapter.lens.trees import Tree, leaves, look
from adapter.qa.draws.dice import Dice, roll
from adapter.qa.subjects.examples import Answered, Example, Subject
from adapter.qa.subjects.layout import find_member
from adapter.qa.subjects.partitions import ABSENT, CURRENCIES, TEXTS

# What an answer is about, with the total that it may leave out.
BODY: Tree = {
    "email": "m@example.com",
    "payment_method": "cod",
    "currency": "USD",
    "total": 12,
    "line_items": [{"quantity": 1, "price": 12}],
    "shipping_address": {},
}

# How many changes an answer has, and the bytes for them, the step and the order's currency; see ``Dice``.
HOW_MANY = (0, 1, 1, 2, 3)
OF_ANSWER = 3 + 3 * 3

# Whole numbers, and where a schema allows them amounts: half of the smallest one of currencies with two, no and three
# decimals, once beside an even digit and once beside an odd one, one decimal more than that, below nothing, and huge.
NUMBERS = (0, 1, -1, 12, 1005, 10**12)
AMOUNTS = tuple(
    Decimal(text)
    for text in ("10.005", "10.015", "0.5", "1.5", "1.0005", "1.0015", "0.0001", "12.50", "-0.01", "-10.005", "1E+14")
)

# An example that is an amount written as a text.
AMOUNT = re.compile(r"[0-9]+\.[0-9]+")

# Currencies as an answer says them, and the order's own where it says none.
CODES = [code for code in CURRENCIES if code.isupper()]

Changes = list[tuple[str, list[Any]]]


class Answerable(NamedTuple):
    """A step whose answer holds a receipt: the document's example of one, what each leaf of that may be instead."""

    step: Step
    example: Any
    changes: Changes


@st.composite
def answers(draw: st.DrawFn, steps: list[Answerable]) -> Example:
    """An answer with up to three changes."""
    dice = Dice(draw(roll(OF_ANSWER)))
    step, example, changes = dice.pick(steps)
    document = deepcopy(example)
    for _ in range(dice.pick(HOW_MANY)):
        pointer, values = dice.pick(changes)
        put(document, pointer, dice.pick(values))
    return Example(BODY | {"currency": dice.pick(CODES)}, answer=Answered(step, document))


def list_answers(subject: Subject) -> list[Answerable]:
    """Each step whose answer holds a receipt, if the document has an example of one."""
    found = []
    for step in subject.dialect.steps:
        example = find_example(subject.dialect.api, step)
        if step.rows.receipt and example is not None:
            view = SchemaView(step.operation.answer, subject.dialect.api)
            found.append(Answerable(step, example, list(_changes(example, view))))
    return found


def find_example(api: Tree, step: Step) -> Any:
    """The document's example of a success of a step; None where it has none."""
    operation = api["paths"][step.operation.path][step.operation.method.lower()]
    for status, response in operation["responses"].items():
        if status.startswith("2"):
            example = response.get("content", {}).get("application/json", {}).get("example")
            if example is not None:
                return example
    return None


def _changes(example: Any, view: SchemaView) -> Iterator[tuple[str, list[Any]]]:
    for pointer, value in leaves(example):
        member = find_member(view, pointer)
        listed = member.listed() if member is not None else []
        yield pointer, [ABSENT, None, *listed, *_list_like(value, member)]


def _list_like(value: Any, member: SchemaView | None) -> Iterator[Any]:
    """Values of the kind that an example has: an amount's text is one of amounts, a currency's of currencies."""
    if isinstance(value, str):
        yield from (text for text in TEXTS.values() if text is not None)
        yield from CODES if value in CURRENCIES else ()
        yield from (f"{amount:f}" for amount in AMOUNTS) if AMOUNT.fullmatch(value) else ()
    elif isinstance(value, (int, float)):
        yield from NUMBERS
        yield from AMOUNTS if member is None or "number" in member.types() else ()


def put(document: Any, pointer: str, value: Any) -> None:
    """Put a value in the place of a member, or take the member away."""
    above, _, name = pointer.rpartition("/")
    holder = look(document, above)
    if isinstance(holder, dict):
        holder.pop(name, None)
        if value is not ABSENT:
            holder[name] = value
