"""A handbook holds everything its mapping says, and nothing is in it twice."""

import pytest

from adapter.core.dialects import Dialect
from adapter.core.handbook.pages import TABLES, compare_recovery, compare_settings, write_handbook, write_tables
from adapter.core.handbook.sheets import Sheet, code, plain
from adapter.core.recovery import CLASSES
from adapter.lens.classes import classify
from tests.conftest import DIALECTS


def sheets(dialect: Dialect) -> dict[str, Sheet]:
    return {sheet.title: sheet for sheet in write_handbook(dialect)}


def test_every_sheet_is_as_wide_as_its_columns(dialect: Dialect) -> None:
    for sheet in [*write_handbook(dialect), *(compare([dialect]) for compare in TABLES.values())]:
        assert {len(row) for row in sheet.rows} <= {len(sheet.columns)}


@pytest.mark.parametrize("title", ["Order", "Receipt"])
def test_every_row_stands_in_its_order_with_its_class(dialect: Dialect, title: str) -> None:
    lens = {"Order": dialect.order, "Receipt": dialect.receipt}[title]
    rows = sheets(dialect)[title].rows
    for row, record in zip(rows, classify(lens.rows), strict=True):
        assert plain(row[0]) == ", ".join(record.canonical)
        assert plain(row[1]) == ", ".join(record.dialect)
        assert row[3].replace(" ", "_") == record.kind


def test_every_call_setting_and_secret_is_named_once(dialect: Dialect) -> None:
    found, mapping = sheets(dialect), dialect.mapping
    assert [row[0] for row in found["Calls"].rows] == [code(step.name) for step in mapping.steps]
    assert [row[0] for row in found["Settings"].rows] == [code(name) for name in mapping.settings]
    assert [row[4] == "yes" for row in found["Settings"].rows] == [one.required for one in mapping.settings.values()]
    assert [row[0] for row in found["Secrets"].rows] == [code(name) for name in mapping.secrets]
    assert [row[0] for row in found["Headers"].rows] == [code(header.name) for header in mapping.headers]


def test_the_tables_of_settings_sort_each_into_one_column() -> None:
    for row, dialect in zip(compare_settings(list(DIALECTS.values())).rows, DIALECTS.values(), strict=True):
        _, _, required, defaulted, others = (cell.replace("none", "") for cell in row)
        settings = dialect.mapping.settings
        assert plain(required).split(", ") == [name for name, one in settings.items() if one.required] or [""]
        names = [name for cell in (required, defaulted, others) for name in plain(cell).split(", ") if name]
        assert sorted(names) == sorted(settings)


def test_the_table_of_recovery_has_a_row_for_each_class() -> None:
    rows = compare_recovery(list(DIALECTS.values())).rows
    assert [(row[0], row[1]) for row in rows] == list(CLASSES.items())
    declared = [(one.mapping.idempotency.recovery, code(one.name)) for one in DIALECTS.values()]
    told = [(row[0], name) for row in rows for name in row[2].split(", ") if name != "none"]
    assert sorted(told) == sorted(declared)


def test_a_dialect_is_a_row_of_each_table_of_dialects() -> None:
    tables = write_tables([DIALECTS["bazaar"]])
    assert set(tables) == {"dialects", "settings", "recovery", "refusals"}
    assert all(("`bazaar`" in table) == (name != "refusals") for name, table in tables.items())
