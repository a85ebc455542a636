"""Known pairs as a law: a mapping still makes of each order and answer what a person has agreed that it does."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from adapter.core.canonical import ENCODER, read_json
from adapter.core.dialects import Dialect
from adapter.core.tenancy.tenants import Tenant, stand_in
from adapter.errors import Problem
from adapter.lens.bound import list_fields
from adapter.lens.trees import Tree, point
from adapter.qa.known.known import Known, Traveller, come_to, expand, flatten, say, set_out
from adapter.qa.laws.complaining import find_writing_row
from adapter.qa.subjects.broken import Broken, Moot, demand
from adapter.qa.subjects.examples import Pair, Passage

# Of what differs so many places are looked at for a row to blame.
MOST_BLAMED = 24

# The section of a mapping that decides on a part of what an answer comes to.
SECTIONS: Mapping[str, str] = MappingProxyType(
    {"/taken/revised": "echo", "/complaints": "error", "/state": "outcome", "/sight": "lookup", "/call": "lookup"}
)


def list_pairs(known: Known) -> Iterator[tuple[Tree, Pair]]:
    """Each pair with its order: those of orders by themselves first, then the members of each family."""
    after = read_json(known.orders[known.after])
    for name, said in known.said.items():
        order = read_json(known.orders[name])
        yield order, Pair({}, "", 0, order, flatten(said))
    for family in known.families:
        for body, comes_to in expand(family):
            pair = Pair(family.settings, family.call, family.status, body, comes_to)
            yield (after if family.call else body), pair


def check_known(tenant: Tenant, known: Known) -> None:
    """``Broken`` where the mapping makes something else of an order or an answer than what is known."""
    travellers: dict[str, Traveller] = {}
    for order, pair in list_pairs(known):
        _compare(tenant.dialect, order, pair, travellers)


def check_pair(passage: Passage) -> None:
    """The same for one pair."""
    if passage.example.pair is None:
        raise Moot("it is no known pair")
    _compare(passage.subject.dialect, passage.example.body, passage.example.pair, {})


def _compare(dialect: Dialect, order: Tree, pair: Pair, travellers: dict[str, Traveller]) -> None:
    """Hold what a pair comes to against what is known; ``travellers`` are those on the way already, by settings."""
    found = _come_to(dialect, order, pair, travellers)
    differing = sorted(
        pointer for pointer in found.keys() | pair.comes_to.keys() if found.get(pointer) != pair.comes_to.get(pointer)
    )
    if not differing:
        return
    _tell_refusal(found, pair.comes_to)
    blamed = [(_blame(dialect, order, pair, pointer), pointer) for pointer in differing[:MOST_BLAMED]]
    row, pointer = next((one for one in blamed if one[0]), blamed[0])  # one with a row tells more than the first
    what = f"{pair.call} {pair.status}" if pair.call else "the order"
    message = f"{what}: expected {pair.comes_to.get(pointer)!r}, found {found.get(pointer)!r}"
    raise Broken(message, pointer=pointer, row=row)


def _tell_refusal(found: Tree, known: Tree) -> None:
    """``Broken`` where an order is refused by now that was taken: by the member that is told of it."""
    code, pointer = (found.get(f"/problem/errors/0/{name}", "") for name in ("code", "pointer"))
    demand(not code or "/problem/type" in known, f"the order was taken, and is refused by now: {code}", pointer=pointer)


def _come_to(dialect: Dialect, order: Tree, pair: Pair, travellers: dict[str, Traveller]) -> Tree:
    if not pair.call:
        return flatten(say(stand_in(dialect, pair.settings), ENCODER.encode(pair.body)))
    key = repr(pair.settings)
    if key not in travellers:
        try:
            travellers[key] = set_out(stand_in(dialect, pair.settings), ENCODER.encode(order))
        except Problem as problem:
            raise Broken(f"the order that this answers can no more be placed: {problem}") from problem
    return come_to(travellers[key], pair, pair.body)


def _blame(dialect: Dialect, order: Tree, pair: Pair, pointer: str) -> str:
    """The row that decides on a part of what a pair comes to, else the section; empty where nothing tells."""
    member = pointer.partition("/taken/receipt")[2]
    if member:
        rows = [row for row in list_fields(dialect.receipt.rows) if point("", row.canonical[0].keys) == member]
        return rows[0].at if rows else ""
    section = next((name for place, name in SECTIONS.items() if f"{pointer}/".startswith(f"{place}/")), "")
    if section:
        return f"{dialect.name}.toml: {section}"
    return _blame_in_call(stand_in(dialect, pair.settings), order, pointer)


def _blame_in_call(tenant: Tenant, order: Tree, pointer: str) -> str:
    number, _, where = pointer.removeprefix("/calls/").partition("/body")
    try:
        traveller = set_out(tenant, ENCODER.encode(order))
    except Problem:  # it is refused now, and the problem's pointer tells
        return ""
    calls = dict(enumerate(traveller.calls.values()))
    call = calls.get(int(number)) if where and number.isdigit() else None
    return "" if call is None else find_writing_row(traveller.journey, call, where)
