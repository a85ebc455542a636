# mypy: ignore-errors
"""A quicker way: Starlette, msgspec, httpx2's client, a mapping by hand to Enad."""

import os
from typing import Any

import httpx2
import msgspec
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from tests.peers.mapping import to_enad, to_receipt

client = httpx2.AsyncClient(base_url=os.environ["PEER_BACKEND"], trust_env=False, timeout=30.0)


class Order(msgspec.Struct):
    email: str
    line_items: list[dict[str, Any]]
    shipping_address: dict[str, str | None]
    payment_method: str
    note: str | None = None
    subtotal: float | None = None
    total: float | None = None
    currency: str = "USD"


DECODER = msgspec.json.Decoder(Order)


async def place_order(request):
    if request.headers["authorization"] != "Bearer bench-secret":
        return Response(status_code=401)
    order = DECODER.decode(await request.body())
    body = msgspec.json.encode(to_enad(msgspec.structs.asdict(order)))
    answer = await client.post(os.environ["PEER_PATH"], content=body, headers={"Content-Type": "application/json"})
    receipt = to_receipt(msgspec.json.decode(answer.content), order.email)
    return Response(msgspec.json.encode(receipt), status_code=201, media_type="application/json")


app = Starlette(routes=[Route("/api/sync/v1/orders", place_order, methods=["POST"])])
