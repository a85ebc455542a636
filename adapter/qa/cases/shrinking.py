"""A case made smaller, as long as it shows the same slip."""

import time
from collections.abc import Iterator
from copy import deepcopy
from math import inf
from typing import Any

from msgspec import structs

from adapter.lens.trees import Tree, look
from adapter.qa.cases.cases import Case, find_broken
from adapter.qa.cases.redaction import Holds, list_ours, redact_case
from adapter.qa.laws.laws import Law
from adapter.qa.subjects.examples import Subject


def settle_case(law: Law, subject: Subject, case: Case, until: float = inf) -> Case:
    """The case as it is kept: small, as far as the time goes (``until`` on the monotonic clock), and nobody's data."""
    hold = shows(law, subject, case)
    return redact_case(shrink_case(case, hold, until), list_ours(subject.dialect.api), hold)


def shows(law: Law, subject: Subject, first: Case) -> Holds:
    """Whether a changed case shows the slip that it says, and the case with what is said of it then.

    Members that give a slip its place may have another name by then; what was spoilt in the first case stays.
    """
    spoilt = _look_around(first)

    def hold(case: Case) -> Case | None:
        if _look_around(case) != spoilt:
            return None
        broken = find_broken(law, subject, case.example(subject))
        if broken is None or broken.slip(law.name) != case.slip():
            return None
        return structs.replace(case, pointer=broken.pointer, message=broken.message)

    return hold


def _look_around(case: Case) -> tuple[bool, Any]:
    """The member that was spoilt, which must stay, and whether the object is there that it is missing from."""
    above = case.broken.rpartition("/")[0]
    return not case.broken or look(case.order, above) is not None, case.broken and look(case.order, case.broken)


def shrink_case(case: Case, hold: Holds, until: float = inf) -> Case:
    """Leave out whatever the slip does not need: members, lines, whole addresses."""
    smaller = True
    while smaller:
        smaller = False
        for order in _without_one(case.order):
            if time.monotonic() >= until:
                return case
            found = hold(structs.replace(case, order=order))
            if found is not None:
                case, smaller = found, True
                break
    return case


def _without_one(order: Tree) -> Iterator[Tree]:
    """The order less each member or item in turn, the largest first."""
    for pointer in sorted(_inner(order, ""), key=lambda pointer: pointer.count("/")):
        above, _, key = pointer.rpartition("/")
        smaller = deepcopy(order)
        holder = look(smaller, above)
        del holder[int(key) if isinstance(holder, list) else key]
        yield smaller


def _inner(node: Any, here: str) -> Iterator[str]:
    named = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in named:
        if "/" not in str(key) and "~" not in str(key):
            yield f"{here}/{key}"
            yield from _inner(value, f"{here}/{key}")
