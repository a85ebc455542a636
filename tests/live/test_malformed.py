"""Bad bodies and naughty texts through the real server: never a 5xx, and no row of what was refused."""

import json
from typing import Any

import httpx
import pytest

from tests.live.conftest import House, headers
from tests.live.malformed import GOOD, NAUGHTY, broken, misshapen, mutated

ORDERS = "/api/sync/v1/orders"
BEFORE_THE_CLAIM = {"unreadable-body", "invalid-order", "unmappable-order", "loss-refused", "body-too-large"}


def post(house: House, body: bytes, site_id: str = "stella_sync", path: str = ORDERS) -> httpx.Response:
    return house.client.post(path, content=body, headers=headers(site_id, **{"Content-Type": "application/json"}))


def say(order: dict[str, Any]) -> bytes:
    return json.dumps(order).encode()


def judge(response: httpx.Response, house: House, rows: int) -> None:
    """No mistake of ours, and a row for those alone that came to be an operation."""
    assert response.status_code < 500, response.text
    if response.status_code == 201:
        assert house.rows() == rows + 1
        return
    assert response.headers["Content-Type"] == "application/problem+json"
    kind = response.json()["type"].removeprefix("/problems/")
    assert kind in BEFORE_THE_CLAIM | {"order-refused"}
    assert house.rows() == rows + (kind == "order-refused")


def test_what_is_no_json_is_refused_and_leaves_no_row(house: House) -> None:
    before = house.rows(), house.sent()
    answers = {body: post(house, body) for body in broken()}

    told = {body: (answer.status_code, answer.json()["type"]) for body, answer in answers.items()}
    assert len(told) > 150
    assert {body: said for body, said in told.items() if said[1] != "/problems/unreadable-body"} == {}
    assert {status for status, _ in told.values()} == {400}
    assert (house.rows(), house.sent()) == before


@pytest.mark.parametrize("seed", range(2))
def test_an_order_with_a_few_bytes_changed_never_breaks_anything(house: House, seed: int) -> None:
    statuses = set()
    for body in mutated(seed, 100):
        rows = house.rows()
        response = post(house, body)
        judge(response, house, rows)
        statuses.add(response.status_code)

    assert {400, 422} <= statuses


def test_an_order_of_odd_shape_never_breaks_anything(house: House) -> None:
    for order in misshapen():
        rows = house.rows()
        judge(post(house, say(order)), house, rows)


@pytest.mark.parametrize("site_id", ["stella_sync", "enad", "lana", "bazaar"])
def test_naughty_texts_never_break_anything(house: House, site_id: str) -> None:
    line, address = GOOD["line_items"][0], GOOD["shipping_address"]
    for text in NAUGHTY:
        everywhere = GOOD | {
            "note": text,
            "phone": text,
            "payment_intent_id": text,
            text: text,
            "line_items": [line | {"name": text, "size": text, "image_url": text, "x": text}],
            "shipping_address": address | {"first_name": text, "company": text, "address2": text, "phone": text},
        }
        rows = house.rows()
        judge(post(house, say(everywhere), site_id), house, rows)


def test_naughty_texts_break_no_preview(house: House) -> None:
    rows = house.rows()
    for text in NAUGHTY:
        order = GOOD | {"note": text, "shipping_address": GOOD["shipping_address"] | {"city": text}}
        response = post(house, say(order), "stella_checkout", f"{ORDERS}/preview")
        assert response.status_code in (200, 422), response.text
    assert house.rows() == rows


def test_naughty_texts_arrive_as_they_were_sent(house: House) -> None:
    for text in NAUGHTY:
        response = post(house, say(GOOD | {"note": text}))
        if response.status_code == 201 and text.strip():
            (sent,) = house.sandboxes["stella_sync"].memory.requests[-1:]
            assert json.loads(sent.body)["note"] == text
        else:
            assert not text.strip() or response.json()["errors"][0]["code"] == "control_character"


@pytest.mark.parametrize("where", ["key", "site id", "path"])
def test_naughty_texts_in_keys_and_ids_never_break_anything(house: House, where: str) -> None:
    for text in NAUGHTY:
        rows = house.rows()
        sent = headers("stella_sync")
        path = ORDERS
        if where == "path":
            response = house.client.get(f"{ORDERS}/{httpx.QueryParams({'a': text}).__str__()[2:]}", headers=sent)
        else:
            name = {"key": "Idempotency-Key", "site id": "X-Stella-Site-Id"}[where]
            lines = [(key, value.encode()) for key, value in sent.items() if key != name]
            try:
                response = house.client.post(
                    path,
                    content=say(GOOD),
                    headers=[*lines, (b"content-type", b"application/json"), (name.encode(), text.encode())],  # type: ignore[arg-type]
                )
            except httpx.LocalProtocolError:  # what no client can write is tried in tests/framing
                continue
        assert response.status_code < 500, response.text
        # several texts are one key, such as a bare one and the same in quotes
        placed = response.status_code == 201 and "idempotent-replayed" not in response.headers
        assert house.rows() == rows + placed
