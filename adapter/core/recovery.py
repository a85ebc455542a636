"""What may follow an unknown outcome, by the class a dialect declares (README, "Recovery")."""

from enum import Enum, auto
from typing import Literal, NamedTuple

from adapter.core.files.mappings import MappingFile
from adapter.core.outcomes import Outcome, State

# What each class allows; a dialect declares its own in ``[idempotency]``.
CLASSES: dict[str, str] = {
    "A": "the very bytes are sent again under the same key, for as long as the backend honours it",
    "B": "as E: its unique reference is not used yet",
    "C": (
        "the order is looked up, as `[lookup]` says; found, it goes on from there; two looks that show none, a pause "
        "apart, prove that there is none, if it is a minute old and twice its deadline"
    ),
    "D": "as C, in a list of orders",
    "E": "nothing, ever: a person must decide",
}

# Seconds between looks at an operation that stays unknown, each twice the last.
LONGEST_PAUSE = 300.0

# After so many looks something is wrong that waiting does not cure.
MOST_TRIES = 20

# A look that shows no order proves that there is none only if another one, after a pause, shows none either, and if
# by then the order is so many seconds old, and twice as old as its call may have taken: it may arrive late.
MISSES = 2
LEAST_QUIET = 60.0


class Plan(NamedTuple):
    """What to do with an open operation, and ``why`` not more; ``last`` if after this a person must decide.

    To ``run`` is to make the calls that have no answer yet, the open one with the bytes it had; to ``close`` is to
    make none of them, which is for an operation of which no call is open.

    ``proves_absence`` is whether an order that looks do not show may be called not placed.
    """

    action: Literal["run", "close", "look", "hand over"]
    why: str = ""
    last: bool = False
    proves_absence: bool = False


class Verdict(Enum):
    """What a look leads to."""

    GO_ON = auto()
    NOT_APPLIED = auto()
    HAND_OVER = auto()
    WAIT = auto()


def plan_recovery(
    mapping: MappingFile, pending: str | None, age: float, tries: int, longest: float, deadline: float
) -> Plan:
    """Decide for an operation that is ``age`` seconds old; ``longest`` is how long a tenant lets us go on.

    ``deadline`` is how many seconds its call had.

    ``pending`` is the call whose outcome is unknown, if any: where there is none, nothing is uncertain.

    Only a backend that honours a key (class A) is ever sent the same order again, and only in its time. Where
    orders can be looked up, that is what classes C and D do instead, and what class A does before it gives up.
    """
    resends, keeps = honours_key(mapping), mapping.idempotency.keeps_hours
    late = _find_end(age, tries, longest)
    if pending is None:
        goes_on = not late and (resends or looks_up(mapping))
        return Plan("run") if goes_on else Plan("close", late or "a repeat may go on from here")
    if age < 0:
        return Plan("hand over", late)
    if resends and keeps is not None and age > keeps * 3600:
        late = f"the backend honours a key for {keeps} hours only"
    if resends and not late:
        return Plan("run")
    if mapping.lookup is not None and looks_up(mapping) and pending == mapping.lookup.step:
        settled = age >= max(LEAST_QUIET, 2 * deadline)
        return Plan("look", late, last=bool(late), proves_absence=not resends and settled)
    return Plan("hand over", late or f"a second call of step {pending} could be a second order")


def _find_end(age: float, tries: int, longest: float) -> str:
    """Why recovery does not go on; empty while it does."""
    if age < 0:
        return "this machine's clock went back, so that nobody knows how old the order is"
    if age > longest:
        return f"still unknown after {longest:g} seconds: the shopper has left"
    return f"still unknown after {MOST_TRIES} tries" if tries > MOST_TRIES else ""


def weigh_sight(plan: Plan, kind: str, misses: int) -> Verdict:
    """Decide by what a look showed; ``misses`` is how many looks before this one showed no order."""
    if kind == "found":
        return Verdict.GO_ON
    if kind == "absent" and plan.proves_absence and misses + 1 >= MISSES:
        return Verdict.NOT_APPLIED
    return Verdict.HAND_OVER if plan.last else Verdict.WAIT


def rest(outcome: Outcome, mapping: MappingFile) -> Outcome:
    """The outcome an operation rests in: unknown is a person's where the backend offers no way to find out."""
    if outcome.state is State.UNKNOWN and not honours_key(mapping) and not looks_up(mapping):
        return outcome._replace(state=State.NEEDS_OPERATOR)
    return outcome


def recovery_class(mapping: MappingFile) -> str:
    """The class by which an order is recovered; one that honours a key without a header to carry it is none."""
    rules = mapping.idempotency
    return "E" if rules.recovery == "A" and rules.header is None else rules.recovery


def honours_key(mapping: MappingFile) -> bool:
    """Whether the backend answers a repeat of the same bytes under the same key as it did the first."""
    return recovery_class(mapping) == "A"


def looks_up(mapping: MappingFile) -> bool:
    """Whether the backend shows which orders it has; class E says that nothing it shows is to be relied on."""
    return mapping.lookup is not None and mapping.idempotency.recovery in ("A", "C", "D")


def pause_before(quiet: float, tries: int) -> float:
    """Seconds until the next look: the quiet time, since a first request may arrive late, then ever longer."""
    return min(quiet * 2.0**tries, max(quiet, LONGEST_PAUSE))
