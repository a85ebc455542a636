"""Each law can be broken: for each thing that one looks at there is a bug that it finds, and blames on its row."""

import pytest

from adapter.core.tenancy.tenants import stand_in
from adapter.qa.cases.cases import find_broken, try_law
from adapter.qa.laws.laws import LAWS, Law
from adapter.qa.subjects.broken import Broken
from adapter.qa.subjects.examples import Example, Passage
from tests.conftest import DIALECTS
from tests.qa.breaking import FULL
from tests.qa.breaks import BREAKS, DECLARED
from tests.qa.planted import alter


@pytest.mark.parametrize("name", BREAKS)
def test_a_bug_breaks_its_law_at_its_row(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    known = BREAKS[name]

    broken = try_law(LAWS[known.law], *known.plant(monkeypatch))

    assert isinstance(broken, Broken), broken
    assert known.told.says in broken.message
    assert (broken.row, broken.pointer) == (known.told.row, known.told.member)


@pytest.mark.parametrize("name", DECLARED)
def test_what_is_declared_lost_breaks_no_law(name: str) -> None:
    dialect, change = DECLARED[name]
    peers = [stand_in(other, {}) for other in DIALECTS.values() if other.name != dialect]
    subject = alter(dialect, change, peers)
    address = {member: text for member, text in FULL["shipping_address"].items() if member != "phone"}
    for law in (law for law in LAWS.values() if law.draws == "order" and "positive" in law.modes):
        for body in (FULL | {"phone": "+1502"}, FULL | {"phone": "+1502", "shipping_address": address}):
            broken = [find_broken(law, subject, Example(body, pick=pick)) for pick in range(9)]
            assert not any(broken), law.name


def test_every_law_has_one() -> None:
    assert {known.law for known in BREAKS.values()} == LAWS.keys()


def test_whatever_crashes_breaks_a_law() -> None:
    def crash(_: Passage) -> None:
        raise KeyError("nowhere")

    broken = find_broken(Law("ledger", "", ("positive",), "order", crash), alter("lana"), Example(FULL))

    assert broken is not None
    assert broken.message == "KeyError: 'nowhere'"
