"""A mapping with one thing changed that still loads, or nearly so: what an integrator may have thought right.

Slips that a reader of the file may see are in ``mutants``, what it could say in very many ways in ``alternatives``.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import Any

from adapter.core.complaints import COMPLAINTS
from adapter.core.dialects import Dialect
from adapter.core.values.codecs import CODECS
from adapter.lens.rows import as_paths
from adapter.qa.mutants.mutants import Data, Keys, Mutant, Spot, edit, walk_rows

Change = tuple[Keys, str, Any]

# Options that take one of several words, where the codec itself does not list them.
WORDS = {"unit": ["major", "minor"]}


def make_changes(dialect: Dialect, data: Data, api: Data) -> Iterator[Mutant]:
    """What could as well have been said, of rows and of everything around them."""
    spots = list(walk_rows(dialect, data, api))
    changes: list[Change] = []
    for spot in spots:
        changes += [((*spot.keys, *keys), f"{spot.place}{what}", value) for keys, what, value in _change_row(spot)]
    changes += swap_rows(data, pairwise(spots))
    for part in PARTS:
        changes += part(data)
    yield from apply_changes(data, changes)


def apply_changes(data: Data, changes: Iterable[Change], kind: str = "") -> Iterator[Mutant]:
    """A mutant for each change."""
    for keys, name, value in changes:
        yield Mutant(name, name.split(" ")[0], (), edit(data, keys, value), kind)


def _change_row(spot: Spot) -> Iterator[Change]:
    row = spot.row
    for key in ("default", "only", "when", "else", "back"):
        if key in row:
            yield (key,), f".{key} dropped", None
    for side in ("canonical", "dialect"):
        paths = list(as_paths(row.get(side, ())))
        if len(paths) > 1 and "drop" not in row:  # what is dropped is dropped in any order
            yield (side,), f".{side} in another order", paths[::-1]
            for path in paths:
                rest = [other for other in paths if other != path]
                yield (side,), f".{side} without {path}", rest if len(rest) > 1 else rest[0]
    if row.get("only") == "to_canonical":
        yield ("only",), ".only = to_dialect", "to_dialect"
    for member, values in row.get("when", {}).items():
        for value in values:
            yield ("when", member), f".when.{member} without {value}", [one for one in values if one != value]
    yield from _change_values(row)


def _change_values(row: Data) -> Iterator[Change]:
    if isinstance(row.get("const"), str):
        yield ("const",), ".const = another text", "another"
    if isinstance(row.get("const"), list):
        yield ("const",), ".const emptied", []
    names = list(row.get("table", {}))
    for name, other in pairwise(names):
        if row["table"][name] != row["table"][other]:
            yield ("table", name), f".table.{name} = that of {other}", row["table"][other]
    if isinstance(row.get("else"), str) and names:
        yield ("else",), f".else = {names[0]}", names[0]
    for path in ("unless", "index"):
        if path in row.get("outline", {}):
            other = {"unless": "product_id", "index": "another"}[path]
            yield ("outline", path), f".outline.{path} = {other}", other


def swap_rows(data: Data, pairs: Iterable[tuple[Spot, Spot]]) -> Iterator[Change]:
    """Two rows of one list, both of single values without a codec, that trade their dialect paths."""
    for one, other in pairs:
        if one.keys[:-1] == other.keys[:-1] and _is_plain(one.row) and _is_plain(other.row):
            rows = list(look_up(data, one.keys[:-1]))
            first, second = one.keys[-1], other.keys[-1]
            rows[first] = one.row | {"dialect": other.row["dialect"]}
            rows[second] = other.row | {"dialect": one.row["dialect"]}
            yield one.keys[:-1], f"{one.place}.dialect and that of {other.place} swapped", rows


def _is_plain(row: Data) -> bool:
    return set(row) <= {"canonical", "dialect", "default"} and {"canonical", "dialect"} <= set(row)


def look_up(data: Data, keys: Keys) -> Any:
    """What is at a place of the data."""
    for key in keys:
        data = data[key]
    return data


def _change_steps(data: Data) -> Iterator[Change]:
    for number, step in enumerate(data["step"]):
        keys, at = ("step", number), f"step[{number}]"
        yield keys, f"{at} dropped", None
        for key in ("receipt", "echo", "in_list", "when", "unless", "pass_on"):
            if key in step:
                yield (*keys, key), f"{at}.{key} dropped", None
        for flag in ("receipt", "echo"):
            if flag not in step:
                yield (*keys, flag), f"{at}.{flag} said", True
        for key in ("keep", "pass_on"):
            for name in step.get(key, {}):
                yield (*keys, key, name), f"{at}.{key}.{name} = another member", "created_at"
    for number, (one, other) in enumerate(pairwise(data["step"])):
        steps = [*data["step"][:number], other, one, *data["step"][number + 2 :]]
        yield ("step",), f"step[{number}] and step[{number + 1}] swapped", steps


def _change_codecs(data: Data) -> Iterator[Change]:
    for name, use in data.get("codec", {}).items():
        keys, at = ("codec", name), f"codec.{name}"
        if "default" in use.get("beside", {}):
            yield (*keys, "beside", "default"), f"{at}.beside.default dropped", None
        for option, said in use.get("options", {}).items():
            codec = CODECS.get(use["use"])
            choices = [value for key, value, _ in codec.kinds.choices if key == option] if codec else []
            for value in choices or WORDS.get(option, []):
                if value != said:
                    yield (*keys, "options", option), f"{at}.options.{option} = {value}", value


def _change_outcome(data: Data) -> Iterator[Change]:
    lists = {name: data["outcome"].get(name, []) for name in ("rejected", "not_applied")}
    for name, other in (("rejected", "not_applied"), ("not_applied", "rejected")):
        for status in lists[name]:
            rest = [one for one in lists[name] if one != status]
            yield ("outcome", name), f"outcome.{name} without {status}", rest
            moved = {name: rest, other: [*lists[other], status]}
            yield ("outcome",), f"outcome.{name} with {status} in {other}", data["outcome"] | moved
    if "placed_if" in data["outcome"]:
        yield ("outcome", "placed_if"), "outcome.placed_if dropped", None
        for path, value in data["outcome"]["placed_if"].items():
            if isinstance(value, bool):
                yield ("outcome", "placed_if", path), f"outcome.placed_if.{path} turned round", not value


def _change_errors(data: Data) -> Iterator[Change]:
    errors = data.get("error", {})
    for key in ("said", "warnings"):
        for number, said in enumerate(errors.get(key, ())):
            yield ("error", key, number), f"error.{key}[{number}] dropped", None
            for name in said:
                if name == "else":
                    yield ("error", key, number, name), f"error.{key}[{number}].else = throttled", "throttled"
                if name != "at":
                    yield ("error", key, number, name), f"error.{key}[{number}].{name} dropped", None
    for code, ours in errors.get("codes", {}).items():
        yield ("error", "codes", code), f"error.codes.{code} dropped", None
        other = next(name for name in COMPLAINTS if name != ours)
        yield ("error", "codes", code), f"error.codes.{code} = {other}", other
    for code, state in errors.get("proves", {}).items():
        yield ("error", "proves", code), f"error.proves.{code} dropped", None
        for other in ("rejected", "not_applied", "unknown"):
            if other != state:
                yield ("error", "proves", code), f"error.proves.{code} = {other}", other


def _change_lookup(data: Data) -> Iterator[Change]:
    lookup = data.get("lookup")
    if lookup is None:
        return
    yield ("lookup",), "lookup dropped", None
    for key in ("among", "more"):
        if key in lookup:
            yield ("lookup", key), f"lookup.{key} dropped", None
    for key in ("query", "path", "match"):
        for name in lookup.get(key, {}):
            yield ("lookup", key, name), f"lookup.{key}.{name} dropped", None
            yield ("lookup", key, name), f"lookup.{key}.{name} = another", "another"
    for step in data["step"]:
        if step["name"] != lookup["step"]:
            yield ("lookup", "step"), f"lookup.step = {step['name']}", step["name"]


def _change_surroundings(data: Data) -> Iterator[Change]:
    for name, setting in data.get("setting", {}).items():
        if "default" in setting:
            yield ("setting", name, "default"), f"setting.{name}.default dropped", None
        for choice in setting.get("choices", ()):
            if "default" in setting and choice != setting["default"]:
                yield ("setting", name, "default"), f"setting.{name}.default = {choice}", choice
    if "header" in data["idempotency"]:
        yield ("idempotency", "header"), "idempotency.header dropped", None
        yield ("idempotency", "header"), "idempotency.header = another", "X-Another"
    if "base_url" in data:
        yield ("base_url",), "base_url = another", "https://another.example"


PARTS: tuple[Callable[[Data], Iterator[Change]], ...] = (
    _change_steps,
    _change_codecs,
    _change_outcome,
    _change_errors,
    _change_lookup,
    _change_surroundings,
)
