"""SIGKILL in the midst of a flush: strace beside the program, which kills it as it asks for its N-th flush.

What was written before that flush stays in the machine's memory, so this shows what a killed program leaves, and not
what a machine leaves that loses its power.
"""

import ctypes
import os
import subprocess
from functools import cache

FLUSHES = "fsync,fdatasync"

# Where only an ancestor may trace a program, it may let anybody: prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY).
PR_SET_PTRACER = 0x59616D61
ANYBODY = ctypes.c_ulong(-1)


@cache
def why_untraceable() -> str:
    """Why no program can be traced on this machine; nothing where one can."""
    try:
        tried = subprocess.run(["strace", "-o", os.devnull, "true"], capture_output=True, text=True)  # noqa: S607
    except FileNotFoundError:
        return "strace is not installed"
    return "" if tried.returncode == 0 else f"strace may not trace: {tried.stderr.strip().splitlines()[-1]}"


def die_in_flush(number: int) -> "subprocess.Popen[str]":
    """Have this program killed in flush ``number`` of any of its threads, for as long as it keeps what is returned."""
    ctypes.CDLL(None).prctl(PR_SET_PTRACER, ANYBODY, 0, 0, 0)
    inject = f"inject={FLUSHES}:signal=SIGKILL:when={number}"
    command = ["strace", "-f", "-o", os.devnull, "-p", str(os.getpid()), "-e", f"trace={FLUSHES}", "-e", inject]
    tracer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert tracer.stderr is not None
    said = tracer.stderr.readline()
    assert "attached" in said, f"expected to be traced, found {said!r}"
    return tracer
