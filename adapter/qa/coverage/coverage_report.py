"""The report on coverage, sheet by sheet, and as a document for machines."""

from collections.abc import Iterator, Sequence
from typing import Any

from adapter.core.coverage.ways import KINDS
from adapter.core.handbook.sheets import Sheet, code
from adapter.qa.coverage.coverage import Coverage


def write_coverage(coverages: Sequence[Coverage]) -> list[Sheet]:
    """All mappings side by side, then of each what never was exercised, and what cannot be."""
    return [_overview(coverages), *(sheet for coverage in coverages for sheet in _write_one(coverage))]


def _overview(coverages: Sequence[Coverage]) -> Sheet:
    kinds = [coverage.by_kind() for coverage in coverages]
    rows = [
        (about, *(_share(*found[kind]) if kind in found else "-" for found in kinds))
        for kind, about in KINDS.items()
        if any(kind in found for found in kinds)
    ]
    if any(coverage.orders for coverage in coverages):
        rows.insert(0, ("orders", *(str(coverage.orders) for coverage in coverages)))
    rows.append(("all that can be exercised", *(f"{coverage.percent():.2f} %" for coverage in coverages)))
    return Sheet("Coverage", ("what", *(_name(coverage) for coverage in coverages)), tuple(rows))


def _share(exercised: int, of: int) -> str:
    return f"{exercised} of {of}"


def _name(coverage: Coverage) -> str:
    return f"{coverage.dialect} {coverage.mapping}".rstrip()


def _write_one(coverage: Coverage) -> Iterator[Sheet]:
    name = _name(coverage)
    if never := coverage.never():
        rows = tuple((way.kind, code(way.at), coverage.member(way), way.what) for way in never)
        yield Sheet(f"{name}: never exercised", ("kind", "place", "member", "what"), rows)
    if unreachable := coverage.unreachable():
        listed = tuple((code(way), reason) for way, reason in unreachable.items())
        yield Sheet(f"{name}: cannot be exercised", ("what", "why"), listed)
    if stale := coverage.stale():
        about = "These are listed as such that cannot be exercised and are not: they were, or there is no such thing."
        yield Sheet(f"{name}: listed wrongly", ("what",), tuple((code(one),) for one in stale), about)


def tell_coverage(coverage: Coverage) -> str:
    """It in one line."""
    never = len(coverage.never())
    return f"{coverage.percent():.2f} % exercised, {never} never" + (
        f", {len(coverage.stale())} listed wrongly" * bool(coverage.stale())
    )


def as_document(coverage: Coverage) -> dict[str, Any]:
    """A coverage as JSON shows it."""
    return {
        "dialect": coverage.dialect,
        **({"mapping": coverage.mapping, "orders": coverage.orders} if coverage.mapping else {}),
        "percent": round(coverage.percent(), 2),
        "kinds": {kind: {"exercised": done, "of": of} for kind, (done, of) in coverage.by_kind().items()},
        "never": [way._asdict() | {"member": coverage.member(way)} for way in coverage.never()],
        "unreachable": coverage.unreachable(),
        "stale": coverage.stale(),
    }
