"""``adapter map``: what an order would become, for people and for machines, with nothing sent."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from adapter.cli.main import main
from tests.conftest import HERE
from tests.staging import SHIPPED, order_for

Run = Callable[..., tuple[int, str]]

STEPS = {
    "stella_sync": ["order"],
    "stella_checkout": ["cart", "items[0]", "checkout", "complete"],
    "enad": ["order"],
    "lana": ["create", "calculate", "allocate_number", "reserve"],
}


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Map an order: the exit status and what was printed."""

    def map_order(order: Any, dialect: str, *options: str) -> tuple[int, str]:
        path = tmp_path / "order.json"
        path.write_bytes(order if isinstance(order, bytes) else json.dumps(order).encode())
        status = main(["map", str(path), "--dialect", dialect, *options])
        return status, capsys.readouterr().out

    return map_order


@pytest.mark.parametrize("dialect", SHIPPED)
def test_people_see_calls_and_losses(run: Run, dialect: str) -> None:
    order = order_for(dialect) | {"extra": 1}
    status, printed = run(order, dialect)

    assert status == 0
    assert SHIPPED[dialect].mapping.title in printed
    lines = printed.splitlines()
    assert [name for name in STEPS[dialect] if not any(name in line for line in lines)] == []
    assert "sita@example.com" in printed
    assert "What does not arrive" in printed
    assert any("/extra" in line and "unknown" in line for line in lines)


@pytest.mark.parametrize("dialect", SHIPPED)
def test_machines_see_the_same_as_json(run: Run, dialect: str) -> None:
    status, printed = run(order_for(dialect) | {"extra": 1}, dialect, "--json")
    told = json.loads(printed)

    assert (status, set(told), told["dialect"]) == (0, {"dialect", "calls", "rows", "ledger", "losses"}, dialect)
    assert [call["call"] for call in told["calls"]] == STEPS[dialect]
    assert all(set(call) == {"call", "method", "url", "headers", "body"} for call in told["calls"])
    assert told["losses"][-1] == {
        "pointer": "/extra",
        "code": "unknown",
        "reason": "not a member of the canonical order",
    }
    for name in SHIPPED[dialect].mapping.secrets:
        assert f"{{secret.{name}}}" in printed


@pytest.mark.parametrize("dialect", SHIPPED)
def test_what_each_row_did_is_readable_at_80_columns(run: Run, dialect: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    status, printed = run(order_for(dialect), dialect, "--explain")
    told = printed[printed.index(f"What each row of {dialect}.toml did") :]
    words = {word for line in told.splitlines() for word in line.replace("│", " ").split()}

    assert status == 0
    assert max(map(len, told.splitlines())) <= 80
    assert f"{dialect}.toml:" not in told
    assert {"canonical", "dialect", "value", "row", "/email"} <= words
    assert {"first_name", "postal_code"} <= words, "a name with room in its column is not broken"


def test_an_order_that_loses_nothing_is_told_so(run: Run) -> None:
    assert "Nothing is lost." in run(order_for("stella_sync"), "stella_sync")[1]


def test_settings_may_be_given(run: Run) -> None:
    _, printed = run(order_for("lana"), "lana", "--json", "--setting", "shop_id=sh_9", "--setting", "last_step=create")
    (call,) = json.loads(printed)["calls"]

    assert call["url"] == "https://api.lana.dev/orders.json?shop_id=sh_9"


def test_a_setting_that_is_true_or_false_may_be_given(run: Run) -> None:
    status, printed = run(order_for("lana"), "lana", "--json", "--setting", "send_order_notifications=true")

    assert status == 0
    assert json.loads(printed)["calls"][0]["body"][0]["send_order_notifications"] is True


def test_what_only_an_answer_tells_stands_as_a_placeholder(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    printed = run(order_for("lana"), "lana")[1]

    assert "{kept.order_id}" in printed
    assert "{setting.shop_id}" in printed


# an order that cannot be placed -> the problem, and a pointer that is named
FAULTS: dict[str, tuple[Any, str, str]] = {
    "too thin for Lana": (
        order_for("lana") | {"shipping_address": {}},
        "unmappable-order",
        "/shipping_address/country",
    ),
    "no order": ([], "invalid-order", ""),
    "no e-mail": (order_for("lana") | {"email": 5}, "invalid-order", "/email"),
    "no JSON": (b"{", "unreadable-body", ""),
    "no UTF-8": (b'"\xff"', "unreadable-body", ""),
}


@pytest.mark.parametrize(("order", "kind", "pointer"), FAULTS.values(), ids=FAULTS)
def test_an_order_that_cannot_be_placed_is_status_1_with_every_fault(
    run: Run, order: Any, kind: str, pointer: str
) -> None:
    status, printed = run(order, "lana")
    machine_status, document = run(order, "lana", "--json")

    assert (status, machine_status) == (1, 1)
    assert kind in printed
    assert pointer in printed
    assert json.loads(document)["type"] == f"/problems/{kind}"
    assert pointer in [fault["pointer"] for fault in json.loads(document).get("errors", [{"pointer": ""}])]


BROKEN = {
    "an unknown dialect": ([], "shoppy", "unknown dialect 'shoppy'; known: enad, lana, stella_checkout, stella_sync"),
    "no NAME=VALUE": (["--setting", "shop_id"], "lana", "expected NAME=VALUE, found 'shop_id' - at `--setting`"),
    "an unknown setting": (["--setting", "shop=1"], "lana", "unknown name 'shop', did you mean 'shop_id'?"),
    "a choice that is none": (["--setting", "last_step=x"], "lana", "expected one of ['create', "),
}


@pytest.mark.parametrize(("options", "dialect", "message"), BROKEN.values(), ids=BROKEN)
def test_what_cannot_be_carried_out_is_status_2_and_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], dialect: str, message: str
) -> None:
    path = tmp_path / "order.json"
    path.write_text(json.dumps(order_for("lana")))

    assert main(["map", str(path), "--dialect", dialect, *options]) == 2
    told = capsys.readouterr()
    (line,) = told.err.splitlines()
    assert line.startswith(f"adapter map: {message}")
    assert told.out == ""


@pytest.mark.parametrize("name", ["nowhere.json", "."])
def test_a_file_that_cannot_be_read_is_status_2(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    path = str(tmp_path / name)

    assert main(["map", path, "--dialect", "lana"]) == 2
    assert capsys.readouterr().err.startswith("adapter map: expected a readable file: ")


def test_a_dash_reads_standard_input() -> None:
    command = [sys.executable, "-m", "adapter", "map", "-", "--dialect", "enad", "--json"]
    body = json.dumps(order_for("enad")).encode()
    done = subprocess.run(command, input=body, capture_output=True, timeout=20, check=True, cwd=HERE.parent)

    assert json.loads(done.stdout)["calls"][0]["body"]["shipping_address"]["email"] == "sita@example.com"
    assert done.stderr == b""


def test_dialects_of_ones_own_are_found(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADAPTER_DIALECTS", str(HERE / "fifth"))
    status, printed = run(order_for("enad"), "bazaar", "--json")

    assert (status, json.loads(printed)["calls"][0]["method"]) == (0, "PUT")


IDS = "canonical,dialect\na,va_1\n"
OVERLAY = (
    'order = [{ canonical = "payment_method", dialect = "gateway_id", codec = "gateways" }]\n'
    '[codec.gateways]\nuse = "crosswalk"\noptions = { table = "{crosswalk.gateways}", missing = "refuse" }\n'
)


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """A table of variants, one of gateways, and an overlay that looks into the latter."""
    texts = {"ids.csv": IDS, "gateways.csv": IDS.replace("a,va_1", "cod,gw_1"), "my.toml": OVERLAY}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    return {name: str(tmp_path / name) for name in texts}


def told(run: Run, *options: str, variant: str = "a") -> tuple[int, Any]:
    order = order_for("lana") | {"line_items": [{"quantity": 1, "variant_id": variant}]}
    status, printed = run(order, "lana", "--json", *options)
    return status, json.loads(printed)


def test_an_order_is_shown_with_an_overlay_and_its_tables(run: Run, files: dict[str, str]) -> None:
    variants = f"/line_items/*/variant_id={files['ids.csv']}"
    tables = ("--crosswalk", variants, "--crosswalk", f"gateways={files['gateways.csv']}")
    status, shown = told(run, "--overlay", files["my.toml"], *tables)
    (sent,) = shown["calls"][0]["body"]

    assert (status, sent["gateway_id"], sent["line_items"][0]["variant_id"]) == (0, "gw_1", "va_1")


def test_an_id_that_no_table_has_is_shown_at_its_place(run: Run, files: dict[str, str]) -> None:
    status, shown = told(run, "--overlay", files["my.toml"])
    assert (status, [(e["pointer"], e["code"]) for e in shown["errors"]]) == (
        1,
        [("/payment_method", "not_in_crosswalk")],
    )
    status, shown = told(run, "--crosswalk", f"/line_items/*/variant_id={files['ids.csv']}", variant="x")
    assert (status, shown["errors"][0]["pointer"]) == (1, "/line_items/0/variant_id")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("gateways", "expected MEMBER=IDS.csv or TABLE=IDS.csv, found 'gateways'"),
        ("gateway={}", "nothing looks into the table 'gateway'; tables: gateways"),
        ("/line_items/*/variant={}", "did you mean '/line_items/*/variant_id'?"),
        ("gateways=nowhere.csv", "nowhere.csv"),
    ],
)
def test_a_table_that_cannot_be_looked_into_is_named(
    tmp_path: Path, files: dict[str, str], capsys: pytest.CaptureFixture[str], said: str, words: str
) -> None:
    (tmp_path / "order.json").write_text(json.dumps(order_for("lana")))
    options = ("--overlay", files["my.toml"], "--crosswalk", said.format(files["ids.csv"]))

    assert main(["map", str(tmp_path / "order.json"), "--dialect", "lana", *options]) == 2
    assert words in capsys.readouterr().err
