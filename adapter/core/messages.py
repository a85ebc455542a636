"""What comes in from a client and what goes back to it, as values."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from adapter.core.canonical import ENCODER
from adapter.errors import Problem

# The door for orders; what became of one is shown below it, by its id.
ORDERS = "/api/sync/v1/orders"


class Inbound(NamedTuple):
    """A request from a client: the route's template, its headers in lower case as sent, its body."""

    route: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""
    takes_key: bool = True

    def __repr__(self) -> str:  # the default would print credentials and the order
        return f"Inbound({self.route!r}, {len(self.body)} bytes)"

    def header(self, name: str) -> str | None:
        """The value of a header; None where it was not sent."""
        return next((value for key, value in self.headers if key == name), None)

    def all_headers(self, name: str) -> list[str]:
        """Every line of a header, since some may stand only once."""
        return [value for key, value in self.headers if key == name]


class Answer(NamedTuple):
    """A response to a client: status, our own headers, the body's bytes."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def beside(self, more: Mapping[str, str]) -> "Answer":
        """The answer with more headers."""
        return self._replace(headers={**self.headers, **more})

    def __repr__(self) -> str:  # the default would print a person's data
        return f"Answer({self.status}, {len(self.body)} bytes)"


JSON = {"Content-Type": "application/json"}
PROBLEM_JSON = {"Content-Type": "application/problem+json"}


def answer_json(status: int, document: Any, headers: Mapping[str, str]) -> Answer:
    """A JSON answer."""
    return Answer(status, JSON | dict(headers), ENCODER.encode(document))


def name_kind(answer: Answer) -> str:
    """The kind of the problem that an answer is."""
    kind: str = msgspec.json.decode(answer.body)["type"].rpartition("/")[2]
    return kind


def answer_problem(problem: Problem) -> Answer:
    """A problem as RFC 9457 has it."""
    return Answer(problem.status, PROBLEM_JSON | problem.headers, ENCODER.encode(problem.document()))
