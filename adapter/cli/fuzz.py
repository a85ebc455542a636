"""Try the laws of mappings on orders made up for the purpose, or on your own; nothing is sent unless --url is given.

Every slip is shrunk to the smallest order that shows it and kept as a case, which --replay tries again. Ends with 0
where every law holds, 1 where one is broken or --cover asks for more than was exercised, 2 where it could not be
tried.
"""

import argparse
import os
import secrets
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, islice
from math import inf
from pathlib import Path
from typing import Any

from msgspec import structs

from adapter.cli.fuzz_coverage import add_coverage_arguments, demand_whole_run, measure_all, read_traffic
from adapter.cli.fuzz_live import Openings, add_live_arguments, demand_a_receipt, open_live, tell_answers
from adapter.cli.fuzz_options import FORMATS, check_laws, check_options, tell_again
from adapter.cli.fuzz_output import follow, print_coverage, print_replays, print_report
from adapter.cli.fuzz_replay import replay_cases
from adapter.cli.fuzz_workers import Loading, Work, run_batches
from adapter.cli.mapping import read_file, read_setting
from adapter.core.canonical import read_json
from adapter.errors import Problem, SetupError
from adapter.lens.rules import unknown
from adapter.qa.cases.cases import write_case
from adapter.qa.known_folder import ABOUT_KNOWN, find_known, read_known
from adapter.qa.laws.laws import LAWS, Law
from adapter.qa.subjects.examples import MODES, Subject
from adapter.qa.tries.fuzzing import Result, plan_batches
from adapter.qa.tries.tryouts import find_refusal, sweep, try_bodies, try_known
from adapter.qa.tries.verdicts import Report, sum_up, write_html, write_junit, write_ndjson
from adapter.shell.settings import read_settings

WRITERS: Mapping[str, Callable[[Report], bytes]] = {"junit": write_junit, "ndjson": write_ndjson, "html": write_html}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("dialect", nargs="*", metavar="DIALECT", help="only these (all there are)")
    parser.add_argument("--law", action="append", default=[], metavar="NAME", help=f"only these of {', '.join(LAWS)}")
    parser.add_argument("--mode", action="append", default=[], choices=MODES, help="only these modes (all)")
    parser.add_argument("--examples", type=int, default=200, metavar="N", help="examples for each law (200)")
    parser.add_argument("--max-time", type=float, default=inf, metavar="SECONDS", help="stop after them")
    parser.add_argument("--seed", type=int, metavar="N", help="where chance starts (told at the end)")
    parser.add_argument("--deterministic", action="store_true", help="seed 0, one process: every run is the same")
    parser.add_argument("--processes", type=int, metavar="N", help="how many at a time (one for each processor)")
    parser.add_argument("--setting", action="append", default=[], metavar="NAME=VALUE", help="a tenant's setting")
    parser.add_argument("--orders", type=Path, metavar="DIR", help="canonical orders of your own (*.json) to try first")
    parser.add_argument("--known", type=Path, metavar="DIR", help=ABOUT_KNOWN)
    parser.add_argument("--cases", type=Path, default=Path("fuzz-cases"), metavar="DIR", help="for cases (fuzz-cases)")
    for name, about in FORMATS.items():
        parser.add_argument(f"--{name}", type=Path, metavar="FILE", help=f"write a report: {about}")
    add_coverage_arguments(parser)
    add_live_arguments(parser)
    parser.add_argument("--replay", type=Path, metavar="DIR", help="only try the cases in a folder again, or one")


def run(options: argparse.Namespace) -> int:
    demand_whole_run(options)
    check_options(options)
    if options.cover_from is not None:
        return _tell_traffic(options)
    if options.url is None:
        return _run(options, LAWS, ())
    with open_live(options) as live:
        status = _run(options, live.laws, live.openings)
    print(f"orders were answered: {tell_answers(live.heard)}")
    if status == 0:
        demand_a_receipt(options, live.heard)
    return status


def _tell_traffic(options: argparse.Namespace) -> int:
    """Nothing is tried: what orders exercised of a running gateway's mappings."""
    report = Report(0, 0.0, (), coverage=tuple(read_traffic(options)), demand=options.cover or 0.0)
    _write(options, report)
    print_coverage(report)
    return 1 if report.uncovered else 0


def _run(options: argparse.Namespace, laws: Mapping[str, Law], openings: Openings) -> int:
    own = read_settings().dialects
    if options.replay is not None:
        return print_replays(replay_cases(options.replay, own, {**LAWS, **laws}))
    loading = Loading(own, tuple(options.dialect), tuple(read_setting(pair) for pair in options.setting))
    report = _fuzz(options, loading, _pick_laws(options.law, laws), openings)
    if not any(verdict.tried for verdict in report.verdicts):
        raise SetupError("the time was over before anything was tried", at="--max-time")
    _write(options, report)
    print_report(report, lambda case: tell_again(options, own, case))
    return 1 if report.cases or report.uncovered or report.unsent else 0


def _fuzz(options: argparse.Namespace, loading: Loading, laws: Mapping[str, Law], openings: Openings) -> Report:
    if options.deterministic and (options.seed is not None or options.max_time != inf):
        raise SetupError("expected no --seed and no --max-time beside it: every run is the same", at="--deterministic")
    start = 0 if options.deterministic else options.seed if options.seed is not None else secrets.randbelow(10**6)
    subjects, began = loading.subjects(), time.monotonic()
    batches = plan_batches(list(subjects), list(laws.values()), options.mode or MODES, options.examples, start)
    batches = [batch._replace(cover=options.cover is not None) for batch in batches]
    check_laws(options, batches)
    until, alone = began + options.max_time, options.deterministic or options.url is not None
    processes = 1 if alone else options.processes or os.cpu_count() or 1
    given = _try_given(options, subjects, list(laws.values()), until)
    wants_known = "known" in laws and "positive" in (options.mode or MODES)
    pairs = _try_known(options, loading.own, subjects, until) if wants_known else ()
    drawn = run_batches(batches, Work(subjects, laws, openings), loading, processes, until)
    results = follow(chain(given, pairs, drawn), batches)
    complete = sum(not result.batch.is_given() for result in results) == len(batches)
    complete = complete and all(result.whole for result in results)
    report = sum_up(results, start, time.monotonic() - began, complete=complete)
    judged = {result.batch.dialect for result in results if result.batch.draws == "pair"}
    report = structs.replace(report, unjudged=tuple(name for name in subjects if wants_known and name not in judged))
    if options.cover is None:
        return report
    coverage = tuple(measure_all(options.known, loading.own, subjects, results))
    return structs.replace(report, coverage=coverage, demand=options.cover)


def _pick_laws(names: Sequence[str], laws: Mapping[str, Law]) -> Mapping[str, Law]:
    for name in names:
        if name not in laws:
            raise SetupError(unknown("law", name, laws)[0], at="--law")
    return {name: laws[name] for name in names or laws}


def _try_given(
    options: argparse.Namespace, subjects: Mapping[str, Subject], laws: Sequence[Law], until: float
) -> Iterator[Result]:
    """The user's own orders, and a sweep where that is to be covered, as batches that come before all others."""
    cover = options.cover is not None
    bodies = _read_orders(options.orders) if options.orders is not None else {}
    for subject in subjects.values():
        if bodies:
            result = try_bodies(subject, laws, list(bodies.values()), until, cover=cover)
            _tell_refused(subject, dict(islice(bodies.items(), max(result.tried.values(), default=0))))
            yield result
        if cover:
            yield from sweep(subject, laws, until)


def _tell_refused(subject: Subject, bodies: Mapping[str, Any]) -> None:
    for name, body in bodies.items():
        if (why := find_refusal(subject, body)) is not None:
            print(f"{name} is refused by {subject.dialect.name}: {_tell_refusal(why)}", file=sys.stderr)


def _tell_refusal(why: Problem) -> str:
    """The member, and the code of what is wrong with it; no value of an order."""
    faults = [f"{fault.pointer} {fault.code}" for fault in why.faults[:1]]
    return ", ".join([why.kind, *faults])


def _read_orders(folder: Path) -> dict[str, Any]:
    paths = sorted(folder.glob("*.json"))
    if not paths:
        raise SetupError("expected a folder with orders (*.json), found none", at=str(folder))
    return {path.name: _read_order(path) for path in paths}


def _try_known(
    options: argparse.Namespace, own: Path | None, subjects: Mapping[str, Subject], until: float
) -> Iterator[Result]:
    """Known pairs, of each dialect that has some; one may be asked for whose law alone is to be tried."""
    for name, subject in subjects.items():
        folder = options.known or find_known(name, own)
        known = None if folder is None else read_known(folder, name)
        if known is not None:
            yield try_known(subject, known, until, cover=options.cover is not None)
        elif options.law == ["known"]:
            raise SetupError(f"expected known pairs of {name!r}: golden/{name}/known.json", at=str(folder or "--known"))


def _read_order(path: Path) -> Any:
    try:
        return read_json(read_file(str(path)))
    except Problem as problem:
        raise SetupError(str(problem), at=str(path)) from problem


def _write(options: argparse.Namespace, report: Report) -> None:
    """Cases and reports to where they are wanted."""
    wanted = [(options.cases / f"{case.name()}.json", write_case(case)) for case in report.cases]
    wanted += [(path, write(report)) for name, write in WRITERS.items() if (path := getattr(options, name)) is not None]
    for path, text in wanted:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text)
        except OSError as exc:
            raise SetupError(f"expected a file that can be written: {exc.strerror}", at=str(path)) from exc
