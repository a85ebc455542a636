"""The generated Python: text of a mapping is only ever a text in it, and it does what the oracle does."""

import ast
import builtins
import linecache
import re
import traceback
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.lens.bind import Binder
from adapter.lens.codecs import Codec
from adapter.lens.compile import compile_rows
from adapter.lens.lens import Lens, make_lens
from adapter.lens.rows import Beside, CodecUse, Direction, Outline, Row, Shape
from adapter.lens.schemas import Schema, SchemaView
from adapter.lens.trees import Tree

from .small import CODECS, NUMBER, bind, both, record

SENTINEL = "adapter_was_here"
ATTACK = f"__import__('builtins').__dict__.update({SENTINEL}=1)"
CODE = [
    ATTACK,
    f"'+{ATTACK}+'",
    f'"+{ATTACK}+"',
    f"\\'+{ATTACK}+\\'",
    f'"""\n{ATTACK}\n"""',
    f"'''\n{ATTACK}\n'''",
    f"\n{ATTACK}\n#",
    f"\r\n    {ATTACK}",
    f"x'] = {ATTACK}; y['",
    f"\u2028{ATTACK}\u2029{ATTACK}\x85{ATTACK}\x0c{ATTACK}",
    f"{{{ATTACK}}}",
    "{setting.x}{{}}{0}%s%(a)s",
    "\\",
    "\\N{DIGIT ONE}\\x00\\",
    "\x00",
    "source",
    "target",
    "return",
    "ключ",
    "\ud800",
    "e\u0301",
]
TEXTS = st.sampled_from(CODE) | st.text(st.characters(), max_size=8)
KEYS = st.builds(
    lambda text: text.replace(".", "·").removesuffix("?").lstrip("/"),
    TEXTS,
).filter(lambda key: key and not key.endswith("?"))
SCALARS = st.booleans() | st.integers() | TEXTS
WHOLE = SCALARS | st.lists(SCALARS, max_size=2) | st.dictionaries(TEXTS, SCALARS, max_size=2)


class Plan(NamedTuple):
    """Lossless rows with the schemas of both sides and the canonical trees that they are about."""

    rows: tuple[Row, ...]
    canonical: Schema
    dialect: Schema
    trees: st.SearchStrategy[Tree]


class Member(NamedTuple):
    """One row of a plan with the schemas of its two members and the canonical values it is about."""

    row: Row
    canonical: Schema
    dialect: Schema
    values: st.SearchStrategy[Any]


def plain(ours: str, theirs: str, null: bool) -> Member:
    schema: Schema = {} if null else {"type": ["string", "number", "object", "array", "boolean"]}
    return Member(Row(canonical=ours, dialect=theirs), schema, schema, WHOLE | st.none() if null else WHOLE)


def number(ours: str, theirs: str, null: bool) -> Member:
    schema: Schema = {"type": ["string", "integer", "null"]} if null else {"type": ["string", "integer"]}
    values = st.integers() | st.none() if null else st.integers()
    return Member(Row(canonical=ours, dialect=theirs, codec="integer_text"), schema, schema, values)


@st.composite
def tables(draw: st.DrawFn, ours: str, theirs: str) -> Member:
    names = draw(st.lists(TEXTS, min_size=1, max_size=3, unique=True))
    pairs = dict(zip(names, draw(st.permutations(names)), strict=True))
    return Member(Row(canonical=ours, dialect=theirs, table=pairs), NUMBER, NUMBER, st.sampled_from(names))


@st.composite
def members(draw: st.DrawFn, ours: str, theirs: str, depth: int) -> Member:
    kind = draw(st.sampled_from(["plain", "number", "table", "each"][: 4 if depth else 3]))
    if kind == "table":
        return draw(tables(ours, theirs))
    if kind == "each":
        plan = draw(plans(depth - 1))
        row = Row(canonical=ours, dialect=theirs, each=plan.rows)
        lists = [{"type": "array", "items": side} for side in (plan.canonical, plan.dialect)]
        return Member(row, lists[0], lists[1], st.lists(plan.trees, max_size=2))
    return (number if kind == "number" else plain)(ours, theirs, draw(st.booleans()))


@st.composite
def plans(draw: st.DrawFn, depth: int = 1) -> Plan:
    ours = draw(st.lists(KEYS, min_size=1, max_size=4, unique=True))
    theirs = draw(st.lists(KEYS, min_size=len(ours), max_size=len(ours), unique=True))
    made = {a: draw(members(a, b, depth)) for a, b in zip(ours, theirs, strict=True)}
    return Plan(
        tuple(member.row for member in made.values()),
        record({a: member.canonical for a, member in made.items()}),
        record({b: member.dialect for b, member in zip(theirs, made.values(), strict=True)}),
        st.fixed_dictionaries({}, optional={a: member.values for a, member in made.items()}),
    )


def lens_of(plan: Plan) -> Lens:
    return make_lens("plan", bind(*plan.rows, canonical=plan.canonical, dialect=plan.dialect), "to_dialect")


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_tree_of_lossless_rows_comes_back_and_nothing_in_it_is_run(data: st.DataObject) -> None:
    plan = data.draw(plans())
    lens, tree = lens_of(plan), data.draw(plan.trees)
    dialect = both(lens, tree, {}, "to_dialect")
    assert both(lens, dialect, {}, "to_canonical") == tree
    assert not hasattr(builtins, SENTINEL)


# Every name that generated code may use: ours and Python's, whatever the mapping says.
NAMES = re.compile(
    "source|root|result|context|target|value|beside|inner|item|side|index|isinstance|int|len|tuple|told|before|items|of_items|inside|note_lost|reach|holds|place|to_dialect"
    "|to_canonical|filled|(object|codec_(whole|table|cents|prefix|text|integer_text)|options|fill_options|setting|path|wrote)(_[0-9]+)?"
)
METHODS = {"get", "setdefault", "append"}


def names_in(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.FunctionDef):
            yield node.name


def assert_harmless(source: str) -> None:
    tree = ast.parse(source)
    assert [name for name in names_in(tree) if not NAMES.fullmatch(name)] == []
    nodes = list(ast.walk(tree))
    assert {node.attr for node in nodes if isinstance(node, ast.Attribute)} <= METHODS
    assert not any(isinstance(node, (ast.Import, ast.ImportFrom, ast.Lambda, ast.JoinedStr)) for node in nodes)
    assert SENTINEL not in "".join(name for name in names_in(tree))


@given(plans())
@settings(max_examples=60, deadline=None)
def test_the_keys_of_a_mapping_appear_as_texts_only(plan: Plan) -> None:
    for source in lens_of(plan).source.values():
        assert_harmless(source)


def rows_full_of(text: str) -> tuple[Row, ...]:
    """A row of every kind that says ``text`` wherever a mapping may say any text."""
    moved = (Row(canonical="name", dialect="title", default=text), Row(dialect="cents", const=[text, {text: text}]))
    return (
        Row(canonical="email", dialect="mail", default=text, lossy=text),
        Row(canonical="phone", dialect="mobile", default=f"{{setting.a}}{text}"),
        Row(canonical="method", dialect="kind", table={text: text}, back={text: text}, otherwise=text),
        Row(canonical="status", dialect="state", codec=text, when={"email": (text, text)}, lossy=text),
        Row(canonical="total", dialect="cents", codec="price", only="to_dialect", lossy=text),
        Row(dialect="memo", const=text, when={"note": (text,)}),
        Row(dialect="tags", const=[f"{text}{{setting.a}}", text]),
        Row(canonical="note", drop=text),
        Row(canonical="address", dialect="ship", shape=text),
        Row(
            canonical="lines",
            dialect="rows",
            each=(Row(outline=Outline(unless="variant", to="extras", index="extra.index", inline=text, rows=moved)),),
        ),
    )


@given(TEXTS)
@settings(max_examples=60, deadline=None)
def test_the_texts_of_a_mapping_appear_as_texts_only(text: str) -> None:
    uses = {
        text: CodecUse(use="prefix", options={"prefix": text}),
        "price": CodecUse(use="cents", beside=Beside(canonical="/currency", dialect="/cur", default=text)),
    }
    place = Shape(rows=(Row(canonical="city", dialect="town", default=text),))
    lens = make_lens("full", bind(*rows_full_of(text), uses=uses, shapes={text: place}), "to_dialect")
    order = {"method": text, "note": text, "status": "s", "email": text, "address": {}, "lines": [{}]}
    context = {"setting": {"a": text, "x": "X"}}
    dialect = both(lens, order, context, "to_dialect")
    both(lens, dialect, context, "to_canonical")
    assert not hasattr(builtins, SENTINEL)
    for source in lens.source.values():
        assert_harmless(source)


@pytest.mark.parametrize("direction", ["to_dialect", "to_canonical"])
def test_the_source_is_in_linecache_and_is_what_runs(direction: Direction) -> None:
    made = compile_rows("shop.order", bind(Row(canonical="email", dialect="mail")), direction, "to_dialect")
    assert "".join(linecache.getlines(f"<shop.order {direction}>")) == made.source
    assert made.function.__code__.co_filename == f"<shop.order {direction}>"
    expected: Any = ({"mail": "a"}, (0,)) if direction == "to_dialect" else {"email": "a"}
    assert made.function({"email": "a", "mail": "a"}, {}) == expected


def test_a_traceback_shows_the_line() -> None:
    uses = {"hash": CodecUse(use="prefix", options={"prefix": "#"})}
    lens = make_lens("shop.order", bind(Row(canonical="email", dialect="mail", codec="hash"), uses=uses), "to_dialect")
    linecache.checkcache()
    with pytest.raises(AttributeError) as caught:
        lens.to_canonical({"mail": 7}, {})
    frames = [frame for frame in traceback.extract_tb(caught.value.__traceback__) if "shop.order" in frame.filename]
    assert frames[0].filename == "<shop.order to_canonical>"
    assert frames[-1].line == "value = codec_prefix(value, None, options)"


def test_a_shape_used_twice_is_one_function() -> None:
    row, other = (Row(canonical=name, dialect="ship", shape="place") for name in ("address", "billing"))
    shapes = {"place": Shape(rows=(Row(canonical="city", dialect="town"),))}
    for direction, source in make_lens("twice", bind(row, other, shapes=shapes), "to_dialect").source.items():
        functions = [node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
        assert functions == ["object_1", "object_2", direction]
        assert source.count("object_1(") == 3


def test_the_source_says_what_goes_where_and_what_is_lost() -> None:
    lens = make_lens(
        "told",
        bind(Row(canonical="email", dialect="customer.mail"), Row(canonical="note", drop="no notes")),
        "to_dialect",
    )
    assert "# 'email' -> 'customer.mail'" in lens.source["to_dialect"]
    assert "# 'note' is dropped: 'no notes'" in lens.source["to_dialect"]
    assert "# 'customer.mail' -> 'email'" in lens.source["to_canonical"]


def test_each_result_has_its_own_constants() -> None:
    lens = make_lens("own", bind(Row(dialect="tags", const=["a"])), "to_dialect")
    lens.to_dialect({}, {})["tags"].append("b")
    assert lens.to_dialect({}, {}) == {"tags": ["a"]}


@pytest.mark.parametrize("name", ["email", "value", "source", "place", "reach", "object_1", "options"])
def test_a_codec_may_have_any_name(name: str) -> None:
    codecs: dict[str, Codec] = {name: CODECS["upper"]}
    ours, theirs = (SchemaView(record({"a": record({"b": NUMBER, "c": NUMBER})})) for _ in range(2))
    row = Row(canonical="a.b", dialect="a?.b", codec=name, lossy="the case")
    rows = (Row(canonical="a.c", dialect="a.c"), row)
    bound = Binder("", codecs, {}, {}, ours, theirs).bind(rows, ours, theirs, "order")
    lens = make_lens("named", bound, "to_dialect")
    assert both(lens, {"a": {"b": "x", "c": 1}}, {}, "to_dialect") == {"a": {"b": "X", "c": 1}}
