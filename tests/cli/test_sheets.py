"""Sheets on terminals of every width: nothing wider than the terminal, nothing lost, paths broken at names."""

import io

import pytest
from rich.console import Console

from adapter.cli.sheets import print_sheets, wrap
from adapter.core.handbook.pages import write_handbook
from adapter.core.handbook.sheets import Sheet, plain
from tests.staging import SHIPPED


def printed(width: int, *sheets: Sheet) -> str:
    out = io.StringIO()
    print_sheets(Console(file=out, width=width), sheets)
    return out.getvalue()


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_a_handbook_fits_the_terminal_and_is_told_whole(width: int) -> None:
    for dialect in SHIPPED.values():
        sheets = write_handbook(dialect)
        told = printed(width, *sheets)
        assert max(map(len, told.splitlines())) <= width
        letters = [letter for sheet in sheets for row in sheet.rows for cell in row for letter in plain(cell).split()]
        for letter in set("".join(letters)) - set(" "):
            assert told.count(letter) >= "".join(letters).count(letter)


def test_a_path_breaks_where_its_names_do() -> None:
    told = printed(24, Sheet("", ("a", "b"), (("shipping_address.country", "x"),)))
    assert "│ shipping_        │ x │" in told
    assert "│ address.country  │   │" in told


def test_nothing_in_a_cell_is_markup() -> None:
    assert "a[].b [red]x[/red]" in printed(80, Sheet("T", ("a",), (("`a[].b` [red]x[/red]",),)))


def test_a_sheet_without_rows_is_its_sentence_and_one_without_either_is_nothing() -> None:
    assert printed(80, Sheet("", (), (), "It is `so`.")).strip() == "It is so."
    assert printed(80, Sheet("Secrets", ("a",), ())).strip() == ""


def test_a_name_breaks_within_only_where_it_has_no_room() -> None:
    assert wrap("by alpha-2 of shipping_address.postal_code", 17) == [
        "by alpha-2 of",
        "shipping_address.",
        "postal_code",
    ]
    assert wrap("shipping_address.postal_code", 10) == ["shipping_", "address.", "postal_", "code"]
    assert wrap("/line_items/0/variant_id", 14) == ["/line_items/0/", "variant_id"]
    assert wrap("", 5) == [""]


def test_lines_of_a_cell_stay_lines() -> None:
    assert "│ a │\n│ b │" in printed(80, Sheet("", ("x",), (("a\nb",),)))
