"""A file system that fails to flush: SQLite's log, with chosen flushes of it that end in an error.

Only the log's flushes are commits; one of the database that fails while the log is copied back is tried again.
"""

import apsw


class Flaky(apsw.VFS):
    """The machine's own files, except that flushes ``first`` to ``last`` of the log, counted once armed, fail."""

    def __init__(self, first: int, last: int) -> None:
        super().__init__("flaky", "unix", makedefault=True)
        self.first = first
        self.last = last
        self.flushes = 0
        self.armed = False

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> "FlakyFile":  # noqa: N802  # SQLite's
        return FlakyFile(self, name, flags)

    def fails(self) -> bool:
        self.flushes += self.armed
        return self.armed and self.first <= self.flushes <= self.last


class FlakyFile(apsw.VFSFile):
    """One of its files."""

    def __init__(self, disk: Flaky, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        super().__init__("unix", name, flags)
        self.disk = disk
        self.log = bool(flags[0] & apsw.SQLITE_OPEN_WAL)

    def xSync(self, flags: int) -> None:  # noqa: N802  # SQLite's
        if self.log and self.disk.fails():
            raise apsw.IOError("the flush failed")
        super().xSync(flags)
