"""Starting the command, and never leaving one behind; a copy of what is shipped, to be changed."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from adapter.shell.files import shipped
from tests.cli.program import Program

Start = Callable[..., Program]


def copy_dialect(name: str, folder: Path) -> None:
    """A shipped mapping and its document, as a folder of one's own has them."""
    for kind, file in (("mappings", f"{name}.toml"), ("openapi", f"{name}.json")):
        (folder / kind).mkdir()
        shutil.copy(shipped() / kind / file, folder / kind)


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
