"""Coverage of a mapping: which of its ways examples and known pairs went, and which nobody ever did."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

from msgspec import Struct, structs

from adapter.core.canonical import ENCODER
from adapter.core.coverage.listing import list_ways
from adapter.core.coverage.surveys import Survey
from adapter.core.coverage.ways import KINDS, Way, name_members
from adapter.core.dialects import Dialect
from adapter.core.lookups import look_for, read_sight
from adapter.core.orders import Journey
from adapter.core.outcomes import Answered
from adapter.core.tenancy.tenants import stand_in
from adapter.errors import Problem
from adapter.lens.trees import Tree
from adapter.qa.known.known import LOOK_UP, Traveller, set_out
from adapter.qa.laws.failures import answer_with, choose_failure
from adapter.qa.laws.laws import Draws
from adapter.qa.subjects.examples import Example, Pair, Subject, make_subject


class Coverage(Struct, frozen=True):
    """How often each way of a mapping was gone; ``listed`` are those that nothing can go, each with the reason.

    ``members`` are what rows are about, by their place; where a gateway counted, ``mapping`` is the mapping's version
    and ``orders`` how many it sent.
    """

    dialect: str
    counts: Mapping[Way, int]
    listed: Mapping[str, str] = {}
    members: Mapping[str, str] = {}
    mapping: str = ""
    orders: int = 0

    def exercised(self) -> list[Way]:
        """The ways that were gone."""
        return [way for way, count in self.counts.items() if count]

    def never(self) -> list[Way]:
        """The ways that were not, though something could go them."""
        return [way for way, count in self.counts.items() if not count and way.name() not in self.listed]

    def unreachable(self) -> dict[str, str]:
        """The ways that nothing can go, and why."""
        return {
            name: self.listed[name]
            for way, count in self.counts.items()
            if not count and (name := way.name()) in self.listed
        }

    def stale(self) -> list[str]:
        """What is listed as such and was gone, or is no way of this mapping."""
        return [name for name in self.listed if name not in self.unreachable()]

    def member(self, way: Way) -> str:
        """What the row of a way is about."""
        return self.members.get(way.at.removesuffix(".table"), "")

    def percent(self) -> float:
        """How much of what can be gone was."""
        exercised = len(self.exercised())
        return 100 * exercised / max(exercised + len(self.never()), 1)

    def is_below(self, demand: float) -> bool:
        """Whether it is less than a percentage, or something is listed that should not be."""
        return self.percent() < demand or bool(self.stale())

    def by_kind(self) -> dict[str, tuple[int, int]]:
        """Of each kind there is how many ways were gone, and how many can be."""
        never, unreachable = self.never(), self.unreachable()
        found: dict[str, tuple[int, int]] = {}
        for kind in KINDS:
            ways = [way for way in self.counts if way.kind == kind and way.name() not in unreachable]
            if ways:
                found[kind] = len(ways) - sum(way.kind == kind for way in never), len(ways)
        return found


def measure(dialect: Dialect, seen: Iterable[Mapping[Way, int]], listed: Mapping[str, str]) -> Coverage:
    """The coverage of a mapping from what was counted here and there."""
    total: Counter[Way] = Counter()
    for counts in seen:
        total.update(counts)
    return Coverage(dialect.name, {way: total[way] for way in list_ways(dialect)}, listed, name_members(dialect))


def add(one: Coverage, other: Coverage) -> Coverage:
    """The coverage of a mapping that two gateways counted."""
    counts = {way: count + other.counts.get(way, 0) for way, count in one.counts.items()}
    return structs.replace(one, counts=counts, orders=one.orders + other.orders)


def look_at(survey: Survey, subject: Subject, example: Example) -> set[Way]:
    """The ways that an example goes; none where it is no order."""
    return set(_look_at(survey, subject, example))


def _look_at(survey: Survey, subject: Subject, example: Example) -> Iterator[Way]:
    passage = example.through(subject)
    if example.answer is not None:
        step, document = example.answer
        if not step.answer.is_valid(document):
            return  # nobody reads on
        yield from survey.look_at_document(step, document[0] if step.rows.in_list else document, passage.context)
        return
    try:
        yield from survey.look_at_order(passage.order, passage.context)
    except Problem:
        return
    if isinstance(passage.departure, Journey):
        yield from survey.look_at_steps(passage.departure)


def look_at_failure(survey: Survey, subject: Subject, example: Example) -> set[Way]:
    """The ways of the failure that an example chooses; none where the order cannot be sent."""
    journey = example.through(subject).departure
    if isinstance(journey, Problem):
        return set()
    call, failure = choose_failure(journey, example.pick)
    return set(survey.look_at_answer(journey, call, answer_with(failure)))


# How an example is looked at, by what was drawn; talks take a running gateway, and pairs see below.
LOOKS: Mapping[Draws, Callable[[Survey, Subject, Example], set[Way]]] = {
    "order": look_at,
    "answer": look_at,
    "failure": look_at_failure,
}


class PairLook:
    """Which ways known pairs of one dialect go; the tenant of each settings, and the order it sends, are made once."""

    def __init__(self, dialect: Dialect) -> None:
        self.survey = Survey(dialect)
        self.subjects: dict[str, Subject] = {}
        self.travellers: dict[str, Traveller] = {}

    def at(self, order: Tree, pair: Pair) -> set[Way]:
        """The ways of one pair, which must hold."""
        key = repr(pair.settings)
        if key not in self.subjects:
            self.subjects[key] = make_subject(stand_in(self.survey.dialect, pair.settings))
        if not pair.call:
            return look_at(self.survey, self.subjects[key], Example(pair.body))
        if key not in self.travellers:
            self.travellers[key] = set_out(self.subjects[key].tenant, ENCODER.encode(order))
        return set(self._look_at_answer(self.travellers[key], pair))

    def _look_at_answer(self, traveller: Traveller, pair: Pair) -> Iterator[Way]:
        journey, body = traveller.journey, b"" if pair.body is None else ENCODER.encode(pair.body)
        sent = Answered(pair.status, {}, body)
        if pair.call == LOOK_UP:
            yield self.survey.look_at_sight(read_sight(journey, look_for(journey), sent).kind)
        else:
            yield from self.survey.look_at_answer(journey, traveller.calls[pair.call], sent)
