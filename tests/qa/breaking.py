"""How bugs are planted that laws must find: in a mapping, in a lens, or in what a law holds a mapping against."""

from collections.abc import Callable
from copy import deepcopy
from decimal import Decimal
from typing import Any

import jsonschema_rs
import pytest

from adapter.core import ledger, orders
from adapter.core.canonical import ENCODER
from adapter.core.ledger import Line
from adapter.core.outcomes import judge
from adapter.core.tenancy.tenants import stand_in
from adapter.core.values import money
from adapter.core.values.codecs import CODECS
from adapter.errors import Fault, Problem, Unmappable
from adapter.lens.codecs import Codec, CodecError, Rewrite
from adapter.lens.rows import Direction
from adapter.lens.trees import Tree, parse_path, place
from adapter.qa.draws.answer_draws import BODY, list_answers
from adapter.qa.draws.order_sweeps import make_full
from adapter.qa.known.known import flatten, say
from adapter.qa.laws import complaining, failures, outputs, refusals
from adapter.qa.subjects import examples
from adapter.qa.subjects.examples import Answered, Example, Pair, Subject, make_subject
from tests.conftest import DIALECTS
from tests.qa.planted import alter, plant, spoil

Planted = tuple[Subject, Example]
Plant = Callable[[pytest.MonkeyPatch], Planted]

# A lens: of which dialect, which of its own, which way.
Which = tuple[str, str, Direction]
BACK: Which = ("lana", "order", "to_canonical")
OUT: Which = ("lana", "order", "to_dialect")

FULL = make_full(DIALECTS["lana"])
NOTELESS = {name: value for name, value in FULL.items() if name != "note"}


def show(subject: Subject, example: Example | None = None) -> Plant:
    """A subject with an example, which is one after all laws: an order, with the answer that the document shows."""
    return lambda _: (subject, example or make_answer(subject, FULL))


def twist(which: Which, change: Callable[[Any], Any]) -> Plant:
    """One lens of a dialect gives something else than its rows say."""
    return show(spoil(*which, change))


def recode(name: str, codec: str, rewrite: Rewrite, example: Example | None = None, change: Any = None) -> Plant:
    """A codec that says something else in the dialect."""
    return show(plant(name, codec, make_one_way(codec, rewrite), *([change] if change else [])), example)


def put_in(**members: Any) -> Callable[[Any], Any]:
    """Members of what a lens gives otherwise; None takes one away."""

    def change(made: Any) -> Any:
        document, *told = made if isinstance(made, tuple) else (made,)
        document = {name: value for name, value in (document | members).items() if value is not None}
        return (document, *told) if told else document

    return change


def put_in_address(**members: Any) -> Callable[[Any], Any]:
    """The same of members of the shipping address."""
    return lambda made: made | {"shipping_address": made["shipping_address"] | members}


def refuse(*_: Any) -> Any:
    """What no value passes."""
    raise CodecError("expected something else")


def make_one_way(codec: str, rewrite: Rewrite) -> Codec:
    """A codec that is wrong on the way to the dialect."""
    return CODECS[codec]._replace(to_dialect=rewrite)


def give_two_decimals(currency: str) -> Plant:
    """A currency that is taken to have two decimals."""

    def planted(patch: pytest.MonkeyPatch) -> Planted:
        known = money.exponent
        patch.setattr(money, "exponent", lambda code: 2 if code == currency else known(code))
        total = Decimal("1.005") if known(currency) == 3 else 12
        return alter("lana"), Example(BODY | {"currency": currency, "total": total})

    return planted


def refuse_all(*faults: Fault) -> Plant:
    """Every order is refused."""

    def planted(patch: pytest.MonkeyPatch) -> Planted:
        patch.setattr(examples, "depart", lambda *_: Problem("unmappable-order", faults=list(faults)))
        return alter("lana"), Example(FULL)

    return planted


def refuse_later(patch: pytest.MonkeyPatch) -> Planted:
    """An order is refused, for its e-mail address, once it says one thing more or less."""
    faults = [Fault("/email", "unfit", "no")]
    patch.setattr(refusals, "depart", lambda *_: Problem("unmappable-order", faults=faults))
    return alter("lana"), Example(NOTELESS)


def name_nobody(patch: pytest.MonkeyPatch) -> Planted:
    """An order is refused without a word of why."""

    def refuse(*_: Any) -> Tree:
        raise Problem("invalid-order")

    patch.setattr(examples, "read_order", refuse)
    return alter("lana"), Example(FULL, broken="/email")


def judge_strictly(_: pytest.MonkeyPatch) -> Planted:
    """The backend's document wants another type where the mapping says an e-mail address."""
    body = {"type": "array", "items": {"properties": {"customer_email": {"type": "integer"}}}}
    return alter("lana")._replace(judges={"create": jsonschema_rs.Draft202012Validator(body)}), Example(FULL)


def blame(*faults: Fault) -> Plant:
    """Whatever is complained of, these are blamed."""

    def planted(patch: pytest.MonkeyPatch) -> Planted:
        patch.setattr(complaining, "explain_refusal", lambda *_: faults)
        patch.setattr(complaining, "choose", lambda *_: ("create", "/0/customer_email"))
        return alter("lana"), Example(FULL, pick=3)

    return planted


def judge_as(**said: Any) -> Plant:
    """Every failure is taken for something else."""

    def planted(patch: pytest.MonkeyPatch) -> Planted:
        patch.setattr(failures, "judge", lambda *given: judge(*given)._replace(**said))
        return alter("lana"), Example(FULL)

    return planted


def make_answer(subject: Subject, order: Tree, pointer: str = "", value: Any = None) -> Example:
    """An order with the document's own answer, a member of that otherwise."""
    one = list_answers(subject)[-1]
    document = deepcopy(one.example)
    if pointer:
        place(document, parse_path(pointer), value)
    return Example(order, answer=Answered(one.step, document))


def answer_with(subject: Subject, pointer: str, value: Any) -> Plant:
    """The document's answer with one member otherwise."""
    return lambda _: (subject, make_answer(subject, BODY, pointer, value))


def read_no_receipt(patch: pytest.MonkeyPatch) -> Planted:
    """No answer is a whole receipt."""

    def refuse(*_: Any) -> Tree:
        raise Unmappable([Fault("/total", "invalid", "no")])

    patch.setattr(outputs, "map_back", refuse)
    subject = alter("enad")
    return subject, make_answer(subject, BODY)


def tell(change: Callable[[list[Line]], list[Line]], *, both: bool = True) -> Plant:
    """The ledger tells something else, the compiled one too unless it is to differ."""

    def planted(patch: pytest.MonkeyPatch) -> Planted:
        known = ledger.make_ledger
        for module in (outputs, ledger) if both else (outputs,):
            patch.setattr(module, "make_ledger", lambda *given: change(known(*given)))
        return alter("lana"), Example(FULL)

    return planted


def tell_no_strangers(patch: pytest.MonkeyPatch) -> Planted:
    """Nobody is told of members that the canonical order has no place for."""
    patch.setattr(orders, "list_unknown", lambda _: [])
    return alter("lana"), Example(FULL | {"stranger": "x"})


def know_otherwise(_: pytest.MonkeyPatch) -> Planted:
    """A person has agreed to another e-mail address in the call."""
    subject = alter("lana")
    known = flatten(say(subject.tenant, ENCODER.encode(FULL))) | {"/calls/0/body/0/customer_email": "other@example.com"}
    return subject, Example(FULL, pair=Pair({}, "", 0, FULL, known))


def put_email_codec(mapping: Any) -> None:
    """Lana's row of the e-mail address with our codec for those."""
    mapping["order"][0] |= {"codec": "email", "lossy": "the domain comes back in lower case"}


def meet_peer(**members: Any) -> Plant:
    """Lana with another dialect from which something else comes back."""
    return show(alter("lana", peers=[spoil("enad", "order", "to_canonical", put_in(**members)).tenant]))


def swap(full: Any, *_: Any) -> tuple[Any, Any]:
    """A name split the wrong way round."""
    first, last = str(full).split(" ", 1)
    return last, first


def add(line: Line) -> Callable[[list[Line]], list[Line]]:
    """A line more in a ledger."""
    return lambda lines: [*lines, line]


def leave_out(pointer: str) -> Callable[[list[Line]], list[Line]]:
    """Nothing of a member in a ledger."""
    return lambda lines: [line for line in lines if line.pointer != pointer]


def double(pointer: str) -> Callable[[list[Line]], list[Line]]:
    """A member told of twice in a ledger."""
    return lambda lines: [*lines, *(line for line in lines if line.pointer == pointer)]


def take_all(_: pytest.MonkeyPatch) -> Planted:
    """A lens that refuses nothing."""
    dialect = alter("lana").dialect
    lens = dialect.order
    made = lens.made["to_dialect"]._replace(function=lambda *_: ({}, ()))
    dialect = dialect._replace(order=lens._replace(made={**lens.made, "to_dialect": made}))
    address = FULL["shipping_address"] | {"state": "Nowhere"}
    return make_subject(stand_in(dialect, {})), Example(FULL | {"shipping_address": address})


def sum_one(pair: Any, *_: Any) -> Any:
    """A line's total as if there were one of it."""
    return pair[0]


def redo(rows: list[Any], member: str, **keys: Any) -> None:
    """The row of a member with these keys; one that is dropped has no others."""
    (number,) = [number for number, row in enumerate(rows) if row.get("canonical") == member]
    rows[number] = ({"canonical": member} if "drop" in keys else rows[number]) | keys


def redo_address(mapping: Any, member: str, **keys: Any) -> None:
    """The same of a row of addresses."""
    redo(mapping["shape"]["address"]["rows"], member, **keys)


def lose_quantity(_: pytest.MonkeyPatch) -> Planted:
    """A mapping that drops the quantity of a line, in which its backend does not want it."""

    def change(mapping: Any) -> None:
        redo(mapping["order"][3]["each"], "quantity", drop="there is one of each")

    return alter("lana", change, [stand_in(DIALECTS["enad"], {})], wanted=False), Example(FULL)
