"""``python -m tests.nemesis``: rounds of every kind against real gateways, and what each of them contained."""

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.nemesis.arena import KINDS, run_until_it_bites
from tests.nemesis.checker import COUNTED
from tests.nemesis.yard import Yard, open_yard


def main() -> int:
    """1 if a promise was broken, a round proved nothing, or this machine can have none of them."""
    parser = argparse.ArgumentParser(prog="python -m tests.nemesis", description=__doc__)
    parser.add_argument("--rounds", type=int, default=len(KINDS), help="how many, the kinds in turn")
    parser.add_argument("--seed", type=int, default=1, help="of the first round; each has the next")
    parser.add_argument("--kind", choices=KINDS, action="append", help="only rounds of this kind; may be repeated")
    options = parser.parse_args()
    kinds = options.kind or list(KINDS)
    counts = {kind: Counter[str]() for kind in kinds}
    with tempfile.TemporaryDirectory(prefix="nemesis-") as folder, open_yard(Path(folder), options.seed) as yard:
        for number in range(options.rounds):
            run_one(yard, kinds[number % len(kinds)], options.seed + number, counts[kinds[number % len(kinds)]])
    print_table(counts)
    failed = any(count["violations"] + count["errors"] for count in counts.values())
    return 1 if failed or not any(count["rounds"] for count in counts.values()) else 0


def run_one(yard: Yard, kind: str, seed: int, count: Counter[str]) -> None:
    """Run a round and add up what it contained; whatever went wrong is printed with what repeats it."""
    if why := KINDS[kind].lacks():
        count["skipped"] += 1
        return print(f"{kind}, seed {seed}: skipped, since {why}", file=sys.stderr)
    began, failed = time.monotonic(), False

    def tell(why: str) -> None:
        count["blunt"] += 1
        print(why, file=sys.stderr, flush=True)

    try:
        verdict = asyncio.run(run_until_it_bites(yard, kind, seed, tell))
    except AssertionError as exc:
        count["errors"] += 1
        print(f"{kind}, seed {seed}: {exc}", file=sys.stderr)
        failed = True
    else:
        count.update(verdict.counts)
        count["violations"] += len(verdict.violations)
        for violation in verdict.violations:
            print(f"{kind}, seed {seed}: {violation}", file=sys.stderr)
        failed = bool(verdict.violations)
    count["rounds"] += 1
    count["seconds"] += round(time.monotonic() - began)
    if failed:
        print(f"  again: python -m tests.nemesis --rounds 1 --kind {kind} --seed {seed}", file=sys.stderr, flush=True)
    return None


def print_table(counts: dict[str, Counter[str]]) -> None:
    """What rounds of each kind contained."""
    columns = ("rounds", *COUNTED, "violations", "errors", "blunt", "skipped", "seconds")
    table = Table("kind", *columns, box=None)
    total: Counter[str] = Counter()
    for kind, count in counts.items():
        total.update(count)
        table.add_row(kind, *(str(count[column]) for column in columns))
    table.add_row("all", *(str(total[column]) for column in columns))
    Console(width=200).print(table)


if __name__ == "__main__":
    sys.exit(main())
