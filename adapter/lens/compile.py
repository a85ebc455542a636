"""Rows to plain Python functions that do what ``interpret`` says, without its bookkeeping.

Text of a mapping enters the source only through ``repr()``; functions enter the globals under names of ours.
Every source is registered in ``linecache``, so a traceback shows the very line, and it can be printed.
"""

import linecache
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from adapter.lens.bodies import Module
from adapter.lens.bound import Bound
from adapter.lens.notes import Noted
from adapter.lens.rows import Direction
from adapter.lens.trees import Tree


class Generated(NamedTuple):
    """A function made of rows, its source text, and the notes by whose numbers one to the dialect tells."""

    function: Callable[[Tree, Tree], Any]
    source: str
    notes: Sequence[Noted]


def compile_rows(name: str, rows: Sequence[Bound], direction: Direction, default_in: Direction) -> Generated:
    """The function of one direction: ``(source, context)`` to a target, or to the dialect, to ``(target, told)``."""
    module = Module(direction, default_in)
    top = module.function(rows, "The document itself.")
    filled = "".join(f"{fill}(context), " for fill in module.fills).rstrip()
    lines = [f"def {direction}(source, context):", f"    filled = ({filled})", "    result = {}"]
    if module.outward:
        lines += ["    told = []", f"    {top}(source, source, result, context, filled, result, told)"]
        lines += ["    return result, tuple(told)\n"]
    else:
        lines += [f"    return {top}(source, source, result, context, filled, result)\n"]
    text = "\n\n".join([*module.sections, "\n".join(lines)])
    filename = f"<{name} {direction}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    exec(compile(text, filename, "exec"), module.names)  # noqa: S102  # the one place where code is made
    return Generated(module.names[direction], text, module.verdicts.notes)
