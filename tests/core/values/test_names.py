"""Names: two members to one text and back, and no word of it gets lost."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapter.core.values.names import NAME_CODECS, join_name, split_name

# full name -> what it is split into; joining gives the full name again with single spaces
SPLITS = {
    "": (None, None),
    "   ": (None, None),
    "Madonna": ("Madonna", None),
    "Ada Lovelace": ("Ada", "Lovelace"),
    "Ludwig van der Berg": ("Ludwig", "van der Berg"),
    "Maria de la Cruz": ("Maria", "de la Cruz"),
    "Charles de La Tour": ("Charles", "de La Tour"),
    "Jean-Luc Picard": ("Jean-Luc", "Picard"),
    "  Ada \t  Lovelace \n": ("Ada", "Lovelace"),
    "山田 太郎": ("太郎", "山田"),
    "山田　太郎": ("太郎", "山田"),
    "やまだ たろう": ("たろう", "やまだ"),
    "王 小明": ("小明", "王"),
    "김 철수": ("철수", "김"),
    "山田太郎": ("山田太郎", None),
    "أحمد علي": ("أحمد", "علي"),
    "राम शर्मा": ("राम", "शर्मा"),
    "Иван Петров": ("Иван", "Петров"),
}

# where the family name begins is a guess; that every word arrives is not
WHOLE = [
    "John Smith Jr.",
    "John Smith III",
    "III John Smith",
    "Dr. John Smith",
    "Prof. Dr. Ada King, PhD",
    "Mr. and Mrs. Smith",
    "Smith, John",
    "Bob (Robert) Smith",
    'Bob "Bobby" Smith',
    "von Berg",
    "van der Berg",
    "de la",
    "Esq.",
    "Dr. Mr.",
    "Juan García Márquez y Vega",
    "محمد بن سلمان",
    "山田 太郎 三世",
    "John 山田",
    "Smith Smith",
    "O'Neil & Sons",
    "a , b",
]

JOINS = {
    ("Ada", "Lovelace"): "Ada Lovelace",
    ("Ada", None): "Ada",
    (None, "Lovelace"): "Lovelace",
    (None, None): "",
    ("", " "): "",
    (" Ada ", " Lovelace "): "Ada Lovelace",
    ("太郎", "山田"): "山田 太郎",
    ("철수", "김"): "김 철수",
    ("Taro", "山田"): "Taro 山田",
    ("राम", None): "राम",
}

WORD = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Z")), min_size=1, max_size=8)
TITLES = st.sampled_from(
    ["Dr.", "Jr.", "III", "van", "der", "de", "y", "PhD", "Mr.", ",", "(Bob)", '"Bob"', "山田", "太郎"]
)


@pytest.mark.parametrize(("full", "parts"), SPLITS.items())
def test_a_full_name_is_split_where_its_bearer_would(full: str, parts: tuple[str | None, str | None]) -> None:
    assert split_name(full) == parts


@pytest.mark.parametrize("full", [*SPLITS, *WHOLE])
def test_no_word_of_a_name_is_lost(full: str) -> None:
    assert join_name(*split_name(full)) == " ".join(full.split())


@pytest.mark.parametrize(("parts", "full"), JOINS.items())
def test_two_names_are_joined_in_the_order_of_their_script(parts: tuple[str | None, str | None], full: str) -> None:
    assert join_name(*parts) == full


@given(st.lists(WORD | TITLES, max_size=6), st.sampled_from([" ", "  ", "\t", "\u3000"]))
@example(["van", "van"], " ")
def test_any_name_comes_back_word_for_word(words: list[str], gap: str) -> None:
    full = gap.join(words)
    assert join_name(*split_name(full)) == " ".join(full.split())


@given(st.lists(WORD | TITLES, min_size=2, max_size=6))
def test_two_words_or_more_give_both_names(words: list[str]) -> None:
    first, last = split_name(" ".join(words))
    assert first
    assert last


@given(st.lists(WORD | TITLES, min_size=1, max_size=5))
def test_the_codec_is_stable_on_the_dialects_side(words: list[str]) -> None:
    codec = NAME_CODECS["full_name"]
    out = " ".join(" ".join(words).split())
    assert codec.to_dialect(codec.to_canonical(out, None, {}), None, {}) == out


def test_no_name_at_all_is_absent_not_empty() -> None:
    assert NAME_CODECS["full_name"].to_dialect((None, " "), None, {}) is None
