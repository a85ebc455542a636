"""Hypothesis strategies for bodies that a client may send to a dialect: ordinary, on the edge, or spoilt in one member.

One byte decides on each member or bundle of members, and the first value is the simplest: so orders are cheap to draw,
and a counterexample shrinks to an order with one line and hardly a member.
"""

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from decimal import Decimal
from typing import Any, NamedTuple

from hypothesis import strategies as st

from adapter.core.canonical import SCHEMAS
from adapter.core.values.money import MOST_DECIMALS
from adapter.lens.trees import Tree
from adapter.qa.dice import Dice, roll
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

Actions = Sequence[str]

# How often an ordinary value comes for each odd one: an order with too many of those is refused at the first.
ORDINARY = 8

TRIMMINGS = ("size", "color", "image_url")

# No control characters and no surrogates: neither belongs in a text that prints on a parcel.
WILD = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=8)

# How many lines, and of which kind the billing address.
LINES = (1, 1, 2, 3)
BILLING = ("absent", "null", "same", "own")

# By which laws choose among members.
PICKS = range(10_001)

# Minor units of any number, before them two that stand for no price and for null.
PRICES = range(-2, 1_000_001)
NO_AMOUNTS = {-2: ABSENT, -1: None}


# Bytes for up to three lines, two addresses, the rest of an order, and what is spoilt in it; see ``Dice``.
ROLL = roll(3 * 9 + 2 * 6 + 18 + 2)


class Choices(NamedTuple):
    """What each member may be, by the object that has it, and what goes for several; the simplest first."""

    order: Mapping[str, Sequence[Any]]
    line: Mapping[str, Sequence[Any]]
    texts: Mapping[str, Sequence[Any]]
    quantities: Sequence[int]
    trimmings: Sequence[Tree]
    currency: Sequence[Any]
    amount: Sequence[Any]
    price: Sequence[Any]
    copies: Sequence[int]
    strangers: Sequence[Tree]


@st.composite
def examples(draw: st.DrawFn, choices: Choices, mode: Mode) -> Example:
    """An example in a mode; in the negative one a member is just outside of what the canonical order allows."""
    dice = Dice(draw(ROLL))
    body = _draw_body(draw, dice, choices)
    return Example(body, pick=dice.pick(PICKS), broken=_spoil(dice, body) if mode == "negative" else "")


@st.composite
def talks(draw: st.DrawFn, choices: Choices, openings: Sequence[Actions], actions: Actions) -> Example:
    """An order, and what is done about it under one key: an opening, and whatever comes after it."""
    opening = draw(st.sampled_from(list(openings)))
    rest = draw(st.lists(st.sampled_from(list(actions)), max_size=4))
    return Example(_draw_body(draw, Dice(draw(ROLL)), choices), actions=(*opening, *rest))


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
            "email": EMAILS[: 4 if edge else 3],
            "payment_method": PAYMENTS[: 7 if edge else 6],
            "phone": texts,
            "note": [*texts, *(["x" * 10_000] if edge else [])],
            "payment_intent_id": [ABSENT, *_mix(fitting.get("payment_intent_id"))],
            "cart_id": [ABSENT, ABSENT, *_mix(fitting.get("cart_id"))],
            "shipping_rate_id": [ABSENT, *_mix(fitting.get("shipping_rate_id"))],
        },
        line={
            "variant_id": [ABSENT, *_mix(known.get("variant_id"))],
            "product_id": [ABSENT, *_mix(known.get("product_id"))],
            "name": texts,
        },
        texts={name: texts for name in TEXT_MEMBERS if name != "address1"},
        quantities=(1, 2, 3, 999, 1_000_000) if edge else range(1, 1000),
        trimmings=_bundle({name: TEXTS["ordinary"] for name in TRIMMINGS if name in line}),
        currency=[*CURRENCIES, ABSENT, None],
        amount=[ABSENT, None, *AMOUNTS, *(EDGES if edge else ())],
        price=[ABSENT, None, *AMOUNTS, *EDGES] if edge else PRICES,
        copies=(0, 0, 0, 1, *((20,) if edge else ())),
        strangers=[{}, {}, {}, *({name: "x"} for name in strangers)],
    )


def _mix(fitting: Sequence[Any] | None) -> list[Any]:
    """Ids of the dialect's own family several times, the others once: most orders should be such as it takes."""
    own = list(fitting or IDS)
    return [*own * (1 + 4 * ORDINARY // len(own)), None, *IDS[:4]]


def _bundle(members: Tree) -> list[Tree]:
    """None of some members, each by itself, and all of them."""
    return [{}, *({name: value} for name, value in members.items()), members]


def _draw_body(draw: st.DrawFn, dice: Dice, choices: Choices) -> Tree:
    currency = dice.pick(choices.currency)
    digits = CURRENCIES.get(currency, 2) if isinstance(currency, str) else 2
    lines = [_make_line(dice, choices, digits) for _ in range(dice.pick(LINES))]
    lines += [deepcopy(lines[0]) for _ in range(dice.pick(choices.copies))]
    body = _pick_each(dice, choices.order)
    body |= {"line_items": lines, "shipping_address": _draw_address(draw, dice, choices)}
    body |= _present({name: _amount(dice.pick(choices.amount), digits) for name in ("subtotal", "total")})
    billing = _draw_billing(draw, dice, choices, body)
    body |= _present({"currency": currency, "billing_address": billing})
    strangers: Tree = dice.pick(choices.strangers)
    return body | strangers


def _make_line(dice: Dice, choices: Choices, digits: int) -> Tree:
    line: Tree = {"quantity": dice.pick(choices.quantities), **_pick_each(dice, choices.line)}
    price = _amount(dice.pick(choices.price), digits)
    trimmings: Tree = dice.pick(choices.trimmings)
    return line | _present({"price": price}) | trimmings


def _draw_address(draw: st.DrawFn, dice: Dice, choices: Choices) -> Tree:
    first, last = dice.pick(NAMES)
    country, state, code, *_ = dice.pick(PLACES)
    written = {"first_name": first, "last_name": last, "country": country, "state": state, "postal_code": code}
    address = {name: text for name, text in written.items() if text is not None}
    return address | _pick_each(dice, choices.texts) | {"address1": draw(WILD)}


def _draw_billing(draw: st.DrawFn, dice: Dice, choices: Choices, body: Tree) -> Any:
    kind = dice.pick(BILLING)
    if kind == "own":
        return _draw_address(draw, dice, choices)
    return {"absent": ABSENT, "null": None, "same": deepcopy(body["shipping_address"])}[kind]


def _pick_each(dice: Dice, choices: Mapping[str, Sequence[Any]]) -> Tree:
    return _present({name: dice.pick(values) for name, values in choices.items()})


def _amount(drawn: Any, digits: int) -> Any:
    """Minor units as an amount in major ones, an edge as it is in such a currency; else what was drawn."""
    if callable(drawn):
        return drawn(digits)
    if not isinstance(drawn, int):
        return drawn
    return Decimal(drawn).scaleb(-digits) if drawn >= 0 else NO_AMOUNTS[drawn]


def _present(members: Mapping[str, Any]) -> Tree:
    return {name: value for name, value in members.items() if value is not ABSENT}


def _spoil(dice: Dice, body: Tree) -> str:
    """Put one member just outside of what is allowed and give its pointer."""
    owner, place, name = dice.pick(list(_places(body)))
    value = dice.pick(spoilt_values(owner, name))
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
