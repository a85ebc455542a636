"""The form of a case: rows with the same facts said on both sides."""

from msgspec import Struct

from adapter.lens.rows import CodecUse, Direction, Row, Shape
from adapter.lens.trees import Tree


class Case(Struct, frozen=True):
    """Rows, and a canonical tree that goes out as the dialect tree and comes back as it was.

    ``back`` is what comes back where that is something else; ``reads`` is another dialect tree to read it from.
    """

    rows: tuple[Row, ...]
    canonical: Tree
    dialect: Tree
    context: Tree = {}
    back: Tree | None = None
    reads: Tree | None = None
    default_in: Direction = "to_dialect"
    uses: dict[str, CodecUse] = {}
    shapes: dict[str, Shape] = {}
