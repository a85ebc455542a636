"""What a run of the nemesis leaves behind: requests of clients, kills, ledgers, rows of the journal."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

# How an order tells in any dialect whose it is: its email, which every dialect carries.
MARK = "nemesis.test"

OPEN = frozenset({"dispatching", "unknown", "reconciling"})


class Scope(NamedTuple):
    """What an idempotency key belongs to."""

    tenant: str
    key: str


class Asked(NamedTuple):
    """One request of a client and how it ended, in seconds since the epoch; without a status it was lost.

    ``refused`` is a connection that was never made; ``variant`` tells two orders under one key apart.
    """

    tenant: str
    key: str
    variant: str
    reference: str | None
    began: float
    ended: float
    status: int | None = None
    body: bytes = b""
    headers: Mapping[str, str] = {}
    refused: bool = False

    @property
    def scope(self) -> Scope:
        return Scope(self.tenant, self.key)

    @property
    def said(self) -> Mapping[str, Any]:
        """The answer as JSON; nothing where it is none."""
        try:
            document = json.loads(self.body)
        except ValueError:
            return {}
        return document if isinstance(document, dict) else {}

    @property
    def problem(self) -> str:
        return str(self.said.get("type", "")).removeprefix("/problems/")


class Kill(NamedTuple):
    """The end of a gateway: how, when, and when the next one listened."""

    how: str
    at: float
    back: float


class Row(NamedTuple):
    """An operation as the journal has it."""

    operation_id: str
    tenant: str
    key: str
    state: str
    received_at: float
    detail: str = ""
    status: int | None = None
    body: bytes = b""

    @property
    def scope(self) -> Scope:
        return Scope(self.tenant, self.key)


class Home(NamedTuple):
    """Where a tenant's orders belong: a dialect's sandbox, and the shop's name there."""

    dialect: str
    shop: str


class History(NamedTuple):
    """Everything that clients and the nemesis did in one round."""

    asked: Sequence[Asked]
    kills: Sequence[Kill]
    homes: Mapping[str, Home]
    unwritten: frozenset[str] = frozenset()  # operations whose claim the journal failed to commit
