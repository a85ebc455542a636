"""The roster: which files are looked at, and that a thousand tenants are read in seconds."""

import time
from pathlib import Path

import pytest

from adapter.core.tenancy.drafts import Draft, digest_key, write_draft
from adapter.shell.files import load_tenants
from adapter.shell.roster import look_again, look_at_files
from tests.conftest import DIALECTS

SETTINGS = {
    "lana": {"shop_id": "sh_1", "currency": "USD"},
    "enad": {"team_slug": "t", "app_slug": "a"},
    "stella_sync": {"site_id": "s"},
    "stella_checkout": {"site_id": "s"},
}


def write_tenants(path: Path, count: int) -> None:
    """So many tenants, of each dialect in turn, every tenth with an overlay that it shares."""
    tables = []
    for number in range(count):
        dialect = list(SETTINGS)[number % 4]
        (secret,) = DIALECTS[dialect].mapping.secrets
        url, key = f"https://shop-{number}.example", digest_key(str(number))
        draft = Draft(f"shop-{number}", dialect, key, None, url, [], SETTINGS[dialect], {secret: "env:SHOP_SECRET"})
        tables.append(write_draft(draft) + ('overlay = "ours.toml"\n' if number % 10 == 0 else ""))
    path.write_text("\n".join(tables))
    (path.parent / "ours.toml").write_text("order = []\n")


def test_a_thousand_tenants_are_read_in_seconds_and_share_what_is_equal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_SECRET", "x")
    write_tenants(tmp_path / "tenants.toml", 1000)
    began = time.process_time()
    tenants = load_tenants(tmp_path / "tenants.toml", DIALECTS)

    assert time.process_time() - began < 10
    assert len(tenants) == 1000
    assert len({id(tenant.dialect) for tenant in tenants.values()}) <= 4 + 2


def test_the_files_that_a_tenants_file_names_are_looked_at_too(tmp_path: Path) -> None:
    path, secret, overlay = tmp_path / "tenants.toml", tmp_path / "secret", tmp_path / "ours.toml"
    path.write_text(f'[tenant.a]\noverlay = "ours.toml"\nsecret = {{ token = "file:{secret}", other = "env:X" }}\n')
    seen = look_at_files(path)
    assert seen.keys() == {path, secret, overlay}
    assert look_again(seen, path) == seen

    for changed in (secret, overlay, path):
        changed.write_text(changed.read_text() + "\n" if changed.exists() else "x")
        fresh = look_again(seen, path)
        assert [file for file in seen if fresh[file] != seen[file]] == [changed]
        seen = fresh
    overlay.unlink()
    assert look_again(seen, path) != seen


@pytest.mark.parametrize(
    "text", ["tenant = 5", "[tenant]\na = 1", "[tenant.a]\nsecret = 1\noverlay = 2", "no toml", "\0"]
)
def test_a_file_that_says_nothing_sound_is_looked_at_all_the_same(tmp_path: Path, text: str) -> None:
    path = tmp_path / "tenants.toml"
    path.write_text(text)

    assert look_at_files(path).keys() == {path}
