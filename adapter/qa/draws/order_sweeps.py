"""Orders with one thing otherwise at a time, and two where one decides on the other: none is left to chance."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from adapter.core.canonical import COMPONENTS, ORDER_SCHEMA, SCHEMAS
from adapter.core.dialects import Dialect
from adapter.core.orders import Journey
from adapter.lens.schemas import SchemaView
from adapter.lens.trees import Tree, look, parse_path
from adapter.qa.draws.answer_draws import put
from adapter.qa.draws.fitting import find_fitting
from adapter.qa.known.order_drafts import list_asked
from adapter.qa.subjects.examples import Example, Subject
from adapter.qa.subjects.layout import find_member, list_pointers
from adapter.qa.subjects.partitions import ABSENT, CURRENCIES, IDS, NAMES, PLACES, SAMPLES

# A country whose addresses need no subdivision, with one that nobody knows.
NOWHERE = ("FR", "Chestnut 9", "75001")

VIEW = SchemaView(ORDER_SCHEMA, COMPONENTS)


def sweep_orders(subject: Subject) -> Iterator[Example]:
    """An order that says all it can, and what departs from it in one member, or in a bundle that belongs together."""
    full = make_full(subject.dialect)
    for base in (full, *(_change(full, pointer, value) for pointer, value in _list_values(subject.dialect))):
        yield from sweep_members(base)
        yield from _sweep_pairs(subject, base)
    yield from _sweep_bundles(full)
    yield from map(Example, list_bare(subject))


def sweep_members(base: Tree) -> Iterator[Example]:
    """An order, then the same with each member away or null."""
    yield Example(base)
    for pointer in list_pointers(base):
        yield from (Example(_change(base, pointer, value)) for value in _list_silences(pointer))


def make_full(dialect: Dialect) -> Tree:
    """An order with every member, and ids such as the dialect takes."""
    fitting = find_fitting(dialect, IDS)
    address = {name: SAMPLES[name] for name in SCHEMAS["Address"]["properties"]}
    line = {name: SAMPLES[name] for name in SCHEMAS["LineItem"]["properties"] if name in SAMPLES} | {"quantity": 2}
    order = {name: SAMPLES[name] for name in SCHEMAS["Order"]["properties"] if name in SAMPLES}
    return (
        order
        | _pick(order, fitting)
        | {
            "email": "m@example.com",
            "payment_method": "cod",
            "currency": "USD",
            "line_items": [line | _pick(line, fitting.get("line_items", {}))],
            "shipping_address": address,
            "billing_address": deepcopy(address),
        }
    )


def list_bare(subject: Subject) -> Iterator[Tree]:
    """Orders without amounts, or without a currency, as far as the dialect takes such orders."""
    bare = make_full(subject.dialect)
    for name in ("currency", "subtotal", "total", "billing_address"):
        del bare[name]
    del bare["line_items"][0]["price"]
    for more in ({}, {"currency": "USD"}, {"total": 12}):
        if isinstance(Example(bare | more).through(subject).departure, Journey):
            yield bare | more


def _pick(members: Tree, fitting: Tree) -> Tree:
    """Ids of the dialect's own family, where it has one."""
    return {name: fitting[name][0] for name in members if name.endswith("_id") and fitting.get(name)}


def _list_values(dialect: Dialect) -> Iterator[tuple[str, Any]]:
    """Members that rows ask for, with each value that they know and one that they do not."""
    asked: dict[str, list[Any]] = {}
    for path, values in list_asked(dialect.mapping.order):
        asked.setdefault(path, []).extend(values)
    for path, values in asked.items():
        pointer = "/" + "/".join(parse_path(path).keys)
        yield from ((pointer, value) for value in dict.fromkeys([*values, "something else"] if values else [ABSENT]))


def _list_silences(pointer: str) -> Iterator[Any]:
    """Absent, and null where the order may say that."""
    yield ABSENT
    member = find_member(VIEW, pointer)
    if member is not None and "null" in member.types():
        yield None


def _sweep_pairs(subject: Subject, base: Tree) -> Iterator[Example]:
    """Each member away or null that a row carries, where another is away that decides on it."""
    for placed in (placed for several in subject.placed.values() for placed in several):
        pointer = placed.pattern.replace("/*", "/0")
        for beside in placed.beside:
            without = _change(base, beside.replace("/*", "/0"), ABSENT)
            yield from (Example(_change(without, pointer, value)) for value in _list_silences(pointer))


def _sweep_bundles(full: Tree) -> Iterator[Example]:
    """What belongs together: names, places, a currency with an amount that it can express."""
    address = full["shipping_address"]
    for first, last in NAMES:
        yield Example(full | {"shipping_address": address | {"first_name": first, "last_name": last}})
    for country, state, postal_code, *_ in (*PLACES, NOWHERE):
        there = {"country": country, "state": state, "postal_code": postal_code}
        said = {name: text for name, text in there.items() if text is not None}
        for place in (there, said):
            rest = {name: value for name, value in address.items() if name not in there}
            yield Example(full | {"shipping_address": rest | place})
    for currency in CURRENCIES:
        yield Example(full | {"currency": currency})
        yield Example(_change(full, "/line_items/0/variant_id", ABSENT) | {"currency": currency})


def _change(order: Tree, pointer: str, value: Any) -> Tree:
    changed = deepcopy(order)
    if look(changed, pointer.rpartition("/")[0]) is not None:
        put(changed, pointer, value)
    return changed
