"""A mapping's rows made callable: one pair of functions that belong together, and their explanation."""

from typing import Any, NamedTuple

from adapter.errors import Fault, Unmappable
from adapter.lens.bound import Bound
from adapter.lens.codecs import CodecError
from adapter.lens.compile import Compiled, compile_rows
from adapter.lens.interpret import Trace, interpret
from adapter.lens.rows import Direction
from adapter.lens.trees import Tree


class Lens(NamedTuple):
    """``to_dialect`` and ``to_canonical`` over trees of plain values; ``source`` is the generated Python.

    Both take ``(tree, context)`` and give a new tree; neither changes what it is given. They raise
    ``Unmappable`` with every fault at once, each at its place in the tree that was passed in.
    """

    rows: tuple[Bound, ...]
    default_in: Direction
    compiled: dict[Direction, Compiled]
    source: dict[Direction, str]

    def to_dialect(self, tree: Tree, context: Tree) -> Tree:
        return self._carry(tree, context, "to_dialect")

    def to_canonical(self, tree: Tree, context: Tree) -> Tree:
        return self._carry(tree, context, "to_canonical")

    def explain(self, tree: Tree, context: Tree, direction: Direction) -> Trace:
        """The same by the oracle, with an entry for every row and every fault."""
        return interpret(self.rows, tree, context, direction, self.default_in)

    def _carry(self, tree: Tree, context: Tree, direction: Direction) -> Tree:
        try:
            return self.compiled[direction](tree, context)
        except CodecError as exc:
            # the fast path stops at the first fault and does not know where; the oracle finds them all
            faults = self.explain(tree, context, direction).faults
            found = list(dict.fromkeys(faults)) or [Fault("", exc.code, str(exc))]
            raise Unmappable(found) from exc


def make_lens(name: str, rows: tuple[Bound, ...], default_in: Direction) -> Lens:
    """Compile both directions; ``default_in`` is the one in which a row's default stands in."""
    made: dict[Direction, Any] = {
        direction: compile_rows(name, rows, direction, default_in) for direction in ("to_dialect", "to_canonical")
    }
    return Lens(
        rows=rows,
        default_in=default_in,
        compiled={direction: pair[0] for direction, pair in made.items()},
        source={direction: pair[1] for direction, pair in made.items()},
    )
