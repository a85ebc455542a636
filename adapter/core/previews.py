"""An order as it would go out: the calls, and what became of each member; nothing is sent."""

import re
from collections.abc import Iterable
from typing import Any

from msgspec import structs

from adapter.core.canonical import read_json
from adapter.core.ledger import Loss
from adapter.core.orders import Journey
from adapter.core.steps import Call, Taken
from adapter.core.tenancy.tenants import Tenant
from adapter.lens.interpret import Entry

# A reference that nothing was known for, as an address spells it.
PLACEHOLDER = re.compile(r"%7B((?:kept|setting|secret)\.[A-Za-z0-9_]+)%7D")


def conceal(tenant: Tenant) -> Tenant:
    """A tenant whose secrets and backend's address are placeholders, so that a preview tells neither."""
    secrets = {name: f"{{secret.{name}}}" for name in tenant.secrets}
    return structs.replace(tenant, secrets=secrets, base_url="{base_url}")


def imagine_calls(journey: Journey) -> list[Call]:
    """The calls of a journey, with {kept.NAME} for what only an answer could tell."""
    walk = journey.calls()
    calls = [next(walk)]
    while True:
        kept = {name: f"{{kept.{name}}}" for name in calls[-1].step.rows.keep}
        try:
            calls.append(walk.send(Taken(kept, None, {})))
        except StopIteration:
            return calls


def preview(journey: Journey, losses: Iterable[Loss]) -> dict[str, Any]:
    """Calls, rows and ledger as JSON shows them, and the losses that a client would be told of."""
    return {
        "dialect": journey.tenant.dialect.name,
        "calls": [show_call(call) for call in imagine_calls(journey)],
        "rows": [_show_row(entry) for entry in journey.explain() if entry.verdict != "absent"],
        "ledger": [line._asdict() for line in journey.ledger],
        "losses": [loss._asdict() for loss in losses],
    }


def show_call(call: Call) -> dict[str, Any]:
    """A call as JSON shows it; what only a tenant or an answer can tell stands in the address as {setting.NAME}."""
    body = read_json(call.body) if call.body else None
    url = PLACEHOLDER.sub(r"{\1}", call.url)
    return {"call": call.name, "method": call.method, "url": url, "headers": call.headers, "body": body}


def _show_row(entry: Entry) -> dict[str, Any]:
    """One row at work: paths, codec, and the value before and after it."""
    return {
        "row": entry.at,
        "canonical": entry.canonical,
        "dialect": entry.dialect,
        "code": entry.verdict,
        "codec": entry.codec,
        "before": entry.before,
        "after": entry.after,
        "reason": entry.reason,
    }
