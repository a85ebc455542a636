"""``adapter check``: everything that is wrong at once, for people and machines, and how it ends."""

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from adapter.cli.main import main
from adapter.lens.classes import RowClass, classify
from adapter.lens.rules import RULES
from tests.conftest import DIALECTS, HERE

Capture = pytest.CaptureFixture[str]

# text of the made-up mapping, what is written instead, and the finding: number, place, words
SLIPS = (
    ('"buyer.mail"', '"buyer.mial"', "M11 error  order[1].dialect  unknown member 'mial', did you mean 'mail'?"),
    ('codec = "integer_text"', 'codc = "integer_text"', "M02 error  order[3].each[0]  unknown field `codc`, did you"),
    ("{secret.key}", "{secret.kee}", "M42 error  header[0].value  nothing is known as {secret.kee}, did you mean"),
    ('operation = "submit"', 'operation = "submitt"', "M40 error  step[0].operation  unknown operation 'submitt'"),
    ('recovery = "E"', 'recovery = "e"', "M04 error  idempotency.recovery  Invalid enum value 'e', did you mean 'E'?"),
    (', else = "unknown"', "", "M24 warning  receipt[5].else  an answer with another value cannot be read"),
    ('form = "alpha3"', 'form = "alpha33"', "M21 error  shape.place.rows[5].codec  expected the form to be one of"),
)

TENANTS = """
[tenant.a]
dialect     = "bazar"
caller_keys = ["sha256:short"]

[tenant.b]
dialect     = "bazaar"
caller_keys = []
basurl      = "https://backend.test"
secret      = { kee = "env:NOBODY_SET_THIS" }
setting     = { stall = 7 }
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The made-up dialect in a folder of its own, to be spoilt."""
    for kind, suffix in (("mappings", "toml"), ("openapi", "json")):
        (tmp_path / kind).mkdir()
        text = (HERE / "fifth" / kind / f"bazaar.{suffix}").read_text()
        (tmp_path / kind / f"bazaar.{suffix}").write_text(text)
    monkeypatch.setenv("ADAPTER_DIALECTS", str(tmp_path))
    monkeypatch.delenv("ADAPTER_TENANTS", raising=False)
    return tmp_path


def spoil(own: Path, *slips: tuple[str, str, str]) -> None:
    path = own / "mappings" / "bazaar.toml"
    text = path.read_text()
    for before, after, _ in slips:
        assert before in text
        text = text.replace(before, after, 1)
    path.write_text(text)


def test_what_is_shipped_is_clean(own: Path, capsys: Capture) -> None:
    assert main(["check", "--strict"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[-1] == "no errors, no warnings"
    files, rows = told[:-1:2], told[1:-1:2]
    assert files == [f"{name}.toml ok" for name in ("enad", "lana", "stella_checkout", "stella_sync", "bazaar")]
    assert all(re.fullmatch(r"  \d+ rows: \d+ lossless(, \d+ (lossy|one-way|constant|dropped))+", row) for row in rows)


def test_rows_are_counted_by_their_classes(own: Path, capsys: Capture) -> None:
    assert main(["check", "bazaar", "--json"]) == 0
    counted = json.loads(capsys.readouterr().out)["files"][0]["rows"]
    dialect = DIALECTS["bazaar"]
    rows = [*classify(dialect.order.rows), *classify(dialect.receipt.rows)]
    assert counted == {kind: [row.kind for row in rows].count(kind) for kind in RowClass}
    assert counted["one_way"]
    assert counted["dropped"]


def test_every_slip_is_told_at_once_and_nothing_that_follows_from_one(own: Path, capsys: Capture) -> None:
    spoil(own, *SLIPS)
    assert main(["check", "bazaar"]) == 1
    told = capsys.readouterr().out.splitlines()
    for _, _, line in SLIPS:
        assert any(line in said for said in told), line
    assert len(told) == len(SLIPS) + 2
    assert told[0] == "bazaar.toml"
    assert ["warning" in line for line in told[1:-1]] == [False] * (len(SLIPS) - 1) + [True]
    assert told[-1] == "6 errors, 1 warning"


def test_a_warning_fails_only_where_that_is_asked_for(own: Path, capsys: Capture) -> None:
    spoil(own, SLIPS[5])
    assert main(["check", "bazaar"]) == 0
    assert main(["check", "bazaar", "--strict"]) == 1
    assert "no errors, 1 warning" in capsys.readouterr().out


def test_machines_get_the_documented_members(own: Path, capsys: Capture) -> None:
    spoil(own, SLIPS[0])
    assert main(["check", "bazaar", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["errors"], told["warnings"]) == (1, 0)
    ((file, findings),) = [(said["file"], said["findings"]) for said in told["files"]]
    assert file == "bazaar.toml"
    assert findings == [
        {
            "number": "M11",
            "rule": "unknown_member",
            "severity": "error",
            "row": "order[1]",
            "key": "dialect",
            "member": "",
            "message": "unknown member 'mial', did you mean 'mail'?",
            "suggestion": "buyer.mail",
        }
    ]


def test_a_file_that_is_no_toml_is_a_finding_with_its_line(own: Path, capsys: Capture) -> None:
    spoil(own, ("order = [", "order = ", ""))
    assert main(["check", "bazaar"]) == 1
    assert "M01 error  line 7  expected a TOML file: Invalid value (at line 7, column" in capsys.readouterr().out


def test_what_cannot_be_looked_at_is_status_2(own: Path, capsys: Capture) -> None:
    assert main(["check", "bazar"]) == 2
    assert "unknown dialect 'bazar', did you mean 'bazaar'?" in capsys.readouterr().err
    assert main(["check", "--tenants", "/no/such/file.toml"]) == 2
    (own / "openapi" / "bazaar.json").unlink()
    assert main(["check", "bazaar"]) == 2


def test_a_document_with_a_hole_is_a_finding(own: Path, capsys: Capture) -> None:
    path = own / "openapi" / "bazaar.json"
    path.write_text(path.read_text().replace("#/components/schemas/Slip", "#/components/schemas/Slipp"))
    assert main(["check", "bazaar"]) == 1
    assert "M06 error" in capsys.readouterr().out


def test_all_faults_of_all_tenants_are_told_at_once(own: Path, capsys: Capture) -> None:
    (own / "tenants.toml").write_text(TENANTS)
    assert main(["check", "bazaar", "--tenants", str(own / "tenants.toml")]) == 1
    told = capsys.readouterr().out
    for words in (
        "T01 error  tenant.a.caller_keys[0]",
        "T01 error  tenant.b  unknown field `basurl`, did you mean `base_url`?",
        "T04 error  tenant.b.secret.kee  expected env:NAME of a set variable",
        "T04 error  tenant.b.secret.kee  unknown name 'kee', did you mean 'key'?",
        "T03 error  tenant.b.setting.stall  7 is not of type",
        "T02 error  tenant.a.dialect  unknown dialect 'bazar', did you mean 'bazaar'?",
    ):
        assert words in told, words


def test_what_a_tenant_asks_for_in_vain_is_a_warning(own: Path, capsys: Capture) -> None:
    said = 'dialect = "lana"\ncaller_keys = []\nsecret = { token = "env:PATH" }\nrevision = "error"\n'
    loss = 'setting = { shop_id = "sh_1", currency = "USD", last_step = "create" }\nloss = { "/email" = "refuse" }\n'
    (own / "tenants.toml").write_text(f"[tenant.b]\n{said}{loss}")
    assert main(["check", "lana", "--tenants", str(own / "tenants.toml")]) == 0
    told = capsys.readouterr().out

    assert "T07 warning  tenant.b.revision  none of this tenant's steps has an answer that shows the order" in told
    assert "T08 warning  tenant.b.loss./email  no order loses /email in this tenant's mapping" in told
    assert "no errors, 2 warnings" in told


def test_the_variable_names_the_tenants_too(own: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    (own / "tenants.toml").write_text('[tenant.b]\ndialect = "bazaar"\ncaller_keys = []\n')
    monkeypatch.setenv("ADAPTER_TENANTS", str(own / "tenants.toml"))
    assert main(["check", "enad"]) == 1
    assert "T05 error  tenant.b.base_url" in capsys.readouterr().out


def test_a_server_does_not_start_and_lists_the_errors(own: Path, capsys: Capture) -> None:
    spoil(own, *SLIPS)
    assert main(["serve"]) == 2
    told = capsys.readouterr().err.splitlines()
    assert told[0] == "adapter serve: 6 errors"
    assert len(told) == 7
    assert "(M11 unknown_member) - at `bazaar.toml: order[1].dialect`" in "\n".join(told)


def test_the_schema_of_mappings_is_printed(capsys: Capture) -> None:
    assert main(["schema", "mapping"]) == 0
    schema = json.loads(capsys.readouterr().out)
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"].endswith("2020-12/schema")


def test_rules_are_in_the_order_of_their_numbers() -> None:
    assert [rule.number for rule in RULES.values()] == sorted(rule.number for rule in RULES.values())
