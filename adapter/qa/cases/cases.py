"""A broken law as data: the smallest order that shows it, the row to blame, and what it takes to see it again."""

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct, structs

from adapter.core.canonical import ENCODER, read_json
from adapter.errors import Problem, SetupError
from adapter.lens.trees import Tree
from adapter.qa.known.known import plain
from adapter.qa.laws.laws import ABOUT, Law
from adapter.qa.subjects.broken import Broken, Moot, NoOrder
from adapter.qa.subjects.examples import Answered, Example, Mode, Pair, Subject

# What a law is tried on beside an order, as a case has it.
NEEDED: Mapping[str, str] = {
    "told": "broken",
    "live_told": "broken",
    "receipt": "answer",
    "receipt_back": "answer",
    "known": "pair",
}


class CaseAnswer(Struct, frozen=True, forbid_unknown_fields=True):
    """What the backend answers to the call of a step."""

    step: str
    document: Any


class Case(Struct, frozen=True, forbid_unknown_fields=True):
    """One broken law; ``kept`` are pointers to what could not be replaced without mending it, see ``redaction``."""

    dialect: str
    law: str
    mode: Mode
    row: str
    pointer: str
    message: str
    order: Tree
    pick: int = 0
    broken: str = ""
    answer: CaseAnswer | None = None
    actions: tuple[str, ...] = ()
    pair: Pair | None = None
    setting: Mapping[str, Any] = {}
    kept: tuple[str, ...] = ()
    seed: int | None = None

    def name(self) -> str:
        """A name that the same slip has again, whatever the order that shows it."""
        told = "\0".join((self.dialect, *self.slip()))
        return f"{self.dialect}-{self.law}-{hashlib.sha256(told.encode()).hexdigest()[:8]}"

    def slip(self) -> tuple[str, str]:
        """What tells it from other slips, see ``Broken``."""
        return Broken("", pointer=self.pointer, row=self.row).slip(self.law)

    def example(self, subject: Subject) -> Example:
        """What the law was tried on; a ``SetupError`` where the dialect has no such step any more."""
        answer = None
        if self.answer is not None:
            steps = {step.rows.name: step for step in subject.dialect.steps}
            if self.answer.step not in steps:
                raise SetupError(f"dialect {self.dialect!r} has no step {self.answer.step!r}", at="answer.step")
            answer = Answered(steps[self.answer.step], self.answer.document)
        drawn = Example(self.order, pick=self.pick, broken=self.broken, answer=answer, actions=self.actions)
        drawn.pair = self.pair and structs.replace(self.pair, comes_to=plain(dict(self.pair.comes_to)))
        return drawn


def try_law(law: Law, subject: Subject, example: Example) -> Broken | Moot | None:
    """How a law is broken by an example, or why there is nothing in it to hold; whatever else goes wrong breaks it."""
    try:
        law.check(subject, example)
    except (Broken, Moot) as found:
        return found
    except Problem as problem:
        return NoOrder(f"it is no order: {problem}")
    except SetupError:
        raise  # it could not be tried
    except Exception as exc:  # a mapping must not crash the gateway, so any error is a finding
        return Broken(f"{type(exc).__name__}: {exc}")
    return None


def find_broken(law: Law, subject: Subject, example: Example) -> Broken | None:
    """How a law is broken by an example, if it is."""
    found = try_law(law, subject, example)
    return found if isinstance(found, Broken) else None


def make_case(
    law: Law, mode: Mode, subject: Subject, example: Example, broken: Broken, seed: int | None = None
) -> Case:
    """A case from an example that broke a law."""
    answer = example.answer and CaseAnswer(example.answer.step.rows.name, example.answer.document)
    defaults = subject.dialect.defaults()
    setting = {
        key: value for key, value in subject.tenant.settings.items() if value is not None and value != defaults.get(key)
    }
    return Case(
        dialect=subject.dialect.name,
        law=law.name,
        mode=mode,
        row=broken.row,
        pointer=broken.pointer,
        message=broken.message,
        order=example.body,
        pick=example.pick,
        broken=example.broken,
        answer=answer,
        actions=example.actions,
        pair=example.pair,
        setting=setting,
        seed=seed,
    )


def write_case(case: Case) -> bytes:
    """A case as JSON for a file; amounts are numbers."""
    return msgspec.json.format(ENCODER.encode(case), indent=2) + b"\n"


def read_case(text: bytes, at: str) -> Case:
    """A case from its file; a ``SetupError`` where it is none, or of a law that there is no more."""
    try:
        case = msgspec.convert(read_json(text), Case)
    except (Problem, msgspec.ValidationError) as exc:
        raise SetupError(f"expected a case: {exc}", at=at) from exc
    if case.law not in ABOUT:
        raise SetupError(f"expected a law, found {case.law!r}; there are {', '.join(ABOUT)}", at=at)
    needed = NEEDED.get(case.law)
    if needed is not None and not getattr(case, needed):
        raise SetupError(f"expected what the law {case.law!r} is tried on, found none", at=f"{at}: {needed}")
    return case


def list_facts(case: Case) -> dict[str, str]:
    """What a person wants to know of a case, by name, as texts; what there is not is left out."""
    told = {
        "row": case.row,
        "member": case.pointer,
        "found": case.message,
        "order": ENCODER.encode(case.order).decode(),
        "actions": ", ".join(case.actions),
        "answer": _tell_answer(case),
        "kept": ", ".join(case.kept),
    }
    return {name: text for name, text in told.items() if text}


def _tell_answer(case: Case) -> str:
    """What the backend answered, if that is what is shown."""
    if case.answer is not None:
        return ENCODER.encode(case.answer.document).decode()
    if case.pair is not None and case.pair.call:
        return f"{case.pair.call} {case.pair.status} {ENCODER.encode(case.pair.body).decode()}"
    return ""
