"""A crosswalk's CSV file into pairs, with the line of everything that is wrong in it."""

import csv
from collections.abc import Iterator, Mapping
from io import StringIO
from pathlib import Path
from typing import NamedTuple

from adapter.errors import SetupError

HEADER = ["canonical", "dialect"]

# While a table is written nothing else can be, and orders wait at most five seconds for that.
MOST_PAIRS = 200_000

# Of many mistakes so many are told at once.
MOST_TOLD = 20


class Read(NamedTuple):
    """One-to-one pairs, and the line of each by our id."""

    pairs: Mapping[str, str]
    lines: Mapping[str, int]


def read_pairs(path: Path) -> Read:
    """Read ``canonical,dialect`` and a pair a line; a ``SetupError`` names the lines that are wrong.

    Text is UTF-8, with or without a byte-order mark. Blanks around an id are not part of it; empty lines are none.
    """
    rows = list(_read_rows(path))
    header = [cell.strip() for cell in rows[0][1]] if rows else []
    if header != HEADER:
        raise SetupError(f"expected the header canonical,dialect, found {','.join(header)!r}", at=f"{path.name}:1")
    pairs: dict[str, str] = {}
    lines: dict[str, int] = {}
    owners: dict[str, str] = {}
    faults: list[str] = []
    for line, cells in rows[1:]:
        row = [cell.strip() for cell in cells]
        fault = _find_fault(row, lines, owners)
        if fault:
            faults.append(f"line {line}: {fault}")
            continue
        pairs[row[0]], lines[row[0]], owners[row[1]] = row[1], line, row[0]
    if faults:
        more = f"; and {len(faults) - MOST_TOLD} more" if len(faults) > MOST_TOLD else ""
        raise SetupError("; ".join(faults[:MOST_TOLD]) + more, at=path.name)
    if not 0 < len(pairs) <= MOST_PAIRS:
        raise SetupError(f"expected 1 to {MOST_PAIRS} pairs below the header, found {len(pairs)}", at=path.name)
    return Read(pairs, lines)


def write_pairs(pairs: Mapping[str, str]) -> str:
    """Pairs as ``read_pairs`` reads them."""
    file = StringIO()
    csv.writer(file, lineterminator="\n").writerows([HEADER, *pairs.items()])
    return file.getvalue()


def _find_fault(row: list[str], lines: Mapping[str, int], owners: Mapping[str, str]) -> str:
    if len(row) != len(HEADER):
        return f"expected two ids, found {len(row)}"
    if not all(row):
        return f"expected an id, found nothing under {HEADER[row.index('')]}"
    ours, theirs = row
    if ours in lines:
        return f"canonical {ours!r} is in line {lines[ours]} already"
    if theirs in owners:
        return f"dialect {theirs!r} is in line {lines[owners[theirs]]} already"
    return ""


def _read_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Each row that is not empty, with the number of its line."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            try:
                for row in reader:
                    if row:
                        yield reader.line_num, row
            except csv.Error as exc:
                raise SetupError(f"expected a CSV file: {exc}", at=f"{path.name}:{reader.line_num}") from exc
    except (OSError, UnicodeDecodeError) as exc:
        raise SetupError(f"expected a CSV file in UTF-8: {exc}", at=str(path)) from exc
