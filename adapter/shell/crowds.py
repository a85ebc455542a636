"""Crowds: how many connections a listener may have open at once, what they may hold, and who goes where it is more."""

import resource
import sys
from typing import Protocol

from adapter.errors import SetupError
from adapter.shell.logs import log

# What else has files open: connections to backends, the journal, whatever libraries read.
OTHER_FILES = 1_024


class Guest(Protocol):
    """A connection that can be asked to go."""

    def dismiss(self) -> None:
        """Go, for somebody else to come in."""


class Crowd:
    """The connections of one listener that we wait for, in the order in which that began, with the bytes they hold.

    We wait for a connection until it has brought a whole request, and again once that has its answer; in between it
    is its client who waits, and it is never dismissed. ``most`` is how many connections there may be in all,
    ``most_bytes`` what bodies that are not whole yet may take together.
    """

    def __init__(self, most: int = sys.maxsize, most_bytes: int = sys.maxsize) -> None:
        self.most = most
        self.most_bytes = most_bytes
        self._waited_for: dict[Guest, int] = {}
        self._held = 0
        self._was_full = False

    def wait_for(self, guest: Guest) -> None:
        """Note that it is a connection's turn; one whose turn it was keeps its place."""
        self._waited_for.setdefault(guest, 0)

    def attend(self, guest: Guest) -> None:
        """Note that it is our turn, or that the connection is gone."""
        self._held -= self._waited_for.pop(guest, 0)

    def hold(self, guest: Guest, size: int) -> None:
        """Note that bytes of its body have come; where they are too many, who has kept some for longest goes."""
        if guest in self._waited_for:
            self._waited_for[guest] += size
            self._held += size
        while self._held > self.most_bytes:
            self._dismiss(next(one for one, held in self._waited_for.items() if held))

    def make_room(self, guests: int) -> bool:
        """Whether there is room for the last of so many; where there was none, whoever was waited for longest goes."""
        self._tell(guests)
        if guests <= self.most:
            return True
        oldest = next(iter(self._waited_for), None)
        if oldest is None:
            return False
        self._dismiss(oldest)
        return True

    def _dismiss(self, guest: Guest) -> None:
        self.attend(guest)
        guest.dismiss()

    def _tell(self, guests: int) -> None:
        """A line where it gets full, and none again before it was half empty."""
        if guests > self.most and not self._was_full:
            log.warning("connections_full", count=self.most)
        self._was_full = guests > (self.most // 2 if self._was_full else self.most)


def allow_files(connections: int) -> None:
    """Let this process open as many files as its connections take; a ``SetupError`` where the system forbids it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + OTHER_FILES
    if soft in (resource.RLIM_INFINITY, max(soft, wanted)):
        return
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (OSError, ValueError) as exc:
        more = "raise its limit (LimitNOFILE, ulimit -Hn), or lower this"
        raise SetupError(f"expected leave to have {wanted} files open: {more}", at="ADAPTER_CONNECTIONS") from exc
