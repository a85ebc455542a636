"""The report on a switch, sheet by sheet, and as a document for machines."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import starmap
from typing import Any

import msgspec

from adapter.core.handbook.sheets import Sheet, code, codes, plain
from adapter.errors import Fault
from adapter.qa.switches.diff import Change, Diff, Fate, Member, Need
from adapter.qa.switches.trials import Attempt, Summary, Trial, count_patterns, summarise_trials

TITLES: dict[Change, str] = {
    Change.STOPS: "stops arriving",
    Change.TURNS_LOSSY: "turns lossy",
    Change.STARTS: "starts arriving",
    Change.TURNS_EXACT: "turns exact",
    Change.STAYS: "arrives as before",
    Change.NEVER: "arrives with neither",
}

# Why a change is as it is stands with the side on which something is lost.
REASONS: dict[Change, Callable[[Member], str]] = {
    Change.STOPS: lambda member: member.after.reason,
    Change.TURNS_LOSSY: lambda member: member.after.reason,
    Change.STARTS: lambda member: member.after.reason,
    Change.TURNS_EXACT: lambda member: f"before: {member.before.reason}" if member.before.reason else "",
    Change.STAYS: lambda member: member.after.reason,
    Change.NEVER: lambda member: member.after.reason,
}


def write_report(diff: Diff, trials: Sequence[Trial] | None) -> list[Sheet]:
    """Losses first, then gains, then what the new side needs; ``trials`` are the user's own orders, if any."""
    sheets = [
        _overview(diff, trials or ()),
        *(sheet for part in ("order", "receipt") for sheet in _members(diff, part)),
    ]
    sheets += [_needs(diff), _facts(diff)]
    return sheets + (list(_trials(diff, trials)) if trials is not None else [])


def _overview(diff: Diff, trials: Sequence[Trial]) -> Sheet:
    parts = list(dict.fromkeys(member.part for member in diff.members))
    found = [(member.part, member.change) for member in diff.members]
    rows = tuple((TITLES[change], *(str(found.count((part, change))) for part in parts)) for change in Change)
    costs = sum(trial.loses() for trial in trials)
    verdict = "Something is lost by the switch." if diff.loses() else "No member is lost by the switch."
    verdict += f" It costs {costs} of your {len(trials)} orders something." if costs else ""
    return Sheet("Members by what becomes of them", ("a member", *parts), rows, verdict)


def _members(diff: Diff, part: str) -> Iterator[Sheet]:
    columns = ("member", *_sides(diff), "why")
    for change in Change:
        found = [member for member in diff.members if (member.part, member.change) == (part, change)]
        rows = [(code(one.path), _name(one.before), _name(one.after), REASONS[change](one)) for one in found]
        if rows:
            yield Sheet(f"{part.title()}: {TITLES[change]} ({len(rows)})", columns, tuple(rows))


def _name(fate: Fate) -> str:
    return codes(fate.names) or "-"


def _sides(diff: Diff) -> tuple[str, str]:
    return f"from {diff.before}", f"to {diff.after}"


def _needs(diff: Diff) -> Sheet:
    rows = [
        (code(need.name), need.kind, need.about, _tell_demand(need), "same name" if need.shared else "new")
        for need in diff.needs
    ]
    about = f"No longer asked for: {codes(diff.obsolete)}." if diff.obsolete else ""
    columns = ("name", "kind", "about", "must it be set", f"in {diff.before}")
    return Sheet(f"What {diff.after} needs", columns, tuple(rows), about)


def _tell_demand(need: Need) -> str:
    choices = f", one of {codes(need.choices)}" if need.choices else ""
    if need.required:
        return f"yes{choices}"
    return f"no{choices}" if need.default is None else f"no, it is {code(need.default)}{choices}"


def _facts(diff: Diff) -> Sheet:
    rows = tuple((fact.fact, fact.before, fact.after) for fact in diff.facts)
    about = "" if rows else "Nothing changes."
    return Sheet("What changes for the operator", ("fact", *_sides(diff)), rows, about)


def _trials(diff: Diff, trials: Sequence[Trial]) -> Iterator[Sheet]:
    yield _summary(diff, summarise_trials(trials))
    rows = [(trial.name, _taken(trial.before), _taken(trial.after), *_changed(trial)) for trial in trials]
    columns = ("order", *_sides(diff), "stops arriving", "starts arriving")
    yield Sheet("Your orders, one by one", columns, tuple(rows))
    yield _patterns(trials)
    faults = [
        (trial.name, name, *fault)
        for trial in trials
        for name, attempt in zip(_sides(diff), (trial.before, trial.after), strict=True)
        for fault in _faults(attempt)
    ]
    yield Sheet("Why orders are refused", ("order", "side", "member", "code", "detail"), tuple(faults))


def _patterns(trials: Sequence[Trial]) -> Sheet:
    """In how many orders a member stops or starts arriving."""
    stops = Counter(path for trial in trials for path in count_patterns(trial.stops()))
    starts = Counter(path for trial in trials for path in count_patterns(trial.starts()))
    rows = [(code(path), str(stops[path]), str(starts[path])) for path in dict.fromkeys([*stops, *starts])]
    about = "In how many of the orders that both take." if rows else "None stops or starts arriving."
    return Sheet("Their members", ("member", "stops arriving in", "starts arriving in"), tuple(rows), about)


def _summary(diff: Diff, counts: Summary) -> Sheet:
    rows = (
        ("orders", counts.orders),
        (f"taken before, by {diff.before}", counts.taken_before),
        (f"taken after, by {diff.after}", counts.taken_after),
        ("no longer taken", counts.refused_only_after),
        ("newly taken", counts.refused_only_before),
        ("members that arrive with both", counts.members_in_both),
        ("members that stop arriving", counts.members_that_stop),
        ("members that start arriving", counts.members_that_start),
        ("members that arrive with neither", counts.members_in_neither),
    )
    about = "Members are those of the orders that both take."
    return Sheet("Your orders", ("what", "how many"), tuple((what, str(count)) for what, count in rows), about)


def _taken(attempt: Attempt) -> str:
    return "refused" if attempt.problem else "taken"


def _changed(trial: Trial) -> tuple[str, str]:
    if trial.before.problem or trial.after.problem:
        return "-", "-"
    return _spell_counts(trial.stops()), _spell_counts(trial.starts())


def _spell_counts(pointers: Sequence[str]) -> str:
    return ", ".join(starmap(_count, count_patterns(pointers).items())) or "nothing"


def _count(path: str, count: int) -> str:
    return code(path) + (f" ({count})" if count > 1 else "")


def _faults(attempt: Attempt) -> list[tuple[str, str, str]]:
    """Each kind of fault at each kind of place, told by its first; the problem itself where it names none."""
    found: dict[tuple[str, str], list[Fault]] = {}
    for fault in attempt.faults:
        (path,) = count_patterns([fault.pointer])
        found.setdefault((path, fault.code), []).append(fault)
    told = [(_count(path, len(alike)) if path else "", kind, alike[0].detail) for (path, kind), alike in found.items()]
    return told or ([("", attempt.problem, "")] if attempt.problem else [])


def as_document(diff: Diff, trials: Sequence[Trial] | None) -> dict[str, Any]:
    """The same for machines: the diff, and if orders were tried, the summary and each order."""
    document: dict[str, Any] = msgspec.to_builtins(diff)
    document["loses"] = diff.loses() or any(trial.loses() for trial in trials or ())
    for fact in document["facts"]:
        fact |= {side: plain(fact[side]) for side in ("before", "after")}
    if trials is not None:
        document["summary"] = msgspec.to_builtins(summarise_trials(trials))
        document["orders"] = [_trial_document(trial) for trial in trials]
    return document


def _trial_document(trial: Trial) -> dict[str, Any]:
    return {
        "name": trial.name,
        "before": _attempt_document(trial.before),
        "after": _attempt_document(trial.after),
        "stops": trial.stops(),
        "starts": trial.starts(),
    }


def _attempt_document(attempt: Attempt) -> dict[str, Any]:
    document: dict[str, Any] = msgspec.to_builtins(attempt)
    return document | {"taken": not attempt.problem, "faults": [fault._asdict() for fault in attempt.faults]}
