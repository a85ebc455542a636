"""A client for each sandbox, whose every answer is held against the dialect's OpenAPI document."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator, FormatChecker

from adapter.sandbox.shops import make_sandbox

OPENAPI = Path(__file__).parents[2] / "openapi"

Document = dict[str, Any]


class Clock:
    """A clock that stands still until told otherwise."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 9, 15, 20, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **length: float) -> None:
        self.now += timedelta(**length)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def document() -> Callable[[str], Document]:
    return load


@pytest.fixture
def connect(clock: Clock) -> Callable[..., httpx.AsyncClient]:
    """Open a client on a fresh sandbox: `connect("lana", credentials={...}, seed=1, headers={...})`."""

    def open_client(dialect: str, *, headers: Mapping[str, str] | None = None, **settings: Any) -> httpx.AsyncClient:
        document = load(dialect)
        app = make_sandbox(dialect, document, clock=clock, **settings)

        async def hold_against_document(response: httpx.Response) -> None:
            await response.aread()
            check(document, response)

        return httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app),
            base_url="http://backend.test",
            headers=dict(headers or {}),
            event_hooks={"response": [hold_against_document]},
        )

    return open_client


def load(dialect: str) -> Document:
    document: Document = json.loads((OPENAPI / f"{dialect}.json").read_text(encoding="utf-8"))
    return document


def check(document: Document, response: httpx.Response) -> None:
    """The status is declared for the route and the body fits its schema; routes not in the document pass."""
    operation = find(document, response.request)
    if operation is None:
        return
    declared = operation["responses"][str(response.status_code)]
    if "$ref" in declared:
        declared = document["components"]["responses"][declared["$ref"].rpartition("/")[2]]
    schema = declared["content"]["application/json"]["schema"]
    rooted = {**schema, "components": document["components"]}
    errors = list(Draft202012Validator(rooted, format_checker=FormatChecker()).iter_errors(response.json()))
    assert not errors, f"{response.status_code} {response.text}: {errors[0].message}"


def find(document: Document, request: httpx.Request) -> Document | None:
    for path, item in document["paths"].items():
        pattern = re.sub(r"\{[^}]+\}", "[^/]+", path)
        if re.fullmatch(pattern, request.url.path) and request.method.lower() in item:
            operation: Document = item[request.method.lower()]
            return operation
    return None
