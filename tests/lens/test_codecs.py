"""The generic codecs and tables, each as a pair."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.lens.codecs import GENERIC_CODECS, Codec, CodecError, make_table

NAMES = st.text(min_size=1)


def out(codec: Codec, value: Any) -> Any:
    return codec.to_dialect(value, None, {})


def back(codec: Codec, value: Any) -> Any:
    return codec.to_canonical(value, None, {})


@given(st.integers())
def test_integer_text_comes_back_as_the_number(number: int) -> None:
    codec = GENERIC_CODECS["integer_text"]
    assert out(codec, number) == str(number)
    assert back(codec, out(codec, number)) == number


@pytest.mark.parametrize("text", ["", "-", "--1", "1_0", " 1", "1 ", "1.0", "+1", "1e3", "٣", "²", "x", 7, None, True])
def test_integer_text_takes_digits_and_nothing_else(text: Any) -> None:
    with pytest.raises(CodecError, match=r"^expected digits, found ") as caught:
        back(GENERIC_CODECS["integer_text"], text)
    assert repr(text) in str(caught.value)


@given(st.text() | st.integers())
def test_only_item_comes_back_as_the_item(value: Any) -> None:
    codec = GENERIC_CODECS["only_item"]
    assert out(codec, value) == [value]
    assert back(codec, [value]) == value


def test_only_item_reads_the_first_and_nothing_from_an_empty_list() -> None:
    assert back(GENERIC_CODECS["only_item"], ["a", "b"]) == "a"
    assert back(GENERIC_CODECS["only_item"], []) is None


@given(st.integers() | st.text())
def test_text_comes_back_as_text(value: Any) -> None:
    codec = GENERIC_CODECS["text"]
    assert out(codec, value) == value
    assert back(codec, value) == str(value)
    assert codec.lossy


@given(st.text(min_size=1))
def test_blank_if_absent_lets_a_value_be(value: str) -> None:
    codec = GENERIC_CODECS["blank_if_absent"]
    assert out(codec, value) == value
    assert back(codec, value) == value


def test_blank_if_absent_stands_for_absent_and_comes_back_as_absent() -> None:
    codec = GENERIC_CODECS["blank_if_absent"]
    assert codec.absent is not None
    assert codec.absent(None, {}) == ""
    assert back(codec, "") is None
    assert codec.lossy


@given(st.dictionaries(NAMES, NAMES, min_size=1).filter(lambda pairs: len(set(pairs.values())) == len(pairs)))
def test_a_table_without_doubles_is_its_own_way_back(pairs: dict[str, str]) -> None:
    table = make_table(pairs, {}, None)
    for canonical, dialect in pairs.items():
        assert out(table, canonical) == dialect
        assert back(table, dialect) == canonical


def test_where_rows_fall_together_the_first_comes_back() -> None:
    table = make_table({"open": "O", "new": "O", "draft": "O"}, {}, None)
    assert back(table, "O") == "open"


def test_the_way_back_of_a_table_adds_to_its_rows_and_goes_before_them() -> None:
    table = make_table({"open": "O", "new": "O"}, {"O": "new", "V": "void"}, None)
    assert back(table, "O") == "new"
    assert back(table, "V") == "void"
    with pytest.raises(CodecError, match="expected one of new, open, found 'void'"):
        out(table, "void")


def test_a_table_says_what_it_expects_of_the_side_it_reads() -> None:
    table = make_table({"open": "O", "paid": "P"}, {"V": "void"}, None)
    with pytest.raises(CodecError, match=r"^expected one of open, paid, found 'O'$"):
        out(table, "O")
    with pytest.raises(CodecError, match=r"^expected one of O, P, V, found 'open'$"):
        back(table, "open")


def test_else_stands_for_any_other_dialect_value_and_for_no_canonical_one() -> None:
    table = make_table({"open": "O"}, {}, "unknown")
    assert back(table, "?") == "unknown"
    assert back(table, "O") == "open"
    with pytest.raises(CodecError, match="found 'unknown'"):
        out(table, "unknown")


def test_a_table_may_hold_values_that_are_no_texts() -> None:
    table = make_table({"yes": 1, "no": 0, "off": False}, {}, None)
    assert out(table, "no") == 0
    assert out(table, "off") is False
    assert back(table, 1) == "yes"
    assert back(table, 0) == "no"
    assert back(table, False) == "off"


def test_codecs_that_lose_something_say_so() -> None:
    lossy = {name for name, codec in GENERIC_CODECS.items() if codec.lossy}
    assert lossy == {"text", "blank_if_absent", "upper_case", "lower_case"}


def test_one_case_is_one_case() -> None:
    for name, said in {"upper_case": "STRASSE", "lower_case": "straße"}.items():
        codec = GENERIC_CODECS[name]
        assert codec.to_dialect("Straße", None, {}) == said
        assert codec.to_dialect(codec.to_canonical(said, None, {}), None, {}) == said
