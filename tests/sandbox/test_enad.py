"""Enad: what is echoed, what is renamed, what is refused, and that a key means nothing."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.anyio

Connect = Callable[..., httpx.AsyncClient]

URL = "/api/v1/team/app/orders"
KEYS = {"Authorization": "anything"}
TOTALS = {"sub_total": 20, "tax_total": 4.2, "shipping_total": 3, "discount_total": 1, "grand_total": 26.2}


def line(**changes: Any) -> dict[str, Any]:
    return {
        "product_id": "p1",
        "variant_id": "v1",
        "quantity": 2,
        "base_price_amount": 10,
        "total_price_amount": 20,
        "currency_code": "SEK",
        **changes,
    }


def order(**changes: Any) -> dict[str, Any]:
    return {
        "reference": "W-1",
        "source": "widget",
        "status": "placed",
        "country_code": "SE",
        "language_code": "sv",
        "currency_code": "SEK",
        **TOTALS,
        "lines": [line()],
        **changes,
    }


async def test_a_good_order_comes_back_as_stored_under_its_output_names(connect: Connect) -> None:
    body = order(merchant_user_id="m1", shipping_methods=["post"], billing_address={"email": "a@b.co"})
    reply = await connect("enad", headers=KEYS).post(URL, json=body)
    answer = reply.json()
    data = answer["data"]
    assert (reply.status_code, answer["success"], answer["details"]) == (201, True, [])
    assert {name: data[name] for name in TOTALS} == TOTALS
    assert (data["reference"], data["shipping_methods"]) == ("W-1", ["post"])
    assert data["billing_address"]["email"] == "a@b.co"
    assert data["merchant_user"]["id"] == "m1"
    assert not {"status", "lines", "merchant_user_id", "shipping_address"} & set(data)


async def test_a_line_comes_back_with_what_the_catalogue_knows(connect: Connect) -> None:
    reply = await connect("enad", headers=KEYS).post(URL, json=order())
    (stored,) = reply.json()["data"]["order_lines"]
    assert line().items() <= stored.items()
    assert stored["order_id"] == reply.json()["data"]["id"]
    assert stored["total_sale_price"] == 20
    assert stored["product_name"]


async def test_a_caller_chooses_no_ids(connect: Connect) -> None:
    body = order(id="mine", lines=[line(id="mine")], shipping_address={"id": "mine", "city": "Lund"})
    data = (await connect("enad", headers=KEYS).post(URL, json=body)).json()["data"]
    assert "mine" not in {data["id"], data["order_lines"][0]["id"], data["shipping_address"]["id"]}


async def test_a_fraction_comes_back_digit_for_digit(connect: Connect) -> None:
    client = connect("enad", headers=KEYS | {"Content-Type": "application/json"})
    text = client.build_request("POST", URL, json=order()).content.replace(b"26.2", b"26.20000000000000000001")
    assert b"26.20000000000000000001" in (await client.post(URL, content=text)).content


async def test_products_and_variants_must_exist(connect: Connect) -> None:
    lines = [line(), line(variant_id="missing-1"), line(product_id="missing-2")]
    reply = await connect("enad", headers=KEYS).post(URL, json=order(lines=lines))
    assert reply.status_code == 422
    assert reply.json() == {
        "data": None,
        "details": [
            "lines.1.variant_id: variant missing-1 does not exist",
            "lines.2.product_id: product missing-2 does not exist",
        ],
        "success": False,
    }


INVALID = {
    "no lines": ({"lines": []}, "lines: "),
    "a line without a variant": (
        {"lines": [{k: v for k, v in line().items() if k != "variant_id"}]},
        "lines.0.variant_id: Field required",
    ),
    "a status nobody knows": ({"status": "pending"}, "status: "),
    "a negative total": ({"grand_total": -1}, "grand_total: "),
}


@pytest.mark.parametrize(("changes", "detail"), INVALID.values(), ids=INVALID.keys())
async def test_an_invalid_member_is_told_in_details(connect: Connect, changes: dict[str, Any], detail: str) -> None:
    reply = await connect("enad", headers=KEYS).post(URL, json=order(**changes))
    answer = reply.json()
    assert (reply.status_code, answer["data"], answer["success"]) == (422, None, False)
    assert len(answer["details"]) == 1
    assert answer["details"][0].startswith(detail)


async def test_a_body_that_is_no_json_is_told_in_details(connect: Connect) -> None:
    reply = await connect("enad", headers=KEYS | {"Content-Type": "application/json"}).post(URL, content=b"{")
    assert reply.status_code == 422
    assert reply.json()["details"][0].startswith("body: ")


async def test_the_header_the_shop_names_must_carry_its_value(connect: Connect) -> None:
    client = connect("enad", credentials={"header": "X-Api-Key", "value": "k1"})
    right = await client.post(URL, json=order(), headers={"x-api-key": "k1"})
    wrong = await client.post(URL, json=order(), headers={"x-api-key": "k2"})
    other = await client.post(URL, json=order(), headers={"Authorization": "k1"})
    assert [reply.status_code for reply in (right, wrong, other)] == [201, 401, 401]
    assert wrong.json() == {"data": None, "details": ["unauthorized"], "success": False}


async def test_without_credentials_an_authorization_header_is_enough(connect: Connect) -> None:
    client = connect("enad")
    statuses = [(await client.post(URL, json=order(), headers=h)).status_code for h in ({}, KEYS)]
    assert statuses == [401, 201]


async def test_a_key_is_ignored_and_a_repeat_is_a_second_order(connect: Connect) -> None:
    client = connect("enad", headers=KEYS | {"Idempotency-Key": "k"})
    ids = {(await client.post(URL, json=order())).json()["data"]["id"] for _ in range(2)}
    ledger = (await client.get("/_sandbox/ledger")).json()
    assert {kept["id"] for kept in ledger["orders"]} == ids
    assert len(ids) == 2
    assert [kept["tenant"] for kept in ledger["orders"]] == ["team/app", "team/app"]
    assert [kept["asked"]["reference"] for kept in ledger["orders"]] == ["W-1", "W-1"]


async def test_a_sold_out_variant_is_recorded_with_a_remark(connect: Connect) -> None:
    reply = await connect("enad", headers=KEYS).post(URL, json=order(lines=[line(), line(variant_id="soldout-1")]))
    assert (reply.status_code, reply.json()["success"]) == (201, True)
    assert reply.json()["details"] == ["lines.1.variant_id: variant soldout-1 is out of stock"]


async def test_an_address_must_be_somewhere(connect: Connect) -> None:
    reply = await connect("enad", headers=KEYS).post(URL, json=order(shipping_address={"postal_code": "00000"}))
    assert (reply.status_code, reply.json()["details"]) == (422, ["shipping_address.postal_code: no such place"])
