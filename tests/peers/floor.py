# mypy: ignore-errors
"""The floor: two hops and two flushes by the gateway's own server, transport and writer, and nothing else.

One table, a mapping by hand to Enad; nobody is identified, nothing is checked, sealed, told or proven.
"""

import os
import tempfile
from pathlib import Path

import apsw
import httpx
import msgspec

from adapter.shell.reserve import Reserve
from adapter.shell.transport import AiohttpTransport
from adapter.shell.writer import Writer
from tests.peers.mapping import to_enad, to_receipt

URL = os.environ["PEER_BACKEND"] + os.environ["PEER_PATH"]
HEADERS = {"Content-Type": "application/json"}

folder = tempfile.TemporaryDirectory(prefix="floor-")
transport = AiohttpTransport()


def open_journal(path):
    db = apsw.Connection(str(path))
    db.execute("PRAGMA journal_mode = wal; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 1000")
    db.execute("CREATE TABLE orders (key BLOB PRIMARY KEY, body BLOB, receipt BLOB) WITHOUT ROWID")
    return Writer(db, Reserve(path), lambda: None, lambda jobs, seconds: None)


writer = open_journal(Path(folder.name) / "journal.db")


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        return
    order = msgspec.json.decode((await receive())["body"])
    key, said = dict(scope["headers"])[b"idempotency-key"], msgspec.json.encode(to_enad(order))
    await writer.do(lambda db: db.execute("INSERT INTO orders VALUES (?, ?, NULL)", (key, said)))
    answer = await transport.handle_async_request(httpx.Request("POST", URL, headers=HEADERS, content=said))
    receipt = msgspec.json.encode(to_receipt(msgspec.json.decode(await answer.aread()), order["email"]))
    await writer.do(lambda db: db.execute("UPDATE orders SET receipt = ? WHERE key = ?", (receipt, key)))
    await send({"type": "http.response.start", "status": 201, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": receipt})
