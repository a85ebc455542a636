"""A tenant's settings held against the schemas of the members and parameters they go to."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from adapter.core.canonical import COMPONENTS, ORDER_SCHEMA
from adapter.core.dialects import Dialect
from adapter.core.tenancy.tenants import TenantRows
from adapter.lens.bound import Constant
from adapter.lens.fit import Sides, explain_value, walk
from adapter.lens.rules import Finding
from adapter.lens.schemas import SchemaView
from adapter.lens.templates import parse_template


class Demand(NamedTuple):
    """What a place of the API wants of the setting that fills it alone."""

    setting: str
    view: SchemaView
    at: str


def find_demands(dialect: Dialect) -> list[Demand]:
    """Every member and parameter that one setting of a tenant fills."""
    order, ours = SchemaView(dialect.schema, dialect.schema), SchemaView(ORDER_SCHEMA, COMPONENTS)
    demands = [
        Demand(setting, here.dialect(row.path), row.at)
        for row, here in walk(dialect.order.rows, Sides(ours, order, ours, order))
        if isinstance(row, Constant) and row.towards == "to_dialect" and (setting := _alone(row.value.value))
    ]
    for number, step in enumerate(dialect.steps):
        schemas = {said["name"]: said.get("schema", {}) for said in step.operation.parameters}
        for name, value in {**step.rows.path, **step.rows.query}.items():
            if setting := _alone(value):
                view = SchemaView(schemas.get(name, {}), dialect.schema)
                demands.append(Demand(setting, view, f"{dialect.name}.toml: step[{number}]"))
    return demands


def check_settings_fit(name: str, rows: TenantRows, demands: list[Demand]) -> Iterator[Finding]:
    """Settings of a tenant that the API would refuse in each order."""
    told: set[str] = set()
    for demand in demands:
        value = rows.setting.get(demand.setting)
        message = explain_value(value, demand.view) if demand.setting not in told else ""
        if message:
            told.add(demand.setting)
            at = f"tenant.{name}.setting.{demand.setting}"
            yield Finding("tenant_setting", at, f"{message}, which {demand.at} sends")


def _alone(value: Any) -> str:
    """The setting that is all of a constant; empty where it is anything else."""
    references = parse_template(value).references
    whole = len(references) == 1 and value == f"{{{references[0]}}}" and references[0].startswith("setting.")
    return references[0].removeprefix("setting.") if whole else ""
