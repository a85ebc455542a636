"""The laws of a mapping, by name: what each says, what it is tried on, and the check that breaks where it is broken."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

from adapter.qa.examples import Example, Passage, Subject
from adapter.qa.outputs import check_calls, check_ledger
from adapter.qa.trips import check_back_forward, check_by_way_of, check_compiled, check_forward_back

# How far an example departs from the ordinary: not at all, to the edge, or over it in one member.
Mode = Literal["positive", "boundary", "negative"]

INSIDE: tuple[Mode, ...] = ("positive", "boundary")


class Law(NamedTuple):
    """One law: in words, the modes it holds in, what is drawn for it, and what raises ``Broken`` where it is broken."""

    name: str
    about: str
    modes: tuple[Mode, ...]
    draws: Literal["order", "answer"]
    hold: Callable[[Passage], None]

    def check(self, subject: Subject, example: Example) -> None:
        """Try it on one example; ``Broken`` tells where it is broken."""
        self.hold(example.through(subject))


LAWS: Mapping[str, Law] = MappingProxyType(
    {
        law.name: law
        for law in (
            Law("compiled", "the compiled lens does what the oracle does", INSIDE, "order", check_compiled),
            Law("forward_back", "what is not declared lost comes back", INSIDE, "order", check_forward_back),
            Law("back_forward", "what was read back is said again as it was", INSIDE, "order", check_back_forward),
            Law("by_way_of", "what came through it goes through the others", INSIDE, "order", check_by_way_of),
            Law("calls", "each call is what the backend's document allows", INSIDE, "order", check_calls),
            Law("ledger", "every leaf is told of once", INSIDE, "order", check_ledger),
        )
    }
)
