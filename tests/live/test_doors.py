"""The doors as their callers know them: credentials, keys, refusals, bad input."""

import json
from typing import Any
from uuid import uuid4

import pytest

from adapter.shell.files import load_document, shipped
from tests.conftest import CALLER_SECRET
from tests.conftest import ORDERS as CORPUS
from tests.live.conftest import House, headers

ORDERS = "/api/sync/v1/orders"
LEGACY = "/api/sync/orders"

GOOD: dict[str, Any] = json.loads(CORPUS["us-two-lines-usd"])


def order(**changes: Any) -> dict[str, Any]:
    return {**GOOD, **changes}


def line(**changes: Any) -> dict[str, Any]:
    return order(line_items=[{"quantity": 1, "price": 5, "name": "x", **changes}])


def test_either_pair_of_credentials_opens_the_door(house: House) -> None:
    second = {"X-Sync-Secret": CALLER_SECRET, "X-Site-ID": "stella_sync"}

    assert house.client.post(ORDERS, json=GOOD, headers=headers("stella_sync")).status_code == 201
    assert house.client.post(ORDERS, json=GOOD, headers=second).status_code == 201


def test_the_legacy_door_takes_the_same_order_and_no_key(house: House) -> None:
    sent = {"X-Sync-Secret": CALLER_SECRET, "X-Site-ID": "stella_sync", "Idempotency-Key": str(uuid4())}
    first = house.client.post(LEGACY, json=GOOD, headers=sent)
    second = house.client.post(LEGACY, json=GOOD, headers=sent)

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] != second.json()["id"]


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"Authorization": f"Bearer {CALLER_SECRET}"},
        {"X-Stella-Site-Id": "enad"},
        {"Authorization": "Bearer wrong", "X-Stella-Site-Id": "enad"},
        {"Authorization": f"Basic {CALLER_SECRET}", "X-Stella-Site-Id": "enad"},
        {"Authorization": f"Bearer {CALLER_SECRET}", "X-Stella-Site-Id": "nobody"},
        {"X-Sync-Secret": CALLER_SECRET, "X-Stella-Site-Id": "enad"},
    ],
)
def test_wrong_credentials_are_refused_alike(house: House, wrong: dict[str, str]) -> None:
    before = house.rows(), house.sent()
    response = house.client.post(ORDERS, json=GOOD, headers=wrong)

    assert response.status_code == 401
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["type"] == "/problems/unauthenticated"
    assert (house.rows(), house.sent()) == before


BAD_BODIES: list[tuple[str, Any, int, str | None]] = [
    ("not JSON", b"{", 400, None),
    ("no UTF-8", b'{"email": "\xff"}', 400, None),
    ("not an object", b"[]", 422, ""),
    ("a nesting bomb", b"[" * 100_000, 400, None),
    ("an endless exponent", b'{"total": 1E+1000000}', 400, None),
    ("nothing in it", {}, 422, "/email"),
    ("wrong type", order(email=5), 422, "/email"),
    ("no e-mail", order(email="nobody"), 422, "/email"),
    ("no lines", order(line_items=[]), 422, "/line_items"),
    ("quantity 0", line(quantity=0), 422, "/line_items/0/quantity"),
    ("quantity as text", line(quantity="1"), 422, "/line_items/0/quantity"),
    ("a negative price", line(price=-1), 422, "/line_items/0/price"),
    ("a price as text", line(price="5"), 422, "/line_items/0/price"),
    ("half a cent", line(price=0.005), 422, "/line_items/0/price"),
    ("cents in yen", order(currency="JPY", total=1.5), 422, "/total"),
    ("an unknown currency", order(currency="XYZ"), 422, "/currency"),
    ("an unknown country", order(shipping_address={"country": "Narnia"}), 422, "/shipping_address/country"),
    ("an unknown billing country", order(billing_address={"country": "Q1"}), 422, "/billing_address/country"),
    ("over the limit", order(note="x" * 300_000), 413, None),
]


@pytest.mark.parametrize("site_id", ["stella_sync", "stella_checkout", "enad", "lana"])
@pytest.mark.parametrize(
    ("body", "status", "pointer"), [row[1:] for row in BAD_BODIES], ids=[row[0] for row in BAD_BODIES]
)
def test_bad_input_is_a_problem_that_points_at_it(
    house: House, site_id: str, body: Any, status: int, pointer: str | None
) -> None:
    before = house.rows(), house.sent()
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {"Content-Type": "application/json", "Idempotency-Key": str(uuid4())}
    response = house.client.post(ORDERS, content=content, headers=headers(site_id, **sent))

    assert response.status_code == status, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    assert "safe_new_key" not in response.json()
    if pointer is not None:
        assert pointer in [fault["pointer"] for fault in response.json()["errors"]]
    assert (house.rows(), house.sent()) == before


def test_another_media_type_is_refused(house: House) -> None:
    response = house.client.post(ORDERS, content=b"<order/>", headers=headers("enad", **{"Content-Type": "text/xml"}))

    assert response.status_code == 415


def test_a_thin_address_is_enough_where_the_dialect_says_so(house: House) -> None:
    thin = order(shipping_address={"city": "Kathmandu"}, billing_address=None)

    assert house.client.post(ORDERS, json=thin, headers=headers("stella_sync")).status_code == 201
    refused = house.client.post(ORDERS, json=thin, headers=headers("lana"))
    assert refused.status_code == 422
    named = {fault["pointer"] for fault in refused.json()["errors"] if fault["code"] == "required"}
    assert named == {
        f"/shipping_address/{name}"
        for name in ("first_name", "last_name", "address1", "state", "postal_code", "country")
    }


def test_members_nobody_knows_are_told_and_not_refused(house: House) -> None:
    untidy = order(source="widget", external_id="1", first_name="A", last_name="B", extra={"deep": [1]})
    response = house.client.post(ORDERS, json=untidy, headers=headers("stella_sync"))

    assert response.status_code == 201
    told = response.headers["Order-Losses"].split(", ")
    assert told == [
        f'"{pointer}";code=unknown'
        for pointer in ("/source", "/external_id", "/first_name", "/last_name", "/extra/deep/0")
    ]


# The rows of the idempotency table in the README.


def test_row_1_a_tenant_may_require_a_key(house: House) -> None:
    response = house.client.post(ORDERS, json=GOOD, headers=headers("strict"))

    assert (response.status_code, response.json()["type"]) == (400, "/problems/idempotency-key-missing")


@pytest.mark.parametrize("key", ["", "x" * 256, "a,b", '"a";b=1', "k\u00e9y"])
def test_row_2_a_malformed_key_is_refused(house: House, key: str) -> None:
    sent = [*headers("stella_sync").items(), ("Idempotency-Key", key.encode("latin-1"))]
    response = house.client.post(ORDERS, json=GOOD, headers=sent)  # type: ignore[arg-type]  # bytes beside text

    assert (response.status_code, response.json()["type"]) == (400, "/problems/idempotency-key-invalid")


def test_row_2_two_keys_are_refused(house: House) -> None:
    sent = [*headers("stella_sync").items(), ("Idempotency-Key", "a"), ("Idempotency-Key", "a")]

    assert house.client.post(ORDERS, json=GOOD, headers=sent).status_code == 400


def test_rows_4_and_5_the_first_answer_is_given_again(house: House) -> None:
    key = str(uuid4())
    first = house.client.post(ORDERS, json=GOOD, headers=headers("stella_sync", **{"Idempotency-Key": key}))
    spelt = json.dumps(dict(reversed(GOOD.items())), indent=4)
    sent = headers("stella_sync", **{"Idempotency-Key": f'"{key}"', "Content-Type": "application/json"})
    before = house.sent()
    again = house.client.post(ORDERS, content=spelt, headers=sent)

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert house.sent() == before


def test_row_6_a_final_refusal_is_given_again(house: House) -> None:
    sold_out = json.loads(CORPUS["us-va-ids-state-name-usd"])
    sold_out["line_items"][0]["variant_id"] = "va_soldout1"
    sent = headers("lana", **{"Idempotency-Key": str(uuid4())})
    first = house.client.post(ORDERS, json=sold_out, headers=sent)
    before = house.sent()
    again = house.client.post(ORDERS, json=sold_out, headers=sent)

    assert (first.status_code, first.json()["type"]) == (422, "/problems/order-refused")
    assert first.json()["safe_new_key"] is True
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert house.sent() == before


def test_row_8_a_key_belongs_to_one_order(house: House) -> None:
    sent = headers("stella_sync", **{"Idempotency-Key": str(uuid4())})
    house.client.post(ORDERS, json=GOOD, headers=sent)
    before = house.sent()
    response = house.client.post(ORDERS, json=order(note="another"), headers=sent)

    assert (response.status_code, response.json()["type"]) == (422, "/problems/idempotency-key-reused")
    assert response.json()["safe_new_key"] is False
    assert house.sent() == before


def test_row_12_what_was_never_sent_may_be_tried_again(house: House) -> None:
    sent = headers("closed", **{"Idempotency-Key": str(uuid4())})
    enad = json.loads(CORPUS["us-two-lines-usd"])
    first = house.client.post(ORDERS, json=enad, headers=sent)
    again = house.client.post(ORDERS, json=enad, headers=sent)

    for response in (first, again):
        assert (response.status_code, response.json()["type"]) == (503, "/problems/operation-not-applied")
        assert response.json()["safe_new_key"] is True
    assert first.headers["Location"] == again.headers["Location"]


def test_row_17_a_key_means_nothing_to_another_tenant(house: House) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    first = house.client.post(ORDERS, json=GOOD, headers=headers("stella_sync", **key))
    second = house.client.post(ORDERS, json=GOOD, headers=headers("strict", **key))

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] != second.json()["id"]


def test_an_order_is_shown_to_its_tenant_alone(house: House) -> None:
    placed = house.client.post(ORDERS, json=GOOD, headers=headers("stella_sync"))
    for path in (placed.headers["Location"], f"{ORDERS}/{placed.json()['id']}"):
        assert house.client.get(path, headers=headers("stella_sync")).json()["state"] == "succeeded"
        foreign = house.client.get(path, headers=headers("enad"))
        assert (foreign.status_code, foreign.json()["type"]) == (404, "/problems/not-found")
    assert house.client.get(f"{ORDERS}/{uuid4()}", headers=headers("stella_sync")).status_code == 404


def test_the_one_time_token_is_passed_on_and_not_stored(house: House) -> None:
    online = order(payment_method="online")
    sent = headers("stella_checkout", **{"Idempotency-Key": str(uuid4())})
    first = house.client.post(ORDERS, json=online, headers=sent)
    token = first.headers["Order-Secrets"].removeprefix('access-token="').removesuffix('"')
    again = house.client.post(ORDERS, json=online, headers=sent)

    assert token.startswith("chk_")
    assert first.headers["Cache-Control"] == "no-store"
    assert "Order-Secrets" not in again.headers
    files = house.journal.parent.glob("journal.db*")
    assert not any(token.encode() in file.read_bytes() for file in files)


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/nowhere", 404), ("GET", ORDERS, 405), ("PUT", LEGACY, 405)]
)
def test_other_doors_answer_with_problems(house: House, method: str, path: str, status: int) -> None:
    response = house.client.request(method, path)

    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"


def test_the_document_and_the_health_are_there_for_everybody(house: House) -> None:
    assert house.client.get("/healthz").json() == {"status": "ok"}
    assert house.client.get("/openapi.json").json() == load_document(shipped(), "gateway")
