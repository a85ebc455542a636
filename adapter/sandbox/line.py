"""One connection to a sandbox: requests read as far as wanted, answers written well or badly, resets."""

import asyncio
import socket
import struct
from typing import Literal, NamedTuple

import h11

CHUNK = 65_536
RESET = struct.pack("ii", 1, 0)  # SO_LINGER with no time: closing sends a reset


class Reply(NamedTuple):
    """An HTTP answer before it is written."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


class Line:
    """The server's end of a connection; ConnectionError or `h11.RemoteProtocolError` where the client fails."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.http = h11.Connection(h11.SERVER)

    async def head(self) -> h11.Request | None:
        """The next request's line and headers; None once no further request can come."""
        if self.writer.is_closing():
            return None
        if self.http.our_state is h11.DONE and self.http.their_state is h11.DONE:
            self.http.start_next_cycle()
        if self.http.our_state is not h11.IDLE:
            return None
        event = await self._event()
        return event if isinstance(event, h11.Request) else None

    async def body(self, request: h11.Request, reads: Literal["head", "half", "whole"]) -> bytes:
        """The body, its first half, or nothing of it."""
        if reads == "head":
            return b""
        half = int(dict(request.headers).get(b"content-length", b"0")) // 2
        read = bytearray()
        while isinstance(event := await self._event(), h11.Data):
            read += event.data
            if reads == "half" and len(read) >= half:
                return bytes(read[: half or None])
        return bytes(read)

    async def _event(self) -> object:
        while (event := self.http.next_event()) is h11.NEED_DATA:
            if self.http.they_are_waiting_for_100_continue:
                await self.write(self._pack(h11.InformationalResponse(status_code=100, headers=[])))
            self.http.receive_data(await self.reader.read(CHUNK))
        return event

    def pack(self, reply: Reply) -> bytes:
        """The bytes of the whole answer."""
        start = h11.Response(status_code=reply.status, headers=reply.headers)
        return b"".join(map(self._pack, (start, h11.Data(data=reply.body), h11.EndOfMessage())))

    def _pack(self, event: h11.Event) -> bytes:
        return self.http.send(event) or b""

    async def write(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def complain(self, error: h11.RemoteProtocolError) -> None:
        """Answer what is no HTTP, unless an answer has begun."""
        if self.http.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            headers = [(b"content-length", b"0"), (b"connection", b"close")]
            await self.write(self.pack(Reply(error.error_status_hint, headers, b"")))

    async def wait_until_left(self) -> None:
        """Read and forget until the client closes."""
        while await self.reader.read(CHUNK):
            pass

    def close(self) -> None:
        self.writer.close()

    def reset(self) -> None:
        connection: socket.socket = self.writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.writer.transport.abort()
