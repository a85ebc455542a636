"""A mapping with one thing wrong at a time: the slips of an integrator, row by row and key by key.

What an integrator may have thought right is in ``changes``.
"""

import copy
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any, NamedTuple

from adapter.core.canonical import COMPONENTS, ORDER_SCHEMA, RECEIPT_SCHEMA
from adapter.core.dialects import Dialect
from adapter.lens.rows import as_paths
from adapter.lens.schemas import SchemaView
from adapter.lens.trees import parse_path

Data = dict[str, Any]
Keys = tuple[Any, ...]


class Mutant(NamedTuple):
    """A name such as ``order[2].codec = text``, the row it is in, words by which a finding may name that row.

    ``kind`` names the alternatives it is one of, where there may be very many (see ``alternatives``).
    """

    name: str
    place: str
    clues: tuple[str, ...]
    data: Data
    kind: str = ""


class Spot(NamedTuple):
    """A row: where it is in the data, its place in words, the schemas that its paths are in."""

    keys: Keys
    place: str
    row: Data
    ours: SchemaView
    theirs: SchemaView


def make_slips(dialect: Dialect, data: Data, api: Data) -> Iterator[Mutant]:
    """Every slip in a mapping; none of them is the mapping itself."""
    spots = list(walk_rows(dialect, data, api))
    for spot in spots:
        yield from _mutate_row(data, spot)
    for number in range(len(data["step"])):
        yield from _mutate_step(data, number, api)
    yield from _mutate_sections(data)
    for name in data.get("codec", {}):
        yield from _mutate_codec(data, name, spots)


def _mutate_sections(data: Data) -> Iterator[Mutant]:
    for section in ("setting", "secret", "codec", "shape"):
        for name in data.get(section, {}):
            yield _mutant(data, (section, name), f"{section}.{name} dropped", f"{section}.{name}", (name,), None)
    for number, header in enumerate(data.get("header", ())):
        keys, at = ("header", number), f"header[{number}]"
        yield _mutant(data, (*keys, "value"), f"{at}.value misspelt", at, (), header["value"].replace("}", "x}"))
        # which of the headers is missing is told by what it would have said
        clues = (header["name"], *_names(header["value"]))
        yield _mutant(data, keys, f"{at} dropped", "header", clues, None)
    for name, setting in data.get("setting", {}).items():
        if "choices" in setting and "default" in setting:
            place = ("setting", name, "default")
            yield _mutant(data, place, f"setting.{name}.default no choice", f"setting.{name}", (), "no choice")


def _names(text: str) -> tuple[str, ...]:
    """What a text refers to, by name: a row that used a setting is known by it."""
    return tuple(part.partition("}")[0].partition(".")[2] for part in text.split("{")[1:])


def edit(data: Data, keys: Keys, value: Any) -> Data:
    """The data with one value in place of another; None deletes."""
    changed = copy.deepcopy(data)
    here = changed
    for key in keys[:-1]:
        here = here[key]
    if value is None:
        del here[keys[-1]]
    else:
        here[keys[-1]] = value
    return changed


def _mutant(data: Data, keys: Keys, name: str, place: str, clues: tuple[str, ...], value: Any) -> Mutant:
    return Mutant(name, place, clues, edit(data, keys, value))


def walk_rows(dialect: Dialect, data: Data, api: Data) -> Iterator[Spot]:
    """Every row of a mapping, one that is used twice once."""
    order, receipt = SchemaView(ORDER_SCHEMA, COMPONENTS), SchemaView(RECEIPT_SCHEMA, COMPONENTS)
    sections = {"order": (order, SchemaView(dialect.schema))}
    for section, ours in (("receipt", receipt), ("echo", order)):
        step = next((step for step in dialect.steps if getattr(step.rows, section)), None)
        if step is None or section not in data:
            continue
        view = SchemaView(step.operation.answer, api)
        sections[section] = (ours, (view.item() or view) if step.rows.in_list else view)
    for section, (our, their) in sections.items():
        seen: set[str] = set()
        for spot in _walk(data, data[section], (section,), section, (our, their), (our, their)):
            if spot.place not in seen:  # a shape is walked once for each use
                seen.add(spot.place)
                yield spot


def _walk(
    data: Data, rows: list[Data], keys: Keys, place: str, views: tuple[SchemaView, ...], roots: tuple[SchemaView, ...]
) -> Iterator[Spot]:
    for number, row in enumerate(rows):
        here, at = (*keys, number), f"{place}[{number}]"
        yield Spot(here, at, row, *views)
        if "each" in row or "shape" in row:
            sides = zip((row["canonical"], row["dialect"]), views, strict=True)
            inner = tuple(view.member(parse_path(path).keys) or view for path, view in sides)
            if "each" in row:
                items = tuple(view.item() or view for view in inner)
                yield from _walk(data, row["each"], (*here, "each"), f"{at}.each", items, roots)
            else:
                name = row["shape"]
                rows_of = data["shape"][name]["rows"]
                yield from _walk(data, rows_of, ("shape", name, "rows"), f"shape.{name}.rows", inner, roots)
        if "outline" in row:
            outline = row["outline"]
            side = roots[1].member(parse_path(outline["to"]).keys) or roots[1]
            inside = (views[0], side.item() or side)
            yield from _walk(data, outline["rows"], (*here, "outline", "rows"), f"{at}.outline.rows", inside, roots)


def _mutate_row(data: Data, spot: Spot) -> Iterator[Mutant]:
    row = spot.row
    paths = [*as_paths(row.get("canonical", ())), *as_paths(row.get("dialect", ()))]
    clues = tuple(parse_path(path).keys[-1] for path in paths) + _names(str(row.get("const", "")))
    clues += tuple(inner["canonical"] for inner in row.get("outline", {}).get("rows", ()))

    def change(key: str, value: Any, what: str) -> Mutant:
        return _mutant(data, (*spot.keys, key), f"{spot.place}.{key} {what}", spot.place, clues, value)

    yield _mutant(data, spot.keys, f"{spot.place} dropped", spot.place, clues, None)
    for key, view in (("canonical", spot.ours), ("dialect", spot.theirs)):
        yield from _mutate_paths(row, key, view, change)
    for key in ("lossy", "codec", "each", "outline", "const"):
        if key in row:
            yield change(key, None, "dropped")
    if "codec" in row:
        others = [*data["codec"], "text", "upper_case"]
        for other in dict.fromkeys(others):
            if other != row["codec"]:
                yield change("codec", other, f"= {other}")
    if "table" in row:
        yield from _mutate_table(row["table"], change)
    for key in ("const", "default"):
        if isinstance(row.get(key), str):
            yield change(key, row[key].replace("}", "x}") if "{" in row[key] else 7, "wrong")
    for member, values in row.get("when", {}).items():
        yield change("when", {f"{member}x": values}, "member misspelt")
        if values:
            yield change("when", {member: [*values[1:], f"{values[0]}x"]}, "value misspelt")
    if _feeds(spot):
        yield _starve(data, spot, clues)
    if "shape" in row:
        yield change("shape", f"{row['shape']}x", "misspelt")


def _feeds(spot: Spot) -> bool:
    """Whether a row by itself feeds the dialect; nobody has to feed an answer."""
    if not spot.place.startswith(("order", "shape")):
        return False
    return {"canonical", "dialect"} <= spot.row.keys() and not spot.row.keys() & {"each", "shape", "only"}


def _starve(data: Data, spot: Spot, clues: tuple[str, ...]) -> Mutant:
    """A row that still reads, well declared, and no longer feeds the dialect; the canonical member is dropped."""
    row = spot.row | {"only": "to_canonical", "lossy": "never sent"}
    return _mutant(data, spot.keys, f"{spot.place} only reads", spot.place, clues, row)


def _mutate_paths(row: Data, key: str, view: SchemaView, change: Callable[..., Mutant]) -> Iterator[Mutant]:
    paths = list(as_paths(row.get(key, ())))
    for number, path in enumerate(paths):
        others = [(f"{path}x", "misspelt")]
        others += [(_sibling(path, view, alike), f"as one of {what} type") for alike, what in KINDS_OF_SIBLING.items()]
        for other, what in others:
            if other:
                said = [*paths[:number], other, *paths[number + 1 :]]
                yield change(key, said if len(said) > 1 else said[0], f"{path} {what}")


# Whether a sibling has the member's own type, in words.
KINDS_OF_SIBLING = {False: "another", True: "its own"}


def _sibling(path: str, view: SchemaView, alike: bool) -> str:
    """The sibling of the nearest name that has none of a member's types, or all of them; empty where there is none."""
    return next(list_siblings(path, view, alike), "")


def list_siblings(path: str, view: SchemaView, alike: bool) -> Iterator[str]:
    """The siblings that have none of a member's types, or all of them, those with the nearest names first."""
    keys = parse_path(path).keys
    parent, own = view.member(keys[:-1]), view.member(keys)
    if path.startswith("/") or parent is None or own is None:  # a row of a receipt that only some answers have
        return
    types = own.types() - {"null"}
    for name in sorted(parent.names(), key=lambda name: (-len(set(name) & set(keys[-1])), name)):
        found = (parent.member((name,)) or own).types() - {"null"}
        apart = found and not found & types and found | types != {"integer", "number"}
        if name != keys[-1] and (found == types if alike else apart):
            yield ".".join((*keys[:-1], name))


def _mutate_table(table: Data, change: Callable[..., Mutant]) -> Iterator[Mutant]:
    names = list(table)
    for name in names:
        yield change("table", table | {name: f"{table[name]}x"}, f"{name} outside")
        yield change("table", {key: value for key, value in table.items() if key != name}, f"without {name}")
    for name, other in pairwise(names):
        if table[name] != table[other]:
            swapped = table | {name: table[other], other: table[name]}
            yield change("table", swapped, f"{name} and {other} swapped")


def _mutate_step(data: Data, number: int, api: Data) -> Iterator[Mutant]:
    step, place = data["step"][number], f"step[{number}]"

    def change(keys: Keys, value: Any, what: str, *clues: str) -> Mutant:
        name = f"{place}.{'.'.join(map(str, keys))} {what}"
        return _mutant(data, ("step", number, *keys), name, place, (*map(str, keys[1:]), str(value), *clues), value)

    yield change(("operation",), step["operation"] + "x", "misspelt")
    operations = [
        operation["operationId"]
        for item in api["paths"].values()
        for operation in item.values()
        if "operationId" in operation
    ]
    for other in operations:
        if other != step["operation"]:
            yield change(("operation",), other, f"= {other}")
    for key in ("send", "for_each", "when", "unless"):
        if step.get(key, ".") != ".":
            yield change((key,), step[key] + "x", "misspelt")
    for key in ("path", "query", "fill", "keep", "pass_on"):
        for name, value in step.get(key, {}).items():
            others = {other: said for other, said in step[key].items() if other != name}
            yield change((key, name), value.replace("}", "x}") if "{" in value else f"{value}x", "misspelt")
            if key != "pass_on":  # whose names are ours, and which nothing demands
                yield change((key,), others | {f"{name}x": value}, f"{name} renamed", name)
                yield change((key, name), None, "dropped")


def _mutate_codec(data: Data, name: str, spots: list[Spot]) -> Iterator[Mutant]:
    use, place = data["codec"][name], f"codec.{name}"
    users = tuple(spot.place for spot in spots if spot.row.get("codec") == name)

    def change(keys: Keys, value: Any, what: str) -> Mutant:
        told = f"{place}.{'.'.join(keys)} {what}"
        return _mutant(data, ("codec", name, *keys), told, place, users, value)

    yield change(("use",), use["use"] + "x", "misspelt")
    for key in ("beside", "options"):
        if key in use:
            yield change((key,), None, "dropped")
    for side in ("canonical", "dialect"):
        if "beside" in use:
            yield change(("beside", side), use["beside"][side] + "x", "misspelt")
            yield change(("beside", side), "/email" if side == "canonical" else "/id", "another")
    for option, value in use.get("options", {}).items():
        yield change(("options", option), "wrong" if "{" not in value else value.replace("}", "x}"), "wrong")
