"""What passes between a sandbox's frame and a dialect's rules: calls, answers, refusals, JSON."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, DecimalException
from typing import Any, NoReturn


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request as a backend sees it; `headers` in lower case, `query` and `body` typed once read."""

    operation: str
    method: str
    path: str
    tenant: str = ""
    places: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes = b""
    body: Any = None

    @property
    def key(self) -> str:
        """The idempotency key, empty where none was sent."""
        return self.headers.get("idempotency-key", "").strip()

    @property
    def correlation_id(self) -> str | None:
        """What the caller calls its own operation, where it says so."""
        return self.headers.get("x-correlation-id")

    @property
    def body_digest(self) -> str:
        """The SHA-256 of the body's bytes, in hexadecimal."""
        return hashlib.sha256(self.raw).hexdigest()


@dataclass(frozen=True)
class Answer:
    """A status and the exact bytes of a JSON body, so that a replay is the same byte for byte."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class Refused(Exception):
    """A handler's way to say no: carries the answer in the dialect's own envelope."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"refused with status {answer.status}")
        self.answer = answer


def answer(status: int, content: Any) -> Answer:
    """The answer with `content` written as JSON; a `Decimal` stays a number with all its digits."""
    return Answer(status, encode(content).encode())


def encode(value: Any) -> str:
    """JSON text of plain data; the standard library cannot write a `Decimal` as a number, hence this."""
    match value:
        case Decimal():
            return str(value)
        case Mapping():
            return "{" + ",".join(f"{json.dumps(str(k))}:{encode(v)}" for k, v in value.items()) + "}"
        case list() | tuple():
            return "[" + ",".join(map(encode, value)) + "]"
        case _:
            return json.dumps(value)


def decode(raw: bytes) -> Any:
    """The data in a JSON body, fractions as `Decimal`; ValueError where the bytes are no JSON."""
    try:
        return json.loads(raw, parse_float=Decimal, parse_constant=_no_number)
    except RecursionError as exc:
        raise ValueError("nested too deeply") from exc
    except DecimalException as exc:
        raise ValueError("a number beyond what can be counted") from exc


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")
