"""The README names everything a user can set, call or run into."""

import re
import tomllib

import pytest

from adapter.cli.docs import write_all_tables
from adapter.cli.main import COMMANDS
from adapter.core.checks.references import DERIVED, GATEWAY
from adapter.core.complaints import COMPLAINTS
from adapter.core.files.mappings import Errors, Said
from adapter.core.handbook.sheets import OPENING, refresh
from adapter.core.ledger import LOSSES
from adapter.core.outcomes import State
from adapter.core.tenancy.tenants import TenantRows
from adapter.core.values.codecs import CODECS
from adapter.lens.rows import Row
from adapter.lens.rules import RULES
from adapter.shell.files import load_dialects
from adapter.shell.journal import ANSWER_DAYS, TOMBSTONE_DAYS
from adapter.shell.logs import FIELDS
from adapter.shell.metrics import Metrics
from adapter.shell.settings import Settings
from tests.conftest import HERE

README = (HERE.parent / "README.md").read_text()
PROJECT = tomllib.loads((HERE.parent / "pyproject.toml").read_text())["project"]

NAMES = {
    "variable": [f"ADAPTER_{name.upper()}" for name in Settings.__struct_fields__],
    "command": [f"adapter {name}" for name in COMMANDS],
    "codec": list(CODECS),
    "row key": list(Row.__struct_encode_fields__),
    "error key": [*Errors.__struct_encode_fields__, *Said.__struct_encode_fields__],
    "tenant key": list(TenantRows.__struct_fields__),
    "state": [state.value for state in State],
    "loss": sorted(LOSSES),
    "reference": sorted(GATEWAY - {"gateway.tenant"} | DERIVED),
    "dialect": list(load_dialects()),
    "log field": sorted(FIELDS),
    "metric": sorted(
        name.replace("_bucket", "")
        for name in Metrics().series()
        if re.search("^adapter_.*(?<!_count)(?<!_sum)$", name)
    ),
    "package": [re.split(r"[><=\[;]", text)[0] for text in PROJECT["dependencies"]],
}


@pytest.mark.parametrize(("what", "name"), [(what, name) for what, names in NAMES.items() for name in names])
def test_the_readme_names_it(what: str, name: str) -> None:
    assert re.search(rf"\b{re.escape(name)}\b", README), f"the README does not name the {what} {name!r}"


def test_the_tables_of_dialects_are_those_that_the_mappings_give() -> None:
    tables = write_all_tables(list(load_dialects().values()))
    assert set(OPENING.findall(README)) == set(tables)
    assert refresh(README, tables, "README.md") == README, "run: adapter docs --write README.md"


def test_the_readmes_table_of_complaints_is_the_codes_own() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (buyer|caller|operator) \| (yes|no) \| (.+) \|$", README, re.MULTILINE)
    told = [(code, row.who, "yes" if row.retry else "no", row.says) for code, row in COMPLAINTS.items()]
    assert rows == told


def test_the_readme_has_the_rules_as_they_are() -> None:
    table = README[README.index("| number | rule | severity |") :].split("\n\n")[0].splitlines()[2:]
    assert table == [f"| {r.number} | `{r.name}` | {r.severity} | {r.meaning} |" for r in RULES.values()]
    assert len({rule.number for rule in RULES.values()}) == len(RULES)


@pytest.mark.parametrize("text", [README, (HERE.parent / "openapi" / "gateway.json").read_text()])
def test_how_long_a_key_is_known_is_published(text: str) -> None:
    assert f"{ANSWER_DAYS} days" in text
    assert f"{TOMBSTONE_DAYS} days" in text


def test_the_readmes_test_command_is_the_one_that_ci_runs() -> None:
    assert "sh .run test" in README
    assert "sh .run test" in (HERE.parent / ".ci" / "run").read_text()


def test_every_link_leads_somewhere() -> None:
    titles = [line.strip("# ").lower() for line in README.splitlines() if line.startswith("#")]
    headings = {re.sub(r"[^\w -]", "", title).replace(" ", "-") for title in titles}
    for target in re.findall(r"\]\(([^)]+)\)", README):
        if target.startswith("#"):
            assert target[1:] in headings, f"no heading for {target}"
        else:
            assert (HERE.parent / target).exists(), f"no file for {target}"
