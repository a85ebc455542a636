"""Policies: which losses a tenant lets go, is told of, or refuses, and keys that mean nothing."""

from typing import Any

import pytest

from adapter.core.ledger import Loss
from adapter.core.tenancy.policies import Verdict, apply_policies, read_policies
from adapter.errors import Problem, SetupError

NOTE = Loss("/note", "dropped", "no note")
SIZE = Loss("/line_items/1/size", "dropped", "no sizes")
BILLING = Loss("/billing_address/company", "null_omitted", "no null")
SOURCE = Loss("/source", "unknown", "not a member")
LOSSES = [NOTE, SIZE, BILLING, SOURCE]

# a tenant's table -> what is told, what is refused
SAID: dict[str, tuple[dict[str, Verdict], list[Loss], list[Loss]]] = {
    "nothing": ({}, LOSSES, []),
    "all allowed": ({"*": "allow"}, [], []),
    "one refused": ({"/note": "refuse"}, [], [NOTE]),
    "several refused at once": ({"/note": "refuse", "unknown": "refuse"}, [], [NOTE, SOURCE]),
    "any line's": ({"/line_items/*/size": "refuse"}, [], [SIZE]),
    "all inside": ({"/billing_address": "allow"}, [NOTE, SIZE, SOURCE], []),
    "a code": ({"dropped": "allow"}, [BILLING, SOURCE], []),
    "a code at a place": ({"dropped /line_items": "allow", "null_omitted /note": "allow"}, [NOTE, BILLING, SOURCE], []),
    "an unknown member": ({"unknown /source": "allow"}, [NOTE, SIZE, BILLING], []),
    "the deeper one counts": (
        {"*": "refuse", "dropped": "allow", "/line_items": "refuse"},
        [],
        [SIZE, BILLING, SOURCE],
    ),
    "an index of what is unknown": ({"unknown /line_items/0/gift": "refuse", "*": "allow"}, [], []),
    "a code breaks the tie": ({"/note": "refuse", "dropped /note": "warn"}, LOSSES, []),
}


@pytest.mark.parametrize(("said", "told", "refused"), SAID.values(), ids=SAID)
def test_what_a_tenant_says_of_losses(said: dict[str, Any], told: list[Loss], refused: list[Loss]) -> None:
    policies = read_policies(said, "tenant.shop.loss")
    if not refused:
        assert list(apply_policies(LOSSES, policies)) == told
        return
    with pytest.raises(Problem) as caught:
        apply_policies(LOSSES, policies)
    assert caught.value.kind == "loss-refused"
    assert [tuple(fault) for fault in caught.value.faults] == [tuple(loss) for loss in refused]


WRONG: dict[str, str] = {
    "/ntoe": "did you mean 'note'",
    "/line_items/0/size": "the canonical order has no '0' there",
    "/line_items/*/colour": "did you mean 'color'",
    "/note/inside": "known: nothing",
    "unknown /gift/": "expected a JSON Pointer that ends with a name",
    "unknown /note": "a member of the canonical order is never unknown",
    "droped": "unknown code 'droped'",
    "unknown source": "expected a code, a JSON Pointer, or both",
    "": "expected a code, a JSON Pointer, or both",
}


@pytest.mark.parametrize(("key", "why"), WRONG.items(), ids=WRONG)
def test_a_key_that_would_never_mean_anything_stops_the_start(key: str, why: str) -> None:
    with pytest.raises(SetupError, match=r"tenant\.shop\.loss") as caught:
        read_policies({key: "refuse"}, "tenant.shop.loss")
    assert why in str(caught.value)
