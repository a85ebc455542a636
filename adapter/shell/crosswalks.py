"""Crosswalks in the journal's file: ``ports.Crosswalks``, and what a person does with them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import apsw
import msgspec

from adapter.shell.reader import Reader
from adapter.shell.writer import Writer

# One statement for however many ids, by the primary key.
LOOK_UP = """
    SELECT canonical, dialect FROM crosswalk
    WHERE tenant = ? AND name = ? AND canonical IN (SELECT value FROM json_each(?))
"""

# What a table holds of either id of new pairs.
STORED = """
    SELECT canonical, dialect FROM crosswalk WHERE tenant = ? AND name = ?
        AND (canonical IN (SELECT value FROM json_each(?)) OR dialect IN (SELECT value FROM json_each(?)))
"""

PUT = "INSERT INTO crosswalk (tenant, name, canonical, dialect) VALUES (?, ?, ?, ?)"

LIST = "SELECT tenant, name, count(*) FROM crosswalk GROUP BY tenant, name ORDER BY tenant, name"

EXPORT = "SELECT canonical, dialect FROM crosswalk WHERE tenant = ? AND name = ? ORDER BY canonical"

DELETE = "DELETE FROM crosswalk WHERE tenant = ? AND name = ?"


# Room for a large table while it is written; without it the log would have each page many times.
CACHE_KIB = 65_536


class Stored(NamedTuple):
    """A pair that a table has already."""

    canonical: str
    dialect: str


class SqliteCrosswalks:
    """Satisfies ``ports.Crosswalks`` in a journal's file, so that a backup of one file has all there is."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        self._writer = writer
        self._reader = reader

    async def look_up(self, tenant: str, table: str, ids: Sequence[str]) -> Mapping[str, str]:
        wanted = (tenant, table, _as_json(ids))
        return self._reader.read(lambda db: dict(db.execute(LOOK_UP, wanted)))

    async def replace(self, tenant: str, table: str, pairs: Mapping[str, str]) -> None:
        """Make a table hold these pairs and no others, at one stroke; they must be one-to-one."""
        ordered = _order(pairs)
        await self._writer.do(lambda db: _replace(db, tenant, table, ordered), opens=True)

    async def add(self, tenant: str, table: str, pairs: Mapping[str, str]) -> list[Stored]:
        """Add pairs to a table, or none of them; what stands in their way, which is nothing if it was done."""
        ordered = _order(pairs)
        return await self._writer.do(lambda db: _add(db, tenant, table, ordered), opens=True)

    async def tables(self) -> list[tuple[str, str, int]]:
        """Every table there is: tenant, name, how many pairs."""
        return self._reader.read(lambda db: [(str(t), str(n), int(c)) for t, n, c in db.execute(LIST)])

    async def pairs(self, tenant: str, table: str) -> dict[str, str]:
        """All pairs of a table in the order of our ids."""
        return self._reader.read(lambda db: dict(db.execute(EXPORT, (tenant, table))))

    async def delete(self, tenant: str, table: str) -> int:
        """Forget a table; how many pairs it had."""
        return await self._writer.do(lambda db: _delete(db, tenant, table))


def _replace(db: apsw.Connection, tenant: str, table: str, pairs: Mapping[str, str]) -> None:
    _delete(db, tenant, table)
    _put(db, tenant, table, pairs)


def _add(db: apsw.Connection, tenant: str, table: str, pairs: Mapping[str, str]) -> list[Stored]:
    there = [Stored(*row) for row in db.execute(STORED, (tenant, table, _as_json(pairs), _as_json(pairs.values())))]
    in_the_way = [stored for stored in there if pairs.get(stored.canonical) != stored.dialect]
    if not in_the_way:
        known = set(there)
        _put(db, tenant, table, {ours: theirs for ours, theirs in pairs.items() if (ours, theirs) not in known})
    return in_the_way


def _put(db: apsw.Connection, tenant: str, table: str, pairs: Mapping[str, str]) -> None:
    db.pragma("cache_size", -CACHE_KIB)
    db.executemany(PUT, ((tenant, table, ours, theirs) for ours, theirs in pairs.items()))


def _order(pairs: Mapping[str, str]) -> dict[str, str]:
    """In the order of the key: twice as fast to write, and nobody else can write meanwhile."""
    return dict(sorted(pairs.items()))


def _delete(db: apsw.Connection, tenant: str, table: str) -> int:
    db.execute(DELETE, (tenant, table))
    return db.changes()


def _as_json(ids: Iterable[str]) -> str:
    return msgspec.json.encode(list(ids)).decode()
