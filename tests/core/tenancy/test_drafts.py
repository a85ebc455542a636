"""Drafts: a table that TOML reads back as what was said, whatever was said."""

import tomllib

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from adapter.core.tenancy.drafts import Draft, digest_key, write_draft
from adapter.core.tenancy.tenants import TenantRows

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
VALUES = TEXTS | st.booleans() | st.integers(-(2**63), 2**63 - 1)


@given(TEXTS, TEXTS, st.dictionaries(TEXTS, VALUES), st.dictionaries(TEXTS, TEXTS))
def test_a_draft_is_read_back_as_it_was_said(
    name: str, dialect: str, settings: dict[str, object], secrets: dict[str, str]
) -> None:
    draft = Draft(name, dialect, digest_key("k"), settings=settings, secrets=secrets)
    read = tomllib.loads(write_draft(draft))["tenant"]

    assert read.keys() == {name}
    rows = msgspec.convert(read[name], TenantRows)
    assert (rows.dialect, rows.setting, rows.secret) == (dialect, settings, secrets)
    assert rows.caller_keys == (digest_key("k"),)


def test_what_is_not_said_is_not_written() -> None:
    draft = Draft("shop", "lana", digest_key("k"), origins=["https://shop.example"], site_id="s")

    assert write_draft(draft).splitlines() == [
        "[tenant.shop]",
        'dialect = "lana"',
        'site_id = "s"',
        f'caller_keys = ["{digest_key("k")}"]',
        'origins = ["https://shop.example"]',
    ]
