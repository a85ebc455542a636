"""Paths and the trees they lead into."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.lens.trees import Path, Tree, holds, leaves, parse_path, place, point, reach

# Any text is a key, except what the writing of a path takes: dots, a guard's `?`, a root's `/` in front.
KEYS = st.text(min_size=1).filter(lambda key: "." not in key and not key.endswith("?") and not key.startswith("/"))
PATHS = st.lists(KEYS, min_size=1, max_size=4).map(tuple)
VALUES = st.none() | st.booleans() | st.integers() | st.text()
TREES = st.recursive(
    VALUES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3), max_leaves=8
)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("a", Path(("a",))),
        ("a.b", Path(("a", "b"))),
        ("/a.b", Path(("a", "b"), rooted=True)),
        ("a?.b", Path(("a", "b"), guarded=True)),
        ("a.b?.c", Path(("a", "b", "c"), guarded=True)),
        ("/a?.b", Path(("a", "b"), rooted=True, guarded=True)),
    ],
)
def test_a_path_is_read(text: str, path: Path) -> None:
    assert parse_path(text) == path


@given(PATHS, st.booleans(), st.booleans())
def test_a_path_says_its_keys(keys: tuple[str, ...], rooted: bool, guarded: bool) -> None:
    guarded = guarded and len(keys) > 1
    text = ("/" if rooted else "") + ("?." if guarded else ".").join(keys)
    path = parse_path(text)
    assert path == Path(keys, rooted, guarded)
    assert str(path) == ".".join(keys)


@given(PATHS, VALUES)
def test_what_is_placed_is_reached(keys: tuple[str, ...], value: Any) -> None:
    tree: Tree = {}
    assert not holds(tree, keys)
    assert reach(tree, keys) is None
    assert place(tree, Path(keys), value)
    assert reach(tree, keys) == value
    assert holds(tree, keys)


@given(PATHS, VALUES)
def test_a_guarded_path_makes_no_object(keys: tuple[str, ...], value: Any) -> None:
    tree: Tree = {}
    written = place(tree, Path(keys, guarded=True), value)
    assert written == (len(keys) == 1)
    assert tree == ({keys[0]: value} if written else {})


def test_a_guarded_path_writes_into_an_object_that_is_there() -> None:
    tree: Tree = {"a": {"b": {}}}
    assert place(tree, parse_path("a.b?.c"), 1)
    assert tree == {"a": {"b": {"c": 1}}}


@pytest.mark.parametrize("other", [None, 1, "text", []])
def test_a_guarded_path_leaves_what_is_no_object_alone(other: Any) -> None:
    tree = {"a": other}
    assert not place(tree, parse_path("a?.b"), 1)
    assert tree == {"a": other}


def test_placing_leaves_the_neighbours_alone() -> None:
    tree = {"a": {"x": 1}}
    place(tree, parse_path("a.b"), 2)
    place(tree, parse_path("a.x"), 3)
    assert tree == {"a": {"x": 3, "b": 2}}


@pytest.mark.parametrize("tree", [{}, {"a": None}, {"a": 1}, {"a": []}, {"a": "text"}, None, []])
def test_nothing_is_reached_through_what_is_no_object(tree: Any) -> None:
    assert reach(tree, ("a", "b")) is None
    assert not holds(tree, ("a", "b"))


def test_a_member_that_is_null_is_there() -> None:
    assert holds({"a": {"b": None}}, ("a", "b"))
    assert reach({"a": {"b": None}}, ("a", "b")) is None


@pytest.mark.parametrize(
    ("keys", "pointer"), [((), ""), (("a", "b"), "/a/b"), (("a/b",), "/a~1b"), (("~1",), "/~01"), (("",), "/")]
)
def test_a_pointer_is_escaped(keys: tuple[str, ...], pointer: str) -> None:
    assert point("", keys) == pointer
    assert point("/0", keys) == "/0" + pointer


def find(tree: Any, pointer: str) -> Any:
    """What a JSON Pointer leads to, as RFC 6901 section 4 reads it."""
    for token in pointer.split("/")[1:]:
        tree = tree[int(token)] if isinstance(tree, list) else tree[token.replace("~1", "/").replace("~0", "~")]
    return tree


@given(TREES)
def test_leaves_are_where_their_pointers_say(tree: Any) -> None:
    found = list(leaves(tree))
    assert found
    assert len({pointer for pointer, _ in found}) == len(found)
    for pointer, value in found:
        assert find(tree, pointer) == value
        assert value in ({}, []) or not isinstance(value, (dict, list))


def test_leaves_are_listed_in_order() -> None:
    tree = {"a": {"x": 1, "e": {}}, "l": [None, {"k": []}], "b/c": 2}
    assert list(leaves(tree)) == [("/a/x", 1), ("/a/e", {}), ("/l/0", None), ("/l/1/k", []), ("/b~1c", 2)]
