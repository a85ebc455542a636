"""Hypothesis strategies for bodies that a client may send to a dialect: ordinary, on the edge, or spoilt in one member.

One choice decides on each member or bundle of members, and its first value is the simplest: so orders are cheap to
draw, and a counterexample shrinks to an order with one line and hardly a member.
"""

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from decimal import Decimal
from typing import Any, NamedTuple

from hypothesis import strategies as st

from adapter.core.canonical import SCHEMAS
from adapter.core.values.money import MOST_DECIMALS
from adapter.lens.trees import Tree
from adapter.qa.examples import Example, Mode, Subject
from adapter.qa.fitting import find_fitting
from adapter.qa.order_sweeps import make_full
from adapter.qa.partitions import (
    ABSENT,
    AMOUNTS,
    CURRENCIES,
    EDGES,
    EMAILS,
    IDS,
    LONGEST,
    NAMES,
    PAYMENTS,
    PLACES,
    TEXT_MEMBERS,
    TEXTS,
    spoilt_values,
)

Strategy = st.SearchStrategy[Any]

Actions = Sequence[str]

# How often an ordinary value comes for each odd one: an order with too many of those is refused at the first.
ORDINARY = 8

TRIMMINGS = ("size", "color", "image_url")

# No control characters and no surrogates: neither belongs in a text that prints on a parcel.
WILD = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=8)


# Most of them minor units of any number; the simplest is none.
ANY_PRICE = st.integers(-2, 10**6).map(lambda minor: {-2: ABSENT, -1: None}.get(minor, minor))


class Choices(NamedTuple):
    """A strategy for each member, by the object that has it, and for what goes for several."""

    order: Mapping[str, Strategy]
    line: Mapping[str, Strategy]
    texts: Mapping[str, Strategy]
    names: Strategy
    places: Strategy
    trimmings: Strategy
    currency: Strategy
    amount: Strategy
    price: Strategy
    lines: Strategy
    copies: Strategy
    billing: Strategy
    strangers: Strategy
    pick: Strategy


@st.composite
def examples(draw: st.DrawFn, choices: Choices, mode: Mode) -> Example:
    """An example in a mode; in the negative one a member is just outside of what the canonical order allows."""
    body = _draw_body(draw, choices)
    pick = draw(choices.pick)
    return Example(body, pick=pick, broken=_spoil(draw, body) if mode == "negative" else "")


@st.composite
def talks(draw: st.DrawFn, choices: Choices, openings: Sequence[Actions], actions: Actions) -> Example:
    """An order, and what is done about it under one key: an opening, and whatever comes after it."""
    opening = draw(st.sampled_from(list(openings)))
    rest = draw(st.lists(st.sampled_from(list(actions)), max_size=4))
    return Example(_draw_body(draw, choices), actions=(*opening, *rest))


def failures(subject: Subject) -> st.SearchStrategy[Example]:
    """An order that can be placed, with a number that chooses what goes wrong."""
    order = make_full(subject.dialect)
    return st.integers(0, 10_000).map(lambda pick: Example(order, pick=pick))


def make_choices(subject: Subject, mode: Mode) -> Choices:
    """What can be drawn for a dialect, made once for many draws."""
    edge = mode == "boundary"
    texts = [ABSENT, *[TEXTS["ordinary"]] * ORDINARY, *TEXTS.values(), *(LONGEST if edge else ())]
    fitting = find_fitting(subject.dialect, IDS)
    known, line = fitting.get("line_items", {}), SCHEMAS["LineItem"]["properties"]
    strangers = [
        name for name in subject.dialect.schema.get("properties", {}) if name not in SCHEMAS["Order"]["properties"]
    ]
    return Choices(
        order={
            "email": st.sampled_from(EMAILS[: 4 if edge else 3]),
            "payment_method": st.sampled_from(PAYMENTS[: 7 if edge else 6]),
            "phone": _sample(texts),
            "note": _sample([*texts, *(["x" * 10_000] if edge else [])]),
            "payment_intent_id": _sample([ABSENT, *_mix(fitting.get("payment_intent_id"))]),
            "cart_id": _sample([ABSENT, ABSENT, *_mix(fitting.get("cart_id"))]),
            "shipping_rate_id": _sample([ABSENT, *_mix(fitting.get("shipping_rate_id"))]),
        },
        line={
            "quantity": st.sampled_from((1, 2, 3, 999, 1_000_000)) if edge else st.integers(1, 999),
            "variant_id": _sample([ABSENT, *_mix(known.get("variant_id"))]),
            "product_id": _sample([ABSENT, *_mix(known.get("product_id"))]),
            "name": _sample(texts),
        },
        texts={name: _sample(texts) for name in TEXT_MEMBERS if name != "address1"} | {"address1": WILD},
        names=st.sampled_from(NAMES),
        places=st.sampled_from(PLACES),
        trimmings=_sample(_bundle({name: TEXTS["ordinary"] for name in TRIMMINGS if name in line})),
        currency=_sample([*CURRENCIES, ABSENT, None]),
        amount=_sample([ABSENT, None, *AMOUNTS, *(EDGES if edge else ())]),
        price=_sample([ABSENT, None, *AMOUNTS, *EDGES]) if edge else ANY_PRICE,
        lines=st.sampled_from((1, 1, 2, 3)),
        copies=st.sampled_from((0, 0, 0, 1, *((20,) if edge else ()))),
        billing=st.sampled_from(("absent", "null", "same", "own")),
        strangers=_sample([{}, {}, {}, *({name: "x"} for name in strangers)]),
        pick=st.integers(0, 10_000),
    )


def _sample(values: Sequence[Any]) -> Strategy:
    return st.sampled_from(list(values))


def _mix(fitting: Sequence[Any] | None) -> list[Any]:
    """Ids of the dialect's own family several times, the others once: most orders should be such as it takes."""
    own = list(fitting or IDS)
    return [*own * (1 + 4 * ORDINARY // len(own)), None, *IDS[:4]]


def _bundle(members: Tree) -> list[Tree]:
    """None of some members, each by itself, and all of them."""
    return [{}, *({name: value} for name, value in members.items()), members]


def _draw_body(draw: st.DrawFn, choices: Choices) -> Tree:
    currency = draw(choices.currency)
    digits = CURRENCIES.get(currency, 2) if isinstance(currency, str) else 2
    lines = [_draw_line(draw, choices, digits) for _ in range(draw(choices.lines))]
    lines += [deepcopy(lines[0]) for _ in range(draw(choices.copies))]
    body = _present({name: draw(strategy) for name, strategy in choices.order.items()})
    body |= {"line_items": lines, "shipping_address": _draw_address(draw, choices)}
    body |= _present({name: _amount(draw(choices.amount), digits) for name in ("subtotal", "total")})
    body |= _present({"currency": currency, "billing_address": _draw_billing(draw, choices, body)})
    strangers: Tree = draw(choices.strangers)
    return body | strangers


def _draw_line(draw: st.DrawFn, choices: Choices, digits: int) -> Tree:
    line = _present({name: draw(strategy) for name, strategy in choices.line.items()})
    price = _amount(draw(choices.price), digits)
    trimmings: Tree = draw(choices.trimmings)
    return line | _present({"price": price}) | trimmings


def _draw_address(draw: st.DrawFn, choices: Choices) -> Tree:
    first, last = draw(choices.names)
    country, state, code, *_ = draw(choices.places)
    written = {"first_name": first, "last_name": last, "country": country, "state": state, "postal_code": code}
    address = {name: text for name, text in written.items() if text is not None}
    return address | _present({name: draw(strategy) for name, strategy in choices.texts.items()})


def _draw_billing(draw: st.DrawFn, choices: Choices, body: Tree) -> Any:
    kind = draw(choices.billing)
    if kind == "own":
        return _draw_address(draw, choices)
    return {"absent": ABSENT, "null": None, "same": deepcopy(body["shipping_address"])}[kind]


def _amount(drawn: Any, digits: int) -> Any:
    """Minor units as an amount in major ones, an edge as it is in such a currency; else what was drawn."""
    if callable(drawn):
        return drawn(digits)
    return Decimal(drawn).scaleb(-digits) if isinstance(drawn, int) else drawn


def _present(members: Mapping[str, Any]) -> Tree:
    return {name: value for name, value in members.items() if value is not ABSENT}


def _spoil(draw: st.DrawFn, body: Tree) -> str:
    """Put one member just outside of what is allowed and give its pointer."""
    owner, place, name = draw(st.sampled_from(list(_places(body))))
    value = draw(st.sampled_from(spoilt_values(owner, name)))
    if callable(value):
        value = value(CURRENCIES.get(str(body.get("currency")), MOST_DECIMALS))
    holder = body
    for key in place:
        holder = holder[key]
    holder.pop(name, None)
    if value is not ABSENT:
        holder[name] = deepcopy(value)
    return "/".join(("", *map(str, place), name))


def _places(body: Tree) -> Iterable[tuple[str, tuple[Any, ...], str]]:
    """Each member that can be spoilt: the schema that has it, where its object is, its name."""
    objects: list[tuple[str, tuple[Any, ...]]] = [("Order", ())]
    objects += [("LineItem", ("line_items", number)) for number in range(len(body["line_items"]))]
    objects += [("Address", (name,)) for name in ("shipping_address", "billing_address") if body.get(name)]
    for owner, place in objects:
        for name in SCHEMAS[owner]["properties"]:
            yield owner, place, name
