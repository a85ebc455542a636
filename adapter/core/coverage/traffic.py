"""Live traffic: which ways of the mappings in use orders and answers went, counted at hardly any cost for an order.

An order adds one to the count of its shape, which is what the compiled lens told of it anyway; shapes are taken apart
when somebody asks. What only values tell (tables, codecs, what an answer was read by) is seen in a sample.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from adapter.core.coverage.listing import list_ways
from adapter.core.coverage.surveys import Survey
from adapter.core.coverage.told import find_told
from adapter.core.coverage.ways import Way, name_members
from adapter.core.dialects import Dialect
from adapter.core.orders import Journey
from adapter.core.outcomes import Answered, NotSent, Sent
from adapter.core.steps import Call
from adapter.lens.notes import Told

# Shapes that are remembered for one mapping, and mappings; orders of other shapes are only seen in the sample.
MOST_SHAPES, MOST_MAPPINGS = 512, 64

# The first so many orders, and answers of a step, are looked at by the oracle, then one in so many: it takes its time.
FIRST, EVERY = 64, 256

# Lines of a ledger beyond which an order is only counted: its shape would be large, and take the oracle long.
LONGEST = 200


class Traffic:
    """Satisfies ``ports.Watch``; mappings are told apart by their versions."""

    def __init__(self) -> None:
        self._mappings: dict[str, Counts] = {}

    def note_order(self, journey: Journey) -> None:
        """An order that is about to be sent."""
        self._find(journey).note_order(journey)

    def note_answer(self, journey: Journey, call: Call, sent: Sent) -> None:
        """What came of a call, if it was made."""
        if not isinstance(sent, NotSent):
            self._find(journey).note_answer(journey, call, sent)

    def note_sight(self, journey: Journey, kind: str) -> None:
        """What a look-up showed."""
        self._find(journey).note_sight(kind)

    def tell(self) -> dict[str, Any]:
        """The counts of every way of every mapping in use, as JSON shows them; may be called in another thread."""
        return {"mappings": [counts.tell() for counts in list(self._mappings.values())]}

    def _find(self, journey: Journey) -> "Counts":
        dialect = journey.tenant.dialect
        counts = self._mappings.get(dialect.version)
        if counts is None:
            if len(self._mappings) >= MOST_MAPPINGS:
                del self._mappings[next(iter(self._mappings))]
            counts = self._mappings[dialect.version] = Counts(dialect)
        return counts


class Counts:
    """What went through one mapping."""

    def __init__(self, dialect: Dialect) -> None:
        self.survey = Survey(dialect, back=False)
        self.called = {step.rows.name: self.survey.name_step(step, "called") for step in dialect.steps}
        self.orders = 0
        self.shapes: dict[Told, int] = {}
        self.answers: Counter[str] = Counter()
        self.sampled: Counter[Way] = Counter()

    def note_order(self, journey: Journey) -> None:
        self.orders += 1
        if len(journey.ledger) > LONGEST:
            return
        count = self.shapes.get(journey.told)
        if count is not None or len(self.shapes) < MOST_SHAPES:
            self.shapes[journey.told] = (count or 0) + 1
        if _is_due(self.orders):
            context = journey.context
            seen = {*self.survey.look_at_order(context["order"], context), *self.survey.look_at_steps(journey)}
            told = find_told(self.survey.order, journey.told) if journey.told in self.shapes else set()
            self.sampled.update(way for way in seen - told if way.what != "called")

    def note_answer(self, journey: Journey, call: Call, sent: Sent) -> None:
        step = call.step.rows.name
        self.sampled[self.called[step]] += 1
        if isinstance(sent, Answered) and 200 <= sent.status < 300:
            self.answers[step] += 1
            if not _is_due(self.answers[step]) or len(journey.ledger) > LONGEST:
                return
        seen = set(self.survey.look_at_answer(journey, call, sent))
        self.sampled.update(seen - {self.called[step]})

    def note_sight(self, kind: str) -> None:
        self.sampled[self.survey.look_at_sight(kind)] += 1

    def tell(self) -> dict[str, Any]:
        dialect, counts = self.survey.dialect, self.sampled.copy()
        for told, count in list(self.shapes.items()):
            for way in find_told(self.survey.order, told):
                counts[way] += count
        members = name_members(dialect)
        ways: Sequence[Way] = list_ways(dialect, back=False)
        return {
            "dialect": dialect.name,
            "mapping": dialect.version,
            "orders": self.orders,
            "ways": [
                way._asdict() | {"member": members.get(way.at.removesuffix(".table"), ""), "count": counts[way]}
                for way in ways
            ],
        }


def _is_due(number: int) -> bool:
    return number <= FIRST or number % EVERY == 0
