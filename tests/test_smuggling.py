"""A mapping is data: code-like text in any string of one, keys included, either does not load or stays text."""

import ast
import copy
import re
import tomllib
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from adapter.core.canonical import read_json, read_order
from adapter.core.dialects import Dialect, check_dialect
from adapter.core.files.mappings import check_form
from adapter.core.orders import make_context
from adapter.core.tenancy.tenants import stand_in
from adapter.lens.codecs import CodecError
from adapter.shell.files import find_document, shipped
from tests.conftest import DIALECTS, HERE, ORDERS

# Together they use all that a mapping can say.
MAPPINGS = {"lana": shipped(), "stella_checkout": shipped(), "bazaar": HERE / "fifth"}

# The others have all that stands in further sections; outlines are Lana's.
ONLY_IN_LANA = {"order", "shape", "codec"}

CODE = "__import__('pathlib').Path('CANARY').touch()"

# Ways out of a text, into Python source and out of templates.
PAYLOADS = {
    "single quotes": f"'); {CODE}; ('",
    "double quotes": f'"); {CODE}; ("',
    "triple quotes": f"'''\n{CODE}\n\"\"\"\n{CODE}\n",
    "a new line": f"x\n    {CODE}\n",
    "a carriage return": f"x\r{CODE}\r\n",
    "unicode line separators": f"x\u2028{CODE}\u2029\x85\x0b\x0c{CODE}",
    "a backslash at the end": f"{CODE}\\",
    "escapes": f"\\'); {CODE} #\\n\\x27\\u0027\\N{{APOSTROPHE}}",
    "braces": f"{{{CODE}}}",
    "a format": "{0.__class__.__mro__} {!r} {x:{y}} %s %(x)s",
    "a reference to what a value is": "{setting.__class__.__init__.__globals__}",
    "a comment": f"x # \n{CODE}",
}
# All but the one that any text is refused for, since it refers to nothing.
TOGETHER = "".join(text for name, text in PAYLOADS.items() if "reference" not in name)


def positions(value: Any, keys: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], bool]]:
    """Every text in decoded TOML, by its keys; True where it is the key itself that is meant."""
    if isinstance(value, dict):
        for key, member in value.items():
            yield (*keys, key), True
            yield from positions(member, (*keys, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from positions(item, (*keys, number))
    elif isinstance(value, str):
        yield keys, False


def smuggle(data: dict[str, Any], keys: tuple[Any, ...], is_key: bool, text: str) -> dict[str, Any]:
    changed = copy.deepcopy(data)
    here = changed
    for key in keys[:-1]:
        here = here[key]
    if is_key:
        here[text] = here.pop(keys[-1])
    else:
        here[keys[-1]] = text
    return changed


def vocabulary(dialect: Dialect) -> set[str]:
    """Every name, attribute and kind of node in the generated source, numbers at the end of our names aside."""
    said: set[str] = set()
    for lens in (dialect.order, dialect.receipt):
        for source in lens.source.values():
            for node in ast.walk(ast.parse(source)):
                said.add(type(node).__name__)
                said |= {f"a name {re.sub(r'_[0-9]+$', '', node.id)}"} if isinstance(node, ast.Name) else set()
                said |= {f"an attribute {node.attr}"} if isinstance(node, ast.Attribute) else set()
    return said


def load(data: dict[str, Any], name: str, api: dict[str, Any]) -> Dialect | None:
    mapping, findings = check_form(data, f"{name}.toml")
    return None if mapping is None or findings else check_dialect(mapping, api)[0]


def run(dialect: Dialect) -> None:
    """An order there and back, and through the oracle; a text that stands for another may refuse it."""
    tenant = stand_in(dialect, {"currency": "USD"} if "currency" in dialect.mapping.settings else {})
    order = read_order(read_json(next(iter(ORDERS.values()))), "USD")
    context = make_context(tenant, order, "3c90c3cc-0d44-4b50-8888-8dd25736052a", "2026-01-01T00:00:00Z")
    for direction in ("to_dialect", "to_canonical"):
        for lens in (dialect.order, dialect.receipt):
            try:
                lens.made[direction].function(order, context)
            except (CodecError, AttributeError, TypeError):  # an order is no answer
                continue


@pytest.mark.parametrize("name", MAPPINGS)
def test_code_in_any_string_of_a_mapping_is_refused_or_stays_text(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    data = tomllib.loads((MAPPINGS[name] / "mappings" / f"{name}.toml").read_text())
    api, known = find_document(name, HERE / "fifth"), vocabulary(DIALECTS[name])
    refused = loaded = 0
    each = cycle(PAYLOADS.values())  # all at every place that takes them together would take minutes
    for keys, is_key in positions(data):
        if name == "lana" and keys[0] not in ONLY_IN_LANA:
            continue
        if load(smuggle(data, keys, is_key, TOGETHER), name, api) is None:
            refused += 1
            continue
        for text in (TOGETHER, next(each), next(each)):
            dialect = load(smuggle(data, keys, is_key, text), name, api)
            if dialect is not None:
                loaded += 1
                assert vocabulary(dialect) <= known, f"{keys} brought names or calls with it: {text!r}"
                run(dialect)
    assert list(tmp_path.iterdir()) == [], "something was executed"
    assert refused > 20
    assert loaded > 50


def test_the_canary_would_sing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    exec(CODE)  # noqa: S102  # that a touched file is seen is what is tested
    assert [path.name for path in tmp_path.iterdir()] == ["CANARY"]
