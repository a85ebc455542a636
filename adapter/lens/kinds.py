"""The kinds of rows: which keys belong to each, and which need or exclude one another."""

from msgspec import UNSET

from adapter.lens.rows import Row
from adapter.lens.rules import Refused

# What each kind of row may say besides its own key; anything else on it would be silently without effect.
ALLOWED: dict[str, set[str]] = {
    "const": {"canonical", "dialect", "when"},
    "drop": {"canonical"},
    "outline": set(),
    "each": {"canonical", "dialect"},
    "shape": {"canonical", "dialect"},
    "field": {
        "canonical",
        "dialect",
        "codec",
        "table",
        "back",
        "otherwise",
        "default",
        "when",
        "only",
        "lossy",
    },
}


# Pairs of keys of which the first means nothing without, or beside, the second.
NEEDS = (("back", "table"), ("otherwise", "table"), ("drop", "canonical"))
EXCLUDES = (("codec", "table"),)


def find_kind(row: Row, at: str) -> str:
    """The kind of a row, a key of ``ALLOWED``; refuses one that says what is without effect."""
    said = {name for name in row.__struct_fields__ if getattr(row, name) not in (None, UNSET, ())}
    kind = next((name for name in ALLOWED if name in said), "field")
    extra = said - ALLOWED[kind] - {kind}
    if extra:
        raise Refused("contradiction", f"a row with `{kind}` cannot say {sorted(map(spell, extra))}", at=at)
    for key, other in NEEDS:
        if key in said and other not in said:
            raise Refused("contradiction", f"`{spell(key)}` says nothing without `{other}`", at=at)
    for key, other in EXCLUDES:
        if {key, other} <= said:
            raise Refused("contradiction", f"expected `{key}` or `{other}`, found both", at=at)
    if kind == "const" and bool(row.canonical) == bool(row.dialect):
        raise Refused("contradiction", "a constant names one side: `canonical` or `dialect`", at=at)
    if kind == "field" and not (row.canonical and row.dialect):
        raise Refused("contradiction", "expected both `canonical` and `dialect`, or `drop` with its reason", at=at)
    return kind


def spell(name: str) -> str:
    """A key as the file has it, such as ``else``."""
    return dict(zip(Row.__struct_fields__, Row.__struct_encode_fields__, strict=True))[name]
