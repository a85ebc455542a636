"""The form of a file: decoded TOML held against the struct that it should become, every slip at once."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

import msgspec
from msgspec import UNSET, Struct, structs

from adapter.lens.rules import Finding, find_near


class Slip(NamedTuple):
    """One thing wrong with the form: a rule's name, the place such as ``order[0].codec``, what is said of it."""

    rule: str
    place: str
    message: str
    suggestion: str = ""


def find_slips(data: Any, struct: type[Struct]) -> tuple[Any, list[Slip]]:
    """The data as it was probably meant, and every slip in it.

    A misspelt key is read as its neighbour, what else is wrong is left out. Where something is missing the rest
    still does not convert.
    """
    slips: list[Slip] = []
    return _read(data, struct, "", slips), slips


def as_findings(slips: list[Slip], source: str) -> list[Finding]:
    """Slips as findings in a file."""
    return [
        Finding(slip.rule, f"{source}: {slip.place or 'top level'}", slip.message, suggestion=slip.suggestion)
        for slip in slips
    ]


def _read(data: Any, kind: Any, place: str, slips: list[Slip]) -> Any:
    """What was meant by a value; UNSET where it is of a wrong type."""
    for branch in _branches(kind):
        origin = get_origin(branch)
        if isinstance(branch, type) and issubclass(branch, Struct) and isinstance(data, dict):
            return _read_struct(data, branch, place, slips)
        if origin is dict and isinstance(data, dict):
            inner = get_args(branch)[1]
            found = {key: _read(value, inner, _member(place, key), slips) for key, value in data.items()}
            return {key: value for key, value in found.items() if value is not UNSET}
        if origin is tuple and isinstance(data, list):
            inner = get_args(branch)[0]
            items = [_read(item, inner, f"{place}[{i}]", slips) for i, item in enumerate(data)]
            return [item for item in items if item is not UNSET]
    return _read_leaf(data, kind, place, slips)


def _read_struct(data: dict[str, Any], struct: type[Struct], place: str, slips: list[Slip]) -> dict[str, Any]:
    fields = _fields(struct)
    meant: dict[str, Any] = {}
    for key, value in _respell(data, fields, place, slips):
        found = _read(value, fields[key].type, _member(place, key), slips)
        if found is not UNSET:
            meant[key] = found
    for name, field in fields.items():
        if field.required and name not in meant and name not in data:
            slips.append(Slip("missing_key", place, f"missing required field `{name}`"))
    return meant


@lru_cache
def _fields(struct: type[Struct]) -> dict[str, structs.FieldInfo]:
    return {field.encode_name: field for field in structs.fields(struct)}


def _respell(
    data: Mapping[str, Any], known: Mapping[str, Any], place: str, slips: list[Slip]
) -> Iterator[tuple[str, Any]]:
    for key, value in data.items():
        if key in known:
            yield key, value
            continue
        near = find_near(key.lower(), known)
        hint = f", did you mean `{near}`?" if near else f"; known: {', '.join(sorted(known))}"
        slips.append(Slip("unknown_key", place, f"unknown field `{key}`{hint}", near))
        if near and near not in data:
            yield near, value


def _read_leaf(data: Any, kind: Any, place: str, slips: list[Slip]) -> Any:
    try:
        msgspec.convert(data, kind)
    except msgspec.ValidationError as exc:
        literals = [branch for branch in _branches(kind) if get_origin(branch) is Literal]
        choices = [str(choice) for branch in literals for choice in get_args(branch)]
        alike = [choice for choice in choices if choice.lower() == str(data).lower()]
        near = alike[0] if alike else find_near(str(data), choices)
        hint = f", did you mean {near!r}?" if near else f"; known: {', '.join(choices)}" if choices else ""
        slips.append(Slip("wrong_value", place, str(exc).partition(" - at `$")[0] + hint, near))
        return near or UNSET
    return data


def _branches(kind: Any) -> tuple[Any, ...]:
    """The members of a union, annotations aside."""
    if get_origin(kind) is Annotated:
        return _branches(get_args(kind)[0])
    return get_args(kind) if get_origin(kind) in (UnionType, Union) else (kind,)


def _member(place: str, key: str) -> str:
    return f"{place}.{key}" if place else key
