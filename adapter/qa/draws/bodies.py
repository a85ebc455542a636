"""Hypothesis strategies for bodies of orders: what the gateway's document allows, or what one dialect can express.

A schema does not say what its texts mean, so currencies, places and e-mail addresses come from tables (see
``partitions``). For a dialect the canonical schema is narrowed by its own; what it still refuses is mended.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from adapter.core.canonical import COMPONENTS, ORDER_SCHEMA, read_order
from adapter.core.orders import Journey
from adapter.errors import Fault, Problem
from adapter.lens.bound import Bound, Field, Group
from adapter.lens.schemas import Schema, SchemaView
from adapter.lens.trees import Tree, look
from adapter.qa.draws.fitting import Fitting, find_fitting
from adapter.qa.draws.schemas import values
from adapter.qa.subjects.examples import Subject, depart, read
from adapter.qa.subjects.partitions import CURRENCIES, EMAILS, IDS, PAYMENTS, PLACES, SAMPLES

# How often an order is mended before another is drawn: one mended member can bring up the next.
MOST_MENDED = 5

# Decimals of an amount whose currency is the tenant's.
ORDINARY_DIGITS = 2


def _place(country: str | None, state: str | None, code: str | None) -> Schema:
    said = {"country": country, "state": state, "postal_code": code}
    written = {name: {"enum": [text]} for name, text in said.items() if text is not None or name == "country"}
    return {"properties": written, "required": [name for name, text in said.items() if text is not None]}


PLACED: Schema = {"anyOf": [_place(*place[:3]) for place in PLACES]}

# What members of an order mean, beyond their types, as a schema that holds beside the canonical one.
MEANT: Schema = {
    "properties": {
        "email": {"format": "email"},
        "currency": {"enum": [*CURRENCIES, None]},
        "payment_method": {"anyOf": [{"enum": list(PAYMENTS)}, {"pattern": r"^\S"}]},
        "shipping_address": PLACED,
        "billing_address": PLACED,
    }
}


def draw_bodies(subject: Subject | None = None) -> st.SearchStrategy[Tree]:
    """Bodies that the gateway takes for orders; with a subject such as its dialect can express."""
    if subject is None:
        return values({"allOf": [ORDER_SCHEMA, MEANT]}, COMPONENTS).map(_round).filter(_is_order)
    fitting = find_fitting(subject.dialect, IDS)
    narrowed = _narrow(subject.dialect.order.rows, SchemaView(subject.dialect.schema), fitting)
    drawn = values({"allOf": [ORDER_SCHEMA, MEANT, narrowed]}, COMPONENTS).map(_round)
    mended: st.SearchStrategy[Any] = drawn.map(lambda body: _mend(subject, fitting, body))
    return mended.filter(lambda body: body is not None)


def _is_order(body: Tree) -> bool:
    try:
        read_order(body, None)
    except Problem:
        return False
    return True


def _round(body: Tree) -> Tree:
    """The order with amounts that its currency can have."""
    digits = CURRENCIES.get(str(body.get("currency")), ORDINARY_DIGITS)
    for holder in (body, *body["line_items"]):
        for name in ("price", "subtotal", "total"):
            if holder.get(name) is not None:
                amount = round(Decimal(holder[name]), digits)
                holder[name] = int(amount) if amount == int(amount) else amount
    return body


def _narrow(rows: Sequence[Bound], view: SchemaView, fitting: Fitting) -> Schema:
    """What a dialect's own schema says of the members that it takes as they are, in the order's terms."""
    members: dict[str, Schema] = {}
    required: list[str] = []
    for row in rows:
        if isinstance(row, Group):
            inner = view.member(row.dialect.keys)
            inner = inner.item() if inner is not None and row.many else inner
            if inner is not None:
                found = _narrow(row.rows, inner, fitting.get(row.canonical.keys[-1], {}))
                members[row.canonical.keys[-1]] = {"items": found} if row.many else found
        elif isinstance(row, Field) and _is_plain(row):
            name = row.canonical[0].keys[0]
            allowed = _allow(row, view, fitting.get(name))
            if allowed is not None:
                members[name], needed = allowed
                required += [name] if needed else []
    return {"properties": members, "required": required}


def _is_plain(row: Field) -> bool:
    return len(row.canonical) == 1 and len(row.canonical[0].keys) == 1 and not row.when and row.only is None


def _allow(row: Field, view: SchemaView, fitting: Sequence[Any] | None) -> tuple[Schema, bool] | None:
    """What a dialect's schema allows of a member, and whether it must be there."""
    path = row.dialect[0]
    above, member = view.member(path.keys[:-1]), view.member(path.keys)
    if member is None or above is None or path.rooted:
        return None
    if row.codec is not None:
        return ({"enum": [*fitting, None]}, False) if fitting and row.canonical[0].keys[0].endswith("_id") else None
    if "$ref" in repr(member.schema):
        return None
    needed = path.keys[-1] in above.required() and row.default is None
    return (member.schema if needed else {"anyOf": [member.schema, {"type": "null"}]}), needed


def _mend(subject: Subject, fitting: Fitting, body: Tree) -> Tree | None:
    """The order with what its dialect misses or refuses put right; None where nothing helps."""
    for _ in range(MOST_MENDED):
        faults = _complain(subject, body)
        if not faults:
            return body
        body = deepcopy(body)
        if not all(_put_right(body, fitting, fault) for fault in faults):
            return None
    return None


def _complain(subject: Subject, body: Tree) -> Sequence[Fault]:
    try:
        found = depart(subject.tenant, body, read(subject.tenant, body))
    except Problem as problem:
        return problem.faults
    return () if isinstance(found, Journey) else found.faults


def _put_right(body: Tree, fitting: Fitting, fault: Fault) -> bool:
    """An ordinary value in place of a faulty one, or none where one is not missed; whether there was any."""
    above, _, name = fault.pointer.rpartition("/")
    holder = look(body, above)
    if not isinstance(holder, dict):
        return False
    said = holder.pop(name, None)
    if said is not None and fault.code != "required" and name not in EXAMPLES:
        return True
    known = {**fitting, **fitting.get(above.split("/")[1] if above else "", {})}.get(name)
    holder[name] = known[0] if known and name.endswith("_id") else EXAMPLES.get(name, SAMPLES.get(name))
    return holder[name] is not None


# Of members that every order has.
EXAMPLES: Mapping[str, Any] = {"email": EMAILS[0], "payment_method": PAYMENTS[0], "currency": "USD"}
