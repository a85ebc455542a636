"""Warming up: the first order of a fresh program finds its tables read."""

import gc
import os
import subprocess
import sys

from adapter.core.canonical import read_order
from adapter.shell.warming import ORDER, settle

# Seconds that the first and the second order of a fresh program take to be mapped for every dialect.
FRESH = """
import time
from adapter.core.tenancy.tenants import stand_in
from adapter.shell.files import load_dialects
from adapter.shell.warming import warm_up
tenants = [stand_in(dialect, {}) for dialect in load_dialects().values()]
for _ in range(2):
    began = time.process_time()
    warm_up(tenants)
    print(time.process_time() - began)
"""


def test_a_fresh_program_has_something_to_warm_up() -> None:
    told = subprocess.run([sys.executable, "-c", FRESH], capture_output=True, text=True, check=True, env=os.environ)
    first, second = map(float, told.stdout.split())
    assert first > 4 * second, f"the first took {first:.3f} s, the next {second:.3f} s"


def test_the_order_is_one_that_anybody_could_place() -> None:
    assert read_order(ORDER, None)["shipping_address"]["country"] == "United States"


def test_what_is_there_when_all_is_settled_is_not_looked_through_again() -> None:
    before = gc.get_freeze_count()
    try:
        settle()
        assert gc.get_freeze_count() > before + 10_000
    finally:
        gc.unfreeze()
