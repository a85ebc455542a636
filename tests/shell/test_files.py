"""Files: every wrong one is named with its place, and no secret comes from a file that holds settings."""

import hashlib
import json
from pathlib import Path

import pytest

from adapter.errors import MappingError, SetupError
from adapter.shell.files import (
    check_tenants,
    find_dialect,
    find_document,
    load_dialect,
    load_dialects,
    load_document,
    load_tenants,
    read_secret,
    shipped,
)
from tests.conftest import DIALECTS, HERE

FIFTH = HERE / "fifth"
DIGEST = hashlib.sha256(b"secret").hexdigest()

SHOP = f"""
[tenant.shop]
dialect     = "bazaar"
base_url    = "https://backend.test"
caller_keys = ["sha256:{DIGEST}"]
secret      = {{ key = "env:BAZAAR_KEY" }}
"""


@pytest.fixture
def tenants_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BAZAAR_KEY", "bzr\n")
    return tmp_path / "tenants.toml"


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def copy_bazaar(folder: Path, name: str = "bazaar") -> Path:
    """A folder of one's own with the made-up dialect, its mapping under any name."""
    mapping = write(folder / "mappings" / f"{name}.toml", (FIFTH / "mappings" / "bazaar.toml").read_text())
    write(folder / "openapi" / f"{name}.json", (FIFTH / "openapi" / "bazaar.json").read_text())
    return mapping


def test_what_is_shipped_lies_beside_the_package() -> None:
    stems = {path.stem for path in (shipped() / "mappings").glob("*.toml")}

    assert set(load_dialects()) == stems
    assert stems | {"gateway"} == {path.stem for path in (shipped() / "openapi").glob("*.json")}


def test_a_folder_of_ones_own_adds_dialects(tmp_path: Path) -> None:
    copy_bazaar(tmp_path)

    assert set(load_dialects(tmp_path)) == set(load_dialects()) | {"bazaar"}
    assert find_dialect("bazaar", tmp_path).mapping.title == "Bazaar purchases"


def test_a_folder_of_ones_own_may_replace_what_is_shipped(tmp_path: Path) -> None:
    text = (shipped() / "mappings" / "enad.toml").read_text()
    write(tmp_path / "mappings" / "enad.toml", text.replace('"Enad orders"', '"My Enad"'))
    write(tmp_path / "openapi" / "enad.json", (shipped() / "openapi" / "enad.json").read_text())

    assert find_dialect("enad", tmp_path).mapping.title == "My Enad"
    assert find_dialect("enad").mapping.title == "Enad orders"


def test_an_unknown_dialect_is_told_those_there_are() -> None:
    with pytest.raises(SetupError, match="'shoppy'; known: enad, lana, stella_checkout, stella_sync"):
        find_dialect("shoppy")


def test_a_mapping_is_named_after_its_dialect(tmp_path: Path) -> None:
    with pytest.raises(
        SetupError, match=r"expected the dialect 'basar', found 'bazaar' .* - at `basar\.toml: dialect`"
    ):
        load_dialect(copy_bazaar(tmp_path, "basar"), tmp_path)


def test_a_mapping_that_is_no_toml_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "mappings" / "x.toml", "dialect = x")
    with pytest.raises(SetupError, match=r"expected a TOML file: .*column 11.* - at `x\.toml: line 1`"):
        load_dialect(path, tmp_path)


def test_a_mapping_with_a_misspelt_key_is_named(tmp_path: Path) -> None:
    path = copy_bazaar(tmp_path)
    path.write_text(path.read_text().replace("[outcome]", "[outcomes]"))
    with pytest.raises(MappingError, match=r"`outcomes?`.* - at `bazaar\.toml: "):
        load_dialect(path, tmp_path)


@pytest.mark.parametrize("text", [None, "{", "\ufeff{}x"])
def test_a_document_that_is_missing_or_no_json_is_named(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        write(tmp_path / "openapi" / "x.json", text)
    with pytest.raises(SetupError, match=r"expected an OpenAPI document in JSON: .*x\.json`"):
        load_document(tmp_path, "x")


def test_a_document_of_ones_own_goes_before_the_shipped_one(tmp_path: Path) -> None:
    write(tmp_path / "openapi" / "enad.json", json.dumps({"mine": True}))

    assert find_document("enad", tmp_path) == {"mine": True}
    assert find_document("lana", tmp_path) == find_document("lana") == load_document(shipped(), "lana")


def test_tenants_are_read_with_their_secrets(tenants_file: Path) -> None:
    tenants = load_tenants(write(tenants_file, SHOP + SHOP.replace("shop", "b") + 'site_id = "bee"\n'), DIALECTS)

    assert set(tenants) == {"shop", "bee"}
    shop = tenants["shop"]
    assert (shop.name, shop.base_url, dict(shop.secrets)) == ("shop", "https://backend.test", {"key": "bzr"})
    assert shop.caller_keys == (DIGEST,)
    assert "bzr" not in repr(shop)


# what is written in place of what, and what the error says
BROKEN = {
    "no TOML": ("[tenant.shop]", "[tenant.shop", r"expected a TOML file: .*tenants\.toml"),
    "an unknown key": (
        "base_url ",
        "baseurl ",
        r"unknown field `baseurl`, did you mean `base_url`.* - at `tenants\.toml: tenant\.shop`",
    ),
    "no keys": ("caller_keys = ", "# ", r"`caller_keys`.*tenants\.toml: tenant"),
    "a wrong type": ('"https://backend.test"', "9", r"Expected `str.*tenants\.toml: tenant.*base_url"),
    "an unknown dialect": (
        '"bazaar"',
        '"basar"',
        r"unknown dialect 'basar', did you mean 'bazaar'.* `tenants\.toml: tenant\.shop\.dialect`",
    ),
    "no base URL": ("base_url ", "# ", r"has no base URL of its own .* - at `tenants\.toml: tenant\.shop\.base_url`"),
    "a misspelt secret": (
        "{ key =",
        "{ kee =",
        r"'kee', did you mean 'key'\? .* `tenants\.toml: tenant\.shop\.secret\.kee`",
    ),
    "no secret": ("secret ", "# ", r"needs the secret 'key' .* - at `tenants\.toml: tenant\.shop\.secret`"),
    "a secret in clear": (
        "env:BAZAAR_KEY",
        "bzr_clear",
        r"expected env:NAME .* `tenants\.toml: tenant\.shop\.secret\.key`",
    ),
    "an unset variable": ("BAZAAR_KEY", "BAZAAR_KEE", r"expected env:NAME of a set variable"),
    "a misspelt table": ("[tenant.shop]", "[tenants.shop]", r"did you mean 'tenant'.*`tenants\.toml: tenants`"),
    "a key in clear": (f"sha256:{DIGEST}", "secret", r"tenant.*caller_keys"),
}


@pytest.mark.parametrize(("before", "after", "message"), BROKEN.values(), ids=BROKEN)
def test_a_broken_tenants_file_is_named_with_its_place(
    tenants_file: Path, before: str, after: str, message: str
) -> None:
    assert before in SHOP
    with pytest.raises(SetupError, match=message) as caught:
        load_tenants(write(tenants_file, SHOP.replace(before, after)), DIALECTS)

    assert "bzr_clear" not in str(caught.value)


def test_two_tenants_of_one_site_id_are_refused(tenants_file: Path) -> None:
    twice = SHOP + SHOP.replace("tenant.shop", "tenant.b") + 'site_id = "shop"\n'
    message = r"found 'shop', which is that of tenant 'shop' .* - at `tenants\.toml: tenant\.b\.site_id`"
    with pytest.raises(SetupError, match=message):
        load_tenants(write(tenants_file, twice), DIALECTS)


def test_a_repeated_site_id_is_told_beside_all_other_faults(tenants_file: Path) -> None:
    twice = SHOP + SHOP.replace("tenant.shop", "tenant.b").replace("base_url ", "# ") + 'site_id = "shop"\n'
    _, findings = check_tenants(write(tenants_file, twice), DIALECTS)

    assert sorted(finding.at for finding in findings) == [
        "tenants.toml: tenant.b.base_url",
        "tenants.toml: tenant.b.site_id",
    ]


def test_a_tenants_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"nowhere\.toml"):
        load_tenants(tmp_path / "nowhere.toml", DIALECTS)


def test_a_secret_comes_from_a_variable_or_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_SECRET", " hush ")
    kept = write(tmp_path / "secret", "hush\n")

    assert read_secret("env:A_SECRET", "x") == read_secret(f"file:{kept}", "x") == "hush"


@pytest.mark.parametrize("reference", ["hush", "", "env:", "env:NO_SUCH_VARIABLE", "file:/no/such/file", "file:/tmp"])
def test_a_secret_that_is_not_there_is_named_and_not_shown(reference: str) -> None:
    with pytest.raises(SetupError, match=r"expected env:NAME .* - at `tenant\.shop\.secret\.token`") as caught:
        read_secret(reference, "tenant.shop.secret.token")

    assert "hush" not in str(caught.value)


def test_a_secret_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SetupError, match="tenant"):
        read_secret(f"file:{tmp_path / 'secret'}", "tenant.shop.secret.token")


def test_an_empty_secret_is_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_SECRET", "")
    with pytest.raises(SetupError, match="tenant"):
        read_secret("env:A_SECRET", "tenant.shop.secret.token")


OVERLAY = 'order = [{ canonical = "note", drop = "nobody reads it" }]'


def lay(folder: Path, *shops: str) -> Path:
    """A tenants' file with a shop for each of these lines, and two overlays that say the same."""
    for name in ("a.toml", "b.toml"):
        write(folder / name, OVERLAY)
    rows = [SHOP.replace("tenant.shop", f"tenant.s{number}") + lines for number, lines in enumerate(shops)]
    return write(folder / "tenants.toml", "\n".join(rows))


def test_an_overlay_is_found_beside_the_tenants_file(tenants_file: Path) -> None:
    tenants = load_tenants(lay(tenants_file.parent, "", 'overlay = "a.toml"'), DIALECTS)

    assert tenants["s0"].dialect is DIALECTS["bazaar"]
    assert tenants["s1"].dialect.version != DIALECTS["bazaar"].version
    assert {row.drop for row in tenants["s1"].dialect.mapping.order} >= {"nobody reads it"}


def test_tenants_that_say_the_same_share_one_dialect(tenants_file: Path) -> None:
    crosswalk = 'crosswalk.v = { member = "/line_items/*/variant_id" }'
    shops = ('overlay = "a.toml"', 'overlay = "a.toml"', 'overlay = "b.toml"', crosswalk, crosswalk)
    found = [tenant.dialect for tenant in load_tenants(lay(tenants_file.parent, *shops), DIALECTS).values()]

    assert found[0] is found[1]
    assert found[2] is not found[0]
    assert found[2].version == found[0].version
    assert found[3] is found[4]
    assert found[3].crosswalks == ("v",)


# what a tenant says of its overlay or crosswalks, and what the error says
MISSAID = {
    "an overlay that is not there": ('overlay = "c.toml"', r"expected a TOML file: .*c\.toml"),
    "an unknown member": (
        'crosswalk.v = { member = "/nte" }',
        r"did you mean '/note'\? .* - at `tenants\.toml: tenant\.s0\.crosswalk\.v",
    ),
    "no member": ("crosswalk.v = {}", r"`member` .* - at `tenants\.toml: tenant\.s0\.crosswalk"),
    "an unknown policy": (
        'crosswalk.v = { member = "/note", missing = "x" }',
        r"'x'.* - at `tenants\.toml: tenant\.s0",
    ),
    "a table that nothing can refer to": ('crosswalk.v-1 = { member = "/note" }', r"tenants\.toml: tenant\.s0"),
}


@pytest.mark.parametrize(("line", "message"), MISSAID.values(), ids=MISSAID)
def test_a_wrong_overlay_or_crosswalk_is_named_with_its_place(tenants_file: Path, line: str, message: str) -> None:
    with pytest.raises(SetupError, match=message):
        load_tenants(lay(tenants_file.parent, line), DIALECTS)


def test_a_mistake_in_an_overlay_is_named_with_file_and_row(tenants_file: Path) -> None:
    path = lay(tenants_file.parent, 'overlay = "a.toml"')
    write(tenants_file.parent / "a.toml", OVERLAY.replace("note", "noet"))
    with pytest.raises(MappingError, match=r"did you mean 'note'\? .* - at `a\.toml: order\[0\]\.canonical`"):
        load_tenants(path, DIALECTS)


def test_in_production_a_base_url_leads_to_the_open_net(tenants_file: Path) -> None:
    inside = SHOP.replace("https://backend.test", "http://127.0.0.1:9")
    path = write(tenants_file, inside)

    with pytest.raises(SetupError, match=r"expected an https URL.* - at `tenants\.toml: tenant\.shop\.base_url`"):
        load_tenants(path, DIALECTS)
    (shop,) = load_tenants(path, DIALECTS, "development").values()
    assert shop.base_url == "http://127.0.0.1:9"
