"""Whether values fit where rows put them: types, formats, enums, and what codecs are meant for."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice, pairwise, product
from types import NoneType
from typing import Any, NamedTuple

import jsonschema_rs

from adapter.lens.bound import Bound, BoundCodec, Constant, Field, Group, Outlined
from adapter.lens.codecs import Kinds
from adapter.lens.rows import Direction
from adapter.lens.rules import Finding
from adapter.lens.schemas import SchemaView
from adapter.lens.templates import Template, fill, parse_template
from adapter.lens.trees import Path, leaves


class About(NamedTuple):
    """What is known of a {reference} beforehand: its JSON types, all or samples of its values, its format.

    No types and no values mean that nothing is known; ``may_lack`` that it may lead to nothing.
    """

    types: frozenset[str] = frozenset()
    values: tuple[Any, ...] = ()
    may_lack: bool = False
    format: str = ""


class Meanings(NamedTuple):
    """What canonical members mean, by their last key, and which meanings (with the type) have several spellings."""

    of: Mapping[str, str] = {}
    bare: Mapping[str, str] = {}

    def find(self, path: Path) -> str:
        """The meaning of a member; empty where none is known."""
        return self.of.get(path.keys[-1], "")


class Knowledge(NamedTuple):
    """What the rules know beside rows and schemas."""

    about: Callable[[str], About] = lambda _: About()
    meanings: Meanings = Meanings()
    towards: Direction = "to_dialect"


class Sides(NamedTuple):
    """The schemas at hand and those of the roots, ours and theirs."""

    ours: SchemaView
    theirs: SchemaView
    our_root: SchemaView
    their_root: SchemaView

    def canonical(self, path: Path) -> SchemaView:
        return (self.our_root if path.rooted else self.ours).member(path.keys) or SchemaView({})

    def dialect(self, path: Path) -> SchemaView:
        return (self.their_root if path.rooted else self.theirs).member(path.keys) or SchemaView({})


def walk(rows: Sequence[Bound], sides: Sides) -> Iterator[tuple[Field | Constant, Sides]]:
    """Every row that carries a value, with the schemas at hand where it stands."""
    for row in rows:
        if isinstance(row, Group):
            ours, theirs = sides.canonical(row.canonical), sides.dialect(row.dialect)
            inner = (ours.item() or ours, theirs.item() or theirs) if row.many else (ours, theirs)
            yield from walk(row.rows, sides._replace(ours=inner[0], theirs=inner[1]))
        elif isinstance(row, Outlined):
            side = sides.their_root.member(row.to.keys) or SchemaView({})
            yield from walk(row.rows, sides._replace(theirs=side.item() or side))
        elif isinstance(row, (Field, Constant)):
            yield row, sides


def check_fit(rows: Sequence[Bound], sides: Sides, known: Knowledge) -> Iterator[Finding]:
    """Every row whose values do not fit, inside lists and shapes too."""
    for row, here in walk(rows, sides):
        if isinstance(row, Field):
            yield from _check_field(row, here, known)
        else:
            view = here.dialect(row.path) if row.towards == "to_dialect" else here.canonical(row.path)
            yield from template_faults(row.value, view, known.about, f"{row.at}.const")


def _check_field(row: Field, sides: Sides, known: Knowledge) -> Iterator[Finding]:
    ours, theirs = [sides.canonical(path) for path in row.canonical], [sides.dialect(path) for path in row.dialect]
    if row.codec is None or row.codec.name == "whole":
        yield from _carried(row, ours, theirs, known.meanings)
    elif not row.codec.is_table():
        for message in _codec_faults(row, row.codec, ours, theirs, known):
            yield Finding("wrong_codec", f"{row.at}.codec", message)
    if row.default is not None:
        # it stands for the canonical value; where no codec rewrites that, it is the dialect's as well
        views = ours[:1] + (theirs if row.codec is None and known.towards == "to_dialect" else [])
        for view in views:
            yield from template_faults(row.default, view, known.about, f"{row.at}.default")


def _carried(row: Field, ours: list[SchemaView], theirs: list[SchemaView], meanings: Meanings) -> Iterator[Finding]:
    for path, left in zip(row.canonical, ours, strict=True):
        for right in theirs:
            for rule, message in _copy_faults(path, left, right, meanings):
                yield Finding(rule, row.at, message)


def _copy_faults(path: Path, ours: SchemaView, theirs: SchemaView, meanings: Meanings) -> Iterator[tuple[str, str]]:
    """Why a value cannot be copied as it is, be it an object or list with all that is in it."""
    meaning = meanings.find(path)
    if message := _find_mismatch(ours, theirs):
        yield "mismatch", message
    elif meanings.bare.get(meaning, "") in ours.types():
        yield "bare", f"expected a codec for {path}: {_article(meaning)} has several spellings"
    left, right = ours.item() or ours, theirs.item() or theirs
    for name in left.names() if right.names() else ():
        member, there = left.member((name,)), right.member((name,))
        inner = Path((*path.keys, name))
        if there is None:
            yield "mismatch", f"copied whole, though the dialect has no {inner}"
        elif member is not None:
            yield from _copy_faults(inner, member, there, meanings)


def _find_mismatch(ours: SchemaView, theirs: SchemaView) -> str:
    """Why a value cannot be carried as it is, in words; empty if it can, or if a side declares nothing."""
    left, right = ours.types() - {"null"}, theirs.types() - {"null"}
    # a whole number is a number, and 79.00 is no 79 cents
    if left and right and not (left & right or (left == {"integer"} and "number" in right)):
        return f"expected a codec from {'/'.join(sorted(left))} to {'/'.join(sorted(right))}"
    left, right = ours.formats(), theirs.formats()
    if left and right and not left & right:
        return f"expected one format, found {'/'.join(sorted(left))} and {'/'.join(sorted(right))}"
    return ""


def _codec_faults(
    row: Field, bound: BoundCodec, ours: list[SchemaView], theirs: list[SchemaView], known: Knowledge
) -> Iterator[str]:
    kinds, name = bound.codec.kinds, bound.name
    if kinds.canonical and len(kinds.canonical) != len(ours):
        yield f"codec {name!r} takes {len(kinds.canonical)} canonical members, found {len(ours)}"
        return
    for path, view, kind in zip(row.canonical, ours, kinds.canonical, strict=False):
        if not _admits(view, {kind}):
            yield f"codec {name!r} takes {kind}, and {path} is {_spell(view)}"
    if kinds.some and not any(_admits(view, {kind}) for view in theirs for kind in kinds.some):
        yield f"codec {name!r} is for {'/'.join(kinds.some)}, and no dialect member is one"
    for path, view in zip(row.canonical, ours, strict=True):
        meaning = known.meanings.find(path)
        if not kinds.means and (view.formats() or known.meanings.bare.get(meaning, "") in view.types()):
            yield f"codec {name!r} is not meant for {path}: expected one for {_article(meaning)}"
    for path, meaning in zip(row.canonical, kinds.means, strict=False):
        if known.meanings.of and known.meanings.find(path) != meaning:
            yield f"codec {name!r} is for {_article(meaning)}, and {path} is none"
    if (
        known.meanings.of
        and bound.beside
        and kinds.beside
        and kinds.beside != known.meanings.find(bound.beside.canonical)
    ):
        yield f"codec {name!r} reads {_article(kinds.beside)} beside, and {bound.beside.canonical} is none"
    for path, view in zip(row.dialect, theirs, strict=True):
        if kinds.dialect and not _admits(view, set(kinds.dialect)):
            yield f"codec {name!r} gives {'/'.join(kinds.dialect)}, and {path} is {_spell(view)}"
    for part in bound.parts or (bound,):
        yield from _option_faults(part, part.codec.kinds, theirs, known)
    for part, after in pairwise(bound.parts):
        given, taken = part.codec.kinds.dialect, after.codec.kinds.canonical
        if given and taken and taken[0] not in given:
            yield f"codec {part.name!r} gives {'/'.join(given)}, and {after.name!r} takes {taken[0]}"


def _option_faults(bound: BoundCodec, kinds: Kinds, theirs: list[SchemaView], known: Knowledge) -> Iterator[str]:
    for option in dict.fromkeys(name for name, _, _ in kinds.choices):
        choices = {value: types for name, value, types in kinds.choices if name == option}
        template = parse_template(bound.options.get(option))
        values = list(_resolutions(template, known.about)) if template.references else [template.value]
        for value in values:
            if value not in choices:
                yield f"expected the {option} to be one of {', '.join(sorted(choices))}, found {value!r}"
            # every value that a tenant may choose has a place; one that is fixed must have it here
            elif not template.references and choices[value]:
                for view in theirs:
                    if not _admits(view, set(choices[value])):
                        yield f"{option} {value!r} gives {'/'.join(choices[value])}, and the dialect has {_spell(view)}"


def _admits(view: SchemaView, kinds: set[str]) -> bool:
    types = view.types() - {"null"}
    return not types or bool(types & kinds) or ("number" in types and "integer" in kinds)


def _spell(view: SchemaView) -> str:
    return "/".join(sorted(view.types() - {"null"})) or "anything"


def _article(noun: str) -> str:
    return f"{'an' if noun[:1] in 'aeiou' else 'a'} {noun}"


def template_faults(template: Template, view: SchemaView, about: Callable[[str], About], at: str) -> Iterator[Finding]:
    """Values that a constant can have and its member cannot."""
    whole = template.value == f"{{{template.references[0]}}}" if template.references else False
    for value in _resolutions(template, about):
        if message := explain_value(value, view):
            source = f"{template.value} may be {value!r}: " if template.references else ""
            yield Finding("not_allowed", at, f"{source}{message}")
            return
    kinds, types = about(template.references[0]).types if whole else frozenset(), view.types()
    if whole and kinds and types and not any(_admits(view, {kind}) for kind in kinds):
        yield Finding("not_allowed", at, f"{template.value} is {'/'.join(sorted(kinds))}, expected {_spell(view)}")
    elif whole and view.formats() and about(template.references[0]).format not in {"", *view.formats()}:
        found, expected = about(template.references[0]).format, "/".join(sorted(view.formats()))
        yield Finding("not_allowed", at, f"{template.value} is of the format {found}, expected {expected}")
    elif template.references and not whole and isinstance(template.value, str) and types and "string" not in types:
        yield Finding("not_allowed", at, f"expected {_spell(view)}, found the text {template.value!r}")


def _resolutions(template: Template, about: Callable[[str], About]) -> Iterator[Any]:
    """What a constant can come to, as far as all of its references are known; at most some dozens."""
    values = [about(name).values for name in template.references]
    for chosen in islice(product(*values), 50):
        context: dict[str, Any] = {}
        for name, value in zip(template.references, chosen, strict=True):
            here = context
            for key in name.split(".")[:-1]:
                here = here.setdefault(key, {})
            here[name.split(".")[-1]] = value
        yield template.resolve(context) if isinstance(template.value, str) else fill(template.value, context)


def explain_value(value: Any, view: SchemaView) -> str:
    """Why a schema does not allow a value, in words; empty if it does, or if there is no value."""
    if any(not isinstance(leaf, (str, int, dict, list, NoneType)) for _, leaf in leaves(value)) or value is None:
        return ""  # what JSON cannot say is another rule's
    validator = jsonschema_rs.Draft202012Validator(view.whole(), validate_formats=True)
    error = next(validator.iter_errors(value), None)
    return "" if error is None else error.message
