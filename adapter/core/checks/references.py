"""What a mapping refers to besides its rows' paths, whether it is there, and whether what is there is used."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from adapter.core.canonical import COMPONENTS, ORDER_SCHEMA
from adapter.core.checks.surroundings import ABOUT_DERIVED, ABOUT_GATEWAY, READ_BY_THE_GATEWAY
from adapter.core.files.mappings import MappingFile
from adapter.core.values.crosswalks import crosswalk_references
from adapter.lens.rows import Row, as_paths
from adapter.lens.rules import Finding, find_near
from adapter.lens.schemas import SchemaView
from adapter.lens.templates import references

GATEWAY = set(ABOUT_GATEWAY)
DERIVED = set(ABOUT_DERIVED)

# Where a reference may begin.
HEADS = {"setting", "secret", "order", "gateway", "derived", "kept", "call"}

# Sections in which no step has kept anything yet, or is left to use it.
OUTSIDE_STEPS = ("order", "receipt", "shape", "header", "lookup", "echo", "error")

# What a section's name is in a reference to one of its members.
NAMED = {"setting": "setting", "secret": "secret"}


def check_references(mapping: MappingFile, source: str) -> list[Finding]:
    """Every reference that leads nowhere, which would be a hole in the first order; and what nothing refers to."""
    plain: dict[str, Any] = msgspec.to_builtins(mapping)
    known = {f"{head}.{name}" for head in NAMED for name in plain[head]} | GATEWAY | DERIVED
    findings = [
        finding for section in OUTSIDE_STEPS for finding in _dangling(plain[section], known, f"{source}: {section}")
    ]
    for name, use in mapping.codecs.items():
        tables = crosswalk_references({name: use})
        findings += _dangling(plain["codec"][name], known | tables, f"{source}: codec.{name}")
    kept: dict[str, str] = {}
    for number, step in enumerate(plain["step"]):
        at = f"{source}: step[{number}]"
        findings += _dangling(step, known | {"call.key"} | {f"kept.{name}" for name in kept}, at)
        kept |= dict.fromkeys(step["keep"], f"{at}.keep")
    # what was meant by a misspelt reference is used
    used = {*references(plain), *(finding.suggestion for finding in findings)}
    findings += [_unused(at, f"the kept value {name!r}") for name, at in kept.items() if f"kept.{name}" not in used]
    return findings + list(_unused_names(mapping, plain, used, source))


def _dangling(value: Any, known: set[str], at: str) -> Iterator[Finding]:
    """References that lead nowhere, each at the place of the text that has it."""
    if isinstance(value, Mapping):
        for key, member in value.items():
            yield from _dangling(member, known, f"{at}.{key}")
    elif isinstance(value, (list, tuple)):
        for number, item in enumerate(value):
            yield from _dangling(item, known, f"{at}[{number}]")
    elif isinstance(value, str):
        order = SchemaView(ORDER_SCHEMA, COMPONENTS)
        for name in dict.fromkeys(references(value)):
            head, _, path = name.partition(".")
            if name in known or (head == "order" and order.member(tuple(path.split("."))) is not None):
                continue
            names = known | {f"order.{member}" for member in order.names()}
            alike = {other for other in names if other.startswith(f"{head}.")}
            near = find_near(name, alike if head in HEADS else names)
            hint = f", did you mean {{{near}}}?" if near else ""
            message = f"nothing is known as {{{name}}}{hint}"
            yield Finding("unknown_reference", at, message, suggestion=near)


def _unused_names(mapping: MappingFile, plain: dict[str, Any], used: set[str], source: str) -> Iterator[Finding]:
    for section, head in NAMED.items():
        for name in plain[section]:
            if f"{head}.{name}" not in used and not (section == "setting" and name in READ_BY_THE_GATEWAY):
                yield _unused(f"{source}: {section}.{name}", f"the {section} {name!r}")
    rows = [
        *mapping.order,
        *mapping.receipt,
        *mapping.echo,
        *(row for shape in mapping.shapes.values() for row in shape.rows),
    ]
    said = list(_rows(rows))
    for section, names in (
        ("codec", {name for row in said for name in as_paths(row.codec or ())}),
        ("shape", {row.shape for row in said}),
    ):
        for name in plain[section]:
            if name not in names:
                yield _unused(f"{source}: {section}.{name}", f"the {section} {name!r}")


def _rows(rows: Any) -> Iterator[Row]:
    for row in rows:
        yield row
        yield from _rows(row.each or ())
        yield from _rows(row.outline.rows if row.outline is not None else ())


def _unused(at: str, what: str) -> Finding:
    return Finding("unused", at, f"nothing uses {what}")
