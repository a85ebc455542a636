"""The lines of generated functions: what each kind of row comes to in Python, and what it tells of itself."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from adapter.lens.bound import Bound, BoundCodec, Conditions, Constant, Drop, Field, Group, Outlined
from adapter.lens.expressions import is_at, object_of, read_at
from adapter.lens.interpret import NO_NULL, list_owned
from adapter.lens.notes import Aside, Inside, Note, note_lost
from adapter.lens.rows import Direction
from adapter.lens.templates import Template, prepare, references
from adapter.lens.trees import Path, holds, place, reach
from adapter.lens.verdicts import Verdicts

# The object at hand itself.
HERE = Path(())

PARAMETERS = "source, root, result, context, filled, target"


class Module:
    """The functions of one direction in the making, and their names; those to the dialect tell notes by number."""

    def __init__(self, direction: Direction, default_in: Direction) -> None:
        self.direction: Direction = direction
        self.outward = direction == "to_dialect"
        self.defaults = direction == default_in
        self.names: dict[str, Any] = {"reach": reach, "holds": holds, "place": place, "note_lost": note_lost}
        self.known: dict[tuple[str, str], str] = {}
        self.fills: list[str] = []
        self.sections: list[str] = []
        self.written: dict[int, str] = {}
        self.verdicts = Verdicts()

    def name(self, stem: str, key: str, value: Any) -> str:
        """A name for a value, the same for the same ``key``; the stem is never text of a mapping."""
        if (stem, key) not in self.known:
            taken = sum(1 for other, _ in self.known if other == stem)
            self.known[stem, key] = stem if not taken else f"{stem}_{taken + 1}"
            self.names[self.known[stem, key]] = value
        return self.known[stem, key]

    def filled(self, options: Mapping[str, Any]) -> str:
        """Options that refer to the surroundings, as an expression; they are filled in once for a document."""
        name = self.name("fill_options", repr(options), prepare(dict(options)))
        if name not in self.fills:
            self.fills.append(name)
        return f"filled[{self.fills.index(name)}]"

    def function(self, rows: Sequence[Bound], what: str) -> str:
        """Write the function that carries one object across; once for rows that are used twice."""
        if id(rows) not in self.written:
            body = Body(self)
            for row in rows:
                EMITS[type(row)](body, row)
            name = self.written[id(rows)] = f"object_{len(self.written) + 1}"
            head = [f"def {name}({PARAMETERS}{', told' if self.outward else ''}):", f"    {what!r}"]
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

    def tell(self, number: object) -> None:
        if self.module.outward:
            self.line(f"told.append({number})")

    def field(self, row: Field) -> None:
        module = self.module
        sources, targets = (row.canonical, row.dialect) if module.outward else (row.dialect, row.canonical)
        if row.only not in (None, module.direction):
            return
        self.line(f"# {', '.join(map(str, sources))!r} -> {', '.join(map(str, targets))!r}")
        with self._condition(row.when):
            self._carry(row, sources, targets)
        if row.when and module.outward:
            with self.block("else:"):
                self._leave_out(row.at, row.canonical, row.lossy)

    @contextmanager
    def _condition(self, when: Conditions) -> Iterator[None]:
        if not when or not self.module.outward:
            yield
            return
        with self.block(f"if {' and '.join(f'{read_at(path)} in {values!r}' for path, values in when)}:"):
            yield

    def _carry(self, row: Field, sources: tuple[Path, ...], targets: tuple[Path, ...]) -> None:
        nullable, verdicts = row.keeps_null[self.module.direction], self.module.verdicts
        if not row.codec and not row.default and nullable and len(sources) == len(targets) == 1:
            with self.block(f"if {is_at(sources[0])}:"):
                self._assign(targets, read_at(sources[0]))
                self.tell(verdicts.as_is(row))
            return
        self._pick(sources)
        changes = row.codec is not None or row.default is not None
        if changes and self.module.outward:
            self.line("before = value")
        self._default(row, before_codec=True)
        if row.codec is not None:
            self._rewrite(row.codec)
        self._default(row, before_codec=False)
        with self.block("if value is not None:"):
            self._assign(targets, "value")
            self.tell(verdicts.of_value(row) if changes else verdicts.as_is(row))
        if nullable:
            with self.block(f"elif {is_at(sources[0])}:"):
                self._assign(targets, "None", spread=False)
                self.tell(verdicts.of_null(row))
        if self.module.outward:
            with self.block(f"elif {' or '.join(map(is_at, sources))}:"):
                self.tell(verdicts.of_loss(row, changes=changes))

    def _leave_out(self, at: str, paths: Sequence[Path], reason: str) -> None:
        """Tell of members that have no place on the other side."""
        for path in paths:
            number = self.module.verdicts.note(Note((path,), (), "dropped", at, reason))
            with self.block(f"if {is_at(path)}:"):
                self.tell(f"note_lost({number}, {read_at(path)})")

    def _pick(self, sources: tuple[Path, ...]) -> None:
        first, *others = (read_at(path) for path in sources)
        if self.module.outward and others:
            self.line("value = None")
            with self.block(f"if {' or '.join(f'{read} is not None' for read in (first, *others))}:"):
                self.line(f"value = ({', '.join([first, *others])})")
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
        read = read_at(bound.beside.canonical if self.module.outward else bound.beside.dialect)
        self.line(f"beside = {read} or None")  # a blank text says nothing
        if bound.beside.default.value is not None:
            with self.block("if beside is None:"):
                self.line(f"beside = {self._constant(bound.beside.default)}")
        return "beside"

    def _options(self, bound: BoundCodec) -> str:
        if any(True for _ in references(bound.options)):
            return self.module.filled(bound.options)
        return self.module.name("options", repr(bound.options), bound.options)

    def _constant(self, template: Template) -> str:
        if template.references:
            return f"{self.module.name('setting', repr(template.value), prepare(template.value))}(context)"
        return repr(template.value)

    def _assign(self, targets: tuple[Path, ...], value: str, *, spread: bool = True) -> None:
        split = spread and len(targets) > 1 and not self.module.outward
        for index, path in enumerate(targets):
            self._put(path, f"{value}[{index}]" if split else value, check=split, index=index)

    def _put(self, path: Path, value: str, *, check: bool = False, index: int = 0) -> None:
        if check:
            with self.block(f"if {value} is not None:"):
                self._put(path, value)
        elif len(path.keys) > 1:
            wrote = f"wrote_{index} = " if path.guarded and self.module.outward else ""
            self.line(f"{wrote}place({object_of(path)}, {self.module.name('path', repr(path), path)}, {value})")
        else:
            self.line(f"{object_of(path)}[{path.keys[0]!r}] = {value}")

    def group(self, row: Group) -> None:
        module = self.module
        source, target = (row.canonical, row.dialect) if module.outward else (row.dialect, row.canonical)
        inner = module.function(row.rows, f"{'Each item of' if row.many else 'An object like'} {str(source)!r}.")
        self.line(f"# {str(source)!r} -> {str(target)!r}")
        self.line(f"inner = {read_at(source)}")
        with self.block("if inner is not None:"):
            if module.outward:
                self._carry_told(row, inner)
            else:
                call = f"{inner}({{}}, root, result, context, filled, {{{{}}}})"
                self._put(target, f"[{call.format('item')} for item in inner]" if row.many else call.format("inner"))
        if row.keeps_null[module.direction]:
            with self.block(f"elif {is_at(source)}:"):
                self._put(target, "None")
                self.tell(module.verdicts.note(Note((source,), (target,), "carried", row.at)))
        elif module.outward:
            with self.block(f"elif {is_at(source)}:"):
                self.tell(module.verdicts.note(Note((source,), (target,), "null_omitted", row.at, NO_NULL)))

    def _carry_told(self, row: Group, inner: str) -> None:
        """Carry an object or a list across and tell what became of all in it."""
        number = self.module.verdicts.note(Inside(row.canonical, row.dialect, row.many))
        empty = self.module.verdicts.note(Note((HERE,), (HERE,), "carried", row.at))
        if not row.many:
            self.line("inside = []")
            self._put(row.dialect, f"{inner}(inner, root, result, context, filled, {{}}, inside)")
            self.line(f"told.append(({number}, tuple(inside) if inner else (*inside, {empty})))")
            return
        self.line("items, of_items = [], []")
        with self.block("for item in inner:"):
            self.line("inside = []")
            self.line(f"items.append({inner}(item, root, result, context, filled, {{}}, inside))")
            self.line(f"of_items.append(tuple(inside) if item else (*inside, {empty}))")
        self._put(row.dialect, "items")
        self.line(f"told.append(({number}, tuple(of_items)))")
        with self.block("if not items:"):
            self.tell(self.module.verdicts.note(Note((row.canonical,), (row.dialect,), "carried", row.at)))

    def constant(self, row: Constant) -> None:
        module = self.module
        if row.towards != module.direction:
            return
        number = module.verdicts.note(Note((), (row.path,), "constant", row.at))
        with self._condition(row.when):
            if not row.value.references:
                self._put(row.path, repr(row.value.value))
                self.tell(number)
                return
            self.line(f"value = {self._constant(row.value)}")
            with self.block("if value is not None:"):
                self._put(row.path, "value")
                self.tell(number)

    def drop(self, row: Drop) -> None:
        if self.module.outward:
            self.line(f"# {', '.join(map(str, row.canonical))!r} is dropped: {row.reason!r}")
            self._leave_out(row.at, row.canonical, row.reason)

    def outlined(self, row: Outlined) -> None:
        inner = self.module.function(row.rows, f"What moves to {str(row.to)!r}.")
        if self.module.outward:
            self._move_out(row, inner)
            return
        self.line(f"index = {read_at(row.index)}")
        self.line(f"side = reach(root, {row.to.keys!r}) or ()")
        with self.block("if isinstance(index, int) and 0 <= index < len(side):"):
            self.line(f"{inner}(side[index], root, result, context, filled, target)")

    def _move_out(self, row: Outlined, inner: str) -> None:
        module = self.module
        with self.block(f"if {read_at(row.unless)} in (None, ''):"):
            self.line(f"side = reach(result, {row.to.keys!r}) or []")
            self._put(row.index, "len(side)")
            self.line("inside = []")
            self.line(f"side.append({inner}(source, root, result, context, filled, {{}}, inside))")
            self.line(f"place(result, {module.name('path', repr(row.to), row.to)}, side)")
            self.tell(f"({module.verdicts.note(Aside(row.to))}, len(side) - 1, tuple(inside))")
        with self.block("else:"):
            self._leave_out(row.at, list_owned(row.rows), row.inline)


EMITS: dict[type, Callable[[Body, Any], None]] = {
    Field: Body.field,
    Group: Body.group,
    Constant: Body.constant,
    Drop: Body.drop,
    Outlined: Body.outlined,
}
