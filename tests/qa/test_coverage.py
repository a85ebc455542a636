"""What exercises a mapping is counted way by way: the shipped ones whole, and a row that nothing reaches is named."""

import tomllib
from collections import Counter

import pytest

from adapter.core.coverage.listing import list_ways
from adapter.core.coverage.surveys import Survey
from adapter.core.coverage.ways import Way
from adapter.core.dialects import Dialect, make_dialect
from adapter.core.files.mappings import read_mapping
from adapter.core.orders import Journey
from adapter.core.tenancy.tenants import stand_in
from adapter.qa.coverage.coverage import Coverage, look_at, measure
from adapter.qa.draws.answer_sweeps import sweep_answers
from adapter.qa.draws.order_sweeps import make_full, sweep_orders
from adapter.qa.known_folder import read_known, read_unreachable
from adapter.qa.laws.laws import LAWS
from adapter.qa.subjects.examples import Example, make_subject
from adapter.qa.tries.fuzzing import Batch, run_batch
from adapter.qa.tries.tryouts import sweep, try_known
from adapter.shell.files import find_document, find_mappings
from tests.conftest import DIALECTS, HERE

SHIPPED = ("enad", "lana", "stella_checkout", "stella_sync")


@pytest.mark.parametrize("name", SHIPPED)
def test_all_of_a_shipped_mapping_that_can_be_exercised_is(name: str) -> None:
    """By the sweep, so that no chance is in it; known pairs have the look-ups."""
    dialect, pairs = DIALECTS[name], read_known(HERE, name)
    peers = [stand_in(other, {}) for other in DIALECTS.values() if other is not dialect]
    subject, listed = make_subject(stand_in(dialect, {}), peers), read_unreachable(HERE, name)
    laws = [LAWS[law] for law in ("compiled", "forward_back", "receipt", "failure")]
    results = list(sweep(subject, laws))
    assert [case for result in results for case in result.cases] == []
    swept = measure(dialect, [result.ways for result in results], listed)
    assert {way.at for way in swept.never()} <= {f"{name}.toml: lookup"}

    assert pairs is not None
    coverage = measure(dialect, [swept.counts, try_known(subject, pairs, cover=True).ways], listed)
    assert coverage.never() == []
    assert coverage.stale() == []
    assert coverage.percent() == 100
    assert not coverage.is_below(100)


def test_what_is_exercised_is_a_way_that_is_listed(dialect: Dialect) -> None:
    subject, survey, listed = make_subject(stand_in(dialect, {})), Survey(dialect), set(list_ways(dialect))
    for example in (*sweep_orders(subject), *sweep_answers(subject)):
        assert look_at(survey, subject, example) <= listed


def test_an_order_that_says_all_it_can_can_be_placed(dialect: Dialect) -> None:
    subject = make_subject(stand_in(dialect, {}))
    assert isinstance(Example(make_full(dialect)).through(subject).departure, Journey)


def test_a_row_that_nothing_reaches_is_named() -> None:
    data = tomllib.loads(find_mappings(HERE / "fifth")["bazaar"].read_text())
    data["order"][8]["when"] = {"payment_method": ["cod"], "email": ["nobody@example.com"]}
    data["order"][8]["lossy"] = "it is hardly ever said"
    other = make_dialect(read_mapping(data, "bazaar.toml"), find_document("bazaar", HERE / "fifth"))
    survey, subject = Survey(other), make_subject(stand_in(other, {}))
    examples = [example for example in sweep_orders(subject) if example.body.get("email") == "m@example.com"]
    coverage = measure(other, [Counter(way for one in examples for way in look_at(survey, subject, one))], {})
    assert Way("row", "bazaar.toml: order[8]", "to_dialect") in coverage.never()
    assert Way("branch", "bazaar.toml: order[8]", "unmet") not in coverage.never()
    assert coverage.is_below(99.9)


WAYS = [Way("row", "a.toml: order[0]", what) for what in ("to_dialect", "to_canonical")] + [
    Way("step", "a.toml: step[0]", "called")
]


def test_what_cannot_be_exercised_counts_for_nothing_and_what_is_listed_wrongly_fails() -> None:
    half = Coverage("a", dict(zip(WAYS, (3, 0, 0), strict=True)), {WAYS[1].name(): "nobody reads it back"})
    assert half.percent() == 50
    assert half.by_kind() == {"row": (1, 1), "step": (0, 1)}
    assert (half.is_below(50), half.is_below(50.1)) == (False, True)

    stale = Coverage("a", dict(zip(WAYS, (3, 1, 1), strict=True)), {WAYS[1].name(): "so they say", "a.toml: gone": "?"})
    assert stale.percent() == 100
    assert stale.stale() == [WAYS[1].name(), "a.toml: gone"]
    assert stale.is_below(0)


def test_a_batch_tells_its_ways_only_where_that_is_asked_for() -> None:
    subject = make_subject(stand_in(DIALECTS["bazaar"], {}))
    batch = Batch("bazaar", "positive", "order", ("compiled",), 20, seed=1, number=0)
    assert run_batch(batch, subject).ways == {}
    counted = run_batch(batch._replace(cover=True), subject)
    assert counted.ways[Way("row", "bazaar.toml: order[1]", "to_dialect")] == counted.tried["compiled"] == 20
