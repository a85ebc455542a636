"""CI's share of the nemesis: a round of every kind against real gateways; ``python -m tests.nemesis`` runs more."""

import asyncio
import os
from collections.abc import Iterator

import pytest

from tests.nemesis.arena import KINDS, run_until_it_bites
from tests.nemesis.yard import Yard, open_yard

SEED = 20_260

# Where this variable is set, a kind of round that the machine cannot have is a failure.
WHOLE = "NEMESIS_WHOLE"


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    with open_yard(tmp_path_factory.mktemp("yard")) as opened:
        yield opened


@pytest.mark.parametrize("kind", KINDS)
def test_no_promise_is_broken_whatever_befalls_the_gateway(yard: Yard, kind: str) -> None:
    if why := KINDS[kind].lacks():
        (pytest.fail if WHOLE in os.environ else pytest.skip)(why)

    verdict = asyncio.run(run_until_it_bites(yard, kind, SEED, print))

    assert not verdict.violations, "\n".join(map(str, verdict.violations[:3]))
    assert verdict.counts["placed"] > 0
