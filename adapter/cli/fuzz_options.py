"""What a run of ``adapter fuzz`` is asked for: refused where it could try nothing, and told again for one case."""

import argparse
import shlex
from collections.abc import Mapping, Sequence
from math import inf
from pathlib import Path

from adapter.errors import SetupError
from adapter.qa.cases.cases import Case
from adapter.qa.laws.laws import LIVE
from adapter.qa.subjects.examples import MODES
from adapter.qa.tries.fuzzing import Batch

# Reports, by the options that name their files.
FORMATS: Mapping[str, str] = {
    "junit": "JUnit's XML",
    "ndjson": "one JSON document a line",
    "html": "a page that needs nothing beside it",
}

# What a replay has no use for: it tries what stands in its cases.
NOT_REPLAYED = (*FORMATS, "law", "mode", "orders", "known", "cover", "setting")


def check_options(options: argparse.Namespace) -> None:
    """A ``SetupError`` where nothing could be tried, or what is asked for would be passed over."""
    demand_counts(options)
    if not 0 < options.max_time <= inf:
        raise SetupError(f"expected seconds, found {options.max_time:g}", at="--max-time")
    if options.url is not None and options.replay is None and len(options.dialect) != 1:
        raise SetupError("expected one DIALECT, which is its tenant's", at="--url")
    for name in FORMATS:
        path: Path | None = getattr(options, name)
        if path is not None and not path.absolute().parent.is_dir():
            raise SetupError(f"expected a folder, found none: {path.parent}", at=f"--{name}")
        if path is not None and path.is_dir():
            raise SetupError(f"expected a file to write, found a folder: {path}", at=f"--{name}")
    if options.cases.exists() and not options.cases.is_dir():
        raise SetupError(f"expected a folder, found a file: {options.cases}", at="--cases")
    for name in NOT_REPLAYED if options.replay is not None else ():
        if getattr(options, name) not in (None, []):
            raise SetupError(f"expected no --{name} beside it: it tries the cases as they are", at="--replay")


def demand_counts(options: argparse.Namespace) -> None:
    """A ``SetupError`` where so many examples or processes are none."""
    for name in ("examples", "processes"):
        found = getattr(options, name)
        if found is not None and found < 1:
            raise SetupError(f"expected at least 1, found {found}", at=f"--{name}")


def check_laws(options: argparse.Namespace, batches: Sequence[Batch]) -> None:
    """A ``SetupError`` where a law that was named is not tried in the modes that were."""
    tried = {name for batch in batches for name in batch.laws}
    tried |= {"known"} if "positive" in (options.mode or MODES) else set()
    for name in options.law:
        if name not in tried:
            modes = ", ".join(options.mode)
            raise SetupError(f"expected a mode that it is tried in, found {modes}", at=f"--law {name}")


def tell_again(options: argparse.Namespace, own: Path | None, case: Case) -> str:
    """The line that tries a case again, for a shell: with the dialects it is of, and the gateway that it takes."""
    words = ["adapter", "fuzz", "--replay", str(options.cases / f"{case.name()}.json")]
    if case.law in LIVE:
        for name in ("url", "site", "credential", "sandbox"):
            said = getattr(options, name)
            words += [] if said is None else [f"--{name}", said]
    where = "" if own is None else f"ADAPTER_DIALECTS={shlex.quote(str(own))} "
    return where + shlex.join(words)
