"""Sheets of text that a person reads, and how Markdown spells them; a cell may have code spans."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from adapter.core.canonical import ENCODER
from adapter.errors import SetupError


class Sheet(NamedTuple):
    """A title, a sentence about it, and rows of cells under columns; without rows it is only its sentence."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    about: str = ""


OPENING = re.compile(r"^<!-- adapter docs --table (\S+) -->$", re.MULTILINE)
CLOSING = "<!-- end of adapter docs -->"

# What Markdown would read as more than text; not inside a code span, where a backslash is a backslash.
SPECIAL = re.compile(r"[\\<>*\[\]]")
SPAN = re.compile(r"(`[^`]*`)")


def code(value: Any) -> str:
    """A name or value as a code span."""
    return f"`{spell(value).replace('`', chr(39))}`"


def spell(value: Any) -> str:
    """A text as it is, anything else as JSON has it."""
    return value if isinstance(value, str) else ENCODER.encode(value).decode()


def codes(values: Sequence[Any]) -> str:
    """Several, with commas between."""
    return ", ".join(map(code, values))


def plain(cell: str) -> str:
    """A cell where nothing reads Markdown."""
    return cell.replace("`", "")


def to_markdown(sheet: Sheet) -> str:
    """The rows as a Markdown table."""
    lines = [sheet.columns, tuple("---" for _ in sheet.columns), *sheet.rows]
    first, rule, *rest = ("|".join(map(_spell, line)) for line in lines)
    return "\n".join([f"|{first}|", f"|{rule.replace(' ', '')}|", *(f"|{line}|" for line in rest)])


def to_document(title: str, sheets: Sequence[Sheet], level: int = 1) -> str:
    """A Markdown document: a heading, then each sheet that says anything under a heading of its own."""
    marks = "#" * level
    parts = [f"{marks} {_escape(title)}"]
    for sheet in sheets:
        if not sheet.rows and not sheet.about:
            continue
        parts += [f"{marks}# {_escape(sheet.title)}"] if sheet.title else []
        parts += [_escape(sheet.about)] if sheet.about else []
        parts += [to_markdown(sheet)] if sheet.rows else []
    return "\n\n".join(parts)


def refresh(text: str, tables: Mapping[str, str], at: str) -> str:
    """A document with a table anew between each pair of markers; a ``SetupError`` where a marker is none."""
    first, *rest = OPENING.split(text)
    if not rest:
        raise SetupError("expected a line <!-- adapter docs --table NAME -->, found none", at=at)
    parts = [first]
    for name, between in zip(rest[::2], rest[1::2], strict=True):
        _, closing, after = between.partition(f"\n{CLOSING}")
        if name not in tables:
            raise SetupError(f"unknown table {name!r}; known: {', '.join(tables)}", at=at)
        if not closing:
            raise SetupError(f"expected {CLOSING} after the marker of {name!r}, found none", at=at)
        parts.append(f"<!-- adapter docs --table {name} -->\n{tables[name]}\n{CLOSING}{after}")
    return "".join(parts)


def _spell(cell: str) -> str:
    return f" {_escape(cell).replace('|', chr(92) + '|')} " if cell else " "


def _escape(text: str) -> str:
    """Text on one line whose special characters are only characters."""
    parts = SPAN.split(" ".join(text.split()))
    return "".join(part if part.startswith("`") else SPECIAL.sub(r"\\\g<0>", part) for part in parts)
