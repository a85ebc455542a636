"""A law of complaints: what a backend says of a place in its body reaches the client as the member that feeds it."""

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from typing import Any

import msgspec

from adapter.core.blame import explain_refusal
from adapter.core.files.mappings import Said
from adapter.core.orders import Journey
from adapter.core.previews import imagine_calls
from adapter.core.steps import Call
from adapter.errors import Fault, Problem
from adapter.lens.interpret import Entry
from adapter.lens.trees import Path, Tree, leaves, look, parse_path, place
from adapter.qa.subjects.broken import Broken, Moot, concern, find_row
from adapter.qa.subjects.examples import Passage, choose, depart, read
from adapter.qa.subjects.partitions import SAMPLES

# No backend has it, so what is heard is the place.
CODE = "wrong_in_some_way"
STATUS = 422

# Verdicts under which a member of the order stands there, and nothing else in its stead.
FEEDS = frozenset({"carried", "renamed", "converted", "joined", "copied"})

# Where a member's sample is what stands there already.
OTHERS = ("JPY", "X")


def check_complaint(passage: Passage) -> None:
    """Whoever is blamed for a place in a call's body feeds it: without that member, it says something else."""
    journey, pick = passage.leave(), passage.example.pick
    said = [one for one in journey.tenant.dialect.mapping.errors.said if one.place is not None]
    calls = [call for call in imagine_calls(journey) if call.body]
    concern(said and calls, "the mapping lists no place at which the backend complains of one")
    named = {call.name: call for call in calls}
    places = [
        (call.name, pointer) for call in calls for pointer, _ in leaves(msgspec.json.decode(call.body)) if pointer
    ]
    concern(places, "its calls say nothing")
    name, where = choose(places, pick)
    answer = place_complaint(said[pick % len(said)], named[name], where)
    if answer is None:
        raise Moot(f"what complains in this way cannot name {where}")
    for fault in explain_refusal(journey, named[name], STATUS, answer):
        _check_blamed(passage, journey, named[name], where, fault)


def place_complaint(said: Said, call: Call, where: str) -> Tree | None:
    """An answer that complains of a place, in the way that ``said`` reads; None where it cannot name that place."""
    keys = where.split("/")[1:]
    keys = keys[1:] if call.step.rows.in_list else keys
    inside = list(parse_path(said.inside).keys)
    if keys[: len(inside)] != inside or not keys[len(inside) :]:
        return None
    keys = keys[len(inside) :]
    item: Any = {}
    if said.place == ".":
        item = ".".join(keys) + (f"{said.until} {CODE}" if said.until else "")
    else:
        place(item, parse_path(str(said.place)), [said.after, *keys] if said.after else ".".join(keys))
        if said.code != ".":
            place(item, parse_path(said.code), CODE)
    return _wrap(item, said.at)


def _wrap(item: Any, at: str) -> Tree | None:
    """The answer in which an item stands at a path."""
    path = parse_path(at.removesuffix("[]"))
    value = [item] if at.endswith("[]") else item
    if not path.keys:
        return value if isinstance(value, dict) else None
    answer: Tree = {}
    place(answer, Path(path.keys), value)
    return answer


def _check_blamed(passage: Passage, journey: Journey, call: Call, where: str, fault: Fault) -> None:
    if not fault.pointer:
        if _feeding(journey, call, where):
            message = f"{call.name} {where}: nobody is told of it ({fault.code})"
            raise Broken(message, pointer=where, row=find_writing_row(journey, call, where))
        return
    idle = look(passage.order, fault.pointer) is None or not _feeding(journey, call, where)
    if idle and fault.pointer in _could_feed(journey, call, where):
        return  # it could have said what stands there in its place, or said what was left out
    said = _look_in(call.body, where)
    if all(_says(passage, changed, call, where) == said for changed in _change(passage.order, fault.pointer)):
        message = f"is blamed for {call.name} {where}, which it does not feed"
        raise Broken(message, pointer=fault.pointer, row=find_writing_row(journey, call, where))


def _change(order: Tree, pointer: str) -> Iterator[Tree]:
    """The order without a member, and with others in its place."""
    above, _, key = pointer.rpartition("/")
    for value in (None, SAMPLES.get(key, {}), *OTHERS):
        changed = deepcopy(order)
        holder = look(changed, above)
        if isinstance(holder, list):
            holder[int(key)] = {"quantity": 1}
        elif isinstance(holder, dict):
            holder.pop(key, None)
            holder |= {} if value is None else {key: value}
        yield changed


def _says(passage: Passage, order: Tree, call: Call, where: str) -> Any:
    """What the same call says at a place for another order; nothing where that order cannot be placed."""
    try:
        found = depart(passage.subject.tenant, order, read(passage.subject.tenant, order))
    except Problem:
        return None
    if isinstance(found, Problem):
        return None
    body = next((other.body for other in imagine_calls(found) if other.name == call.name), b"")
    return _look_in(body, where) if body else None


def _look_in(body: bytes, where: str) -> Any:
    """What is there, in a list of one, since a null is not nothing."""
    found = dict(leaves(msgspec.json.decode(body)))
    return [found[where]] if where in found else None


def _feeding(journey: Journey, call: Call, where: str) -> Sequence[str]:
    """Canonical members that arrived exactly there, as the oracle tells."""
    return _members_at(journey, call, where, lambda entry: entry.after is not None and entry.verdict in FEEDS)


def _could_feed(journey: Journey, call: Call, where: str) -> Sequence[str]:
    """Canonical members of the rows that write there."""
    return _members_at(journey, call, where, lambda _: True)


def _members_at(journey: Journey, call: Call, where: str, wanted: Callable[[Entry], bool]) -> Sequence[str]:
    within = _within(call, where)
    entries = [entry for entry in journey.explain() if within in entry.dialect and wanted(entry)]
    return [pointer for entry in entries for pointer in entry.canonical]


def find_writing_row(journey: Journey, call: Call, where: str) -> str:
    """The row that wrote a place of a call's body."""
    return find_row(journey.explain(), _within(call, where), "dialect")


def _within(call: Call, where: str) -> str:
    """The place in the mapped order that a place in a call's body is."""
    rows = call.step.rows
    part = rows.for_each or rows.send or "."
    index = call.name.removeprefix(rows.name).strip("[]")
    inside = "".join(f"/{key}" for key in (*parse_path(part).keys, *([index] if index else [])))
    return inside + (where.removeprefix("/0") if rows.in_list else where)
