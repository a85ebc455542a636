"""Identities: the receipt's id is a UUID of one order for ever, its time is RFC 3339."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.core.values.identities import IDENTITY_CODECS, is_uuid, read_instant, receipt_id

UUIDS = {
    "0b7c9c1e-5a55-4f0a-9a0f-2f6f6f0d8a11": True,
    "0B7C9C1E-5A55-4F0A-9A0F-2F6F6F0D8A11": True,
    "00000000-0000-0000-0000-000000000000": True,
    "0b7c9c1e5a554f0a9a0f2f6f6f0d8a11": False,
    "{0b7c9c1e-5a55-4f0a-9a0f-2f6f6f0d8a11}": False,
    "urn:uuid:0b7c9c1e-5a55-4f0a-9a0f-2f6f6f0d8a11": False,
    " 0b7c9c1e-5a55-4f0a-9a0f-2f6f6f0d8a11": False,
    "or_Qk1": False,
    "42": False,
    "": False,
}

INSTANTS = {
    "2026-03-02t09:15:27z": "2026-03-02T09:15:27Z",
    "2026-03-02T09:15:25Z": "2026-03-02T09:15:25Z",
    "2026-03-02T09:15:25+00:00": "2026-03-02T09:15:25Z",
    "2026-03-02T09:15:25.123456Z": "2026-03-02T09:15:25.123456Z",
    "2026-03-02T09:15:25+05:45": "2026-03-02T09:15:25+05:45",
    "2026-03-02 09:15:25": "2026-03-02T09:15:25Z",
    "2026-03-02T09:15:25": "2026-03-02T09:15:25Z",
    "20260302T091525Z": "2026-03-02T09:15:25Z",
    "2026-03-02": "2026-03-02T00:00:00Z",
    "yesterday": None,
    "": None,
    "2026-13-02T09:15:25Z": None,
}


@pytest.mark.parametrize(("text", "known"), UUIDS.items())
def test_a_uuid_is_one_in_its_canonical_spelling_only(text: str, known: bool) -> None:
    assert is_uuid(text) is known


def test_an_id_that_is_a_uuid_is_the_receipts() -> None:
    own = str(uuid4())
    assert receipt_id(own, "shop/stella_sync") == own


def test_another_id_has_the_same_uuid_for_ever() -> None:
    assert receipt_id("or_Qk1", "shop/lana") == receipt_id("or_Qk1", "shop/lana")
    # pinned: journals hold it
    assert receipt_id("or_Qk1", "shop/lana") == "2fa716a5-8759-5e39-b312-4c06ecab97a9"


@given(st.text(max_size=20), st.text(max_size=20), st.sampled_from(["a/lana", "b/lana", "a/enad"]))
def test_ids_of_two_orders_or_two_tenants_never_meet(one: str, other: str, scope: str) -> None:
    assert UUID(receipt_id(one, scope)).version == 5 or is_uuid(one)
    assert (receipt_id(one, scope) == receipt_id(other, scope)) == (one == other)
    assert is_uuid(one) or receipt_id(one, scope) != receipt_id(one, "c/lana")


def test_the_codec_of_ids_reads_numbers_too() -> None:
    codec, options = IDENTITY_CODECS["receipt_id"], {"scope": "shop/enad"}
    assert codec.to_canonical(42, None, options) == receipt_id("42", "shop/enad")
    assert codec.to_dialect("42", None, options) == "42"


@pytest.mark.parametrize(("text", "instant"), INSTANTS.items())
def test_a_time_of_any_iso_spelling_becomes_rfc_3339(text: str, instant: str | None) -> None:
    assert read_instant(text) == instant


@pytest.mark.parametrize("value", [None, 1772442925, True, {}])
def test_what_is_no_time_is_absent_and_no_error(value: object) -> None:
    assert IDENTITY_CODECS["instant"].to_canonical(value, None, {}) is None


@given(st.datetimes(timezones=st.timezones() | st.none()))
def test_a_time_is_stable_once_it_is_read(moment: object) -> None:
    first = read_instant(str(moment))
    assert first is not None
    assert read_instant(first) == first
