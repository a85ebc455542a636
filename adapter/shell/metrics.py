"""Metrics: what is counted and timed, for Prometheus; labels are names and codes, never values of an order."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Generic, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from adapter.ports import Open

# Seconds: a flush takes less than one of them, a backend up to its deadline of 45.
FLUSH_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)
CALL_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 45.0)
BATCHES = (1, 2, 4, 8, 16, 32, 64, 128)

# A circuit as a number, so that an alert can compare it.
CIRCUITS = {"closed": 0, "half open": 1, "open": 2}


Metric = TypeVar("Metric", Counter, Histogram)


class Remembered(Generic[Metric]):
    """A metric by its labels, each looked up once: prometheus_client checks them anew and takes a lock each time.

    Not for a metric that is ever cleared: what is remembered would be counted and never shown.
    """

    def __init__(self, metric: Metric) -> None:
        self._metric: Metric = metric
        self._children: dict[tuple[str | int, ...], Metric] = {}

    def labels(self, *values: str | int) -> Metric:
        child = self._children.get(values)
        if child is None:
            child = self._children[values] = self._metric.labels(*values)
        return child


class Metrics:
    """Everything that one gateway counts, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._labels: dict[str, Sequence[str]] = {}
        ProcessCollector(registry=self.registry)
        count, time, show = self._make_counter, self._make_histogram, self._make_gauge
        self.requests = count("requests", "Requests by door, status and problem", "route", "status", "problem")
        self.request_seconds = Remembered(
            time("request_seconds", "From a request's head to our answer", CALL_SECONDS, "route")
        )
        self.orders = count(
            "orders", "Ends of runs, of which an order may have several", "tenant", "dialect", "outcome"
        )
        self.replays = count("replays", "Repeats that found their order", "tenant")
        # without the tenant: tenants times steps times buckets would be more series than anybody wants to keep
        self.step_seconds = Remembered(
            time("step_seconds", "Calls to backends", CALL_SECONDS, "dialect", "step", "outcome")
        )
        self.losses = count("losses", "Members that did not arrive", "dialect", "member", "code")
        self.revisions = count("revisions", "Members that a backend stored differently", "dialect", "member")
        self.flush_seconds = time(
            "journal_flush_seconds", "Transactions of the journal, with their flush", FLUSH_SECONDS
        )
        self.batch = time("journal_batch", "What shares one flush", BATCHES)
        self.reserve = show("journal_reserve", "1 while the disk reserve is there")
        self.circuit = show("circuit", "A backend's circuit: 0 closed, 1 half open, 2 open", "tenant")
        self.open = show("operations_open", "Operations that have not ended", "tenant", "state")
        self.oldest = show("operations_oldest_seconds", "Age of the oldest of them", "tenant", "state")
        self.tenants = show("tenants", "Tenants that are served")
        self.reloads = count("tenants_reloads", "Times the tenants' file was read again", "outcome")

    def series(self) -> dict[str, set[str]]:
        """Every series that there can be, as an expression names it, with its labels."""
        endings = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_count", "_sum")}
        return {
            f"{one.name}{ending}": set(self._labels.get(one.name, ()))
            for one in self.registry.collect()
            for ending in endings[one.type]
        }

    def _make_counter(self, name: str, about: str, *labels: str) -> Remembered[Counter]:
        self._labels[f"adapter_{name}"] = labels
        return Remembered(Counter(f"adapter_{name}", about, labels, registry=self.registry))

    def _make_gauge(self, name: str, about: str, *labels: str) -> Gauge:
        self._labels[f"adapter_{name}"] = labels
        return Gauge(f"adapter_{name}", about, labels, registry=self.registry)

    def _make_histogram(self, name: str, about: str, buckets: Sequence[float], *labels: str) -> Histogram:
        self._labels[f"adapter_{name}"] = labels
        return Histogram(f"adapter_{name}", about, labels, registry=self.registry, buckets=buckets)

    def note_batch(self, jobs: int, seconds: float) -> None:
        """One transaction of the journal."""
        self.batch.observe(jobs)
        self.flush_seconds.observe(seconds)

    def note_refusal(self, status: int, problem: str) -> None:
        """A request that was refused before anybody could read which door it is for."""
        self.requests.labels("other", status, problem).inc()

    def render(self, opened: Iterable[Open], circuits: Mapping[str, str], *, reserve: bool, tenants: int) -> bytes:
        """The text that Prometheus reads, with what is only known by looking."""
        for gauge in (self.open, self.oldest, self.circuit):
            gauge.clear()
        for one in opened:
            self.open.labels(one.tenant, one.state).set(one.number)
            self.oldest.labels(one.tenant, one.state).set(one.oldest)
        for tenant, circuit in circuits.items():
            self.circuit.labels(tenant).set(CIRCUITS[circuit])
        self.reserve.set(reserve)
        self.tenants.set(tenants)
        return generate_latest(self.registry)
