"""Cases in both directions, compiled and interpreted; and every fault of a document at once."""

from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from adapter.errors import Fault, Unmappable
from adapter.lens.codecs import CodecError
from adapter.lens.lens import Lens, make_lens, narrow_lens
from adapter.lens.rows import Beside, CodecUse, Direction, Outline, Row
from adapter.lens.schemas import Schema
from adapter.lens.trees import Tree

from .case import Case
from .cases_of_structures import STRUCTURES
from .cases_of_values import VALUES
from .small import CANONICAL, DIALECT, NUMBER, bind, both

CASES: dict[str, Case] = VALUES | STRUCTURES


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_case_goes_out_as_its_dialect_says(case: Case) -> None:
    lens = make_lens("case", bind(*case.rows, uses=case.uses, shapes=case.shapes), case.default_in)
    assert both(lens, case.canonical, case.context, "to_dialect") == case.dialect


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_case_comes_back_as_canonical(case: Case) -> None:
    lens = make_lens("case", bind(*case.rows, uses=case.uses, shapes=case.shapes), case.default_in)
    dialect = case.dialect if case.reads is None else case.reads
    expected = case.canonical if case.back is None else case.back
    assert both(lens, dialect, case.context, "to_canonical") == expected


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_member_comes_back_alike_by_the_rows_about_it_alone(case: Case) -> None:
    lens = make_lens("case", bind(*case.rows, uses=case.uses, shapes=case.shapes), case.default_in)
    dialect = case.dialect if case.reads is None else case.reads
    whole = lens.to_canonical(dialect, case.context)
    for member, value in whole.items():
        narrow = narrow_lens("case", lens, {member})
        assert both(narrow, dialect, case.context, "to_canonical")[member] == value
    assert narrow_lens("case", lens, set()).to_canonical(dialect, case.context) == {}


def trees(schema: Schema) -> st.SearchStrategy[Any]:
    """Trees of the members that a schema declares, each of them there, null or absent."""
    if "properties" in schema:
        optional = {name: trees(member) | st.none() for name, member in schema["properties"].items()}
        return st.fixed_dictionaries({}, optional=optional)
    if "items" in schema:
        return st.lists(trees(schema["items"]), max_size=2)
    return st.integers(-1, 2) if schema == NUMBER else st.sampled_from(["", "a", "cash", "NP", "NPR", "O", "open", "5"])


TREES = {"to_dialect": trees(CANONICAL), "to_canonical": trees(DIALECT)}


def carried(lens: Lens, tree: Tree, context: Tree, direction: Direction) -> Tree | tuple[Fault, ...]:
    try:
        return both(lens, tree, context, direction)
    except Unmappable as exc:
        return exc.faults


@pytest.mark.parametrize("direction", ["to_dialect", "to_canonical"])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
@given(data=st.data())
@settings(max_examples=8, deadline=None, phases=(Phase.generate,))  # shrinking trees of every member is slow
def test_the_compiled_lens_agrees_with_the_oracle_on_any_tree(
    case: Case, direction: Direction, data: st.DataObject
) -> None:
    lens = make_lens("case", bind(*case.rows, uses=case.uses, shapes=case.shapes), case.default_in)
    tree = data.draw(TREES[direction])
    trace = lens.explain(tree, case.context, direction)
    assert carried(lens, tree, case.context, direction) == (tuple(trace.faults) or trace.target)


def test_case_names_are_unique() -> None:
    assert len(CASES) == len(VALUES) + len(STRUCTURES)


PRICE = CodecUse(use="cents", beside=Beside(canonical="/currency", dialect="/cur"))
HASH = CodecUse(use="prefix", options={"prefix": "#"})
MOVED = Outline(
    unless="variant",
    to="extras",
    index="extra.index",
    inline="the catalogue's own",
    rows=(
        Row(canonical="price", dialect="cents", codec="price"),
        Row(canonical="name", dialect="title", codec="hash"),
    ),
)
FAULTY = make_lens(
    "faulty",
    bind(
        Row(canonical="currency", dialect="cur"),
        Row(canonical="total", dialect="cents", codec="price"),
        Row(canonical=("email", "note"), dialect="customer.mail", codec="price"),
        Row(canonical="count", dialect="customer.mobile", codec="integer_text"),
        Row(
            canonical="lines",
            dialect="rows",
            each=(
                Row(canonical="sku", dialect="code", table={"a": "A", "b": "B"}),
                Row(outline=MOVED),
                Row(canonical="/status", dialect="cur", table={"open": "O"}, only="to_dialect", lossy="a copy"),
            ),
        ),
        uses={"price": PRICE, "hash": HASH},
    ),
    "to_dialect",
)


def faults_of(tree: Tree, direction: Direction) -> tuple[Fault, ...]:
    carry = FAULTY.to_dialect if direction == "to_dialect" else FAULTY.to_canonical
    with pytest.raises(Unmappable) as caught:
        carry(tree, {})
    assert isinstance(caught.value.__cause__, CodecError)
    assert all(f"{fault.pointer}: {fault.detail}" in str(caught.value) for fault in caught.value.faults)
    return caught.value.faults


def test_every_fault_of_an_order_is_told_at_its_place() -> None:
    lines = [{"sku": "a", "variant": "v", "price": "?"}, {"sku": "z", "price": "free"}, {"sku": "y"}]
    faults = faults_of({"currency": "NPR", "total": "much", "note": "n", "lines": lines}, "to_dialect")
    assert [(fault.pointer, fault.code) for fault in faults] == [
        ("/total", "no_counterpart"),
        ("/note", "no_counterpart"),
        ("/lines/1/sku", "no_counterpart"),
        ("/lines/1/price", "no_counterpart"),
        ("/lines/2/sku", "no_counterpart"),
    ]
    assert faults[0].detail == "expected an amount and its currency, found 'much' and 'NPR'"
    assert faults[2].detail == "expected one of a, b, found 'z'"


def test_every_fault_of_an_answer_is_told_at_its_place() -> None:
    rows = [{"code": "A"}, {"code": "Z", "extra": {"index": 1}}, {"extra": {"index": -1}}]
    answer = {"customer": {"mobile": "1_0"}, "rows": rows, "extras": [{"title": "no"}, {"title": "moved"}]}
    faults = faults_of(answer, "to_canonical")
    assert [fault.pointer for fault in faults] == ["/customer/mobile", "/rows/1/code", "/extras/1/title"]
    assert faults[0].detail == "expected digits, found '1_0'"
    assert faults[1].detail == "expected one of A, B, found 'Z'"


def test_a_fault_of_a_rooted_member_points_to_the_root() -> None:
    assert {fault.pointer for fault in faults_of({"status": "gone", "lines": [{}]}, "to_dialect")} == {"/status"}


def test_a_missing_member_beside_is_a_fault_at_that_member() -> None:
    (fault,) = faults_of({"total": "5"}, "to_dialect")
    assert (fault.pointer, fault.code) == ("/currency", "required")
    assert fault.detail.startswith("/total cannot be said without it: ")


def test_an_error_that_is_no_codec_error_is_not_taken_for_a_fault() -> None:
    with pytest.raises(AttributeError):
        FAULTY.to_canonical({"extras": [{"title": 7}], "rows": [{"extra": {"index": 0}}]}, {})


def test_an_explanation_has_the_faults_and_what_could_be_carried() -> None:
    trace = FAULTY.explain({"currency": "NPR", "total": "much"}, {}, "to_dialect")
    assert trace.target == {"cur": "NPR"}
    assert [fault.pointer for fault in trace.faults] == ["/total"]


def test_a_lens_shows_its_source_in_both_directions() -> None:
    assert "def to_dialect(source, context):" in FAULTY.source["to_dialect"]
    assert "def to_canonical(source, context):" in FAULTY.source["to_canonical"]
