"""A server for one sandbox that can do to a connection what an ASGI server cannot: reset it, drip, stay silent."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import unquote

import h11

from adapter.sandbox.backend import Sandbox
from adapter.sandbox.faults import FAULT, Fault, Plan
from adapter.sandbox.line import Line, Reply

FAULTS_DOOR = "/_sandbox/faults"


class Times(NamedTuple):
    """Seconds: between two bytes that drip, and until a late request is applied."""

    drip: float = 0.2
    late: float = 2.0


DEFAULT_TIMES = Times()

NOTHING = Reply(HTTPStatus.NO_CONTENT, [], b"")


class Front:
    """Reads requests from sockets, lets the plan decide, asks the sandbox, and writes its answers or does not.

    `/_sandbox/faults`: `POST` a JSON list of faults to script them, `GET` what is left and how many late requests
    are still held, `DELETE` to have nothing befall anybody any more. ValueError where the plan names an
    operation that the sandbox does not offer.
    """

    def __init__(self, app: Sandbox, plan: Plan, times: Times = DEFAULT_TIMES) -> None:
        plan.bind(app.operations)
        self.app = app
        self.plan = plan
        self.times = times
        self.held = 0
        self._tasks: set[asyncio.Task[None]] = set()

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take a new connection."""
        self._start(self._converse(Line(reader, writer)))

    async def close(self) -> None:
        """Cut every connection; late requests that are still held never arrive."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._end)

    def _end(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            task.get_loop().call_exception_handler({"message": "the sandbox failed", "exception": error})

    async def _converse(self, line: Line) -> None:
        try:
            while (request := await line.head()) is not None:
                await self._serve(line, request)
        except h11.RemoteProtocolError as error:
            await line.complain(error)
        except ConnectionError:
            pass  # the client has left, as clients do; what it asked for is in the ledger if it was read
        finally:
            line.close()

    async def _serve(self, line: Line, request: h11.Request) -> None:
        target = Target.of(request)
        operation = self.app.operation_at(target.method, target.path)
        fault = self.plan.decide(target.method, operation) if operation else None
        body = await line.body(request, fault.reads if fault else "whole")
        if target.path == FAULTS_DOOR:
            reply = self._answer_at_the_door(target.method, body)
        elif fault and fault.late:
            reply = NOTHING
            self._start(self._ask_late(request, target, body, fault))
        else:
            reply = await self._ask(request, target, body, fault)
        await ENDINGS[fault.ending if fault else "answer"](line, reply, self.times)

    async def _ask(self, request: h11.Request, target: "Target", body: bytes, fault: Fault | None) -> Reply:
        """The sandbox's answer, by a call as an ASGI server makes it."""
        sent: list[Mapping[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Mapping[str, Any]) -> None:
            sent.append(message)

        await self.app({**target.scope, "headers": list(request.headers), FAULT: fault}, receive, send)
        start, *rest = sent
        text = b"".join(message.get("body", b"") for message in rest)
        return Reply(start["status"], list(start["headers"]), b"" if target.method == "HEAD" else text)

    async def _ask_late(self, request: h11.Request, target: "Target", body: bytes, fault: Fault) -> None:
        self.held += 1
        try:
            await asyncio.sleep(self.times.late)
            await self._ask(request, target, body, fault)
        finally:
            self.held -= 1

    def _answer_at_the_door(self, method: str, body: bytes) -> Reply:
        match method:
            case "GET":
                return _say(HTTPStatus.OK, self._tell())
            case "POST":
                return self._script(body)
            case "DELETE":
                self.plan.clear()
                return _say(HTTPStatus.OK, self._tell())
            case _:
                return _say(HTTPStatus.METHOD_NOT_ALLOWED, {"error": "expected GET, POST or DELETE"})

    def _tell(self) -> dict[str, Any]:
        chances, script = (list(map(str, some)) for some in (self.plan.chances, self.plan.queue))
        return {"faults": chances, "script": script, "held": self.held}

    def _script(self, body: bytes) -> Reply:
        try:
            texts = json.loads(body)
            if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
                raise ValueError(f"expected a JSON list of faults, found {texts!r}")
            self.plan.script(texts)
        except ValueError as exc:
            return _say(HTTPStatus.UNPROCESSABLE_ENTITY, {"error": str(exc)})
        return _say(HTTPStatus.OK, self._tell())


class Target(NamedTuple):
    """What a request asks for, as an ASGI scope says it."""

    method: str
    path: str
    raw_path: bytes
    query: bytes
    version: str

    @classmethod
    def of(cls, request: h11.Request) -> "Target":
        raw_path, _, query = bytes(request.target).partition(b"?")
        path = unquote(raw_path.decode("ascii"))
        return cls(request.method.decode("ascii"), path, raw_path, query, request.http_version.decode("ascii"))

    @property
    def scope(self) -> dict[str, Any]:
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": self.version,
            "method": self.method,
            "scheme": "http",
            "path": self.path,
            "raw_path": self.raw_path,
            "query_string": self.query,
            "root_path": "",
        }


def _say(status: HTTPStatus, content: Any) -> Reply:
    body = json.dumps(content).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    return Reply(status, headers, body)


async def _answer(line: Line, reply: Reply, _: Times) -> None:
    await line.write(line.pack(reply))


async def _drip(line: Line, reply: Reply, times: Times) -> None:
    packed = line.pack(reply)
    for index in range(len(packed)):
        await line.write(packed[index : index + 1])
        await asyncio.sleep(times.drip)


async def _truncate(line: Line, reply: Reply, _: Times) -> None:
    packed = line.pack(reply)
    missing = len(reply.body) - len(reply.body) // 2
    await line.write(packed[: len(packed) - missing])
    line.close()


async def _close(line: Line, _: Reply, __: Times) -> None:
    line.close()


async def _reset(line: Line, _: Reply, __: Times) -> None:
    line.reset()


async def _stay_silent(line: Line, _: Reply, __: Times) -> None:
    await line.wait_until_left()
    line.close()


ENDINGS: Mapping[str, Callable[[Line, Reply, Times], Awaitable[None]]] = MappingProxyType(
    {
        "answer": _answer,
        "drip": _drip,
        "truncate": _truncate,
        "close": _close,
        "reset": _reset,
        "silence": _stay_silent,
    }
)


@asynccontextmanager
async def serve_front(
    app: Sandbox, plan: Plan, host: str = "127.0.0.1", port: int = 0, times: Times = DEFAULT_TIMES
) -> AsyncIterator[str]:
    """Serve a sandbox that misbehaves as planned and give its base URL; OSError where nothing can listen there."""
    front = Front(app, plan, times)
    listener = await asyncio.start_server(front.accept, host, port)
    try:
        yield f"http://{host}:{listener.sockets[0].getsockname()[1]}"
    finally:
        listener.close()
        await front.close()
        await listener.wait_closed()
