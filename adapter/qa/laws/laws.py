"""The laws of a mapping, by name: what each says, what it is tried on, and the check that breaks where it is broken."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

from adapter.qa.laws.complaining import check_complaint
from adapter.qa.laws.failures import check_failure
from adapter.qa.laws.meanings import check_meaning, check_names
from adapter.qa.laws.outputs import check_calls, check_ledger, check_receipt, check_receipt_back
from adapter.qa.laws.pairs import check_pair
from adapter.qa.laws.refusals import check_monotone, check_refusal, check_told
from adapter.qa.laws.taking import check_taken
from adapter.qa.laws.trips import check_back_forward, check_by_way_of, check_compiled, check_forward_back
from adapter.qa.subjects.examples import Example, Mode, Passage, Subject

# What is drawn: an order, an answer of the backend to one, a failure of its, or an order with what is done about it;
# pairs are known.
Draws = Literal["order", "answer", "failure", "talk", "pair"]

INSIDE: tuple[Mode, ...] = ("positive", "boundary")


class Law(NamedTuple):
    """One law: in words, the modes it holds in, what is drawn for it, and what raises ``Broken`` where it is broken.

    That raises ``Moot`` where an example has nothing in it that the law speaks of.
    """

    name: str
    about: str
    modes: tuple[Mode, ...]
    draws: Draws
    hold: Callable[[Passage], None]

    def check(self, subject: Subject, example: Example) -> None:
        """Try it on one example; ``Broken`` tells where it is broken, ``Moot`` that it says nothing of this one."""
        self.hold(example.through(subject))


LAWS: Mapping[str, Law] = MappingProxyType(
    {
        law.name: law
        for law in (
            Law(
                "taken",
                "what is inside the schema is taken, half a cent more is not",
                INSIDE,
                "order",
                check_taken,
            ),
            Law("compiled", "the compiled lens does what the oracle does", INSIDE, "order", check_compiled),
            Law("forward_back", "what is not declared lost comes back", INSIDE, "order", check_forward_back),
            Law("back_forward", "what was read back is said again as it was", INSIDE, "order", check_back_forward),
            Law("by_way_of", "what came through it goes through the others", INSIDE, "order", check_by_way_of),
            Law("meaning", "a value means in the dialect what it means in the order", INSIDE, "order", check_meaning),
            Law("names", "names that leave no doubt come back as they were", INSIDE, "order", check_names),
            Law("monotone", "an optional member more breaks nothing", INSIDE, "order", check_monotone),
            Law("refusal", "a member less is what is told to be missing", INSIDE, "order", check_refusal),
            Law("told", "what is just outside is refused by its name", ("negative",), "order", check_told),
            Law("calls", "each call is what the backend's document allows", INSIDE, "order", check_calls),
            Law("complaint", "who is told of a complaint feeds the place of it", INSIDE, "order", check_complaint),
            Law("failure", "a failure proves what is listed of it", ("positive",), "failure", check_failure),
            Law("receipt", "an allowed answer is a whole receipt", INSIDE, "answer", check_receipt),
            Law("receipt_back", "a receipt says what the answer said", INSIDE, "answer", check_receipt_back),
            Law("ledger", "every leaf is told of once", INSIDE, "order", check_ledger),
            Law("known", "a known pair comes to what a person has agreed", ("positive",), "pair", check_pair),
        )
    }
)

# Laws that take a running gateway, see ``talks``: in words, their modes, what is drawn.
LIVE: Mapping[str, tuple[str, tuple[Mode, ...], Draws]] = MappingProxyType(
    {
        "live_answer": ("an order is answered by a receipt, or by a listed problem", INSIDE, "order"),
        "live_told": ("what is just outside is refused by its name", ("negative",), "order"),
        "live_sequence": ("a key is one order, whatever is asked, repeated or cut off", ("positive",), "talk"),
    }
)

ABOUT: Mapping[str, str] = MappingProxyType(
    {law.name: law.about for law in LAWS.values()} | {name: about for name, (about, *_) in LIVE.items()}
)
