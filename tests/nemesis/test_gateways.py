"""The nemesis' gateways: each has a port of its own for the whole round, whoever else runs beside it."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.nemesis.gateways import Gateways
from tests.nemesis.yard import Yard

LOOPBACK = "127.0.0.1"


@pytest.fixture
def gateways(tmp_path: Path) -> Iterator[Gateways]:
    made = Gateways(Yard({}, tmp_path / "tenants.toml", tmp_path), tmp_path, 2)
    yield made
    made.end()


def test_a_port_stays_its_gateways_while_that_is_dead(gateways: Gateways) -> None:
    for port in gateways.ports:
        with socket.socket() as other, pytest.raises(OSError, match="in use"):
            other.bind((LOOPBACK, port))
        with socket.socket() as caller, pytest.raises(ConnectionRefusedError):
            caller.connect((LOOPBACK, port))


def test_a_gateway_listens_at_its_port_again_and_again(gateways: Gateways) -> None:
    for _ in range(3):
        with socket.create_server((LOOPBACK, gateways.ports[0])), socket.socket() as caller:
            caller.connect((LOOPBACK, gateways.ports[0]))


def test_a_port_is_free_once_the_round_is_over(gateways: Gateways) -> None:
    gateways.end()

    with socket.socket() as other:
        other.bind((LOOPBACK, gateways.ports[0]))
