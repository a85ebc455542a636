"""What a run of the nemesis leaves behind: requests of clients, kills, ledgers, rows of the journal."""

import json
import math
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

# How an order tells in any dialect whose it is: its email, which every dialect carries.
MARK = "nemesis.test"

# Seconds by which a program may still be taken for alive after its connections have ended, on a busy machine.
LAG = 1.0

OPEN = frozenset({"dispatching", "unknown", "reconciling"})


class Scope(NamedTuple):
    """What an idempotency key belongs to."""

    tenant: str
    key: str


class Lost(StrEnum):
    """How a request ends that has no answer, and so whose doing it was."""

    REFUSED = "refused"  # no connection was made: whatever happened, it did not happen to this request
    CUT = "cut"  # the other side ended the connection first, and the client would have waited on
    GIVEN_UP = "given up"  # the connection stood, and the client waited longer than any order may take


class Asked(NamedTuple):
    """One request of a client and how it ended, in seconds since the epoch: with a status, or ``lost``.

    ``variant`` tells two orders under one key apart; ``gateway`` is the number of the one that was asked; ``sent`` is
    when the whole request had left the client, which on a busy machine may be long after it has a connection.
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
    lost: Lost | None = None
    gateway: int = 0
    sent: float = math.inf

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
    """The end of a gateway: how, when, when the next one listened, which, and when it was found dead at the latest.

    ``at`` is the last moment at which it was known to live.
    """

    how: str
    at: float
    back: float
    gateway: int = 0
    found: float = 0.0

    def struck(self, asked: Asked) -> bool:
        """Whether it may be the cause that a request has no answer: it ended the very gateway, at that time."""
        found = max(self.at, self.found)
        return self.gateway == asked.gateway and asked.began <= found and self.at - LAG <= asked.ended


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
