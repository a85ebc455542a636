"""The journal's tables and statements; every statement is put together from constants of this module."""

# Appended to, never edited: a journal of any earlier version is brought up to date when it is opened.
MIGRATIONS = (
    """
    CREATE TABLE operation (
        operation_id TEXT PRIMARY KEY,
        tenant TEXT NOT NULL, route TEXT NOT NULL, key TEXT NOT NULL,
        fingerprint TEXT NOT NULL, fingerprint_version INTEGER NOT NULL,
        dialect TEXT NOT NULL, state TEXT NOT NULL, attempt INTEGER NOT NULL, detail TEXT NOT NULL,
        received_at TEXT NOT NULL, updated_at TEXT NOT NULL,
        canonical BLOB NOT NULL, losses BLOB NOT NULL,
        status INTEGER, headers BLOB, body BLOB, receipt_id TEXT,
        UNIQUE (tenant, route, key)
    ) STRICT;
    CREATE INDEX operation_by_receipt ON operation (tenant, receipt_id) WHERE receipt_id IS NOT NULL;
    CREATE TABLE attempt (
        operation_id TEXT NOT NULL REFERENCES operation, call TEXT NOT NULL, attempt INTEGER NOT NULL,
        state TEXT NOT NULL, method TEXT NOT NULL, url TEXT NOT NULL, body BLOB NOT NULL,
        status INTEGER, taken BLOB, started_at TEXT NOT NULL, ended_at TEXT,
        PRIMARY KEY (operation_id, call, attempt)
    ) STRICT;
    """,
    """
    ALTER TABLE operation ADD COLUMN reference TEXT;
    ALTER TABLE operation ADD COLUMN opened_at REAL;
    ALTER TABLE operation ADD COLUMN check_at REAL;
    ALTER TABLE operation ADD COLUMN tries INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE operation ADD COLUMN promised INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE operation ADD COLUMN expired INTEGER NOT NULL DEFAULT 0;
    UPDATE operation SET check_at = unixepoch('subsec') WHERE state IN ('dispatching', 'unknown');
    UPDATE operation SET promised = 1 WHERE state = 'unknown';
    UPDATE operation SET opened_at = unixepoch(received_at);
    CREATE UNIQUE INDEX operation_by_reference ON operation (tenant, reference)
        WHERE reference IS NOT NULL AND state NOT IN ('rejected', 'not_applied');
    CREATE INDEX operation_open ON operation (check_at) WHERE state IN ('dispatching', 'unknown', 'reconciling');
    """,
    """
    ALTER TABLE operation ADD COLUMN misses INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE operation ADD COLUMN ledger BLOB;
    ALTER TABLE operation ADD COLUMN kept BLOB;
    ALTER TABLE operation ADD COLUMN revised BLOB;
    """,
    """
    ALTER TABLE operation ADD COLUMN mapping TEXT;
    ALTER TABLE operation ADD COLUMN recovery TEXT;
    CREATE TABLE crosswalk (
        tenant TEXT NOT NULL, name TEXT NOT NULL, canonical TEXT NOT NULL, dialect TEXT NOT NULL,
        PRIMARY KEY (tenant, name, canonical), UNIQUE (tenant, name, dialect)
    ) STRICT, WITHOUT ROWID;
    """,
    """
    ALTER TABLE operation ADD COLUMN pairs BLOB;
    """,
    "CREATE INDEX operation_for_a_person ON operation (tenant) WHERE state = 'needs_operator'",
    """
    CREATE INDEX operation_that_ended ON operation (expired, updated_at)
        WHERE state IN ('succeeded', 'rejected', 'not_applied')
    """,
)

NOW = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"

# Leases and pauses are on the database's clock, so that processes that share a journal agree.
CLOCK = "unixepoch('subsec')"

ENTRY_PLAIN = (
    "operation_id",
    "tenant",
    "dialect",
    "fingerprint",
    "fingerprint_version",
    "state",
    "attempt",
    "detail",
    "received_at",
    "status",
    "receipt_id",
    "mapping",
    "expired",
)
# Of an order that has begun: what its later calls say must be of the same ids as what was answered.
BOUND_PAIRS = """
    CASE WHEN EXISTS (SELECT 1 FROM attempt a WHERE a.operation_id = operation.operation_id AND taken IS NOT NULL)
        THEN pairs END
"""
ENTRY = f"SELECT {', '.join(ENTRY_PLAIN)}, headers, body, losses, {BOUND_PAIRS} FROM operation"

CLAIM = f"""
    INSERT INTO operation (operation_id, tenant, route, key, fingerprint, fingerprint_version, dialect, state,
        attempt, detail, received_at, updated_at, canonical, losses, ledger, kept, reference, mapping,
        recovery, pairs, opened_at, check_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, 'dispatching', 1, '', ?, {NOW}, ?, ?, ?, ?, ?, ?, ?, ?, {CLOCK}, {CLOCK} + ?)
    ON CONFLICT (tenant, route, key) DO UPDATE
        SET state = 'dispatching', attempt = attempt + 1, tries = 0, misses = 0, detail = '', updated_at = {NOW},
            dialect = excluded.dialect, canonical = excluded.canonical, losses = excluded.losses,
            ledger = excluded.ledger, kept = excluded.kept, expired = 0, mapping = excluded.mapping,
            recovery = excluded.recovery, pairs = excluded.pairs, opened_at = excluded.opened_at,
            check_at = excluded.check_at
        WHERE state = 'not_applied' AND operation_id = excluded.operation_id
    RETURNING attempt
"""

BEGIN = f"""
    INSERT INTO attempt (operation_id, call, attempt, state, method, url, body, started_at)
    VALUES (?, ?, ?, 'dispatching', ?, ?, ?, {NOW})
"""

END = f"""
    UPDATE attempt SET state = ?, status = ?, taken = ?, ended_at = {NOW}
    WHERE operation_id = ? AND call = ? AND attempt = ?
"""

# Nothing comes back where another attempt, or a person, has the operation by now.
RENEW = f"""
    UPDATE operation SET check_at = {CLOCK} + ?
    WHERE operation_id = ? AND attempt = ? AND state IN ('dispatching', 'reconciling')
    RETURNING attempt
"""

# An older attempt may still end an operation by a success: evidence that the order is there ends every doubt, also
# what a later answer or a person said, while its failure proves nothing about the attempt that came after.
FINISH = f"""
    UPDATE operation SET state = ?1, detail = ?2, status = ?3, headers = ?4, body = ?5, receipt_id = ?6,
        revised = ?7, promised = promised OR ?1 IN ('unknown', 'needs_operator'), check_at = {CLOCK} + ?10,
        updated_at = {NOW}
    WHERE operation_id = ?8 AND (
        (attempt = ?9 AND state IN ('dispatching', 'reconciling'))
        OR (?1 = 'succeeded' AND state <> 'succeeded')
    )
    RETURNING state
"""

# No lease and no pause is as long as this: what is due later than that was written before the clock went back.
LONGEST_WAIT = 3600

FOUND = f"""
    UPDATE attempt SET state = 'succeeded', taken = ?, ended_at = {NOW}
    WHERE operation_id = ? AND call = ? AND taken IS NULL
"""

# The call whose outcome is unknown: no attempt of it has brought an answer.
PENDING = """
    SELECT call, method, url, body FROM attempt
    WHERE operation_id = ?1 AND state IN ('dispatching', 'unknown')
        AND call NOT IN (SELECT call FROM attempt WHERE operation_id = ?1 AND taken IS NOT NULL)
    ORDER BY rowid DESC LIMIT 1
"""

CASE_PLAIN = ("age", "tenant", "dialect", "received_at", "tries", "misses", "recovery")
TAKE_OPEN = f"""
    UPDATE operation SET state = 'reconciling', attempt = attempt + 1, tries = tries + 1,
        check_at = {CLOCK} + ?, updated_at = {NOW}
    WHERE operation_id IN (
        SELECT operation_id FROM operation
        WHERE state IN ('dispatching', 'unknown', 'reconciling')
            AND (check_at <= {CLOCK} OR check_at > {CLOCK} + {LONGEST_WAIT})
            AND operation_id NOT IN (SELECT value FROM json_each(?))
            AND tenant NOT IN (SELECT value FROM json_each(?))
        ORDER BY check_at LIMIT ?
    )
    RETURNING operation_id, attempt, canonical, losses, pairs, promised,
        {CLOCK} - opened_at, {", ".join(CASE_PLAIN[1:])}
"""

POSTPONE = f"""
    UPDATE operation SET state = 'unknown', detail = ?, check_at = {CLOCK} + ?, misses = misses + ?,
        updated_at = {NOW}
    WHERE operation_id = ? AND attempt = ? AND state = 'reconciling'
"""

HAND_OVER = f"""
    UPDATE operation SET state = 'needs_operator', detail = ?, updated_at = {NOW}
    WHERE operation_id = ? AND attempt = ? AND state = 'reconciling'
"""

# A person's word; never over an operation that has ended, or while a call may be under way.
RESOLVE = f"""
    UPDATE operation SET state = ?, detail = ?, status = ?, headers = ?, body = ?, receipt_id = ?,
        revised = ?, attempt = attempt + 1, updated_at = {NOW}
    WHERE operation_id = ? AND (state IN ('unknown', 'needs_operator')
        OR (state IN ('reconciling', 'dispatching') AND check_at <= {CLOCK}))
    RETURNING operation_id
"""

# Each half by an index of its own, so that a look costs no more than there is to see.
COUNT_OPEN = f"""
    SELECT tenant, state, count(*), max(0.0, {CLOCK} - min(opened_at)) FROM operation INDEXED BY operation_open
    WHERE state IN ('dispatching', 'unknown', 'reconciling') GROUP BY tenant, state
    UNION ALL
    SELECT tenant, state, count(*), max(0.0, {CLOCK} - min(opened_at)) FROM operation INDEXED BY operation_for_a_person
    WHERE state = 'needs_operator' GROUP BY tenant
"""

# What a gateway cannot work without, and a sample of the rest.
MUST_BE_READ = """
    SELECT operation_id, canonical FROM operation INDEXED BY operation_open
    WHERE state IN ('dispatching', 'unknown', 'reconciling')
    UNION ALL SELECT * FROM (SELECT operation_id, canonical FROM operation ORDER BY rowid DESC LIMIT 1)
"""

# What is left is what a repeat must be told, and needs no key to be read; [] are no losses.
BLANK = f"""
    UPDATE operation SET expired = 1, canonical = x'', headers = NULL, body = NULL, ledger = NULL, kept = NULL,
        losses = CAST('[]' AS BLOB), revised = NULL, pairs = NULL, updated_at = {NOW}
"""

ERASE = f"""
    {BLANK} WHERE operation_id = ? AND state IN ('succeeded', 'rejected', 'not_applied')
    RETURNING operation_id
"""

# How many operations are blanked or forgotten as one, so that no order waits for long meanwhile.
PORTION = 100

# Those that ended so many seconds ago, the oldest first, by their index: tombstones are many.
OLDEST = f"""
    SELECT operation_id FROM operation INDEXED BY operation_that_ended
    WHERE expired = ? AND state IN ('succeeded', 'rejected', 'not_applied')
        AND updated_at <= strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-' || ? || ' seconds')
    ORDER BY updated_at LIMIT {PORTION}
"""

EXPIRE = f"{BLANK} WHERE operation_id IN ({OLDEST}) RETURNING operation_id"

SUMMARY = """
    SELECT operation_id, tenant, key, reference, dialect, mapping, state, attempt, tries, received_at, updated_at,
        detail
    FROM operation
    WHERE (:operation_id IS NULL OR operation_id = :operation_id) AND (:state IS NULL OR state = :state)
        AND (:tenant IS NULL OR tenant = :tenant) AND (:key IS NULL OR key = :key)
    ORDER BY received_at DESC LIMIT :most
"""

ATTEMPTS = """
    SELECT call, attempt, state, method, url, body, status, started_at, ended_at FROM attempt
    WHERE operation_id = ? ORDER BY rowid
"""
