"""What a sandbox's ledger says: which orders were written, placed and lost, and whose they are."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from tests.nemesis.history import MARK, Scope

MAIL = re.compile(rf"([\w-]+)\.([\w-]+)\.(\w*)@{re.escape(MARK)}")

# Where a draft comes first, what places it names it in its query.
PLACES = {"lana": "reserve_order"}


class Order(NamedTuple):
    """An order of a backend, in seconds since the epoch; ``placed`` is None for a draft that never was more."""

    dialect: str
    shop: str
    id: str
    scope: Scope
    variant: str
    written: float
    placed: float | None
    lost: float | None
    calls: frozenset[str]  # every text by which it can be traced to an operation

    def lives(self, moment: float) -> bool:
        """Whether the backend held it at a moment."""
        return self.placed is not None and self.placed <= moment and (self.lost is None or moment < self.lost)


def read_orders(dialect: str, events: Iterable[Mapping[str, Any]]) -> list[Order]:
    """The orders of one sandbox; ValueError for one that carries no mark of ours."""
    found: dict[str, Order] = {}
    now, pending = 0.0, {}
    for event in events:
        match event["event"]:
            case "order":
                pending[event["id"]] = event
            case "request":
                now = datetime.fromisoformat(event["at"]).timestamp()
                found |= {id_: _order(dialect, pending.pop(id_), now) for id_ in event["orders"]}
                for id_ in _placed_by(dialect, event):
                    found[id_] = found[id_]._replace(placed=found[id_].placed or now)
            case "lost" if event["kind"] == "order":
                found[event["id"]] = found[event["id"]]._replace(lost=now)
    return list(found.values())


def count_faults(events: Iterable[Mapping[str, Any]]) -> int:
    """How many requests were befallen by something."""
    return sum(1 for event in events if event["event"] == "request" and event["fault"])


def operations_named(events: Iterable[Mapping[str, Any]], operations: frozenset[str]) -> Iterator[str]:
    """Those of the operations that any request to a backend names."""
    text = json.dumps([event for event in events if event["event"] == "request"])
    return (one for one in operations if one in text)


def _placed_by(dialect: str, request: Mapping[str, Any]) -> list[str]:
    if dialect not in PLACES:
        return list(request["orders"])
    places = request["operation"] == PLACES[dialect] and request["applied"]
    return [request["query"]["order_id"]] if places else []


def _order(dialect: str, event: Mapping[str, Any], now: float) -> Order:
    text = json.dumps([event["asked"], event["shown"]])
    mark = MAIL.search(text)
    if mark is None:
        raise ValueError(f"expected an order with an email at {MARK}, found {text}")
    calls = frozenset(filter(None, (event["correlation_id"], *re.findall(r"[0-9a-f-]{36}", text))))
    return Order(dialect, event["tenant"], event["id"], Scope(mark[1], mark[2]), mark[3], now, None, None, calls)
