"""What the compiled lens tells of an order is what the oracle says, but for what only values tell."""

import pytest

from adapter.core.coverage.footprints import Footprints
from adapter.core.coverage.surveys import Survey
from adapter.core.coverage.told import find_told
from adapter.core.coverage.turns import LEFT_OUT, STANDS_IN
from adapter.core.coverage.ways import ABSENT, NULL, UNMET, Way
from adapter.core.tenancy.tenants import stand_in
from adapter.errors import Problem, Unmappable
from adapter.lens.bound import Field
from adapter.qa.draws.order_sweeps import sweep_orders
from adapter.qa.subjects.examples import make_subject
from tests.conftest import DIALECTS


def expect(footprints: Footprints, oracle: set[Way]) -> set[Way]:
    """What can be told of the oracle's ways: no table, no codec, no condition; a null that is carried as its row."""
    told = set()
    for way in oracle:
        row = footprints.by_place.get(way.at)
        if way.what == NULL and isinstance(row, Field):
            told.add(Way("row", way.at, "to_dialect") if row.keeps_null["to_dialect"] else way)
        elif not is_of_values(way) and not (way.what in (ABSENT, UNMET) and isinstance(row, Field) and row.when):
            told.add(way)
    return told


def is_of_values(way: Way) -> bool:
    if way.kind == "codec":
        return way.what not in (LEFT_OUT, STANDS_IN)
    return way.kind == "table" or (way.kind == "branch" and way.what.startswith("no "))


@pytest.mark.parametrize("name", DIALECTS)
def test_what_is_told_is_what_the_oracle_says(name: str) -> None:
    dialect = DIALECTS[name]
    subject, footprints = make_subject(stand_in(dialect, {})), Survey(dialect).order
    compared = 0
    for example in list(sweep_orders(subject))[-150:]:
        passage = example.through(subject)
        try:
            _, told = dialect.order.tell(passage.order, passage.context)
        except (Problem, Unmappable):
            continue
        oracle, _ = footprints.find(passage.order, passage.context, "to_dialect")
        found = {way for way in find_told(footprints, told) if way.what != UNMET or way in expect(footprints, oracle)}
        assert found == expect(footprints, oracle), example.body
        compared += 1
    assert compared > 100
