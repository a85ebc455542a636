"""What each member of an order may be when orders are drawn for a dialect: the ordinary often, each oddity at times.

The simplest comes first, and one byte chooses among most lists, two where numbers or names are many; see ``Dice``.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from adapter.core.canonical import SCHEMAS
from adapter.qa.draws.fitting import find_fitting, list_names
from adapter.qa.subjects.examples import Mode, Subject
from adapter.qa.subjects.partitions import (
    ABSENT,
    AMOUNTS,
    BLANKS,
    CURRENCIES,
    EDGES,
    EMAILS,
    ID_TEXTS,
    IDS,
    LONGEST,
    LONGEST_NOTE,
    LONGEST_URL,
    PAYMENTS,
    SAID,
    SAMPLES,
    TEXTS,
)


class Left:
    """Stands for a member of a name or of a place that is left as it was."""

    def __repr__(self) -> str:
        return "left"


LEFT: Final = Left()


class Wild:
    """Stands for a text of whatever characters, which Hypothesis draws."""

    def __repr__(self) -> str:
        return "wild"


WILD: Final = Wild()

# How often an ordinary value comes for each odd one: an order with too many of those is refused at the first.
ORDINARY = 16

# How many of 256 say what they say so that addresses stay whole: what is wrong with a place, no backend takes.
OF_NAME, OF_PLACE = 96, 230

# An id is nearly always of the dialect's own family.
OF_ID = 180

# Minor units of any number; before them some that stand for no price, then some for null.
PRICES = range(-60_000, 1_000_001)
NO_PRICE = -30_000

# Of four objects one has a member that the canonical order does not know.
STRANGERS = 3


class Choices(NamedTuple):
    """What each member may be, by the object that has it, and what goes for several; the simplest first.

    ``instead`` is what a part of a name or of a place may be rather than what belongs there; ``strangers`` are names
    by the canonical object that has no such member, an empty one for none.
    """

    order: Mapping[str, Sequence[Any]]
    line: Mapping[str, Sequence[Any]]
    address: Mapping[str, Sequence[Any]]
    instead: Mapping[str, Sequence[Any]]
    quantities: Sequence[int]
    currency: Sequence[Any]
    amount: Sequence[Any]
    price: Sequence[Any]
    copies: Sequence[int]
    strangers: Mapping[str, Sequence[str]]


def make_choices(subject: Subject, mode: Mode) -> Choices:
    """What can be drawn for a dialect, made once for many draws."""
    edge = mode == "boundary"
    fitting = find_fitting(subject.dialect, IDS)
    return Choices(
        order=_of_order(fitting, edge),
        line=_of_line(fitting.get("line_items", {}), edge),
        address={**dict.fromkeys(("company", "address2", "city", "phone"), _texts(edge)), "address1": _streets(edge)},
        instead=_instead(edge),
        quantities=(1, 2, 3, 999, 1_000_000) if edge else range(1, 1000),
        currency=[*[*CURRENCIES] * 3, ABSENT, *BLANKS],
        amount=[ABSENT, None, *AMOUNTS, *(EDGES if edge else ())],
        price=[ABSENT, None, *AMOUNTS, *EDGES] if edge else PRICES,
        copies=(0, 0, 0, 1, *((20,) if edge else ())),
        strangers=dict(_strangers(subject)),
    )


def _of_order(fitting: Mapping[str, Any], edge: bool) -> dict[str, Sequence[Any]]:
    return {
        "email": [*EMAILS[:2] * 4, *EMAILS[2 : 4 if edge else 3]],
        "payment_method": [*PAYMENTS[:6] * 4, *SAID, *(PAYMENTS[6:] if edge else ())],
        "phone": _texts(edge),
        "note": [*_texts(edge), *((LONGEST_NOTE,) if edge else ())],
        **{name: _ids(fitting.get(name), edge) for name in ("payment_intent_id", "cart_id", "shipping_rate_id")},
    }


def _of_line(fitting: Mapping[str, Any], edge: bool) -> dict[str, Sequence[Any]]:
    trimmings = [ABSENT] * ORDINARY
    dressed = [*trimmings, *_texts(edge)]
    return {
        **{name: _ids(fitting.get(name), edge) for name in ("variant_id", "product_id")},
        "name": _texts(edge),
        "size": dressed,
        "color": dressed,
        "image_url": [*trimmings, *[SAMPLES["image_url"]] * ORDINARY, *TEXTS.values(), *((LONGEST_URL,) * edge)],
    }


def _texts(edge: bool) -> list[Any]:
    return [ABSENT, *[TEXTS["ordinary"]] * ORDINARY, *TEXTS.values(), *(LONGEST if edge else ())]


def _streets(edge: bool) -> list[Any]:
    return [WILD if text == TEXTS["ordinary"] else text for text in _texts(edge)]


def _instead(edge: bool) -> dict[str, Sequence[Any]]:
    """Any text goes for a name, a state and a postal code; a country is one, or none."""
    odd = [text for text in TEXTS.values() if text != TEXTS["ordinary"]] + list(LONGEST if edge else ())
    return {
        **dict.fromkeys(("first_name", "last_name"), [LEFT] * OF_NAME + odd),
        **dict.fromkeys(("state", "postal_code"), [LEFT] * OF_PLACE + odd),
        "country": [LEFT] * OF_NAME + list(BLANKS),
    }


def _ids(fitting: Sequence[Any] | None, edge: bool) -> list[Any]:
    """Ids of the dialect's own family many times, the others once: most orders should be such as it takes."""
    own = list(fitting or IDS)[:OF_ID]
    return [ABSENT, *own * (OF_ID // len(own)), *BLANKS * 2, *ID_TEXTS, *IDS, *(LONGEST if edge else ())]


def _strangers(subject: Subject) -> Iterator[tuple[str, Sequence[str]]]:
    """By canonical object, names that the dialect or a peer has for members in its place and it has not."""
    known = [list_names(one.dialect) for one in (subject.tenant, *subject.peers)]
    for owner in ("Order", "LineItem", "Address"):
        named = dict.fromkeys(name for names in known for name in names.get(owner, ()))
        strange = [name for name in named if name not in SCHEMAS[owner]["properties"]]
        yield owner, [""] * max(1, STRANGERS * len(strange)) + strange
