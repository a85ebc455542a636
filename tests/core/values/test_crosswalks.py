"""Crosswalks: ids found, refused or passed on, both ways; what is looked up; where none can lead."""

import tomllib
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.core.dialects import Dialect
from adapter.core.files.overlays import Overlay, read_overlay
from adapter.core.orders import make_context, map_out
from adapter.core.revisions import find_revisions
from adapter.core.tenancy.tenant_dialects import make_tenant_dialect
from adapter.core.tenancy.tenants import Tenant, stand_in
from adapter.core.values.crosswalks import CROSSWALK_CODECS, CrosswalkRows, Pairs, gather_ids, make_pairs
from adapter.errors import Fault, MappingError, Problem, SetupError
from adapter.lens.codecs import CodecError
from adapter.lens.trees import Tree
from adapter.qa.draws.strategies import orders
from adapter.qa.laws.trips import check_agreement, check_round_trip
from tests.conftest import DIALECTS

Dialects = Mapping[str, Dialect]

CODEC = CROSSWALK_CODECS["crosswalk"]
VARIANT = "/line_items/*/variant_id"
AT = "tenant.shop.crosswalk"
REFERENCE = "11111111-2222-4333-8444-555555555555"
RECEIVED_AT = "2026-03-02T09:15:20Z"


def options(missing: str, **found: str) -> Tree:
    return {"table": make_pairs("variants", found), "missing": missing}


def speak(dialect: Dialect, overlay: str = "", **crosswalks: CrosswalkRows) -> Dialect:
    said: Overlay | None = read_overlay(tomllib.loads(overlay), "my.toml") if overlay else None
    return make_tenant_dialect(dialect, said, "my.toml", crosswalks, AT)


def variants(missing: Any = "refuse") -> CrosswalkRows:
    return CrosswalkRows(member=VARIANT, missing=missing)


def with_lines(order: Tree, *ids: str | None) -> Tree:
    return order | {"line_items": [{"quantity": 1, "variant_id": variant} for variant in ids]}


def test_an_id_goes_out_as_the_backends_and_comes_back_as_ours() -> None:
    for missing in ("refuse", "pass"):
        said = options(missing, ours="theirs")
        assert CODEC.to_dialect("ours", None, said) == "theirs"
        assert CODEC.to_canonical("theirs", None, said) == "ours"


def test_an_id_that_is_missing_is_refused_or_passed_by_policy() -> None:
    for rewrite in (CODEC.to_dialect, CODEC.to_canonical):
        assert rewrite("x", None, options("pass", ours="theirs")) == "x"
        with pytest.raises(CodecError, match=r"^expected an id of the crosswalk 'variants', found 'x'$") as caught:
            rewrite("x", None, options("refuse", ours="theirs"))
        assert caught.value.code == "not_in_crosswalk"


def test_a_blank_id_is_none_and_not_looked_up() -> None:
    assert CODEC.to_dialect("", None, options("refuse")) == ""
    assert CODEC.to_canonical("", None, options("refuse")) == ""


def test_where_there_are_no_tables_every_id_is_missing() -> None:
    with pytest.raises(CodecError, match="of which there is none here"):
        CODEC.to_dialect("x", None, {"missing": "refuse"})


def test_a_row_keeps_its_own_codec_behind_the_crosswalk(dialects: Dialects) -> None:
    """Lana's row has a codec for lines without a variant: they become custom items as before."""
    lens = speak(dialects["lana"], v=variants()).order
    context = {"setting": {}, "crosswalk": {"v": make_pairs("v", {"a": "va_1"})}}
    order = {"line_items": [{"variant_id": "a"}, {"name": "gift wrap"}, {"variant_id": ""}]}
    document = check_agreement(lens, order, context)

    assert [line["variant_id"] for line in document["line_items"]] == ["va_1", "", ""]
    assert document["custom_items"] == [{"title": "gift wrap"}, {}]
    assert [line.get("variant_id") for line in lens.to_canonical(document, context)["line_items"]] == ["a", None, None]


@pytest.mark.parametrize("name", DIALECTS)
def test_every_dialect_keeps_its_laws_with_a_crosswalk(name: str) -> None:
    """Compiled and interpreted agree, and our ids come back, also those of lines that name the same variant."""
    dialect = speak(DIALECTS[name], v=variants())
    tenant = stand_in(dialect, {"currency": "USD"} if "currency" in dialect.mapping.settings else {})

    @settings(max_examples=40, deadline=None)
    @given(orders("uuid"), st.lists(st.sampled_from(["a", "b", "c", ""]), min_size=4, max_size=4))
    def trip(order: Tree, ids: list[str]) -> None:
        lines = [line | {"variant_id": variant} for line, variant in zip(order["line_items"], ids, strict=False)]
        order = order | {"line_items": lines}
        pairs = make_pairs("v", {"a": REFERENCE, "b": "va_b", "c": "va_c"})
        context = make_context(tenant, order, REFERENCE, RECEIVED_AT) | {"crosswalk": {"v": pairs}}
        check_agreement(dialect.order, order, context)
        check_round_trip(dialect.order, order, context)

    trip()


def test_an_order_asks_for_each_id_once(dialects: Dialects) -> None:
    rows = speak(dialects["lana"], v=variants(), rates=CrosswalkRows(member="/shipping_rate_id")).order.rows
    order = with_lines({"shipping_rate_id": "si_1"}, "a", "b", "a", "", None)

    assert gather_ids(rows, order, {}) == {"v": ["a", "b"], "rates": ["si_1"]}
    assert gather_ids(rows, {}, {}) == {"v": [], "rates": []}


def test_several_members_may_share_a_table(dialects: Dialects) -> None:
    members = ("/line_items/*/variant_id", "/line_items/*/product_id")
    rows = speak(dialects["enad"], ids=CrosswalkRows(member=members)).order.rows

    assert gather_ids(rows, {"line_items": [{"variant_id": "v", "product_id": "p"}]}, {}) == {"ids": ["p", "v"]}


def test_a_default_is_looked_up_like_an_id_that_was_sent(dialects: Dialects) -> None:
    rows = speak(dialects["lana"], c=CrosswalkRows(member="/currency")).order.rows

    assert gather_ids(rows, {}, {"setting": {"currency": "EUR"}}) == {"c": ["EUR"]}


def test_members_of_custom_items_are_looked_up_where_they_move_to(dialects: Dialects) -> None:
    dialect = speak(dialects["lana"], t=CrosswalkRows(member="/line_items/*/name"))
    context = {"setting": {}, "crosswalk": {"t": make_pairs("t", {"wrap": "Geschenkpapier"})}}
    order = {"line_items": [{"name": "wrap"}]}

    assert gather_ids(dialect.order.rows, order, context) == {"t": ["wrap"]}
    assert check_agreement(dialect.order, order, context)["custom_items"] == [{"title": "Geschenkpapier"}]


def test_a_dialect_without_crosswalks_is_the_very_one(dialects: Dialects) -> None:
    assert speak(dialects["lana"]) is dialects["lana"]
    assert {dialect.crosswalks for dialect in dialects.values()} == {()}
    assert speak(dialects["lana"], v=variants()).crosswalks == ("v",)


def refuse(tenant: Tenant, order: Tree, pairs: Mapping[str, Pairs]) -> tuple[Fault, ...]:
    with pytest.raises(Problem) as caught:
        map_out(tenant, order, (), REFERENCE, RECEIVED_AT, dict(pairs))
    assert caught.value.kind == "unmappable-order"
    return caught.value.faults


def test_every_id_that_is_refused_is_told_at_its_place(dialects: Dialects, order_for: Any) -> None:
    tenant = stand_in(speak(dialects["lana"], v=variants()), {})
    order = with_lines(order_for("lana"), "a", "x", "y")
    faults = refuse(tenant, order, {"v": make_pairs("v", {"a": "va_1"})})

    assert [(fault.pointer, fault.code) for fault in faults] == [
        ("/line_items/1/variant_id", "not_in_crosswalk"),
        ("/line_items/2/variant_id", "not_in_crosswalk"),
    ]
    assert "'x'" in faults[0].detail


def test_an_id_that_is_passed_is_declared_as_a_loss_of_its_row(dialects: Dialects) -> None:
    dialect = speak(dialects["enad"], v=variants("pass"))
    trace = dialect.order.explain(
        with_lines({}, "x"), {"setting": {}, "crosswalk": {"v": make_pairs("v", {})}}, "to_dialect"
    )

    (entry,) = [entry for entry in trace.entries if "/line_items/0/variant_id" in entry.canonical]
    assert (entry.after, entry.reason) == ("x", "an id that the crosswalk lacks is passed as it is")


SHOWN: dict[str, Callable[[str], Tree]] = {
    "lana": lambda variant: {"line_items": [{"quantity": 1, "variant": {"id": variant}}]},
    "enad": lambda variant: {"data": {"order_lines": [{"quantity": 1, "variant_id": variant}]}},
}


@pytest.mark.parametrize("missing", ["refuse", "pass"])
@pytest.mark.parametrize("name", ["lana", "enad"])
def test_what_a_backend_shows_of_an_order_is_read_with_our_ids(
    dialects: Dialects, order_for: Any, name: str, missing: str
) -> None:
    """Its own id is no revision; another variant than the one that was ordered is, at the line's member."""
    tenant = stand_in(speak(dialects[name], v=variants(missing)), {})
    line = {"quantity": 1, "variant_id": "a", "product_id": "p", "price": 5}
    pairs = make_pairs("v", {"a": "va_1"})
    journey = map_out(tenant, order_for(name, line_items=[line]), (), REFERENCE, RECEIVED_AT, {"v": pairs})

    assert find_revisions(journey, SHOWN[name]("va_1")) == ()
    (revision,) = find_revisions(journey, SHOWN[name]("va_2"))
    assert revision[0] == "/line_items/0/variant_id"


def test_an_overlay_may_lead_a_crosswalk_through_a_row_of_its_own(dialects: Dialects) -> None:
    dialect = speak(
        dialects["lana"],
        'order = [{ canonical = "payment_method", dialect = "gateway_id", codec = "gateways" }]\n'
        '[codec.gateways]\nuse = "crosswalk"\noptions = { table = "{crosswalk.gateways}", missing = "refuse" }',
    )
    context = {"setting": {}, "crosswalk": {"gateways": make_pairs("gateways", {"cod": "gw_1"})}}

    assert dialect.crosswalks == ("gateways",)
    assert check_agreement(dialect.order, {"payment_method": "cod"}, context)["gateway_id"] == "gw_1"


# where no crosswalk can lead -> words of the message, at the member of the tenants' file
NOWHERE: dict[str, tuple[str, str]] = {
    "a member that nobody knows": ("/line_items/*/variant", f"did you mean '{VARIANT}'?"),
    "a path that is no pointer": ("line_items.variant_id", "no row of lana is about 'line_items.variant_id'"),
    "an item by its number": ("/line_items/0/variant_id", "no row of lana is about"),
    "a member that is dropped": ("/line_items/*/product_id", "the dialect drops it"),
    "a member of a shape": ("/shipping_address/state", "it is in a shape"),
    "a member that is joined": ("/shipping_address/first_name", "it is in a shape"),
    "a list": ("/line_items", "it is a list"),
}


@pytest.mark.parametrize(("member", "words"), NOWHERE.values(), ids=NOWHERE)
def test_where_no_crosswalk_can_lead_is_told(dialects: Dialects, member: str, words: str) -> None:
    with pytest.raises(SetupError) as caught:
        speak(dialects["lana"], v=CrosswalkRows(member=member))

    assert words in str(caught.value)
    assert caught.value.at == f"{AT}.v.member"


def test_a_crosswalk_cannot_go_before_joined_members_or_a_table(dialects: Dialects) -> None:
    joined = 'order = [{ canonical = ["note", "cart_id"], dialect = "tags", codec = "full_name", lossy = "x" }]'
    with pytest.raises(SetupError, match="joins several members"):
        speak(dialects["lana"], joined, v=CrosswalkRows(member="/note"))
    table = 'order = [{ canonical = "payment_method", dialect = "gateway_id", table = { cod = "gw_1" } }]'
    with pytest.raises(SetupError, match="its row has a table"):
        speak(dialects["lana"], table, v=CrosswalkRows(member="/payment_method"))


def use(canonical: str, codec: str, lossy: str = ", lossy = 'x'") -> str:
    """A row with the codec `cw`, a crosswalk whose options are still to be said."""
    row = f'{{ canonical = {canonical}, dialect = "mobile", codec = {codec}{lossy} }}'
    return f'order = [{row}]\n[codec.cw]\nuse = "crosswalk"\n'


RIGHT = '{ table = "{crosswalk.t}", missing = "refuse" }'

# an overlay that uses a crosswalk wrongly: the row, its options, and the words of the message
MISUSES: dict[str, tuple[str, str, str]] = {
    "a table that is no reference": (
        use('"phone"', '"cw"'),
        '{ table = "t", missing = "refuse" }',
        "expected a `table` such as {crosswalk.variants}, found 't' (M51 useless_crosswalk) - at `my.toml: order[0]`",
    ),
    "a table of something else": (
        use('"phone"', '"cw"'),
        '{ table = "{setting.shop_id}", missing = "refuse" }',
        "expected a `table` such as",
    ),
    "an unknown policy": (
        use('"phone"', '"cw"'),
        '{ table = "{crosswalk.t}", missing = "ignore" }',
        "expected `missing` to be one of refuse, pass, found 'ignore'",
    ),
    "a loss that is not declared": (
        use('"phone"', '"cw"', lossy=""),
        '{ table = "{crosswalk.t}", missing = "pass" }',
        "is passed as it is; say `lossy`",
    ),
    "a crosswalk behind another codec": (
        use('"phone"', '["only_item", "cw"]'),
        RIGHT,
        "expected one crosswalk and as the first codec",
    ),
    "two crosswalks": (use('"phone"', '["cw", "cw"]'), RIGHT, "expected one crosswalk"),
    "joined members": (use('["phone", "note"]', '"cw"'), RIGHT, "this row joins several"),
    "a receipt": (
        'receipt = [{ canonical = "order_number", dialect = "number", codec = "cw" }]\n[codec.cw]\nuse = "crosswalk"\n',
        RIGHT,
        "those of a receipt are the backend's",
    ),
    "a table that only the echo looks into": (
        'echo = [{ canonical = "phone", dialect = "mobile", codec = "cw" }]\n[codec.cw]\nuse = "crosswalk"\n',
        RIGHT,
        "no row of the order looks into the table 't' that one of the echo does",
    ),
    "a table outside of a crosswalk": (
        'order = [{ dialect = "gateway_id", const = "{crosswalk.t}" }]\n[codec.cw]\nuse = "crosswalk"\n',
        RIGHT,
        "nothing is known as {crosswalk.t}",
    ),
}


@pytest.mark.parametrize(("text", "said", "words"), MISUSES.values(), ids=MISUSES)
def test_a_crosswalk_that_could_not_work_does_not_load(dialects: Dialects, text: str, said: str, words: str) -> None:
    with pytest.raises(MappingError) as caught:
        speak(dialects["lana"], f"{text}options = {said}\n")

    assert words in str(caught.value)
    assert "my.toml" in str(caught.value)
