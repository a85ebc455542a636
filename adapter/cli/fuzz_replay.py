"""Cases tried again: fixed, failed, or an error where one cannot be tried."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Literal, NamedTuple

from msgspec import structs

from adapter.cli.fuzz_workers import Loading
from adapter.cli.mapping import read_file
from adapter.errors import AdapterError, SetupError
from adapter.qa.cases.cases import Case, read_case, try_law
from adapter.qa.laws.laws import LIVE, Law
from adapter.qa.subjects.broken import Broken, NoOrder
from adapter.qa.subjects.examples import Subject
from adapter.qa.tries.verdicts import tell_case

# Laws that choose by the pick of a draw, and how many picks come by every choice there is.
CHOOSING = frozenset({"by_way_of", "complaint", "failure", "monotone", "refusal"})
PICKS = 256


class Replay(NamedTuple):
    """What became of a case, and in words why it failed or could not be tried."""

    name: str
    state: Literal["fixed", "failed", "error"]
    told: str = ""


def list_spoken(path: Path) -> set[str]:
    """The dialects of cases that take a running gateway; one that cannot be read is told when it is tried."""
    spoken: set[str] = set()
    for one in _list_files(path):
        with suppress(AdapterError):
            case = read_case(read_file(str(one)), one.name)
            spoken |= {case.dialect} if case.law in LIVE else set()
    return spoken


def _list_files(path: Path) -> list[Path]:
    paths = sorted(path.glob("*.json")) if path.is_dir() else [path]
    if not paths:
        raise SetupError("expected a folder with cases (*.json), found none", at=str(path))
    return paths


def replay_cases(path: Path, own: Path | None, laws: Mapping[str, Law]) -> Iterator[Replay]:
    """Each case of a folder, or the one in a file, by those of the laws that can be tried."""
    subjects: dict[tuple[str, str], Subject] = {}
    for one in _list_files(path):
        try:
            case = read_case(read_file(str(one)), one.name)
            key = (case.dialect, repr(case.setting))
            if key not in subjects:
                loading = Loading(own, (case.dialect,), tuple(case.setting.items()))
                subjects[key] = loading.subjects()[case.dialect]
            if case.law not in laws:
                raise SetupError(f"expected --url, --site and --credential for the law {case.law!r}", at=one.name)
            told = try_again(laws[case.law], case, subjects[key])
        except AdapterError as exc:
            yield Replay(one.name, "error", str(exc))
        else:
            yield Replay(one.name, "failed" if told else "fixed", told)


def try_again(law: Law, case: Case, subject: Subject) -> str:
    """How the law is broken now; empty where it holds, or says nothing of it any more; a ``SetupError`` of no order.

    What a law chose among by the case's pick may have grown or shrunk since, so others are tried as well.
    """
    found = [
        try_law(law, subject, structs.replace(case, pick=pick).example(subject)) for pick in _list_picks(law, case)
    ]
    for broken in found:
        if isinstance(broken, Broken):
            return tell_case(structs.replace(case, row=broken.row, pointer=broken.pointer, message=broken.message))
    if isinstance(found[0], NoOrder):
        raise SetupError(f"expected an order: {found[0]}", at="order")
    return ""


def _list_picks(law: Law, case: Case) -> Iterator[int]:
    yield case.pick
    if law.name in CHOOSING:
        yield from range(PICKS)
