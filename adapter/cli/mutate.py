"""Alter mappings in every way that still loads, and see what notices: the check, a law, or a known pair.

Ends with 0 where enough mutants are killed and nothing is listed wrongly as equivalent, 1 where not, 2 where it could
not be tried.
"""

import argparse
import json
import multiprocessing
import os
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.progress import track

from adapter.cli.fuzz_options import demand_counts
from adapter.cli.sheets import print_sheets
from adapter.core.canonical import ENCODER
from adapter.core.handbook.sheets import to_document
from adapter.core.tenancy.tenants import stand_in
from adapter.errors import SetupError
from adapter.qa.known.drafts import make_known
from adapter.qa.known.known_files import format_known
from adapter.qa.known_folder import ABOUT_KNOWN, find_known, read_equivalent, read_known, read_orders
from adapter.qa.mutants.mutants import Data, Mutant
from adapter.qa.mutants.mutation import Bench, Score, Verdict, make_bench
from adapter.qa.mutants.samples import make_mutants, take_sample
from adapter.qa.mutants.scores import as_document, write_scores
from adapter.shell.files import find_document, find_mappings, load_dialects, pick_dialect
from adapter.shell.settings import read_settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("dialect", nargs="*", metavar="DIALECT", help="only these (all there are)")
    parser.add_argument("--examples", type=int, default=200, metavar="N", help="examples for each law (200)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="where chance starts (0)")
    parser.add_argument("--sample", type=int, default=30, metavar="N", help="of kinds with more so many (30; 0: all)")
    parser.add_argument("--only", default="", metavar="TEXT", help="only mutants whose name has this in it")
    parser.add_argument("--at-least", type=float, default=99.0, metavar="PERCENT", help="how many must die (99)")
    parser.add_argument("--processes", type=int, metavar="N", help="how many at a time (one for each processor)")
    parser.add_argument("--known", type=Path, metavar="DIR", help=ABOUT_KNOWN)
    parser.add_argument("--write-known", action="store_true", help="write golden/DIALECT/known.json anew, and end")
    parser.add_argument("--every", action="store_true", help="list every mutant with what killed it")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--markdown", action="store_true", help="print Markdown")
    form.add_argument("--json", action="store_true", help="print JSON for machines")


class Loading(NamedTuple):
    """What it takes to make a bench, in whatever process: folders, the dialect, examples and their seed."""

    own: Path | None
    known: Path | None
    name: str
    examples: int
    seed: int

    def read(self) -> tuple[Data, Data]:
        """The mapping's file and its API's document."""
        path = find_mappings(self.own)[self.name]
        return tomllib.loads(path.read_text(encoding="utf-8")), find_document(self.name, self.own)

    def mutants(self) -> list[Mutant]:
        """Every mutant of the mapping."""
        return make_mutants(load_dialects(self.own)[self.name], *self.read())

    def bench(self) -> Bench:
        """What they are tried on."""
        dialects = load_dialects(self.own)
        peers = [dialect for name, dialect in dialects.items() if name != self.name]
        known = None if self.known is None else read_known(self.known, self.name)
        return make_bench(dialects[self.name], self.read()[0], peers, known, self.examples, self.seed)


def run(options: argparse.Namespace) -> int:
    demand_counts(options)
    own = read_settings().dialects
    dialects = load_dialects(own)
    names = [pick_dialect(name, dialects).name for name in options.dialect] or list(dialects)
    if options.write_known:
        return _write_known(options.known or find_known(), own, names)
    loadings = [
        Loading(own, options.known or find_known(name, own), name, options.examples, options.seed) for name in names
    ]
    scores = [_try_mapping(loading, options) for loading in loadings]
    _print(scores, options)
    return int(any(score.stale() or score.share() * 100 < options.at_least for score in scores))


def _try_mapping(loading: Loading, options: argparse.Namespace) -> Score:
    bench = loading.bench()
    bench.demand_sound()
    made = loading.mutants()
    sample = take_sample(made, options.sample, options.seed)
    mutants = [mutant for mutant in sample if options.only in mutant.name]
    processes = options.processes or os.cpu_count() or 1
    verdicts = _try_apart(loading, mutants, processes) if processes > 1 else map(bench.try_mutant, mutants)
    console = Console(stderr=True)
    shown = track(verdicts, loading.name, len(mutants), console=console, disable=not console.is_terminal)
    left_out = {mutant.name for mutant in made} - {mutant.name for mutant in mutants}
    equivalent = read_equivalent(loading.known, loading.name)
    listed = {name: reason for name, reason in equivalent.items() if name not in left_out}
    return Score(loading.name, list(shown), listed, len(made))


def _try_apart(loading: Loading, mutants: Sequence[Mutant], processes: int) -> Iterator[Verdict]:
    """Verdicts from several processes, each of which makes a bench of its own, since lenses cannot be sent."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, initializer=_set_up, initargs=(loading,)) as pool:
        yield from pool.map(_try_mutant, mutants, chunksize=8)


_benches: list[Bench] = []


def _set_up(loading: Loading) -> None:
    _benches[:] = [loading.bench()]


def _try_mutant(mutant: Mutant) -> Verdict:
    return _benches[0].try_mutant(mutant)


def _write_known(folder: Path | None, own: Path | None, names: Sequence[str]) -> int:
    if folder is None:
        raise SetupError("expected a folder with orders/*.json in it", at="--known")
    for name in names:
        known = make_known(stand_in(load_dialects(own)[name], {}), read_orders(folder))
        path = folder / "golden" / name
        path.mkdir(parents=True, exist_ok=True)
        (path / "known.json").write_text(format_known(known), encoding="utf-8")
        for order, said in known.said.items():
            text = json.dumps(said, indent=2, ensure_ascii=False)
            (path / f"{order}.json").write_text(f"{text}\n", encoding="utf-8")
        print(f"{path}: written anew; read what differs before you keep it")
    return 0


def _print(scores: Sequence[Score], options: argparse.Namespace) -> None:
    if options.json:
        print(ENCODER.encode([as_document(score) for score in scores]).decode())
    elif options.markdown:
        print(to_document("Mutants of mappings", write_scores(scores, every=options.every)))
    else:
        print_sheets(Console(), write_scores(scores, every=options.every))
