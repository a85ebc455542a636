"""What a sandbox remembers: requests, orders, carts, what it lost, and first answers under an idempotency rule."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Literal, NamedTuple

from adapter.sandbox.calls import Answer, Call

Kind = Literal["order", "cart", "checkout"]

# Told of every event as plain data, the moment it happens: an order, a request, a loss, a clearing.
Watcher = Callable[[Mapping[str, Any]], None]


class Complaint(NamedTuple):
    """A refusal the idempotency rule makes: HTTP status and the dialect's code."""

    status: int
    code: str


@dataclass(frozen=True, kw_only=True)
class IdempotencyRule:
    """How a backend treats a key it has seen; a dialect that ignores keys has no rule at all.

    `compares` says what makes two requests the same; a `kept_for` of None is a time nobody states. Where
    `mismatch` is None another request under the same key simply runs.
    """

    compares: tuple[Literal["endpoint", "body"], ...]
    kept_for: timedelta | None
    replays_refusals: bool
    required_under: tuple[str, ...] = ()
    missing: Complaint | None = None
    mismatch: Complaint | None = None

    def complaint_without_key(self, path: str) -> Complaint | None:
        """What to answer a request to `path` that carries no key; None where it may go without."""
        return self.missing if path.startswith(self.required_under) and self.required_under else None

    def fingerprint(self, call: Call) -> str:
        """What this rule compares of a request, as one text."""
        query = "&".join(f"{name}={value}" for name, value in sorted(call.query.items()))
        parts = {"endpoint": f"{call.method} {call.path}?{query}", "body": call.body_digest}
        return " ".join(parts[name] for name in self.compares)


@dataclass(frozen=True)
class Seen:
    """One request, what came of it and what it was answered, as the ledger lists it.

    `applied` says whether it changed what is remembered, `orders` which orders it made, `fault` what befell it;
    a `status` of None is an answer that never went out. Of a request not read whole, `body` is the part that was.
    """

    at: str
    operation: str
    tenant: str
    method: str
    path: str
    query: Mapping[str, Any]
    idempotency_key: str | None
    correlation_id: str | None
    body_sha256: str
    body: str
    status: int | None
    replayed: bool
    applied: bool
    orders: Sequence[str]
    fault: str | None


@dataclass(frozen=True)
class Kept:
    """One order, cart or checkout: the request that asked for it, and what is shown of it by now."""

    tenant: str
    kind: Kind
    id: str
    idempotency_key: str | None
    correlation_id: str | None
    body_sha256: str
    asked: Any
    shown: dict[str, Any]


@dataclass(frozen=True)
class First:
    """The first answer under a key, and when it was given."""

    answer: Answer
    at: datetime


@dataclass
class Memory:
    """Everything one backend remembers; every look-up names the tenant, so nothing crosses tenants."""

    watchers: list[Watcher] = field(default_factory=list)
    requests: list[Seen] = field(default_factory=list)
    kept: dict[tuple[str, str, str], Kept] = field(default_factory=dict)
    lost: list[Kept] = field(default_factory=list)
    firsts: dict[tuple[str, str], dict[str, First]] = field(default_factory=dict)
    tokens: dict[str, tuple[str, str]] = field(default_factory=dict)
    counters: Counter[tuple[str, str]] = field(default_factory=Counter)

    def keep(self, kind: Kind, call: Call, shown: dict[str, Any]) -> None:
        """Remember what the call made, under the id it is shown with."""
        one = Kept(
            tenant=call.tenant,
            kind=kind,
            id=shown["id"],
            idempotency_key=call.key or None,
            correlation_id=call.correlation_id,
            body_sha256=call.body_digest,
            asked=call.body,
            shown=shown,
        )
        self.kept[call.tenant, kind, one.id] = one
        self._tell(kind, one)

    def since(self, number: int) -> list[Kept]:
        """What was remembered after the first `number` things."""
        return list(islice(self.kept.values(), number, None))

    def lose(self, call: Call, made: Iterable[Kept]) -> None:
        """Forget what the call made or named, and the answer under its key, like a write that was rolled back."""
        gone = {one.id for one in made} | {*call.places.values(), *call.query.values()}
        for one in [one for one in self.kept.values() if one.tenant == call.tenant and one.id in gone]:
            self.lost.append(self.kept.pop((one.tenant, one.kind, one.id)))
            self._tell("lost", one)
        self.firsts.pop((call.tenant, call.key), None)

    def see(self, seen: Seen) -> None:
        """List one request."""
        self.requests.append(seen)
        self._tell("request", seen)

    def _tell(self, event: str, what: Kept | Seen | None) -> None:
        for watch in self.watchers:
            watch({"event": event, **(asdict(what) if what else {})})

    def find(self, tenant: str, kind: str, identity: str) -> Kept | None:
        """The thing of that id in this tenant's shop, if any."""
        return self.kept.get((tenant, kind, identity))

    def every(self, kind: str) -> Iterable[Kept]:
        """All things of a kind, oldest first."""
        return [one for one in self.kept.values() if one.kind == kind]

    def count(self, tenant: str, series: str) -> int:
        """The next number of a tenant's series, from 1 on; never given twice, not even after a clear."""
        self.counters[tenant, series] += 1
        return self.counters[tenant, series]

    def recall(self, rule: IdempotencyRule, call: Call, now: datetime) -> Answer | Complaint | None:
        """The answer to replay, the rule's complaint about another request, or None: the request runs."""
        firsts = self.firsts.setdefault((call.tenant, call.key), {})
        if rule.kept_for is not None:
            for old in [name for name, first in firsts.items() if now - first.at >= rule.kept_for]:
                del firsts[old]
        same = firsts.get(rule.fingerprint(call))
        if same is not None:
            return same.answer
        return rule.mismatch if firsts else None

    def remember(self, rule: IdempotencyRule, call: Call, answer: Answer, now: datetime) -> None:
        """Keep the first answer under the call's key, if the rule keeps answers of that kind."""
        if answer.status < 300 or rule.replays_refusals:
            self.firsts[call.tenant, call.key][rule.fingerprint(call)] = First(answer, now)

    def ledger(self) -> dict[str, Any]:
        """The requests seen and everything remembered, as plain data; one-time tokens are not in it."""
        listed = {f"{kind}s": [asdict(one) for one in self.every(kind)] for kind in KINDS}
        return {
            "requests": [asdict(seen) for seen in self.requests],
            **listed,
            "lost": [asdict(one) for one in self.lost],
        }

    def clear(self) -> None:
        """Forget requests, orders, carts, keys and tokens; series go on counting."""
        self.requests.clear()
        self.kept.clear()
        self.firsts.clear()
        self.tokens.clear()
        self.lost.clear()
        self._tell("cleared", None)


KINDS = ("order", "cart", "checkout")
