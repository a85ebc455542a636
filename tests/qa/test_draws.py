"""Which values come up when orders are drawn: each kind that shops see, in each member where it can be."""

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from adapter.core.canonical import ADDRESSES, SCHEMAS
from adapter.core.dialects import Dialect
from adapter.core.tenancy.tenants import stand_in
from adapter.lens.trees import Tree
from adapter.qa.draws.choices import Choices, make_choices
from adapter.qa.draws.draws import collect, examples
from adapter.qa.draws.fitting import list_names
from adapter.qa.subjects.examples import MODES, Example, Mode, Subject, make_subject
from adapter.qa.subjects.partitions import ABSENT
from tests.conftest import DIALECTS

DRAWS = 1000

Holds = Callable[[Any], bool]


def _has(holds: Holds) -> Holds:
    return lambda value: isinstance(value, str) and any(map(holds, value))


SILENCES: dict[str, Holds] = {
    "null": lambda value: value is None,
    "empty": lambda value: value == "",
    "blank": lambda value: isinstance(value, str) and value != "" and not value.strip(),
}

UNTIDY: dict[str, Holds] = {
    "combining marks": _has(lambda sign: unicodedata.combining(sign) > 0),
    "non-ASCII digits": _has(lambda sign: sign.isdigit() and not sign.isascii()),
    "trailing newline": lambda value: isinstance(value, str) and value.strip() + "\n" == value,
    "leading zeros": lambda value: isinstance(value, str) and value.startswith("00") and value.isdigit(),
}

OF_TEXTS: dict[str, Holds] = UNTIDY | {
    "one character": lambda value: isinstance(value, str) and len(value) == 1,
    "right to left": _has(lambda sign: unicodedata.bidirectional(sign) in {"R", "AL"}),
    "ideographs": _has(lambda sign: unicodedata.name(sign, "").startswith("CJK UNIFIED")),
    "emoji": _has(lambda sign: ord(sign) > 0x1F000),
}

OF_CURRENCIES: dict[str, Holds] = {
    "two decimals": lambda value: value == "USD",
    "no decimals": lambda value: value == "JPY",
    "three decimals": lambda value: value == "KWD",
    "lower case": lambda value: value == "usd",
}

OF_AMOUNTS: dict[str, Holds] = {
    "null": lambda value: value is None,
    "nothing": lambda value: value == 0 and value is not None,
    "huge": lambda value: value is not None and value > 10**14,
    "an exponent": lambda value: isinstance(value, Decimal) and value.as_tuple().exponent == 3,
}

OF_STRANGERS: dict[str, Holds] = {
    name: lambda value, kind=kind: type(value) is kind
    for name, kind in (("text", str), ("whole", int), ("fraction", Decimal), ("truth", bool), ("list", list))
} | {"object": lambda value: isinstance(value, dict), "null": lambda value: value is None}

ID_MEMBERS = {"variant_id", "product_id", "payment_intent_id", "cart_id", "shipping_rate_id"}


def _list_partitions(name: str, schema: Tree) -> Mapping[str, Holds]:
    """What an optional member may be, of whatever can be in its place and still be an order."""
    if name == "billing_address":
        return {"null": SILENCES["null"]}
    if name in {"price", "subtotal", "total"}:
        return OF_AMOUNTS
    if name == "country":
        return SILENCES | {"without subdivisions": lambda value: value == "KW"}
    if name == "currency":
        return SILENCES | OF_CURRENCIES
    most = next(branch["maxLength"] for branch in schema["anyOf"] if "maxLength" in branch)
    longest = {"longest": lambda value: isinstance(value, str) and len(value) == most}
    return SILENCES | longest | (UNTIDY if name in ID_MEMBERS else OF_TEXTS)


# By canonical object and optional member.
PARTITIONS: dict[tuple[str, str], Mapping[str, Holds]] = {
    (owner, name): _list_partitions(name, schema)
    for owner in ("Order", "LineItem", "Address")
    for name, schema in SCHEMAS[owner]["properties"].items()
    if name not in SCHEMAS[owner].get("required", ())
}


# An object, a member, and a partition of it.
Cell = tuple[str, str, str]


def _objects(body: Tree) -> Iterator[tuple[str, Tree]]:
    yield "Order", body
    yield from (("LineItem", line) for line in body["line_items"])
    yield from (("Address", body[name]) for name in ADDRESSES if body.get(name) is not None)


def _gather(drawn: Iterable[Example]) -> Iterator[tuple[str, str, Any]]:
    """Each value that was drawn for a member, once; only whether it is there of what is absent, a list or an object."""
    said = {
        (owner, name, repr(value)): value
        for example in drawn
        for owner, members in _objects(example.body)
        for name, value in (dict.fromkeys(SCHEMAS[owner]["properties"], ABSENT) | members).items()
    }
    yield from ((owner, name, value) for (owner, name, _), value in said.items())


def _sort(subject: Subject, drawn: Iterable[Example]) -> Iterator[Cell]:
    """The partitions that orders are in."""
    own = list_names(subject.dialect)
    for owner, name, value in _gather(drawn):
        partitions = PARTITIONS.get((owner, name), {})
        if name not in SCHEMAS[owner]["properties"]:
            partitions, name, whose = OF_STRANGERS, "strangers", "own" if name in own.get(owner, ()) else "a peer's"
            yield owner, name, whose
        if value is ABSENT:
            yield owner, name, "absent"
        yield from ((owner, name, found) for found, holds in partitions.items() if value is not ABSENT and holds(value))


def _list_wanted(subject: Subject) -> Iterator[Cell]:
    for (owner, name), partitions in PARTITIONS.items():
        yield from ((owner, name, found) for found in ("absent", *partitions))
    for owner, names in list_names(subject.dialect).items():
        own = set(names) - SCHEMAS[owner]["properties"].keys()
        yield from ((owner, "strangers", found) for found in ("a peer's", *(["own"] if own else []), *OF_STRANGERS))


def _draw(choices: Choices, mode: Mode, count: int = DRAWS) -> list[Example]:
    return collect(examples(choices, mode), count, 1)


def _make_subject(dialect: Dialect) -> Subject:
    others = [stand_in(other, {}) for other in DIALECTS.values() if other is not dialect]
    return make_subject(stand_in(dialect, {}), others)


def _find_missing(subject: Subject, alter: Callable[[Choices], Choices] = lambda choices: choices) -> set[Cell]:
    """Which partitions do not come up inside the schema."""
    modes: tuple[Mode, ...] = ("positive", "boundary")
    drawn = [example for mode in modes for example in _draw(alter(make_choices(subject, mode)), mode)]
    return {*_list_wanted(subject)} - {*_sort(subject, drawn)}


def test_each_partition_of_each_member_comes_up(dialect: Dialect) -> None:
    assert _find_missing(_make_subject(dialect)) == set()


def test_a_partition_that_is_taken_away_is_missed() -> None:
    def alter(choices: Choices) -> Choices:
        states = [value for value in choices.instead["state"] if not OF_TEXTS["emoji"](value)]
        lines = [name for name in choices.strangers["LineItem"] if name in ("", "custom_item_index")]
        return choices._replace(
            instead={**choices.instead, "state": states},
            strangers={**choices.strangers, "LineItem": lines},
            price=[value for value in choices.price if value is not None] if isinstance(choices.price, list) else [1],
        )

    assert _find_missing(_make_subject(DIALECTS["lana"]), alter) == {
        ("Address", "state", "emoji"),
        ("LineItem", "strangers", "a peer's"),
        ("LineItem", "price", "null"),
    }


def test_lines_come_twice_the_same() -> None:
    subject = _make_subject(DIALECTS["lana"])
    for mode in MODES[:2]:
        bodies = [example.body for example in _draw(make_choices(subject, mode), mode, 100)]
        assert any(body["line_items"][0] in body["line_items"][1:] for body in bodies)


# Half of the smallest amount, with no to four decimals.
HALVES = {Decimal(5).scaleb(-digits) for digits in range(1, 6)}

# What is just outside, with a member that it comes up in.
OUTSIDE: Mapping[str, tuple[str, Holds]] = {
    "more lines than there may be": ("/line_items", lambda value: isinstance(value, list) and len(value) == 1001),
    "no line": ("/line_items", lambda value: value == []),
    "no lines": ("/line_items", lambda value: value is ABSENT),
    "a country that there is not": ("/shipping_address/country", lambda value: value == "Atlantis"),
    "a negative amount": ("/total", lambda value: isinstance(value, Decimal) and value < 0),
    "half a cent": ("/line_items/0/price", lambda value: isinstance(value, Decimal) and value in HALVES),
    "a state that is too long": ("/shipping_address/state", lambda value: value == "x" * 256),
    "an address that is a list": ("/shipping_address", lambda value: value == ["x"]),
}


def test_what_is_just_outside_comes_up() -> None:
    subject = _make_subject(DIALECTS["lana"])
    drawn = _draw(make_choices(subject, "negative"), "negative", 2 * DRAWS)
    spoilt = [(example.broken, _look(example.body, example.broken)) for example in drawn]
    found = {
        name
        for name, (pointer, holds) in OUTSIDE.items()
        if any(at == pointer and holds(value) for at, value in spoilt)
    }
    assert found == OUTSIDE.keys()


def _look(body: Any, pointer: str) -> Any:
    for key in pointer.split("/")[1:]:
        body = body[int(key)] if isinstance(body, list) else body.get(key, ABSENT)
    return body
