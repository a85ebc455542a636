"""Batches of fuzzing on several processors: each process loads the dialects itself, since lenses cannot be sent."""

import gc
import multiprocessing
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from pathlib import Path
from typing import Any, NamedTuple

from adapter.core.tenancy.tenants import stand_in
from adapter.qa.laws.laws import LAWS, Law
from adapter.qa.subjects.examples import Subject, make_subject
from adapter.qa.tries.fuzzing import Batch, Result, run_batch
from adapter.shell.files import load_dialects, pick_dialect

# Below so many examples a second process takes longer to start than it saves.
WORTH_A_PROCESS = 2_000


class Loading(NamedTuple):
    """What it takes to make the subjects: a folder of the user's, dialects to try, settings of their tenants."""

    own: Path | None
    names: tuple[str, ...]
    setting: tuple[tuple[str, Any], ...] = ()

    def subjects(self) -> Mapping[str, Subject]:
        """Each dialect as a stand-in tenant speaks it; all others are its peers."""
        dialects = load_dialects(self.own)
        peers = {name: stand_in(dialect, {}) for name, dialect in dialects.items()}
        return {
            name: make_subject(
                stand_in(pick_dialect(name, dialects), dict(self.setting)),
                [peer for other, peer in peers.items() if other != name],
            )
            for name in self.names or tuple(dialects)
        }


class Work(NamedTuple):
    """What batches are tried on in this process, with the laws and what talks begin with."""

    subjects: Mapping[str, Subject]
    laws: Mapping[str, Law] = LAWS
    openings: Sequence[Sequence[str]] = ()


_subjects: dict[str, Subject] = {}


def _load(loading: Loading) -> None:
    _subjects.update(loading.subjects())
    gc.freeze()  # what is loaded stays: looking through it again and again takes a twentieth of the time


def _run(batch: Batch, until: float) -> Result:
    return run_batch(batch, _subjects[batch.dialect], until=until)


def run_batches(
    batches: Sequence[Batch], work: Work, loading: Loading, processes: int, until: float
) -> Iterator[Result]:
    """Results as they come; after ``until`` on the monotonic clock, which all processes share, nothing is begun.

    A slip that one batch has found is not looked for by those that begin later.
    """
    many = min(processes, 1 + sum(batch.examples for batch in batches) // WORTH_A_PROCESS)
    if many > 1:
        yield from _run_apart(batches, loading, many, until)
        return
    known: set[tuple[str, str, str]] = set()
    for batch in batches:
        if time.monotonic() >= until:
            return
        result = run_batch(_tell(batch, known), work.subjects[batch.dialect], work.laws, work.openings, until)
        known |= _slips(result)
        yield result


def _run_apart(batches: Sequence[Batch], loading: Loading, many: int, until: float) -> Iterator[Result]:
    known: set[tuple[str, str, str]] = set()
    rest = list(reversed(batches))
    running: set[Future[Result]] = set()
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(many, context, initializer=_load, initargs=(loading,)) as pool:
        while rest or running:
            while rest and len(running) < many + 1 and time.monotonic() < until:
                running.add(pool.submit(_run, _tell(rest.pop(), known), until))
            if not running:
                return
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                known |= _slips(future.result())
                yield future.result()


def _tell(batch: Batch, known: set[tuple[str, str, str]]) -> Batch:
    """The batch with the slips of its dialect that are known."""
    return batch._replace(known=frozenset((law, place) for dialect, law, place in known if dialect == batch.dialect))


def _slips(result: Result) -> set[tuple[str, str, str]]:
    return {(case.dialect, *case.slip()) for case in result.cases}
