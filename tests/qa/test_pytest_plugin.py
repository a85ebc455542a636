"""The plugin for pytest, in suites of their own: what it collects, what it costs, and the examples of the README."""

import importlib.metadata
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from adapter.core.canonical import ENCODER, read_json
from tests.cli.test_fuzz import without_patterns
from tests.conftest import HERE

README = (HERE.parent / "README.md").read_text()
SECTION = README.split("### In your test suite")[1].split("\n### ")[0]

# An installed package brings its plugin; a checkout that was never installed names it.
INSTALLED = any(one.value == "adapter.qa.pytest_plugin" for one in importlib.metadata.entry_points(group="pytest11"))
PLUGIN = () if INSTALLED else ("-p", "adapter.qa.pytest_plugin")

STRICT = """
[pytest]
filterwarnings = error
addopts = --strict-markers --strict-config
"""


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """A suite of an integrator's, beside a mapping of their own; warnings are errors in it."""
    shutil.copytree(HERE / "fifth", tmp_path / "mine")
    (tmp_path / "pytest.ini").write_text(STRICT)
    return tmp_path


def run_pytest(folder: Path, *arguments: str, plugin: Sequence[str] = PLUGIN) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", *plugin, *arguments],
        cwd=folder,
        env={"PYTHONPATH": str(HERE.parent), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_examples_of_the_readme_run(suite: Path) -> None:
    blocks = re.findall(r"```python\n# (\S+)\n(.*?)```", SECTION, re.DOTALL)
    assert [name for name, _ in blocks] == ["test_shop.py", "test_mine.py"]
    for name, code in blocks:
        (suite / name).write_text(code)

    ran = run_pytest(suite, "--adapter-examples", "20", "-q")

    assert "4 passed" in ran.stdout, ran.stdout
    assert ran.returncode == 0


def test_the_commands_of_the_readme_run(suite: Path) -> None:
    (suite / "test_nothing.py").write_text("def test_nothing() -> None:\n    assert True\n")
    (commands,) = re.findall(r"```sh\n(.*?)```", SECTION, re.DOTALL)
    passed = {}
    for line in commands.splitlines():
        name, *arguments = shlex.split(line, comments=True)
        assert name == "pytest"
        without = "no:adapter" in arguments
        few = () if without else ("--adapter-examples", "10")
        ran = run_pytest(suite, *arguments, *few, plugin=() if without else PLUGIN)
        assert ran.returncode == 0, ran.stdout
        passed[arguments[0]] = re.findall(r"(\d+) passed", ran.stdout)
    assert passed == {"mine/mappings/bazaar.toml": ["1"], "-o": ["2"], "-p": ["1"]}


def test_a_mapping_is_no_test_unless_it_is_asked_for(suite: Path) -> None:
    assert "no tests ran" in run_pytest(suite).stdout
    assert "no tests ran" in run_pytest(suite, "mine").stdout


def test_a_broken_mapping_is_told_without_our_own_lines(suite: Path) -> None:
    document = suite / "mine" / "openapi" / "bazaar.json"
    document.write_bytes(ENCODER.encode(without_patterns(read_json(document.read_bytes()))))

    ran = run_pytest(suite, "mine/mappings/bazaar.toml", "--adapter-examples", "20", "--adapter-seed", "4")

    assert ran.returncode == 1
    assert "row     bazaar.toml: receipt[3]" in ran.stdout
    assert "again   ADAPTER_DIALECTS=mine adapter fuzz bazaar --examples 20 --seed 4" in ran.stdout
    assert "Traceback" not in ran.stdout
    assert "suites.py" not in ran.stdout


def test_the_plugin_imports_nothing_heavy() -> None:
    light = "import adapter.qa.pytest_plugin, sys; print(*(name.partition('.')[0] for name in sys.modules))"
    ran = subprocess.run([sys.executable, "-c", light], capture_output=True, text=True, check=True, cwd=HERE.parent)

    loaded = set(ran.stdout.split())
    assert "adapter" in loaded
    assert not loaded & {"hypothesis", "msgspec", "jsonschema_rs", "babel", "pycountry", "rich", "httpx", "starlette"}
