"""Rows held against both schemas: paths parsed, codecs chosen, shapes opened, nulls decided."""

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

from msgspec import UNSET

from adapter.errors import MappingError
from adapter.lens.bound import Bound, BoundBeside, BoundCodec, Conditions, Constant, Drop, Field, Group, Outlined
from adapter.lens.codecs import Codec, chain_codecs, copy_tree, make_table
from adapter.lens.rows import Beside, CodecUse, Direction, Outline, Paths, Row, Shape, as_paths
from adapter.lens.schemas import SchemaView
from adapter.lens.templates import Template, parse_template
from adapter.lens.trees import Path, leaves, parse_path


class Binder:
    """Binds the rows of one mapping; everything it refuses is a ``MappingError`` naming the row.

    ``source`` stands before every place that it names, such as ``lana.toml: ``; ``places`` are other names for
    the places of rows and codecs that came from another file.
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

    def bind(self, rows: tuple[Row, ...], canonical: SchemaView, dialect: SchemaView, at: str) -> tuple[Bound, ...]:
        """Bind rows in their order; ``at`` is their place, such as ``lana.toml: order``."""
        return tuple(self._bind_row(row, canonical, dialect, self._place(f"{at}[{i}]")) for i, row in enumerate(rows))

    def _place(self, at: str) -> str:
        return self.places.get(at, at)

    def _bind_row(self, row: Row, canonical: SchemaView, dialect: SchemaView, at: str) -> Bound:
        kind = _kind(row, at)
        return BINDERS[kind](self, row, canonical, dialect, at)

    def _field(self, row: Row, canonical: SchemaView, dialect: SchemaView, at: str) -> Bound:
        ours = tuple(_find(path, canonical, self.canonical_root, at, "canonical") for path in as_paths(row.canonical))
        theirs = tuple(_find(path, dialect, self.dialect_root, at, "dialect") for path in as_paths(row.dialect))
        codec = self._codec(row, canonical, dialect, at) or _carry_whole([view for _, view in ours + theirs])
        if len(ours) > 1 and codec is None:
            raise MappingError("several canonical members need a codec that joins them", at=f"{at}.codec")
        return Field(
            at=at,
            canonical=tuple(path for path, _ in ours),
            dialect=tuple(path for path, _ in theirs),
            codec=codec,
            default=None if row.default is UNSET else _constant(row.default, f"{at}.default"),
            when=self._when(row, canonical, at),
            only=row.only,
            lossy=row.lossy or "",
            keeps_null={
                "to_dialect": all(view.nullable() for _, view in theirs),
                "to_canonical": all(view.nullable() for _, view in ours),
            },
            mismatch=_find_mismatch(ours[0][1], theirs[0][1]) if codec is None else "",
        )

    def _group(self, row: Row, canonical: SchemaView, dialect: SchemaView, at: str) -> Bound:
        our_path, ours = _find(_one(row.canonical, at), canonical, self.canonical_root, at, "canonical")
        their_path, theirs = _find(_one(row.dialect, at), dialect, self.dialect_root, at, "dialect")
        many = row.each is not None
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
        path, _ = _find(_one(text, at), view, root, at, towards[3:])
        return Constant(at, towards, path, _constant(row.const, f"{at}.const"), self._when(row, canonical, at))

    def _drop(self, row: Row, canonical: SchemaView, _dialect: SchemaView, at: str) -> Bound:
        paths = as_paths(row.canonical)
        return Drop(
            at, tuple(_find(path, canonical, self.canonical_root, at, "canonical")[0] for path in paths), row.drop or ""
        )

    def _outlined(self, row: Row, canonical: SchemaView, dialect: SchemaView, at: str) -> Bound:
        outline: Outline = row.outline  # type: ignore[assignment]  # _kind saw it
        to, side = _find(outline.to, self.dialect_root, self.dialect_root, at, "outline.to")
        return Outlined(
            at=at,
            unless=_find(outline.unless, canonical, self.canonical_root, at, "outline.unless")[0],
            to=to,
            index=_find(outline.index, dialect, self.dialect_root, at, "outline.index")[0],
            rows=self.bind(outline.rows, canonical, _items(side, at), f"{at}.outline.rows"),
            inline=outline.inline,
        )

    def _when(self, row: Row, canonical: SchemaView, at: str) -> Conditions:
        return tuple(
            (_find(path, canonical, self.canonical_root, at, "when")[0], _constants(values, f"{at}.when") or (None,))
            for path, values in (row.when or {}).items()
        )

    def _shape(self, row: Row, canonical: SchemaView, dialect: SchemaView, at: str) -> tuple[Bound, ...]:
        """Bind a shape; one that comes out the same in two places is one, and compiles to one function."""
        name = row.shape or ""
        if name not in self.shapes:
            raise MappingError(_unknown("shape", name, self.shapes), at=f"{at}.shape")
        bound = self.bind(self.shapes[name].rows, canonical, dialect, f"{self.source}shape.{name}.rows")
        known = next((other for other in self.bound_shapes if other == bound), None)
        if known is None:
            self.bound_shapes.append(bound)
        return known or bound

    def _codec(self, row: Row, canonical: SchemaView, dialect: SchemaView, at: str) -> BoundCodec | None:
        if row.table is not None:
            otherwise = None if row.otherwise is UNSET else row.otherwise
            _constants([*row.table.values(), *(row.back or {}).values(), otherwise], f"{at}.table")
            codec = make_table(row.table, row.back or {}, otherwise)
            return BoundCodec("table", codec, table=row.table, otherwise=otherwise)
        if row.codec is None:
            return None
        return _chain([self._one_codec(name, canonical, dialect, at) for name in as_paths(row.codec)], f"{at}.codec")

    def _one_codec(self, name: str, canonical: SchemaView, dialect: SchemaView, at: str) -> BoundCodec:
        use = self.uses.get(name, CodecUse(use=name))
        place = self._place(f"{self.source}codec.{name}") if name in self.uses else f"{at}.codec"
        if use.use not in self.codecs:
            raise MappingError(_unknown("codec", use.use, {**self.codecs, **self.uses}), at=place)
        codec = self.codecs[use.use]
        if codec.beside != (use.beside is not None):
            raise MappingError(f"codec {use.use!r} {'needs' if codec.beside else 'takes no'} `beside`", at=place)
        if codec.options != frozenset(use.options):
            expected, found = sorted(codec.options), sorted(use.options)
            raise MappingError(f"codec {use.use!r} expects the options {expected}, found {found}", at=place)
        beside = None if use.beside is None else self._beside(use.beside, canonical, dialect, place)
        return BoundCodec(use.use, codec, beside, use.options, called=name)

    def _beside(self, beside: Beside, canonical: SchemaView, dialect: SchemaView, at: str) -> BoundBeside:
        ours, _ = _find(beside.canonical, canonical, self.canonical_root, at, "beside.canonical")
        theirs, _ = _find(beside.dialect, dialect, self.dialect_root, at, "beside.dialect")
        return BoundBeside(ours, theirs, _constant(beside.default, f"{at}.beside.default"))


BINDERS: dict[str, Callable[[Binder, Row, SchemaView, SchemaView, str], Bound]] = {
    "const": Binder._constant,
    "drop": Binder._drop,
    "outline": Binder._outlined,
    "each": Binder._group,
    "shape": Binder._group,
    "field": Binder._field,
}

# What each kind of row may say besides its own key; anything else on it would be silently without effect.
ALLOWED: dict[str, set[str]] = {
    "const": {"canonical", "dialect", "when"},
    "drop": {"canonical"},
    "outline": set(),
    "each": {"canonical", "dialect"},
    "shape": {"canonical", "dialect"},
    "field": {
        "canonical",
        "dialect",
        "codec",
        "table",
        "back",
        "otherwise",
        "default",
        "when",
        "only",
        "lossy",
    },
}


# Pairs of keys of which the second means nothing without, or beside, the first.
NEEDS = (("back", "table"), ("otherwise", "table"), ("drop", "canonical"))
EXCLUDES = (("codec", "table"),)


def _kind(row: Row, at: str) -> str:
    said = {name for name in row.__struct_fields__ if getattr(row, name) not in (None, UNSET, ())}
    kind = next((name for name in ALLOWED if name in said), "field")
    extra = said - ALLOWED[kind] - {kind}
    if extra:
        raise MappingError(f"a row with `{kind}` cannot say {sorted(extra)}", at=at)
    for key, other in NEEDS:
        if key in said and other not in said:
            raise MappingError(f"`{key}` says nothing without `{other}`", at=at)
    for key, other in EXCLUDES:
        if {key, other} <= said:
            raise MappingError(f"expected `{key}` or `{other}`, found both", at=at)
    if kind == "const" and bool(row.canonical) == bool(row.dialect):
        raise MappingError("a constant names one side: `canonical` or `dialect`", at=at)
    if kind == "field" and not (row.canonical and row.dialect):
        raise MappingError("expected both `canonical` and `dialect`, or `drop` with its reason", at=at)
    return kind


def _constant(value: Any, at: str) -> Template:
    """A constant of a mapping: text, whole number, truth value, or a tree of those."""
    for _, leaf in leaves(value):
        if leaf is not None and not isinstance(leaf, (str, int, dict, list)):
            raise MappingError(f"expected text, a whole number or a truth value, found {leaf!r}", at=at)
    return parse_template(value)


def _constants(values: Sequence[Any], at: str) -> tuple[Any, ...]:
    return tuple(_constant(value, at).value for value in values)


def _chain(parts: Sequence[BoundCodec], at: str) -> BoundCodec:
    """The codecs of a row as one."""
    if not parts:
        raise MappingError("expected at least one codec", at=at)
    if len(parts) == 1:
        return parts[0]
    besides = [part.beside for part in parts if part.beside is not None]
    if len(besides) > 1:
        raise MappingError(f"expected codecs of which one at most reads `beside`, found {len(besides)}", at=at)
    codec = chain_codecs(tuple(part.codec for part in parts))
    options = {str(number): part.options for number, part in enumerate(parts)}
    name = "_then_".join(part.name for part in parts)
    called = ", then ".join(part.called for part in parts)
    return BoundCodec(name, codec, besides[0] if besides else None, options, called, parts=tuple(parts))


def _find_mismatch(ours: SchemaView, theirs: SchemaView) -> str:
    """Why a value cannot be carried as it is, in words; empty if it can, or if a side declares no type."""
    left, right = ours.types() - {"null"}, theirs.types() - {"null"}
    # a whole number is a number, and 79.00 is no 79 cents
    if not left or not right or left & right or (left == {"integer"} and "number" in right):
        return ""
    return f"expected a codec from {'/'.join(sorted(left))} to {'/'.join(sorted(right))}"


def _carry_whole(views: list[SchemaView]) -> BoundCodec | None:
    """A copy of an object or list that no rows take apart, so that later rows do not write into the original."""
    whole = any({"object", "array"} & view.types() for view in views)
    return BoundCodec("whole", Codec(copy_tree, copy_tree)) if whole else None


def _find(text: str, view: SchemaView, root: SchemaView, at: str, key: str) -> tuple[Path, SchemaView]:
    """A path and its declared schema, or an error that suggests the nearest name."""
    path = parse_path(text)
    if not path.keys:
        raise MappingError(f"expected a path to a member, found {text!r}", at=f"{at}.{key}")
    start = root if path.rooted else view
    for depth, name in enumerate(path.keys):
        if start.member(path.keys[: depth + 1]) is None:
            parent = start.member(path.keys[:depth])
            names = parent.names() if parent is not None else []
            raise MappingError(_unknown("member", name, names), at=f"{at}.{key}")
    found = start.member(path.keys)
    assert found is not None  # noqa: S101  # every step of the path was found above
    return path, found


def _unknown(what: str, name: str, known: Mapping[str, Any] | list[str]) -> str:
    near = get_close_matches(name, list(known), n=1)
    hint = f", did you mean {near[0]!r}?" if near else f"; known: {', '.join(sorted(known)) or 'none'}"
    return f"unknown {what} {name!r}{hint}"


def _one(paths: Paths, at: str) -> str:
    found = as_paths(paths)
    if len(found) != 1:
        raise MappingError("expected exactly one path on each side", at=at)
    return found[0]


def _items(view: SchemaView, at: str) -> SchemaView:
    item = view.item()
    if item is None:
        raise MappingError("`each` and `outline` need a list with a declared item schema", at=at)
    return item
