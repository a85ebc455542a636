"""Hypothesis strategies for what a backend answers: its document's example with members changed, missing or null."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any, NamedTuple

from hypothesis import strategies as st

from adapter.core.steps import Step
from adapter.lens.schemas import SchemaView
from adapter.lens.trees import Tree, leaves, look
from adapter.qa.dice import Dice, roll
from adapter.qa.examples import Answered, Example, Subject
from adapter.qa.partitions import ABSENT, TEXTS

# What an answer is about, with the total that it may leave out.
BODY: Tree = {
    "email": "m@example.com",
    "payment_method": "cod",
    "currency": "USD",
    "total": 12,
    "line_items": [{"quantity": 1, "price": 12}],
    "shipping_address": {},
}

# How many changes an answer has, and the bytes for them and the step; see ``Dice``.
HOW_MANY = (0, 1, 1, 2, 3)
OF_ANSWER = 2 + 3 * 3

NUMBERS = (0, 1, -1, 12, 10**12)

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
    return Example(BODY, answer=Answered(step, document))


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
        member: SchemaView | None = view
        for key in pointer.split("/")[1:]:
            member = member and (member.item() if key.isdigit() else member.member((key,)))
        listed = member.listed() if member is not None else []
        numbers = NUMBERS if isinstance(value, int) else ()
        texts = tuple(text for text in TEXTS.values() if text is not None) if isinstance(value, str) else ()
        yield pointer, [ABSENT, None, *listed, *numbers, *texts]


def put(document: Any, pointer: str, value: Any) -> None:
    """Put a value in the place of a member, or take the member away."""
    above, _, name = pointer.rpartition("/")
    holder = look(document, above)
    if isinstance(holder, dict):
        holder.pop(name, None)
        if value is not ABSENT:
            holder[name] = value
