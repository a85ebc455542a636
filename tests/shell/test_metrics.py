"""Metrics: a series is looked up once and counted on for ever; what is only known by looking is told as it is now."""

from typing import Self

from prometheus_client import Counter

from adapter.ports import Open
from adapter.shell.metrics import Metrics, Remembered


def render(metrics: Metrics, *opened: Open, **circuits: str) -> list[str]:
    return metrics.render(opened, circuits, reserve=True, tenants=1).decode().splitlines()


def test_what_is_counted_again_is_the_same_series_however_its_labels_are_spelt() -> None:
    metrics = Metrics()
    for status in (201, 201, "201"):
        metrics.requests.labels("/orders", status, "").inc()
        render(metrics)
    metrics.requests.labels("/orders", 503, "overloaded").inc()

    lines = render(metrics)
    assert 'adapter_requests_total{problem="",route="/orders",status="201"} 3.0' in lines
    assert 'adapter_requests_total{problem="overloaded",route="/orders",status="503"} 1.0' in lines


class Slow(Counter):
    """A counter that knows how often one of its series was looked up."""

    looked_up = 0

    def labels(self, *labelvalues: object, **labelkwargs: object) -> Self:
        self.looked_up += 1
        return super().labels(*labelvalues, **labelkwargs)


def test_a_series_is_looked_up_once() -> None:
    slow = Slow("orders", "Orders", ("tenant", "outcome"), registry=None)
    orders = Remembered(slow)
    for outcome in ("placed", "lost", "placed"):
        orders.labels("shop", outcome).inc()

    assert slow.looked_up == 2


def test_what_is_no_longer_open_is_no_longer_told_and_may_be_open_again() -> None:
    metrics, waiting = Metrics(), 'adapter_operations_open{state="unknown",tenant="shop"}'

    for number in (2, 3):
        assert f"{waiting} {number}.0" in render(metrics, Open("shop", "unknown", number, 60.0), shop="open")
        assert not any(line.startswith((waiting, "adapter_circuit{")) for line in render(metrics))
