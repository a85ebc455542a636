"""Crosswalks: a tenant's tables from our ids to its backend's, as a codec, and the ids of one order to look up."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from msgspec import Struct

from adapter.lens.bound import Bound, BoundCodec, Field, Group, Outlined, list_fields
from adapter.lens.codecs import Codec, CodecError, Options
from adapter.lens.rows import CodecUse, Paths
from adapter.lens.rules import Finding
from adapter.lens.templates import parse_template, references
from adapter.lens.trees import Path, Tree, reach

NAME = "crosswalk"
NOT_FOUND = "not_in_crosswalk"
POLICIES = ("refuse", "pass")
PASSED = "an id that the crosswalk lacks is passed as it is"


class CrosswalkRows(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A crosswalk as the tenants' file has it: whose members' ids it looks up, and what if it lacks one.

    A member is a pointer into the order, such as ``/line_items/*/variant_id``.
    """

    member: Paths
    missing: Literal["refuse", "pass"] = "refuse"


class Pairs(NamedTuple):
    """What a crosswalk knows of the ids of one order, both ways; it is one-to-one."""

    table: str
    to_dialect: Mapping[str, str]
    to_canonical: Mapping[str, str]


# The pairs of each table as a journal keeps them, our id to the backend's.
PlainPairs = Mapping[str, Mapping[str, str]]


def make_pairs(table: str, found: Mapping[str, str]) -> Pairs:
    """Pairs from what a store found, our id to the backend's."""
    return Pairs(table, found, {theirs: ours for ours, theirs in found.items()})


def keep_pairs(pairs: Mapping[str, Pairs]) -> PlainPairs:
    """What an order was given, for ``restore_pairs`` to give it again whatever the tables say by then."""
    return {table: dict(found.to_dialect) for table, found in pairs.items()}


def restore_pairs(kept: PlainPairs) -> dict[str, Pairs]:
    """The pairs that an order was given before."""
    return {table: make_pairs(table, found) for table, found in kept.items()}


def _to_dialect(value: Any, _beside: Any, options: Options) -> Any:
    pairs: Pairs | None = options.get("table")
    return _find(value, pairs.to_dialect if pairs else {}, options)


def _to_canonical(value: Any, _beside: Any, options: Options) -> Any:
    """Ours for the backend's; an id of ours that the order has as another of the backend's is none that was passed."""
    pairs: Pairs | None = options.get("table")
    if pairs is not None and str(value) in pairs.to_dialect and str(value) not in pairs.to_canonical:
        raise CodecError(f"expected a backend's id of the crosswalk {pairs.table!r}, found {value!r}", NOT_FOUND)
    return _find(value, pairs.to_canonical if pairs else {}, options)


def _find(value: Any, known: Mapping[str, str], options: Options) -> Any:
    found = value if value == "" else known.get(str(value))  # a blank id is none
    if found is not None:
        return found
    if options["missing"] == "pass":
        return value
    pairs: Pairs | None = options.get("table")
    table = f"the crosswalk {pairs.table!r}" if pairs else "a crosswalk, of which there is none here"
    raise CodecError(f"expected an id of {table}, found {value!r}", NOT_FOUND)


CROSSWALK_CODECS: dict[str, Codec] = {NAME: Codec(_to_dialect, _to_canonical, options=frozenset({"table", "missing"}))}


def crosswalk_references(codecs: Mapping[str, CodecUse]) -> set[str]:
    """What only a crosswalk may refer to: the tables of a tenant, such as ``crosswalk.variants``."""
    found = {name for use in codecs.values() if use.use == NAME for name in references(use.options)}
    return {name for name in found if name.startswith(f"{NAME}.")}


def list_tables(rows: Sequence[Bound]) -> tuple[str, ...]:
    """The tables that rows look ids up in, each once."""
    return tuple(dict.fromkeys(_table(part) for field in list_fields(rows) for part in _uses(field)))


def gather_ids(rows: Sequence[Bound], order: Tree, context: Tree) -> dict[str, list[str]]:
    """The ids of an order by the table that should have them, each once; empty for a table it does not need."""
    wanted: dict[str, dict[str, None]] = {table: {} for table in list_tables(rows)}
    for table, value in _ids(rows, order, order, context):
        wanted[table][str(value)] = None
    return {table: list(ids) for table, ids in wanted.items()}


def _ids(rows: Sequence[Bound], source: Any, root: Tree, context: Tree) -> Iterator[tuple[str, Any]]:
    for row in rows:
        if isinstance(row, Field):
            for part in _uses(row):
                value = _read(row.canonical[0], source, root)
                value = row.default.resolve(context) if value is None and row.default is not None else value
                if value not in (None, ""):
                    yield _table(part), value
        elif isinstance(row, Group):
            inner = _read(row.canonical, source, root)
            for item in inner or () if row.many else [inner]:
                yield from _ids(row.rows, item, root, context)
        elif isinstance(row, Outlined):
            yield from _ids(row.rows, source, root, context)


def check_crosswalks(order: Sequence[Bound], receipt: Sequence[Bound], echo: Sequence[Bound], at: str) -> list[Finding]:
    """Every use of a crosswalk that could not work; ``at`` is the file of what concerns no single row."""
    told = [(field.at, why) for field in (*list_fields(order), *list_fields(echo)) for why in _faults(field)]
    unasked = sorted(set(list_tables(echo)) - set(list_tables(order)))
    told += [(at, f"no row of the order looks into the table {table!r} that one of the echo does") for table in unasked]
    why = "a crosswalk has the ids of an order, and those of a receipt are the backend's"
    told += [(field.at, why) for field in list_fields(receipt) if _uses(field)]
    return [Finding("useless_crosswalk", place, why) for place, why in told]


def _faults(field: Field) -> Iterator[str]:
    uses = _uses(field)
    if uses and (len(uses) > 1 or uses[0] != _parts(field)[0]):
        yield "expected one crosswalk and as the first codec, since it looks up the id that the order has"
    if uses and len(field.canonical) > 1:
        yield "a crosswalk looks up one member, and this row joins several"
    for part in uses:
        table, missing = part.options["table"], part.options["missing"]
        if not _table(part):
            yield f"expected a `table` such as {{crosswalk.variants}}, found {table!r}"
        if missing not in POLICIES:
            yield f"expected `missing` to be one of {', '.join(POLICIES)}, found {missing!r}"
        if missing == "pass" and not field.lossy:
            yield f"{PASSED}; say `lossy`"


def _table(part: BoundCodec) -> str:
    """The name in ``{crosswalk.NAME}``; empty where the option is anything else."""
    template = parse_template(part.options["table"])
    head, _, name = template.references[0].partition(".") if template.references else ("", "", "")
    return name if head == NAME and "." not in name and template.value == f"{{{head}.{name}}}" else ""


def _uses(field: Field) -> list[BoundCodec]:
    return [part for part in _parts(field) if part.name == NAME]


def _parts(field: Field) -> tuple[BoundCodec, ...]:
    if field.codec is None:
        return ()
    return field.codec.parts or (field.codec,)


def _read(path: Path, source: Any, root: Tree) -> Any:
    return reach(root if path.rooted else source, path.keys)
