"""Laws tried on many examples by Hypothesis, in batches that can be run anywhere in any order with the same result."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import inf
from types import MappingProxyType
from typing import NamedTuple
from unittest import SkipTest

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st

from adapter.core.coverage.surveys import Survey
from adapter.core.coverage.ways import Way
from adapter.core.orders import Journey
from adapter.qa.cases.cases import Case, make_case, try_law
from adapter.qa.cases.shrinking import settle_case
from adapter.qa.coverage.coverage import LOOKS
from adapter.qa.draws.answer_draws import answers, list_answers
from adapter.qa.draws.choices import make_choices
from adapter.qa.draws.draws import examples, failures, talks
from adapter.qa.laws.laws import LAWS, Draws, Law
from adapter.qa.subjects.broken import Broken, Moot
from adapter.qa.subjects.examples import Example, Mode, Subject

# What is drawn in which mode.
KINDS: tuple[tuple[Mode, Draws], ...] = (
    ("positive", "order"),
    ("boundary", "order"),
    ("negative", "order"),
    ("positive", "answer"),
    ("positive", "failure"),
    ("positive", "talk"),
)

# Examples of one batch: few enough that processes share them evenly, many enough that Hypothesis gets going.
BATCH = 100

# Slips of one law that one batch goes on to look for, each in another row.
MOST_SLIPS = 5

NO_WAYS: Mapping[Way, int] = MappingProxyType({})

# Of the examples inside the schema, how many of each mode.
SHARES: Mapping[Mode, float] = {"positive": 0.7, "boundary": 0.3, "negative": 1.0}


class Batch(NamedTuple):
    """Laws of one dialect to be tried on so many examples of one mode; ``number`` tells it from the others.

    ``known`` are slips that are not looked for any more; with ``cover`` it is told which ways examples went.
    """

    dialect: str
    mode: Mode
    draws: Draws
    laws: tuple[str, ...]
    examples: int
    seed: int
    number: int
    known: frozenset[tuple[str, str]] = frozenset()
    cover: bool = False

    def is_given(self) -> bool:
        """Whether its examples are given and not drawn, see ``tryouts``."""
        return self.number < 0


class Result(NamedTuple):
    """What came of a batch: how often each law was tried, how long it took, the cases that broke one.

    ``held`` is how often of those there was something to hold; ``whole`` is false where the time was over before all of
    it was tried; ``ways`` tells how many examples went each way of the mapping, where that was asked for.
    """

    batch: Batch
    tried: Mapping[str, int]
    held: Mapping[str, int]
    seconds: float
    cases: tuple[Case, ...]
    whole: bool = True
    ways: Mapping[Way, int] = NO_WAYS


class Slip(Exception):
    """Tells Hypothesis that an example shows what is looked for."""


class TimeOver(SkipTest):
    """Tells Hypothesis to stop at once: it lets a skipped test through, where other errors would be shrunk."""


def plan_batches(
    dialects: Iterable[str], laws: Sequence[Law], modes: Sequence[Mode], count: int, start: int
) -> list[Batch]:
    """Batches in which each law is tried on ``count`` examples, those of all dialects taking turns."""
    planned: list[Batch] = []
    for dialect in dialects:
        for mode, draws in KINDS:
            named = tuple(law.name for law in laws if mode in law.modes and law.draws == draws)
            if named and mode in modes:
                share = 1.0 if draws != "order" or len(set(modes) - {"negative"}) == 1 else SHARES[mode]
                planned += _cut(Batch(dialect, mode, draws, named, round(count * share), start, 0))
    ordered = sorted(planned, key=lambda batch: batch.number)
    return [batch._replace(seed=_mix(start, number), number=number) for number, batch in enumerate(ordered)]


def _cut(batch: Batch) -> Iterator[Batch]:
    for number, first in enumerate(range(0, batch.examples, BATCH)):
        yield batch._replace(examples=min(BATCH, batch.examples - first), number=number)


def _mix(start: int, number: int) -> int:
    """A seed for each batch; neighbouring seeds of a run share none."""
    return (start * 1_000_003 + number) & 0xFFFFFFFF


def run_batch(
    batch: Batch,
    subject: Subject,
    laws: Mapping[str, Law] = LAWS,
    openings: Sequence[Sequence[str]] = (),
    until: float = inf,
) -> Result:
    """Try the laws; each slip is shrunk to the smallest example, and looked for no more.

    ``openings`` are the actions that a talk can begin with; it goes on with any of them. After ``until`` on the
    monotonic clock the example under way is the last.
    """
    started, hunt = time.perf_counter(), Hunt(batch, subject, laws, until)
    drawn = _strategy(batch, subject, openings)
    if drawn is not None:
        while hunt.left > 0 and len(hunt.cases) < MOST_SLIPS and hunt.run(drawn):
            pass
    seconds = time.perf_counter() - started
    return Result(batch, dict(hunt.tried), dict(hunt.held), seconds, tuple(hunt.cases), not hunt.over, dict(hunt.ways))


def _strategy(batch: Batch, subject: Subject, openings: Sequence[Sequence[str]]) -> st.SearchStrategy[Example] | None:
    if batch.draws == "answer":
        found = list_answers(subject)
        return answers(found) if found else None
    if batch.draws == "failure":
        return failures(subject)
    if batch.draws == "talk":
        actions = sorted({action for opening in openings for action in opening})
        drawn = talks(make_choices(subject, batch.mode), openings, actions)
        return drawn.filter(lambda example: isinstance(example.through(subject).departure, Journey))
    return examples(make_choices(subject, batch.mode), batch.mode)


class Hunt:
    """One batch under way: what was tried and found, and the slip that is being shrunk."""

    def __init__(self, batch: Batch, subject: Subject, laws: Mapping[str, Law], until: float) -> None:
        self.batch = batch
        self.subject = subject
        self.laws = laws
        self.until = until
        self.over = False
        self.left = batch.examples
        self.tried: Counter[str] = Counter()
        self.held: Counter[str] = Counter()
        self.cases: list[Case] = []
        self.known = set(batch.known)
        self.survey = Survey(subject.dialect) if batch.cover else None
        self.ways: Counter[Way] = Counter()
        self.target: tuple[str, str] | None = None
        self.smallest: tuple[Law, Example, Broken] | None = None

    def run(self, drawn: st.SearchStrategy[Example]) -> bool:
        """Let Hypothesis go on until something is broken; whether it was."""
        self.target, self.smallest = None, None

        @seed(self.batch.seed + len(self.cases))
        @settings(
            max_examples=self.left,
            deadline=None,
            database=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
            verbosity=Verbosity.quiet,
            report_multiple_bugs=False,
        )
        @given(drawn)
        def search(example: Example) -> None:
            self.look(example)

        try:
            search()
        except Slip:
            self._keep()
            return True
        except TimeOver:
            self.over = True
            self._keep()
        return False

    def look(self, example: Example) -> None:
        """Try what is to be tried; while a slip is shrunk, its law alone."""
        if time.monotonic() >= self.until:
            raise TimeOver("the time is over")
        laws = self.batch.laws if self.target is None else (self.target[0],)
        self.left -= self.target is None
        for name in laws:
            law = self.laws[name]
            broken = try_law(law, self.subject, example)
            self.tried[name] += self.target is None
            self.held[name] += self.target is None and not isinstance(broken, Moot)
            if not isinstance(broken, Broken) or broken.slip(name) in self.known:
                continue
            if self.target not in (None, broken.slip(name)):
                continue
            self.target, self.smallest = broken.slip(name), (law, example, broken)
            raise Slip(name)
        if self.survey is not None and self.target is None:
            self.ways.update(LOOKS[self.batch.draws](self.survey, self.subject, example))

    def _keep(self) -> None:
        if self.smallest is None or self.target is None:
            return
        law, example, broken = self.smallest
        case = make_case(law, self.batch.mode, self.subject, example, broken, self.batch.seed)
        self.cases.append(settle_case(law, self.subject, case, self.until))
        self.known.add(self.target)
