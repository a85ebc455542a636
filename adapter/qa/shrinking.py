"""A case made smaller, and freed of what may be a person's data, as long as it shows the same slip."""

import time
import unicodedata
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import lru_cache
from math import inf
from typing import Any

from msgspec import structs

from adapter.lens.trees import Tree, leaves, look
from adapter.qa.cases import Case, find_broken
from adapter.qa.examples import Subject
from adapter.qa.laws import Law
from adapter.qa.partitions import OUR_TEXTS

# Whether a case still shows what it is kept for.
Holds = Callable[[Case], Case | None]


def settle_case(law: Law, subject: Subject, case: Case, until: float = inf) -> Case:
    """The case as it is kept: small, as far as the time goes (``until`` on the monotonic clock), and nobody's data."""
    hold = shows(law, subject, case)
    return redact_case(shrink_case(case, hold, until), hold)


def shows(law: Law, subject: Subject, first: Case) -> Holds:
    """Whether a changed case shows the same slip as the first, and the case with what is said of it then."""
    spoilt, slip = _look_around(first), first.slip()

    def hold(case: Case) -> Case | None:
        if _look_around(case) != spoilt:
            return None
        broken = find_broken(law, subject, case.example(subject))
        if broken is None or broken.slip(law.name) != slip:
            return None
        return structs.replace(case, pointer=broken.pointer, message=broken.message)

    return hold


def _look_around(case: Case) -> tuple[bool, Any]:
    """The member that was spoilt, which must stay, and whether the object is there that it is missing from."""
    above = case.broken.rpartition("/")[0]
    return not case.broken or look(case.order, above) is not None, case.broken and look(case.order, case.broken)


def shrink_case(case: Case, hold: Holds, until: float = inf) -> Case:
    """Leave out whatever the slip does not need: members, lines, whole addresses."""
    smaller = True
    while smaller:
        smaller = False
        for order in _without_one(case.order):
            if time.monotonic() >= until:
                return case
            found = hold(structs.replace(case, order=order))
            if found is not None:
                case, smaller = found, True
                break
    return case


def redact_case(case: Case, hold: Holds) -> Case:
    """Put other texts of the same shape for all that are not ours; ``kept`` names those that the slip needs."""
    texts = [pointer for pointer, value in leaves(case.order) if isinstance(value, str) and value not in OUR_TEXTS]
    whole = hold(structs.replace(case, order=_redact(case.order, texts)))
    if whole is not None:
        return whole
    kept: list[str] = []
    for pointer in texts:
        found = hold(structs.replace(case, order=_redact(case.order, [pointer])))
        if found is None:
            kept.append(pointer)
        else:
            case = found
    return structs.replace(case, kept=tuple(kept))


def _without_one(order: Tree) -> Iterator[Tree]:
    """The order less each member or item in turn, the largest first."""
    for pointer in sorted(_inner(order, ""), key=lambda pointer: pointer.count("/")):
        above, _, key = pointer.rpartition("/")
        smaller = deepcopy(order)
        holder = look(smaller, above)
        del holder[int(key) if isinstance(holder, list) else key]
        yield smaller


def _inner(node: Any, here: str) -> Iterator[str]:
    named = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in named:
        if "/" not in str(key) and "~" not in str(key):
            yield f"{here}/{key}"
            yield from _inner(value, f"{here}/{key}")


def _redact(order: Tree, pointers: list[str]) -> Tree:
    changed = deepcopy(order)
    for pointer in pointers:
        above, _, key = pointer.rpartition("/")
        holder = look(changed, above)
        name: Any = int(key) if isinstance(holder, list) else key.replace("~1", "/").replace("~0", "~")
        holder[name] = mask(holder[name])
    return changed


def mask(text: str) -> str:
    """A text of the same length, scripts and kinds of characters that says nothing: Zoë 12 is Aaá 11."""
    return "".join(map(_mask_character, text))


@lru_cache(maxsize=4096)
def _mask_character(character: str) -> str:
    """The first letter of the same script, case and number of marks; digits are ones; all else stays."""
    category = unicodedata.category(character)
    if category == "Nd":
        return chr(ord(character) - unicodedata.decimal(character) + 1)
    if not category.startswith("L"):
        return character
    script = unicodedata.name(character, "").split(" ")[0]
    alike = (other for other in _letters(script, category) if _marks(other) == _marks(character))
    return next(alike, character)


@lru_cache(maxsize=256)
def _letters(script: str, category: str) -> tuple[str, ...]:
    """Letters of a script and category, in the order of their numbers."""
    found = (chr(number) for number in range(0x41, 0x30000))
    alike = (letter for letter in found if unicodedata.category(letter) == category)
    return tuple(letter for letter in alike if unicodedata.name(letter, "").split(" ")[0] == script)


def _marks(character: str) -> int:
    return len(unicodedata.normalize("NFD", character))
