"""``adapter fuzz --cover``: what of the mappings was exercised, by examples and known pairs, or by live traffic."""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

from adapter.core.coverage.ways import Way
from adapter.errors import SetupError
from adapter.qa.coverage.coverage import Coverage, add, measure
from adapter.qa.known_folder import find_known, read_unreachable
from adapter.qa.subjects.examples import Subject
from adapter.qa.tries.fuzzing import Result
from adapter.shell.files import read_secret

# Beside these the laws that exercise a mapping are not all tried, or not here.
NOT_BESIDE = ("law", "url", "replay")


def add_coverage_arguments(parser: argparse.ArgumentParser) -> None:
    covering = parser.add_argument_group("what of a mapping was exercised")
    about = "tell what was and what never was; end with 1 below this percentage (100)"
    covering.add_argument("--cover", nargs="?", type=float, const=100.0, metavar="PERCENT", help=about)
    about = "only tell what orders exercised; a gateway's operator's port, which --credential is for; may be repeated"
    covering.add_argument("--cover-from", action="append", metavar="URL", help=about)


def demand_whole_run(options: argparse.Namespace) -> None:
    """Refuse what is no percentage, and what would leave out what exercises a mapping."""
    if options.cover is not None and not 0 <= options.cover <= 100:
        raise SetupError(f"expected a percentage of 0 to 100, found {options.cover:g}", at="--cover")
    for name in NOT_BESIDE if options.cover is not None and options.cover_from is None else ():
        if getattr(options, name):
            raise SetupError(f"expected no --{name} beside it: a whole run tells what is exercised", at="--cover")


def measure_all(
    known: Path | None, own: Path | None, subjects: Mapping[str, Subject], results: Sequence[Result]
) -> Iterator[Coverage]:
    """The coverage of each mapping by a run; ``known`` and ``own`` are folders of the user's, if any."""
    for name, subject in subjects.items():
        seen = [result.ways for result in results if result.batch.dialect == name]
        yield measure(subject.dialect, seen, read_unreachable(known or find_known(name, own), name))


def read_traffic(options: argparse.Namespace) -> list[Coverage]:
    """What orders exercised of the mappings in use, of all gateways named; ``SetupError`` where nobody tells."""
    secret = read_secret(options.credential, "--credential") if options.credential else ""
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    found: dict[tuple[str, str], Coverage] = {}
    for url in options.cover_from:
        for one in _ask(url, headers):
            key = (one.dialect, one.mapping)
            found[key] = add(found[key], one) if key in found else one
    wanted = [one for one in found.values() if not options.dialect or one.dialect in options.dialect]
    if not wanted:
        raise SetupError("expected a gateway that has sent such an order since it began", at="--cover-from")
    return wanted


def _ask(url: str, headers: Mapping[str, str]) -> list[Coverage]:
    try:
        response = httpx.get(f"{url.rstrip('/')}/coverage", headers=dict(headers), trust_env=False, timeout=60)
        return [_read(one) for one in response.raise_for_status().json()["mappings"]]
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError) as exc:
        raise SetupError(f"expected the operator's port of a gateway at {url}: {exc}", at="--cover-from") from exc


def _read(told: Mapping[str, Any]) -> Coverage:
    ways = {Way(way["kind"], way["at"], way["what"]): way for way in told["ways"]}
    return Coverage(
        dialect=told["dialect"],
        counts={way: said["count"] for way, said in ways.items()},
        members={way.at.removesuffix(".table"): said["member"] for way, said in ways.items()},
        mapping=told["mapping"],
        orders=told["orders"],
    )
