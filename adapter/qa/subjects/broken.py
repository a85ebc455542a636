"""A law that was broken, and where; or one of which an example shows nothing."""

from collections.abc import Iterable

from adapter.core.ledger import INDEX
from adapter.lens.interpret import Entry


class Broken(AssertionError):
    """What is not as a law wants it: the member it shows at, in words how, and the row to blame, if one is."""

    def __init__(self, message: str, *, pointer: str = "", row: str = "") -> None:
        super().__init__(f"{pointer}: {message}" if pointer else message)
        self.message = message
        self.pointer = pointer
        self.row = row

    def slip(self, law: str) -> tuple[str, str]:
        """What tells one slip from another, whatever the order: the law and the row, else the member."""
        return law, self.row or INDEX.sub("/*", self.pointer)


class Moot(Exception):
    """An example has nothing in it that a law speaks of, and why: it neither keeps the law nor breaks it."""


class NoOrder(Moot):
    """An example is no canonical order at all."""


def concern(spoken_of: object, why: str) -> None:
    """Go on only where there is something to hold."""
    if not spoken_of:
        raise Moot(why)


def demand(kept: bool, message: str, *, pointer: str = "", row: str = "") -> None:
    """An ``assert`` that stands under ``python -O`` too."""
    if not kept:
        raise Broken(message, pointer=pointer, row=row)


def find_row(entries: Iterable[Entry], pointer: str, side: str = "canonical") -> str:
    """The row that wrote or read a pointer of either side, else the one nearest around it."""
    known = list(entries)
    while pointer:
        rows = [entry.at for entry in known if pointer in getattr(entry, side)]
        if rows:
            return rows[0]
        pointer = pointer.rpartition("/")[0]
    return ""
