"""Pages of the README that are typed out: their files are written, their commands run, on ports that are free."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

from tests.conftest import HERE

# In the background it is the job itself, which a page may kill.
ADAPTER = """
set -m
adapter() {{
  if [ "$BASHPID" = $$ ]; then "{0}" -m adapter "$@"; else exec "{0}" -m adapter "$@"; fi
}}
"""

README = (HERE.parent / "README.md").read_text()


def find_page(title: str) -> str:
    """The text below a heading of the third level, up to the next of any level above it."""
    return re.split(r"\n##+ ", README.partition(f"### {title}\n")[2])[0]


def type_out(page: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """What a page's commands print, in a folder with its ``tenants.toml``."""
    (tenants,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    (typed,) = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    for port in ("9001", "8080"):  # those of the page may be taken
        free = str(free_port())
        tenants, typed = tenants.replace(port, free), typed.replace(port, free)
    (folder / "tenants.toml").write_text(tenants)
    script = f"{ADAPTER.format(sys.executable)}\n{typed}"
    own = os.environ | {"ADAPTER_ADMIN_PORT": "0"}
    return subprocess.run(  # the page's own text
        ["/bin/bash", "-c", script], cwd=folder, env=own, capture_output=True, text=True, timeout=120, check=True
    )


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
