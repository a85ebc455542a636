"""`adapter bench`: what an order costs, told of whatever dialect there is."""

import json

import pytest

from adapter.bench.stages import STAGES
from adapter.cli.main import main
from tests.conftest import HERE

QUICK = ["--rounds", "1", "--seconds", "0.2", "--clients", "1", "4"]


@pytest.mark.parametrize("dialect", ["stella_sync", "enad", "lana"])
def test_it_measures_the_mapping_the_way_and_the_stages(dialect: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--dialect", dialect, "--json", *QUICK]) == 0

    report = json.loads(capsys.readouterr().out)
    assert report["dialect"] == dialect
    assert [cost["lines"] for cost in report["mapping"]] == [1, 5, 50]
    assert all(cost["silent"] > 0 and 0 < cost["order"] < cost["map_out"] for cost in report["mapping"])
    assert report["mapping"][0]["order"] < report["mapping"][2]["order"]
    for cost in report["mapping"]:
        assert cost["of_by_hand"] == pytest.approx((cost["order"] + cost["receipt"]) / cost["by_hand"])
    assert [one["clients"] for one in report["path"]] == [1, 4]
    assert all(one["rate"] > 0 and 0 < one["p50"] <= one["p99"] for one in report["path"])
    assert all(one["workers"] == one["of_one"] == 1 and one["cpu"] > 0 for one in report["path"])
    assert list(report["stages"]) == list(STAGES)
    assert all(report["stages"][stage] > 0 for stage in STAGES if stage != "respond")
    assert report["added"] > 0


def test_workers_are_measured_beside_one(capsys: pytest.CaptureFixture[str]) -> None:
    quick = ["--rounds", "1", "--seconds", "0.5", "--clients", "4", "--workers", "1", "2"]
    assert main(["bench", "--json", *quick]) == 0

    one, two = json.loads(capsys.readouterr().out)["path"]
    assert (one["workers"], two["workers"]) == (1, 2)
    assert two["of_one"] == pytest.approx(two["rate"] / one["rate"])
    assert two["memory"] > 1.8 * one["memory"]
    assert 0 < two["cpu"] < 10 * one["cpu"]


def test_a_backend_that_grants_few_calls_is_not_asked_for_more(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--dialect", "stella_checkout", *QUICK]) == 0
    assert "grants 60 calls a minute" in capsys.readouterr().out


def test_a_dialect_of_ones_own_is_measured_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ADAPTER_DIALECTS", str(HERE / "fifth"))
    assert main(["bench", "--dialect", "bazaar", *QUICK]) == 0

    said = capsys.readouterr().out
    assert "µs to map one order to bazaar" in said
    assert "Nobody wrote this mapping by hand" in said
    assert "the whole way, journal on" in said
    assert "The gateway adds" in said
