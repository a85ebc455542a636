"""Values from a mapping's surroundings: references found, filled in, and never read twice."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.lens.templates import fill, parse_template, references
from adapter.lens.trees import Tree

CONTEXT: Tree = {
    "setting": {"currency": "NPR", "fee": 250, "off": False, "none": None, "choices": ["a"], "Upper": "U"},
    "gateway": {"ref": "r-7", "deep": {"er": 1}},
}

TEXTS = st.text()
PLAIN = TEXTS.filter(lambda text: "{" not in text)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("cash", "cash"),
        ("", ""),
        (7, 7),
        (False, False),
        (["a", 1], ["a", 1]),
        ("{setting.currency}", "NPR"),
        ("{setting.fee}", 250),
        ("{setting.off}", False),
        ("{setting.choices}", ["a"]),
        ("{setting.Upper}", "U"),
        ("{gateway.deep.er}", 1),
        ("{setting.fee} {setting.currency}", "250 NPR"),
        ("{gateway.ref}{gateway.ref}", "r-7r-7"),
        (["{gateway.ref}", "ai"], ["r-7", "ai"]),
        ({"a": {"b": "{setting.fee}"}, "c": [1]}, {"a": {"b": 250}, "c": [1]}),
        ("{setting.none}", None),
        ("{setting.missing}", None),
        ("{missing.all.along}", None),
        ("{setting.currency.deeper}", None),
        ("order {setting.missing} {gateway.ref}", None),
        ({"a": "{setting.missing}", "b": "{gateway.ref}"}, {"b": "r-7"}),
    ],
)
def test_a_template_is_resolved(value: Any, expected: Any) -> None:
    found = parse_template(value).resolve(CONTEXT)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    "text", ["{}", "{setting}", "{ setting.a }", "{setting.}", "{.a}", "{Setting.a}", "{a.b", "a.b}"]
)
def test_what_is_no_reference_is_text(text: str) -> None:
    assert parse_template(text).references == ()
    assert parse_template(text).resolve(CONTEXT) == text


def test_braces_around_a_reference_stay() -> None:
    assert parse_template("{{gateway.ref}}").resolve(CONTEXT) == "{r-7}"


def test_references_are_named_once_and_in_order() -> None:
    value = {"a": "{setting.fee} {gateway.ref}", "b": ["{setting.fee}", ("{secret.token}",), 3, None]}
    assert parse_template(value).references == ("setting.fee", "gateway.ref", "secret.token")
    assert list(references(value)) == ["setting.fee", "gateway.ref", "setting.fee", "secret.token"]


@given(
    st.recursive(PLAIN | st.integers() | st.booleans(), lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner))
)
def test_a_constant_without_references_is_itself(value: Any) -> None:
    template = parse_template(value)
    assert template.references == ()
    assert template.resolve({}) == value
    assert fill(value, CONTEXT) == value


@given(PLAIN, PLAIN, TEXTS)
def test_a_reference_is_replaced_and_the_text_around_it_stays(before: str, after: str, value: str) -> None:
    template = parse_template(f"{before}{{order.email}}{after}")
    assert template.references == ("order.email",)
    assert template.resolve({"order": {"email": value}}) == before + value + after


@given(TEXTS)
def test_a_value_is_never_read_as_a_template(value: str) -> None:
    context = {"order": {"a": value + "{secret.token}\\1\\g<0>"}, "secret": {"token": "hidden"}}
    assert parse_template("<{order.a}>").resolve(context) == f"<{context['order']['a']}>"
    assert parse_template(["{order.a}"]).resolve(context) == [context["order"]["a"]]


def test_resolving_changes_neither_template_nor_context() -> None:
    value = {"a": ["{setting.fee}"]}
    template = parse_template(value)
    assert template.resolve(CONTEXT) == {"a": [250]}
    assert value == {"a": ["{setting.fee}"]}
    assert template.resolve({"setting": {"fee": 1}}) == {"a": [1]}
