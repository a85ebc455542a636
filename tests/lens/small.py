"""Two small schemas that the lens tests map between, codecs to read at a glance, and rows bound to both."""

from collections.abc import Mapping
from copy import deepcopy
from decimal import Decimal
from typing import Any

from adapter.lens.bind import Binder
from adapter.lens.bound import Bound
from adapter.lens.codecs import GENERIC_CODECS, Codec, CodecError, Options
from adapter.lens.interpret import Entry, Trace
from adapter.lens.lens import Lens
from adapter.lens.rows import CodecUse, Direction, Row, Shape
from adapter.lens.rules import refuse
from adapter.lens.schemas import Schema, SchemaView
from adapter.lens.trees import Tree

TEXT: Schema = {"type": "string"}
NULL_TEXT: Schema = {"type": ["string", "null"]}
NUMBER: Schema = {"type": "integer"}


def record(members: Schema, *, required: tuple[str, ...] = (), null: bool = False) -> Schema:
    """The schema of an object with these members, or of one that may be null."""
    kind = ["object", "null"] if null else "object"
    return {"type": kind, "properties": members, "required": list(required)}


def listing(members: Schema, *, null: bool = False) -> Schema:
    """The schema of a list of objects with these members."""
    return {"type": ["array", "null"] if null else "array", "items": record(members)}


ADDRESS = {"first": TEXT, "last": TEXT, "city": NULL_TEXT, "country": TEXT, "phone": TEXT}

CANONICAL = record(
    {
        **dict.fromkeys(("email", "currency", "total", "method", "status", "rate", "first", "last"), TEXT),
        "phone": NULL_TEXT,
        "note": NULL_TEXT,
        "count": NUMBER,
        "address": record(ADDRESS, null=True),
        "billing": record(ADDRESS, null=True),
        "lines": listing(
            {
                **dict.fromkeys(("sku", "variant", "name", "price", "currency"), TEXT),
                "note": NULL_TEXT,
                "parts": listing({"code": TEXT, "size": NUMBER}),
            },
            null=True,
        ),
    }
)

PLACE = {"name": TEXT, "town": NULL_TEXT, "land": TEXT, "mail": TEXT, "mobile": TEXT}

DIALECT = record(
    {
        **dict.fromkeys(("mail", "cur", "kind", "state", "memo", "name", "count", "title"), TEXT),
        "mobile": NULL_TEXT,
        "null_memo": NULL_TEXT,
        "cents": NUMBER,
        "rates": {"type": "array", "items": TEXT},
        "tags": {"type": "array", "items": TEXT},
        "customer": record({"mail": TEXT, "mobile": NULL_TEXT, "deep": record({"mail": TEXT})}),
        "ship": record(PLACE),
        "bill": record(PLACE, null=True),
        "rows": listing(
            {
                **dict.fromkeys(("code", "variant", "title", "cur"), TEXT),
                "cents": NUMBER,
                "memo": TEXT,
                "null_memo": NULL_TEXT,
                "extra": record({"index": NUMBER}),
                "bits": listing({"id": TEXT, "width": TEXT, "cur": TEXT}),
            }
        ),
        "null_rows": listing({"code": TEXT}, null=True),
        "extras": listing({"title": TEXT, "cents": NUMBER, "bits": listing({"id": TEXT})}),
    }
)


def _join(value: Any, _beside: Any, _options: Options) -> str:
    return " ".join(part for part in value if part is not None)


def _split(value: Any, _beside: Any, _options: Options) -> tuple[Any, Any] | None:
    first, _, last = value.partition(" ")
    return (first, last or None) if first else None


def _to_cents(value: Any, currency: Any, _options: Options) -> int:
    if currency is None or not str(value).replace(".", "").isdigit():
        raise CodecError(f"expected an amount and its currency, found {value!r} and {currency!r}")
    return int(Decimal(value) * (1 if currency == "JPY" else 100))


def _from_cents(value: Any, currency: Any, _options: Options) -> str:
    return str(value) if currency == "JPY" else f"{Decimal(value) / 100:.2f}"


def _prefix(value: Any, _beside: Any, options: Options) -> str:
    return f"{options['prefix']}{value}"


def _unprefix(value: Any, _beside: Any, options: Options) -> str:
    if not value.startswith(options["prefix"]):
        raise CodecError(f"expected {options['prefix']!r} in front, found {value!r}")
    return str(value.removeprefix(options["prefix"]))


def _upper(value: Any, _beside: Any, _options: Options) -> str:
    return str(value).upper()


def _lower(value: Any, _beside: Any, _options: Options) -> str:
    return str(value).lower()


CODECS: dict[str, Codec] = GENERIC_CODECS | {
    "join": Codec(_join, _split),
    "cents": Codec(_to_cents, _from_cents, beside=True),
    "prefix": Codec(_prefix, _unprefix, options=frozenset({"prefix"})),
    "upper": Codec(_upper, _lower, lossy="upper case comes back as lower case"),
}


def bind(
    *rows: Row,
    uses: Mapping[str, CodecUse] | None = None,
    shapes: Mapping[str, Shape] | None = None,
    canonical: Schema = CANONICAL,
    dialect: Schema = DIALECT,
) -> tuple[Bound, ...]:
    """Rows bound as the section ``order`` of ``shop.toml``."""
    ours, theirs = SchemaView(canonical), SchemaView(dialect)
    binder = Binder("shop.toml: ", CODECS, uses or {}, shapes or {}, ours, theirs)
    bound = binder.bind(rows, ours, theirs, "shop.toml: order")
    refuse(binder.findings)
    return bound


def tell_by_oracle(trace: Trace) -> list[Entry]:
    """What a compiled lens tells, from the oracle's entries."""
    there = [entry for entry in trace.entries if entry.verdict != "absent"]
    return [entry._replace(before=None, after=None, codec="") for entry in there]


def both(lens: Lens, tree: Tree, context: Tree, direction: Direction) -> Tree:
    """What the compiled lens makes of a tree, once the oracle has agreed and the tree is seen to be as it was."""
    before = deepcopy((tree, context))
    compiled = lens.to_dialect(tree, context) if direction == "to_dialect" else lens.to_canonical(tree, context)
    trace = lens.explain(tree, context, direction)
    assert compiled == trace.target
    if direction == "to_dialect":
        target, told = lens.tell(tree, context)
        assert target == compiled
        assert lens.unfold(told) == tell_by_oracle(trace)
    assert (tree, context) == before, "a lens changes nothing that it is given"
    return compiled
