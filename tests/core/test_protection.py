"""Circuits and budgets as values: when they open, for how long, and what is left."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.core.protection import OPENS_AFTER, Breaker, Budget, note_failure, note_success, owe, spend


def fail(times: int, now: float = 0.0, breaker: Breaker | None = None) -> Breaker:
    breaker = breaker or Breaker()
    for _ in range(times):
        breaker = note_failure(breaker, now)
    return breaker


def test_a_circuit_opens_at_the_fifth_failure_in_a_row() -> None:
    assert not fail(OPENS_AFTER - 1).is_open(0)
    assert fail(OPENS_AFTER).is_open(29.9)
    assert not fail(OPENS_AFTER).is_open(30)


def test_a_success_in_between_starts_the_count_anew() -> None:
    assert not fail(OPENS_AFTER - 1, breaker=note_success(fail(OPENS_AFTER - 1))).is_open(0)


def test_a_half_open_circuit_wants_a_probe_and_a_closed_one_does_not() -> None:
    assert fail(OPENS_AFTER).wants_probe(30)
    assert not fail(OPENS_AFTER).wants_probe(29)
    assert not Breaker().wants_probe(0)
    assert not note_success(fail(OPENS_AFTER)).wants_probe(30)


def test_each_failed_probe_doubles_the_time_up_to_five_minutes() -> None:
    breaker, now, waits = fail(OPENS_AFTER), 0.0, []
    for _ in range(6):
        waits.append(breaker.open_until - now)
        now = breaker.open_until
        breaker = note_failure(breaker, now)

    assert waits == [30, 60, 120, 240, 300, 300]


@pytest.mark.parametrize(
    ("budget", "calls", "now", "left", "wait"),
    [
        (None, 22, 0.0, 38, 0),
        (Budget(38, 0), 22, 0.0, 16, 0),
        (Budget(16, 0), 22, 0.0, 16, 6),
        (Budget(16, 0), 22, 6.0, 0, 0),
        (Budget(60, 0), 22, 1000.0, 38, 0),
        (None, 75, 0.0, -15, 0),
        (Budget(59, 0), 75, 0.0, 59, 1),
        (Budget(-15, 0), 1, 0.0, -15, 16),
    ],
)
def test_a_budget_fills_within_a_minute(
    budget: Budget | None, calls: int, now: float, left: float, wait: float
) -> None:
    rest, seconds = spend(budget, calls, 60, now)

    assert rest == Budget(left, now)
    assert seconds == pytest.approx(wait)


@given(st.lists(st.tuples(st.integers(1, 60), st.floats(0, 120)), max_size=30))
def test_no_more_than_two_minutes_worth_goes_out_within_a_minute(orders: list[tuple[int, float]]) -> None:
    """A full bucket and what flows in meanwhile: that is all a backend ever gets in any minute."""
    budget, sent = None, []
    for calls, now in sorted(orders, key=lambda order: order[1]):
        budget, wait = spend(budget, calls, 60, now)
        sent += [(now, calls)] if not wait else []
    for start, _ in sent:
        assert sum(calls for now, calls in sent if start <= now <= start + 60) <= 120


def test_calls_that_are_made_in_any_case_leave_a_debt_that_new_ones_wait_for() -> None:
    owing = owe(Budget(5.0, 0.0), 20, 60, 0.0)
    assert owing == Budget(-15.0, 0.0)
    assert spend(owing, 1, 60, 0.0)[1] == 16.0
    assert spend(owing, 1, 60, 16.0) == (Budget(0.0, 16.0), 0.0)
    assert owe(owing, 10_000, 60, 0.0) == Budget(-60.0, 0.0)
