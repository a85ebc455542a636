"""A mapping that refers to what is not there does not load: it would leave holes in the first order."""

import copy
import tomllib
from collections.abc import Callable
from typing import Any

import pytest

from adapter.core.dialects import make_dialect
from adapter.core.files.mappings import read_mapping
from adapter.errors import MappingError
from adapter.shell.files import load_document, shipped

Change = Callable[[dict[str, Any]], object]


def load(name: str, change: Change) -> None:
    data = tomllib.loads((shipped() / "mappings" / f"{name}.toml").read_text())
    changed = copy.deepcopy(data)
    change(changed)
    assert changed != data, "the change changes nothing"
    make_dialect(read_mapping(changed, f"{name}.toml"), load_document(shipped(), name))


def step(number: int, **rows: Any) -> Change:
    return lambda data: data["step"][number].update(rows)


MISTAKES: dict[str, tuple[str, Change, str]] = {
    "a misspelt code of ours": (
        "lana",
        lambda data: data["error"]["codes"].update(no_inventory="out_of_stok"),
        "unknown code of ours 'out_of_stok', did you mean 'out_of_stock'?",
    ),
    "a code that stands in and is none of ours": (
        "enad",
        lambda data: data["error"]["warnings"][0].update({"else": "thunder"}),
        "unknown code of ours 'thunder'; known: already_placed, ",
    ),
    "a misspelt secret in a header": (
        "lana",
        lambda data: data["header"][0].update(value="Bearer {secret.tokn}"),
        "{secret.tokn}, did you mean {secret.token}?",
    ),
    "a setting in a row": (
        "enad",
        lambda data: data["order"][1].update(const="{setting.sorce}"),
        "{setting.sorce}, did you mean {setting.source}?",
    ),
    "a fact of the gateway": (
        "enad",
        lambda data: data["order"][0].update(const="{gatway.reference}"),
        "{gatway.reference}, did you mean {gateway.reference}?",
    ),
    "a member of the order": (
        "lana",
        lambda data: data["receipt"][2].update(default="{order.emial}"),
        "nothing is known as {order.emial}",
    ),
    "a parameter of the path that is missing": ("enad", step(0, path={"team_slug": "x"}), "`path` lacks the parameter"),
    "a parameter that the path has not": (
        "enad",
        step(0, path={"team_slug": "x", "app_slug": "y", "shop": "z"}),
        "`path` names the parameter 'shop'",
    ),
    "a value that no earlier step kept": (
        "lana",
        lambda data: data["step"][0].update(keep={}),
        "nothing is known as {kept.order_id} (M42 unknown_reference) - at `lana.toml: step[1].query.order_id`",
    ),
    "a value that only a later step keeps": (
        "stella_checkout",
        lambda data: data["step"].reverse(),
        "nothing is known as {kept.checkout_id}",
    ),
    "a member that the answer has not": ("lana", step(0, keep={"order_id": "ident"}), "the answer has no 'ident'"),
    "a secret that the answer has not": ("stella_checkout", step(2, pass_on={"t": "tokn"}), "the answer has no 'tokn'"),
    "a condition on what is never mapped": (
        "stella_checkout",
        step(3, when="complete.payment"),
        "`when`: the mapped order has no 'complete.payment'",
    ),
    "a float in a table": (
        "stella_checkout",
        lambda data: data["order"][6].update(table={"cod": 1.5}, when={"payment_method": ["cod"]}),
        "expected text, a whole number or a truth value, found 1.5",
    ),
}


@pytest.mark.parametrize(("name", "change", "message"), MISTAKES.values(), ids=MISTAKES)
def test_a_reference_that_leads_nowhere_stops_the_start(name: str, change: Change, message: str) -> None:
    with pytest.raises(MappingError) as caught:
        load(name, change)

    assert message in str(caught.value)
    assert f"{name}.toml" in caught.value.at


def test_major_units_do_not_pass_for_minor_ones() -> None:
    def forget_codec(data: dict[str, Any]) -> None:
        (lines,) = [row for row in data["order"] if row.get("canonical") == "line_items"]
        (outlined,) = [row["outline"] for row in lines["each"] if "outline" in row]
        del outlined["rows"][1]["codec"]

    with pytest.raises(MappingError, match=r"expected a codec from number to integer \(M20 mismatch\)"):
        load("lana", forget_codec)
