"""Trees of plain values (dict, list, str, int, Decimal, bool, None) and the paths into them."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

Tree = dict[str, Any]


class Path(NamedTuple):
    """Keys from an object to a member, written ``a.b``.

    A leading ``/`` starts at the root instead of the object at hand. ``a?.b`` is written only where ``a`` is
    there already, so that a copied value never conjures up an object.
    """

    keys: tuple[str, ...]
    rooted: bool = False
    guarded: bool = False

    def __str__(self) -> str:
        return ".".join(self.keys)


@lru_cache(maxsize=1024)  # a mapping's paths are few, and some are read with every order
def parse_path(text: str) -> Path:
    """Read ``/a?.b``; the guard belongs to everything before the last key."""
    keys = text.removeprefix("/").split(".")
    guarded = any(key.endswith("?") for key in keys)
    return Path(tuple(key.removesuffix("?") for key in keys if key), text.startswith("/"), guarded)


def reach(tree: Any, keys: tuple[str, ...]) -> Any:
    """The value at ``keys``; None where it, or anything on the way, is null or absent."""
    for key in keys:
        if not isinstance(tree, dict):
            return None
        tree = tree.get(key)
    return tree


def holds(tree: Any, keys: tuple[str, ...]) -> bool:
    """Whether the member itself is there, be it null."""
    parent = reach(tree, keys[:-1])
    return isinstance(parent, dict) and keys[-1] in parent


def place(tree: Tree, path: Path, value: Any) -> bool:
    """Write a member and the objects on the way to it; whether it was written (see ``Path`` on guards)."""
    for key in path.keys[:-1]:
        if not isinstance(tree.get(key), dict):
            if path.guarded:
                return False
            tree[key] = {}
        tree = tree[key]
    tree[path.keys[-1]] = value
    return True


def point(base: str, keys: tuple[str, ...]) -> str:
    """Append keys to a JSON Pointer (RFC 6901)."""
    return base + _escape(keys)


@lru_cache(maxsize=1024)  # each is a part of every order's pointers
def _escape(keys: tuple[str, ...]) -> str:
    return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in keys)


def look(tree: Any, pointer: str) -> Any:
    """The value a JSON Pointer leads to; None where it leads to nothing."""
    for key in pointer.split("/")[1:]:
        if isinstance(tree, dict):
            tree = tree.get(key.replace("~1", "/").replace("~0", "~") if "~" in key else key)
        elif isinstance(tree, list):
            tree = tree[int(key)] if key.isdigit() and int(key) < len(tree) else None
        else:
            return None
    return tree


def leaves(tree: Any, base: str = "") -> Iterator[tuple[str, Any]]:
    """Every pointer that ends at a value, an empty object or an empty list."""
    if isinstance(tree, dict) and tree:
        for key, value in tree.items():
            yield from leaves(value, point(base, (key,)))
    elif isinstance(tree, list) and tree:
        for index, value in enumerate(tree):
            yield from leaves(value, f"{base}/{index}")
    else:
        yield base, tree
