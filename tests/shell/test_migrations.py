"""A journal of an earlier version is brought up to date: its answers are replayed, what was open in it is taken up."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import apsw
import msgspec
import pytest

from adapter.core.canonical import ENCODER, read_json, read_order
from adapter.core.idempotency import fingerprint
from adapter.core.orders import map_out
from adapter.shell.journal_file import connect
from adapter.shell.schema import MIGRATIONS
from tests.conftest import sample_tenant
from tests.core.conftest import ANSWERS
from tests.recovering import IN_PROGRESS, UNCERTAIN, open_stage, recover, told
from tests.staging import NOT_SENT, ORDERS, SHIPPED, Stage, document, order_for

pytestmark = pytest.mark.anyio

RECEIVED = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"

# Each state that a journal of version 1 can hold, with the answer it stored.
PENDING = b'{"status":"pending","outcome":"unknown"}'
REFUSED = b'{"type":"/problems/order-refused","safe_new_key":true}'
UNPLACED = b'{"type":"/problems/operation-not-applied","safe_new_key":true}'
RECEIPT = ENCODER.encode(ANSWERS["stella_sync", "create_order"])
STATES: dict[str, tuple[int | None, bytes | None]] = {
    "succeeded": (201, RECEIPT),
    "rejected": (422, REFUSED),
    "not_applied": (503, UNPLACED),
    "unknown": (202, PENDING),
    "dispatching": (None, None),
}


class Version1:
    """A journal as version 1 of the schema has it, with one operation for each state; the state is the key."""

    def __init__(self, path: Path, dialect: str) -> None:
        self.db = apsw.Connection(str(path))
        self.db.pragma("journal_mode", "wal")
        self.db.execute(MIGRATIONS[0])
        self.db.pragma("user_version", 1)
        self.dialect = dialect
        self.tenant = sample_tenant("shop", SHIPPED[dialect], "http://backend.test")

    def fill(self) -> None:
        for number, state in enumerate(STATES):
            self.add(f"{number:08}-2222-4333-8444-555555555555", state)
        self.db.close()

    def add(self, operation_id: str, state: str) -> None:
        body = read_json(msgspec.json.encode(order_for(self.dialect)))
        order = read_order(body, None)
        status, answer = STATES[state]
        headers = {"Content-Type": "application/json", "Location": f"{ORDERS}/{operation_id}"}
        told = (status, ENCODER.encode(headers) if status else None, answer)
        receipt_id = msgspec.json.decode(RECEIPT)["id"] if state == "succeeded" else None
        row = (operation_id, "shop", ORDERS, state, fingerprint(body), 1, self.dialect, state, 1, "as it was")
        sql = f"INSERT INTO operation VALUES (?,?,?,?,?,?,?,?,?,?,{RECEIVED},{RECEIVED},?,?,?,?,?,?)"  # noqa: S608
        self.db.execute(sql, (*row, ENCODER.encode(order), b'[["/note","dropped","no home"]]', *told, receipt_id))
        self.add_attempt(operation_id, state, order)

    def add_attempt(self, operation_id: str, state: str, order: dict[str, Any]) -> None:
        call = next(map_out(self.tenant, order, [], operation_id, "2026-03-02T12:00:00Z").calls())
        kept = ENCODER.encode([{}, msgspec.json.decode(RECEIPT), {}]) if state == "succeeded" else None
        row = (operation_id, call.name, 1, state, call.method, call.url, call.body, STATES[state][0], kept)
        sql = f"INSERT INTO attempt VALUES (?,?,?,?,?,?,?,?,?,{RECEIVED},NULL)"  # noqa: S608
        self.db.execute(sql, row)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
async def here(path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    """A gateway that was handed a file of version 1; its dialect is the fixture's parameter, or Stella."""
    dialect = getattr(request, "param", "stella_sync")
    Version1(path, dialect).fill()
    made = open_stage(path, dialect)
    yield made
    await made.journal.close()


def shape(path: Path) -> list[Any]:
    db = apsw.Connection(str(path))
    tables = "SELECT name FROM sqlite_schema ORDER BY name"
    columns = (
        'SELECT t.name, c.name, c.type, c."notnull", c.dflt_value FROM sqlite_schema t, pragma_table_info(t.name) c'
    )
    return [*db.execute(tables), *db.execute(f"{columns} ORDER BY t.name, c.cid"), db.pragma("user_version")]


@pytest.mark.parametrize("version", range(len(MIGRATIONS)))
def test_a_journal_of_any_version_comes_to_the_same_schema(tmp_path: Path, version: int) -> None:
    old, new = tmp_path / "old.db", tmp_path / "new.db"
    db = apsw.Connection(str(old))
    for statements in MIGRATIONS[:version]:
        db.execute(statements)
    db.pragma("user_version", version)
    db.close()
    for path in (old, new):
        connect(path).close()

    assert shape(old) == shape(new)


@pytest.mark.parametrize("state", ["succeeded", "rejected"])
async def test_answers_of_version_1_are_replayed_to_the_byte(here: Stage, state: str) -> None:
    answer = await here.place(state)

    assert (answer.status, getattr(answer, "body", None)) == STATES[state]
    assert answer.headers["Idempotent-Replayed"] == "true"
    assert answer.headers["Location"].startswith(f"{ORDERS}/0000000")
    assert told(await here.place(state, note="another order")) == (422, "idempotency-key-reused")
    assert here.backends.calls == []


async def test_what_was_not_applied_in_version_1_runs_under_its_key(here: Stage) -> None:
    assert told(await here.place("not_applied")) == (201, "receipt")
    assert here.read("SELECT attempt FROM operation WHERE key = 'not_applied'") == [(2,)]


@pytest.mark.parametrize("state", ["unknown", "dispatching"])
async def test_what_was_open_in_version_1_is_still_open(here: Stage, state: str) -> None:
    assert told(await here.place(state)) == IN_PROGRESS
    assert here.backends.calls == []


async def test_what_was_open_in_version_1_is_sent_again_as_it_was_sent(here: Stage) -> None:
    sent = here.read("SELECT body FROM attempt WHERE state IN ('unknown', 'dispatching') ORDER BY operation_id")
    cases = await recover(here)

    assert len(cases) == 2
    assert sorted((call.body,) for call in here.backends.calls) == sorted(sent)
    for state in ("unknown", "dispatching"):
        answer = await here.place(state)
        assert (told(answer), document(answer)["order_number"]) == ((201, "receipt"), "S-1")
    assert await recover(here) == []


@pytest.mark.parametrize("here", ["enad"], indirect=True)
async def test_what_was_open_with_enad_in_version_1_goes_to_a_person(here: Stage) -> None:
    await recover(here)

    assert [told(await here.place(state)) for state in ("unknown", "dispatching")] == [UNCERTAIN] * 2
    assert here.backends.calls == []


@pytest.mark.parametrize("here", ["lana"], indirect=True)
async def test_who_was_told_to_wait_by_version_1_was_promised_an_end(here: Stage) -> None:
    """Version 1 answered every unknown outcome with 202: a later step is tried again for that client."""
    here.backends.script.extend([None, NOT_SENT] * 2)
    await recover(here)

    states = dict(here.read("SELECT key, state FROM operation WHERE key IN ('unknown', 'dispatching')"))
    assert states == {"unknown": "unknown", "dispatching": "not_applied"}


async def test_orders_go_on_in_a_journal_that_was_version_1(here: Stage) -> None:
    assert told(await here.place("new")) == (201, "receipt")
    assert await here.journal.purge() == 0


@pytest.fixture(params=[2, 3])
async def later(path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    """A gateway that was handed a file of version 2 or 3."""
    Version1(path, "stella_sync").fill()
    db = apsw.Connection(str(path))
    for statements in MIGRATIONS[1 : request.param]:
        db.execute(statements)
    db.pragma("user_version", request.param)
    db.close()
    made = open_stage(path, "stella_sync")
    yield made
    await made.journal.close()


async def test_answers_of_later_versions_are_replayed_and_no_mapping_is_known_of_them(later: Stage) -> None:
    for name in ("succeeded", "rejected"):
        answer = await later.place(name)
        assert (answer.status, getattr(answer, "body", None)) == STATES[name]
        operation_id = answer.headers["Location"].rpartition("/")[2]
        shown = document(await later.gateway.show_order(later.inbound(), operation_id))
        assert (shown["state"], shown["mapping"]) == (name, None)
    assert later.backends.calls == []


async def test_what_was_open_in_later_versions_is_sent_again_as_it_was_sent(later: Stage) -> None:
    sent = later.read("SELECT body FROM attempt WHERE state IN ('unknown', 'dispatching')")
    assert len(await recover(later)) == 2

    assert sorted((call.body,) for call in later.backends.calls) == sorted(sent)
    assert told(await later.place("unknown")) == (201, "receipt")


async def test_orders_of_later_versions_that_run_again_and_new_ones_know_their_mapping(later: Stage) -> None:
    for key in ("not_applied", "new"):
        assert told(await later.place(key)) == (201, "receipt")
    rows = later.read("SELECT mapping FROM operation WHERE key IN ('not_applied', 'new')")
    assert rows == [(SHIPPED["stella_sync"].version,)] * 2
