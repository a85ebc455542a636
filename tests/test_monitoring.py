"""The dashboard and the alert rules that ship: whole, and of metrics that exist."""

import json
import re
from typing import Any

import pytest
import yaml

from adapter.shell.files import PACKAGE
from adapter.shell.metrics import Metrics

FOLDER = PACKAGE / "monitoring"
DASHBOARD: dict[str, Any] = json.loads((FOLDER / "dashboard.json").read_text())
(GROUP,) = yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"]

PANELS = {panel["title"]: [target["expr"] for target in panel["targets"]] for panel in DASHBOARD["panels"]}
ALERTS = {rule["alert"]: rule for rule in GROUP["rules"]}
EXPRESSIONS = [expr for exprs in PANELS.values() for expr in exprs] + [rule["expr"] for rule in ALERTS.values()]

# A series of ours with the labels that are asked of it; those of a `by` are asked of whatever is inside.
SERIES = re.compile(r"\b((?:adapter|process)_\w+)(?:\{([^}]*)\})?")
LABEL = re.compile(r'(\w+)\s*(?:=~|!~|!=|=)"')


KNOWN = Metrics().series()


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_an_expression_asks_for_series_and_labels_that_exist(expression: str) -> None:
    found = SERIES.findall(expression)
    assert found or expression == 'up{job="adapter"} == 0'
    for name, conditions in found:
        assert name in KNOWN, f"no metric {name}"
        assert set(LABEL.findall(conditions)) <= KNOWN[name], f"{name} has no such label"
        for group in re.findall(r"by \(([^)]*)\)", expression):
            asked = {label.strip() for label in group.split(",")} - {"le", "instance"}
            assert asked <= KNOWN[name], f"{name} cannot be told by {asked}"


@pytest.mark.parametrize("rule", ALERTS.values(), ids=ALERTS)
def test_an_alert_says_what_is_wrong_and_how_bad(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert rule["annotations"]["summary"]
    assert rule["expr"].count("(") == rule["expr"].count(")")


def test_every_metric_of_ours_is_on_the_dashboard_or_in_an_alert() -> None:
    told = {name for expression in EXPRESSIONS for name, _ in SERIES.findall(expression)}
    untold = {"adapter_journal_batch", "adapter_tenants"}  # to look at when something is odd
    ours = {one.name for one in Metrics().registry.collect() if one.name.startswith("adapter_")}
    assert ours - {re.sub("_(total|bucket|count|sum)$", "", series) for series in told} == untold
