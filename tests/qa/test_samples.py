"""Alternatives of every kind are made, and of those with very many a sample is taken that stays the same."""

import tomllib
from collections import Counter
from functools import cache

import pytest

from adapter.qa.mutants.alternatives import KINDS
from adapter.qa.mutants.mutants import Mutant
from adapter.qa.mutants.samples import make_mutants, take_sample
from adapter.shell.files import load_document, shipped
from tests.conftest import DIALECTS


@cache
def make(name: str) -> list[Mutant]:
    data = tomllib.loads((shipped() / "mappings" / f"{name}.toml").read_text())
    return make_mutants(DIALECTS[name], data, load_document(shipped(), name))


@pytest.mark.parametrize(
    ("dialect", "kind", "name"),
    [
        ("stella_checkout", "sibling", "shape.address.rows[9].dialect phone = address1"),
        ("lana", "sibling", "receipt[1].dialect id = customer_email"),
        ("stella_checkout", "swap", "shape.address.rows[0].dialect and that of shape.address.rows[9] swapped"),
        ("stella_checkout", "codec", "order[8].codec = blank_if_absent"),
        ("stella_checkout", "codec", "shape.address.rows[9].codec = lower_case, lossy"),
        ("lana", "default", "receipt[4].default = {setting.currency}"),
        ("lana", "value", "receipt[5].table.draft = imported"),
        ("lana", "value", "receipt[5].else = payment_pending"),
        ("stella_checkout", "value", "order[6].back.cod = COD"),
        ("stella_sync", "said", "error.said[2].at = message"),
        ("stella_sync", "said", "error.said[1] and that at [3] swapped"),
        ("enad", "status", "outcome.rejected with 429"),
        ("lana", "code", "error.codes.1000 = discontinued"),
        ("lana", "proof", "error.proves.out_of_stock = rejected"),
    ],
)
def test_every_kind_of_alternative_is_made(dialect: str, kind: str, name: str) -> None:
    assert {mutant.name: mutant.kind for mutant in make(dialect)}.get(name) == kind


def test_no_kind_is_without_mutants() -> None:
    assert set(KINDS) == {mutant.kind for name in DIALECTS if name != "bazaar" for mutant in make(name)} - {""}


def test_a_lossy_codec_is_said_to_be_so_where_the_row_says_nothing() -> None:
    row = next(one for one in make("stella_checkout") if one.name == "shape.address.rows[9].codec = lower_case, lossy")
    assert row.data["shape"]["address"]["rows"][9]["lossy"] == "comes back in lower case"


def test_a_sample_has_all_that_are_few_and_so_many_of_the_others() -> None:
    made = make("lana")
    taken = take_sample(made, 20, seed=0)
    there, found = (Counter(mutant.kind for mutant in mutants) for mutants in (made, taken))
    assert found[""] == there[""]
    assert all(found[kind] == min(there[kind], 20) for kind in KINDS)
    names = [mutant.name for mutant in taken]
    assert names == [mutant.name for mutant in made if mutant.name in set(names)], "in the order of the mapping"
    assert len(take_sample(made, 0, seed=0)) == len(made)


def test_a_sample_depends_on_its_seed_and_on_nothing_else() -> None:
    made = make("lana")
    taken = [mutant.name for mutant in take_sample(made, 20, seed=0)]
    assert taken == [mutant.name for mutant in take_sample(made, 20, seed=0)]
    assert taken != [mutant.name for mutant in take_sample(made, 20, seed=1)]
    # one that is made no more takes nobody's place but its own
    fewer = [mutant for mutant in made if mutant.name not in (taken[-1], taken[-2])]
    assert set(taken) - {mutant.name for mutant in take_sample(fewer, 20, seed=0)} == set(taken[-2:])
