"""A case freed of what may be a person's data, as far as it still shows its slip then."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from msgspec import structs

from adapter.core.canonical import SCHEMAS
from adapter.lens.trees import Tree, leaves, point
from adapter.qa.cases.cases import Case
from adapter.qa.cases.masks import list_digits, mask, mask_name, mask_number
from adapter.qa.draws.answer_draws import NUMBERS
from adapter.qa.subjects.partitions import AMOUNTS, EDGES, OUR_TEXTS

# Whether a case still shows what it is kept for.
Holds = Callable[[Case], Case | None]

# Amounts on the edge in currencies of no, two and three decimals.
DECIMALS = (0, 2, 3)

# Digits of numbers of our own tables; a single one says nothing.
OUR_DIGITS = frozenset(
    list_digits(number)
    for number in (*range(10), *NUMBERS, *AMOUNTS, *(edge(decimals) for edge in EDGES for decimals in DECIMALS))
)

# What comes before a pointer into the answer.
ANSWER = "answer"


class Ours(NamedTuple):
    """What is public: names of members, and the values of a backend's document, of which answers are made."""

    names: frozenset[str]
    values: frozenset[Any]


class Spot(NamedTuple):
    """What may be replaced: the value at a place, or a name wherever it stands."""

    kind: Literal["name", "value"]
    text: str


def list_ours(api: Tree) -> Ours:
    """What the canonical order, a backend's document and our own tables have."""
    names = {name for node in _objects([SCHEMAS, api]) for name in node}
    return Ours(OUR_TEXTS | names, frozenset(value for _, value in leaves(api) if not isinstance(value, (dict, list))))


def redact_case(case: Case, ours: Ours, hold: Holds) -> Case:
    """Put others of the same shape for texts, numbers and names that are not ours.

    ``kept`` has the pointers of those that the slip needs; those into the answer begin with ``answer``.
    """
    redaction = Redaction(case, ours, hold)
    redaction.put_out(redaction.groups())
    return structs.replace(redaction.case, kept=tuple(redaction.kept()))


class Redaction:
    """One case on its way: what each spot gives way to, and which spots have."""

    def __init__(self, case: Case, ours: Ours, hold: Holds) -> None:
        self.first = case
        self.case = case
        self.hold = hold
        self.parts = {"": case.order, ANSWER: None if case.answer is None else case.answer.document}
        self.values = {at: value for part, node in self.parts.items() for at, value in _foreign(node, part, ours)}
        self.instead: dict[Spot, Any] = {Spot("value", at): _mask(value) for at, value in self.values.items()}
        self.instead |= self._rename(ours)
        self.out: frozenset[Spot] = frozenset()

    def _rename(self, ours: Ours) -> Iterator[tuple[Spot, str]]:
        """Another name for each that is not ours, no two alike."""
        there = dict.fromkeys(name for node in _objects(list(self.parts.values())) for name in node)
        taken = ours.names | there.keys()
        for name in [name for name in there if name not in ours.names]:
            other = mask_name(name, taken - {name})
            taken |= {other}
            if other != name:
                yield Spot("name", name), other

    def groups(self) -> list[list[Spot]]:
        """Spots that give way together: those of one value, since a slip may need them to be the same."""
        found: dict[Any, list[Spot]] = {}
        for spot in self.instead:
            key = repr(self.values[spot.text]) if spot.kind == "value" else spot
            found.setdefault(key, []).append(spot)
        return list(found.values())

    def put_out(self, groups: Sequence[Sequence[Spot]]) -> None:
        """Replace all of them, or of each half what can be."""
        out = self.out.union(*groups)
        found = self.hold(self._replace(out)) if groups else None
        if found is not None:
            self.out, self.case = out, found
        elif len(groups) > 1:
            self.put_out(groups[: len(groups) // 2])
            self.put_out(groups[len(groups) // 2 :])
        elif groups and len(groups[0]) > 1:
            self.put_out([[spot] for spot in groups[0]])

    def kept(self) -> Iterator[str]:
        """Where what was not replaced stands now."""
        names = self._chosen("name", self.out)
        for part, node in self.parts.items():
            for at, name in _places(node, part):
                spots = {Spot("name", name), Spot("value", at)} & self.instead.keys()
                if spots - self.out:
                    yield _rename_keys(at, names)

    def _replace(self, out: frozenset[Spot]) -> Case:
        """The case with others in these spots; its message is of the old one still."""
        names, values = self._chosen("name", out), self._chosen("value", out)
        answer = self.first.answer
        return structs.replace(
            self.first,
            order=_rebuild(self.first.order, "", names, values),
            answer=answer and structs.replace(answer, document=_rebuild(answer.document, ANSWER, names, values)),
            pointer=_rename_keys(self.first.pointer, names),
            broken=_rename_keys(self.first.broken, names),
        )

    def _chosen(self, kind: str, out: frozenset[Spot]) -> Mapping[str, Any]:
        return {spot.text: self.instead[spot] for spot in out if spot.kind == kind}


def _objects(node: Any) -> Iterator[Tree]:
    """Every object in a tree, the tree itself included."""
    if isinstance(node, dict):
        yield node
    for inner in _inside(node):
        yield from _objects(inner)


def _inside(node: Any) -> Iterable[Any]:
    return node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()


def _places(node: Any, at: str) -> Iterator[tuple[str, str]]:
    """Every place in a tree, in its order, with the name that it has there; items of lists have none."""
    named = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, inner in named:
        here = point(at, (str(key),))
        yield here, key if isinstance(key, str) else ""
        yield from _places(inner, here)


def _foreign(node: Any, part: str, ours: Ours) -> Iterator[tuple[str, Any]]:
    """Values that are of no table of ours, nor in an answer of the document, and say something."""
    public = ours.values if part == ANSWER else frozenset()
    for at, value in leaves(node, part):
        if isinstance(value, (str, int, Decimal)) and not isinstance(value, bool):
            known = value in OUR_TEXTS if isinstance(value, str) else list_digits(value) in OUR_DIGITS
            if not known and value not in public and _mask(value) != value:
                yield at, value


def _mask(value: Any) -> Any:
    return mask(value) if isinstance(value, str) else mask_number(value)


def _rebuild(node: Any, at: str, names: Mapping[str, str], values: Mapping[str, Any]) -> Any:
    """A copy with other names and values; ``at`` is the place by the old names."""
    if isinstance(node, dict):
        return {
            names.get(name, name): _rebuild(inner, point(at, (name,)), names, values) for name, inner in node.items()
        }
    if isinstance(node, list):
        return [_rebuild(inner, f"{at}/{index}", names, values) for index, inner in enumerate(node)]
    return values.get(at, node)


def _rename_keys(pointer: str, names: Mapping[str, str]) -> str:
    first, *keys = pointer.split("/")
    plain = [key.replace("~1", "/").replace("~0", "~") for key in keys]
    return point(first, tuple(names.get(key, key) for key in plain))
