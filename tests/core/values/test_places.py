"""Places: what people write leads to the code that backends want, or to a refusal, never to another place."""

from typing import Any

import pycountry
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.core.values.places import PLACE_CODECS, find_country, requires
from adapter.lens.codecs import CodecError

COUNTRIES = {
    "NP": ["NP", "np", "NPL", "npl", "Nepal", "NEPAL", " Nepal ", "Federal Democratic Republic of Nepal"],
    "GB": ["GB", "GBR", "UK", "uk", "U.K.", "United Kingdom", "Great Britain", "England", "Vereinigtes Königreich"],
    "NL": ["the Netherlands", "Netherlands", "Holland", "Nederland", "Niederlande"],
    "KR": ["KR", "Korea, Republic of", "Republic of Korea", "Korea", "South Korea", "대한민국"],
    "DE": ["Deutschland", "Germany", "DEU"],
    "US": ["US", "USA", "U.S.A.", "United States", "united states of america"],
    "KP": ["North Korea"],
    "RU": ["Russia", "Russian Federation"],
    "TR": ["Türkiye", "TURKIYE", "Tu\u0308rkiye"],
    "CI": ["Côte d'Ivoire", "Côte d’Ivoire", "Cote d'Ivoire"],
    "VN": ["Vietnam", "Viet Nam"],
    "TW": ["Taiwan"],
    "HK": ["Hong Kong"],
    "TZ": ["Tanzania"],
}
NO_COUNTRIES = ["", " ", "Atlantis", "ZZ", "XX", "Europe", "42", "N", "Nepall", "UKX"]

FORMS = {
    "alpha2": {"Nepal": "NP", "jpn": "JP", "UK": "GB"},
    "alpha2_lower": {"Nepal": "np", "NP": "np"},
    "alpha3": {"Nepal": "NPL", "uk": "GBR"},
    "name": {"NP": "Nepal", "kr": "South Korea", "DEU": "Germany"},
    "as_given": {"nepal ": "nepal ", "Atlantis": "Atlantis"},
}

SUBDIVISIONS = {
    ("JP", "13"): ["Tokyo", "tokyo", "TŌKYŌ", "東京都", "13", "JP-13", "jp-13"],
    ("CA", "QC"): ["Québec", "Quebec", "Que\u0301bec", "QC", "qc", "CA-QC"],
    ("DE", "BY"): ["Bayern", "BAYERN", "BY", "DE-BY"],
    ("AE", "DU"): ["Dubai", "إمارة دبيّ", "DU", "AE-DU"],
    ("NP", "P3"): ["Bagmati", "bagmati", "P3", "NP-P3"],
    ("US", "CA"): ["California", "CALIFORNIA", "CA", "US-CA"],
    ("US", "NY"): ["New York", "new-york", "N.Y."],
    ("IN", "MH"): ["Maharashtra", "MH"],
    ("AU", "NSW"): ["New South Wales", "NSW"],
    ("KR", "11"): ["Seoul", "서울특별시", "서울"],
    ("RU", "MOW"): ["Москва"],
    ("ES", "LO"): ["La Rioja", "LO"],  # in an address the province, not the autonomous community RI
    ("ES", "BI"): ["Vizcaya", "BI"],
    ("ES", "PM"): ["Islas Baleares", "PM"],
    ("Canada", "ON"): ["Ontario"],
    ("usa", "TX"): ["Texas"],
}
# of another country, or of none
NO_SUBDIVISIONS = [("US", "Bayern"), ("CA", "US-NY"), ("JP", "California"), ("US", "Nowhere"), ("IN", "Tokyo")]
# addresses there name no subdivision with a code, so what a client wrote is left out
WITHOUT_SUBDIVISIONS = [("SG", "Central"), ("GB", "California"), ("VA", "Roma"), ("MC", "Nice")]

SUBDIVIDED = ["US", "CA", "JP", "IN", "AU", "BR", "AE", "NP", "DE", "MX", "KR", "IE"]

SPELLINGS = [
    (spelling, country.alpha_2)
    for country in pycountry.countries
    for key in ("alpha_2", "alpha_3", "name", "common_name", "official_name")
    if (spelling := getattr(country, key, None))
]
DIVISIONS = [
    (country, division.name, division.code.split("-", 1)[1])
    for country in SUBDIVIDED
    for division in pycountry.subdivisions.get(country_code=country)  # type: ignore[no-untyped-call]
]

country_codec = PLACE_CODECS["country"]
subdivision_codec = PLACE_CODECS["subdivision"]
postal_codec = PLACE_CODECS["postal_code"]


@pytest.mark.parametrize(("text", "code"), [(text, code) for code, texts in COUNTRIES.items() for text in texts])
def test_a_country_is_known_by_all_its_names(text: str, code: str) -> None:
    assert find_country(text) == code


@pytest.mark.parametrize("text", NO_COUNTRIES)
def test_no_country_is_guessed(text: str) -> None:
    assert find_country(text) is None
    for rewrite in (country_codec.to_dialect, country_codec.to_canonical):
        with pytest.raises(CodecError, match="expected a country"):
            rewrite(text, None, {"form": "alpha2"})


@pytest.mark.parametrize(
    ("form", "text", "wire"), [(f, text, wire) for f, row in FORMS.items() for text, wire in row.items()]
)
def test_a_country_goes_out_in_the_form_the_tenant_set(form: str, text: str, wire: str) -> None:
    assert country_codec.to_dialect(text, None, {"form": form}) == wire


def test_an_unknown_form_is_refused_with_those_that_exist() -> None:
    with pytest.raises(CodecError, match=r"expected the form to be one of \['alpha2', .*found 'alpha4'"):
        country_codec.to_dialect("NP", None, {"form": "alpha4"})


@given(st.sampled_from(SPELLINGS), st.sampled_from([str.upper, str.lower, str.title, str.strip]))
def test_every_spelling_of_every_country_leads_back_to_its_code(spelt: tuple[str, str], case: Any) -> None:
    text, code = spelt
    assert find_country(case(text)) == code
    assert find_country(f"  {text} ") == code


@given(st.sampled_from(SPELLINGS), st.sampled_from(["alpha2", "alpha2_lower", "alpha3", "name"]))
def test_a_country_comes_back_as_its_code_in_every_form(spelt: tuple[str, str], form: str) -> None:
    text, code = spelt
    out = country_codec.to_dialect(text, None, {"form": form})
    assert country_codec.to_canonical(out, None, {"form": form}) == code
    assert country_codec.to_dialect(code, None, {"form": form}) == out


@given(st.text())
def test_a_country_as_given_is_not_looked_at(text: str) -> None:
    assert (
        country_codec.to_canonical(
            country_codec.to_dialect(text, None, {"form": "as_given"}), None, {"form": "as_given"}
        )
        == text
    )


@pytest.mark.parametrize(
    ("country", "text", "code"), [(place[0], text, place[1]) for place, texts in SUBDIVISIONS.items() for text in texts]
)
def test_a_subdivision_is_known_by_name_code_and_script(country: str, text: str, code: str) -> None:
    assert subdivision_codec.to_dialect(text, country, {}) == code


@pytest.mark.parametrize(("country", "text"), NO_SUBDIVISIONS)
def test_a_subdivision_of_another_country_is_refused(country: str, text: str) -> None:
    with pytest.raises(CodecError, match=f"expected a subdivision of {country}"):
        subdivision_codec.to_dialect(text, country, {})


@pytest.mark.parametrize(("country", "text"), WITHOUT_SUBDIVISIONS)
def test_where_addresses_name_no_subdivision_it_is_left_empty(country: str, text: str) -> None:
    assert not requires(country, "S")
    assert subdivision_codec.to_dialect(text, country, {}) == ""
    assert subdivision_codec.to_canonical("", country, {}) is None


@pytest.mark.parametrize("country", [None, "", "Atlantis"])
def test_without_a_known_country_a_subdivision_stays_as_written(country: str | None) -> None:
    assert subdivision_codec.to_dialect("Bagmati", country, {}) == "Bagmati"


@given(st.sampled_from(DIVISIONS))
def test_every_subdivision_has_its_own_code_by_name_and_by_code(place: tuple[str, str, str]) -> None:
    country, name, code = place
    for text in (name, name.upper(), code, f"{country}-{code}"):
        out = subdivision_codec.to_dialect(text, country, {})
        assert out == code
        assert subdivision_codec.to_dialect(subdivision_codec.to_canonical(out, country, {}), country, {}) == out


@pytest.mark.parametrize(
    ("country", "stands_in"),
    [("SG", ""), ("GB", ""), ("Singapore", ""), ("US", None), ("JP", None), (None, None), ("Atlantis", None)],
)
def test_only_where_there_are_none_is_an_absent_subdivision_empty(country: str | None, stands_in: str | None) -> None:
    assert subdivision_codec.absent is not None
    assert subdivision_codec.absent(country, {}) == stands_in


@pytest.mark.parametrize(
    ("country", "stands_in"),
    [("HK", ""), ("AE", ""), ("Hong Kong", ""), ("US", None), ("NP", ""), (None, None), ("Atlantis", None)],
)
def test_only_where_there_are_none_is_an_absent_postal_code_empty(country: str | None, stands_in: str | None) -> None:
    assert postal_codec.absent is not None
    assert postal_codec.absent(country, {}) == stands_in


@pytest.mark.parametrize(
    ("country", "has_one"), {"US": True, "NP": False, "HK": False, "AE": False, "QQ": True}.items()
)
def test_a_postal_code_is_expected_unless_known_otherwise(country: str, has_one: bool) -> None:
    assert requires(country, "Z") is has_one


@given(st.text().filter(str.strip), st.sampled_from(["US", "HK", None]))
def test_a_postal_code_is_carried_as_written(text: str, country: str | None) -> None:
    assert postal_codec.to_canonical(postal_codec.to_dialect(text, country, {}), country, {}) == text


def test_an_empty_postal_code_comes_back_as_absent() -> None:
    assert postal_codec.to_canonical("", "HK", {}) is None


@pytest.mark.parametrize("blank", ["", "  ", "\t"])
def test_a_blank_says_no_more_than_an_absent_member(blank: str) -> None:
    for codec in (subdivision_codec, postal_codec):
        assert codec.absent is not None
        for country in ("US", "HK", "NP", None):
            assert codec.to_dialect(blank, country, {}) == codec.absent(country, {})
