"""Limits of callers: a minute's worth, given back evenly, and told."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.core.protection import Budget
from adapter.core.tenancy.limits import LimitRows, Quota, find_quotas, look, refuse_request, take, tell

BOTH = [Quota("orders", ("shop", "orders"), 60), Quota("caller-orders", ("shop", "orders", "ann"), 6)]


def test_repeats_are_many_more_than_orders_unless_said() -> None:
    assert LimitRows().per_minute("repeats") is None
    assert LimitRows(orders=10).per_minute("repeats") == 50
    assert LimitRows(orders=10, repeats=3).per_minute("repeats") == 3
    assert LimitRows(orders=10).per_minute("reads") is None


def test_a_limit_that_nobody_set_is_no_quota() -> None:
    assert find_quotas("shop", "ann", "reads", LimitRows(orders=1), LimitRows(orders=1)) == []
    assert find_quotas("shop", "ann", "orders", LimitRows(orders=60), LimitRows(orders=6)) == BOTH
    assert [quota.holder for quota in find_quotas("shop", "ann", "repeats", LimitRows(orders=1), LimitRows())] == [
        ("shop", "repeats")
    ]


def test_one_too_many_takes_nothing_and_says_when_the_next_may_come() -> None:
    buckets: dict[tuple[str, ...], Budget] = {}
    for _ in range(6):
        taking = take(BOTH, buckets, 100.0)
        assert taking.short == ()
        buckets.update(taking.left)
    taking = take(BOTH, buckets, 100.0)

    assert (dict(taking.left), taking.wait, taking.short) == ({}, 10.0, ("caller-orders",))
    assert take(BOTH, buckets, 109.9).short == ("caller-orders",)
    assert take(BOTH, buckets, 110.0).short == ()


def test_the_fields_tell_every_limit() -> None:
    buckets = dict(take(BOTH, {}, 100.0).left)

    assert tell(BOTH, buckets) == {
        "RateLimit-Policy": '"orders";q=60;w=60, "caller-orders";q=6;w=60',
        "RateLimit": '"orders";r=59;t=1, "caller-orders";r=5;t=10',
    }
    assert tell(BOTH, {})["RateLimit"] == '"orders";r=60;t=0, "caller-orders";r=6;t=0'
    assert tell([], {}) == {}


def test_a_look_takes_nothing_and_sees_what_has_filled_up_since() -> None:
    buckets = dict(take(BOTH, {}, 100.0).left)

    assert look(BOTH, buckets, 100.5)["RateLimit"] == '"orders";r=59;t=1, "caller-orders";r=5;t=10'
    assert look(BOTH, buckets, 105.0)["RateLimit"] == '"orders";r=60;t=0, "caller-orders";r=5;t=5'
    assert buckets == dict(take(BOTH, {}, 100.0).left)


def test_a_refusal_names_the_policies_and_the_seconds() -> None:
    buckets = {quota.holder: Budget(0.5, 100.0) for quota in BOTH}
    problem = refuse_request(take(BOTH, buckets, 100.0))

    assert (problem.status, problem.headers["Retry-After"]) == (429, "5")
    assert problem.document()["violated-policies"] == ["orders", "caller-orders"]
    assert tell(BOTH, buckets)["RateLimit"] == '"orders";r=0;t=60, "caller-orders";r=0;t=55'


@given(st.integers(1, 100), st.lists(st.floats(0, 30), max_size=300))
def test_no_minute_has_more_than_its_limit_twice_over(per_minute: int, pauses: list[float]) -> None:
    quota = Quota("orders", ("shop", "orders"), per_minute)
    buckets: dict[tuple[str, ...], Budget] = {}
    now, taken = 100.0, []
    for pause in pauses:
        now += pause
        taking = take([quota], buckets, now)
        buckets.update(taking.left)
        taken += [] if taking.short else [now]

    for start in taken:
        assert sum(start <= moment < start + 60 for moment in taken) <= 2 * per_minute


@pytest.mark.parametrize("wrong", [0, -1, 1.5, "ten", 10_000_000])
def test_a_limit_is_a_number_that_makes_sense(wrong: object) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"orders": wrong}, LimitRows)
