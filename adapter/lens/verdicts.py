"""Verdicts as Python expressions: the numbers of the notes that a generated function tells."""

from itertools import product

from adapter.lens.bound import Field
from adapter.lens.expressions import is_at
from adapter.lens.interpret import LOST, judge
from adapter.lens.notes import Note, Noted

# Stand-ins for values, of which a verdict only asks whether there is one and whether it is blank.
GIVEN, BLANK, NOTHING = "given", "", None


class Verdicts:
    """The notes of the functions in the making."""

    def __init__(self) -> None:
        self.notes: list[Noted] = []

    def note(self, *notes: Noted) -> int:
        """The number of the first of notes that stand in a row."""
        self.notes += notes
        return len(self.notes) - len(notes)

    def as_is(self, row: Field) -> str:
        """Of a value that was written as it is."""
        return self._judge(row, GIVEN, GIVEN)

    def of_null(self, row: Field) -> str:
        """Of a null that was written."""
        return self._judge(row, NOTHING, NOTHING)

    def of_value(self, row: Field) -> str:
        """Of a value that a codec or a default had a say in: they may have given one, or a blank for one."""
        said = [self._judge(row, GIVEN, GIVEN)]
        if row.codec is not None:
            said.insert(0, f"{self._judge(row, GIVEN, BLANK)} if not value and value == '' != before")
        if row.default is not None or (row.codec is not None and row.codec.codec.absent is not None):
            said.insert(0, f"{self._judge(row, NOTHING, GIVEN)} if before is None")
        return " else ".join(said)

    def of_loss(self, row: Field, *, changes: bool) -> str:
        """Of a member that was not written: it was null, or where something ``changes`` it, left out."""
        absent = self._judge(row, NOTHING, NOTHING, written=False)
        if not changes:
            return absent
        left = self._judge(row, GIVEN, NOTHING, written=False)
        return f"{absent} if before is None else note_lost({left}, before)"

    def _judge(self, row: Field, before: str | None, after: str | None, *, written: bool = True) -> str:
        """The number of the verdict, as an expression where it hangs on what is only known then.

        That is which of several members there are, and which guarded copies were written. There is a note for each
        combination of answers, which are its binary digits.
        """
        several = row.canonical if len(row.canonical) > 1 else ()
        guarded = [path for path in row.dialect if path.guarded and written]
        asked = [*(f"({is_at(path)})" for path in several), *(f"wrote_{row.dialect.index(path)}" for path in guarded)]
        notes = []
        for answers in product((False, True), repeat=len(asked)):
            present = tuple(path for path, answer in zip(several, answers, strict=False) if answer)
            there = present if several else row.canonical
            missed = {path for path, answer in zip(guarded, answers[len(several) :], strict=True) if not answer}
            wrote = tuple(path for path in row.dialect if path not in missed) if written else ()
            verdict, reason = judge(row, before, after, bool(wrote), bool(there))
            canonical = there if verdict in LOST else row.canonical
            notes.append(Note(canonical, wrote or row.dialect, verdict, row.at, reason))
        digits = [f"{2**place} * {answer}" for place, answer in zip(reversed(range(len(asked))), asked, strict=True)]
        return " + ".join([str(self.note(*notes)), *digits])
