"""JSON in and out without losing a digit, and without accepting what is no JSON."""

import json
from decimal import Decimal

import pytest

from adapter.sandbox.calls import Call, decode, encode


@pytest.mark.parametrize("text", ["0.10", "1E+2", "-0.0", "12345678901234567890.12345678901234567890"])
def test_a_fraction_keeps_all_its_digits(text: str) -> None:
    assert encode(decode(text.encode())) == text


def test_plain_data_is_written_as_any_json_reader_expects() -> None:
    data = {"a": [1, None, True, '\u00e9\ud800"\\'], "b": {}, "c": [], "d": Decimal("1.5")}
    assert json.loads(encode(data)) == {**data, "d": 1.5}


NO_JSON = {
    "nothing": (b"", "Expecting value"),
    "not a number": (b"NaN", "NaN is not a JSON number"),
    "infinity": (b"-Infinity", "-Infinity is not a JSON number"),
    "half a list": (b"[1", "Expecting ',' delimiter"),
    "not UTF-8": (b"\xff", "can't decode"),
    "a number beyond counting": (b"1e99999999999999999999", "beyond what can be counted"),
    "lists without end": (b"[" * 100_000, "nested too deeply"),
}


@pytest.mark.parametrize(("text", "why"), NO_JSON.values(), ids=NO_JSON.keys())
def test_what_is_no_json_is_a_value_error(text: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        decode(text)


def test_a_blank_key_is_no_key() -> None:
    blank = Call(operation="o", method="POST", path="/", headers={"idempotency-key": "  "})
    assert blank.key == ""
