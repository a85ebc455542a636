"""The flow with a crosswalk: ids looked up before anything is claimed, and again when an order is taken up."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from adapter.core.outcomes import Answered
from adapter.core.tenancy.tenant_dialects import make_tenant_dialect
from adapter.core.values.crosswalks import CrosswalkRows
from adapter.errors import Problem
from tests.conftest import sample_tenant
from tests.core.conftest import ANSWERS
from tests.recovering import grow_old, open_stage, recover_now, state, told, write
from tests.staging import LOST, NOT_SENT, SHIPPED, Stage, document

pytestmark = pytest.mark.anyio

SetStage = Callable[..., Stage]

VARIANT = "/line_items/0/variant_id"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[SetStage]:
    """Stages on one file whose tenant looks its variants up in a crosswalk."""
    stages: list[Stage] = []

    def make(dialect: str, *script: Any, missing: Any = "refuse") -> Stage:
        here = open_stage(tmp_path / "journal.db", dialect, *script)
        rows = {"variants": CrosswalkRows(member="/line_items/*/variant_id", missing=missing)}
        speaks = make_tenant_dialect(SHIPPED[dialect], None, "", rows, "tenant.shop.crosswalk")
        tenant = sample_tenant("shop", speaks, "http://backend.test", quiet_seconds=0.05, crosswalk=rows)
        here.gateway.tenants = lambda: {tenant.site_id: tenant}
        stages.append(here._replace(tenant=tenant))
        return stages[-1]

    yield make
    for made in stages:
        await made.journal.close()


class Broken:
    """Satisfies ``ports.Crosswalks`` and cannot be read."""

    async def look_up(self, _tenant: str, _table: str, _ids: Sequence[str]) -> Mapping[str, str]:
        raise Problem("storage-unavailable", "the disk is gone")


class Watched:
    """Satisfies ``ports.Crosswalks`` and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, list[str]]] = []

    async def look_up(self, tenant: str, table: str, ids: Sequence[str]) -> Mapping[str, str]:
        self.asked.append((tenant, table, list(ids)))
        return {ours: f"va_{ours}" for ours in ids}


def lines(*ids: str) -> list[dict[str, Any]]:
    return [{"quantity": 1, "variant_id": variant} for variant in ids]


def shows_items(*variants: str) -> Answered:
    """A checkout that holds these variants."""
    items = [{"variant_id": variant, "quantity": 1} for variant in variants]
    return Answered(201, {}, msgspec.json.encode(ANSWERS["stella_checkout", "create_checkout"] | {"items": items}))


def forget_pairs(here: Stage) -> None:
    """Make of the journal one that was written before pairs were kept."""
    write(here, "UPDATE operation SET pairs = NULL")


def sent_ids(here: Stage) -> list[str]:
    """The variants of the first call."""
    ((first,)) = msgspec.json.decode(here.backends.calls[0].body)
    return [line["variant_id"] for line in first["line_items"]]


async def test_the_backend_gets_its_own_ids(stage: SetStage) -> None:
    here = stage("lana")
    await here.journal.crosswalks.replace("shop", "variants", {"a": "va_1", "b": "va_2"})

    assert told(await here.place("k", line_items=lines("b", "a", "b"))) == (201, "receipt")
    assert sent_ids(here) == ["va_2", "va_1", "va_2"]
    ((canonical,),) = here.read("SELECT canonical FROM operation")
    assert [line["variant_id"] for line in msgspec.json.decode(canonical)["line_items"]] == ["b", "a", "b"]


async def test_an_id_that_is_missing_is_refused_before_anything_is_written_or_sent(stage: SetStage) -> None:
    here = stage("lana")
    await here.journal.crosswalks.replace("shop", "variants", {"b": "va_2"})
    answer = await here.place("k", line_items=lines("a", "b"))

    assert told(answer) == (422, "unmappable-order")
    assert [(error["pointer"], error["code"]) for error in document(answer)["errors"]] == [
        (VARIANT, "not_in_crosswalk")
    ]
    assert (here.backends.calls, here.read("SELECT * FROM operation")) == ([], [])


async def test_an_order_that_was_refused_is_taken_once_the_table_has_its_id(stage: SetStage) -> None:
    here = stage("lana")
    assert told(await here.place("k", line_items=lines("a"))) == (422, "unmappable-order")
    await here.journal.crosswalks.replace("shop", "variants", {"a": "va_1"})

    assert told(await here.place("k", line_items=lines("a"))) == (201, "receipt")


async def test_an_id_that_is_missing_is_passed_by_a_tenant_that_wants_it(stage: SetStage) -> None:
    here = stage("lana", missing="pass")
    await here.journal.crosswalks.replace("shop", "variants", {"a": "va_1"})

    assert told(await here.place("k", line_items=lines("a", "va_9"))) == (201, "receipt")
    assert sent_ids(here) == ["va_1", "va_9"]


async def test_a_preview_shows_the_backends_ids_and_the_same_refusals(stage: SetStage) -> None:
    here = stage("lana")
    await here.journal.crosswalks.replace("shop", "variants", {"a": "va_1"})
    shown = await here.gateway.preview_order(here.inbound(line_items=lines("a")))
    (sent,) = document(shown)["calls"][0]["body"]

    assert sent["line_items"][0]["variant_id"] == "va_1"
    with pytest.raises(Problem) as caught:
        await here.gateway.preview_order(here.inbound(line_items=lines("b")))
    assert [fault.code for fault in caught.value.faults] == ["not_in_crosswalk"]


async def test_another_tenants_table_is_not_looked_in(stage: SetStage) -> None:
    here = stage("lana")
    await here.journal.crosswalks.replace("other", "variants", {"a": "va_1"})

    assert told(await here.place("k", line_items=lines("a"))) == (422, "unmappable-order")


async def test_a_table_that_cannot_be_read_is_a_503_and_nothing_is_sent(stage: SetStage) -> None:
    here = stage("lana")
    here.gateway.runs.crosswalks = Broken()

    assert told(await here.place("k", line_items=lines("a"))) == (503, "storage-unavailable")
    assert (here.backends.calls, here.read("SELECT * FROM operation")) == ([], [])


async def test_each_id_of_an_order_is_asked_for_once_and_a_repeat_asks_nothing(stage: SetStage) -> None:
    here = stage("lana")
    here.gateway.runs.crosswalks = watched = Watched()
    for _ in range(2):
        assert told(await here.place("k", line_items=lines("b", "a", "b"))) == (201, "receipt")

    assert watched.asked == [("shop", "variants", ["b", "a"])]


async def test_an_order_without_such_ids_asks_nothing(stage: SetStage) -> None:
    here = stage("lana")
    here.gateway.runs.crosswalks = watched = Watched()

    assert told(await here.place("k", line_items=[{"quantity": 1, "name": "wrap", "price": 1}])) == (201, "receipt")
    assert watched.asked == []


async def test_a_tenant_without_crosswalks_asks_nothing(stage: SetStage, tmp_path: Path) -> None:
    here = open_stage(tmp_path / "other.db", "lana")
    here.gateway.runs.crosswalks = Broken()

    assert told(await here.place("k")) == (201, "receipt")
    await here.journal.close()


@pytest.mark.parametrize("dialect", ["lana", "stella_sync"])
async def test_recovery_sends_the_bytes_that_were_sent_whatever_the_table_says_by_now(
    stage: SetStage, dialect: str
) -> None:
    here = stage(dialect, LOST)
    first, second = ("va_1", "va_2") if dialect == "lana" else ("0" * 8 + "-0000-4000-8000-" + n * 12 for n in "12")
    await here.journal.crosswalks.replace("shop", "variants", {"a": first})
    assert told(await here.place("k", line_items=lines("a"))) == (202, "pending")
    await here.journal.crosswalks.replace("shop", "variants", {"a": second})
    await recover_now(here)

    assert state(here) == "succeeded"
    sent, again = here.backends.calls[:2]
    assert first.encode() in sent.body
    assert again.body == sent.body


async def test_an_order_goes_on_by_the_ids_it_was_given_when_the_table_has_others_by_now(stage: SetStage) -> None:
    here = stage("stella_checkout", None, None, LOST)
    first, second, other = (f"00000000-0000-4000-8000-{n * 12}" for n in "123")
    await here.journal.crosswalks.replace("shop", "variants", {"a": first, "b": second})
    assert told(await here.place("k", line_items=lines("a", "b", "a"))) == (202, "pending")
    await here.journal.crosswalks.replace("shop", "variants", {"a": other, "b": first})
    await recover_now(here)

    assert state(here) == "succeeded"
    items = [call for call in here.backends.calls if call.step.rows.name == "items"]
    assert [(call.name, msgspec.json.decode(call.body)["variant_id"]) for call in items] == [
        ("items[0]", first),
        ("items[1]", second),
        ("items[1]", second),
        ("items[2]", first),
    ]


async def test_a_table_that_changed_meanwhile_makes_no_revision(stage: SetStage) -> None:
    here = stage("stella_checkout", None, None, LOST)
    first, other = (f"00000000-0000-4000-8000-{n * 12}" for n in "12")
    await here.journal.crosswalks.replace("shop", "variants", {"a": first})
    await here.place("k", payment_method="card", line_items=lines("a"))
    await here.journal.crosswalks.replace("shop", "variants", {"a": other, "b": first})
    here.backends.script.append(shows_items(first))
    await recover_now(here)

    answer = await here.place("k", payment_method="card", line_items=lines("a"))
    assert "Order-Revised" not in answer.headers
    assert told(answer) == (201, "receipt")


async def test_a_variant_that_was_exchanged_for_one_of_our_own_ids_is_told(stage: SetStage) -> None:
    here = stage("stella_checkout", None, None, missing="pass")
    ours, theirs = (f"00000000-0000-4000-8000-{n * 12}" for n in "12")
    await here.journal.crosswalks.replace("shop", "variants", {ours: theirs})
    here.backends.script.append(shows_items(ours))
    answer = await here.place("k", payment_method="card", line_items=lines(ours))

    assert answer.headers["Order-Revised"] == '"";backend="/items/0/variant_id"'


async def test_the_ids_an_order_was_given_are_blanked_with_its_data(stage: SetStage) -> None:
    here = stage("lana")
    await here.journal.crosswalks.replace("shop", "variants", {"a": "va_1"})
    await here.place("k", line_items=lines("a"))
    assert here.read("SELECT pairs FROM operation") == [(b'{"variants":{"a":"va_1"}}',)]
    grow_old(here, 8 * 86_400)
    await here.journal.purge()

    assert here.read("SELECT pairs FROM operation") == [(None,)]


async def test_recovery_knows_an_order_whose_id_is_gone_from_the_table(stage: SetStage) -> None:
    here = stage("lana", LOST)
    await here.journal.crosswalks.replace("shop", "variants", {"a": "va_1"})
    await here.place("k", line_items=lines("a"))
    await here.journal.crosswalks.delete("shop", "variants")
    await recover_now(here)

    assert state(here) == "succeeded"


async def test_what_runs_again_after_an_answer_has_the_ids_of_that_answer(stage: SetStage) -> None:
    here = stage("stella_checkout", None, None, NOT_SENT)
    first, second, other = (f"00000000-0000-4000-8000-{n * 12}" for n in "123")
    await here.journal.crosswalks.replace("shop", "variants", {"a": first, "b": second})
    order = {"line_items": lines("a", "b")}
    assert told(await here.place("k", **order)) == (503, "operation-not-applied")
    await here.journal.crosswalks.replace("shop", "variants", {"a": second, "b": other})

    assert told(await here.place("k", **order)) == (201, "receipt")
    assert second.encode() in here.backends.calls[3].body


async def test_what_runs_again_from_the_start_has_the_ids_of_today(stage: SetStage) -> None:
    here = stage("lana", NOT_SENT)
    for variant in ("va_1", "va_2"):
        await here.journal.crosswalks.replace("shop", "variants", {"a": variant})
        await here.place("k", line_items=lines("a"))

    assert b"va_2" in here.backends.calls[1].body


async def test_an_order_of_an_old_journal_whose_id_is_gone_is_left_to_a_person(stage: SetStage) -> None:
    here = stage("lana", LOST)
    await here.journal.crosswalks.replace("shop", "variants", {"a": "va_1"})
    await here.place("k", line_items=lines("a"))
    forget_pairs(here)
    await here.journal.crosswalks.delete("shop", "variants")
    await recover_now(here)

    assert state(here) == "needs_operator"
    assert here.backends.names() == ["create"]


async def test_recovery_waits_for_a_table_that_cannot_be_read(stage: SetStage) -> None:
    here = stage("lana", LOST)
    await here.journal.crosswalks.replace("shop", "variants", {"a": "va_1"})
    await here.place("k", line_items=lines("a"))
    forget_pairs(here)
    crosswalks, here.gateway.runs.crosswalks = here.gateway.runs.crosswalks, Broken()
    with pytest.raises(Problem, match="the disk is gone"):
        await recover_now(here)
    assert (state(here), here.backends.names()) == ("reconciling", ["create"])

    here.gateway.runs.crosswalks = crosswalks
    await recover_now(here)
    assert state(here) == "succeeded"


async def test_an_order_is_journaled_with_the_version_of_its_mapping(stage: SetStage) -> None:
    here = stage("lana", NOT_SENT)
    await here.journal.crosswalks.replace("shop", "variants", {"a": "va_1"})
    await here.place("k", line_items=lines("a"))
    inbound = here.inbound()
    ((operation_id, mapping),) = here.read("SELECT operation_id, mapping FROM operation")

    assert mapping == here.tenant.dialect.version != SHIPPED["lana"].version
    assert document(await here.gateway.show_order(inbound, operation_id))["mapping"] == mapping


async def test_what_runs_again_is_journaled_with_the_mapping_it_runs_by(stage: SetStage) -> None:
    here = stage("lana", NOT_SENT)
    await here.journal.crosswalks.replace("shop", "variants", {"a": "va_1"})
    assert told(await here.place("k", line_items=lines("a"))) == (503, "operation-not-applied")
    later = stage("lana", missing="pass")
    assert told(await later.place("k", line_items=lines("a"))) == (201, "receipt")

    assert later.read("SELECT mapping FROM operation") == [(later.tenant.dialect.version,)]
    assert later.tenant.dialect.version != here.tenant.dialect.version
