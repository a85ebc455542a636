"""What may follow an unknown outcome, by the class a dialect declares (README, "Recovery")."""

from typing import NamedTuple

from adapter.core.mappings import Idempotency
from adapter.core.outcomes import Outcome, State

# Seconds between looks at an operation that stays unknown, each twice the last.
LONGEST_PAUSE = 300.0

# After so many looks something is wrong that waiting does not cure.
MOST_TRIES = 20


class Plan(NamedTuple):
    """Whether the stored bytes may be sent again under the same key, and if not, why a person must decide."""

    resend: bool
    why: str = ""


def plan_recovery(rules: Idempotency, age: float, tries: int, longest: float) -> Plan:
    """Decide for an operation that is ``age`` seconds old; ``longest`` is how long a tenant lets us go on.

    Only a backend that honours a key (class A) is ever sent the same order again.
    """
    if not _honours_key(rules):
        return Plan(False, "the backend honours no key: a second call could be a second order")
    if rules.keeps_hours is not None and age > rules.keeps_hours * 3600:
        return Plan(False, f"the backend honours a key for {rules.keeps_hours} hours only")
    if age > longest:
        return Plan(False, f"still unknown after {longest:g} seconds: the shopper has left")
    if tries > MOST_TRIES:
        return Plan(False, f"still unknown after {MOST_TRIES} tries")
    return Plan(True)


def rest(outcome: Outcome, rules: Idempotency) -> Outcome:
    """The outcome an operation rests in: unknown is a person's where the backend offers no way to find out."""
    if outcome.state is State.UNKNOWN and not _honours_key(rules):
        return outcome._replace(state=State.NEEDS_OPERATOR)
    return outcome


def _honours_key(rules: Idempotency) -> bool:
    return rules.recovery == "A" and rules.header is not None


def pause_before(quiet: float, tries: int) -> float:
    """Seconds until the next look: the quiet time, since a first request may arrive late, then ever longer."""
    return min(quiet * 2.0**tries, max(quiet, LONGEST_PAUSE))
