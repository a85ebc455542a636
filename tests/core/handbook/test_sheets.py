"""Sheets as Markdown: what is text stays text, and a document's tables are found by their markers."""

import pytest

from adapter.core.handbook.sheets import CLOSING, Sheet, code, codes, plain, refresh, to_document, to_markdown
from adapter.errors import SetupError

SHEET = Sheet("Rows", ("a", "b"), (("`x`", ""), ("1", "two words")), "About rows.")
TABLE = "| a | b |\n|---|---|\n| `x` | |\n| 1 | two words |"
TABLES = {"one": "| 1 |", "two": "| 2 |"}


def test_rows_become_a_table() -> None:
    assert to_markdown(SHEET) == TABLE


def test_sheets_become_a_document() -> None:
    sheets = [Sheet("", (), (), "Before."), Sheet("Nothing to say", ("a",), ()), SHEET]
    assert to_document("All", sheets) == f"# All\n\nBefore.\n\n## Rows\n\nAbout rows.\n\n{TABLE}"


# text of a mapping -> how Markdown must have it to show that very text
TEXTS = {
    "a bar": ("a|b", r"a\|b"),
    "a bar in a code span": ("`a|b`", r"`a\|b`"),
    "a tag": ("<b>", r"\<b\>"),
    "a link": ("[x](y)", r"\[x\](y)"),
    "stars": ("*x*", r"\*x\*"),
    "a backslash": ("a\\b", r"a\\b"),
    "brackets in a code span": ("`a[].b` *", r"`a[].b` \*"),
    "lines": ("a\n b", "a b"),
}


@pytest.mark.parametrize(("text", "spelt"), TEXTS.values(), ids=TEXTS)
def test_text_of_a_mapping_stays_text(text: str, spelt: str) -> None:
    assert to_markdown(Sheet("", ("a",), ((text,),))).splitlines()[-1] == f"| {spelt} |"


def test_values_are_spelt_as_json_has_them() -> None:
    assert codes(["x", True, 2, ["{a.b}"]]) == '`x`, `true`, `2`, `["{a.b}"]`'
    assert code("a`b") == "`a'b`"
    assert plain("`a` and `b`") == "a and b"


def around(name: str, table: str) -> str:
    return f"<!-- adapter docs --table {name} -->\n{table}{CLOSING}\n"


def test_tables_are_written_between_their_markers_and_nothing_else_is_touched() -> None:
    text = f"before\n\n{around('one', '')}\nbetween\n\n{around('two', 'old' + chr(10))}\nafter\n"
    fresh = refresh(text, TABLES, "x.md")
    assert (
        fresh == f"before\n\n{around('one', '| 1 |' + chr(10))}\nbetween\n\n{around('two', '| 2 |' + chr(10))}\nafter\n"
    )
    assert refresh(fresh, TABLES, "x.md") == fresh


BROKEN = {
    "no marker": ("text", "expected a line <!-- adapter docs --table NAME -->, found none"),
    "a table that is none": (around("three", ""), "unknown table 'three'; known: one, two"),
    "a marker without an end": ("<!-- adapter docs --table one -->\n", "expected <!-- end of adapter docs --> after"),
    "an end too few": (
        f"<!-- adapter docs --table one -->\n{around('two', '')}",
        "expected <!-- end of adapter docs --> after the marker of 'one', found none",
    ),
}


@pytest.mark.parametrize(("text", "words"), BROKEN.values(), ids=BROKEN)
def test_markers_that_are_wrong_are_refused(text: str, words: str) -> None:
    with pytest.raises(SetupError) as caught:
        refresh(text, TABLES, "x.md")
    assert words in str(caught.value)
    assert caught.value.at == "x.md"
