"""A law of failures: one proves what its status and its code are listed for and no more, and is told in our words."""

from collections.abc import Iterator
from copy import deepcopy
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from adapter.core.canonical import ENCODER
from adapter.core.complaints import COMPLAINTS
from adapter.core.dialects import Dialect
from adapter.core.files.mappings import MappingFile
from adapter.core.orders import Journey
from adapter.core.outcomes import ELSEWHERE, Answered, State, judge
from adapter.core.previews import imagine_calls
from adapter.core.steps import Call
from adapter.lens.trees import parse_path, place
from adapter.qa.draws.answer_draws import find_example
from adapter.qa.draws.order_sweeps import make_full
from adapter.qa.known.drafts import complain
from adapter.qa.subjects.broken import demand
from adapter.qa.subjects.examples import Example, Passage, Subject

# Statuses: one that proves nothing by itself, one that sends elsewhere, and one that most mappings take for a refusal.
TELLS_NOTHING, SENDS_ELSEWHERE, REFUSES = 500, 307, 422

STRANGE = "no such code"


class Failure(NamedTuple):
    """An answer that does not say that the order was placed as it is; ``text`` is the backend's code in it, if any."""

    status: int
    body: Any
    text: str = ""


def list_failures(dialect: Dialect) -> list[Failure]:
    """Every status that is listed, every code at every place where it may be said, a remark beside a success."""
    outcomes, errors = dialect.mapping.outcomes, dialect.mapping.errors
    statuses = dict.fromkeys([*outcomes.rejected, *outcomes.not_applied, TELLS_NOTHING, SENDS_ELSEWHERE])
    texts = [code.replace("*", "x") for code in dict.fromkeys([*errors.codes, *errors.proves, STRANGE])]
    found = [Failure(status, None) for status in statuses]
    for said in errors.said:
        found += [Failure(status, complain(said, text), text) for text in texts for status in (TELLS_NOTHING, REFUSES)]
    example = find_example(dialect.api, dialect.steps[-1])
    if isinstance(example, dict):
        for path in outcomes.placed_if:
            found.append(Failure(200, _place(example, path, False)))
        found += [Failure(200, example | complain(said, text), text) for said in errors.warnings for text in texts]
    return found


def choose_failure(journey: Journey, pick: int) -> tuple[Call, Failure]:
    """One of them by a draw's number, as the answer to the last call of an order."""
    failures = list_failures(journey.tenant.dialect)
    return imagine_calls(journey)[-1], failures[pick % len(failures)]


def answer_with(failure: Failure) -> Answered:
    """It as it comes from a backend."""
    return Answered(failure.status, {}, b"" if failure.body is None else ENCODER.encode(failure.body))


def sweep_failures(subject: Subject) -> Iterator[Example]:
    """Each of them, after one order."""
    order = make_full(subject.dialect)
    return (Example(order, pick=number) for number in range(len(list_failures(subject.dialect))))


def check_failure(passage: Passage) -> None:
    """What a failure proves is what is listed of its code, else of its status; each complaint has a code of ours."""
    journey = passage.leave()
    call, failure = choose_failure(journey, passage.example.pick)
    outcome, mapping = judge(journey, call, answer_with(failure)), journey.tenant.dialect.mapping
    what = f"{call.name} {failure.status} {failure.text!r}"
    for fault in (*outcome.complaints, *outcome.taken.warnings):
        demand(fault.code in COMPLAINTS, f"{what}: {fault.code!r} is no code of ours", row=_section(mapping, "error"))
    if failure.status < 300:
        return
    expected = next(_list_proofs(mapping, failure), _judge_status(mapping, failure.status))
    message = f"{what}: proves {outcome.state.value}, and {expected.value} is listed"
    demand(outcome.state is expected, message, row=_section(mapping, "outcome"))


def _list_proofs(mapping: MappingFile, failure: Failure) -> Iterator[State]:
    for code, state in mapping.errors.proves.items():
        if failure.status >= 400 and failure.text and fnmatchcase(failure.text.lower(), code.lower()):
            yield State(state)


def _judge_status(mapping: MappingFile, status: int) -> State:
    if status in mapping.outcomes.rejected:
        return State.REJECTED
    return State.NOT_APPLIED if status in (*mapping.outcomes.not_applied, *ELSEWHERE) else State.UNKNOWN


def _section(mapping: MappingFile, name: str) -> str:
    return f"{mapping.dialect}.toml: {name}"


def _place(document: Any, path: str, value: Any) -> Any:
    changed = deepcopy(document)
    place(changed, parse_path(path), value)
    return changed
