"""Contacts: one spelling for what people write, refusals that do not repeat it."""

import pytest

from adapter.core.values.contacts import CONTACT_CODECS
from adapter.lens.codecs import CodecError

EMAIL, PHONE = CONTACT_CODECS["email"], CONTACT_CODECS["phone"]


@pytest.mark.parametrize(
    ("text", "said"),
    [("Maya@Example.COM", "Maya@example.com"), (" a@b.co ", "a@b.co"), ('"a@b"@Example.org', '"a@b"@example.org')],
)
def test_a_domain_is_lower_case_and_a_name_is_left_alone(text: str, said: str) -> None:
    assert EMAIL.to_dialect(text, None, {}) == said
    assert EMAIL.to_dialect(EMAIL.to_canonical(said, None, {}), None, {}) == said


@pytest.mark.parametrize("text", ["", "maya", "@example.com", "maya@"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(CodecError, match="expected an e-mail address"):
        EMAIL.to_dialect(text, None, {})


@pytest.mark.parametrize(
    ("text", "country", "said"),
    [
        ("(502) 555-0142", "US", "+15025550142"),
        ("+1 502 555 0142", None, "+15025550142"),
        ("980-0000042", "Nepal", "+9779800000042"),
        ("020 7946 0018", "UK", "+442079460018"),
        ("+49 30 901820", "US", "+4930901820"),
    ],
)
def test_a_phone_number_is_said_in_e164(text: str, country: str | None, said: str) -> None:
    assert PHONE.to_dialect(text, country, {}) == said
    assert PHONE.to_dialect(PHONE.to_canonical(said, country, {}), country, {}) == said


@pytest.mark.parametrize(("text", "country"), [("980-0000042", None), ("call me", "US"), ("12", "US"), ("", "NP")])
def test_what_is_no_number_is_refused_without_repeating_it(text: str, country: str | None) -> None:
    with pytest.raises(CodecError) as caught:
        PHONE.to_dialect(text, country, {})

    assert not text or text not in str(caught.value)
