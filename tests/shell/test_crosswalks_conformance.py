"""What the flow and the command line may rely on in any store of crosswalks, run on every store there is."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import pytest

from adapter.ports import Crosswalks
from adapter.shell.journal import SqliteJournal

pytestmark = pytest.mark.anyio


class Store(Crosswalks, Protocol):
    """Crosswalks with what is done to them from outside of the flow."""

    async def replace(self, tenant: str, table: str, pairs: Mapping[str, str]) -> None: ...

    async def add(self, tenant: str, table: str, pairs: Mapping[str, str]) -> Sequence[tuple[str, str]]: ...

    async def tables(self) -> list[tuple[str, str, int]]: ...

    async def pairs(self, tenant: str, table: str) -> dict[str, str]: ...

    async def delete(self, tenant: str, table: str) -> int: ...


class Opened(Protocol):
    """Whatever a store lives in."""

    @property
    def crosswalks(self) -> Store: ...

    async def close(self) -> None: ...


STORES: dict[str, Callable[[Path], Opened]] = {"sqlite": SqliteJournal}

OpenStore = Callable[[], Store]

PAIRS = {"a": "va_1", "b": "va_2"}


@pytest.fixture(params=STORES)
async def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[OpenStore]:
    """Open the same store, once more with each call, as another program would."""
    opened: list[Opened] = []

    def make() -> Store:
        opened.append(STORES[request.param](tmp_path / "journal.db"))
        return opened[-1].crosswalks

    yield make
    for store in opened:
        await store.close()


@pytest.fixture
async def store(open_store: OpenStore) -> Store:
    made = open_store()
    await made.replace("shop", "variants", PAIRS)
    return made


async def test_what_a_table_has_is_found_and_nothing_else(store: Store) -> None:
    assert await store.look_up("shop", "variants", ["b", "x", "a"]) == PAIRS
    assert await store.look_up("shop", "variants", ["va_1"]) == {}
    assert await store.look_up("shop", "variants", []) == {}


async def test_a_table_is_of_one_tenant_and_one_name(store: Store) -> None:
    await store.replace("b", "variants", {"a": "va_9"})
    await store.replace("shop", "rates", {"a": "si_1"})

    assert await store.look_up("b", "variants", ["a"]) == {"a": "va_9"}
    assert await store.look_up("shop", "rates", ["a"]) == {"a": "si_1"}
    assert await store.look_up("shop", "variants", ["a"]) == {"a": "va_1"}
    assert await store.look_up("b", "rates", ["a"]) == {}


@pytest.mark.parametrize("text", ["", " ", "'); DROP TABLE crosswalk; --", '"', "\\", "naïve 東京 🎁", "A" * 255])
async def test_an_id_is_any_text(store: Store, text: str) -> None:
    await store.replace("shop", "odd", {text: f"va_{text}"})

    assert await store.look_up("shop", "odd", [text]) == {text: f"va_{text}"}
    assert await store.pairs("shop", "odd") == {text: f"va_{text}"}


async def test_case_tells_ids_apart(store: Store) -> None:
    await store.replace("shop", "variants", {"a": "va_1", "A": "VA_1"})

    assert await store.look_up("shop", "variants", ["A"]) == {"A": "VA_1"}


async def test_a_table_is_replaced_whole(store: Store) -> None:
    await store.replace("shop", "variants", {"a": "va_2", "c": "va_1"})

    assert await store.pairs("shop", "variants") == {"a": "va_2", "c": "va_1"}


async def test_pairs_are_added_to_those_there_are(store: Store) -> None:
    assert await store.add("shop", "variants", {"b": "va_2", "c": "va_3"}) == []
    assert await store.pairs("shop", "variants") == {**PAIRS, "c": "va_3"}


@pytest.mark.parametrize(
    ("clash", "stored"),
    [({"a": "va_3"}, [("a", "va_1")]), ({"z": "va_2"}, [("b", "va_2")]), ({"a": "va_2"}, [*PAIRS.items()])],
)
async def test_pairs_that_would_not_be_one_to_one_are_not_added(
    store: Store, clash: dict[str, str], stored: list[tuple[str, str]]
) -> None:
    assert sorted(await store.add("shop", "variants", {"c": "va_4"} | clash)) == stored
    assert await store.pairs("shop", "variants") == PAIRS


async def test_tables_are_listed_with_how_many_pairs_they_have(store: Store) -> None:
    await store.replace("b", "rates", {"x": "y"})

    assert await store.tables() == [("b", "rates", 1), ("shop", "variants", 2)]


async def test_a_deleted_table_is_gone(store: Store) -> None:
    assert await store.delete("shop", "variants") == 2
    assert await store.delete("shop", "variants") == 0
    assert await store.look_up("shop", "variants", ["a"]) == {}
    assert await store.tables() == []


async def test_another_program_sees_a_new_table_at_once(open_store: OpenStore) -> None:
    gateway, command = open_store(), open_store()
    assert await gateway.look_up("shop", "variants", ["a"]) == {}
    await command.replace("shop", "variants", PAIRS)

    assert await gateway.look_up("shop", "variants", ["a"]) == {"a": "va_1"}


async def test_a_thousand_ids_are_one_look_up(store: Store) -> None:
    many = {f"ours-{i}": f"theirs-{i}" for i in range(5000)}
    await store.replace("shop", "many", many)
    wanted = [f"ours-{i}" for i in range(0, 5000, 5)]

    assert await store.look_up("shop", "many", wanted) == {ours: many[ours] for ours in wanted}
