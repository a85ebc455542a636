"""Known pairs: orders and answers, and what a person has agreed that a mapping makes of them.

Laws hold a mapping against itself and two schemas; that a street goes into the street and no other text of the same
type, only an example that somebody has looked at can tell.
"""

import copy
from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from typing import Any, NamedTuple

import msgspec

from adapter.core.canonical import ENCODER, read_json, read_order, unknown_members
from adapter.core.lookups import look_for, read_sight
from adapter.core.orders import Journey, map_out
from adapter.core.outcomes import Answered, judge
from adapter.core.previews import imagine_calls, show_call
from adapter.core.steps import Call
from adapter.core.tenancy.tenants import Tenant
from adapter.errors import Problem
from adapter.lens.trees import Tree, leaves
from adapter.qa.subjects.examples import RECEIVED_AT, REFERENCE, Pair

LOOK_UP = "look-up"

# Members in which we say the same in our own words, which may change while the meaning stays.
WORDING = frozenset({"detail", "reason", "title"})

# A pointer (of the whole: an empty one) and the value that stands there instead; alone where the member is away.
# Several pointers are of members that are away together.
Alteration = tuple[str | Sequence[str]] | tuple[str, Any]


class Family(NamedTuple):
    """A body, then the same with one thing otherwise at a time, and what each comes to under a tenant's settings.

    Without a ``call`` it is an order, with one the answer to that call (or the look-up), empty for none. What it
    comes to are the leaves of what is made of it; of the altered ones those that differ, null where it is gone.
    """

    settings: Tree
    call: str
    status: int
    body: Any
    comes_to: Tree
    otherwise: Sequence[tuple[Alteration, Tree]] = ()


class Known(NamedTuple):
    """What is known of one dialect: what orders are said as, by name, and families after the order ``after``."""

    orders: Mapping[str, bytes]
    said: Mapping[str, Tree]
    after: str = ""
    families: Sequence[Family] = ()


def expand(family: Family) -> Iterator[tuple[Any, Tree]]:
    """Each body of a family with all that it comes to."""
    yield family.body, family.comes_to
    for alteration, differing in family.otherwise:
        merged = {**family.comes_to, **differing}
        yield alter(family.body, alteration), {pointer: value for pointer, value in merged.items() if value is not None}


class Traveller(NamedTuple):
    """A tenant with an order on its way, and the calls it takes by name."""

    tenant: Tenant
    journey: Journey
    calls: Mapping[str, Call]


def set_out(tenant: Tenant, body: bytes) -> Traveller:
    """An order on its way; a ``Problem`` where it cannot be sent."""
    journey = depart(tenant, body)
    return Traveller(tenant, journey, {call.name: call for call in imagine_calls(journey)})


def come_to(traveller: Traveller, family: Family | Pair, body: Any) -> Tree:
    """The leaves of what is made of an order, or of an answer on the way of one."""
    if not family.call:
        return flatten(say(traveller.tenant, ENCODER.encode(body)))
    sent = Answered(family.status, {}, b"" if body is None else ENCODER.encode(body))
    if family.call == LOOK_UP:
        call = look_for(traveller.journey)
        sight = read_sight(traveller.journey, call, sent)
        return flatten({"call": show_call(call), "sight": sight._asdict() | {"taken": sight.taken._asdict()}})
    outcome = judge(traveller.journey, traveller.calls[family.call], sent)
    told = [(fault.pointer, fault.code) for fault in outcome.complaints]
    return flatten(outcome._asdict() | {"taken": outcome.taken._asdict(), "complaints": told})


def say(tenant: Tenant, body: bytes) -> Tree:
    """What becomes of an order: its calls and losses, or the problem, as JSON has them."""
    try:
        journey = depart(tenant, body)
    except Problem as problem:
        return plain({"problem": problem.document()})
    losses = [loss._asdict() for loss in journey.losses]
    return plain({"calls": [show_call(call) for call in imagine_calls(journey)], "losses": losses})


def depart(tenant: Tenant, body: bytes) -> Journey:
    """An order ready to be sent; a ``Problem`` where it cannot be."""
    decoded = read_json(body)
    order = read_order(decoded, tenant.settings.get("currency"))
    return map_out(tenant, order, unknown_members(decoded), REFERENCE, RECEIVED_AT)


def alter(body: Any, alteration: Alteration) -> Any:
    """A copy with one member otherwise, or several away."""
    pointer, *value = alteration
    if not isinstance(pointer, str):
        return reduce(lambda changed, one: alter(changed, (one,)), pointer, body)
    if not pointer:
        return value[0]
    changed = copy.deepcopy(body)
    *way, last = [key.replace("~1", "/").replace("~0", "~") for key in pointer.split("/")[1:]]
    here = changed
    for key in way:
        here = here[_index(here, key)]
    if value:
        here[_index(here, last)] = value[0]
    else:
        del here[_index(here, last)]
    return changed


def _index(holder: Any, key: str) -> Any:
    return int(key) if isinstance(holder, list) else key


def flatten(tree: Tree) -> Tree:
    """The leaves of a tree that say anything, by pointer, but for our own wording."""
    told = ((pointer, value) for pointer, value in leaves(plain(tree)) if value not in (None, {}, []))
    return {pointer: value for pointer, value in told if pointer.rpartition("/")[2] not in WORDING}


def plain(tree: Tree) -> Tree:
    """A tree as its JSON is decoded, where amounts are floats."""
    decoded: Tree = msgspec.json.decode(ENCODER.encode(tree))
    return decoded
