"""What can befall a request to a sandbox, and the plan that says which request is befallen by what."""

import difflib
import re
from collections import deque
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from http import HTTPStatus
from random import Random
from typing import Literal

from adapter.sandbox import spoiling
from adapter.sandbox.spoiling import Spoil, say

FAULT = "sandbox.fault"  # where a request's ASGI scope carries the `Fault` that befalls it

NONE = "none"  # in a script, a request that nothing befalls

# Without an operation named, a fault befalls what places orders and leaves looking alone.
WRITING = frozenset({"POST", "PUT", "PATCH", "DELETE"})

SYNTAX = re.compile(r"(?P<name>[^:@]+)(?::(?P<probability>[^@]+))?(?:@(?P<operation>.+))?")


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One way to misbehave.

    `applied` says whether the backend does what it is asked (and would have done without the fault), `reads`
    how much of the request is taken in, `spoil` what becomes of the answer, `ending` what becomes of the
    connection. With `loses` the backend forgets what it did, with `late` it does it when nobody waits any more.
    """

    name: str
    about: str
    applied: bool
    reads: Literal["head", "half", "whole"] = "whole"
    spoil: Spoil = spoiling.as_it_is
    ending: Literal["answer", "drip", "truncate", "close", "reset", "silence"] = "answer"
    loses: bool = False
    late: bool = False

    @property
    def silent(self) -> bool:
        """Whether no answer goes out."""
        return self.ending in {"close", "reset", "silence"}


TOO_MANY = say(HTTPStatus.TOO_MANY_REQUESTS, spoiling.RETRY_AFTER)
UNAVAILABLE = say(HTTPStatus.SERVICE_UNAVAILABLE, spoiling.RETRY_AFTER)
BROKEN = say(HTTPStatus.INTERNAL_SERVER_ERROR)
MOVED = say(HTTPStatus.TEMPORARY_REDIRECT, spoiling.ELSEWHERE)

NOT_APPLIED = (
    Fault(name="refuse", about="closed without an answer, body unread", applied=False, reads="head", ending="close"),
    Fault(name="reset-before-body", about="reset after the headers", applied=False, reads="head", ending="reset"),
    Fault(name="reset-mid-body", about="reset after half the body", applied=False, reads="half", ending="reset"),
    Fault(name="reset-after-body", about="read whole, then reset", applied=False, ending="reset"),
    Fault(name="silence", about="read whole, never answered", applied=False, ending="silence"),
    Fault(name="refuse-429", about="answered 429 with Retry-After: 1", applied=False, spoil=TOO_MANY),
    Fault(name="refuse-503", about="answered 503 with Retry-After: 1", applied=False, spoil=UNAVAILABLE),
    Fault(name="fail-500", about="answered 500", applied=False, spoil=BROKEN),
    Fault(name="redirect", about="answered 307 to a place where nothing is", applied=False, spoil=MOVED),
)

APPLIED = (
    Fault(name="commit-then-reset", about="applied, then reset", applied=True, ending="reset"),
    Fault(name="commit-then-silence", about="applied, never answered", applied=True, ending="silence"),
    Fault(name="commit-then-500", about="applied, answered 500", applied=True, spoil=BROKEN),
    Fault(name="commit-then-503", about="applied, answered 503 with Retry-After: 1", applied=True, spoil=UNAVAILABLE),
    Fault(name="wrong-json", about="applied, answered with what is no JSON", applied=True, spoil=spoiling.no_json),
    Fault(name="off-schema", about="applied, answered in another shape", applied=True, spoil=spoiling.another_shape),
    Fault(name="reprice", about="applied, every total in the answer one more", applied=True, spoil=spoiling.reprice),
    Fault(name="drop-field", about="applied, one member of the answer gone", applied=True, spoil=spoiling.drop_member),
    Fault(name="drip", about="applied, answered one byte at a time", applied=True, ending="drip"),
    Fault(name="truncate", about="applied, closed after half the answer's body", applied=True, ending="truncate"),
    Fault(name="answer-then-lose", about="applied, answered, then forgotten", applied=True, loses=True),
    Fault(name="late", about="closed without an answer, applied later", applied=True, ending="close", late=True),
)

FAULTS: Mapping[str, Fault] = {fault.name: fault for fault in (*NOT_APPLIED, *APPLIED)}


@dataclass(frozen=True)
class Chance:
    """A fault, how probable it is, and which operation it may befall: every writing one where none is named."""

    fault: Fault | None
    probability: float = 1.0
    operation: str = ""

    def fits(self, method: str, operation: str) -> bool:
        """Whether it may befall such a request."""
        return operation == self.operation if self.operation else bool(operation) and method in WRITING

    def draw(self, random: Random) -> Fault | None:
        """The fault as often as it is probable; the plan's sequence moves on by one either way."""
        return self.fault if random.random() < self.probability else None

    def __str__(self) -> str:
        name = self.fault.name if self.fault else NONE
        probability = "" if self.probability == 1 else f":{self.probability:g}"
        return f"{name}{probability}{self.operation and '@'}{self.operation}"


def parse(text: str) -> Chance:
    """Read `NAME[:PROBABILITY][@OPERATION]`; ValueError says what was expected and what comes near."""
    parts = SYNTAX.fullmatch(text)
    if parts is None:
        raise ValueError(f"expected NAME[:PROBABILITY][@OPERATION], found {text!r}")
    name = parts["name"]
    if name not in FAULTS and name != NONE:
        raise ValueError(f"expected a fault, found {name!r}; {_near(name, [*FAULTS, NONE])}")
    return Chance(FAULTS.get(name), _probability(parts["probability"]), parts["operation"] or "")


def _probability(text: str | None) -> float:
    try:
        number = 1.0 if text is None else float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 1:
        raise ValueError(f"expected a probability from 0 to 1, found {text!r}")
    return number


def _near(name: str, known: Iterable[str]) -> str:
    choices = sorted(known)
    close = difflib.get_close_matches(name, choices, n=1)
    return f"did you mean {close[0]}?" if close else f"there are {', '.join(choices)}"


class Plan:
    """Decides for one request after the other: first by the script, else by chance, the same for the same seed.

    `faults` and scripts are texts for `parse`; ValueError for one that cannot be read or names no operation of
    the sandbox the plan is bound to.
    """

    def __init__(self, faults: Sequence[str] = (), seed: int = 0) -> None:
        self.chances = [parse(text) for text in faults]
        self.queue: deque[Chance] = deque()
        self.random = Random(seed)
        self.operations: Set[str] | None = None

    def bind(self, operations: Set[str]) -> None:
        """Hold the plan, and whatever is scripted from now on, against the operations there are."""
        self.operations = operations
        self._check([*self.chances, *self.queue])

    def script(self, texts: Iterable[str]) -> None:
        """Queue faults, or `none`, each for the next request it may befall; chance has no say in those."""
        chances = [parse(text) for text in texts]
        self._check(chances)
        self.queue.extend(chances)

    def clear(self) -> None:
        """From now on nothing befalls anybody."""
        self.queue.clear()
        self.chances.clear()

    def decide(self, method: str, operation: str) -> Fault | None:
        """What befalls this request; a script's next fault waits until a request comes that it may befall."""
        if self.queue and self.queue[0].fits(method, operation):
            return self.queue.popleft().draw(self.random)
        drawn = [chance.draw(self.random) for chance in self.chances if chance.fits(method, operation)]
        return next(filter(None, drawn), None)

    def _check(self, chances: Iterable[Chance]) -> None:
        for chance in chances:
            if self.operations is not None and chance.operation and chance.operation not in self.operations:
                near = _near(chance.operation, self.operations)
                raise ValueError(f"expected an operation of this sandbox, found {chance.operation!r}; {near}")
