"""The sandbox of a dialect nobody has written rules for: it checks requests and answers with the examples."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapter.sandbox.backend import LEDGER
from adapter.sandbox.example import make_rules
from adapter.sandbox.shops import make_sandbox

pytestmark = pytest.mark.anyio

DOCUMENT: dict[str, Any] = json.loads((Path(__file__).parents[1] / "fifth" / "openapi" / "bazaar.json").read_text())
OPERATION = DOCUMENT["paths"]["/v2/stalls/{stall}/purchases"]["put"]
PURCHASE = OPERATION["requestBody"]["content"]["application/json"]["example"]
((STATUS, SUCCESS),) = [(int(s), r) for s, r in OPERATION["responses"].items() if s.startswith("2")]
EXAMPLE = SUCCESS["content"]["application/json"]["example"]

URL = "/v2/stalls/main/purchases"
KEY = {"X-Bazaar-Key": "any"}


def connect(document: dict[str, Any] = DOCUMENT) -> httpx.AsyncClient:
    app = make_sandbox("bazaar", document)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://backend.test")


async def test_a_sound_request_is_answered_with_the_example() -> None:
    answers = [await connect().put(URL, json=PURCHASE, headers=KEY) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [STATUS, STATUS]
    assert [answer.json() for answer in answers] == [EXAMPLE, EXAMPLE]


async def test_requests_are_in_the_ledger_and_each_one_runs() -> None:
    client = connect()
    for _ in range(2):
        await client.put(URL, json=PURCHASE, headers=KEY | {"Idempotency-Key": "k"})
    seen = (await client.get(LEDGER)).json()["requests"]

    assert [(one["operation"], one["status"], one["replayed"]) for one in seen] == [("submit", STATUS, False)] * 2
    assert {one["tenant"] for one in seen} == {"anyone"}
    assert {one["idempotency_key"] for one in seen} == {"k"}
    assert [json.loads(one["body"]) for one in seen] == [PURCHASE, PURCHASE]


WRONG: dict[str, tuple[Any, dict[str, str], str]] = {
    "a member that is missing": ({k: v for k, v in PURCHASE.items() if k != "basket"}, KEY, "body/basket"),
    "a wrong type": (PURCHASE | {"basket": {}}, KEY, "body/basket"),
    "a wrong type within": (PURCHASE | {"basket": [{"count": 1, "sku": "x"}]}, KEY, "body/basket/0/count"),
    "a header that is missing": (PURCHASE, {}, "header/X-Bazaar-Key"),
}


@pytest.mark.parametrize(("body", "headers", "place"), WRONG.values(), ids=WRONG)
async def test_a_request_that_does_not_fit_is_refused_at_its_place(
    body: Any, headers: dict[str, str], place: str
) -> None:
    response = await connect().put(URL, json=body, headers=headers)

    assert (response.status_code, response.json()["error"]) == (400, "invalid")
    assert place in [violation["place"] for violation in response.json()["violations"]]


async def test_a_body_that_is_no_json_is_refused() -> None:
    response = await connect().put(URL, content=b"{", headers=KEY | {"Content-Type": "application/json"})

    assert (response.status_code, response.json()["error"]) == (400, "invalid")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [("GET", "/nowhere", 404, "not_found"), ("GET", URL, 405, "method_not_allowed")],
)
async def test_what_the_document_does_not_offer_is_refused(method: str, path: str, status: int, code: str) -> None:
    response = await connect().request(method, path)

    assert (response.status_code, response.json()) == (status, {"error": code})


def test_there_is_a_handler_for_every_operation_and_no_other() -> None:
    second = {"operationId": "look", "responses": {"404": {}, "200": SUCCESS}}
    paths = DOCUMENT["paths"] | {"/v2/look": {"summary": "not an operation", "get": second}}

    assert set(make_rules(DOCUMENT).handlers) == {"submit"}
    assert set(make_rules({"paths": paths}).handlers) == {"submit", "look"}


def test_a_success_without_an_example_is_named() -> None:
    bare = {"operationId": "look", "responses": {"200": {"content": {"application/json": {"schema": {}}}}}}
    with pytest.raises(ValueError, match="look: expected a success answer with an example"):
        make_rules({"paths": {"/look": {"get": bare}}})
