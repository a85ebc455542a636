"""When to leave a backend alone: circuit breakers and budgets of calls, as values; time comes in as a number.

Numbers: five consecutive failures open a circuit for 30 seconds, doubling to 300.
"""

from typing import NamedTuple

OPENS_AFTER = 5
FIRST_OPEN = 30.0
LONGEST_OPEN = 300.0


class Breaker(NamedTuple):
    """A circuit: how often a backend failed and it was opened in a row, until when, and whether it was probed since."""

    failures: int = 0
    opened: int = 0
    open_until: float = 0.0
    probed: bool = False

    def is_open(self, now: float) -> bool:
        """Whether calls are held back; when that is over, the circuit is half open and wants a probe."""
        return now < self.open_until

    def wants_probe(self, now: float) -> bool:
        """Whether somebody must ask the backend by a read before an order is risked."""
        return self.opened > 0 and not self.probed and not self.is_open(now)


def note_success(_breaker: Breaker) -> Breaker:
    """One answer that is no failure of the backend's closes the circuit."""
    return Breaker()


def note_life(breaker: Breaker) -> Breaker:
    """A read was answered: orders may go again, and the first failure of one opens the circuit for longer."""
    return breaker._replace(probed=True)


def note_failure(breaker: Breaker, now: float) -> Breaker:
    """One more failure; in a row of them, or at a probe, it opens the circuit, each time for longer."""
    failures = breaker.failures + 1
    if failures < OPENS_AFTER and not breaker.opened:
        return breaker._replace(failures=failures)
    seconds = min(FIRST_OPEN * 2.0**breaker.opened, LONGEST_OPEN)
    return Breaker(failures, breaker.opened + 1, now + seconds)


def tell_circuit(breaker: Breaker, now: float) -> str:
    """Where a circuit stands, in a word or two."""
    return "open" if breaker.is_open(now) else "half open" if breaker.opened else "closed"


class Budget(NamedTuple):
    """Calls that a backend still grants: ``left`` of a minute's worth at the moment ``at``."""

    left: float
    at: float


def spend(budget: Budget | None, calls: int, per_minute: int, now: float) -> tuple[Budget, float]:
    """Take ``calls`` out of a bucket that fills within a minute; the seconds to wait where it has too few.

    An order of more calls than the bucket holds goes out of a full one and leaves a debt.
    """
    left = _fill(budget, per_minute, now)
    lacking = min(calls, per_minute) - left
    if lacking > 0:
        return Budget(left, now), lacking * 60 / per_minute
    return Budget(left - calls, now), 0.0


def owe(budget: Budget | None, calls: int, per_minute: int, now: float) -> Budget:
    """Take ``calls`` out of a bucket whatever is in it; the debt is at most a minute's worth."""
    return Budget(max(-float(per_minute), _fill(budget, per_minute, now) - calls), now)


def _fill(budget: Budget | None, per_minute: int, now: float) -> float:
    left = per_minute if budget is None else budget.left + (now - budget.at) * per_minute / 60
    return min(float(per_minute), left)
