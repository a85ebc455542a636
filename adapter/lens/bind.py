"""Rows held against both schemas: paths parsed, codecs chosen, shapes opened, nulls decided."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from msgspec import UNSET

from adapter.lens.bound import (
    Bound,
    BoundBeside,
    BoundCodec,
    Conditions,
    Constant,
    Drop,
    Field,
    Group,
    LeftOut,
    Outlined,
)
from adapter.lens.codecs import Codec, chain_codecs, copy_tree, make_table
from adapter.lens.kinds import find_kind
from adapter.lens.rows import Beside, CodecUse, Direction, Outline, Paths, Row, Shape, as_paths
from adapter.lens.rules import Finding, Refused, unknown
from adapter.lens.schemas import SchemaView
from adapter.lens.templates import Template, parse_template
from adapter.lens.trees import Path, leaves, parse_path

# Stands in for the schema of a member that is not there, so that one misspelt path is one finding.
OPEN = SchemaView({})


class Binder:
    """Binds the rows of one mapping; everything that is wrong with one becomes one of ``findings``.

    ``source`` stands before every place that it names, such as ``lana.toml: ``; ``places`` are other
    names for the places of rows and codecs that came from another file. Rows with findings are bound as
    well as can be, so that those after them can be looked at; they must not be compiled.
    """

    def __init__(
        self,
        source: str,
        codecs: Mapping[str, Codec],
        uses: Mapping[str, CodecUse],
        shapes: Mapping[str, Shape],
        canonical_root: SchemaView,
        dialect_root: SchemaView,
        places: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.source = source
        self.codecs = codecs
        self.uses = uses
        self.shapes = shapes
        self.canonical_root = canonical_root
        self.dialect_root = dialect_root
        self.places = places
        self.bound_shapes: list[tuple[Bound, ...]] = []
        self.findings: list[Finding] = []

    def bind(self, rows: tuple[Row, ...], canonical: SchemaView, dialect: SchemaView, at: str) -> tuple[Bound, ...]:
        """Bind rows in their order; ``at`` is their place, such as ``lana.toml: order``."""
        return tuple(self._bind_row(row, canonical, dialect, self._place(f"{at}[{i}]")) for i, row in enumerate(rows))

    def _place(self, at: str) -> str:
        return self.places.get(at, at)

    def _bind_row(self, row: Row, canonical: SchemaView, dialect: SchemaView, at: str) -> Bound:
        try:
            return BINDERS[find_kind(row, at)](self, row, canonical, dialect, at)
        except Refused as exc:
            self.findings.append(exc.finding)
            ours = tuple(_guess(text, canonical, self.canonical_root)[0] for text in as_paths(row.canonical))
            theirs = tuple(_guess(text, dialect, self.dialect_root)[0] for text in as_paths(row.dialect))
            return LeftOut(at, ours, row.drop or "", theirs)

    def _field(self, row: Row, canonical: SchemaView, dialect: SchemaView, at: str) -> Bound:
        ours = tuple(
            self._find(path, canonical, self.canonical_root, at, "canonical") for path in as_paths(row.canonical)
        )
        theirs = tuple(self._find(path, dialect, self.dialect_root, at, "dialect") for path in as_paths(row.dialect))
        codec = self._codec(row, canonical, dialect, at) or _carry_whole([view for _, view in ours + theirs])
        if len(ours) > 1 and codec is None:
            raise Refused("codec_setup", "several canonical members need a codec that joins them", at=f"{at}.codec")
        return Field(
            at=at,
            canonical=tuple(path for path, _ in ours),
            dialect=tuple(path for path, _ in theirs),
            codec=codec,
            default=None if row.default is UNSET else self._constant_value(row.default, f"{at}.default"),
            when=self._when(row, canonical, at),
            only=row.only,
            lossy=row.lossy or "",
            keeps_null={
                "to_dialect": all(view.nullable() for _, view in theirs),
                "to_canonical": all(view.nullable() for _, view in ours),
            },
        )

    def _group(self, row: Row, canonical: SchemaView, dialect: SchemaView, at: str) -> Bound:
        our_path, ours = self._find(_one(row.canonical, at), canonical, self.canonical_root, at, "canonical")
        their_path, theirs = self._find(_one(row.dialect, at), dialect, self.dialect_root, at, "dialect")
        many = row.each is not None
        for path, view in ((our_path, ours), (their_path, theirs)):
            if not many and view.types() and "object" not in view.types():
                raise Refused("no_group", f"`shape` needs an object, and {path} is none", at=at)
        inner = (_items(ours, at), _items(theirs, at)) if many else (ours, theirs)
        return Group(
            at=at,
            canonical=our_path,
            dialect=their_path,
            rows=self.bind(row.each, *inner, f"{at}.each") if row.each is not None else self._shape(row, *inner, at),
            many=many,
            keeps_null={"to_dialect": theirs.nullable(), "to_canonical": ours.nullable()},
        )

    def _constant(self, row: Row, canonical: SchemaView, dialect: SchemaView, at: str) -> Bound:
        towards: Direction = "to_dialect" if row.dialect else "to_canonical"
        view, text = (dialect, row.dialect) if row.dialect else (canonical, row.canonical)
        root = self.dialect_root if row.dialect else self.canonical_root
        path, _ = self._find(_one(text, at), view, root, at, towards[3:])
        return Constant(
            at, towards, path, self._constant_value(row.const, f"{at}.const"), self._when(row, canonical, at)
        )

    def _drop(self, row: Row, canonical: SchemaView, _dialect: SchemaView, at: str) -> Bound:
        paths = as_paths(row.canonical)
        return Drop(
            at,
            tuple(self._find(path, canonical, self.canonical_root, at, "canonical")[0] for path in paths),
            row.drop or "",
        )

    def _outlined(self, row: Row, canonical: SchemaView, dialect: SchemaView, at: str) -> Bound:
        outline: Outline = row.outline  # type: ignore[assignment]  # _kind saw it
        to, side = self._find(outline.to, self.dialect_root, self.dialect_root, at, "outline.to")
        return Outlined(
            at=at,
            unless=self._find(outline.unless, canonical, self.canonical_root, at, "outline.unless")[0],
            to=to,
            index=self._find(outline.index, dialect, self.dialect_root, at, "outline.index")[0],
            rows=self.bind(outline.rows, canonical, _items(side, at), f"{at}.outline.rows"),
            inline=outline.inline,
        )

    def _when(self, row: Row, canonical: SchemaView, at: str) -> Conditions:
        return tuple(
            (
                self._find(path, canonical, self.canonical_root, at, "when")[0],
                self._constants(values, f"{at}.when") or (None,),
            )
            for path, values in (row.when or {}).items()
        )

    def _shape(self, row: Row, canonical: SchemaView, dialect: SchemaView, at: str) -> tuple[Bound, ...]:
        """Bind a shape; one that comes out the same in two places is one, and compiles to one function."""
        name = row.shape or ""
        if name not in self.shapes:
            message, near = unknown("shape", name, self.shapes)
            raise Refused("unknown_shape", message, at=f"{at}.shape", suggestion=near)
        bound = self.bind(self.shapes[name].rows, canonical, dialect, f"{self.source}shape.{name}.rows")
        known = next((other for other in self.bound_shapes if other == bound), None)
        if known is None:
            self.bound_shapes.append(bound)
        return known or bound

    def _codec(self, row: Row, canonical: SchemaView, dialect: SchemaView, at: str) -> BoundCodec | None:
        if row.table is not None:
            back, otherwise = row.back or {}, None if row.otherwise is UNSET else row.otherwise
            self._constants([*row.table.values(), *back.values(), otherwise], f"{at}.table")
            codec = make_table(row.table, back, otherwise)
            return BoundCodec("table", codec, table=row.table, back=back, otherwise=otherwise)
        if row.codec is None:
            return None
        return _chain([self._one_codec(name, canonical, dialect, at) for name in as_paths(row.codec)], f"{at}.codec")

    def _one_codec(self, name: str, canonical: SchemaView, dialect: SchemaView, at: str) -> BoundCodec:
        use = self.uses.get(name, CodecUse(use=name))
        place = self._place(f"{self.source}codec.{name}") if name in self.uses else f"{at}.codec"
        if use.use not in self.codecs:
            message, near = unknown("codec", use.use, {**self.codecs, **self.uses})
            raise Refused("unknown_codec", message, at=place, suggestion=near)
        codec = self.codecs[use.use]
        for message in _setup_faults(use, codec):
            self.findings.append(Finding("codec_setup", place, message))
        beside = None if use.beside is None else self._beside(use.beside, canonical, dialect, place)
        return BoundCodec(use.use, codec, beside, use.options, called=name)

    def _beside(self, beside: Beside, canonical: SchemaView, dialect: SchemaView, at: str) -> BoundBeside:
        ours, _ = self._find(beside.canonical, canonical, self.canonical_root, at, "beside.canonical")
        theirs, _ = self._find(beside.dialect, dialect, self.dialect_root, at, "beside.dialect")
        return BoundBeside(ours, theirs, self._constant_value(beside.default, f"{at}.beside.default"))

    def _find(self, text: str, view: SchemaView, root: SchemaView, at: str, key: str) -> tuple[Path, SchemaView]:
        """A path and its declared schema; where there is none, a finding, and the nearest there is."""
        path, found, fault = _guess(text, view, root)
        if fault is not None:
            self.findings.append(Finding("unknown_member", f"{at}.{key}", fault[0], suggestion=fault[1]))
        return path, found

    def _constant_value(self, value: Any, at: str) -> Template:
        """A constant of a mapping: text, whole number, truth value, or a tree of those."""
        for _, leaf in leaves(value):
            if leaf is not None and not isinstance(leaf, (str, int, dict, list)):
                message = f"expected text, a whole number or a truth value, found {leaf!r}"
                self.findings.append(Finding("not_json", at, message))
        return parse_template(value)

    def _constants(self, values: Sequence[Any], at: str) -> tuple[Any, ...]:
        return tuple(self._constant_value(value, at).value for value in values)


BINDERS: dict[str, Callable[[Binder, Row, SchemaView, SchemaView, str], Bound]] = {
    "const": Binder._constant,
    "drop": Binder._drop,
    "outline": Binder._outlined,
    "each": Binder._group,
    "shape": Binder._group,
    "field": Binder._field,
}


def _setup_faults(use: CodecUse, codec: Codec) -> Iterator[str]:
    if codec.beside != (use.beside is not None):
        yield f"codec {use.use!r} {'needs' if codec.beside else 'takes no'} `beside`"
    if codec.options != frozenset(use.options):
        yield f"codec {use.use!r} expects the options {sorted(codec.options)}, found {sorted(use.options)}"


def _chain(parts: Sequence[BoundCodec], at: str) -> BoundCodec:
    """The codecs of a row as one."""
    if not parts:
        raise Refused("codec_setup", "expected at least one codec", at=at)
    if len(parts) == 1:
        return parts[0]
    besides = [part.beside for part in parts if part.beside is not None]
    if len(besides) > 1:
        message = f"expected codecs of which one at most reads `beside`, found {len(besides)}"
        raise Refused("codec_setup", message, at=at)
    codec = chain_codecs(tuple(part.codec for part in parts))
    options = {str(number): part.options for number, part in enumerate(parts)}
    name = "_then_".join(part.name for part in parts)
    called = ", then ".join(part.called for part in parts)
    return BoundCodec(name, codec, besides[0] if besides else None, options, called, parts=tuple(parts))


def _carry_whole(views: list[SchemaView]) -> BoundCodec | None:
    """A copy of an object or list that no rows take apart, so that later rows do not write into the original."""
    whole = any({"object", "array"} & view.types() for view in views)
    return BoundCodec("whole", Codec(copy_tree, copy_tree)) if whole else None


def _guess(text: str, view: SchemaView, root: SchemaView) -> tuple[Path, SchemaView, tuple[str, str] | None]:
    """A path with its schema, each unknown key read as the nearest; what was said of the first such, and the whole
    path that was probably meant.
    """
    path, message, near = parse_path(text), "", ""
    here = root if path.rooted else view
    keys: list[str] = []
    for key in path.keys:
        known = here.names()
        if key not in known:
            said, near = unknown("member", key, known)
            message, key = message or said, near or key
        here = here.member((key,)) or OPEN
        keys.append(key)
    if not keys:
        return Path(("",)), OPEN, (f"expected a path to a member, found {text!r}", "")
    meant = path._replace(keys=tuple(keys))
    suggestion = ".".join(keys) if near else ""
    return meant, here, (message, suggestion) if message else None


def _one(paths: Paths, at: str) -> str:
    found = as_paths(paths)
    if len(found) != 1:
        raise Refused("contradiction", "expected exactly one path on each side", at=at)
    return found[0]


def _items(view: SchemaView, at: str) -> SchemaView:
    item = view.item()
    if item is None:
        raise Refused("no_group", "`each` and `outline` need a list with a declared item schema", at=at)
    return item
