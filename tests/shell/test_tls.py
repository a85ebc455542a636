"""TLS out: whom a backend must prove to be, and that an order's bytes end with its deadline under TLS too."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from adapter.core.outcomes import Answered, Lost, NotSent
from adapter.shell.http_out import HttpBackends
from adapter.shell.transport import AiohttpTransport
from tests.shell import wire
from tests.shell.test_http_out import call
from tests.shell.wire import Line, Server, listening, response

pytestmark = pytest.mark.anyio

# More than the buffers of two sockets hold.
LONG = b" " * 20_000_000


class Identity(NamedTuple):
    """A backend's certificate for ``localhost``, and what a server shows it with."""

    certificate: bytes
    shown: ssl.SSLContext


@pytest.fixture(params=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, Mapping[str, bool]]:
    return "asyncio", {"use_uvloop": request.param == "uvloop"}


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "backend")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
        .public_bytes(Encoding.PEM)
    )
    path: Path = tmp_path_factory.mktemp("tls") / "both.pem"
    path.write_bytes(certificate + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    shown = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    shown.load_cert_chain(path)
    return Identity(certificate, shown)


@pytest.fixture
async def backends(identity: Identity) -> AsyncIterator[HttpBackends]:
    transport = AiohttpTransport()
    transport._tls.load_verify_locations(cadata=identity.certificate.decode())  # as if an authority had signed it
    opened = HttpBackends(transport)
    yield opened
    await opened.close()


def named(server: Server) -> str:
    return server.url.replace("127.0.0.1", "localhost")


async def test_a_backend_that_proves_its_name_is_sent_orders_over_one_connection(
    backends: HttpBackends, identity: Identity
) -> None:
    async with listening(wire.answer, tls=identity.shown) as server:
        sent = [await backends.send(call(named(server)), 5) for _ in range(3)]

    assert all(isinstance(one, Answered) for one in sent)
    assert (server.connections, len(server.requests)) == (1, 3)


async def test_a_backend_that_does_not_is_sent_nothing(backends: HttpBackends, identity: Identity) -> None:
    stranger = HttpBackends()
    async with listening(wire.answer, tls=identity.shown) as server:
        sent = [await backends.send(call(server.url), 5), await stranger.send(call(named(server)), 5)]
    await stranger.close()

    assert all(isinstance(one, NotSent) for one in sent)
    assert server.requests == []


async def test_what_has_not_left_by_the_deadline_never_leaves(backends: HttpBackends, identity: Identity) -> None:
    read = asyncio.get_running_loop().create_future()

    async def read_late(line: Line) -> None:
        await asyncio.sleep(1)
        try:
            read.set_result(len(await line.reader.read(-1)))
        except (ConnectionResetError, ssl.SSLError):
            read.set_result(0)

    async with listening(read_late, tls=identity.shown) as server:
        sent = await backends.send(call(named(server), body=LONG), 0.5)

        assert isinstance(sent, Lost)
        assert await asyncio.wait_for(read, 5) < len(LONG)


async def test_an_answer_before_the_whole_request_had_left_takes_its_connection_with_it(
    backends: HttpBackends, identity: Identity
) -> None:
    async def refuse_early(line: Line) -> None:
        await line.reader.readuntil(b"\r\n\r\n")
        await line.write(response(b"{}", "413 Content Too Large"))
        await asyncio.Event().wait()

    async with listening(refuse_early, wire.answer, tls=identity.shown) as server:
        early = await backends.send(call(named(server), body=LONG), 5)
        after = await backends.send(call(named(server)), 5)

    assert isinstance(early, Answered)
    assert isinstance(after, Answered)
    assert (early.status, after.status, server.connections) == (413, 201, 2)
