"""Overlays: what a tenant's rows replace and add, and which file and row an error names."""

import tomllib
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from adapter.core.dialects import Dialect
from adapter.core.files.mappings import MappingFile
from adapter.core.files.overlays import lay_over, read_overlay
from adapter.core.tenancy.tenant_dialects import make_tenant_dialect
from adapter.errors import MappingError
from adapter.lens.rows import Row, as_paths

Dialects = Mapping[str, Dialect]
Lay = Callable[[str], MappingFile]
Speak = Callable[[str], Dialect]


@pytest.fixture
def lay(dialects: Dialects) -> Lay:
    """Lana's mapping with an overlay in TOML."""
    return lambda text: lay_over(dialects["lana"].mapping, read_overlay(tomllib.loads(text), "my.toml"), "my.toml")[0]


@pytest.fixture
def speak(dialects: Dialects) -> Speak:
    """Lana as a tenant with an overlay in TOML speaks it."""
    return lambda text: make_tenant_dialect(
        dialects["lana"], read_overlay(tomllib.loads(text), "my.toml"), "my.toml", {}, "tenant.shop.crosswalk"
    )


def about(rows: tuple[Row, ...], member: str) -> list[Row]:
    """The rows that name a canonical member."""
    return [row for row in rows if member in as_paths(row.canonical)]


def each(mapping: MappingFile) -> tuple[Row, ...]:
    (lines,) = about(mapping.order, "line_items")
    assert lines.each is not None
    return lines.each


def test_an_overlay_that_says_nothing_changes_nothing(lay: Lay, dialects: Dialects) -> None:
    assert lay("") == dialects["lana"].mapping


def test_a_row_takes_the_place_of_the_row_about_its_member(lay: Lay, dialects: Dialects) -> None:
    mapping = lay('order = [{ canonical = "phone", drop = "we never pass on a phone" }]')

    assert about(mapping.order, "phone") == [Row(canonical="phone", drop="we never pass on a phone")]
    assert [row.canonical for row in mapping.order] == [row.canonical for row in dialects["lana"].mapping.order]


def test_a_drop_of_several_members_keeps_those_that_the_overlay_does_not_name(lay: Lay) -> None:
    mapping = lay('order = [{ canonical = "total", dialect = "total_tax" }]')

    assert about(mapping.order, "subtotal")[0].canonical == ("subtotal",)
    assert about(mapping.order, "total") == [Row(canonical="total", dialect="total_tax")]


def test_rows_about_one_member_all_stand_where_the_first_that_they_replace_stood(lay: Lay) -> None:
    first, second = "{ canonical = 'email', dialect = 'a' }", "{ canonical = ['email', 'phone'], dialect = 'b' }"
    mapping = lay(f"order = [{first}, {second}]")

    assert [row.dialect for row in mapping.order[:3]] == ["a", "b", "currency"]


def test_a_constant_takes_the_place_of_what_wrote_its_member(lay: Lay) -> None:
    mapping = lay('order = [{ dialect = "tags", const = ["from-a-widget"] }]')

    assert [row.const for row in mapping.order if row.dialect == "tags"] == [["from-a-widget"]]


def test_a_row_may_write_what_was_a_constant(lay: Lay) -> None:
    mapping = lay('order = [{ canonical = "note", dialect = "tags", codec = "only_item" }]')

    assert [row.canonical for row in mapping.order if row.dialect == "tags"] == ["note"]
    assert len(about(mapping.order, "note")) == 1


def test_the_rows_of_a_list_are_laid_over_each_other_one_by_one(lay: Lay, dialects: Dialects) -> None:
    mapping = lay(
        'order = [{ canonical = "line_items", dialect = "line_items",'
        ' each = [{ canonical = "variant_id", dialect = "variant_id", codec = "upper_case" }] }]'
    )

    before = each(dialects["lana"].mapping)
    assert each(mapping)[1:] == before[1:]
    assert [row.codec for row in each(mapping)[:1]] == ["upper_case"]
    assert len(mapping.order) == len(dialects["lana"].mapping.order)


def test_a_list_that_goes_elsewhere_replaces_the_whole_list(lay: Lay) -> None:
    mapping = lay('order = [{ canonical = "line_items", dialect = "custom_items", each = [] }]')

    assert about(mapping.order, "line_items") == [Row(canonical="line_items", dialect="custom_items", each=())]


def test_a_row_about_a_member_of_an_outline_replaces_the_outline(lay: Lay) -> None:
    mapping = lay(
        'order = [{ canonical = "line_items", dialect = "line_items", each = [{ canonical = "name", drop = "x" }] }]'
    )

    assert [row for row in each(mapping) if row.outline] == []


def test_the_rows_of_a_shape_are_laid_over_each_other_one_by_one(lay: Lay, dialects: Dialects) -> None:
    mapping = lay('[shape.address]\nrows = [{ canonical = "company", drop = "no companies" }]')

    before = dialects["lana"].mapping.shapes["address"].rows
    assert mapping.shapes["address"].rows == (before[0], Row(canonical="company", drop="no companies"), *before[2:])


def test_codecs_shapes_and_settings_go_by_name(lay: Lay) -> None:
    mapping = lay(
        '[codec.country]\nuse = "country"\noptions = { form = "name" }\n[codec.mine]\nuse = "text"\n'
        '[shape.mine]\nrows = []\n[setting.channel]\nabout = "Where from"\ndefault = "web"\n'
    )

    assert mapping.codecs["country"].options == {"form": "name"}
    assert {"mine", "money"} <= mapping.codecs.keys()
    assert {"mine", "address"} <= mapping.shapes.keys()
    assert mapping.settings["channel"].default == "web"


def test_a_receipt_is_laid_over_too(lay: Lay) -> None:
    mapping = lay('receipt = [{ canonical = "status", const = "placed" }]')

    assert about(mapping.receipt, "status") == [Row(canonical="status", const="placed")]


def test_an_echo_is_laid_over_too(lay: Lay) -> None:
    mapping = lay('echo = [{ canonical = "email", dialect = "billing_email" }]')

    assert about(mapping.echo, "email") == [Row(canonical="email", dialect="billing_email")]


def test_an_order_goes_out_by_the_overlay(speak: Speak, dialects: Dialects) -> None:
    dialect = speak('order = [{ canonical = "note", dialect = "tags", codec = "only_item" }]')
    document = dialect.order.to_dialect({"note": "ring twice", "line_items": []}, {"setting": {}})

    assert document["tags"] == ["ring twice"]
    assert dialect.order.to_canonical(document, {})["note"] == "ring twice"
    assert dialect.mapping.steps == speak("").mapping.steps


# what an overlay gets wrong -> the place that the message names, and its words
MISTAKES: dict[str, tuple[str, str, str]] = {
    "a misspelt key": ("orders = []", "my.toml: top level", "unknown field `orders`"),
    "a step": ("[[step]]\nname = 'x'\noperation = 'x'", "my.toml: top level", "unknown field `step`"),
    "a misspelt key of a row": (
        'order = [{ canonical = "note", dorp = "x" }]',
        "my.toml: order[0]",
        "unknown field `dorp`",
    ),
    "a misspelt dialect member": (
        'order = [{ canonical = "phone", dialect = "mobil" }]',
        "my.toml: order[0].dialect",
        "did you mean 'mobile'?",
    ),
    "a misspelt member of a line": (
        'order = [{ canonical = "line_items", dialect = "line_items",'
        ' each = [{ canonical = "size", dialect = "variant_idd" }] }]',
        "my.toml: order[0].each[0].dialect",
        "did you mean 'variant_id'?",
    ),
    "a misspelt member of a shape": (
        '[shape.address]\nrows = [{ canonical = "citi", dialect = "city" }]',
        "my.toml: shape.address.rows[0].canonical",
        "did you mean 'city'?",
    ),
    "a misspelt codec": ('[codec.money]\nuse = "money_minr"', "my.toml: codec.money", "did you mean 'money_minor'?"),
    "a loss that is not declared": (
        'order = [{ canonical = "email", dialect = "customer_email", codec = "lower_case" }]',
        "my.toml: order[0]",
        "its codec cannot be undone",
    ),
    "a second row for a member of the dialect": (
        'order = [{ canonical = "note", dialect = "customer_email" }]',
        "lana.toml: order[0]",
        "more than one row writes 'customer_email' (M35 written_twice) - at `my.toml: order[0]`",
    ),
    "a member of an outline without the others": (
        'order = [{ canonical = "line_items", dialect = "line_items", each = [{ canonical = "name", drop = "x" }] }]',
        "lana.toml: order[3]",
        "line_items.price: no row maps it",
    ),
    "an unknown setting": (
        'order = [{ dialect = "tags", const = ["{setting.chanel}"] }]',
        "my.toml: order[0].const[0]",
        "nothing is known as {setting.chanel}",
    ),
}


@pytest.mark.parametrize(("text", "at", "words"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_with_its_file_and_row(speak: Speak, text: str, at: str, words: str) -> None:
    with pytest.raises(MappingError) as caught:
        speak(text)

    assert caught.value.at == at
    assert words in str(caught.value)


def test_a_row_of_the_dialect_keeps_its_own_place_behind_an_overlay(speak: Speak) -> None:
    """Two rows become one: what stood in order[5] is counted as order[4] and named as before."""
    with pytest.raises(MappingError) as caught:
        speak(
            'order = [{ canonical = ["email", "phone"], dialect = "customer_email", codec = "full_name", lossy = "x" },'
            ' { canonical = "note", dialect = "shipping_rate_ids", codec = "only_item" }]'
        )

    assert "more than one row writes 'shipping_rate_ids' (M35 written_twice) - at `lana.toml: order[6]`" in str(
        caught.value
    )


def version_of(speak: Speak, *texts: str) -> set[str]:
    return {speak(text).version for text in texts}


def test_a_version_is_the_mappings_content(speak: Speak, dialects: Dialects) -> None:
    row = 'order = [{ canonical = "phone", drop = "%s" }]'

    assert version_of(speak, "") == {dialects["lana"].version}
    assert version_of(speak, row % "a", f"# another spelling\n{row}" % "a") == {speak(row % "a").version}
    assert len(version_of(speak, "", row % "a", row % "b")) == 3
    assert len({dialect.version for dialect in dialects.values()}) == len(dialects)


def test_a_version_changes_with_the_document_of_the_backend(dialects: Dialects) -> None:
    lana = dialects["lana"]
    api: dict[str, Any] = lana.api | {"info": {"title": "another"}}
    changed = make_tenant_dialect(lana._replace(api=api), read_overlay({}, "my.toml"), "my.toml", {}, "x")

    assert changed.version != lana.version
