"""Rows to plain Python functions that do what ``interpret`` says, without its bookkeeping.

Text of a mapping enters the source only through ``repr()``; functions enter the globals under names of ours.
Every source is registered in ``linecache``, so a traceback shows the very line, and it can be printed.
"""

import linecache
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from adapter.lens.bound import Bound, BoundCodec, Conditions, Constant, Drop, Field, Group, Outlined
from adapter.lens.rows import Direction
from adapter.lens.templates import Template, fill, references
from adapter.lens.trees import Path, Tree, holds, place, reach

Compiled = Callable[[Tree, Tree], Tree]


def compile_rows(name: str, rows: Sequence[Bound], direction: Direction, default_in: Direction) -> tuple[Compiled, str]:
    """The function ``(source, context) -> target`` for one direction, and its source text."""
    module = Module(direction, default_in)
    top = module.function(rows, "The document itself.")
    entrance = f"result = {{}}\n    return {top}(source, source, result, context, result)"
    text = "\n\n".join([*module.sections, f"def {direction}(source, context):\n    {entrance}\n"])
    filename = f"<{name} {direction}>"
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    exec(compile(text, filename, "exec"), module.names)  # noqa: S102  # the one place where code is made
    function: Compiled = module.names[direction]
    return function, text


class Module:
    """The functions of one direction in the making, and the names they use."""

    def __init__(self, direction: Direction, default_in: Direction) -> None:
        self.outward = direction == "to_dialect"
        self.defaults = direction == default_in
        self.names: dict[str, Any] = {"reach": reach, "holds": holds, "place": place}
        self.known: dict[tuple[str, str], str] = {}
        self.sections: list[str] = []
        self.written: dict[int, str] = {}

    def name(self, stem: str, key: str, value: Any) -> str:
        """A name for a value, the same for the same ``key``; the stem is never text of a mapping."""
        if (stem, key) not in self.known:
            taken = sum(1 for other, _ in self.known if other == stem)
            self.known[stem, key] = stem if not taken else f"{stem}_{taken + 1}"
            self.names[self.known[stem, key]] = value
        return self.known[stem, key]

    def function(self, rows: Sequence[Bound], what: str) -> str:
        """Write the function that carries one object across; once for rows that are used twice."""
        if id(rows) not in self.written:
            body = Body(self)
            for row in rows:
                EMITS[type(row)](body, row)
            name = self.written[id(rows)] = f"object_{len(self.written) + 1}"
            head = [f"def {name}(source, root, result, context, target):", f"    {what!r}"]
            self.sections.append("\n".join([*head, *body.lines, "    return target\n"]))
        return self.written[id(rows)]


class Body:
    """The lines of one function in the making."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.lines: list[str] = []
        self.depth = 1

    def line(self, text: str) -> None:
        self.lines.append("    " * self.depth + text)

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        self.line(head)
        self.depth += 1
        yield
        self.depth -= 1

    def field(self, row: Field) -> None:
        module = self.module
        sources, targets = (row.canonical, row.dialect) if module.outward else (row.dialect, row.canonical)
        if row.only not in (None, "to_dialect" if module.outward else "to_canonical"):
            return
        self.line(f"# {', '.join(map(str, sources))!r} -> {', '.join(map(str, targets))!r}")
        with self._condition(row.when):
            self._carry(row, sources, targets)

    @contextmanager
    def _condition(self, when: Conditions) -> Iterator[None]:
        if not when or not self.module.outward:
            yield
            return
        with self.block(f"if {' and '.join(f'{_read(path)} in {values!r}' for path, values in when)}:"):
            yield

    def _carry(self, row: Field, sources: tuple[Path, ...], targets: tuple[Path, ...]) -> None:
        module = self.module
        nullable = row.keeps_null["to_dialect" if module.outward else "to_canonical"]
        if not row.codec and not row.default and nullable and len(sources) == len(targets) == 1:
            with self.block(f"if {_has(sources[0])}:"):
                self._assign(targets, _read(sources[0]))
            return
        self._pick(sources)
        self._default(row, before_codec=True)
        if row.codec is not None:
            self._rewrite(row.codec)
        self._default(row, before_codec=False)
        with self.block("if value is not None:"):
            self._assign(targets, "value")
        if nullable:
            with self.block(f"elif {_has(sources[0])}:"):
                self._assign(targets, "None", spread=False)

    def _pick(self, sources: tuple[Path, ...]) -> None:
        first, *others = (_read(path) for path in sources)
        if self.module.outward and others:
            self.line(f"value = ({', '.join([first, *others])})")
            with self.block(f"if value == {(None,) * len(sources)}:"):
                self.line("value = None")
            return
        self.line(f"value = {first}")
        for read in others:
            with self.block("if value is None:"):
                self.line(f"value = {read}")

    def _default(self, row: Field, *, before_codec: bool) -> None:
        module = self.module
        if row.default is None or not module.defaults or before_codec != module.outward:
            return
        with self.block("if value is None:"):
            self.line(f"value = {self._constant(row.default)}")

    def _rewrite(self, bound: BoundCodec) -> None:
        module = self.module
        rewrite = bound.codec.to_dialect if module.outward else bound.codec.to_canonical
        arguments = f"{self._beside(bound)}, {self._options(bound)}"
        with self.block("if value is not None:"):
            self.line(f"value = {module.name(f'codec_{bound.name}', str(id(rewrite)), rewrite)}(value, {arguments})")
        if module.outward and bound.codec.absent is not None:
            absent = module.name(f"absent_{bound.name}", "", bound.codec.absent)
            with self.block("else:"):
                self.line(f"value = {absent}({arguments})")

    def _beside(self, bound: BoundCodec) -> str:
        if bound.beside is None:
            return "None"
        read = _read(bound.beside.canonical if self.module.outward else bound.beside.dialect)
        self.line(f"beside = {read}")
        if bound.beside.default.value is not None:
            with self.block("if beside is None:"):
                self.line(f"beside = {self._constant(bound.beside.default)}")
        return "beside"

    def _options(self, bound: BoundCodec) -> str:
        if any(True for _ in references(bound.options)):
            return f"{self.module.name('fill_options', repr(bound.options), partial(fill, bound.options))}(context)"
        return self.module.name("options", repr(bound.options), bound.options)

    def _constant(self, template: Template) -> str:
        if template.references:
            return f"{self.module.name('setting', repr(template.value), template.resolve)}(context)"
        return repr(template.value)

    def _assign(self, targets: tuple[Path, ...], value: str, *, spread: bool = True) -> None:
        if spread and len(targets) > 1:
            parts = (
                [f"value[{i}]" for i in range(len(targets))] if not self.module.outward else ["value"] * len(targets)
            )
            for path, part in zip(targets, parts, strict=True):
                self._put(path, part, check=not self.module.outward)
            return
        for path in targets:
            self._put(path, value, check=False)

    def _put(self, path: Path, value: str, *, check: bool) -> None:
        if check:
            with self.block(f"if {value} is not None:"):
                self._put(path, value, check=False)
        elif len(path.keys) > 1:
            self.line(f"place({_target(path)}, {self.module.name('path', repr(path), path)}, {value})")
        else:
            self.line(f"{_target(path)}[{path.keys[0]!r}] = {value}")

    def group(self, row: Group) -> None:
        module = self.module
        source, target = (row.canonical, row.dialect) if module.outward else (row.dialect, row.canonical)
        inner = module.function(row.rows, f"{'Each item of' if row.many else 'An object like'} {str(source)!r}.")
        call = f"{inner}({{}}, root, result, context, {{{{}}}})"
        carried = f"[{call.format('item')} for item in inner]" if row.many else call.format("inner")
        self.line(f"# {str(source)!r} -> {str(target)!r}")
        self.line(f"inner = {_read(source)}")
        with self.block("if inner is not None:"):
            self._put(target, carried, check=False)
        if row.keeps_null["to_dialect" if module.outward else "to_canonical"]:
            with self.block(f"elif {_has(source)}:"):
                self._put(target, "None", check=False)

    def constant(self, row: Constant) -> None:
        if (row.towards == "to_dialect") != self.module.outward:
            return
        with self._condition(row.when):
            if not row.value.references:
                self._put(row.path, repr(row.value.value), check=False)
                return
            self.line(f"value = {self._constant(row.value)}")
            self._put(row.path, "value", check=True)

    def drop(self, row: Drop) -> None:
        if self.module.outward:
            self.line(f"# {', '.join(map(str, row.canonical))!r} is dropped: {row.reason!r}")

    def outlined(self, row: Outlined) -> None:
        inner = self.module.function(row.rows, f"What moves to {str(row.to)!r}.")
        if self.module.outward:
            with self.block(f"if {_read(row.unless)} in (None, ''):"):
                self.line(f"side = reach(result, {row.to.keys!r}) or []")
                self._put(row.index, "len(side)", check=False)
                self.line(f"side.append({inner}(source, root, result, context, {{}}))")
                self.line(f"place(result, {self.module.name('path', repr(row.to), row.to)}, side)")
            return
        self.line(f"index = {_read(row.index)}")
        self.line(f"side = reach(root, {row.to.keys!r}) or ()")
        with self.block("if isinstance(index, int) and 0 <= index < len(side):"):
            self.line(f"{inner}(side[index], root, result, context, target)")


EMITS: dict[type, Callable[[Body, Any], None]] = {
    Field: Body.field,
    Group: Body.group,
    Constant: Body.constant,
    Drop: Body.drop,
    Outlined: Body.outlined,
}


def _read(path: Path) -> str:
    base = "root" if path.rooted else "source"
    return f"{base}.get({path.keys[0]!r})" if len(path.keys) == 1 else f"reach({base}, {path.keys!r})"


def _has(path: Path) -> str:
    base = "root" if path.rooted else "source"
    return f"{path.keys[0]!r} in {base}" if len(path.keys) == 1 else f"holds({base}, {path.keys!r})"


def _target(path: Path) -> str:
    return "result" if path.rooted else "target"
