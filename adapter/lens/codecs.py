"""Reversible value rewrites, each a pair of functions that live and are chosen together."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from functools import cache
from typing import Any, NamedTuple

Options = Mapping[str, Any]
Rewrite = Callable[[Any, Any, Options], Any]


class CodecError(ValueError):
    """A value that has no counterpart; the message says what was expected and found, the lens adds where."""

    def __init__(self, message: str, code: str = "no_counterpart") -> None:
        super().__init__(message)
        self.code = code


class Kinds(NamedTuple):
    """What a codec expects of the members it stands between, as far as it can be said before any value is there.

    ``canonical`` has a JSON type for each member that it joins, ``dialect`` the types the other side may have,
    ``means`` what each canonical member must mean (see ``fit.Meanings``), ``beside`` what its sibling must mean,
    ``choices`` the options' values, each with the dialect's types under it; ``some`` the types of which one
    must be among the dialect's, for a codec that does nothing otherwise.
    """

    canonical: tuple[str, ...] = ()
    dialect: tuple[str, ...] = ()
    means: tuple[str, ...] = ()
    beside: str = ""
    choices: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    some: tuple[str, ...] = ()


class Codec(NamedTuple):
    """A pair of rewrites ``(value, beside, options) -> value``; None out means absent.

    Over several canonical members the canonical value is a tuple. ``lossy`` says in words what the way back
    cannot restore; ``absent`` gives what stands for a value that is not there.
    """

    to_dialect: Rewrite
    to_canonical: Rewrite
    lossy: str = ""
    absent: Callable[[Any, Options], Any] | None = None
    beside: bool = False
    options: frozenset[str] = frozenset()
    kinds: Kinds = Kinds()


def make_table(pairs: Mapping[str, Any], back: Mapping[str, Any], otherwise: Any) -> Codec:
    """A table of a mapping as a codec: value for value, ``back`` where two rows fall together.

    ``otherwise`` (the mapping's ``else``) is the canonical value that stands for any other dialect value;
    without it an unlisted value has no counterpart.
    """
    inverse = {str(dialect): canonical for canonical, dialect in reversed(list(pairs.items()))} | dict(back)

    def to_dialect(value: Any, _beside: Any, _options: Options) -> Any:
        return _look_up(pairs, value, None)

    def to_canonical(value: Any, _beside: Any, _options: Options) -> Any:
        return _look_up(inverse, value, otherwise)

    values = [str(value) for value in pairs.values()]
    fall = sorted({value for value in values if values.count(value) > 1})
    lossy = f"several canonical values become {', '.join(fall)}" if fall else ""
    return Codec(to_dialect, to_canonical, lossy=lossy)


@cache  # equal chains are one, so that a shape used twice still compiles to one function
def chain_codecs(codecs: tuple[Codec, ...]) -> Codec:
    """Codecs one after another, in this order towards the dialect and in the other one back.

    The options are those of each codec under its number, ``{"0": {...}, "1": {...}}``; at most one of them reads
    along beside. What one of them leaves out is left out of the whole, unless the next has a stand-in for it.
    """
    numbered = tuple((str(number), codec) for number, codec in enumerate(codecs))

    def to_dialect(value: Any, beside: Any, options: Options) -> Any:
        for number, codec in numbered:
            if value is not None:
                value = codec.to_dialect(value, beside if codec.beside else None, options[number])
            elif codec.absent is not None:
                value = codec.absent(beside if codec.beside else None, options[number])
        return value

    def to_canonical(value: Any, beside: Any, options: Options) -> Any:
        for number, codec in reversed(numbered):
            if value is None:
                return None
            value = codec.to_canonical(value, beside if codec.beside else None, options[number])
        return value

    def absent(beside: Any, options: Options) -> Any:
        return to_dialect(None, beside, options)

    return Codec(
        to_dialect,
        to_canonical,
        lossy="; ".join(codec.lossy for codec in codecs if codec.lossy),
        absent=absent if any(codec.absent for codec in codecs) else None,
        beside=any(codec.beside for codec in codecs),
        kinds=Kinds(
            canonical=codecs[0].kinds.canonical,
            dialect=codecs[-1].kinds.dialect,
            means=next((codec.kinds.means for codec in codecs if codec.kinds.means), ()),
            beside=next((codec.kinds.beside for codec in codecs if codec.kinds.beside), ""),
        ),
    )


def _look_up(pairs: Mapping[str, Any], value: Any, otherwise: Any) -> Any:
    found = pairs.get(str(value), otherwise)
    if found is None:
        raise CodecError(f"expected one of {', '.join(sorted(pairs))}, found {value!r}")
    return found


def keep(value: Any, _beside: Any, _options: Options) -> Any:
    """The value itself."""
    return value


def copy_tree(value: Any, _beside: Any, _options: Options) -> Any:
    """A copy that shares nothing with the value."""
    return deepcopy(value)


def leave_out_blank(value: Any, _beside: Any, _options: Options) -> Any:
    """The value itself, unless it is an empty text."""
    return None if value == "" else value


def _to_text(value: Any, _beside: Any, _options: Options) -> str:
    return str(value)


def _to_integer(value: Any, _beside: Any, _options: Options) -> int:
    # int() also takes "1_0", " 1" and non-ASCII digits, none of which is a number on a wire
    if not (isinstance(value, str) and value.isascii() and value.removeprefix("-").isdigit()):
        raise CodecError(f"expected digits, found {value!r}")
    return int(value)


def _to_upper(value: Any, _beside: Any, _options: Options) -> str:
    return str(value).upper()


def _to_lower(value: Any, _beside: Any, _options: Options) -> str:
    return str(value).lower()


def _to_list(value: Any, _beside: Any, _options: Options) -> list[Any]:
    return [value]


def _from_list(value: Any, _beside: Any, _options: Options) -> Any:
    return value[0] if value else None


TEXT_TO_TEXT = Kinds(("string",), ("string",))

GENERIC_CODECS: dict[str, Codec] = {
    "integer_text": Codec(_to_text, _to_integer, kinds=Kinds(("integer",), ("string",))),
    "text": Codec(
        keep,
        _to_text,
        lossy="the dialect's number comes back as text",
        kinds=Kinds(("string",), ("string", "integer", "number"), some=("integer", "number")),
    ),
    "upper_case": Codec(_to_upper, keep, lossy="comes back in upper case", kinds=TEXT_TO_TEXT),
    "lower_case": Codec(_to_lower, keep, lossy="comes back in lower case", kinds=TEXT_TO_TEXT),
    "only_item": Codec(_to_list, _from_list, kinds=Kinds(dialect=("array",))),
    "blank_if_absent": Codec(
        keep,
        leave_out_blank,
        lossy="an empty text comes back as absent",
        absent=lambda _beside, _options: "",
        kinds=TEXT_TO_TEXT,
    ),
}
