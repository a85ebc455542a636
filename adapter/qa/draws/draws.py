"""Hypothesis strategies for bodies that a client may send to a dialect: ordinary, on the edge, or spoilt in one member.

One byte decides on each member or bundle of members, and the first value is the simplest: so orders are cheap to draw,
and a counterexample shrinks to an order with one line and hardly a member.
"""

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from adapter.core.canonical import SCHEMAS
from adapter.core.values.money import MOST_DECIMALS
from adapter.lens.trees import Tree
from adapter.qa.draws.choices import LEFT, NO_PRICE, WILD, Choices
from adapter.qa.draws.dice import Dice, roll
from adapter.qa.draws.order_sweeps import make_full
from adapter.qa.subjects.examples import Example, Mode, Subject
from adapter.qa.subjects.partitions import ABSENT, CURRENCIES, NAMES, PLACES, STRANGE, spoilt_values

Actions = Sequence[str]

# No control characters and no surrogates: neither belongs in a text that prints on a parcel.
WILD_TEXTS = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=8)

# How many lines, and of which kind the billing address.
LINES = (1, 1, 2, 3)
BILLING = ("absent", "null", "same", "own")

# By which laws choose among members.
PICKS = range(10_001)

# Bytes for up to three lines, two addresses, the rest of an order, and what is spoilt in it; see ``Dice``.
ROLL = roll(3 * 14 + 2 * 15 + 16 + 4)


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


def collect(drawn: st.SearchStrategy[Example], count: int, start: int) -> list[Example]:
    """So many draws, always the same for one seed."""
    found: list[Example] = []

    @seed(start)
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(drawn)
    def note(example: Example) -> None:
        found.append(example)

    note()
    return found


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
    return body | _draw_stranger(dice, choices, "Order")


def _make_line(dice: Dice, choices: Choices, digits: int) -> Tree:
    line: Tree = {"quantity": dice.pick(choices.quantities), **_pick_each(dice, choices.line)}
    price = _amount(dice.pick(choices.price), digits)
    return line | _present({"price": price}) | _draw_stranger(dice, choices, "LineItem")


def _draw_address(draw: st.DrawFn, dice: Dice, choices: Choices) -> Tree:
    first, last = dice.pick(NAMES)
    country, state, code, *_ = dice.pick(PLACES)
    written = {"first_name": first, "last_name": last, "country": country, "state": state, "postal_code": code}
    address: Tree = {name: text for name, text in written.items() if text is not None}
    instead = {name: dice.pick(values) for name, values in choices.instead.items()}
    address |= {name: text for name, text in instead.items() if text is not LEFT}
    address |= _pick_each(dice, choices.address)
    if address.get("address1") is WILD:
        address["address1"] = draw(WILD_TEXTS)
    return address | _draw_stranger(dice, choices, "Address")


def _draw_stranger(dice: Dice, choices: Choices, owner: str) -> Tree:
    """A member that an object's canonical schema does not know, or none."""
    name = dice.pick(choices.strangers[owner])
    return {name: deepcopy(dice.pick(STRANGE))} if name else {}


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
    if drawn < 0:
        return ABSENT if drawn < NO_PRICE else None
    return Decimal(drawn).scaleb(-digits)


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
