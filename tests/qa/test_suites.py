"""What ``adapter.qa`` gives to other suites: orders that are taken, receipts, a mapping that is lawful or told why."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from adapter import qa
from adapter.core.canonical import COMPONENTS, RECEIPT_SCHEMA, read_json, read_order
from adapter.core.dialects import make_dialect
from adapter.core.files.mappings import read_mapping
from adapter.core.orders import Journey
from adapter.core.tenancy.tenants import stand_in
from adapter.errors import SetupError
from adapter.lens.trees import Tree
from adapter.qa.subjects.examples import depart, read
from adapter.shell.files import find_document, shipped
from tests.cli.test_fuzz import without_patterns
from tests.conftest import DIALECTS, HERE

SHIPPED = sorted(path.stem for path in (shipped() / "mappings").glob("*.toml"))

quick = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def test_orders_are_such_as_the_gateway_takes_and_json_as_it_reads_it() -> None:
    seen: list[Tree] = []

    @quick
    @given(qa.orders())
    def hold(order: Tree) -> None:
        read_order(order, None)
        assert read_json(qa.encode(order)) == order
        seen.append(order)

    hold()
    assert {name for order in seen for name in order} >= {"currency", "billing_address", "note", "total", "cart_id"}


@pytest.mark.parametrize("name", SHIPPED)
def test_orders_of_a_dialect_are_such_as_it_can_express(name: str) -> None:
    tenant = stand_in(DIALECTS[name], {})

    @quick
    @given(qa.orders(dialect=name))
    def hold(order: Tree) -> None:
        assert isinstance(depart(tenant, order, read(tenant, order)), Journey)

    hold()


def test_orders_of_a_dialect_differ_in_what_it_takes() -> None:
    seen: list[Tree] = []

    @settings(quick, max_examples=1500, phases=[Phase.generate])
    @given(qa.orders(dialect=DIALECTS["lana"]))
    def note(order: Tree) -> None:
        seen.append(order)

    note()
    for wanted in (
        lambda order: len(order["line_items"]) > 1,
        lambda order: any(not line.get("variant_id") for line in order["line_items"]),
        lambda order: any((line.get("variant_id") or "").startswith("va_") for line in order["line_items"]),
        lambda order: order["shipping_address"]["country"] == "AU",
        lambda order: order.get("currency") in {"BHD", "JOD", "KWD", "OMR", "TND"} and "billing_address" in order,
    ):
        assert any(map(wanted, seen))


@quick
@given(canonical=qa.receipts(), theirs=qa.receipts(dialect="enad"))
def test_receipts_are_what_the_documents_say(canonical: Tree, theirs: Any) -> None:
    jsonschema_rs.Draft202012Validator(RECEIPT_SCHEMA | COMPONENTS).validate(canonical)
    last = DIALECTS["enad"].steps[-1]
    assert last.answer.is_valid(theirs)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_mapping_is_lawful_by_name_and_loaded(name: str) -> None:
    qa.assert_lawful(name, examples=10)
    qa.assert_lawful(stand_in(DIALECTS[name], {"currency": "JPY"}), examples=5, seed=2)


def test_what_only_a_known_pair_can_tell_is_told() -> None:
    text = (shipped() / "mappings" / "enad.toml").read_text()
    for one, other in (("street_address", "?"), ("street_address_2", "street_address"), ("?", "street_address_2")):
        assert f'dialect = "{one}"' in text
        text = text.replace(f'dialect = "{one}"', f'dialect = "{other}"')
    swapped = make_dialect(read_mapping(tomllib.loads(text), "enad.toml"), find_document("enad"), "enad.toml")

    with pytest.raises(AssertionError, match=r"'known'[^$]*row +enad\.toml: shape\.address\.rows\[4\]"):
        qa.assert_lawful(swapped, examples=5)


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(HERE / "fifth", tmp_path / "mine")
    monkeypatch.chdir(tmp_path)
    return Path("mine", "mappings", "bazaar.toml")


def loosen(path: Path) -> None:
    document = path.parent.parent / "openapi" / f"{path.stem}.json"
    document.write_bytes(qa.encode(without_patterns(read_json(document.read_bytes()))))


def test_a_broken_law_is_told_with_the_smallest_order_the_row_and_the_command(mine: Path) -> None:
    qa.assert_lawful(mine, examples=20)
    loosen(mine)

    with pytest.raises(AssertionError) as caught:
        qa.assert_lawful(str(mine), examples=20, seed=3, laws=["receipt", "told"])

    told = str(caught.value)
    assert "bazaar breaks the law 'receipt'" in told
    assert "row     bazaar.toml: receipt[3]" in told
    assert '"line_items":[{"quantity":1}],"shipping_address":{}}' in told
    command = next(line.split("again")[1].split() for line in told.splitlines() if line.startswith("  again"))
    assert command == [
        *("ADAPTER_DIALECTS=mine", "adapter", "fuzz", "bazaar"),
        *("--examples", "20", "--seed", "3", "--law", "receipt", "--law", "told"),
    ]


def test_the_command_shows_the_same_order_and_row(mine: Path) -> None:
    loosen(mine)
    with pytest.raises(AssertionError) as caught:
        qa.assert_lawful(mine, examples=20)
    # not the answer: Hypothesis draws constants of whatever modules are loaded, and these are others in each program
    facts = [line for line in str(caught.value).splitlines() if line.startswith(("  row", "  order"))]
    again = str(caught.value).rpartition("again   ADAPTER_DIALECTS=mine adapter ")[2].split()

    found = subprocess.run(
        [sys.executable, "-m", "adapter", *again],
        capture_output=True,
        text=True,
        check=False,
        env={"ADAPTER_DIALECTS": "mine", "PYTHONPATH": str(HERE.parent), "PATH": ""},
    )

    assert found.returncode == 1, found.stderr
    for line in facts:
        assert line in found.stdout


def test_what_the_check_finds_is_told_at_once(mine: Path) -> None:
    mine.write_text(mine.read_text().replace('dialect = "buyer.mail"', 'dialect = "buyer.post"'))

    with pytest.raises(AssertionError, match=r"bazaar\.toml: order\[\d+\]"):
        qa.assert_lawful(mine)


@pytest.mark.parametrize(
    ("mapping", "others", "told"),
    [
        ("lanna", {}, "unknown dialect 'lanna'"),
        ("nowhere/mappings/x.toml", {}, "expected the file of a mapping, found none - at `nowhere/mappings/x.toml`"),
        ("lana", {"laws": "ledger"}, "expected a list of laws, found the text 'ledger'"),
        ("lana", {"laws": ["mening"]}, "did you mean 'meaning'"),
        ("lana", {"examples": 0}, "expected at least one example"),
    ],
)
def test_what_cannot_be_tried_is_no_broken_law(mapping: str, others: dict[str, Any], told: str) -> None:
    with pytest.raises(SetupError, match=told):
        qa.assert_lawful(mapping, **others)


def test_the_public_names_are_what_is_there() -> None:
    for name in qa.__all__:
        assert getattr(qa, name).__doc__
    with pytest.raises(AttributeError, match="no attribute 'order'"):
        qa.order  # noqa: B018
