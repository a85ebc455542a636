"""What stands in for a person's data: texts, names of members and numbers of the same shape that say nothing."""

import unicodedata
from collections.abc import Collection
from decimal import Decimal
from functools import lru_cache
from itertools import count, islice
from typing import TypeVar

Number = TypeVar("Number", int, Decimal)

DIGITS = 10
LETTERS = 26

# So many names of one shape are told from each other.
MOST_NAMES = 10_000


def mask(text: str) -> str:
    """A text of the same length, scripts and kinds of characters that says nothing: Zoë 12 is Aaà 11."""
    return "".join(_alike(character)[0] for character in text)


def mask_name(name: str, taken: Collection[str]) -> str:
    """The same, but none that is taken: its end counts up, and where all are taken it is longer."""
    choices = [_alike(character) for character in reversed(name)]
    for number in range(MOST_NAMES):
        left, picked = number, ""
        for alike in choices:
            left, place = divmod(left, len(alike))
            picked = alike[place] + picked
        if left:
            break
        if picked not in taken:
            return picked
    longer = (f"{mask(name)}{number}" for number in count())
    return next(other for other in longer if other not in taken)


def mask_number(number: Number) -> Number:
    """A number of as many digits and decimals, all of them ones; zero, which has none, stays."""
    if not number:
        return number
    sign, digits, exponent = Decimal(number).as_tuple()
    return type(number)(Decimal((sign, (1,) * len(digits), int(exponent))))


def list_digits(number: int | Decimal) -> tuple[int, ...]:
    """The digits of a number, wherever its point is."""
    return Decimal(number).as_tuple().digits


@lru_cache(maxsize=4096)
def _alike(character: str) -> tuple[str, ...]:
    """Letters of the same script, case and number of marks; digits from one on; all else has nothing but itself."""
    category = unicodedata.category(character)
    if category == "Nd":
        zero = ord(character) - unicodedata.decimal(character)
        return tuple(chr(zero + digit % DIGITS) for digit in range(1, DIGITS + 1))
    if not category.startswith("L"):
        return (character,)
    script = unicodedata.name(character, "").split(" ")[0]
    alike = (other for other in _letters(script, category) if _marks(other) == _marks(character))
    return tuple(islice(alike, LETTERS)) or (character,)


@lru_cache(maxsize=256)
def _letters(script: str, category: str) -> tuple[str, ...]:
    """Letters of a script and category, in the order of their numbers."""
    found = (chr(number) for number in range(0x41, 0x30000))
    alike = (letter for letter in found if unicodedata.category(letter) == category)
    return tuple(letter for letter in alike if unicodedata.name(letter, "").split(" ")[0] == script)


def _marks(character: str) -> int:
    return len(unicodedata.normalize("NFD", character))
