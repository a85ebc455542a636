"""Shipped dialects in which a bug was planted: in a codec, in a row, or in what was compiled of the rows."""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from adapter.core.dialects import Dialect, make_dialect
from adapter.core.files.mappings import read_mapping
from adapter.core.tenancy.tenants import Tenant, stand_in
from adapter.core.values.codecs import CODECS
from adapter.core.values.money import exponent
from adapter.core.values.names import join_name, split_name
from adapter.lens.codecs import Codec
from adapter.lens.lens import Lens
from adapter.lens.rows import Direction
from adapter.qa.subjects.examples import Subject, make_subject
from adapter.shell.files import load_document, shipped

# Makes something else of a mapping as its file has it.
Alter = Callable[[Any], object]


def keep_as_it_is(_mapping: Any) -> None:
    """Alters nothing."""


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


def plant(name: str, called: str, codec: Codec, change: Alter = keep_as_it_is) -> Subject:
    """A shipped dialect with another codec in the place of one of ours, and maybe with other rows."""
    return make_subject(stand_in(load(name, {**CODECS, called: codec}, change), {}))


def alter(name: str, change: Alter = keep_as_it_is, peers: Sequence[Tenant] = (), *, wanted: bool = True) -> Subject:
    """A shipped dialect of one's own, so that no other test has its ledgers, and maybe with other rows.

    Unless it is ``wanted`` its API can do without the quantity of a line.
    """
    return make_subject(stand_in(load(name, CODECS, change, wanted=wanted), {}), peers)


def spoil_lens(lens: Lens, direction: Direction, change: Callable[[Any], Any]) -> Lens:
    """A lens whose compiled function of one direction makes something else than its rows say."""
    made = lens.made[direction]
    spoilt = made._replace(function=lambda tree, context: change(made.function(tree, context)))
    return lens._replace(made={**lens.made, direction: spoilt})


def spoil(name: str, part: str, direction: Direction, change: Callable[[Any], Any]) -> Subject:
    """A shipped dialect in which one of its lenses (order, receipt, echo) is spoilt."""
    dialect = load(name, CODECS)
    lens = spoil_lens(getattr(dialect, part), direction, change)
    changed: dict[str, Any] = {part: lens}
    return make_subject(stand_in(dialect._replace(**changed), {}))


def plant_rounded_total() -> Subject:
    """A dialect that rounds the total of an answer."""
    return plant("enad", "total_text", CODECS["total_text"]._replace(to_canonical=_round_total))


def load(name: str, codecs: Mapping[str, Codec], change: Alter = keep_as_it_is, *, wanted: bool = True) -> Dialect:
    """A shipped mapping with codecs of ours, its rows as ``change`` leaves them; ``wanted`` is as in ``alter``."""
    data = tomllib.loads((shipped() / "mappings" / f"{name}.toml").read_text())
    change(data)
    api = load_document(shipped(), name)
    return make_dialect(read_mapping(data, f"{name}.toml"), api if wanted else _want_less(api), codecs=codecs)


def _want_less(node: Any) -> Any:
    """An API's document in which no quantity is required."""
    if isinstance(node, list):
        return [_want_less(one) for one in node if one != "quantity"]
    return {key: _want_less(one) for key, one in node.items()} if isinstance(node, dict) else node
