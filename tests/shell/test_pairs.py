"""A crosswalk's CSV: what is read of it, and the line of every mistake."""

from pathlib import Path

import pytest

from adapter.errors import SetupError
from adapter.shell.pairs import MOST_PAIRS, read_pairs, write_pairs

PAIRS = {"a": "va_1", "b": "va_2"}

READ: dict[str, str] = {
    "lines end as in Unix": "canonical,dialect\na,va_1\nb,va_2\n",
    "lines end as in Windows": "canonical,dialect\r\na,va_1\r\nb,va_2\r\n",
    "the last line is not ended": "canonical,dialect\na,va_1\nb,va_2",
    "a byte-order mark": "\ufeffcanonical,dialect\na,va_1\nb,va_2\n",
    "empty lines": "canonical,dialect\n\na,va_1\n\nb,va_2\n\n",
    "blanks around an id": "canonical, dialect\n a ,va_1\nb,\u00a0va_2\n",
    "quotes": '"canonical","dialect"\n"a","va_1"\nb,"va_2"\n',
}


def write(folder: Path, text: str | bytes) -> Path:
    path = folder / "ids.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


@pytest.mark.parametrize("text", READ.values(), ids=READ)
def test_pairs_are_read(tmp_path: Path, text: str) -> None:
    assert read_pairs(write(tmp_path, text)).pairs == PAIRS


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    odd = {'a "quoted", id': "va_1", "東京": "va\n2"}

    assert read_pairs(write(tmp_path, write_pairs(odd))).pairs == odd


def test_each_pair_has_its_line(tmp_path: Path) -> None:
    text = 'canonical,dialect\na,"x\ny"\n\nb,va_2\n'
    assert read_pairs(write(tmp_path, text)).lines == {"a": 3, "b": 5}


WRONG: dict[str, tuple[str | bytes, str]] = {
    "no file at all": (b"", "expected the header canonical,dialect, found '' - at `ids.csv:1`"),
    "no header": ("a,va_1\n", "expected the header canonical,dialect, found 'a,va_1' - at `ids.csv:1`"),
    "columns the other way round": ("dialect,canonical\nva_1,a\n", "found 'dialect,canonical'"),
    "semicolons": ("canonical;dialect\na;va_1\n", "found 'canonical;dialect'"),
    "no pairs": ("canonical,dialect\n", "expected 1 to 200000 pairs below the header, found 0 - at `ids.csv`"),
    "our id twice": ("canonical,dialect\na,1\nb,2\na,3\n", "line 4: canonical 'a' is in line 2 already - at `ids.csv`"),
    "the backend's id twice": ("canonical,dialect\na,1\nb,1\n", "line 3: dialect '1' is in line 2 already"),
    "the same pair twice": ("canonical,dialect\na,1\na,1\n", "line 3: canonical 'a' is in line 2 already"),
    "no id of ours": ("canonical,dialect\n ,1\n", "line 2: expected an id, found nothing under canonical"),
    "no id of the backend": ("canonical,dialect\na,\n", "line 2: expected an id, found nothing under dialect"),
    "one id": ("canonical,dialect\na\n", "line 2: expected two ids, found 1"),
    "three ids": ("canonical,dialect\na,b,c\n", "line 2: expected two ids, found 3"),
    "several mistakes": ("canonical,dialect\na\n,b\n", "line 2: expected two ids, found 1; line 3: expected an id"),
    "a quote that does not end": ('canonical,dialect\na,"1\n', "expected a CSV file: unexpected end of data"),
    "no text": (b"canonical,dialect\n\xff\xfe,1\n", "expected a CSV file in UTF-8"),
}


@pytest.mark.parametrize(("text", "words"), WRONG.values(), ids=WRONG)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, text: str | bytes, words: str) -> None:
    with pytest.raises(SetupError) as caught:
        read_pairs(write(tmp_path, text))

    assert words in str(caught.value)


def test_of_many_mistakes_the_first_twenty_are_told(tmp_path: Path) -> None:
    with pytest.raises(SetupError) as caught:
        read_pairs(write(tmp_path, "canonical,dialect\n" + "a\n" * 25))

    assert "line 21: " in str(caught.value)
    assert "line 22: " not in str(caught.value)
    assert "; and 5 more" in str(caught.value)


def test_more_pairs_than_orders_could_wait_for_are_refused(tmp_path: Path) -> None:
    rows = "".join(f"{i},{i}\n" for i in range(MOST_PAIRS + 1))
    with pytest.raises(SetupError, match="found 200001"):
        read_pairs(write(tmp_path, f"canonical,dialect\n{rows}"))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"nowhere\.csv"):
        read_pairs(tmp_path / "nowhere.csv")
