"""What a mapping's {references} can come to, known before any order: of settings, the gateway, the order, answers."""

from collections.abc import Callable, Iterable
from typing import Any

from adapter.core.canonical import COMPONENTS, ORDER_SCHEMA
from adapter.core.files.mappings import MappingFile, Setting
from adapter.core.steps import Step
from adapter.lens.fit import About, Meanings
from adapter.lens.schemas import Schema, SchemaView
from adapter.lens.trees import parse_path

TEXT = frozenset({"string"})

# Facts of the gateway, with samples where they have a format.
ABOUT_GATEWAY: dict[str, About] = {
    "gateway.reference": About(TEXT, ("3c90c3cc-0d44-4b50-8888-8dd25736052a",), format="uuid"),
    "gateway.received_at": About(TEXT, ("2026-01-01T00:00:00Z",), format="date-time"),
    "gateway.since": About(TEXT, ("2026-01-01T00:00:00Z",), format="date-time"),
    "gateway.tenant": About(TEXT, ("shop",)),
    "gateway.scope": About(TEXT, ("shop/dialect",)),
}
ABOUT_DERIVED: dict[str, About] = {
    "derived.lines_total": About(frozenset({"number"}), may_lack=True),
    "derived.total_text": About(TEXT, may_lack=True),
    "derived.currency": About(TEXT, may_lack=True),
}

# Settings that the gateway itself reads, whatever the rows refer to.
READ_BY_THE_GATEWAY = {"currency", "last_step"}

MEANINGS = Meanings(
    of={
        **dict.fromkeys(("price", "subtotal", "total"), "amount"),
        **{name: name for name in ("currency", "country", "quantity", "phone", "id")},
        "state": "subdivision",
        "postal_code": "postal code",
        "email": "e-mail",
        "created_at": "instant",
        "first_name": "first name",
        "last_name": "last name",
    },
    # an amount is 12.50 or 1250; a country is a name, alpha-2 or alpha-3
    bare={"amount": "number", "country": "string"},
)


def look_around(mapping: MappingFile, steps: Iterable[Step], api: Schema) -> Callable[[str], About]:
    """From a reference such as ``setting.currency`` to what is known of it."""
    known = ABOUT_GATEWAY | ABOUT_DERIVED | {f"secret.{name}": About(TEXT) for name in mapping.secrets}
    known |= {f"setting.{name}": _about_setting(setting) for name, setting in mapping.settings.items()}
    if "setting.currency" in known:  # which stands in where an order names none
        known["derived.currency"] = About(TEXT, may_lack=known["setting.currency"].may_lack)
    for step in steps:
        answer = answer_of(step, api)
        for name, path in step.rows.keep.items():
            known[f"kept.{name}"] = about_member(answer, parse_path(path).keys)
    order = SchemaView(ORDER_SCHEMA, COMPONENTS)

    def about(reference: str) -> About:
        head, _, path = reference.partition(".")
        if head == "order" and reference not in known:
            known[reference] = about_member(order, tuple(path.split(".")))
        return known.get(reference, About())

    return about


def answer_of(step: Step, api: Schema) -> SchemaView:
    """The schema of what a step's answer holds: of the one item where it is a list of one."""
    view = SchemaView(step.operation.answer, api)
    return (view.item() or view) if step.rows.in_list else view


def _about_setting(setting: Setting) -> About:
    fixed = [value for value in (setting.default, setting.example) if value is not None]
    values: tuple[Any, ...] = setting.choices or tuple(fixed[:1])
    return About(values=values, may_lack=not setting.required and setting.default is None)


def about_member(view: SchemaView, keys: tuple[str, ...]) -> About:
    found = view.member(keys)
    if found is None:
        return About(may_lack=True)
    parents = [view.member(keys[:depth]) or view for depth in range(len(keys))]
    sure = all(key in parent.required() for key, parent in zip(keys, parents, strict=True))
    formats = found.formats()
    return About(frozenset(found.types() - {"null"}), may_lack=not sure, format=next(iter(formats), ""))
