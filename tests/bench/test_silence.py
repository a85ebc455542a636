"""A silenced lens makes the same document, and tells nothing."""

import pytest

from adapter.bench.lenses import settle_context
from adapter.bench.silence import silence
from adapter.core.canonical import read_json, read_order
from adapter.errors import Unmappable
from adapter.lens.codecs import CodecError
from tests.bench.test_by_hand import ORDERS, TENANTS


@pytest.mark.parametrize("name", TENANTS)
def test_it_says_what_the_lens_says_and_no_more(name: str) -> None:
    tenant = TENANTS[name]
    silent = silence(tenant.dialect.order.made["to_dialect"])
    said = 0
    for body in ORDERS.values():
        order = read_order(read_json(body), tenant.settings.get("currency"))
        context = settle_context(tenant, order)
        try:
            document = tenant.dialect.order.to_dialect(order, context)
        except Unmappable:
            with pytest.raises(CodecError):
                silent(order, context)
        else:
            assert silent(order, context) == document
            said += 1

    assert said > 10
    names = {*silent.__code__.co_names, *silent.__code__.co_varnames}
    assert "told" in tenant.dialect.order.made["to_dialect"].function.__code__.co_varnames
    assert "told" not in names
