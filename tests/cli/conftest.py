"""Starting the command, and never leaving one behind."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.program import Program

Start = Callable[..., Program]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start ``adapter`` with arguments; keywords are variables of its environment."""
    programs: list[Program] = []

    def begin(*arguments: str, **environment: str) -> Program:
        folder = tmp_path / f"program-{len(programs)}"
        folder.mkdir()
        programs.append(Program(folder, *arguments, **environment))
        return programs[-1]

    yield begin
    for program in programs:
        program.kill()
