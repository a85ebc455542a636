"""Every row that binding refuses, with the place and the words of its error."""

from datetime import date
from typing import Any

from adapter.lens.rows import Outline, Row

from .small import CODECS

SKU = Row(canonical="sku", dialect="code")


def outline(**changed: Any) -> Row:
    """Lines with an outline that is right but for what is changed."""
    said: dict[str, Any] = {"unless": "variant", "to": "extras", "index": "extra.index", "inline": "", "rows": ()}
    return Row(canonical="lines", dialect="rows", each=(Row(outline=Outline(**said | changed)),))


# A row, the place its error names within `shop.toml: order`, and the words of it.
REFUSALS: dict[str, tuple[Row, str, str]] = {
    "a misspelt canonical member": (
        Row(canonical="emial", dialect="mail"),
        "[0].canonical",
        "unknown member 'emial', did you mean 'email'?",
    ),
    "a misspelt dialect member": (
        Row(canonical="email", dialect="customer.deep.mial"),
        "[0].dialect",
        "unknown member 'mial', did you mean 'mail'?",
    ),
    "a misspelt member on the way": (
        Row(canonical="adress.city", dialect="mail"),
        "[0].canonical",
        "unknown member 'adress', did you mean 'address'?",
    ),
    "a member that resembles none": (
        Row(canonical="email", dialect="customer.zzzz"),
        "[0].dialect",
        "unknown member 'zzzz'; known: deep, mail, mobile",
    ),
    "a member of what has no members": (
        Row(canonical="email.host", dialect="mail"),
        "[0].canonical",
        "unknown member 'host'; known: none",
    ),
    "the second of several paths": (
        Row(canonical="email", dialect=("mail", "ship.mial")),
        "[0].dialect",
        "unknown member 'mial', did you mean 'mail'?",
    ),
    "a rooted path that is not at the root": (
        Row(canonical="lines", dialect="rows", each=(Row(canonical="/sku", dialect="code"),)),
        "[0].each[0].canonical",
        "unknown member 'sku'",
    ),
    "a path of the root inside an item": (
        Row(canonical="lines", dialect="rows", each=(SKU, Row(canonical="email", dialect="title"))),
        "[0].each[1].canonical",
        "unknown member 'email'",
    ),
    "an empty path": (Row(canonical="/", dialect="mail"), "[0]", ""),
    "an unknown member under when": (
        Row(canonical="email", dialect="mail", when={"metod": ("cash",)}, lossy="x"),
        "[0].when",
        "unknown member 'metod', did you mean 'method'?",
    ),
    "an unknown member in a constant": (Row(dialect="knid", const="ai"), "[0].dialect", "did you mean 'kind'?"),
    "an unknown canonical member in a constant": (
        Row(canonical="statu", const="x"),
        "[0].canonical",
        "did you mean 'status'?",
    ),
    "an unknown member under a constant's when": (
        Row(dialect="kind", const="ai", when={"metod": ()}),
        "[0].when",
        "did you mean 'method'?",
    ),
    "an unknown member that is dropped": (
        Row(canonical=("note", "cuont"), drop="x"),
        "[0].canonical",
        "did you mean 'count'?",
    ),
    "an unknown codec": (
        Row(canonical="email", dialect="mail", codec="integer_txt"),
        "[0].codec",
        "unknown codec 'integer_txt', did you mean 'integer_text'?",
    ),
    "an unknown codec that resembles none": (
        Row(canonical="email", dialect="mail", codec="zzzz"),
        "[0].codec",
        "unknown codec 'zzzz'; known: " + ", ".join(sorted(CODECS)),
    ),
    "an unknown shape": (
        Row(canonical="address", dialect="ship", shape="plaec"),
        "[0].shape",
        "unknown shape 'plaec', did you mean 'place'?",
    ),
    "a codec without its beside": (
        Row(canonical="total", dialect="cents", codec="cents"),
        "[0].codec",
        "codec 'cents' needs `beside`",
    ),
    "a codec without its options": (
        Row(canonical="total", dialect="mail", codec="prefix"),
        "[0].codec",
        "codec 'prefix' expects the options ['prefix'], found []",
    ),
    "a chain of no codecs": (
        Row(canonical="total", dialect="cents", codec=()),
        "[0].codec",
        "expected at least one codec",
    ),
    "an unknown codec of a chain": (
        Row(canonical="email", dialect="mail", codec=("text", "integer_txt")),
        "[0].codec",
        "unknown codec 'integer_txt', did you mean 'integer_text'?",
    ),
    "joined members without a codec": (
        Row(canonical=("first", "last"), dialect="name"),
        "[0].codec",
        "several canonical members need a codec that joins them",
    ),
    "a field with one side": (Row(canonical="email"), "[0]", "expected both `canonical` and `dialect`, or `drop`"),
    "a field with the other side": (Row(dialect="mail"), "[0]", "expected both `canonical` and `dialect`"),
    "a row that says nothing": (Row(), "[0]", "expected both `canonical` and `dialect`"),
    "a constant on both sides": (
        Row(canonical="email", dialect="mail", const="x"),
        "[0]",
        "a constant names one side: `canonical` or `dialect`",
    ),
    "a constant on no side": (Row(const="x"), "[0]", "a constant names one side"),
    "a constant in two places": (
        Row(dialect=("mail", "kind"), const="x"),
        "[0]",
        "expected exactly one path on each side",
    ),
    "a constant that JSON cannot say": (Row(dialect="kind", const=date(2026, 3, 2)), "[0]", ""),
    "a default that JSON cannot say": (Row(canonical="count", dialect="count", default=float("inf")), "[0]", ""),
    "a constant with a default": (
        Row(dialect="mail", const="x", default="y"),
        "[0]",
        "a row with `const` cannot say ['default']",
    ),
    "a drop with a dialect member": (
        Row(canonical="note", dialect="memo", drop="x"),
        "[0]",
        "a row with `drop` cannot say ['dialect']",
    ),
    "a drop of nothing": (Row(drop="x"), "[0]", ""),
    "an outline with a member": (
        Row(canonical="note", outline=Outline(unless="", to="", index="", inline="", rows=())),
        "[0]",
        "a row with `outline` cannot say ['canonical']",
    ),
    "each with a codec and lossy": (
        Row(canonical="lines", dialect="rows", each=(SKU,), codec="text", lossy="x"),
        "[0]",
        "a row with `each` cannot say ['codec', 'lossy']",
    ),
    "each with one side": (Row(canonical="lines", each=(SKU,)), "[0]", "expected exactly one path on each side"),
    "each of what is no list": (
        Row(canonical="address", dialect="ship", each=(SKU,)),
        "[0]",
        "`each` and `outline` need a list with a declared item schema",
    ),
    "each with two lists": (
        Row(canonical="lines", dialect=("rows", "null_rows"), each=(SKU,)),
        "[0]",
        "expected exactly one path on each side",
    ),
    "a shape with a condition": (
        Row(canonical="address", dialect="ship", shape="place", when={"email": ()}),
        "[0]",
        "a row with `shape` cannot say ['when']",
    ),
    "a shape with two objects": (
        Row(canonical=("address", "billing"), dialect="ship", shape="place"),
        "[0]",
        "expected exactly one path on each side",
    ),
    "a table with a codec": (Row(canonical="email", dialect="mail", table={"a": "b"}, codec="text"), "[0]", ""),
    "a way back without a table": (Row(canonical="email", dialect="mail", back={"a": "b"}), "[0]", ""),
    "an else without a table": (Row(canonical="email", dialect="mail", otherwise="b"), "[0]", ""),
    "an outline to what is no list": (
        outline(to="ship"),
        "[0].each[0]",
        "`each` and `outline` need a list with a declared item schema",
    ),
    "an outline to an unknown list": (outline(to="extra"), "[0].each[0].outline.to", "did you mean 'extras'?"),
    "an outline with an unknown index": (
        outline(index="extra.idx"),
        "[0].each[0].outline.index",
        "unknown member 'idx'",
    ),
    "an outline with an unknown unless": (
        outline(unless="varient"),
        "[0].each[0].outline.unless",
        "did you mean 'variant'?",
    ),
    "an unknown member inside an outline": (
        outline(rows=(Row(canonical="name", dialect="titel"),)),
        "[0].each[0].outline.rows[0].dialect",
        "did you mean 'title'?",
    ),
}
