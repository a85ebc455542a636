"""Each law can be broken: for each thing that one looks at there is a bug that it finds, and blames on its row."""

import pytest

from adapter.qa.broken import Broken
from adapter.qa.cases import find_broken, try_law
from adapter.qa.examples import Example, Passage
from adapter.qa.laws import LAWS, Law
from tests.qa.breaking import FULL
from tests.qa.breaks import BREAKS
from tests.qa.planted import alter


@pytest.mark.parametrize("name", BREAKS)
def test_a_bug_breaks_its_law_at_its_row(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    known = BREAKS[name]

    broken = try_law(LAWS[known.law], *known.plant(monkeypatch))

    assert isinstance(broken, Broken), broken
    assert known.told.says in broken.message
    assert (broken.row, broken.pointer) == (known.told.row, known.told.member)


def test_every_law_has_one() -> None:
    assert {known.law for known in BREAKS.values()} == LAWS.keys()


def test_whatever_crashes_breaks_a_law() -> None:
    def crash(_: Passage) -> None:
        raise KeyError("nowhere")

    broken = find_broken(Law("ledger", "", ("positive",), "order", crash), alter("lana"), Example(FULL))

    assert broken is not None
    assert broken.message == "KeyError: 'nowhere'"
