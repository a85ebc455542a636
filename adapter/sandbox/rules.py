"""The shape of a dialect's rules, and the shop they are applied in."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any
from uuid import UUID

from adapter.sandbox.calls import Answer, Call
from adapter.sandbox.memory import IdempotencyRule, Memory
from adapter.sandbox.operations import Violation

SHORT_ID_LETTERS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


@dataclass(frozen=True, kw_only=True)
class Shop:
    """One backend's surroundings: what it accepts, remembers, and where its time and ids come from."""

    credentials: Mapping[str, str]
    clock: Callable[[], datetime]
    random: Random
    currency: str
    memory: Memory = field(default_factory=Memory)

    def accepts(self, **given: str) -> bool:
        """Whether each named credential is the shop's own; one the shop does not name may be anything."""
        return all(text and self.credentials.get(name, text) == text for name, text in given.items())

    def now(self) -> str:
        """The time as RFC 3339 text in UTC."""
        return stamp(self.clock())

    def uuid(self) -> str:
        """A version 4 UUID from the shop's own sequence."""
        return str(UUID(int=self.random.getrandbits(128), version=4))

    def short_id(self, prefix: str) -> str:
        """An id such as `or_EQzGqWoY`."""
        return f"{prefix}_" + "".join(self.random.choices(SHORT_ID_LETTERS, k=8))


Handler = Callable[[Call, Shop], Any]


@dataclass(frozen=True, kw_only=True)
class Rules:
    """A dialect: who may call, what each operation does, how keys count, and how it says no."""

    identify: Callable[[Call, Shop], str | None]
    handlers: Mapping[str, Handler]
    idempotency: IdempotencyRule | None
    invalid: Callable[[Sequence[Violation]], Answer]
    refuse: Callable[[int, str], Answer]


def stamp(moment: datetime) -> str:
    """A moment as RFC 3339 text in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def bearer(call: Call) -> str:
    """The token of an `Authorization: Bearer` header, empty where there is none."""
    scheme, _, token = call.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
