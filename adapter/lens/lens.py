"""A mapping's rows made callable: one pair of functions that belong together, and their explanation."""

from collections.abc import Set
from typing import Any, NamedTuple

from adapter.errors import Fault, Unmappable
from adapter.lens.bound import Bound, list_written
from adapter.lens.codecs import CodecError
from adapter.lens.compile import Generated, compile_rows
from adapter.lens.interpret import Entry, Trace, interpret
from adapter.lens.notes import Told, unfold
from adapter.lens.rows import Direction
from adapter.lens.trees import Tree


class Lens(NamedTuple):
    """``to_dialect`` and ``to_canonical`` over trees of plain values; ``source`` is the generated Python.

    Both take ``(tree, context)`` and give a new tree; neither changes what it is given. They raise
    ``Unmappable`` with every fault at once, each at its place in the tree that was passed in.
    """

    rows: tuple[Bound, ...]
    default_in: Direction
    made: dict[Direction, Generated]

    @property
    def source(self) -> dict[str, str]:
        """The Python of both directions."""
        return {str(direction): made.source for direction, made in self.made.items()}

    def to_dialect(self, tree: Tree, context: Tree) -> Tree:
        return self.tell(tree, context)[0]

    def to_canonical(self, tree: Tree, context: Tree) -> Tree:
        result: Tree = self._carry(tree, context, "to_canonical")
        return result

    def tell(self, tree: Tree, context: Tree) -> tuple[Tree, Told]:
        """``to_dialect``, and what became of each member, for ``unfold``; two trees that are told alike lose alike."""
        result: tuple[Tree, Told] = self._carry(tree, context, "to_dialect")
        return result

    def unfold(self, told: Told) -> list[Entry]:
        """What ``explain`` has for each member that is there, less its values."""
        return list(unfold(self.made["to_dialect"].notes, told))

    def explain(self, tree: Tree, context: Tree, direction: Direction) -> Trace:
        """The same by the oracle, with an entry for every row and every fault."""
        return interpret(self.rows, tree, context, direction, self.default_in)

    def _carry(self, tree: Tree, context: Tree, direction: Direction) -> Any:
        try:
            return self.made[direction].function(tree, context)
        except CodecError as exc:
            # the fast path stops at the first fault and does not know where; the oracle finds them all
            faults = self.explain(tree, context, direction).faults
            found = list(dict.fromkeys(faults)) or [Fault("", exc.code, str(exc))]
            raise Unmappable(found) from exc


def make_lens(name: str, rows: tuple[Bound, ...], default_in: Direction) -> Lens:
    """Compile both directions; ``default_in`` is the one in which a row's default stands in."""
    directions: tuple[Direction, ...] = ("to_dialect", "to_canonical")
    return Lens(
        rows=rows,
        default_in=default_in,
        made={direction: compile_rows(name, rows, direction, default_in) for direction in directions},
    )


def narrow_lens(name: str, lens: Lens, members: Set[str]) -> Lens:
    """The way back of those rows alone that write some members of the document, or into them."""
    rows = tuple(row for row in lens.rows if any(path.keys[0] in members for path in list_written([row])))
    return lens._replace(rows=rows, made={"to_canonical": compile_rows(name, rows, "to_canonical", lens.default_in)})
