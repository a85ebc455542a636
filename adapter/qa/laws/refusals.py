"""Laws of what is refused: an optional member breaks nothing, and whoever errs is told the very member."""

from collections.abc import Iterable, Iterator
from copy import deepcopy
from typing import Any

from adapter.core.canonical import SCHEMAS
from adapter.errors import Fault, Problem
from adapter.lens.trees import Tree, look
from adapter.qa.subjects.broken import Broken, concern, demand
from adapter.qa.subjects.examples import Passage, choose, depart, read
from adapter.qa.subjects.layout import as_pattern
from adapter.qa.subjects.partitions import SAMPLES


def check_told(passage: Passage) -> None:
    """A body with one member just outside of the canonical order is refused, and that member alone is named."""
    broken = passage.example.broken
    concern(broken, "nothing in it is spoilt")
    try:
        order = passage.order
    except Problem as problem:
        demand(bool(problem.faults), f"is refused and nobody is named: {problem}", pointer=broken)
        _check_faults(problem.faults, broken, "is told in place of what was spoilt")
        return
    raise Broken(f"{look(order, broken)!r} is accepted", pointer=broken)


def check_monotone(passage: Passage) -> None:
    """An accepted order that says one more thing is accepted, unless that thing itself is wrong."""
    passage.leave()
    free = [place for place in _optional(passage.order) if look(passage.order, "".join(place)) is None]
    concern(free, "it says everything already")
    place, name = choose(free, passage.example.pick)
    value = SAMPLES[name] if name != "billing_address" else passage.order["shipping_address"]
    _try_change(passage, place, name, value, "is refused once it is said")


def check_refusal(passage: Passage) -> None:
    """An accepted order that no longer says one thing is accepted, or that thing is what is told to be missing."""
    passage.leave()
    said = [place for place in _optional(passage.order) if look(passage.order, "".join(place)) is not None]
    concern(said, "it says nothing that it need not")
    _try_change(passage, *choose(said, passage.example.pick), None, "is blamed for what another lacks")


def _try_change(passage: Passage, place: str, name: str, value: Any, why: str) -> None:
    """Change one member of an accepted order; any complaint must be about it, or about what depends on it."""
    pointer = f"{place}{name}"
    body = deepcopy(passage.order)
    holder = look(body, place.rstrip("/"))
    holder.pop(name, None)
    if value is not None:
        holder[name] = deepcopy(value)
    tenant = passage.subject.tenant
    try:
        found = depart(tenant, body, read(tenant, body))
    except Problem as problem:
        found = problem
    if isinstance(found, Problem):
        depending = passage.subject.depending.get(as_pattern(pointer), frozenset())
        _check_faults([fault for fault in found.faults if as_pattern(fault.pointer) not in depending], pointer, why)


def _check_faults(faults: Iterable[Fault], pointer: str, why: str) -> None:
    for fault in faults:
        if fault.pointer != pointer and not fault.pointer.startswith(f"{pointer}/"):
            raise Broken(f"{why} ({fault.code}: {fault.detail})", pointer=fault.pointer or pointer)


def _optional(order: Tree) -> Iterator[tuple[str, str]]:
    """Members that an order need not have: the place of each, with its slash, and its name.

    The currency is left out: all amounts depend on it.
    """
    objects = [("/", "Order"), *((f"/line_items/{i}/", "LineItem") for i in range(len(order["line_items"])))]
    objects += [(f"/{name}/", "Address") for name in ("shipping_address", "billing_address") if order.get(name)]
    for place, owner in objects:
        schema = SCHEMAS[owner]
        optional = schema["properties"].keys() - set(schema.get("required", ())) - {"currency"}
        yield from ((place, name) for name in sorted(optional))
