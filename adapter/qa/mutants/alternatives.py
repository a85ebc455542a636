"""What a mapping says in one way of very many: each other sibling, pair of rows, codec, default, value, status or code.

A kind may have hundreds of them: ``samples`` takes so many of each.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from types import MappingProxyType
from typing import Any

from adapter.core.complaints import COMPLAINTS
from adapter.core.dialects import Dialect
from adapter.core.values.codecs import CODECS
from adapter.lens.rows import as_paths
from adapter.lens.schemas import SchemaView
from adapter.lens.trees import parse_path
from adapter.qa.mutants.changes import Change, apply_changes, swap_rows
from adapter.qa.mutants.mutants import Data, Keys, Mutant, Spot, list_siblings, walk_rows

# Codecs that a row can name as they are, without a section of their own.
BARE = tuple(name for name, codec in CODECS.items() if not codec.beside and not codec.options)

# What may stand in for a value that is not there, besides the mapping's own settings.
DEFAULTS = (
    "another",
    "{order.email}",
    "{order.note}",
    "{order.payment_method}",
    "{gateway.reference}",
    "{gateway.received_at}",
    "{derived.currency}",
    "{derived.total_text}",
    "{derived.lines_total}",
)

# Where other backends say what is wrong, and how.
SAID = MappingProxyType(
    {
        "at": (".", "[]", "detail", "detail[]", "error", "errors", "errors[]", "message", "meta.errors[]"),
        "code": (".", "code", "message", "type"),
        "place": (".", "field", "loc"),
    }
)

# Statuses of a backend that did not do what it was asked.
STATUSES = (*range(400, 430), 431, 451, *range(500, 512))

# What a code can prove of an order.
STATES = ("rejected", "not_applied", "unknown")

# Keys of a row that carries more than one value, or none.
CARRIES_NO_VALUE = frozenset({"each", "shape", "outline", "drop", "const"})


def make_alternatives(dialect: Dialect, data: Data, api: Data) -> Iterator[Mutant]:
    """All of every kind."""
    spots = list(walk_rows(dialect, data, api))
    for kind, change in KINDS.items():
        yield from apply_changes(data, change(data, spots), kind)


def _change_siblings(_data: Data, spots: Sequence[Spot]) -> Iterator[Change]:
    """Each path to each sibling of its own type; what is dropped is dropped by any name."""
    for spot in spots:
        for side, view in (("canonical", spot.ours), ("dialect", spot.theirs)):
            paths = [] if "drop" in spot.row else list(as_paths(spot.row.get(side, ())))
            for number, path in enumerate(paths):
                for other in list_siblings(path, view, alike=True):
                    said = [*paths[:number], other, *paths[number + 1 :]]
                    yield (*spot.keys, side), f"{spot.place}.{side} {path} = {other}", said if paths[1:] else other


def _swap_any(data: Data, spots: Sequence[Spot]) -> Iterator[Change]:
    return swap_rows(data, combinations(spots, 2))


def _change_codecs(data: Data, spots: Sequence[Spot]) -> Iterator[Change]:
    """Each codec on each row, said to be lossy where it is, so that the check does not stop at that."""
    uses = {name: name for name in BARE} | {name: use["use"] for name, use in data.get("codec", {}).items()}
    for spot in _list_values(spots):
        for name, use in uses.items():
            lossy = {"lossy": CODECS[use].lossy} if CODECS[use].lossy and "lossy" not in spot.row else {}
            if name != spot.row.get("codec"):
                told = f"{name}{', lossy' if lossy else ''}"
                yield spot.keys, f"{spot.place}.codec = {told}", spot.row | {"codec": name} | lossy


def _list_values(spots: Iterable[Spot]) -> Iterator[Spot]:
    """Rows that carry a value from one side to the other."""
    for spot in spots:
        if {"canonical", "dialect"} <= spot.row.keys() and not spot.row.keys() & CARRIES_NO_VALUE:
            yield spot


def _change_defaults(data: Data, spots: Sequence[Spot]) -> Iterator[Change]:
    others = (*DEFAULTS, *(f"{{setting.{name}}}" for name in data.get("setting", {})))
    for spot in spots:
        for other in others if "default" in spot.row else ():
            yield (*spot.keys, "default"), f"{spot.place}.default = {other}", other


def _change_tables(_data: Data, spots: Sequence[Spot]) -> Iterator[Change]:
    """Each value to each that the table has elsewhere or that the schema lists, ``else`` and ``back`` alike."""
    for spot in spots:
        table, ours, theirs = spot.row.get("table", {}), _listed(spot, "canonical"), _listed(spot, "dialect")
        chosen: list[tuple[Keys, list[Any]]] = [(("table", name), [*table.values(), *theirs]) for name in table]
        chosen += [(("back", name), [*table, *ours]) for name in spot.row.get("back", {})]
        chosen += [((key,), [*table, *ours]) for key in ("else",) if key in spot.row]
        chosen += [((key,), theirs or ours) for key in ("const",) if key in spot.row]
        for keys, values in chosen:
            for value in dict.fromkeys(value for value in values if isinstance(value, str)):
                yield (*spot.keys, *keys), f"{spot.place}.{'.'.join(keys)} = {value}", value


def _listed(spot: Spot, side: str) -> list[Any]:
    """The values that a schema lists for the member at a row's first path."""
    view: SchemaView = {"canonical": spot.ours, "dialect": spot.theirs}[side]
    paths = as_paths(spot.row.get(side, ()))
    member = view.member(parse_path(paths[0]).keys) if paths else None
    return [] if member is None else member.listed()


def _change_said(data: Data, _spots: Sequence[Spot]) -> Iterator[Change]:
    """Where it is said what is wrong: elsewhere, and by each two places the other way about."""
    for name in ("said", "warnings"):
        said = data.get("error", {}).get(name, [])
        for number, one in enumerate(said):
            for key in SAID.keys() & one.keys():
                for other in dict.fromkeys([*SAID[key], *(other[key] for other in said if key in other)]):
                    yield ("error", name, number, key), f"error.{name}[{number}].{key} = {other}", other
        for one, other in combinations(range(len(said)), 2):
            order = list(said)
            order[one], order[other] = said[other], said[one]
            yield ("error", name), f"error.{name}[{one}] and that at [{other}] swapped", order


def _add_statuses(data: Data, _spots: Sequence[Spot]) -> Iterator[Change]:
    for name in ("rejected", "not_applied"):
        listed = data["outcome"].get(name, [])
        for status in STATUSES:
            if status not in listed:
                yield ("outcome", name), f"outcome.{name} with {status}", [*listed, status]


def _change_codes(data: Data, _spots: Sequence[Spot]) -> Iterator[Change]:
    for code in data.get("error", {}).get("codes", {}):
        for ours in COMPLAINTS:
            yield ("error", "codes", code), f"error.codes.{code} = {ours}", ours


def _change_proofs(data: Data, _spots: Sequence[Spot]) -> Iterator[Change]:
    """A code that proves something of the order, where it proved nothing."""
    errors = data.get("error", {})
    proves = errors.get("proves", {})
    for code in errors.get("codes", {}):
        for state in STATES if code not in proves else ():
            yield ("error", "proves"), f"error.proves.{code} = {state}", proves | {code: state}


KINDS: Mapping[str, Callable[[Data, Sequence[Spot]], Iterator[Change]]] = MappingProxyType(
    {
        "sibling": _change_siblings,
        "swap": _swap_any,
        "codec": _change_codecs,
        "default": _change_defaults,
        "value": _change_tables,
        "said": _change_said,
        "status": _add_statuses,
        "code": _change_codes,
        "proof": _change_proofs,
    }
)
