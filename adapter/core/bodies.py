"""Bodies of clients: JSON that says each thing once, with numbers of ordinary size and no control characters."""

import json
import re
from typing import Any

from adapter.core.canonical import read_json
from adapter.core.values.money import MOST_DIGITS
from adapter.errors import Fault, Problem
from adapter.lens.trees import leaves

# Members and items in a body, at any depth; an order of a thousand lines has half as many.
MOST_VALUES = 20_000

LARGEST = 10 ** (2 * MOST_DIGITS)

TEXT = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"')
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def read_body(body: bytes) -> Any:
    """Decode a client's JSON; a ``Problem`` where it is not readable (400) or has control characters in texts (422)."""
    value = read_json(body)
    members = _count_members(value)
    if body.count(b":") != members and _bound_names(body) != members and _count_names(body) != members:
        raise Problem("unreadable-body", f"expected each member once, found {_find_repeated(body)!r} again")
    if (b"\\" in body or b"\x7f" in body) and (faults := _find_controls(value)):
        raise Problem("invalid-order", faults=faults)
    return value


def _bound_names(body: bytes) -> int:
    """At least as many as members are named in it, found without reading: in most bodies just as many."""
    detached = any(blank in body and blank + b":" in body for blank in (b" ", b"\t", b"\n", b"\r"))
    return body.count(b":" if detached else b'":')


def _count_names(body: bytes) -> int:
    """How many members are named in it, each as often as it is: the colons outside of texts."""
    return TEXT.sub(b"", body).count(b":")


def _count_members(value: Any) -> int:
    """How many members all objects in it have together; a ``Problem`` where there is too much of anything."""
    members, values = 0, 0
    left: list[Any] = [[value]]
    while left:
        inside = left.pop()
        if isinstance(inside, dict):
            members += len(inside)
            inside = inside.values()
        values += len(inside)
        if values > MOST_VALUES:
            raise Problem("unreadable-body", f"expected at most {MOST_VALUES} values")
        for item in inside:
            if isinstance(item, str):  # as most are
                continue
            if isinstance(item, (dict, list)):
                left.append(item)
            elif isinstance(item, int) and not -LARGEST < item < LARGEST:
                raise Problem("unreadable-body", "expected numbers of ordinary size")
    return members


def _find_repeated(body: bytes) -> str:
    """The first member name that an object has twice; slow, since the quick decoder keeps the last and says nothing."""
    repeated: list[str] = []

    def note(pairs: list[tuple[str, Any]]) -> None:
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                repeated.append(name)
            seen.add(name)

    json.loads(body, object_pairs_hook=note, parse_int=str, parse_float=str)
    return repeated[0]


def _find_controls(value: Any) -> list[Fault]:
    return [
        Fault(pointer, "control_character", "expected no control characters but tabs and line breaks")
        for pointer, leaf in leaves(value)
        if CONTROL.search(pointer) or (isinstance(leaf, str) and CONTROL.search(leaf))
    ]
