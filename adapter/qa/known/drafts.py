"""Orders and answers to look at: an order and the examples of an OpenAPI document, then one thing otherwise at a time.

They are written down once with what they come to (see ``known``) and are evidence from then on; a person reads them.
"""

import copy
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

from adapter.core.canonical import read_json
from adapter.core.dialects import Dialect
from adapter.core.files.mappings import Said
from adapter.core.ledger import INDEX
from adapter.core.orders import Journey
from adapter.core.steps import Step
from adapter.core.tenancy.tenants import Tenant, stand_in
from adapter.lens.bound import list_fields
from adapter.lens.schemas import Schema, SchemaView
from adapter.lens.templates import fill
from adapter.lens.trees import Tree, leaves, look, parse_path, place, point
from adapter.qa.known.known import LOOK_UP, Alteration, Family, Known, Traveller, alter, come_to, say, set_out
from adapter.qa.known.order_drafts import list_first_leaves, show_more, vary_order, weigh_order

# What a setting may be whose name says that not any text will do.
MEANT = {"currency": "JPY", "country": "HK"}  # another number of decimals, and addresses without a postal code

# One answer of each kind that HTTP has.
STATUSES = (*range(300, 309), *range(400, 430), 431, 451, *range(500, 512))

# Of them one that proves nothing by itself, and one that most mappings take for a refusal.
TELLS_NOTHING, REFUSES = 500, 422

Draft = tuple[str, int, Any, Sequence[Alteration]]


def make_known(tenant: Tenant, orders: Mapping[str, bytes]) -> Known:
    """What a mapping makes of orders, and of answers to the one of them that takes most steps.

    A second order, the one that shows most of what the first does not, is varied as well.
    """
    said = {name: say(tenant, body) for name, body in orders.items()}
    after = max(said, key=lambda name: weigh_order(said[name]))
    varied = [orders[after], *(orders[name] for name in show_more(said, after))]
    families = [
        family
        for settings in list_settings(tenant.dialect)
        for family in _look_at(stand_in(tenant.dialect, settings), settings, varied)
    ]
    return Known(orders, said, after, families)


def _look_at(tenant: Tenant, settings: Tree, orders: Sequence[bytes]) -> Iterator[Family]:
    """What shows a tenant's settings: the first order; unless they are one by itself all, and how success is read."""
    traveller, bodies = set_out(tenant, orders[0]), list(map(read_json, orders))
    drafts: list[Draft] = [("", 0, bodies[0], ())]
    if len(settings) != 1:
        drafts = [("", 0, body, list(vary_order(tenant.dialect, body))) for body in bodies]
        drafts += _draft_successes(traveller)
    if not settings:
        drafts += _draft_failures(traveller)
    for call, status, said, alterations in drafts:
        yield _write_down(traveller, Family(settings, call, status, said, {}), alterations)


def list_settings(dialect: Dialect) -> list[Tree]:
    """The defaults; every setting otherwise, all steps left in; then each choice by itself."""
    settings = dialect.mapping.settings
    found = {name: setting.choices or (_invent(dialect, name),) for name, setting in settings.items()}
    others = {name: [one for one in found[name] if one != settings[name].default] for name in settings}
    together = {name: choices[0] for name, choices in others.items() if name != "last_step"}
    alone: list[Tree] = [{name: one} for name, choices in others.items() for one in choices]
    return [{}, *([together] if len(together) > 1 else []), *alone]


def _invent(dialect: Dialect, name: str) -> str:
    """A value for a setting: one that its name calls for, or that a member which it fills does."""
    view = SchemaView(dialect.schema)
    for row in dialect.mapping.order:
        if row.const == f"{{setting.{name}}}" and isinstance(row.dialect, str):
            member = view.member(parse_path(row.dialect).keys)
            if member is not None and "pattern" in member.schema:
                return f"{member.schema['pattern'].strip('^$')}another"
    return MEANT.get(name, f"another {name}")


def _write_down(traveller: Traveller, family: Family, alterations: Sequence[Alteration]) -> Family:
    first = come_to(traveller, family, family.body)
    otherwise = []
    for alteration in alterations:
        found = come_to(traveller, family, alter(family.body, alteration))
        differing = {key: found.get(key) for key in first.keys() | found.keys() if first.get(key) != found.get(key)}
        otherwise.append((alteration, dict(sorted(differing.items()))))
    return family._replace(comes_to=first, otherwise=otherwise)


def _draft_successes(traveller: Traveller) -> Iterator[Draft]:
    dialect, journey = traveller.tenant.dialect, traveller.journey
    for step in dialect.steps:
        name = next((name for name, call in traveller.calls.items() if call.step.rows.name == step.rows.name), None)
        if name is not None:
            yield from ((name, *draft) for draft in _draft_answers(dialect, step, journey))
    if dialect.lookup is not None:
        yield from ((LOOK_UP, 200, *draft) for draft in _draft_sights(dialect, dialect.lookup, journey))


def _draft_failures(traveller: Traveller) -> Iterator[Draft]:
    """Every status by itself, and on two of them all that the mapping could hear."""
    dialect, names = traveller.tenant.dialect, list(traveller.calls)
    for name in dict.fromkeys((names[0], names[-1])):
        told = list(_list_complaints(dialect, traveller.journey, _codes(dialect) if name == names[-1] else ()))
        for status in STATUSES if name == names[-1] else (TELLS_NOTHING, REFUSES):
            bodies: dict[str, Alteration] = {repr(body): ("", body) for with_, body in told if with_ == status}
            yield name, status, None, list(bodies.values())
    if dialect.lookup is not None:
        yield LOOK_UP, TELLS_NOTHING, None, ()


def _draft_answers(dialect: Dialect, step: Step, journey: Journey) -> Iterator[tuple[int, Any, list[Alteration]]]:
    """The document's answers to a step, and those of a success once more with what was sent in them."""
    for status, body in list_examples(dialect.api, step.rows.operation):
        yield status, body, []
        if 200 <= status < 300:
            agreeing = _agree(dialect, step, body, journey)
            yield status, agreeing, _vary(agreeing, SchemaView(step.operation.answer, dialect.api))
            yield status, agreeing, list(_blank(agreeing, dialect))
            yield status, agreeing, [("", agreeing | remark) for remark in _list_remarks(dialect, journey)]


def _list_remarks(dialect: Dialect, journey: Journey) -> Iterator[Tree]:
    for said in dialect.mapping.errors.warnings:
        for text in _codes(dialect):
            yield from (complain(said, text, where) for where in ("", _place(journey)))


def _agree(dialect: Dialect, step: Step, body: Any, journey: Journey) -> Any:
    """An answer that shows what was sent, as far as the mapping knows where it would be."""
    body = copy.deepcopy(body)
    if step.rows.echo and dialect.echo is not None:
        shown = dialect.echo.to_dialect(journey.context["order"], journey.context)
        _overlay(body[0] if step.rows.in_list else body, shown)
    return body


def _overlay(target: Tree, shown: Tree) -> None:
    for key, value in shown.items():
        there = target.get(key)
        if isinstance(value, dict) and isinstance(there, dict):
            _overlay(there, value)
        elif isinstance(value, list) and isinstance(there, list) and there:
            target[key] = [copy.deepcopy(there[0]) for _ in value]
            for item, said in zip(target[key], value, strict=True):
                _overlay(item, said)
        else:
            target[key] = value


def _vary(body: Any, view: SchemaView) -> list[Alteration]:
    """Each member away, a text in the other case, and each value that the document lists for one of them."""
    found: list[Alteration] = []
    for pointer in list_first_leaves(body):
        found.append((pointer,))
        there, listed = look(body, pointer), _listed(view, pointer.split("/")[1:])
        if isinstance(there, str) and there != there.swapcase() and (there.isupper() or there.islower()):
            found.append((pointer, there.swapcase()))
        found += [(pointer, value) for value in listed if value != there]
    return found


def _blank(body: Any, dialect: Dialect) -> Iterator[Alteration]:
    """Each text that the receipt is read from, blank."""
    read = {point("", path.keys) for row in list_fields(dialect.receipt.rows) for path in row.dialect}
    for pointer in list_first_leaves(body):
        if isinstance(look(body, pointer), str) and pointer.removeprefix("/0") in read:
            yield pointer, ""


def _listed(view: SchemaView, keys: Sequence[str]) -> Sequence[Any]:
    """The values listed for a member, with one that is not; true and false where it is either."""
    here: SchemaView | None = view
    for key in keys:
        here = None if here is None else here.item() if key.isdigit() else here.member((key,))
    if here is None:
        return ()
    if here.types() == {"boolean"}:
        return (True, False)
    return (*here.listed(), "something else") if here.listed() else ()


def list_examples(api: Schema, operation_id: str) -> Iterator[tuple[int, Any]]:
    """Each answer that the document gives an example of, by status."""
    for item in api["paths"].values():
        for operation in item.values():
            if isinstance(operation, dict) and operation.get("operationId") == operation_id:
                for status, answer in operation["responses"].items():
                    content = SchemaView(answer, api).schema.get("content", {}).get("application/json", {})
                    found = [content["example"]] if "example" in content else []
                    found += [named["value"] for named in content.get("examples", {}).values()]
                    yield from ((int(status), example) for example in found if status.isdigit())


def _codes(dialect: Dialect) -> list[str]:
    """A text for every code that the mapping knows, and one that it does not."""
    errors = dialect.mapping.errors
    return [code.replace("*", "x") for code in dict.fromkeys([*errors.codes, *errors.proves, "no such code"])]


def _list_complaints(dialect: Dialect, journey: Journey, codes: Sequence[str]) -> Iterator[tuple[int, Any]]:
    """An answer for every code, without and with a place, and for every place of the mapped order.

    A code that proves nothing is seen with a refusal too: there it leaves standing what the status says.
    """
    errors = dialect.mapping.errors
    places = {INDEX.sub("/0", pointer)[1:].replace("/", ".") for pointer, _ in leaves(journey.document)}
    for said in errors.said:
        for code in codes:
            for text in (code, int(code)) if code.isdigit() else (code,):
                yield from ((status, complain(said, text)) for status in (TELLS_NOTHING, REFUSES))
                yield TELLS_NOTHING, complain(said, text, _place(journey))
        yield from ((REFUSES, complain(said, "no such code", place)) for place in sorted(places))
    yield from ((REFUSES, body) for body in _complain_twice(errors.said, codes))


def _complain_twice(said: Sequence[Said], codes: Sequence[str]) -> Iterator[Tree]:
    """A code at each two places at once, and another at the other: the first of the places is heard."""
    for one, other in combinations(said, 2) if codes else ():
        bodies = complain(one, codes[0]), complain(other, codes[-1])
        if all(isinstance(body, dict) for body in bodies):
            _overlay(bodies[1], bodies[0])
            yield bodies[1]


def _place(journey: Journey) -> str:
    """A place in the mapped order that nothing but a member of the order can be at."""
    return next(f"{key}" for key, value in journey.document.items() if isinstance(value, (list, dict)))


def complain(said: Said, code: Any, where: str = "") -> Any:
    """A body that complains at a place of the call's own body."""
    item: Any = code if said.code == "." else {}
    if said.code != ".":
        place(item, parse_path(said.code), code)
        if where and said.place:
            place(item, parse_path(said.place), [said.after, *where.split(".")] if said.after else where)
    elif said.until and where:
        item = f"{where}{said.until} {code}"
    if said.at == ".":
        return item
    body: Tree = {}
    place(body, parse_path(said.at.removesuffix("[]")), [item] if said.at.endswith("[]") else item)
    return body


def _draft_sights(dialect: Dialect, step: Step, journey: Journey) -> Iterator[tuple[Any, list[Alteration]]]:
    """The document's list of orders, and the same with ours in it."""
    lookup = dialect.mapping.lookup
    view = SchemaView(step.operation.answer, dialect.api)
    for status, body in list_examples(dialect.api, step.rows.operation):
        if status == 200 and lookup is not None:
            more: list[Alteration] = [(f"/{lookup.more.replace('.', '/')}", "more")] if lookup.more else []
            yield body, more
            ours = copy.deepcopy(body)
            orders = look(ours, "/" + lookup.among.replace(".", "/")) if lookup.among else [ours]
            for path, value in fill(lookup.match, journey.context).items():
                there = look(orders[0], "/" + path.replace(".", "/"))
                place(orders[0], parse_path(path), [value] if isinstance(there, list) or there is None else value)
            yield ours, [*more, *_vary(ours, view)]
