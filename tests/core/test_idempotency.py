"""Idempotency: which headers are one key, which bodies are one order, and what a repeat is told."""

import hashlib
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from adapter.core.canonical import ENCODER, read_json
from adapter.core.idempotency import (
    FINGERPRINT_VERSION,
    Claim,
    Entry,
    answer_repeat,
    answer_rival,
    fingerprint,
    read_key,
)
from adapter.core.messages import Answer, Inbound
from adapter.core.outcomes import State
from adapter.errors import Problem

KEYS: dict[str, tuple[str, str]] = {
    "bare": ("abc", "abc"),
    "quoted is the same": ('"abc"', "abc"),
    "blanks around it": ("  abc\t", "abc"),
    "a UUID that begins with a digit": ("8e03978e-40d5-43dd-bc93-6894a57f9324", "8e03978e-40d5-43dd-bc93-6894a57f9324"),
    "a UUID in quotes": ('"8e03978e-40d5-43dd-bc93-6894a57f9324"', "8e03978e-40d5-43dd-bc93-6894a57f9324"),
    "all kinds of marks": ("!#$%&'()*+-./:<=>?@[]^_`{|}~", "!#$%&'()*+-./:<=>?@[]^_`{|}~"),
    "a blank, comma and semicolon in quotes": ('"a, b;c"', "a, b;c"),
    "the longest": ("k" * 255, "k" * 255),
    "the longest in quotes": (f'"{"k" * 255}"', "k" * 255),
}

NO_KEYS: dict[str, list[str]] = {
    "empty": [""],
    "blank": ["  "],
    "empty in quotes": ['""'],
    "too long": ["k" * 256],
    "too long in quotes": [f'"{"k" * 256}"'],
    "a list": ["a, b"],
    "a list without a blank": ["a,b"],
    "a list of quoted": ['"a", "b"'],
    "parameters": ['"a";p=1'],
    "parameters of a bare key": ["a;p=1"],
    "two lines": ["a", "b"],
    "two equal lines": ["a", "a"],
    "a blank inside": ["a b"],
    "one quote": ['"a'],
    "a quote inside": ['a"b'],
    "an escaped quote": ['"a\\"b"'],
    "beyond ASCII": ["schlüssel"],
    "beyond ASCII in quotes": ['"schlüssel"'],
    "a control": ["a\x01b"],
    "a control in quotes": ['"a\x7fb"'],
    "a tab in quotes": ['"a\tb"'],
    "a line end": ["a\n"],
}

EQUAL = {
    "spelling of one": ["1", "1.0", "1e0", "10e-1", "1.000", "1E0"],
    "spelling of a hundred": ["100", "1e2", "1E+2", "100.0", "1000e-1"],
    "spelling of a fraction": ["0.1", "0.10", "1e-1", "10e-2"],
    "zero": ["0", "-0", "0.0", "-0.0", "0e5"],
    "beyond 53 bits": ["9007199254740993", "9007199254740993.0", "9007199254740993000e-3"],
    "beyond 64 bits": ["18446744073709551617", "18446744073709551617.0"],
    "below 64 bits": ["-9223372036854775809", "-9223372036854775809.0"],
    "beyond 64 bits with an exponent": ["100000000000000000000", "1e20"],
    "order of members": ['{"a": 1, "b": {"c": 2, "d": 3}}', '{"b": {"d": 3, "c": 2}, "a": 1}'],
    "blanks and escapes": ['{"a":"é/"}', ' { "\\u0061" : "\\u00e9\\/" } '],
    "numbers deep inside": ['[{"a": [1, 2.50]}]', '[{"a": [1.0, 2.5]}]'],
}

DIFFERENT = {
    "null is not absent": ['{"a": 1}', '{"a": 1, "b": null}'],
    "null is not empty, zero or false": ["null", '""', "0", "false", "[]", "{}"],
    "true is not one": ["1", "true", '"1"', '"true"', "[1]"],
    "order of a list": ["[1, 2]", "[2, 1]", "[1, 2, 2]", "[[1], 2]"],
    "beyond 53 bits": ["9007199254740992", "9007199254740993", "9007199254740994"],
    "beyond 64 bits": ["18446744073709551615", "18446744073709551616", "18446744073709551617", "9223372036854775808"],
    "beyond 28 digits": ["1.00000000000000000000000000001", "1.00000000000000000000000000002", "1"],
    "whole numbers beyond 28 digits": ["123456789012345678901234567891", "123456789012345678901234567892"],
    "a fraction": ["0.1", "0.11", "0.01", "1"],
    "letters": ['"a"', '"A"', '"a "'],
    "names of members": ['{"a": 1}', '{"b": 1}', '{"A": 1}'],
    "depth": ['{"a": {"b": 1}}', '{"a": 1, "b": 1}', '{"a": [{"b": 1}]}'],
}

PLAIN = st.none() | st.booleans() | st.integers() | st.text(st.characters(codec="utf-8"), max_size=5)

# Where the encoder's integers end, and those that are written as fractions.
EDGES = [sign * (2**63 + more) for sign in (1, -1) for more in (-1, 0, 1)] + list(map(Decimal, ("-0.0", "1.0", "1e20")))


def nest(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """JSON values with such leaves."""
    names = st.text(st.characters(codec="utf-8"), max_size=3)
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
        max_leaves=8,
    )


JSON_VALUES = nest(PLAIN)

CLAIM = Claim("op-2", "shop", "/orders", "key", "f" * 64, "2026-03-02T09:15:21Z")
STORED = Entry(
    operation_id="op-1",
    tenant="shop",
    dialect="lana",
    fingerprint="f" * 64,
    fingerprint_version=1,
    state=State.SUCCEEDED,
    attempt=1,
    detail="step order: placed",
    received_at="2026-03-02T09:15:20Z",
    status=201,
    headers={"Location": "/api/sync/v1/orders/op-1"},
    body=b'{"id":"1"}',
)


def inbound(*lines: str, takes_key: bool = True) -> Inbound:
    return Inbound("/orders", (("accept", "*/*"), *(("idempotency-key", line) for line in lines)), takes_key=takes_key)


def digest(text: str) -> str:
    return fingerprint(read_json(text.encode()))


@pytest.mark.parametrize(("line", "key"), KEYS.values(), ids=KEYS)
@pytest.mark.parametrize("required", [True, False])
def test_a_key_is_visible_ascii_bare_or_quoted(line: str, key: str, required: bool) -> None:
    assert read_key(inbound(line), required=required) == key


@pytest.mark.parametrize("lines", NO_KEYS.values(), ids=NO_KEYS)
@pytest.mark.parametrize("required", [True, False])
def test_anything_else_is_refused_rather_than_guessed(lines: list[str], required: bool) -> None:
    with pytest.raises(Problem) as caught:
        read_key(inbound(*lines), required=required)
    assert (caught.value.kind, caught.value.status) == ("idempotency-key-invalid", 400)


def test_a_missing_key_is_refused_only_where_the_tenant_requires_one() -> None:
    assert read_key(inbound(), required=False) is None
    with pytest.raises(Problem) as caught:
        read_key(inbound(), required=True)
    assert (caught.value.kind, caught.value.status) == ("idempotency-key-missing", 400)


@pytest.mark.parametrize("lines", [[], ["abc"], ["a, b"]])
def test_a_route_that_takes_no_key_ignores_it(lines: list[str]) -> None:
    assert read_key(inbound(*lines, takes_key=False), required=True) is None


@pytest.mark.parametrize("texts", EQUAL.values(), ids=EQUAL)
def test_equal_bodies_have_one_fingerprint(texts: list[str]) -> None:
    assert len({digest(text) for text in texts}) == 1


@pytest.mark.parametrize("texts", DIFFERENT.values(), ids=DIFFERENT)
def test_different_bodies_have_different_fingerprints(texts: list[str]) -> None:
    assert len({digest(text) for text in texts}) == len(texts)


@given(JSON_VALUES, JSON_VALUES)
def test_two_values_share_a_fingerprint_only_if_they_are_one(one: Any, other: Any) -> None:
    # repr tells True from 1, which Python's own equality does not; member order aside
    same = ENCODER.encode(_sorted(one)) == ENCODER.encode(_sorted(other))
    assert (fingerprint(one) == fingerprint(other)) is same
    assert fingerprint(read_json(ENCODER.encode(one))) == fingerprint(one)


def _spell(value: Any) -> bytes:
    """What fingerprints of version 1 are made of; journals are full of them."""
    if isinstance(value, dict):
        return b"{%b}" % b",".join(b"%b:%b" % (ENCODER.encode(key), _spell(value[key])) for key in sorted(value))
    if isinstance(value, list):
        return b"[%b]" % b",".join(map(_spell, value))
    if not isinstance(value, (int, Decimal)) or isinstance(value, bool):
        return ENCODER.encode(value)
    if value == int(value):
        return str(int(value)).encode()
    return str(Decimal(f"{value:f}".rstrip("0"))).encode()


@given(nest(PLAIN | st.decimals(-(10**40), 10**40) | st.decimals(-2, 2, places=9) | st.sampled_from(EDGES)))
def test_a_fingerprint_is_that_of_sorted_json_with_numbers_at_their_shortest(value: Any) -> None:
    assert FINGERPRINT_VERSION == 1
    assert fingerprint(value) == hashlib.sha256(_spell(value)).hexdigest()


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("depth", [100, 900])
@pytest.mark.parametrize(("before", "after"), [("[", "]"), ('{"a":', "}")])
def test_whatever_could_be_read_has_a_fingerprint(depth: int, before: str, after: str) -> None:
    body = None
    with suppress(Problem):  # to refuse it as unreadable is as good
        body = read_json((before * depth + "1" + after * depth).encode())
    assert len(fingerprint(body)) == 64


@pytest.mark.parametrize(("state", "status"), [(State.SUCCEEDED, 201), (State.REJECTED, 422)])
def test_a_repeat_of_what_has_ended_gets_the_stored_answer(state: State, status: int) -> None:
    entry = structs.replace(STORED, state=state, status=status)
    headers = {"Location": "/api/sync/v1/orders/op-1", "Idempotent-Replayed": "true"}
    assert answer_repeat(entry, CLAIM) == Answer(status, headers, b'{"id":"1"}')
    assert answer_rival(entry, CLAIM) == Answer(status, headers, b'{"id":"1"}')
    assert "Idempotent-Replayed" not in entry.headers


@pytest.mark.parametrize("state", [State.DISPATCHING, State.UNKNOWN, State.RECONCILING])
def test_a_repeat_of_what_is_open_is_told_to_wait_and_never_runs(state: State) -> None:
    # an unknown outcome may have an answer stored too, the 202 of the first try
    for entry in (structs.replace(STORED, state=state), structs.replace(STORED, state=state, status=None)):
        for answer in (answer_repeat, answer_rival):
            with pytest.raises(Problem) as caught:
                answer(entry, CLAIM)
            assert (caught.value.kind, caught.value.status) == ("operation-in-progress", 409)
            members = {"operation_id": "op-1", "operation_state": state.value, "safe_new_key": False}
            assert caught.value.members == members
            assert 1 <= int(caught.value.headers["Retry-After"]) <= 5


def test_a_repeat_of_what_a_person_must_decide_is_told_so() -> None:
    entry = structs.replace(STORED, state=State.NEEDS_OPERATOR, status=202)
    for answer in (answer_repeat, answer_rival):
        with pytest.raises(Problem) as caught:
            answer(entry, CLAIM)
        assert (caught.value.kind, caught.value.status) == ("operation-uncertain", 409)
        assert caught.value.members["safe_new_key"] is False


def test_a_repeat_after_its_answer_is_no_longer_kept_is_told_how_it_ended() -> None:
    entry = structs.replace(STORED, state=State.SUCCEEDED, status=None, expired=True, receipt_id="r-1")
    with pytest.raises(Problem) as caught:
        answer_repeat(entry, CLAIM)
    assert (caught.value.kind, caught.value.status) == ("operation-result-expired", 409)
    assert (caught.value.members["operation_state"], caught.value.members["receipt_id"]) == ("succeeded", "r-1")


def test_what_was_proven_not_applied_may_run_again_under_its_key() -> None:
    entry = structs.replace(STORED, state=State.NOT_APPLIED, status=503)
    assert answer_repeat(entry, CLAIM) is None
    with pytest.raises(Problem, match="still open"):
        answer_rival(entry, CLAIM)


@pytest.mark.parametrize("state", State)
def test_another_body_under_a_key_is_refused_in_every_state_and_shown_nothing(state: State) -> None:
    with pytest.raises(Problem) as caught:
        answer_repeat(structs.replace(STORED, state=state), structs.replace(CLAIM, fingerprint="0" * 64))
    assert (caught.value.kind, caught.value.status) == ("idempotency-key-reused", 422)
    assert caught.value.members == {"safe_new_key": False}
    assert "op-1" not in str(caught.value.document())
