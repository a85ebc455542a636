"""Where the members of a document that was read stood in the one it was read from."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from adapter.lens.bound import Bound, Field, Group, Outlined
from adapter.lens.trees import Path, Tree, point, reach


class Origin(NamedTuple):
    """A canonical value, the dialect's that it was read from (of several copies the first), and both pointers."""

    value: Any
    source: Any
    canonical: str
    dialect: str


def list_origins(rows: Sequence[Bound], read: Tree, source: Tree) -> Iterator[Origin]:
    """The origin of each member that rows made of ``source`` and that is there, in the order of the rows."""
    root = Origin(read, source, "", "")
    return (origin for origin in _walk(rows, root, root) if origin.value is not None)


def _walk(rows: Sequence[Bound], here: Origin, root: Origin) -> Iterator[Origin]:
    for row in rows:
        if isinstance(row, Field) and row.only != "to_dialect":
            yield from (_go(here, root, path, row.dialect[0]) for path in row.canonical)
        elif isinstance(row, Group):
            yield from _walk_inside(row, _go(here, root, row.canonical, row.dialect), root)
        elif isinstance(row, Outlined):
            index, side = reach(here.source, row.index.keys), reach(root.source, row.to.keys) or ()
            if isinstance(index, int) and 0 <= index < len(side):
                moved = here._replace(source=side[index], dialect=f"{point('', row.to.keys)}/{index}")
                yield from _walk(row.rows, moved, root)


def _walk_inside(row: Group, group: Origin, root: Origin) -> Iterator[Origin]:
    """What is in an object, or in each item of a list; one with nothing in it stands for itself."""
    items = [group]
    if row.many:
        pairs = zip(group.value or (), group.source or (), strict=False)
        items = [Origin(*pair, f"{group.canonical}/{i}", f"{group.dialect}/{i}") for i, pair in enumerate(pairs)]
        if not items:
            yield group
    for item in items:
        yield from _walk(row.rows, item, root)
        if not item.source:
            yield item


def _go(here: Origin, root: Origin, ours: Path, theirs: Path) -> Origin:
    """The member at two paths, from an object or from the root."""
    to, of = root if ours.rooted else here, root if theirs.rooted else here
    value, source = reach(to.value, ours.keys), reach(of.source, theirs.keys)
    return Origin(value, source, point(to.canonical, ours.keys), point(of.dialect, theirs.keys))
