"""Values that a mapping takes from its surroundings, such as ``"Bearer {secret.token}"``."""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from adapter.lens.trees import Tree, reach

REFERENCE = re.compile(r"\{([a-z_]+(?:\.[A-Za-z0-9_]+)+)\}")


# A value from its surroundings, as ``prepare`` makes it of a template.
Filler = Callable[[Tree], Any]


class Template(NamedTuple):
    """A constant, or one with texts that refer into a context; ``references`` are dotted paths."""

    value: Any
    references: tuple[str, ...]

    def resolve(self, context: Tree) -> Any:
        """The value here and now; None where a reference leads to nothing.

        A text that is one reference and nothing else keeps the type of what it refers to.
        """
        return prepare(self.value)(context)


def _spell(value: Any) -> str:
    """A value inside a text, truth values as JSON has them."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def parse_template(value: Any) -> Template:
    """A constant with the references in it, be it text or a list or object of texts."""
    return Template(value, tuple(dict.fromkeys(references(value))))


def prepare(value: Any) -> Filler:
    """``fill`` for one value that is filled again and again: what there is to find in it is found beforehand."""
    if isinstance(value, dict):
        members = [(key, prepare(member)) for key, member in value.items()]
        return lambda context: {key: found for key, part in members if (found := part(context)) is not None}
    if isinstance(value, list):
        items = [prepare(item) for item in value]
        return lambda context: [found for part in items if (found := part(context)) is not None]
    return _prepare_text(value) if isinstance(value, str) else lambda _context: value


def fill(value: Any, context: Tree) -> Any:
    """Resolve every text in a tree of constants; members and items that lead to nothing are left out."""
    return prepare(value)(context)


@lru_cache(maxsize=1024)  # the texts of a mapping, read again with every order
def _prepare_text(text: str) -> Filler:
    pieces: list[str] = REFERENCE.split(text)  # what stands around the references, and their names, by turns
    names = [tuple(name.split(".")) for name in pieces[1::2]]
    if not names:
        return lambda _context: text
    if pieces[0::2] == ["", ""]:
        return lambda context: reach(context, names[0])

    def fill_text(context: Tree) -> str | None:
        found = [reach(context, name) for name in names]
        if None in found:
            return None
        whole = list(pieces)
        whole[1::2] = map(_spell, found)
        return "".join(whole)

    return fill_text


def references(value: Any) -> Iterator[str]:
    """Every dotted name that a tree of constants refers to."""
    if isinstance(value, dict):
        for member in value.values():
            yield from references(member)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from references(item)
    elif isinstance(value, str):
        yield from REFERENCE.findall(value)
