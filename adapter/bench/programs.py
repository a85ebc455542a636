"""The programs of a bench: the fixed backend, the gateway as it is served, and the load; each ends with its block."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec

from adapter.bench.backend import Fixed
from adapter.bench.load import Load, Took
from adapter.errors import SetupError

LONGEST = 60.0


@contextmanager
def running(*command: str, given: bytes = b"", more: Mapping[str, str] | None = None) -> Iterator[tuple[str, int]]:
    """Start a Python module; gives the last word of the first line it prints, and the number of its process.

    What it logs goes to a file, as it would where it is served, and is told if it does not start.
    """
    environment = os.environ | (more or {})
    whole = [sys.executable, "-m", *command]
    with (
        tempfile.TemporaryFile() as log,
        subprocess.Popen(whole, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, env=environment) as program,
    ):
        assert program.stdin is not None  # noqa: S101  # both are pipes
        assert program.stdout is not None  # noqa: S101
        try:
            program.stdin.write(given)
            program.stdin.close()
            line = program.stdout.readline().decode()
            if not line:
                program.wait()
                log.seek(0)
                why = log.read().decode(errors="replace").strip()
                raise SetupError(f"expected the program to start: {why}", at=" ".join(command))
            yield line.split()[-1], program.pid
        finally:
            program.terminate()


@contextmanager
def run_backend(answers: Mapping[str, Fixed]) -> Iterator[str]:
    """A backend that gives these answers by ``METHOD /path``; its URL."""
    with running("adapter.bench.backend", given=msgspec.json.encode(answers)) as (url, _):
        yield url


def ask(load: Load) -> Took:
    """Run the load in a program of its own."""
    command, given = [sys.executable, "-m", "adapter.bench.load"], msgspec.json.encode(load)
    told = subprocess.run(command, input=given, stdout=subprocess.PIPE, check=True, timeout=load.seconds + LONGEST)
    return msgspec.json.decode(told.stdout, type=Took)


def read_memory(number: int) -> float | None:
    """Megabytes that a process and those it started had in memory at most; None where the system does not tell."""
    try:
        return sum(_find_kilobytes(one, "VmHWM") for one in _list_family(number)) / 1024
    except OSError:
        return None


def read_resident(number: int) -> float:
    """Megabytes that they have in memory now; an ``OSError`` where the system does not tell."""
    return sum(_find_kilobytes(one, "VmRSS") for one in _list_family(number)) / 1024


def read_seconds(number: int) -> float | None:
    """Seconds of a processor that a process and those it started took; None where the system does not tell."""
    try:
        told = [Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split() for one in _list_family(number)]
    except OSError:
        return None
    return sum(int(ticks) for one in told for ticks in one[11:13]) / os.sysconf("SC_CLK_TCK")


def _list_family(number: int) -> list[int]:
    children = Path(f"/proc/{number}/task/{number}/children").read_text().split()
    return [number, *(one for child in children for one in _list_family(int(child)))]


def _find_kilobytes(number: int, name: str) -> int:
    lines = Path(f"/proc/{number}/status").read_text().splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith(f"{name}:")), 0)
