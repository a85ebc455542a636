"""Rows, steps and promises of a dialect in words, for whoever reads its handbook or what a switch changes."""

from collections.abc import Sequence
from typing import Any

from adapter.core.dialects import Dialect
from adapter.core.files.mappings import MappingFile, StepRows
from adapter.core.handbook.sheets import code, codes
from adapter.core.recovery import CLASSES, honours_key, looks_up
from adapter.core.steps import Step
from adapter.lens.classes import Classed, RowClass
from adapter.lens.rows import Direction

AGAINST = {"to_dialect": "only back to canonical", "to_canonical": "only towards the dialect"}


def tell_how(row: Classed, towards: Direction) -> str:
    """How a row carries its value, what stands in for it, and when; ``towards`` is where its lens mainly leads."""
    if row.kind is RowClass.DROPPED:
        return ""
    when = [_tell_condition(path, values) for path, values in row.when]
    if row.kind is RowClass.CONSTANT:
        always = row.reason if row.const is None else f"always {code(row.const)}"
        return ", ".join([always, *when])
    against = AGAINST[towards] if row.only not in (None, towards) else ""
    parts = [_tell_codec(row), _tell_copies(row, towards), *when, against]
    parts += [f"where there is none {code(row.default)}"] if row.default is not None else []
    return ", ".join(filter(None, parts)) or "as it is"


def tell_reason(row: Classed) -> str:
    """What is lost, in the mapping's words; a constant loses nothing."""
    return "" if row.kind is RowClass.CONSTANT else row.reason


def _tell_codec(row: Classed) -> str:
    if row.table:
        pairs = ", ".join(f"{code(ours)} is {code(theirs)}" for ours, theirs in row.table.items())
        return pairs if row.otherwise is None else f"{pairs}, any other is {code(row.otherwise)}"
    if not row.codec or row.use == "whole":
        return ""
    own = "" if row.codec == row.use else f" ({code(row.use)})"
    beside = f" beside {code(row.beside)}" if row.beside else ""
    options = "".join(f" {name} {code(value)}" for name, value in row.options.items())
    return f"{'joined by' if len(row.canonical) > 1 else 'by'} {code(row.codec)}{own}{beside}{options}"


def _tell_copies(row: Classed, towards: Direction) -> str:
    if len(row.dialect) < 2:
        return ""
    return "the first that is there" if towards == "to_canonical" else "a copy in each"


def _tell_condition(path: str, values: Sequence[Any]) -> str:
    said = [value for value in values if value is not None]
    return f"where {code(path)} is {codes(said)}" if said else f"where {code(path)} is absent"


def tell_request(step: Step) -> str:
    """Method, path and query of a call, with the references that fill them."""
    path = step.operation.path
    for name, value in step.rows.path.items():
        path = path.replace(f"{{{name}}}", value)
    query = "&".join(f"{name}={value}" for name, value in step.rows.query.items())
    return code(f"{step.operation.method} {path}" + (f"?{query}" if query else ""))


def tell_sent(rows: StepRows) -> str:
    """What a call's body holds."""
    whole = "the whole order" if rows.send == "." else code(rows.send) if rows.send else "nothing"
    sent = f"each of {code(rows.for_each)}" if rows.for_each else whole
    filled = f" with {codes(list(rows.fill))}" if rows.fill else ""
    return sent + filled + (", in a list of one" if rows.in_list else "")


def tell_kept(rows: StepRows) -> str:
    """What is taken from a call's answer."""
    kept = [f"{code(name)} from {code(path)}" for name, path in rows.keep.items()]
    passed = [f"{code(name)}, passed on once and never stored" for name in rows.pass_on]
    return "; ".join(kept + passed + (["the receipt"] if rows.receipt else []))


def tell_when(rows: StepRows) -> str:
    """Which orders take a call."""
    parts = [f"not where {code(rows.unless)} is given"] if rows.unless else []
    parts += [f"only with {code(rows.when)}"] if rows.when else []
    parts += ["one call for each"] if rows.for_each else []
    return ", ".join(parts) or "always"


def tell_repeat(mapping: MappingFile) -> str:
    """What the backend makes of a repeated call."""
    rules = mapping.idempotency
    if not honours_key(mapping):
        return "nothing protects it: an unknown outcome is " + ("looked up" if looks_up(mapping) else "for a person")
    bytes_, hours = " for the very same bytes" if rules.identical_bytes else "", rules.keeps_hours
    kept = f" for {hours} hours" if hours is not None else ""
    return f"the key is honoured{bytes_}{kept}" + (f", {rules.about}" if rules.about else "")


def tell_facts(dialect: Dialect) -> dict[str, str]:
    """What an operator should know of a backend, fact by fact; the same facts for every dialect."""
    mapping = dialect.mapping
    rules, outcomes, calls = mapping.idempotency, mapping.outcomes, mapping.limits.calls_per_minute
    placed_if = " and ".join(f"{code(path)} is {code(value)}" for path, value in outcomes.placed_if.items())
    return {
        "base URL": code(mapping.base_url) if mapping.base_url else "each tenant's own",
        "calls of one order": ", ".join(_tell_call(step.rows) for step in dialect.steps),
        "after an unknown outcome": f"class {rules.recovery}: {CLASSES[rules.recovery]}",
        "a repeated call": tell_repeat(mapping),
        "a look-up": _tell_lookup(mapping),
        "the key is sent as": code(rules.header) if rules.header else "it has no key",
        "an unknown order is left alone": f"{rules.quiet_seconds} seconds",
        "calls a minute": str(calls) if calls is not None else "no limit is known",
        "placed": "a status of 2xx whose body fits its schema" + (f" and where {placed_if}" if placed_if else ""),
        "refused for good": ", ".join(map(str, outcomes.rejected)) or "no status",
        "not placed, may be sent again": ", ".join(map(str, outcomes.not_applied)) or "no status",
        "unknown": "any other status of 4xx or 5xx, and whatever is no whole answer",
    }


def _tell_lookup(mapping: MappingFile) -> str:
    if mapping.lookup is None or not looks_up(mapping):
        return "none"
    before = ", before a person must decide" if honours_key(mapping) else ""
    return f"{code(mapping.lookup.operation)} shows what became of {code(mapping.lookup.step)}{before}"


def _tell_call(rows: StepRows) -> str:
    if rows.for_each:
        return f"{code(rows.name)} for each of {code(rows.for_each)}"
    return code(rows.name) + (" (not always)" if rows.when or rows.unless else "")
