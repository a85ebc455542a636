"""A silenced lens makes the same document, and tells nothing."""

import pytest

from adapter.bench.silence import silence
from tests.bench.test_by_hand import ORDERS, TENANTS, compare


@pytest.mark.parametrize("name", TENANTS)
def test_it_says_what_the_lens_says_and_no_more(name: str) -> None:
    tenant = TENANTS[name]
    silent = silence(tenant.dialect.order.made["to_dialect"])
    said = [compare(tenant, body, silent) for body in ORDERS.values()]

    assert sum(said) > 10
    names = {*silent.__code__.co_names, *silent.__code__.co_varnames}
    assert "told" in tenant.dialect.order.made["to_dialect"].function.__code__.co_varnames
    assert "told" not in names
