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
