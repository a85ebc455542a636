# mypy: ignore-errors
"""The usual way: FastAPI, pydantic in and out, httpx's client, a mapping by hand to Enad."""

import os

import httpx
from fastapi import FastAPI, Header, HTTPException
from pydantic import BaseModel

from tests.peers.mapping import to_enad, to_receipt

app = FastAPI()
client = httpx.AsyncClient(base_url=os.environ["PEER_BACKEND"], trust_env=False, timeout=30.0)


class Line(BaseModel):
    quantity: int
    name: str | None = None
    size: str | None = None
    price: float | None = None
    variant_id: str | None = None
    product_id: str | None = None


class Address(BaseModel):
    first_name: str | None = None
    last_name: str | None = None
    address1: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str | None = None
    phone: str | None = None


class Order(BaseModel):
    email: str
    line_items: list[Line]
    shipping_address: Address
    payment_method: str
    note: str | None = None
    subtotal: float | None = None
    total: float | None = None
    currency: str = "USD"
    source: str | None = None


class Receipt(BaseModel):
    id: str
    order_number: str
    email: str
    total: str
    currency: str
    status: str
    payment_status: str
    created_at: str


@app.post("/api/sync/v1/orders", status_code=201)
async def place_order(order: Order, authorization: str = Header()) -> Receipt:
    if authorization != "Bearer bench-secret":
        raise HTTPException(401)
    answer = await client.post(os.environ["PEER_PATH"], json=to_enad(order.model_dump()))
    answer.raise_for_status()
    return Receipt(**to_receipt(answer.json(), order.email))
