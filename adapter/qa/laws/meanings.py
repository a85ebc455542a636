"""A law of values: what a codec writes means what the order says, by references that share nothing with the codecs.

A pair of rewrites that are wrong alike passes every trip there and back; it is found here.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NamedTuple

from adapter.errors import Fault
from adapter.lens.bound import BoundCodec
from adapter.lens.interpret import Entry
from adapter.lens.templates import fill
from adapter.lens.trees import Tree, look
from adapter.qa.laws.amounts import is_minor, make_finer
from adapter.qa.laws.trips import UNMAPPED
from adapter.qa.subjects.broken import Broken, concern, demand
from adapter.qa.subjects.examples import Passage
from adapter.qa.subjects.layout import as_pattern
from adapter.qa.subjects.partitions import COUNTRIES, CURRENCIES, FULL_NAMES, SUBDIVISIONS


class Said(NamedTuple):
    """A value on its way: canonical, in the dialect, the order, object and options that it is of; in minor units?"""

    before: Any
    after: Any
    order: Tree
    holder: Tree
    options: Tree
    minor: bool


def check_meaning(passage: Passage) -> None:
    """Amounts, countries, subdivisions, names and e-mail addresses are in the dialect what they are in the order.

    An amount with more decimals than its currency has is refused, or said as it is: no codec rounds it.
    """
    for fault in passage.outward.faults:
        _check_refused(passage, fault)
    _check_entries(passage, passage.order, passage.outward.entries)
    finer = make_finer(passage.order)
    if finer is not None:
        _check_entries(passage, finer, passage.lens.explain(finer, passage.context, "to_dialect").entries)


def _check_entries(passage: Passage, order: Tree, entries: Sequence[Entry]) -> None:
    for entry in entries:
        row = passage.subject.fields.get(entry.at)
        if row is None or row.codec is None or entry.after is None or entry.before is None:
            continue
        expect = REFERENCES.get(row.codec.codec.kinds.means)
        if expect is not None and (wrong := expect(_say(order, passage.context, row.codec, entry))):
            raise Broken(wrong, pointer=entry.canonical[0], row=entry.at)


def check_names(passage: Passage) -> None:
    """Names that leave no doubt come back as the first and last name that they were."""
    concern(not passage.outward.faults, UNMAPPED)
    joined = [one for one in passage.outward.entries if one.verdict == "joined" and tuple(one.before) in FULL_NAMES]
    concern(joined, "no name in it leaves no doubt")
    for entry in joined:
        for pointer, sent in zip(entry.canonical, entry.before, strict=True):
            found = look(passage.returned, pointer)
            demand(found == sent, f"{sent!r} came back as {found!r}", pointer=pointer, row=entry.at)


def _say(order: Tree, context: Tree, codec: BoundCodec, entry: Entry) -> Said:
    holder = look(order, entry.canonical[0].rpartition("/")[0]) or {}
    options = fill(dict(codec.options), context)
    return Said(entry.before, entry.after, order, holder, options, is_minor(codec, options))


def _check_refused(passage: Passage, fault: Fault) -> None:
    """What the canonical order took, and has a counterpart by our reference, must not be refused."""
    for placed in passage.subject.placed.get(as_pattern(fault.pointer), ()):
        codec = placed.row.codec
        if codec is None or fault.code != "no_counterpart":
            continue
        holder = look(passage.order, fault.pointer.rpartition("/")[0]) or {}
        said = Said(look(passage.order, fault.pointer), None, passage.order, holder, {}, False)
        is_known = COUNTERPARTS.get(codec.codec.kinds.means)
        demand(
            is_known is None or not is_known(said),
            f"is refused: {fault.detail}",
            pointer=fault.pointer,
            row=placed.row.at,
        )


def _digits(said: Said) -> int | None:
    return CURRENCIES.get(str(said.order.get("currency")))


def _amount(said: Said) -> str:
    return _compare_amounts(said, said.before)


def _line_total(said: Said) -> str:
    price, quantity = said.before
    return "" if None in (price, quantity) else _compare_amounts(said, price * quantity)


def _compare_amounts(said: Said, amount: Any) -> str:
    digits, after, minor = _digits(said), said.after, said.minor
    if digits is None and (minor or isinstance(after, str)):
        return ""
    expected = Decimal(amount).scaleb(digits or 0) if minor else Decimal(amount)
    same = Decimal(after) == expected and not (minor and not isinstance(after, int))
    return "" if same else f"{amount} {said.order.get('currency')} is {after!r} in the dialect, expected {expected:f}"


def _country(said: Said) -> str:
    code, form = COUNTRIES.get(str(said.before)), said.options.get("form", "as_given")
    if form == "as_given":
        return "" if said.after == said.before else f"{said.before!r} is {said.after!r}, expected it as given"
    spellings = {"alpha2": str.upper, "alpha2_lower": str.lower}
    if code is None or form not in spellings:
        return ""
    expected = spellings[form](code)
    return "" if said.after == expected else f"{said.before!r} is {said.after!r}, expected {expected!r}"


def _subdivision(said: Said) -> str:
    expected = SUBDIVISIONS.get((str(said.holder.get("country")), str(said.before)))
    return "" if expected in (None, said.after) else f"{said.before!r} is {said.after!r}, expected {expected!r}"


def _full_name(said: Said) -> str:
    expected = FULL_NAMES.get(tuple(said.before))
    return "" if expected in (None, said.after) else f"{said.before!r} is {said.after!r}, expected {expected!r}"


def _email(said: Said) -> str:
    local, _, domain = str(said.before).rpartition("@")
    expected = f"{local}@{domain.lower()}"
    return "" if said.after == expected else f"{said.before!r} is {said.after!r}, expected {expected!r}"


REFERENCES: Mapping[tuple[str, ...], Callable[[Said], str]] = MappingProxyType(
    {
        ("amount",): _amount,
        ("amount", "quantity"): _line_total,
        ("country",): _country,
        ("subdivision",): _subdivision,
        ("first name", "last name"): _full_name,
        ("e-mail",): _email,
    }
)

# Whether there is a counterpart, as far as our own references know.
COUNTERPARTS: Mapping[tuple[str, ...], Callable[[Said], bool]] = MappingProxyType(
    {
        ("amount",): lambda said: _digits(said) is not None,
        ("amount", "quantity"): lambda said: _digits(said) is not None,
        ("country",): lambda said: str(said.before) in COUNTRIES,
        ("subdivision",): lambda said: (str(said.holder.get("country")), str(said.before)) in SUBDIVISIONS,
    }
)
