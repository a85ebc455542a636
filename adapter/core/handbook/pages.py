"""What a dialect's handbook says, sheet by sheet; and the tables that set several dialects side by side."""

from collections.abc import Callable, Mapping, Sequence

from adapter.core.dialects import Dialect
from adapter.core.handbook.sheets import Sheet, code, codes, to_markdown
from adapter.core.handbook.wording import (
    tell_facts,
    tell_how,
    tell_kept,
    tell_reason,
    tell_repeat,
    tell_request,
    tell_sent,
    tell_when,
)
from adapter.core.recovery import CLASSES
from adapter.errors import REFUSALS
from adapter.lens.classes import Classed, classify
from adapter.lens.lens import Lens
from adapter.lens.rows import Direction

NOTHING = "none"


def write_handbook(dialect: Dialect) -> list[Sheet]:
    """Everything the mapping says of one dialect."""
    mapping = dialect.mapping
    headers = tuple((code(header.name), code(header.value)) for header in mapping.headers)
    return [
        Sheet("", (), (), mapping.about),
        _calls(dialect),
        _rows("Order", dialect.order, "What goes out to the backend."),
        _rows("Receipt", dialect.receipt, "What is read from its answer."),
        _settings(dialect),
        Sheet("Secrets", ("secret", "about"), tuple((code(name), about) for name, about in mapping.secrets.items())),
        Sheet("Headers", ("header", "value"), headers, "Sent with every call."),
        Sheet("Outcome and recovery", ("fact", "here"), tuple(tell_facts(dialect).items())),
    ]


def _calls(dialect: Dialect) -> Sheet:
    rows = [
        (code(step.rows.name), tell_request(step), tell_sent(step.rows), tell_kept(step.rows), tell_when(step.rows))
        for step in dialect.steps
    ]
    return Sheet("Calls", ("step", "call", "sends", "keeps", "when"), tuple(rows), "The calls of one order, in order.")


def _rows(title: str, lens: Lens, about: str) -> Sheet:
    cells = [_row(row, lens.default_in) for row in classify(lens.rows)]
    return Sheet(title, ("canonical", "dialect", "how", "class", "told"), tuple(cells), about)


def _row(row: Classed, towards: Direction) -> tuple[str, ...]:
    kind = row.kind.value.replace("_", " ")
    return codes(row.canonical), codes(row.dialect), tell_how(row, towards), kind, tell_reason(row)


def _settings(dialect: Dialect) -> Sheet:
    rows = [
        (
            code(name),
            setting.about,
            code(setting.default) if setting.default is not None else "",
            codes(setting.choices),
            "yes" if setting.required else "",
        )
        for name, setting in dialect.mapping.settings.items()
    ]
    return Sheet("Settings", ("setting", "about", "default", "choices", "required"), tuple(rows))


def compare_dialects(dialects: Sequence[Dialect]) -> Sheet:
    """One row for each dialect: what it is, how it places an order, what a repeated call means to it."""
    rows = [
        (
            code(dialect.name),
            dialect.mapping.title,
            dialect.mapping.about,
            tell_repeat(dialect.mapping),
        )
        for dialect in dialects
    ]
    return Sheet("Dialects", ("dialect", "backend", "how an order is placed", "a repeated call"), tuple(rows))


def compare_settings(dialects: Sequence[Dialect]) -> Sheet:
    """One row for each dialect: its secrets, and its settings by what a tenant must say of them."""
    columns = ("dialect", "secret", "settings it must have", "settings with a default", "settings it may have")
    return Sheet("Settings", columns, tuple(_sort_settings(dialect) for dialect in dialects))


def _sort_settings(dialect: Dialect) -> tuple[str, ...]:
    settings = dialect.mapping.settings
    required = [name for name, setting in settings.items() if setting.required]
    defaulted = [name for name, setting in settings.items() if not setting.required and setting.default is not None]
    others = [name for name in settings if name not in required + defaulted]
    told = [codes(names) or NOTHING for names in (list(dialect.mapping.secrets), required, defaulted, others)]
    return code(dialect.name), *told


def compare_recovery(dialects: Sequence[Dialect]) -> Sheet:
    """One row for each class, with the dialects that declare it."""
    declared = {name: [one.name for one in dialects if one.mapping.idempotency.recovery == name] for name in CLASSES}
    rows = tuple((name, CLASSES[name], codes(names) or NOTHING) for name, names in declared.items())
    return Sheet("Recovery", ("class", "after an unknown outcome", "dialects"), rows)


def list_refusals(_dialects: Sequence[Dialect]) -> Sheet:
    """One row for each code of the gateway's own refusals."""
    rows = tuple((code(name), code(row.problem), row.who, row.meaning) for name, row in REFUSALS.items())
    return Sheet("Refusals", ("code", "problem", "who", "what it means"), rows)


# The tables that may stand in a document, each under the name that its marker gives.
TABLES: Mapping[str, Callable[[Sequence[Dialect]], Sheet]] = {
    "dialects": compare_dialects,
    "settings": compare_settings,
    "recovery": compare_recovery,
    "refusals": list_refusals,
}


def write_tables(dialects: Sequence[Dialect]) -> dict[str, str]:
    """Every table as Markdown, by its name."""
    return {name: to_markdown(compare(dialects)) for name, compare in TABLES.items()}
