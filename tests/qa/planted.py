"""Dialects in whose codecs a bug was planted: the mapping is the shipped one, its table of codecs is not."""

import tomllib
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from adapter.core.dialects import Dialect, make_dialect
from adapter.core.files.mappings import read_mapping
from adapter.core.tenancy.tenants import stand_in
from adapter.core.values.codecs import CODECS
from adapter.core.values.money import exponent
from adapter.core.values.names import join_name, split_name
from adapter.lens.codecs import Codec
from adapter.qa.examples import Subject, make_subject
from adapter.shell.files import load_document, shipped


def _round_down(amount: Any, currency: Any, _options: Any) -> int:
    """By way of a float, which has no 19.15."""
    return int(float(amount) * 10 ** (exponent(currency) or 0))


def _round_half_up(amount: Any, currency: Any, _options: Any) -> int:
    return int(Decimal(amount).scaleb(exponent(currency) or 0).quantize(Decimal(1), ROUND_HALF_UP))


def _round_total(amount: Any, currency: Any, options: Any) -> str:
    """To the decimals of the currency, half to even."""
    text = CODECS["total_text"].to_canonical(amount, currency, options)
    return f"{round(Decimal(text), exponent(currency) or 0):f}"


def _two_decimals(currency: Any) -> int:
    return 2 if str(currency).upper() == "KWD" else exponent(currency) or 0


def _to_two_decimals(amount: Any, currency: Any, _options: Any) -> int:
    return int((Decimal(amount) * 10 ** _two_decimals(currency)).quantize(Decimal(1)))


def _from_two_decimals(amount: Any, currency: Any, _options: Any) -> Decimal:
    return Decimal(amount).scaleb(-_two_decimals(currency))


def _join_swapped(names: Any, _beside: Any, _options: Any) -> str | None:
    return join_name(names[1], names[0]) or None


def _split_swapped(full: Any, _beside: Any, _options: Any) -> tuple[str | None, str | None]:
    first, last = split_name(str(full))
    return last, first


def _in_the_states(text: Any, country: Any, options: Any) -> Any:
    """As if every order were for the United States."""
    return CODECS["subdivision"].to_dialect(text, "US" if country else country, options)


def _in_spain(text: Any, country: Any, options: Any) -> Any:
    """As if provinces of Italy were Spain's."""
    return CODECS["subdivision"].to_dialect(text, "ES" if country in ("IT", "Italy") else country, options)


def _by_its_beginning(country: Any, beside: Any, options: Any) -> Any:
    """As if Ukraine were the UK."""
    return "GB" if str(country).lower().startswith("uk") else CODECS["country"].to_dialect(country, beside, options)


PLANTED: Mapping[str, tuple[str, Callable[[Codec], Codec]]] = {
    "half a cent is cut off": ("money_minor", lambda codec: codec._replace(to_dialect=_round_down)),
    "half a cent is rounded up": ("money_minor", lambda codec: codec._replace(to_dialect=_round_half_up)),
    "KWD has two decimals": (
        "money_minor",
        lambda codec: codec._replace(to_dialect=_to_two_decimals, to_canonical=_from_two_decimals),
    ),
    "first and last name are swapped, both ways": (
        "full_name",
        lambda codec: codec._replace(to_dialect=_join_swapped, to_canonical=_split_swapped),
    ),
    "a province of the wrong country": ("subdivision", lambda codec: codec._replace(to_dialect=_in_the_states)),
    "a province of Italy is sought in Spain": ("subdivision", lambda codec: codec._replace(to_dialect=_in_spain)),
    "Ukraine is read as the UK": ("country", lambda codec: codec._replace(to_dialect=_by_its_beginning)),
}


def make_planted(bug: str, name: str = "lana") -> Subject:
    """A shipped dialect with one bug in one codec."""
    codec, spoil = PLANTED[bug]
    return plant(name, codec, spoil(CODECS[codec]))


def plant(name: str, called: str, codec: Codec) -> Subject:
    """A shipped dialect with another codec in the place of one of ours."""
    return make_subject(stand_in(load(name, {**CODECS, called: codec}), {}))


def plant_rounded_total() -> Subject:
    """A dialect that rounds the total of an answer."""
    return plant("enad", "total_text", CODECS["total_text"]._replace(to_canonical=_round_total))


def load(name: str, codecs: Mapping[str, Codec]) -> Dialect:
    """A shipped mapping with codecs of ours."""
    data = tomllib.loads((shipped() / "mappings" / f"{name}.toml").read_text())
    return make_dialect(read_mapping(data, f"{name}.toml"), load_document(shipped(), name), codecs=codecs)
