"""Laws tried on examples that are given and not drawn: known pairs, own orders, a sweep of what rows tell apart."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from math import inf
from typing import Any

from msgspec import structs

from adapter.core.coverage.surveys import Survey
from adapter.core.coverage.ways import Way
from adapter.core.tenancy.tenants import stand_in
from adapter.errors import Problem
from adapter.qa.cases.cases import Case, find_broken, make_case, try_law
from adapter.qa.cases.shrinking import settle_case
from adapter.qa.coverage.coverage import LOOKS, PairLook
from adapter.qa.draws.answer_sweeps import show_answers, sweep_answers
from adapter.qa.draws.order_sweeps import make_full, sweep_members, sweep_orders
from adapter.qa.known.drafts import list_settings
from adapter.qa.known.known import Known
from adapter.qa.laws.failures import sweep_failures
from adapter.qa.laws.laws import LAWS, Draws, Law
from adapter.qa.laws.pairs import list_pairs
from adapter.qa.subjects.broken import Broken, Moot
from adapter.qa.subjects.examples import Example, Subject, make_subject
from adapter.qa.tries.fuzzing import MOST_SLIPS, Batch, Result

# A known pair is quoted: what a person has agreed to would not be that of another order.
AS_IT_IS = ("",)


def try_known(subject: Subject, known: Known, until: float = inf, *, cover: bool = False) -> Result:
    """Known pairs, as a batch before all others; of the pairs that show one slip the first is kept."""
    law, started, tried, cases = LAWS["known"], time.perf_counter(), 0, dict[tuple[str, str], Case]()
    pairs, ways = list(list_pairs(known)), Counter[Way]()
    look = PairLook(subject.dialect)
    for order, pair in pairs:
        if time.monotonic() >= until:
            break
        example = Example(order, pair=pair)
        broken, tried = find_broken(law, subject, example), tried + 1
        if broken is not None:
            case = make_case(law, "positive", subject, example, broken)
            cases.setdefault(broken.slip(law.name), structs.replace(case, kept=AS_IT_IS))
        elif cover:
            ways.update(look.at(order, pair))
    batch = Batch(subject.dialect.name, "positive", "pair", (law.name,), len(pairs), 0, -1, cover=cover)
    whole, seconds = tried == len(pairs), time.perf_counter() - started
    count = {law.name: tried}
    return Result(batch, count, count, seconds, tuple(cases.values())[:MOST_SLIPS], whole, dict(ways))


def try_bodies(
    subject: Subject, laws: Sequence[Law], bodies: Sequence[Any], until: float = inf, *, cover: bool = False
) -> Result:
    """Laws tried on given orders, as a batch before all others; what is no order breaks none."""
    return _try_given(subject, laws, "order", list(map(Example, bodies)), cover=cover, until=until)


def find_refusal(subject: Subject, body: Any) -> Problem | None:
    """Why an order cannot be sent in the dialect, if it cannot."""
    try:
        departure = Example(body).through(subject).departure
    except Problem as problem:
        return problem
    return departure if isinstance(departure, Problem) else None


def sweep(subject: Subject, laws: Sequence[Law], until: float = inf) -> Iterator[Result]:
    """Laws tried on whatever rows tell apart, one thing at a time, as batches before all others."""
    yield _try_given(subject, laws, "order", list(sweep_orders(subject)), cover=True, until=until)
    yield _try_given(subject, laws, "answer", list(sweep_answers(subject)), cover=True, until=until)
    yield _try_given(subject, laws, "failure", list(sweep_failures(subject)), cover=True, until=until)
    full, shown = make_full(subject.dialect), list(show_answers(subject))
    for said in list_settings(subject.dialect)[1:]:
        other = make_subject(stand_in(subject.dialect, said), subject.peers)
        orders = list(sweep_members(full)) if len(said) > 1 else [Example(full)]
        yield _try_given(other, laws, "order", orders, cover=True, until=until)
        yield _try_given(other, laws, "answer", shown, cover=True, until=until)


def _try_given(
    subject: Subject,
    laws: Sequence[Law],
    draws: Draws,
    examples: Sequence[Example],
    *,
    cover: bool,
    until: float = inf,
) -> Result:
    """Each law on each example; of a slip the first case is kept and shrunk."""
    named = {law.name: law for law in laws if law.draws == draws and "positive" in law.modes}
    batch = Batch(subject.dialect.name, "positive", draws, tuple(named), len(examples), 0, -1, cover=cover)
    started, cases, ways, tried = time.perf_counter(), dict[tuple[str, str], Case](), Counter[Way](), 0
    held: Counter[str] = Counter()
    survey = Survey(subject.dialect)
    for example in examples:
        if time.monotonic() >= until:
            break
        tried += 1
        slips: list[tuple[Law, Broken]] = []
        for name, law in named.items():
            found = try_law(law, subject, example)
            held[name] += not isinstance(found, Moot)
            slips += [(law, found)] if isinstance(found, Broken) else []
        for law, broken in slips:
            if broken.slip(law.name) not in cases:
                case = make_case(law, "positive", subject, example, broken)
                cases[broken.slip(law.name)] = settle_case(law, subject, case, until)
        ways.update(LOOKS[draws](survey, subject, example) if cover and not slips else ())
    seconds, counted = time.perf_counter() - started, dict.fromkeys(named, tried)
    whole = tried == len(examples)
    return Result(batch, counted, dict(held), seconds, tuple(cases.values()), whole, dict(ways))
