"""Answers with one member otherwise at a time, each member that a row reads: none is left to chance."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from adapter.lens.fit import explain_value
from adapter.lens.schemas import SchemaView
from adapter.lens.trees import Tree
from adapter.qa.draws.answer_draws import BODY, Answerable, list_answers, put
from adapter.qa.draws.order_sweeps import list_bare
from adapter.qa.subjects.examples import Answered, Example, Subject
from adapter.qa.subjects.layout import as_pattern, find_member, list_pointers, list_read
from adapter.qa.subjects.partitions import ABSENT, IDS

# Texts that codecs of ids and of times tell apart, a leap second among them, and one that is neither.
TEXTS = (
    IDS[0],
    "2026-03-02T09:15:27Z",
    "2026-03-02T09:15:27.000Z",
    "2026-03-02 09:15:27",
    "2016-12-31T23:59:60Z",
    "Chestnut 9",
)


def show_answers(subject: Subject) -> Iterator[Example]:
    """Each answer as the document shows it."""
    return (Example(BODY, answer=Answered(one.step, one.example)) for one in list_answers(subject))


def sweep_answers(subject: Subject) -> Iterator[Example]:
    """Each answer as the document shows it, then with one member of those that rows read otherwise.

    A member that is away is so after orders too that could not stand in for it.
    """
    read, bare = list_read(subject.dialect), list(list_bare(subject))
    yield from show_answers(subject)
    for one in list_answers(subject):
        view = SchemaView(one.step.operation.answer, subject.dialect.api)
        for pointer in list_pointers(one.example):
            pattern = as_pattern(pointer.removeprefix("/0" * one.step.rows.in_list))
            if pattern in read:
                member = find_member(view, pointer)
                yield from (_answer(BODY, one, pointer, value) for value in _list_values(member, read[pattern]))
                yield from (_answer(body, one, pointer, ABSENT) for body in bare)


def _list_values(member: SchemaView | None, known: list[Any]) -> Iterator[Any]:
    """What a member may be instead: nothing, and whatever of all this its schema allows."""
    yield ABSENT
    listed = [*member.listed(), "something else"] if member is not None and member.listed() else []
    for value in {repr(value): value for value in (None, [], *listed, *known, *TEXTS)}.values():
        if member is None or not explain_value(value, member):
            yield value


def _answer(body: Tree, one: Answerable, pointer: str, value: Any) -> Example:
    document = deepcopy(one.example)
    put(document, pointer, value)
    return Example(body, answer=Answered(one.step, document))
