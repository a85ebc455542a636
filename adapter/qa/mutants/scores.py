"""The report on mutants, sheet by sheet, and as a document for machines."""

from collections.abc import Iterator, Sequence
from typing import Any

from adapter.core.handbook.sheets import Sheet, code
from adapter.qa.mutants.mutation import Score


def write_scores(scores: Sequence[Score], *, every: bool) -> list[Sheet]:
    """All mappings side by side, then of each the survivors and the equivalent; with ``every`` each mutant's killer."""
    sheets = [_overview(scores)]
    for score in scores:
        sheets += _write_score(score)
        if every:
            rows = tuple((code(one.mutant), one.killer or "-", one.detail) for one in score.verdicts)
            sheets.append(Sheet(f"{score.dialect}: who killed each", ("mutant", "killed by", "what it found"), rows))
    return sheets


def _overview(scores: Sequence[Score]) -> Sheet:
    killers = list(dict.fromkeys(name for score in scores for name in score.killers()))
    rows = [
        ("mutants there are", *(str(score.made) for score in scores)),
        ("mutants tried", *(str(len(score.verdicts)) for score in scores)),
        *((f"killed by {code(name)}", *(str(score.killers().get(name, 0)) for score in scores)) for name in killers),
        ("equivalent", *(str(len(score.equivalent())) for score in scores)),
        ("survived", *(str(len(score.survivors())) for score in scores)),
        ("killed, of those not equivalent", *(f"{score.share():.2%}" for score in scores)),
    ]
    return Sheet("Mutants", ("what", *(score.dialect for score in scores)), tuple(rows))


def _write_score(score: Score) -> Iterator[Sheet]:
    if score.survivors():
        about = "Nothing tells these from the mapping. Either something is missing that would, or they are equivalent."
        rows = tuple((code(name),) for name in score.survivors())
        yield Sheet(f"{score.dialect}: survivors", ("mutant",), rows, about)
    if score.equivalent():
        same = tuple((code(name), reason) for name, reason in score.equivalent().items())
        yield Sheet(f"{score.dialect}: equivalent", ("mutant", "why it does the same"), same)
    if score.stale():
        about = "These are listed as equivalent and are not: they were killed, or there is no such mutant."
        yield Sheet(
            f"{score.dialect}: listed wrongly", ("mutant",), tuple((code(one),) for one in score.stale()), about
        )


def as_document(score: Score) -> dict[str, Any]:
    """A score as JSON shows it."""
    return {
        "dialect": score.dialect,
        "made": score.made,
        "mutants": [one._asdict() for one in score.verdicts],
        "killers": score.killers(),
        "survivors": score.survivors(),
        "equivalent": score.equivalent(),
        "stale": score.stale(),
        "share": round(score.share(), 4),
    }
