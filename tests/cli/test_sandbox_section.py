"""The README's page on sandboxes, as it is typed there: a sandbox, a gateway, a fault, an order."""

import argparse
import json
import re
import socket
import subprocess
import sys
from pathlib import Path

from adapter.cli import sandbox
from tests.conftest import HERE

README = (HERE.parent / "README.md").read_text()
SECTION = README.partition("### Try it against a sandbox\n")[2].partition("\n## ")[0]


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def test_the_page_works_as_typed(tmp_path: Path) -> None:
    (tenants,) = re.findall(r"```toml\n(.*?)```", SECTION, re.DOTALL)
    (typed,) = re.findall(r"```sh\n(.*?)```", SECTION, re.DOTALL)
    for port in ("9001", "8080"):  # those of the page may be taken
        own = str(free_port())
        tenants, typed = tenants.replace(port, own), typed.replace(port, own)
    (tmp_path / "tenants.toml").write_text(tenants)
    script = f'set -m\nadapter() {{ exec "{sys.executable}" -m adapter "$@"; }}\n{typed}'
    run = subprocess.run(  # the page's own text
        ["/bin/bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=True
    )

    assert run.stdout.count('"code":"throttled"') == 1, run.stdout + run.stderr
    assert run.stdout.count('"order_number"') == 1, run.stdout + run.stderr
    events = [json.loads(line) for line in (tmp_path / "seen.jsonl").read_text().splitlines()]
    assert str(events).count("calculate_order") >= 2


def test_the_page_has_every_option() -> None:
    parser = argparse.ArgumentParser()
    sandbox.add_arguments(parser)
    options = {option for action in parser._actions for option in action.option_strings} - {"-h", "--help"}
    assert [option for option in sorted(options) if option not in SECTION] == []
