"""The connection that reads: it waits for no transaction and no flush, and sees what is on disk."""

from typing import TypeVar

import apsw

from adapter.shell.writer import Job, Writer, unavailable

T = TypeVar("T")


class Reader:
    """Reads beside a writer, as long as that one can be trusted."""

    def __init__(self, connection: apsw.Connection, writer: Writer) -> None:
        self._connection = connection
        self._writer = writer

    def read(self, job: Job[T]) -> T:
        """What a job finds; a ``Problem`` (503) where it cannot be read.

        It runs on the loop: rows are found by an index, in microseconds unless their pages have left the memory.
        """
        self._writer.check()
        try:
            return job(self._connection)
        except apsw.Error as exc:
            raise unavailable(exc) from exc

    def close(self) -> None:
        self._connection.close()
