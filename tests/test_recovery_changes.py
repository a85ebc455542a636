"""Recovery after something changed: the mapping, the settings, the tenants; and answers that come after the end."""

import tomllib
from collections.abc import Callable
from typing import Any

import pytest

from adapter.core.answers import resolve_as_not_placed
from adapter.core.dialects import Dialect, make_dialect
from adapter.core.files.mappings import read_mapping
from adapter.core.orders import Journey
from adapter.core.outcomes import Answered
from adapter.ports import OpenDoor
from adapter.shell.files import load_document, shipped
from tests.conftest import sample_tenant
from tests.recovering import UNCERTAIN, SetStage, hasten, recover_now, stage, state, told, write
from tests.staging import LOST, NOT_SENT, Stage

__all__ = ["stage"]

pytestmark = pytest.mark.anyio

Change = Callable[[dict[str, Any]], object]


def changed(name: str, change: Change) -> Dialect:
    """A shipped mapping with something changed."""
    data = tomllib.loads((shipped() / "mappings" / f"{name}.toml").read_text())
    change(data)
    return make_dialect(read_mapping(data, f"{name}.toml"), load_document(shipped(), name))


def speak(here: Stage, dialect: Dialect, base_url: str = "http://backend.test", **rows: Any) -> None:
    tenant = sample_tenant("shop", dialect, base_url, quiet_seconds=0.05, **rows)
    here.gateway.tenants = lambda: {tenant.site_id: tenant}


def rename(data: dict[str, Any]) -> None:
    data["step"][0]["name"] = data["lookup"]["step"] = "draft"
    data["setting"]["last_step"]["choices"][0] = "draft"


def honour(data: dict[str, Any]) -> None:
    data["idempotency"] = {"recovery": "A", "header": "Idempotency-Key"}


def list_only(data: dict[str, Any]) -> None:
    data["idempotency"] = {"recovery": "D"}


@pytest.mark.parametrize("script", [[LOST], [None, LOST]], ids=["open", "answered"])
async def test_a_step_that_was_renamed_is_not_a_new_one(stage: SetStage, script: list[Any]) -> None:
    here = stage("lana", *script)
    await here.place("a")
    speak(here, changed("lana", rename))
    await recover_now(here)

    assert (state(here), len(here.backends.calls)) == ("needs_operator", len(script))


async def test_a_backend_that_is_said_to_honour_keys_by_now_had_none_to_honour(stage: SetStage) -> None:
    here = stage("enad", Answered(500, {}, b"{}"))
    await here.place("a")
    speak(here, changed("enad", honour))
    write(here, "UPDATE operation SET state = 'unknown'")
    await recover_now(here)

    assert told(await here.place("a")) == UNCERTAIN
    assert len(here.backends.calls) == 1


async def test_a_look_in_another_place_proves_nothing(stage: SetStage) -> None:
    here = stage("lana", LOST)
    dialect = changed("lana", list_only)
    speak(here, dialect)
    await here.place("a")
    speak(here, dialect, "http://other.test")
    await recover_now(here)

    assert told(await here.place("a")) == UNCERTAIN
    assert here.backends.names() == ["create"]


async def test_a_gateway_that_does_not_know_a_tenant_leaves_its_orders_to_those_that_do(stage: SetStage) -> None:
    here = stage("stella_sync", LOST)
    await here.place("a")
    tenants = here.gateway.tenants
    here.gateway.tenants = dict
    await recover_now(here)
    assert state(here) == "unknown"

    here.gateway.tenants = tenants
    await recover_now(here)
    assert told(await here.place("a")) == (201, "receipt")


async def test_a_success_that_comes_after_the_end_is_the_end(stage: SetStage) -> None:
    """The first run was taken for dead; the answer it brings all the same is stronger than what came after."""
    here = stage("stella_sync", NOT_SENT)
    outcome: list[Any] = []

    async def decide_meanwhile() -> None:
        hasten(here)
        ((operation_id,),) = here.read("SELECT operation_id FROM operation")
        outcome.append(await here.journal.resolve(operation_id, resolve_as_not_placed(operation_id)))

    here.backends.script.clear()
    here.backends.pause = decide_meanwhile
    answer = await here.place("a")

    assert outcome == [True]
    assert (told(answer), state(here)) == ((201, "receipt"), "succeeded")


async def test_a_success_that_comes_after_another_order_took_its_reference_is_recorded(stage: SetStage) -> None:
    here = stage("stella_sync", reference="/external_id")
    calls = 0

    async def place_another() -> None:
        nonlocal calls
        calls += 1
        if calls > 1:
            return
        hasten(here)
        ((operation_id,),) = here.read("SELECT operation_id FROM operation")
        await here.journal.resolve(operation_id, resolve_as_not_placed(operation_id))
        assert told(await here.place("b", external_id="W-1")) == (201, "receipt")

    here.backends.pause = place_another
    assert told(await here.place("a", external_id="W-1")) == (201, "receipt")
    assert here.read("SELECT key, state FROM operation ORDER BY key") == [("a", "succeeded"), ("b", "succeeded")]


async def test_a_key_that_runs_again_in_another_dialect_is_on_record_in_that(stage: SetStage) -> None:
    here = stage("stella_sync", NOT_SENT)
    await here.place("a")
    other = sample_tenant("shop", changed("enad", lambda data: None), "http://backend.test")
    here.gateway.tenants = lambda: {"shop": other}
    here.backends.dialect = "enad"
    assert told(await here.place("a")) == (201, "receipt")

    assert here.read("SELECT dialect, recovery FROM operation") == [("enad", "E")]


class Counter(OpenDoor):
    """A budget that is spent: nothing new may go, what is open is written down."""

    def __init__(self) -> None:
        self.owed: list[int] = []

    def charge(self, _journey: Journey) -> int:
        return 7

    def owe(self, _journey: Journey, calls: int) -> None:
        self.owed.append(calls)


async def test_what_is_open_goes_before_what_is_new_and_is_charged_for(stage: SetStage) -> None:
    here = stage("lana", None, LOST)
    await here.place("a")
    counter = Counter()
    here.gateway.runs.admission = counter
    await recover_now(here)

    assert (state(here), counter.owed) == ("succeeded", [3])
    assert told(await here.place("b")) == (503, "operation-not-applied")
