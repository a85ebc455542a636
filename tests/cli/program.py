"""The command as its users start it: a program of its own, whose output lands in files."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import httpx

from tests.conftest import HERE

SECONDS = 60  # patience with a busy machine


class Program:
    """``adapter`` with arguments, running; whoever starts one stops it."""

    def __init__(self, folder: Path, *arguments: str, **environment: str) -> None:
        self.stdout, self.stderr = folder / "stdout", folder / "stderr"
        self.arguments = arguments
        with self.stdout.open("w") as out, self.stderr.open("w") as err:
            self.running = start(arguments, out, err, environment)

    def wait_for(self, text: str) -> str:
        """Everything printed so far, once ``text`` is in it."""
        self.wait_until(lambda: text in self.stdout.read_text(), f"to print {text!r}")
        return self.stdout.read_text()

    def wait_for_health(self, url: str) -> httpx.Response:
        """The answer of a server that is starting, once it listens."""
        parts = urlsplit(url)
        self.wait_until(lambda: listens(parts.port), f"to listen at {url}")
        return httpx.get(url, trust_env=False)

    def wait_until(self, holds: Any, what: str) -> None:
        end = time.monotonic() + SECONDS
        while not holds():
            assert self.running.poll() is None, f"{self.arguments} ended: {self.stderr.read_text()}"
            assert time.monotonic() < end, f"expected {self.arguments} {what}"
            time.sleep(0.05)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and give the exit status; negative where the signal killed it."""
        self.running.send_signal(number)
        return self.running.wait(SECONDS)

    def kill(self) -> None:
        """End it if a test has not."""
        if self.running.poll() is None:
            self.running.kill()
        self.running.wait(SECONDS)


def start(arguments: tuple[str, ...], out: IO[str], err: IO[str], environment: dict[str, str]) -> subprocess.Popen[str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("ADAPTER_")}
    command = [sys.executable, "-m", "adapter", *arguments]
    return subprocess.Popen(command, stdout=out, stderr=err, text=True, cwd=HERE.parent, env=ours | environment)


def listens(port: int | None) -> bool:
    """Whether anybody listens at a port of loopback."""
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    """A port of loopback that nobody listens at now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port
