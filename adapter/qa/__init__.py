"""The QA kit. For test suites of others: strategies of orders and receipts, and a mapping held to its laws.

Whatever it takes is imported with the first use of a name, so that ``adapter.qa`` costs nothing where it is not used.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from adapter.qa.suites import assert_lawful, encode, orders, receipts

__all__ = ["assert_lawful", "encode", "orders", "receipts"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from adapter.qa import suites

    return getattr(suites, name)
