"""A person's two names and their one full name."""

import re
from typing import Any

from nameparser import HumanName

from adapter.lens.codecs import Codec, Kinds, Options

# Kana, Han and Hangul: the family name comes first.
FAMILY_FIRST = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+\Z")


def join_name(first: str | None, last: str | None) -> str:
    """One full name in the order in which its bearer writes it."""
    given, family = (first or "").strip(), (last or "").strip()
    if FAMILY_FIRST.match(given) and FAMILY_FIRST.match(family):
        return f"{family} {given}"
    return f"{given} {family}".strip()


def split_name(full: str) -> tuple[str | None, str | None]:
    """First and last name such that joining them gives the full name again, word for word.

    Particles stay with the family name (van der Berg); a single word is a first name.
    """
    words = full.split()
    if len(words) < 2:
        return (words[0] if words else None), None
    if len(words) == 2 and all(map(FAMILY_FIRST.match, words)):
        return words[1], words[0]
    name = " ".join(words)
    family = HumanName(name).last
    if not family or not name.endswith(f" {family}"):
        family = words[-1]
    return name.removesuffix(family).strip(), family


def _to_full_name(names: Any, _beside: Any, _options: Options) -> str | None:
    return join_name(*names) or None


def _from_full_name(full: Any, _beside: Any, _options: Options) -> tuple[str | None, str | None]:
    return split_name(str(full))


NAME_CODECS: dict[str, Codec] = {
    "full_name": Codec(
        _to_full_name,
        _from_full_name,
        lossy="where the family name begins is a guess on the way back",
        kinds=Kinds(("string", "string"), ("string",), ("first name", "last name")),
    ),
}
