"""A reserve against a full disk: a file to give up, so that results of orders under way can still be written."""

import os
from pathlib import Path

RESERVE_BYTES = 8_388_608


class Reserve:
    """Holds disk space beside the journal; ``spent`` once it was given up, until there is room for it again."""

    def __init__(self, journal: Path) -> None:
        self.path = journal.with_name(f"{journal.name}.reserve")
        self.spent = not self.hold()

    def hold(self) -> bool:
        """Take the space, or take it again; whether it is there."""
        try:
            with self.path.open("ab") as file:
                os.posix_fallocate(file.fileno(), 0, RESERVE_BYTES)
        except OSError:
            self.path.unlink(missing_ok=True)
            return False
        self.spent = False
        return True

    def give_up(self) -> None:
        """Free the space for what must be written now."""
        self.spent = True
        self.path.unlink(missing_ok=True)
