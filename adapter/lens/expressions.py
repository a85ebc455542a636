"""Paths as Python expressions over the names that generated functions have for objects."""

from adapter.lens.trees import Path


def read_at(path: Path) -> str:
    """The value at a path, None where there is none."""
    start = "root" if path.rooted else "source"
    return f"{start}.get({path.keys[0]!r})" if len(path.keys) == 1 else f"reach({start}, {path.keys!r})"


def is_at(path: Path) -> str:
    """Whether the member is there, be it null."""
    start = "root" if path.rooted else "source"
    return f"{path.keys[0]!r} in {start}" if len(path.keys) == 1 else f"holds({start}, {path.keys!r})"


def object_of(path: Path) -> str:
    """The object that a path is written into."""
    return "result" if path.rooted else "target"
