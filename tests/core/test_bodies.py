"""Bodies of clients: each member once, numbers of ordinary size, no control characters."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.core.bodies import MOST_VALUES, read_body
from adapter.errors import Problem

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.text(st.characters(exclude_categories=("Cc", "Cs"))),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text('ab:"\\ ', max_size=3), inner, max_size=4),
    max_leaves=12,
)
SEPARATORS = st.sampled_from([(",", ":"), (", ", ": "), (" ,\n", " :\t"), (",", "\r:\n")])


def refuse(body: bytes) -> Problem:
    with pytest.raises(Problem) as caught:
        read_body(body)
    return caught.value


@given(VALUES, SEPARATORS, st.booleans())
def test_what_json_can_say_once_is_read_however_it_is_spelt(
    value: Any, separators: tuple[str, str], ascii_only: bool
) -> None:
    assert read_body(json.dumps(value, separators=separators, ensure_ascii=ascii_only).encode()) == value


@given(st.dictionaries(st.text('ab:"\\ ', max_size=3), VALUES, min_size=1, max_size=4), SEPARATORS, st.data())
def test_a_member_that_is_there_twice_is_refused_wherever_it_is(
    members: dict[str, Any], separators: tuple[str, str], data: st.DataObject
) -> None:
    again = data.draw(st.sampled_from(sorted(members)))
    comma, colon = separators
    pairs = [json.dumps(name) + colon + json.dumps(member, separators=separators) for name, member in members.items()]
    pairs.insert(data.draw(st.integers(0, len(pairs))), json.dumps(again) + colon + "0")
    body = f'{{"outer"{colon}[{{{comma.join(pairs)}}}]}}'

    problem = refuse(body.encode())
    assert (problem.kind, str(problem)) == ("unreadable-body", f"expected each member once, found {again!r} again")


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b'{"a": 1, "a": 1}', "a"),
        (b'{"a" : 1, "a": 1}', "a"),
        (b'{"a": 1, "\\u0061": 1}', "a"),
        (b'{"": 1, "": 2}', ""),
        (b'{"x": {"b": ":", "c": {}, "b": 2}}', "b"),
        (b'{"x": "a\\":", "x": 1}', "x"),
    ],
)
def test_a_repeated_member_is_named(body: bytes, name: str) -> None:
    assert str(refuse(body)) == f"expected each member once, found {name!r} again"


@pytest.mark.parametrize(
    "body",
    [
        b"1" * 31,
        b'{"a": -' + b"9" * 40 + b"}",
        b"[" + b"0," * MOST_VALUES + b"0]",
        b'{"total": 1E+1000000}',
        b'{"total": 1e-400}',
        b"\xff",
        b'{"a": "\xff"}',
        b'"\\ud800"',
        b"",
        b"NaN",
        b"\xef\xbb\xbf{}",
    ],
    ids=range(11),
)
def test_what_no_order_needs_is_no_body(body: bytes) -> None:
    assert refuse(body).kind == "unreadable-body"


def test_a_body_may_have_as_many_values_as_it_may() -> None:
    assert len(read_body(b"[" + b"0," * (MOST_VALUES - 2) + b"0]")) == MOST_VALUES - 1


@pytest.mark.parametrize("character", ["\\u0000", "\\u001f", "\\u007f", "\\b", "\\f", "\\u001B", "\x7f"])
def test_control_characters_are_pointed_at(character: str) -> None:
    problem = refuse(f'{{"a": [{{"b": "x{character}y"}}, "ok"], "c{character}": 1}}'.encode())

    assert problem.kind == "invalid-order"
    assert [fault.code for fault in problem.faults] == ["control_character"] * 2
    assert problem.faults[0].pointer == "/a/0/b"


def test_tabs_line_breaks_and_backslashes_are_no_such_thing() -> None:
    assert read_body(rb'"a\tb\r\nc\\u0000"') == "a\tb\r\nc\\u0000"
