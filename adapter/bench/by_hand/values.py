"""What hand-written mappings ask of values: the functions that the codecs are, called as a person would call them."""

from typing import Any

from adapter.core.values.identities import read_instant
from adapter.core.values.money import MONEY_CODECS
from adapter.core.values.places import PLACE_CODECS, find_country
from adapter.lens.codecs import CodecError

SUBDIVISION, POSTAL_CODE = PLACE_CODECS["subdivision"], PLACE_CODECS["postal_code"]
write_unit = MONEY_CODECS["total_text"].to_canonical
MINOR, MAJOR = {"unit": "minor"}, {"unit": "major"}


def find_code(country: str) -> str:
    """The alpha-2 code of a country."""
    found = find_country(country)
    if found is None:
        raise CodecError(f"expected a country, found {country!r}")
    return found


def find_province(state: str | None, country: str | None) -> Any:
    """The code of a subdivision; None where it may be absent from an address."""
    absent = SUBDIVISION.absent
    if state is None:
        return absent and absent(country, {})
    return SUBDIVISION.to_dialect(state, country, {})


def find_zip(code: str | None, country: str | None) -> Any:
    """The postal code as it is wanted; None where it may be absent from an address."""
    absent = POSTAL_CODE.absent
    if code is None:
        return absent and absent(country, {})
    return POSTAL_CODE.to_dialect(code, country, {})


def read_time(text: Any) -> str | None:
    """A time as RFC 3339; None where there is none."""
    return None if text is None else read_instant(text)


def first(value: Any, other: Any) -> Any:
    """The value, or the other where it is not there."""
    return other if value is None else value
