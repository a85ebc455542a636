"""Known pairs as a file that a person reads: a family a paragraph, an alteration with what it changes a line."""

from collections.abc import Mapping
from typing import Any

from adapter.core.canonical import ENCODER, read_json
from adapter.errors import Problem, SetupError
from adapter.lens.trees import Tree
from adapter.qa.known.known import Family, Known


def format_known(known: Known) -> str:
    """The file's text, but for what orders are said as, which has files of its own."""
    families = ",\n".join(map(_format, known.families))
    return f'{{"after": {_spell(known.after)}, "families": [\n{families}\n]}}\n'


def _format(family: Family) -> str:
    head = {name: value for name, value in family._asdict().items() if name != "otherwise"}
    lines = ",\n".join(f"  {_spell([*alteration, differing])}" for alteration, differing in family.otherwise)
    text = _spell(head)[:-1]
    return f'{text}, "otherwise": [{chr(10) if lines else ""}{lines}]}}'


def parse_known(text: bytes, orders: Mapping[str, bytes], said: Mapping[str, Tree], at: str) -> Known:
    """Known pairs from a file's text; a ``SetupError`` names the file where it is none."""
    try:
        document = read_json(text)
        families = list(map(_parse, document["families"]))
        after = document["after"]
    except (Problem, KeyError, TypeError, ValueError) as exc:
        raise SetupError(f"expected a file of known pairs: {exc}", at=at) from exc
    if after not in orders:
        raise SetupError(f"expected an order {after!r} beside it", at=at)
    return Known(orders, said, after, families)


def _parse(family: Tree) -> Family:
    otherwise = [(tuple(line[:-1]), line[-1]) for line in family["otherwise"]]
    return Family(**{**family, "otherwise": otherwise})


def _spell(value: Any) -> str:
    return ENCODER.encode(value).decode()
