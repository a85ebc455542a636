"""How long this process leaves operations alone that it has written of itself, by a clock that does not jump."""

from collections.abc import Callable

from adapter.runs import read_clock


class Patience:
    """When recovery may take up each operation; of those it does not know, the journal's clock alone decides.

    The journal's clock is the machine's, which somebody may set: forward, and every lease and quiet time is over.
    """

    def __init__(self, clock: Callable[[], float] = read_clock) -> None:
        self._clock = clock
        self._until: dict[str, float] = {}

    def wait(self, operation_id: str, seconds: float) -> None:
        """Leave an operation alone for so long from now."""
        self._until[operation_id] = self._clock() + seconds

    def end(self, operation_id: str) -> None:
        """There is nothing to wait for any more."""
        self._until.pop(operation_id, None)

    def waiting(self) -> list[str]:
        """The operations that are to be left alone now."""
        now = self._clock()
        self._until = {operation_id: until for operation_id, until in self._until.items() if until > now}
        return list(self._until)
