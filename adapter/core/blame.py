"""Whose member a backend complains of: a place in a call's body traced back to the canonical order."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from adapter.core.complaints import COMPLAINTS, Heard, code_of_member, code_of_status, complain, hear
from adapter.core.ledger import LOSSES
from adapter.core.orders import Journey
from adapter.core.steps import Call
from adapter.errors import Fault
from adapter.lens.bound import list_fields
from adapter.lens.interpret import Entry
from adapter.lens.templates import Template
from adapter.lens.trees import look, parse_path, point

ITEM = re.compile(r"\[(\d+)\]\Z")


# What a tenant or its mapping says, and no order does.
OPERATORS = ("setting.", "secret.", "gateway.")


class Mapped:
    """What each row did to an order, and what stands in for an absent value, by the row that says so.

    It is found out when somebody asks: few complaints are about a member, and the oracle takes its time.
    """

    def __init__(self, journey: Journey) -> None:
        self._journey = journey

    @cached_property
    def entries(self) -> Sequence[Entry]:
        return self._journey.explain()

    @cached_property
    def defaults(self) -> Mapping[str, Template]:
        rows = list_fields(self._journey.tenant.dialect.order.rows)
        return {row.at: row.default for row in rows if row.default is not None}


class Trace(NamedTuple):
    """Where a place leads: canonical pointers, or to ``setting``, which no client can cure."""

    pointers: tuple[str, ...] = ()
    setting: bool = False


def explain_refusal(journey: Journey, call: Call, status: int, answer: Any) -> tuple[Fault, ...]:
    """Why a call was refused, at least by its status; ``answer`` is None where it could not be read."""
    rules = journey.tenant.dialect.mapping.errors
    heard = hear(rules.said, rules, answer) or [Heard("refused")]
    by_status = code_of_status(status)
    heard = [one._replace(code=by_status) if one.code == "refused" else one for one in heard]
    return _translate_all(journey, call, heard)


def list_warnings(journey: Journey, call: Call, answer: Any) -> tuple[Fault, ...]:
    """What a backend remarked beside a success."""
    rules = journey.tenant.dialect.mapping.errors
    return _translate_all(journey, call, hear(rules.warnings, rules, answer))


def _translate_all(journey: Journey, call: Call, heard: Sequence[Heard]) -> tuple[Fault, ...]:
    sent = Mapped(journey)
    return tuple(dict.fromkeys(fault for one in heard for fault in _translate(journey, call, sent, one)))


def _translate(journey: Journey, call: Call, sent: Mapped, heard: Heard) -> Iterator[Fault]:
    row = COMPLAINTS[heard.code]
    place = heard.place
    if place is None and row.who != "operator" and not row.home and ITEM.search(call.name):
        place = ()  # a call for one line that says no more is about that line
    trace = _trace_home(row.home, sent) if place is None else _trace_back(journey, call, sent, place)
    if trace.setting and row.who != "operator":
        yield complain("misconfigured_backend")
    elif trace.pointers:
        for pointer in trace.pointers:
            yield complain(code_of_member(pointer) if heard.code == "invalid_value" else heard.code, pointer)
    elif heard.code == "invalid_value":  # of a member that nobody can name
        yield complain("refused")
    else:
        yield complain(heard.code, row.home if look(journey.context["order"], row.home) is not None else "")


def _trace_home(home: str, sent: Mapped) -> Trace:
    """Where a complaint leads that names no place: to a setting, where one stood in for the member it is about."""
    filled = _arrived([entry for entry in sent.entries if home in entry.canonical]) if home else []
    return Trace(setting=bool(filled) and not any(_sources(entry, sent.defaults) for entry in filled))


def _trace_back(journey: Journey, call: Call, sent: Mapped, place: Sequence[str]) -> Trace:
    """From keys in the body of a call, over the place in the mapped order, to the canonical order."""
    rows = call.step.rows
    if rows.in_list and place[:1] == ("0",):
        place = place[1:]
    part, place = _find_part(call), tuple(place)
    if place and place[0] in rows.fill and look(journey.document, point(part, place[:1])) is None:
        return Trace()  # what an earlier step left is nobody's member
    within = point(part, place)
    while within:
        trace = _trace_at(within, sent)
        if trace is not None:
            return trace
        within = within.rpartition("/")[0]
    return Trace()


def _find_part(call: Call) -> str:
    """The pointer of the mapped order's part that a call sends; a call without a body is about all of it."""
    part = call.step.rows.for_each or call.step.rows.send
    if part in (None, "."):
        return ""
    item = ITEM.search(call.name)
    return point("", parse_path(str(part)).keys) + (f"/{item[1]}" if item else "")


def _sources(entry: Entry, defaults: Mapping[str, Template]) -> tuple[str, ...]:
    """The members of the order that an entry has its value from; none where it has it from the tenant's settings."""
    default = defaults.get(entry.at)
    if default is None or entry.before is not None or entry.after is None:
        return entry.canonical
    if all(name.startswith(OPERATORS) for name in default.references):
        return ()
    named = tuple(name.split(".")[1:] for name in default.references if name.startswith("order."))
    return tuple(point("", tuple(keys)) for keys in named) or entry.canonical


def _trace_at(place: str, sent: Mapped) -> Trace | None:
    """What wrote, or could have written, exactly this place; else what lies in it; None where nothing does."""
    exact = _arrived([entry for entry in sent.entries if place in entry.dialect])
    if exact:
        pointers = tuple(dict.fromkeys(pointer for entry in exact for pointer in _sources(entry, sent.defaults)))
        return Trace(pointers, setting=not pointers)
    ancestors = Counter(
        ancestor
        for entry in sent.entries
        for inside in entry.dialect
        if inside.startswith(f"{place}/")
        for pointer in entry.canonical
        if (ancestor := _go_up(pointer, inside.count("/") - place.count("/")))
    )
    return Trace((ancestors.most_common(1)[0][0],)) if ancestors else None


def _arrived(entries: list[Entry]) -> list[Entry]:
    """Of several rows that write one place those that did; all where none did."""
    return [entry for entry in entries if entry.verdict not in {"absent", *LOSSES}] or entries


def _go_up(pointer: str, levels: int) -> str:
    return pointer.rsplit("/", levels)[0]
