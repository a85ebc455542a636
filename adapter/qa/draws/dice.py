"""Chance for many small choices at once: bytes that Hypothesis draws in one piece, and shrinks one by one.

An order has some thirty members; a draw for each of them would cost more than all laws that are tried on it.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import TypeVar

from hypothesis import strategies as st

Value = TypeVar("Value")


class Dice:
    """Bytes that are used up from the first; zero chooses the first of several values."""

    def __init__(self, rolled: bytes) -> None:
        self._rest = iter(rolled)

    def pick(self, values: Sequence[Value]) -> Value:
        """One of several, all about as often: by a byte, two or three of them where there are that many."""
        number, most = next(self._rest), 1 << 8
        while most < len(values):
            number, most = number << 8 | next(self._rest), most << 8
        return values[number % len(values)]


@lru_cache
def roll(count: int) -> st.SearchStrategy[bytes]:
    """So many bytes for ``Dice``."""
    return st.binary(min_size=count, max_size=count)
