"""The shipped mappings as a person would write them by hand, for exactly the same result: what a lens is measured by.

They are for tenants of default settings. What a country, a subdivision or an amount is they ask the very functions that
the codecs are; what became of a member they do not tell.
"""

from collections.abc import Callable
from typing import NamedTuple

from adapter.bench.by_hand.enad import from_enad, to_enad
from adapter.bench.by_hand.lana import from_lana, to_lana
from adapter.bench.by_hand.stella import from_checkout, from_sync, to_checkout, to_sync
from adapter.lens.trees import Tree


class Pair(NamedTuple):
    """An order to the dialect, and an answer to the receipt; both take ``(tree, context)`` as a lens does."""

    to_dialect: Callable[[Tree, Tree], Tree]
    to_canonical: Callable[[Tree, Tree], Tree]


BY_HAND = {
    "stella_sync": Pair(to_sync, from_sync),
    "stella_checkout": Pair(to_checkout, from_checkout),
    "enad": Pair(to_enad, from_enad),
    "lana": Pair(to_lana, from_lana),
}
