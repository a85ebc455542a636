"""What a tenant says of losses: which it lets go, which it is told of, and which no order may suffer."""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Literal, NamedTuple

from adapter.core.canonical import COMPONENTS, ORDER_SCHEMA
from adapter.core.ledger import INDEX, LOSSES, Loss
from adapter.errors import Fault, Problem, SetupError
from adapter.lens.schemas import SchemaView

Verdict = Literal["allow", "warn", "refuse"]


class Policy(NamedTuple):
    """One line of a tenant's policy: a code, a pattern of pointers (items of a list are ``*``), or both; a verdict."""

    code: str
    pattern: str
    verdict: Verdict

    def covers(self, loss: Loss) -> bool:
        """Whether it speaks of a loss: of the member itself, or of what is inside it."""
        place = INDEX.sub("/*", loss.pointer)
        inside = not self.pattern or place == self.pattern or place.startswith(f"{self.pattern}/")
        return inside and self.code in ("", loss.code)

    def weight(self) -> tuple[int, bool]:
        """Of two that cover a loss the deeper one counts, then the one that names a code."""
        return self.pattern.count("/"), bool(self.code)


def read_policies(said: Mapping[str, Verdict], at: str) -> tuple[Policy, ...]:
    """A tenant's ``loss`` table: ``"/note"``, ``"dropped"``, ``"unknown /source"`` or ``"*"`` to a verdict.

    A ``SetupError`` names a code that there is not, and a pointer that leads to no member of the canonical order
    (what is ``unknown`` has any).
    """
    return tuple(_read_policy(key, verdict, f"{at}.{key}") for key, verdict in said.items())


def _read_policy(key: str, verdict: Verdict, at: str) -> Policy:
    if key == "*":
        return Policy("", "", verdict)
    found = re.fullmatch(r"(?:([a-z_]+)(?: +|$))?(/.*)?", key)
    if found is None or not key:
        raise SetupError("expected a code, a JSON Pointer, or both with a blank between", at=at)
    code, pattern = found[1] or "", found[2] or ""
    if code and code not in LOSSES:
        raise SetupError(f"unknown code {code!r}; known: {', '.join(sorted(LOSSES))}", at=at)
    if pattern.endswith("/"):
        raise SetupError("expected a JSON Pointer that ends with a name", at=at)
    if code != "unknown" and pattern:
        _demand_member(pattern, at)
    elif pattern and pattern.split("/")[1] in SchemaView(ORDER_SCHEMA | COMPONENTS).names() and pattern.count("/") == 1:
        raise SetupError("a member of the canonical order is never unknown", at=at)
    return Policy(code, INDEX.sub("/*", pattern), verdict)


def _demand_member(pattern: str, at: str) -> None:
    view: SchemaView | None = SchemaView(ORDER_SCHEMA | COMPONENTS)
    for name in pattern.split("/")[1:]:
        assert view is not None  # noqa: S101  # checked below
        known = ["*"] if view.item() is not None else view.names()
        view = view.item() if name == "*" else view.member((name,))
        if view is None:
            near = get_close_matches(name, known, n=1)
            hint = f", did you mean {near[0]!r}?" if near else f"; known: {', '.join(sorted(known)) or 'nothing'}"
            raise SetupError(f"the canonical order has no {name!r} there{hint}", at=at)


def apply_policies(losses: Iterable[Loss], policies: tuple[Policy, ...]) -> tuple[Loss, ...]:
    """The losses to tell of; a ``Problem`` (422) where a tenant refuses one, with all that it refuses."""
    if not policies:
        return tuple(losses)
    judged = [(loss, _judge(loss, policies)) for loss in losses]
    refused = [Fault(loss.pointer, loss.code, loss.reason) for loss, verdict in judged if verdict == "refuse"]
    if refused:
        raise Problem("loss-refused", faults=refused)
    return tuple(loss for loss, verdict in judged if verdict == "warn")


def _judge(loss: Loss, policies: tuple[Policy, ...]) -> Verdict:
    covering = [policy for policy in policies if policy.covers(loss)]
    return max(covering, key=Policy.weight).verdict if covering else "warn"
