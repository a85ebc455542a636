"""Sockets to backends: none to an address inside, however it is spelt or looked up."""

import socket

import pytest

from adapter.core.outcomes import Answered, NotSent, Sent
from adapter.core.steps import Call
from adapter.shell.http_out import HttpBackends
from adapter.shell.sockets import ForbiddenAddress, open_public_socket
from adapter.shell.transport import AiohttpTransport
from tests.conftest import DIALECTS
from tests.shell.wire import OK, Line, listening


def found(address: str, family: socket.AddressFamily = socket.AF_INET) -> tuple[object, ...]:
    return (family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, 443))


def test_a_public_address_gets_its_socket() -> None:
    for address, family in (("8.8.8.8", socket.AF_INET), ("2606:4700::1111", socket.AF_INET6)):
        opened = open_public_socket(found(address, family))
        assert (opened.family, opened.type) == (family, socket.SOCK_STREAM)
        opened.close()


def test_another_is_refused_by_name() -> None:
    with pytest.raises(ForbiddenAddress, match=r"^169\.254\.169\.254 is link-local"):
        open_public_socket(found("169.254.169.254"))


async def call(host: str, guarded: bool) -> tuple[Sent, int]:
    """What comes of a call to a server on loopback under some name of it, and how many connections it saw."""

    async def answer(line: Line) -> None:
        await line.read()
        await line.write(OK)

    async with listening(answer) as server:
        backends = HttpBackends(AiohttpTransport(open_public_socket if guarded else None))
        url = server.url.replace("127.0.0.1", host)
        try:
            step = DIALECTS["enad"].steps[0]
            return await backends.send(Call("order", step, "POST", url, {}, b"{}", "shop"), 5.0), server.connections
        finally:
            await backends.close()


@pytest.mark.anyio
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f000001", "127.1", "[::ffff:127.0.0.1]"])
async def test_no_name_of_this_machine_leads_to_it(host: str) -> None:
    sent, connections = await call(host, guarded=True)

    assert isinstance(sent, NotSent)
    assert connections == 0
    assert sent.reason in ("ConnectError: ForbiddenAddress", "ConnectError: InvalidUrlClientError")


@pytest.mark.anyio
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_in_development_it_is_reached(host: str) -> None:
    sent, connections = await call(host, guarded=False)

    assert isinstance(sent, Answered)
    assert connections == 1
