"""E-mail addresses and phone numbers in the spelling that a stricter backend wants."""

from typing import Any

import phonenumbers

from adapter.core.values.places import find_country
from adapter.lens.codecs import Codec, CodecError, Kinds, Options, keep


def _to_email(text: Any, _beside: Any, _options: Options) -> str:
    local, at, domain = str(text).strip().rpartition("@")
    if not at or not local or not domain:
        raise CodecError("expected an e-mail address with one name and one domain")
    return f"{local}@{domain.lower()}"  # the local part may tell cases apart (RFC 5321, 2.4), a domain never does


def _to_phone(text: Any, country: Any, _options: Options) -> str:
    """A number as people of a country write it, in E.164: +15025550142."""
    region = find_country(str(country)) if country else None
    try:
        number = phonenumbers.parse(str(text), region)
    except phonenumbers.NumberParseException as exc:
        raise CodecError(f"expected a phone number of {region or 'a named country'} or one with its +code") from exc
    if not phonenumbers.is_possible_number(number):
        raise CodecError("expected a phone number of a possible length")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


CONTACT_CODECS: dict[str, Codec] = {
    "email": Codec(
        _to_email,
        keep,
        lossy="the domain comes back in lower case",
        kinds=Kinds(("string",), ("string",), ("e-mail",)),
    ),
    "phone": Codec(
        _to_phone,
        keep,
        lossy="another spelling comes back as E.164",
        beside=True,
        kinds=Kinds(("string",), ("string",), ("phone",), beside="country"),
    ),
}
