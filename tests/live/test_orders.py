"""Every order of the corpus through the running gateway to every sandbox and back."""

import json
from uuid import uuid4

import httpx
from jsonschema import Draft202012Validator, FormatChecker

from adapter.core.canonical import COMPONENTS, RECEIPT_SCHEMA
from adapter.core.dialects import Dialect
from tests.conftest import HERE
from tests.conftest import ORDERS as ORDER_BODIES
from tests.live.conftest import House, headers

ORDERS = "/api/sync/v1/orders"

RECEIPT = Draft202012Validator(RECEIPT_SCHEMA | COMPONENTS, format_checker=FormatChecker())


def test_an_order_comes_back_as_a_receipt_or_names_what_it_lacks(
    house: House, dialect: Dialect, order_name: str, order_body: bytes
) -> None:
    golden = json.loads((HERE / "golden" / dialect.name / f"{order_name}.json").read_text())
    order_body = with_filled_cart(house, order_body) if dialect.name == "stella_checkout" else order_body
    seen = len(house.sandboxes[dialect.name].memory.requests)
    sent = {"Content-Type": "application/json", "Idempotency-Key": str(uuid4())}
    response = house.client.post(ORDERS, content=order_body, headers=headers(dialect.name, **sent))
    requests = house.sandboxes[dialect.name].memory.requests[seen:]

    if "problem" in golden:
        assert response.status_code == golden["problem"]["status"]
        assert response.json()["errors"] == golden["problem"]["errors"]
        assert not requests
        return
    assert response.status_code == 201, response.text
    assert not list(RECEIPT.iter_errors(response.json()))
    assert [(seen.method, seen.operation) for seen in requests] == [
        (call["method"], step) for call, step in zip(golden["calls"], operations(dialect, golden), strict=True)
    ]
    shown = house.client.get(response.headers["Location"], headers=headers(dialect.name)).json()
    assert shown["receipt"] == response.json()
    assert shown["losses"] == golden["losses"]
    assert house.client.get(f"{ORDERS}/{response.json()['id']}", headers=headers(dialect.name)).status_code == 200


def with_filled_cart(house: House, body: bytes) -> bytes:
    """An order that names a cart needs one that is there: fill it as the shopper's browser would have."""
    order = json.loads(body)
    if "cart_id" not in order:
        return body
    carts = f"{house.urls['stella_checkout']}/api/storefront/cart"
    sent = {"X-Site-ID": "site_id-1", "X-Stella-Token": "storefront_token-secret"}
    cart = httpx.post(carts, headers=sent | {"Idempotency-Key": str(uuid4())}).json()
    for line in order["line_items"]:
        item = {name: line[name] for name in ("variant_id", "quantity")}
        added = httpx.post(f"{carts}/{cart['id']}/items", json=item, headers=sent | {"Idempotency-Key": str(uuid4())})
        assert added.status_code == 200
    return json.dumps(order | {"cart_id": cart["id"]}).encode()


def operations(dialect: Dialect, golden: dict[str, list[dict[str, str]]]) -> list[str]:
    """The operation of each golden call, by the step its name begins with."""
    named = {step.rows.name: step.rows.operation for step in dialect.steps}
    return [named[call["call"].partition("[")[0]] for call in golden["calls"]]


def test_an_order_is_previewed_placed_and_accounted_for(house: House) -> None:
    sent = headers("lana")
    body = json.loads(ORDER_BODIES["us-two-lines-usd"])
    body["line_items"] = [{**line, "variant_id": "va_1"} for line in body["line_items"]]
    body |= {"note": "ring twice", "total": 1}
    before = house.rows(), house.sent()
    told = house.client.post("/api/sync/v1/orders/preview", json=body, headers=sent)

    assert (told.status_code, house.rows(), house.sent()) == (200, *before)
    assert [call["call"] for call in told.json()["calls"]] == ["create", "calculate", "allocate_number", "reserve"]
    placed = house.client.post("/api/sync/v1/orders", json=body, headers=sent)
    assert '"/total";backend="/total_price"' in placed.headers["Order-Revised"]
    shown = house.client.get(placed.headers["Location"], headers=sent).json()
    assert shown["kept"]["/note"] == "ring twice"
    ledger = house.client.get(f"{placed.headers['Location']}/ledger", headers=sent).json()["ledger"]
    assert [line for line in ledger if line["pointer"]] == [line for line in told.json()["ledger"] if line["pointer"]]
