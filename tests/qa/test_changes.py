"""Every mutant is the mapping with one thing otherwise, under a name of its own."""

import tomllib
from functools import cache
from typing import Any

import pytest

from adapter.qa.mutants.samples import make_mutants
from adapter.shell.files import load_document, shipped
from tests.conftest import DIALECTS

SHIPPED = [path.stem for path in (shipped() / "mappings").glob("*.toml")]


def read(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    return tomllib.loads((shipped() / "mappings" / f"{name}.toml").read_text()), load_document(shipped(), name)


@cache
def list_names(name: str) -> frozenset[str]:
    return frozenset(mutant.name for mutant in make_mutants(DIALECTS[name], *read(name)))


@pytest.mark.parametrize("name", SHIPPED)
def test_mutants_differ_from_the_mapping_and_from_each_other(name: str) -> None:
    data, api = read(name)
    mutants = make_mutants(DIALECTS[name], data, api)
    assert all(mutant.data != data for mutant in mutants)
    assert len({mutant.name for mutant in mutants}) == len(mutants) > 400
    assert data == read(name)[0], "the mapping itself is left as it was"


@pytest.mark.parametrize(
    ("dialect", "name"),
    [
        ("lana", "order[0] dropped"),
        ("lana", "order[0].dialect and that of order[1] swapped"),
        ("lana", "receipt[1].dialect in another order"),
        ("lana", "receipt[1].only = to_dialect"),
        ("lana", "receipt[5].table draft and placed swapped"),
        ("lana", "receipt[5].else dropped"),
        ("lana", "receipt[5].default dropped"),
        ("lana", "order[9].const = another text"),
        ("lana", "shape.address.rows[0].canonical in another order"),
        ("lana", "order[3].each[2].outline.unless = product_id"),
        ("lana", "step[1].echo dropped"),
        ("lana", "step[0] and step[1] swapped"),
        ("lana", "step[0].keep.order_id = another member"),
        ("lana", "echo[1].each[2] dropped"),
        ("lana", "codec.country.options.form = alpha3"),
        ("lana", "outcome.rejected without 422"),
        ("lana", "error.codes.out_of_stock dropped"),
        ("lana", "error.proves.401 = unknown"),
        ("lana", "error.said[0].place dropped"),
        ("lana", "lookup.match.tags dropped"),
        ("lana", "lookup.step = reserve"),
        ("lana", "idempotency.header dropped"),
        ("enad", "outcome.placed_if dropped"),
        ("enad", "setting.money_unit.default = minor"),
        ("stella_checkout", "order[6].when.payment_method without COD"),
        ("stella_checkout", "step[2].pass_on dropped"),
    ],
)
def test_every_kind_of_change_is_made(dialect: str, name: str) -> None:
    assert name in list_names(dialect)
