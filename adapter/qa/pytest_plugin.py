"""What pytest gets from us: a fixture, and mappings as tests. Nothing heavy is imported before one of them is used."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

IN_COLLECTION = "adapter_mappings"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("adapter", "mappings of the order gateway")
    group.addoption("--adapter-examples", type=int, default=200, metavar="N", help="examples for each law (200)")
    group.addoption("--adapter-seed", type=int, default=0, metavar="N", help="where chance starts (0)")
    parser.addini(IN_COLLECTION, "globs, from the root, of mappings that are tests wherever they are met", "args")


@pytest.fixture(scope="session")
def assert_lawful(request: pytest.FixtureRequest) -> Callable[..., None]:
    """``adapter.qa.assert_lawful`` with as many examples, and the seed, as the command line says."""
    from adapter import qa

    return partial(qa.assert_lawful, **_read_options(request.config))


def _read_options(config: pytest.Config) -> dict[str, Any]:
    return {"examples": config.getoption("--adapter-examples"), "seed": config.getoption("--adapter-seed")}


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> "MappingFile | None":
    """A mapping is a test where it is named on the command line, or matches the globs of ``adapter_mappings``."""
    if file_path.suffix != ".toml" or file_path.parent.name != "mappings":
        return None
    wanted = parent.session.isinitpath(file_path) or any(
        file_path.match(str(parent.config.rootpath / glob)) for glob in parent.config.getini(IN_COLLECTION)
    )
    return MappingFile.from_parent(parent, path=file_path) if wanted else None


class MappingFile(pytest.File):
    """One mapping, which is one test."""

    def collect(self) -> Iterator["Lawful"]:
        yield Lawful.from_parent(self, name="lawful")


class Lawful(pytest.Item):
    """That a mapping passes its check and keeps all laws."""

    def runtest(self) -> None:
        from adapter import qa

        qa.assert_lawful(self.path, **_read_options(self.config))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        from adapter.errors import AdapterError

        if excinfo.errisinstance((AssertionError, AdapterError)):  # what is wrong is in the mapping, not in our lines
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        return self.path, None, f"{self.path.name} is lawful"
