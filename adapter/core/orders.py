"""One order said in one dialect: mapped out with its losses, judged before anything is sent, mapped back."""

from collections.abc import Generator, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import jsonschema_rs

from adapter.core.canonical import RECEIPT_VALIDATOR, lines_total
from adapter.core.expectations import explain_error
from adapter.core.ledger import Line, Loss, Skipped, list_losses, list_unknown, mark_skipped
from adapter.core.pinpoint import pinpoint
from adapter.core.steps import Call, Step, Taken, count_calls, is_skipped, walk_steps
from adapter.core.tenancy.tenants import Tenant
from adapter.errors import Fault, Problem, Unmappable
from adapter.lens.interpret import Entry
from adapter.lens.notes import Told
from adapter.lens.trees import Tree, look, point

# By how much a backend's clock may be behind ours, where orders are looked up by their time.
CLOCKS_APART = timedelta(days=1)
NO_PAIRS: Tree = {}


class Walk(NamedTuple):
    """The calls of an order under way: the first, and the generator that takes what it gave for the next."""

    first: Call
    calls: Generator[Call, Taken, None]


class Journey(NamedTuple):
    """A mapped order on its way: its document in the dialect, what surrounds it, and what it loses.

    ``skipped`` are the document's parts that no call takes, each with the reason; ``losses`` what the backend will not
    know; ``told`` what the lens told of the order, see ``Lens.tell``.
    """

    tenant: Tenant
    document: Tree
    context: Tree
    skipped: Skipped
    ledger: tuple[Line, ...]
    losses: tuple[Loss, ...]
    told: Told = ()

    def __repr__(self) -> str:  # the default would print secrets and the order
        return f"Journey({self.tenant!r})"

    def explain(self) -> list[Entry]:
        """What each row did, with the values before and after it; told by the oracle, which takes its time."""
        return explain_order(self.tenant, self.context, self.skipped)

    def calls(self) -> Generator[Call, Taken, None]:
        """The calls that place it; see ``steps.walk_steps``."""
        return walk_steps(tenant_steps(self.tenant), self.document, self.context)

    def start(self) -> Walk:
        """The calls with the first one made."""
        calls = self.calls()
        return Walk(next(calls), calls)

    def departs_from(self, taken: Mapping[str, Taken], pending: str | None) -> str:
        """Why its calls are not those on record, since the mapping was changed; empty if they are.

        ``taken`` are the answers on record, ``pending`` the call whose outcome is unknown.
        """
        names, following = self._follow(taken)
        if set(taken) - names:
            return "calls are on record that its mapping does not make now"
        if pending is not None and (following is None or following.name != pending):
            return f"step {pending} is open on record, and its mapping does not make it now"
        return ""

    def first_open(self, taken: Mapping[str, Taken]) -> Call | None:
        """The first of its calls whose answer is not among those ``taken``; None if all are."""
        return self._follow(taken)[1]

    def _follow(self, taken: Mapping[str, Taken]) -> tuple[set[str], Call | None]:
        """The names of its calls as far as their answers are on record, and the call after them."""
        (call, calls), names = self.start(), set[str]()
        while call.name in taken:
            names.add(call.name)
            try:
                call = calls.send(taken[call.name])
            except StopIteration:
                return names, None
        return names, call

    def count_calls(self) -> int:
        """How many calls that is."""
        return count_calls(tenant_steps(self.tenant), self.document)


def map_out(
    tenant: Tenant, order: Tree, unknown: Sequence[str], reference: str, received_at: str, crosswalk: Tree = NO_PAIRS
) -> Journey:
    """Say an order in the tenant's dialect; a ``Problem`` (422) names every canonical member that stands in the way.

    ``crosswalk`` has the ``Pairs`` of each table that the dialect looks the order's ids up in.
    """
    context = make_context(tenant, order, reference, received_at) | {"crosswalk": crosswalk}
    try:
        document, told = tenant.dialect.order.tell(order, context)
    except Unmappable as exc:
        raise Problem("unmappable-order", faults=exc.faults) from exc
    skipped = _leave_out_skipped(tenant, document)
    errors = list(tenant.dialect.document.iter_errors(document))
    if errors:
        raise _refuse(errors, explain_order(tenant, context, skipped), order, tenant.dialect.name)
    ledger, strange = tenant.dialect.ledgers.make(order, told, skipped), list_unknown(unknown)
    lines, losses = (*ledger.lines, *strange), (*ledger.losses, *list_losses(strange))
    return Journey(tenant, document, context, skipped, lines, losses, told)


def explain_order(tenant: Tenant, context: Tree, skipped: Skipped) -> list[Entry]:
    """What each row does to the order in ``context``; see ``Journey.explain``."""
    trace = tenant.dialect.order.explain(context["order"], context, "to_dialect")
    return mark_skipped(trace.entries, skipped)


def _refuse(
    errors: Iterable[jsonschema_rs.ValidationError], entries: Sequence[Entry], order: Tree, dialect: str
) -> Problem:
    feeds = _by_place(entries)
    faults = [
        fault for outer in errors for error in pinpoint(outer) for fault in _translate(error, feeds, order, dialect)
    ]
    first = {(fault.pointer, fault.code): fault for fault in reversed(faults)}
    # what a setting should fill is the operator's to cure, not the client's
    members = {"who": "operator"} if all(fault.code == "tenant_setting" for fault in faults) else {}
    return Problem("unmappable-order", faults=list(reversed(first.values())), members=members)


def map_back(tenant: Tenant, answer: Any, context: Tree) -> Tree:
    """The canonical receipt in a backend's answer; ``Unmappable`` where it cannot be read as a whole one."""
    receipt = tenant.dialect.receipt.to_canonical(answer, context)
    faults = [
        Fault(point("", tuple(map(str, error.instance_path))), "invalid", error.message)
        for error in RECEIPT_VALIDATOR.iter_errors(receipt)
    ]
    if faults:
        raise Unmappable(faults)
    return receipt


def make_context(tenant: Tenant, order: Tree, reference: str, received_at: str) -> Tree:
    """What templates of a mapping can refer to, beside the order's own members."""
    return {
        "setting": tenant.settings,
        "secret": dict(tenant.secrets),
        "order": order,
        "derived": _derive(order, tenant),
        "gateway": {
            "reference": reference,
            "received_at": received_at,
            "since": (datetime.fromisoformat(received_at) - CLOCKS_APART).isoformat().replace("+00:00", "Z"),
            "tenant": tenant.name,
            "dialect": tenant.dialect.name,
            "scope": f"{tenant.name}/{tenant.dialect.name}",
            "base_url": tenant.base_url,
            "headers": tenant.dialect.headers,
        },
    }


def _derive(order: Tree, tenant: Tenant) -> Tree:
    """What follows from an order and mappings may refer to; None where it does not follow."""
    lines, total = lines_total(order), order.get("total")
    total = lines if total is None else total
    currency = order.get("currency") or tenant.settings.get("currency")
    return {"lines_total": lines, "total_text": None if total is None else f"{total:f}", "currency": currency}


def tenant_steps(tenant: Tenant) -> tuple[Step, ...]:
    """The dialect's steps up to the one at which this tenant stops."""
    steps = tenant.dialect.steps
    last = tenant.settings.get("last_step")
    names = [step.rows.name for step in steps]
    return steps[: names.index(last) + 1] if last in names else steps


def _why_skipped(step: Step, taken: Sequence[Step], document: Tree) -> str:
    if all(step is not other for other in taken):
        return f"this tenant stops before step {step.rows.name!r}"
    return is_skipped(step.rows, document)


def _leave_out_skipped(tenant: Tenant, document: Tree) -> Skipped:
    """Take the parts of skipped steps out of the document; they and the reasons."""
    skipped, taken = [], tenant_steps(tenant)
    for step in tenant.dialect.steps:
        part, why = step.rows.for_each or step.rows.send, _why_skipped(step, taken, document)
        if why and part not in (None, "."):
            document.pop(str(part), None)
            skipped.append((point("", (str(part),)), why))
    return tuple(skipped)


def _translate(
    error: jsonschema_rs.ValidationError, feeds: Mapping[str, Entry], order: Tree, dialect: str
) -> list[Fault]:
    """A complaint about the dialect's document as faults of the canonical order that led to it."""
    missing = getattr(error.kind, "property", None) if error.schema_path[-1] == "required" else None
    place = point("", tuple(map(str, error.instance_path)))
    place = place if missing is None else point(place, (missing,))
    entry = _find_entry(place, feeds)
    if entry is None or not entry.canonical:
        why = entry.reason if entry is not None else "no row feeds it"
        return [Fault("", "tenant_setting", f"{dialect} requires {place}, which this tenant's settings lack: {why}")]
    if missing is None:
        detail = f"{dialect} does not accept it as {place}: {explain_error(error)}"
        return [Fault(pointer, "unfit", detail) for pointer in entry.canonical]
    absent = [pointer for pointer in entry.canonical if not str(look(order, pointer) or "").strip()]
    return [Fault(pointer, "required", f"{dialect} requires it as {place}") for pointer in absent or entry.canonical]


def _by_place(entries: Sequence[Entry]) -> dict[str, Entry]:
    """What wrote, or could have written, each place of a document: the first with a canonical member, if any has."""
    feeds: dict[str, Entry] = {}
    for entry in entries:
        for place in entry.dialect:
            if place not in feeds or (entry.canonical and not feeds[place].canonical):
                feeds[place] = entry
    return feeds


def _find_entry(place: str, feeds: Mapping[str, Entry]) -> Entry | None:
    """What feeds a place of the document; else what feeds the nearest around it."""
    while place and place not in feeds:
        place = place.rpartition("/")[0]
    return feeds.get(place) if place else None
