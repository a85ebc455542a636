"""What a JSON Schema expected and what it found, in people's words."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import jsonschema_rs

# A number of more digits may be somebody's, such as a phone number.
MOST_DIGITS = 6

TYPES = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "object": "an object",
    "array": "a list",
    "null": "null",
}

FORMATS = {
    "uuid": "a UUID",
    "date-time": "a date and time such as 2026-01-31T12:00:00Z",
    "date": "a date such as 2026-01-31",
    "email": "an e-mail address",
    "uri": "an address such as https://example.com/a.png",
}

# Ours; a backend's stands as it is, which says more than nothing.
PATTERNS = {r"^[^@\s]+@[^@\s]+(?![\s\S])": "an e-mail address"}


def explain_error(error: jsonschema_rs.ValidationError) -> str:
    """One sentence about one place, such as ``expected a whole number, found a text of 3 characters``."""
    if error.kind.name == "required":
        return "it is required"
    return f"expected {' or '.join(dict.fromkeys(_wants(error)))}, found {_describe(error.instance)}"


def _wants(error: jsonschema_rs.ValidationError) -> list[str]:
    branches = [branch for branch in getattr(error.kind, "context", ()) if branch]
    if branches:  # the alternative that is right in type is the one that was meant
        meant = [branch for branch in branches if branch[0].kind.name != "type"] or branches
        return [want for branch in meant for want in _wants(branch[0])]
    tell = WORDS.get(error.kind.name)
    return [tell(error.kind.value) if tell else f"what {error.kind.name} of its schema says"]


def _describe(value: Any) -> str:
    """A value without what is in it: problems end up in logs, where nobody's name or address must be."""
    if isinstance(value, str):
        return f"a text of {_count(len(value), 'character')}"
    said = _spell(value)
    return "a long number" if len(said) > MOST_DIGITS and isinstance(value, NUMBERS) else said


def _spell(value: Any) -> str:
    if isinstance(value, (dict, list)):
        return TYPES["object" if isinstance(value, dict) else "array"]
    return f'"{value}"' if isinstance(value, str) else NAMED.get(repr(value), str(value))


NUMBERS = (int, float, Decimal)
NAMED = {"True": "true", "False": "false", "None": "null"}


def _list(values: Sequence[Any]) -> str:
    return f"one of {', '.join(_spell(value) for value in values)}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


# By keyword: what is expected, from the keyword's value.
WORDS: dict[str, Callable[[Any], str]] = {
    "type": lambda names: " or ".join(TYPES[name] for name in TYPES if name in names),
    "enum": _list,
    "const": _spell,
    "format": lambda name: FORMATS.get(name, f"a text in the format {name}"),
    "pattern": lambda pattern: PATTERNS.get(pattern, f"a text that matches {pattern}"),
    "minimum": lambda limit: f"{limit} or more",
    "maximum": lambda limit: f"{limit} or less",
    "exclusiveMinimum": lambda limit: f"more than {limit}",
    "exclusiveMaximum": lambda limit: f"less than {limit}",
    "minLength": lambda limit: f"at least {_count(limit, 'character')}",
    "maxLength": lambda limit: f"at most {_count(limit, 'character')}",
    "minItems": lambda limit: f"at least {_count(limit, 'item')}",
    "maxItems": lambda limit: f"at most {_count(limit, 'item')}",
    "multipleOf": lambda step: f"a multiple of {step}",
    "uniqueItems": lambda _: "items that differ",
    "additionalProperties": lambda _: "no other members",
}
