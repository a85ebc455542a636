"""Looking an order up whose outcome is unknown: the read that a mapping describes, and what its answer shows."""

from typing import Any, Literal, NamedTuple

from adapter.core.canonical import ENCODER, read_json
from adapter.core.files.mappings import Lookup
from adapter.core.orders import Journey
from adapter.core.outcomes import Answered, Sent, State, judge
from adapter.core.steps import Call, Step, Taken, make_call
from adapter.errors import Problem
from adapter.lens.templates import fill
from adapter.lens.trees import parse_path, reach

Kind = Literal["found", "absent", "blind"]


class Sight(NamedTuple):
    """What a look showed: the order, that it is not there, or nothing that proves either.

    ``taken`` is what the answer of ``step`` would have left behind.
    """

    kind: Kind
    detail: str
    step: str = ""
    taken: Taken = Taken({}, None, {})


def look_for(journey: Journey) -> Call:
    """The read that shows whether a journey's order is there."""
    step = journey.tenant.dialect.lookup
    assert step is not None  # noqa: S101  # a plan to look is made for dialects that have one
    return make_call(step, step.rows.name, None, journey.context | {"kept": {}})


def read_sight(journey: Journey, call: Call, sent: Sent) -> Sight:
    """What an answer shows of the step that the mapping's look-up tells of."""
    lookup = journey.tenant.dialect.mapping.lookup
    assert lookup is not None  # noqa: S101  # see look_for
    match sent:
        case Answered(status, _, body) if 200 <= status < 300:
            return _read_answer(journey, lookup, call, body)
        case Answered(status, _, _):
            return Sight("blind", f"the look-up was answered {status}")
    return Sight("blind", f"the look-up brought no answer: {sent.reason}")


def _read_answer(journey: Journey, lookup: Lookup, call: Call, body: bytes) -> Sight:
    try:
        answer = read_json(body)
    except Problem:
        return Sight("blind", "the look-up was answered by something that is not JSON")
    if not call.step.answer.is_valid(answer):
        return Sight("blind", "the look-up's answer departs from its schema")
    matching = [order for order in _orders(answer, lookup) if _is_ours(order, lookup, journey)]
    if len(matching) > 1:
        return Sight("blind", f"the look-up shows {len(matching)} orders with our reference")
    if matching and not lookup.is_ours_alone():
        return Sight("blind", "the look-up shows an order like ours, by nothing that no other can have")
    if matching:
        return _read_order(journey, lookup, matching[0])
    if lookup.more and reach(answer, parse_path(lookup.more).keys) not in (None, "", False):
        return Sight("blind", "the look-up shows only part of the orders, and ours is not among them")
    return Sight("absent", "the look-up shows no order with our reference")


def _orders(answer: Any, lookup: Lookup) -> list[Any]:
    found = reach(answer, parse_path(lookup.among).keys) if lookup.among else answer
    return found if isinstance(found, list) else [] if found is None else [found]


def _is_ours(order: Any, lookup: Lookup, journey: Journey) -> bool:
    for path, expected in fill(lookup.match, journey.context).items():
        value = reach(order, parse_path(path).keys)
        if expected not in value if isinstance(value, list) else expected != value:
            return False
    return True


def _read_order(journey: Journey, lookup: Lookup, order: Any) -> Sight:
    """The order as the answer of the step that was to make it, judged as strictly."""
    step = next(step for step in journey.tenant.dialect.steps if step.rows.name == lookup.step)
    call = Call(lookup.step, step, "", "", {}, b"")
    outcome = judge(journey, call, Answered(200, {}, ENCODER.encode(_wrap(order, step))))
    if outcome.state is not State.SUCCEEDED:
        return Sight("blind", f"the look-up shows an order that cannot be read: {outcome.detail}")
    kept = ", ".join(f"{name} {value}" for name, value in outcome.taken.kept.items())
    return Sight("found", f"the look-up shows it{f' as {kept}' if kept else ''}", lookup.step, outcome.taken)


def _wrap(order: Any, step: Step) -> Any:
    return [order] if step.rows.in_list else order
