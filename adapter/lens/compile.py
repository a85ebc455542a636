"""Rows to plain Python functions that do what ``interpret`` says, without its bookkeeping.

Text of a mapping enters the source only through ``repr()``; functions enter the globals under names of ours.
Every source is registered in ``linecache``, so a traceback shows the very line, and it can be printed.
"""

import linecache
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from adapter.lens.bodies import Module
from adapter.lens.bound import Bound
from adapter.lens.notes import Noted, Told
from adapter.lens.rows import Direction
from adapter.lens.trees import Tree

Compiled = Callable[[Tree, Tree], Tree]
Telling = Callable[[Tree, Tree], tuple[Tree, Told]]


class Generated(NamedTuple):
    """A function made of rows, its source text, and the notes by whose numbers it tells, if it does."""

    function: Callable[[Tree, Tree], Any]
    source: str
    notes: Sequence[Noted]


def compile_rows(
    name: str, rows: Sequence[Bound], direction: Direction, default_in: Direction, *, tells: bool = False
) -> Generated:
    """The function ``(source, context) -> target`` of one direction; ``(target, told)`` of one that tells."""
    module = Module(direction, default_in, tells=tells)
    top = module.function(rows, "The document itself.")
    entrance = "tell" if tells else direction
    lines = [f"def {entrance}(source, context):", "    result = {}"]
    if tells:
        lines += ["    told = []", f"    {top}(source, source, result, context, result, told)"]
        lines += ["    return result, tuple(told)\n"]
    else:
        lines += [f"    return {top}(source, source, result, context, result)\n"]
    text = "\n\n".join([*module.sections, "\n".join(lines)])
    filename = f"<{name} {entrance}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    exec(compile(text, filename, "exec"), module.names)  # noqa: S102  # the one place where code is made
    return Generated(module.names[entrance], text, module.verdicts.notes)
