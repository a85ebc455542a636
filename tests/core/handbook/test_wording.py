"""Rows, steps and promises in words."""

from collections.abc import Mapping

import pytest
from msgspec import structs

from adapter.core.dialects import Dialect
from adapter.core.files.mappings import Idempotency, StepRows
from adapter.core.handbook.wording import (
    tell_facts,
    tell_how,
    tell_kept,
    tell_reason,
    tell_repeat,
    tell_request,
    tell_sent,
    tell_when,
)
from adapter.lens.classes import Classed, RowClass
from adapter.lens.rows import Direction

LOSSLESS = RowClass.LOSSLESS

# a row -> the words
ROWS: dict[str, tuple[Classed, str]] = {
    "a copy of the value": (Classed(at="", kind=LOSSLESS, canonical=("a",), dialect=("b",)), "as it is"),
    "an object carried whole": (Classed(at="", kind=LOSSLESS, codec="whole", use="whole"), "as it is"),
    "a codec": (Classed(at="", kind=LOSSLESS, codec="text", use="text"), "by `text`"),
    "a codec under another name": (
        Classed(at="", kind=LOSSLESS, codec="money", use="money_minor", beside="currency"),
        "by `money` (`money_minor`) beside `currency`",
    ),
    "a codec with an option": (
        Classed(at="", kind=LOSSLESS, codec="country", use="country", options={"form": "alpha2"}),
        "by `country` form `alpha2`",
    ),
    "members joined": (
        Classed(at="", kind=LOSSLESS, canonical=("a", "b"), codec="full_name", use="full_name"),
        "joined by `full_name`",
    ),
    "a table": (
        Classed(at="", kind=LOSSLESS, codec="table", use="table", table={"a": "0"}, otherwise="u"),
        "`a` is `0`, any other is `u`",
    ),
    "copies": (Classed(at="", kind=LOSSLESS, dialect=("b", "c")), "a copy in each"),
    "a default": (Classed(at="", kind=LOSSLESS, default="{setting.x}"), "where there is none `{setting.x}`"),
    "a condition": (Classed(at="", kind=LOSSLESS, when=(("a", ("x", "y")),)), "where `a` is `x`, `y`"),
    "an absence": (Classed(at="", kind=LOSSLESS, when=(("a", (None,)),)), "where `a` is absent"),
    "one way": (Classed(at="", kind=RowClass.ONE_WAY, only="to_dialect"), "as it is"),
    "the other way": (Classed(at="", kind=RowClass.ONE_WAY, only="to_canonical"), "only back to canonical"),
    "a constant": (Classed(at="", kind=RowClass.CONSTANT, const=False), "always `false`"),
    "a constant with a reason": (Classed(at="", kind=RowClass.CONSTANT, reason="its index"), "its index"),
    "a drop": (Classed(at="", kind=RowClass.DROPPED, reason="no place"), ""),
}


@pytest.mark.parametrize(("row", "words"), ROWS.values(), ids=ROWS)
def test_how_a_row_carries_is_told(row: Classed, words: str) -> None:
    assert tell_how(row, "to_dialect") == words


@pytest.mark.parametrize(
    ("towards", "words"), [("to_dialect", "a copy in each"), ("to_canonical", "the first that is there")]
)
def test_several_paths_are_copies_or_a_choice(towards: Direction, words: str) -> None:
    assert tell_how(Classed(at="", kind=LOSSLESS, dialect=("a", "b")), towards) == words


def test_a_loss_is_told_in_the_mappings_words_and_a_constant_loses_nothing() -> None:
    assert tell_reason(Classed(at="", kind=RowClass.DROPPED, reason="no place")) == "no place"
    assert tell_reason(Classed(at="", kind=RowClass.CONSTANT, reason="its index")) == ""


def step(**said: object) -> StepRows:
    return StepRows(name="s", operation="o", **said)  # type: ignore[arg-type]  # keys of a step


# what a step says -> what it sends, what is taken from its answer, which orders take it
STEPS: dict[str, tuple[StepRows, str, str, str]] = {
    "nothing": (step(), "nothing", "", "always"),
    "the whole": (step(send=".", receipt=True), "the whole order", "the receipt", "always"),
    "a part": (
        step(send="checkout", fill={"cart_id": "{kept.cart_id}"}, when="complete"),
        "`checkout` with `cart_id`",
        "",
        "only with `complete`",
    ),
    "each item": (
        step(for_each="items", unless="cart_id"),
        "each of `items`",
        "",
        "not where `cart_id` is given, one call for each",
    ),
    "a list of one": (
        step(send=".", in_list=True, keep={"id": "x.id"}),
        "the whole order, in a list of one",
        "`id` from `x.id`",
        "always",
    ),
    "a secret": (step(pass_on={"t": "token"}), "nothing", "`t`, passed on once and never stored", "always"),
}


@pytest.mark.parametrize(("rows", "sent", "kept", "when"), STEPS.values(), ids=STEPS)
def test_a_step_is_told(rows: StepRows, sent: str, kept: str, when: str) -> None:
    assert (tell_sent(rows), tell_kept(rows), tell_when(rows)) == (sent, kept, when)


def test_a_request_is_told_with_what_fills_it(dialects: Mapping[str, Dialect]) -> None:
    (order,) = dialects["enad"].steps
    assert tell_request(order) == "`POST /api/v1/{setting.team_slug}/{setting.app_slug}/orders`"
    _, calculate, *_ = dialects["lana"].steps
    query = "shop_id={setting.shop_id}&order_id={kept.order_id}"
    assert tell_request(calculate) == f"`POST /orders/calculate.json?{query}`"


PROMISES: dict[str, tuple[Idempotency, str]] = {
    "no key": (Idempotency(recovery="E"), "nothing protects it: an unknown outcome is for a person"),
    "a key of a class that may not resend": (
        Idempotency(recovery="C", header="K"),
        "nothing protects it: an unknown outcome is for a person",
    ),
    "a key": (Idempotency(recovery="A", header="K"), "the key is honoured"),
    "a key for hours": (Idempotency(recovery="A", header="K", keeps_hours=24), "the key is honoured for 24 hours"),
    "a key with everything": (
        Idempotency(recovery="A", header="K", keeps_hours=2, identical_bytes=True, about="on Sundays"),
        "the key is honoured for the very same bytes for 2 hours, on Sundays",
    ),
}


@pytest.mark.parametrize(("rules", "words"), PROMISES.values(), ids=PROMISES)
def test_what_a_repeat_means_is_told(dialects: Mapping[str, Dialect], rules: Idempotency, words: str) -> None:
    assert tell_repeat(structs.replace(dialects["enad"].mapping, idempotency=rules)) == words


def test_a_look_up_is_told_where_it_is_relied_on(dialects: Mapping[str, Dialect]) -> None:
    lana = dialects["lana"]
    assert tell_facts(lana)["a look-up"] == "`list_orders` shows what became of `create`, before a person must decide"
    for name, words in {"C": "`list_orders` shows what became of `create`", "E": "none"}.items():
        mapping = structs.replace(lana.mapping, idempotency=Idempotency(recovery=name))  # type: ignore[arg-type]  # A to E
        assert tell_facts(lana._replace(mapping=mapping))["a look-up"] == words
    assert tell_repeat(structs.replace(lana.mapping, idempotency=Idempotency(recovery="C"))).endswith("looked up")


def test_every_dialect_is_told_by_the_same_facts(dialects: Mapping[str, Dialect]) -> None:
    told = {name: tell_facts(dialect) for name, dialect in dialects.items()}
    assert len({tuple(facts) for facts in told.values()}) == 1
    assert told["enad"]["placed"] == "a status of 2xx whose body fits its schema and where `success` is `true`"
    assert told["enad"]["after an unknown outcome"].startswith("class E: ")
    assert told["lana"]["refused for good"] == "400, 402, 404, 405, 409, 410, 413, 415, 422"
    assert told["stella_checkout"]["calls a minute"] == "60"
    assert told["stella_checkout"]["calls of one order"] == (
        "`cart` (not always), `items` for each of `items`, `checkout`, `complete` (not always)"
    )
