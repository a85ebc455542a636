"""Values that matter, by what they are: from the simplest to the oddest, as counterexamples shrink to the first."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache, partial
from types import MappingProxyType
from typing import Any, Final

from adapter.core.canonical import SCHEMAS


class Absent:
    """Stands for a member that is not there."""

    def __repr__(self) -> str:
        return "absent"


ABSENT: Final = Absent()

# Texts that are legal wherever a text is.
TEXTS: Mapping[str, str | None] = MappingProxyType(
    {
        "ordinary": "Chestnut 9",
        "null": None,
        "one character": "X",
        "empty": "",
        "blank": " \t",
        "leading zeros": "00123",
        "trailing newline": "Flat 2\n",
        "combining marks": "Zoe\u0308 A\u030angstro\u0308m",
        "right to left": "شارع الملك",
        "ideographs": "千代田区",
        "non-ASCII digits": "١٢٣ ९८",
        "emoji": "🏠 👩\u200d👧",
        "upper and lower": "McIntyre-ÉCOLE",
        "markup": "<b>&amp;\"'\\</b>",
        "a reference": "{setting.site_id}{secret.token}",
        "a number": "1e3",
        "dots and slashes": "a.b/~c",
    }
)

# What says nothing, other than by not being there.
BLANKS = (None, "", " \t")

# What says something, for a text that must be there.
SAID = tuple(text for text in TEXTS.values() if text not in BLANKS)

# As long as the canonical order allows, and in as many bytes as that can take.
LONGEST = ("x" * 255, "é" * 255, "🏠" * 255)
LONGEST_NOTE = "x" * 10_000
LONGEST_URL = f"https://example.com/{'a' * 2063}"

# Ids of every family that backends have, none of them anybody's.
IDS = (
    "11111111-1111-4111-8111-111111111111",
    "22222222-2222-4222-8222-222222222222",
    "va_Ab12Cd34",
    "pr_Ab12Cd34",
    "si_abcd",
    "sh_1",
    "gid://shop/ProductVariant/1",
    "42",
    "007",
    "VARIANT-é",
)

# What a hand or a program makes of an id.
ID_TEXTS = ("42\n", "٤٢", "e\u0301")

# Values of each type for a member that the canonical order does not know.
STRANGE: tuple[Any, ...] = ("x", None, "", 7, True, Decimal("1.5"), ["x"], {"x": 1})

# Given and family name; a name with one word, with particles, in scripts that put the family first.
NAMES: tuple[tuple[str | None, str | None], ...] = (
    ("Maya", "Berg"),
    ("Maya", None),
    (None, "Berg"),
    ("Maya", "van der Berg"),
    ("Jean-Luc", "de la Cruz"),
    ("太郎", "山田"),
    ("محمد", "الأمين"),
    ("Ольга", "О'Коннор"),
    ("Zoe\u0308", "X"),
    ("Ana Maria", "Silva Santos"),
    (" Maya ", "Berg\n"),
    ("", "Berg"),
)

# What the names that leave no doubt are as one.
FULL_NAMES: Mapping[tuple[str | None, str | None], str] = MappingProxyType(
    {
        ("Maya", "Berg"): "Maya Berg",
        ("Maya", None): "Maya",
        ("Maya", "van der Berg"): "Maya van der Berg",
        ("太郎", "山田"): "山田 太郎",
        ("محمد", "الأمين"): "محمد الأمين",
        ("Ольга", "О'Коннор"): "Ольга О'Коннор",
    }
)

EMAILS = ("m@example.com", "M.Berg+tag@Example.COM", "ü@example.com", "a" * 242 + "@example.com")

# Places as people write them: country and state, and what ISO 3166 calls them, from another source than the codecs'.
# None where nothing is written; where addresses need no subdivision, the code is that of one that is written.
PLACES: tuple[tuple[str | None, str | None, str | None, str, str], ...] = (
    (None, None, None, "", ""),
    ("US", "KY", "40202", "US", "KY"),
    ("KW", None, None, "KW", ""),
    ("United States", "Kentucky", "40202", "US", "KY"),
    ("usa", "wa", "98101", "US", "WA"),
    ("AU", "WA", "6000", "AU", "WA"),
    ("Australia", "New South Wales", "2000", "AU", "NSW"),
    ("India", "Karnataka", "560001", "IN", "KA"),
    ("IND", "TN", "600001", "IN", "TN"),
    ("Brasil", "SP", "01000-000", "BR", "SP"),
    ("CA", "Ontario", "K1A 0B1", "CA", "ON"),
    ("JP", "東京都", "100-0001", "JP", "13"),
    ("日本", "Tokyo", "100-0001", "JP", "13"),
    ("Germany", "Bayern", "01067", "DE", "BY"),
    ("UK", None, "EC1A 1BB", "GB", ""),
    ("Nepal", None, None, "NP", ""),
    ("HKG", None, None, "HK", ""),
    ("AE", "Dubai", None, "AE", "DU"),
    ("FR", None, "75001", "FR", ""),
    ("US", None, "40202", "US", ""),
    ("Canada", "Québec", "H2Y 1C6", "CA", "QC"),
    ("BR", "Rio de Janeiro", "20040-002", "BR", "RJ"),
    ("Japan", "大阪府", "530-0001", "JP", "27"),
    ("DEU", "Berlin", "10115", "DE", "BE"),
    ("IT", "RM", "00184", "IT", "RM"),
    ("Italy", "Milano", "20121", "IT", "MI"),
    ("ES", "Barcelona", "08002", "ES", "B"),
    ("Spain", "Sevilla", "41001", "ES", "SE"),
    ("MX", "Jalisco", "44100", "MX", "JAL"),
    ("Mexico", "Nuevo León", "64000", "MX", "NLE"),
    ("AR", "Córdoba", "X5000", "AR", "X"),
    ("Argentina", "Mendoza", "M5500", "AR", "M"),
    ("China", "Guangdong", "510000", "CN", "GD"),
    ("South Korea", "서울특별시", "03051", "KR", "11"),
    ("KR", "Busan", "48058", "KR", "26"),
    ("UAE", "Abu Dhabi", None, "AE", "AZ"),
    ("Turkey", "Ankara", "06420", "TR", "06"),
    ("Malaysia", "Selangor", "40000", "MY", "10"),
    ("Nigeria", "Lagos", "100001", "NG", "LA"),
    ("Ukraine", None, "01001", "UA", ""),
    ("Great Britain", None, "EC1A 1BB", "GB", ""),
    ("Ireland", None, "D02 X285", "IE", ""),
    ("Österreich", None, "1010", "AT", ""),
    ("Switzerland", None, "8001", "CH", ""),
    ("Netherlands", None, "1012 AB", "NL", ""),
    ("Belgium", None, "1000", "BE", ""),
    ("SWE", None, "111 22", "SE", ""),
    ("Norway", None, "0150", "NO", ""),
    ("Denmark", None, "1050", "DK", ""),
    ("Finland", None, "00100", "FI", ""),
    ("Polska", None, "00-001", "PL", ""),
    ("Czech Republic", None, "110 00", "CZ", ""),
    ("Hungary", None, "1051", "HU", ""),
    ("Portugal", None, "1000-001", "PT", ""),
    ("Slovakia", None, "811 01", "SK", ""),
    ("Slovenia", None, "1000", "SI", ""),
    ("Niger", None, "8001", "NE", ""),
    ("South Africa", None, "8001", "ZA", ""),
    ("Saudi Arabia", None, "11564", "SA", ""),
    ("New Zealand", None, "6011", "NZ", ""),
    ("Singapore", None, "018956", "SG", ""),
    (None, "KY", "00000", "", ""),
)

COUNTRIES = {country: code for country, _, _, code, _ in PLACES if country}
SUBDIVISIONS = {(country, state): code for country, state, _, _, code in PLACES if country and state}

# Minor units.
AMOUNTS = (100, 0, 1, 5, 29, 99, 101, 115, 1005, 1250, 2675, 149_900)

# Amounts on the edge for a currency of so many decimals.
EDGES: tuple[Callable[[int], int | Decimal], ...] = (
    lambda digits: Decimal(12).scaleb(-digits) * Decimal("1.00"),
    lambda _: Decimal("1E+3"),
    lambda _: 12,
    lambda digits: Decimal(10**15) - Decimal(1).scaleb(-digits),
)

# By decimals the currencies that have none, three or four, all of them, and of those with two what most shops have;
# from another source than the codecs'.
DECIMALS: Mapping[int, str] = MappingProxyType(
    {
        0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
        2: "AED AUD BRL CAD CHF CNY CZK DKK GBP HKD HUF IDR ILS INR MXN NOK NZD PLN SAR SEK SGD THB TRY ZAR",
        3: "BHD IQD JOD KWD LYD OMR TND",
        4: "CLF UYW",
    }
)

# What an amount may have where nothing tells its currency, and where no order has one any more.
MOST_DECIMALS = max(DECIMALS)
TOO_MUCH = 10**15

# Currencies with their decimals, one of each kind first.
CURRENCIES: Mapping[str, int] = MappingProxyType(
    {"USD": 2, "JPY": 0, "KWD": 3, "EUR": 2, "NPR": 2, "usd": 2, "VND": 0, "BHD": 3}
    | {code: digits for digits, codes in DECIMALS.items() for code in codes.split()}
)

PAYMENTS = ("cod", "stripe", "online", "card", "COD", "cash_on_delivery", "x" * 255)

# A value of each optional member that no backend could object to on its own.
SAMPLES: Mapping[str, Any] = MappingProxyType(
    dict.fromkeys(("company", "address1", "address2", "city", "note", "size", "color", "name"), "Chestnut 9")
    | dict.fromkeys(("price", "subtotal", "total"), 12)
    | dict.fromkeys(("phone",), "+15025550142")
    | {"first_name": "Maya", "last_name": "Berg", "country": "US", "state": "KY", "postal_code": "40202"}
    | dict.fromkeys(("variant_id", "product_id", "cart_id", "shipping_rate_id", "payment_intent_id"), IDS[0])
    | {"image_url": "https://example.com/a.png"}
)

# What is just outside of a type, whatever the schema says besides.
OTHER_TYPES: Mapping[str, tuple[Any, ...]] = MappingProxyType(
    {
        "string": (7, True, ["x"], {"x": 1}),
        "integer": (Decimal("1.5"), "2", "٣", True),
        "number": ("12.50", True, ["x"]),
        "object": ("x", ["x"], 7),
        "array": ("x", {"x": 1}, 7),
    }
)


def just_outside(schema: Mapping[str, Any]) -> list[Any]:
    """Values that one keyword of a canonical member's schema keeps out: other types, one too long, one too many.

    What is large is a function that makes it.
    """
    branches = [branch for branch in schema.get("anyOf", [schema]) if branch.get("type") != "null"]
    found: list[Any] = [] if len(branches) < len(schema.get("anyOf", [schema])) else [None]
    for branch in branches:
        found += OTHER_TYPES.get("object" if "$ref" in branch else branch.get("type", ""), ())
        found += ["x" * (branch["maxLength"] + 1)] if "maxLength" in branch else []
        found += [branch["minimum"] - 1] if "minimum" in branch else []
        found += [branch["maximum"] + 1] if "maximum" in branch else []
        found += [[]] if branch.get("minItems") else []
        found += [partial(crowd, branch["maxItems"] + 1)] if "maxItems" in branch else []
    return found


def crowd(count: int, _digits: int) -> list[Any]:
    """So many lines, each as short as can be."""
    return [{"quantity": 1} for _ in range(count)]


def half_a_cent(digits: int) -> Decimal:
    """Half of the smallest amount in a currency of so many decimals."""
    return Decimal(5).scaleb(-digits - 1)


# What no keyword keeps out and the gateway does, by member.
UNTRUE: Mapping[str, tuple[Any, ...]] = MappingProxyType(
    {
        "email": ("", "m", "m@", "@example.com", "m@@example.com", "m b@example.com", "m@example.com\n"),
        "payment_method": ("", " "),
        "currency": ("US", "ZZZ", "US$", "٣٣٣"),
        "country": ("ZZ", "Atlantis", "U"),
        **dict.fromkeys(("price", "subtotal", "total"), (half_a_cent, Decimal("-0.01"), 10**15)),
    }
)


@lru_cache
def spoilt_values(owner: str, member: str) -> tuple[Any, ...]:
    """Everything just outside for a member of a canonical schema, absence included where it is required."""
    schema = SCHEMAS[owner]
    absent = [ABSENT] if member in schema.get("required", ()) else []
    return (*absent, *just_outside(schema["properties"][member]), *UNTRUE.get(member, ()))


# All texts of these tables: made up, so nobody's data.
OUR_TEXTS = frozenset(
    text
    for texts in (
        TEXTS.values(),
        LONGEST,
        (LONGEST_NOTE, LONGEST_URL),
        IDS,
        STRANGE,
        ID_TEXTS,
        EMAILS,
        PAYMENTS,
        CURRENCIES,
        SAMPLES.values(),
        *NAMES,
        *PLACES,
    )
    for text in texts
    if isinstance(text, str)
)
