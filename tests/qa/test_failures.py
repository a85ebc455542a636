"""The law of failures: each that is listed is tried, and a gateway that takes one for more than it is breaks it."""

from typing import Any

import pytest

from adapter.core.dialects import Dialect
from adapter.core.outcomes import Outcome, State, judge
from adapter.core.tenancy.tenants import stand_in
from adapter.qa.cases.cases import find_broken
from adapter.qa.laws import failures
from adapter.qa.laws.failures import list_failures, sweep_failures
from adapter.qa.laws.laws import LAWS
from adapter.qa.subjects.examples import make_subject
from tests.conftest import DIALECTS


def test_it_holds_of_every_failure_of_every_dialect(dialect: Dialect) -> None:
    subject = make_subject(stand_in(dialect, {}))
    examples = list(sweep_failures(subject))
    assert len(examples) == len(list_failures(dialect)) >= 3
    assert [broken for one in examples if (broken := find_broken(LAWS["failure"], subject, one))] == []


def test_every_status_and_every_code_is_among_them(dialect: Dialect) -> None:
    found, mapping = list_failures(dialect), dialect.mapping
    assert {*mapping.outcomes.rejected, *mapping.outcomes.not_applied} <= {one.status for one in found}
    texts = {one.text for one in found}
    codes = [*mapping.errors.codes, *mapping.errors.proves] if mapping.errors.said else []
    assert {code.replace("*", "x") for code in codes} <= texts


def test_a_gateway_that_takes_a_failure_for_more_than_is_listed_breaks_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def hope(*said: Any) -> Outcome:
        return judge(*said)._replace(state=State.NOT_APPLIED)

    monkeypatch.setattr(failures, "judge", hope)
    subject = make_subject(stand_in(DIALECTS["lana"], {}))
    broken = [found for one in sweep_failures(subject) if (found := find_broken(LAWS["failure"], subject, one))]
    assert "proves not_applied, and rejected is listed" in broken[0].message
    assert broken[0].row == "lana.toml: outcome"
    assert any("and unknown is listed" in one.message for one in broken)
