"""Every law holds of every dialect, shipped or made up, on the orders that real shops see."""

import json
from decimal import Decimal

import pytest

from adapter.core.dialects import Dialect
from adapter.core.tenancy.tenants import stand_in
from adapter.qa.cases import find_broken
from adapter.qa.examples import Example, make_subject
from adapter.qa.laws import LAWS
from tests.conftest import DIALECTS


@pytest.mark.parametrize(
    "name", [law.name for law in LAWS.values() if law.draws == "order" and "positive" in law.modes]
)
def test_a_law_holds_of_real_orders(name: str, dialect: Dialect, order_body: bytes) -> None:
    peers = [stand_in(other, {}) for other in DIALECTS.values() if other is not dialect]
    subject = make_subject(stand_in(dialect, {}), peers)
    assert find_broken(LAWS[name], subject, Example(json.loads(order_body, parse_float=Decimal))) is None
