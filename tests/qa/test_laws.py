"""Every law holds of every dialect, shipped or made up, on the orders that real shops see."""

import json
from decimal import Decimal

import pytest

from adapter.core.canonical import unknown_members
from adapter.core.dialects import Dialect
from adapter.core.orders import Journey
from adapter.core.tenancy.tenants import stand_in
from adapter.lens.trees import Tree
from adapter.qa.cases.cases import find_broken, try_law
from adapter.qa.laws.laws import LAWS
from adapter.qa.subjects.broken import Broken
from adapter.qa.subjects.examples import Example, make_subject
from tests.conftest import DIALECTS

PLAIN: Tree = {
    "email": "m@example.com",
    "payment_method": "cod",
    "line_items": [{"quantity": 1}],
    "shipping_address": {},
}

STRANGERS: dict[str, Tree] = {
    "/tags/0": {"tags": ["x"]},
    "/fields/size": {"fields": {"size": 7}},
    "/line_items/0/sku": {"line_items": [{"quantity": 1, "sku": None}]},
    "/shipping_address/zip": {"shipping_address": {"zip": "x"}},
    "/billing_address/plus~1code": {"billing_address": {"plus/code": True}},
}


@pytest.mark.parametrize(
    "name", [law.name for law in LAWS.values() if law.draws == "order" and "positive" in law.modes]
)
def test_a_law_holds_of_real_orders(name: str, dialect: Dialect, order_body: bytes) -> None:
    peers = [stand_in(other, {}) for other in DIALECTS.values() if other is not dialect]
    subject = make_subject(stand_in(dialect, {}), peers)
    assert find_broken(LAWS[name], subject, Example(json.loads(order_body, parse_float=Decimal))) is None


@pytest.mark.parametrize("pointer", STRANGERS)
def test_a_member_that_nobody_knows_is_missed_in_the_ledger_wherever_it_is(
    pointer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = make_subject(stand_in(DIALECTS["stella_sync"], {}))
    body = PLAIN | STRANGERS[pointer]
    LAWS["ledger"].check(subject, Example(body))

    monkeypatch.setattr(
        "adapter.qa.subjects.examples.unknown_members",
        lambda body: [one for one in unknown_members(body) if one != pointer],
    )

    with pytest.raises(Broken) as told:
        LAWS["ledger"].check(subject, Example(body))
    assert told.value.pointer == pointer


def test_a_state_that_its_country_does_not_have_may_be_blamed_for_the_blank_in_its_stead() -> None:
    subject = make_subject(stand_in(DIALECTS["lana"], {}))
    address = {"last_name": "Berg", "address1": "X", "city": "X", "postal_code": "01067"}
    body = PLAIN | {
        "line_items": [{"quantity": 1, "name": "X", "price": 12}],
        "shipping_address": address | {"country": "DE", "state": "nowhere"},
    }
    assert isinstance(Example(body).through(subject).departure, Journey)
    # the pick is which place the backend complains of
    found = [try_law(LAWS["complaint"], subject, Example(body, pick=pick)) for pick in range(64)]
    assert [one for one in found if isinstance(one, Broken)] == []
    assert None in found
