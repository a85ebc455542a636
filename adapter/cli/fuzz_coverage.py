"""``adapter fuzz --cover``: what of the mappings was exercised, by examples and known pairs."""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from adapter.cli.known_folder import find_known, read_unreachable
from adapter.errors import SetupError
from adapter.qa.coverage import Coverage, measure
from adapter.qa.examples import Subject
from adapter.qa.fuzzing import Result

# Beside these the laws that exercise a mapping are not all tried, or not here.
NOT_BESIDE = ("law", "url", "replay")


def add_coverage_arguments(parser: argparse.ArgumentParser) -> None:
    covering = parser.add_argument_group("what of a mapping was exercised")
    about = "tell what was and what never was; end with 1 below this percentage (100)"
    covering.add_argument("--cover", nargs="?", type=float, const=100.0, metavar="PERCENT", help=about)


def demand_whole_run(options: argparse.Namespace) -> None:
    """Refuse what would leave out what exercises a mapping."""
    for name in NOT_BESIDE:
        if getattr(options, name):
            raise SetupError(f"expected no --{name} beside it: a whole run tells what is exercised", at="--cover")


def measure_all(
    known: Path | None, own: Path | None, subjects: Mapping[str, Subject], results: Sequence[Result]
) -> Iterator[Coverage]:
    """The coverage of each mapping by a run; ``known`` and ``own`` are folders of the user's, if any."""
    for name, subject in subjects.items():
        seen = [result.ways for result in results if result.batch.dialect == name]
        yield measure(subject.dialect, seen, read_unreachable(known or find_known(name, own), name))
