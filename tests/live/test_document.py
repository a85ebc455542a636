"""Our own OpenAPI document against the running gateway: Schemathesis, positive and negative, and sequences of calls."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.live.conftest import House, headers

# What a good order by its schema may be answered: 422 where no schema can say what is wrong (a country there is not,
# cents that a currency does not have), 400 where a number is of no ordinary size, be it in a member nobody knows.
CONFIG = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "400", "401", "404", "409", "422"]
"""

# Methods that a door does not take are tried with the bodies of those that it takes; the guard refuses a GET's body
# before anybody looks at the door.
HOOKS = """
import schemathesis

@schemathesis.hook
def before_call(context, case, kwargs):
    if case.method.upper() in ("GET", "HEAD", "OPTIONS", "DELETE"):
        case.body = schemathesis.core.NOT_SET
"""


@pytest.mark.parametrize("phases", ["examples,coverage", "fuzzing,stateful"])
def test_the_gateway_is_as_its_document_says(house: House, tmp_path: Path, phases: str) -> None:
    (tmp_path / "schemathesis.toml").write_text(CONFIG)
    (tmp_path / "hooks.py").write_text(HOOKS)
    url = str(house.client.base_url).rstrip("/")
    sent = [part for name, value in headers("stella_sync").items() for part in ("--header", f"{name}: {value}")]
    options = ["--url", url, *sent, "--phases", phases, "--max-examples", "25", "--seed", "1", "--no-color"]
    done = subprocess.run(
        [sys.executable, "-m", "schemathesis.cli", "run", f"{url}/openapi.json", *options],
        cwd=tmp_path,
        env=os.environ | {"SCHEMATHESIS_HOOKS": "hooks"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    for phase in phases.split(","):
        assert re.search(f"✅ +{phase.capitalize()}\n", done.stdout), f"{phase} did not run: {done.stdout}"
