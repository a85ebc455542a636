"""Hypothesis strategies for what a backend answers, drawn from its OpenAPI document."""

from typing import Any

from hypothesis import strategies as st

from adapter.core.dialects import Dialect
from adapter.core.steps import Step
from adapter.lens.schemas import Schema
from adapter.lens.trees import parse_path
from adapter.qa.draws.schemas import values


def receipts(dialect: Dialect, step: str = "") -> st.SearchStrategy[Any]:
    """Answers to a placed order, by default those of the last step that a receipt is read from.

    Every one is as the document says and as the mapping's ``placed_if`` demands; nothing else of them is ordinary.
    """
    found = next(one for one in reversed(dialect.steps) if one.rows.name == step or (not step and one.rows.receipt))
    return answers(dialect, found)


def answers(dialect: Dialect, step: Step) -> st.SearchStrategy[Any]:
    """Answers of one step that say it was done."""
    done = [_demand(path, value) for path, value in dialect.mapping.outcomes.placed_if.items()]
    schema = {"allOf": [step.operation.answer, *done]} if done else step.operation.answer
    return values(schema, dialect.api)


def _demand(path: str, value: Any) -> Schema:
    """A schema of objects that have a value at a path."""
    schema: Schema = {"const": value}
    for key in reversed(parse_path(path).keys):
        schema = {"type": "object", "properties": {key: schema}, "required": [key]}
    return schema
