"""``adapter tenants``: who is added can call, with a key that is shown once and stands nowhere."""

import re
import signal
from pathlib import Path

import httpx
import pytest

from adapter.cli.main import main
from adapter.core.tenancy.drafts import digest_key
from adapter.shell.files import load_dialects, load_tenants
from tests.cli.conftest import Start
from tests.cli.program import Program, free_port
from tests.staging import ORDERS

ENAD = ["--dialect", "enad", "--base-url", "https://enad.example", "--secret", "token=env:ENAD_TOKEN"]
ENAD += ["--setting", "team_slug=team", "--setting", "app_slug=app"]


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ADAPTER_TENANTS", str(tmp_path / "tenants.toml"))
    monkeypatch.setenv("ENAD_TOKEN", "enad-1")
    return tmp_path / "tenants.toml"


def add(name: str, capsys: pytest.CaptureFixture[str], *more: str) -> str:
    """Add a tenant to the file; its client's key."""
    assert main(["tenants", "add", name, *ENAD, "--write", *more]) == 0
    return capsys.readouterr().err.rsplit(" ", 1)[1].strip()


def test_a_tenant_is_added_with_a_key_that_only_its_client_has(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path.write_text("# ours\n")
    path.chmod(0o640)
    key = add("shop", capsys, "--origin", "https://shop.example")
    other = add("other", capsys)

    tenants = load_tenants(path, load_dialects())
    assert tenants["shop"].rows.caller_keys == (digest_key(key),)
    assert tenants["shop"].rows.origins == ("https://shop.example",)
    assert tenants.keys() == {"shop", "other"}
    assert len(key) >= 43  # of 64 letters each: 256 bits
    assert key != other
    assert key not in path.read_text()
    assert path.read_text().startswith("# ours\n")
    assert path.stat().st_mode & 0o777 == 0o640
    assert [found.name for found in path.parent.iterdir()] == ["tenants.toml"]


def test_a_table_is_only_printed_where_nothing_is_written(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tenants", "add", "shop", *ENAD]) == 0
    said = capsys.readouterr()

    assert not path.exists()
    assert "[tenant.shop]" in said.out
    assert digest_key(said.err.rsplit(" ", 1)[1].strip()) in said.out


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (["--setting", "app_slg=x"], "app_slg"),
        (["--origin", "https://shop.example/page"], "origins"),
        (["--origin", "http://shop.example"], "origins"),
        (["--origin", "null"], "origins"),
        (["--secret", "token"], "NAME=REFERENCE"),
        (["--secret", "token=open sesame"], "env:NAME"),
    ],
)
def test_a_tenant_that_cannot_be_served_is_not_added(
    path: Path, capsys: pytest.CaptureFixture[str], wrong: list[str], why: str
) -> None:
    add("shop", capsys)
    before = path.read_text()
    assert main(["tenants", "add", "second", *ENAD, "--write", *wrong]) == 2
    said = capsys.readouterr()

    assert why in said.err
    assert "open sesame" not in said.err
    assert path.read_text() == before
    assert [found.name for found in path.parent.iterdir()] == ["tenants.toml"]


def test_nobody_is_added_twice(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    add("shop", capsys)
    assert main(["tenants", "add", "shop", *ENAD, "--write"]) == 2


def test_who_there_is_is_listed_without_a_secret(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key = add("shop", capsys)
    assert main(["tenants", "list"]) == 0
    said = capsys.readouterr().out

    assert "shop" in said
    assert not [secret for secret in ("enad-1", key, digest_key(key)) if secret in said]


def test_a_file_is_checked(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    add("shop", capsys)
    assert main(["tenants", "check"]) == 0
    path.write_text(path.read_text().replace("app_slug", "app_slg"))
    assert main(["tenants", "check"]) == 1
    assert "T03" in capsys.readouterr().out


def test_another_key_is_printed_beside_its_digest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tenants", "key"]) == 0
    said = capsys.readouterr()

    assert said.out.strip() == digest_key(said.err.rsplit(" ", 1)[1].strip())


def ask(url: str, key: str) -> int:
    """The status of an order that is nothing: 422 for whoever may come in."""
    headers = {"Authorization": f"Bearer {key}", "X-Stella-Site-Id": "shop"}
    return httpx.post(f"{url}{ORDERS}", json={}, headers=headers, trust_env=False).status_code


def wait_for(program: Program, url: str, key: str, status: int) -> None:
    program.wait_until(lambda: ask(url, key) == status, f"to answer {status}")


def test_a_running_gateway_sees_what_changes_and_keeps_what_was_good(
    start: Start, path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, port = add("shop", capsys), free_port()
    journal = {"ADAPTER_JOURNAL": str(tmp_path / "x.db"), "ADAPTER_ADMIN_PORT": "0"}
    program = start("serve", ADAPTER_TENANTS=str(path), ADAPTER_PORT=str(port), ENAD_TOKEN="enad-1", **journal)
    url = f"http://127.0.0.1:{port}"
    program.wait_for_health(f"{url}/healthz")
    assert (ask(url, first), ask(url, "second")) == (422, 401)

    good = path.read_text()
    both = good.replace('caller_keys = ["', f'caller_keys = ["{digest_key("second")}", "')
    path.write_text(both)
    wait_for(program, url, "second", 422)
    assert ask(url, first) == 422

    path.write_text(both.replace("team_slug", "team_slg"))
    program.wait_until(lambda: "tenants_refused" in program.stderr.read_text(), "to refuse the file")
    assert "team_slg" in program.stderr.read_text()
    assert (ask(url, first), ask(url, "second")) == (422, 422)

    path.write_text(re.sub(r', "sha256:[0-9a-f]+"', "", both))
    program.running.send_signal(signal.SIGHUP)
    wait_for(program, url, first, 401)
    assert ask(url, "second") == 422
    assert program.stop() == 0
