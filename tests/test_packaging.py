"""What the wheel has in it beside the package's modules: whatever its commands read."""

import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from tests.conftest import DIALECTS, HERE


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    (built,) = WheelBuilder(str(HERE.parent)).build(directory=str(tmp_path_factory.mktemp("wheel")))
    return set(zipfile.ZipFile(Path(built)).namelist())


def test_the_wheel_has_every_dialect_with_its_document_and_its_known_pairs(wheel: set[str]) -> None:
    for name in DIALECTS.keys() - {"bazaar"}:
        assert f"adapter/mappings/{name}.toml" in wheel
        assert f"adapter/openapi/{name}.json" in wheel
        assert f"adapter/known/golden/{name}/known.json" in wheel
    orders = [path.name for path in (HERE / "orders").glob("*.json")]
    assert wheel >= {f"adapter/known/orders/{name}" for name in orders}


def test_the_top_level_is_what_the_customer_fixed() -> None:
    """It also tells of a test that leaves something in the folder that it is run in."""
    there = {path.name for path in HERE.parent.iterdir() if not path.name.startswith(".")}
    fixed = {"pyproject.toml", "README.md", "adapter", "mappings", "openapi", "tests"}
    assert fixed <= there
    assert {name for name in there - fixed if not name.endswith(".egg-info")} <= {"LICENSE", "build", "dist"}
