"""Two tenants over every door and every id: nothing crosses, and the operator's doors are not among them."""

import json
from collections.abc import Iterator
from itertools import product
from typing import Any, NamedTuple
from uuid import uuid4

import httpx
import pytest

from adapter.errors import PROBLEMS
from adapter.shell.admin import AdminDoors
from adapter.shell.files import load_document, shipped
from adapter.shell.metrics import Metrics
from tests.conftest import CALLER_SECRET
from tests.conftest import ORDERS as CORPUS
from tests.live.conftest import House, headers

ORDERS = "/api/sync/v1/orders"
DOCUMENT = load_document(shipped(), "gateway")

# Both speak one dialect with one backend, so that whatever could cross would fit.
OURS, THEIRS = "stella_sync", "strict"

MARKS = {"email": "ours.alone@example.com", "note": "a note of ours alone", "extra_of_ours": "ours alone"}
ORDER: dict[str, Any] = json.loads(CORPUS["us-two-lines-usd"]) | MARKS

# Every door there is: whether an order is named in it. A door that is missing here fails the test below.
DOORS = {
    ("post", ORDERS): False,
    ("post", f"{ORDERS}/preview"): False,
    ("post", "/api/sync/orders"): False,
    ("get", f"{ORDERS}/{{order_id}}"): True,
    ("get", f"{ORDERS}/{{order_id}}/ledger"): True,
}
OPEN_DOORS = {("get", path) for path in ("/healthz", "/openapi.json", "/docs", "/problems", "/problems/{name}")}


class Placed(NamedTuple):
    """An order of ours, with its key and all that names it."""

    key: str
    answer: httpx.Response
    ids: dict[str, str]


@pytest.fixture(scope="module")
def placed(house: House) -> Placed:
    key = str(uuid4())
    answer = house.client.post(ORDERS, json=ORDER, headers=headers(OURS, **{"Idempotency-Key": key}))
    assert answer.status_code == 201
    receipt = answer.json()
    ids = {"operation": answer.headers["Location"].rpartition("/")[2], "receipt": receipt["id"]}
    return Placed(key, answer, ids | {"number": receipt["order_number"]})


def doors() -> Iterator[tuple[str, str]]:
    for path, item in DOCUMENT["paths"].items():
        for method in item:
            yield method, path


def test_the_matrix_has_every_door_of_the_document() -> None:
    assert set(doors()) == DOORS.keys() | OPEN_DOORS


def tells_of_ours(answer: httpx.Response, placed: Placed) -> list[str]:
    """What an answer tells of our order: its values, its ids, or what its receipt says."""
    text = f"{answer.text} {dict(answer.headers)}"
    return [mark for mark in (*MARKS.values(), placed.ids["operation"], placed.ids["receipt"]) if mark in text]


LOOKS = [path for (_, path), named in DOORS.items() if named]


@pytest.mark.parametrize(("path", "name"), list(product(LOOKS, ("operation", "receipt", "number"))))
def test_an_order_is_found_by_its_own_tenant_and_by_no_other(
    house: House, placed: Placed, path: str, name: str
) -> None:
    place = path.format(order_id=placed.ids[name])
    own = house.client.get(place, headers=headers(OURS))
    foreign = house.client.get(place, headers=headers(THEIRS))
    unknown = house.client.get(path.format(order_id=uuid4()), headers=headers(THEIRS))

    assert own.status_code == (404 if name == "number" else 200)
    assert (foreign.status_code, foreign.json()) == (404, unknown.json())
    assert tells_of_ours(foreign, placed) == []


def test_a_key_of_ours_is_nothing_to_another_tenant(house: House, placed: Placed) -> None:
    other = ORDER | {"email": "theirs@example.com", "note": "theirs"}
    answer = house.client.post(ORDERS, json=other, headers=headers(THEIRS, **{"Idempotency-Key": placed.key}))

    assert answer.status_code == 201
    assert "Idempotent-Replayed" not in answer.headers
    assert [mark for mark in tells_of_ours(answer, placed) if mark != MARKS["extra_of_ours"]] == []
    again = house.client.post(ORDERS, json=ORDER, headers=headers(OURS, **{"Idempotency-Key": placed.key}))
    assert (again.content, again.headers["Idempotent-Replayed"]) == (placed.answer.content, "true")


@pytest.mark.parametrize("names", ["Authorization X-Stella-Site-Id", "X-Sync-Secret X-Site-ID"])
@pytest.mark.parametrize(("method", "path"), DOORS)
def test_without_a_right_credential_no_door_opens(
    house: House, placed: Placed, method: str, path: str, names: str
) -> None:
    before = house.rows(), house.sent()
    secret_name, site_name = names.split()
    mixed = {secret_name: "Bearer of nothing" if secret_name == "Authorization" else "nothing", site_name: OURS}
    for sent in ({}, mixed, {site_name: OURS}, {secret_name: CALLER_SECRET}, {"Cookie": f"site={OURS}"}):
        body = ORDER if method == "post" else None
        answer = house.client.request(method, path.format(order_id=placed.ids["operation"]), headers=sent, json=body)
        assert (answer.status_code, answer.json()["type"]) == (401, "/problems/unauthenticated")
        assert tells_of_ours(answer, placed) == []
    assert (house.rows(), house.sent()) == before


def test_a_tenant_named_in_the_body_or_the_address_changes_nothing(house: House, placed: Placed) -> None:
    named = ORDER | {
        "tenant": OURS,
        "site_id": OURS,
        "operation_id": placed.ids["operation"],
        "email": "theirs@example.com",
    }
    answer = house.client.post(f"{ORDERS}/preview?site_id={OURS}&tenant={OURS}", json=named, headers=headers(THEIRS))
    looked = house.client.get(f"{placed.answer.headers['Location']}?site_id={OURS}", headers=headers(THEIRS))

    assert answer.status_code == 200
    assert looked.status_code == 404


@pytest.mark.parametrize(("method", "path"), sorted(OPEN_DOORS))
def test_what_is_open_to_everybody_tells_of_nobody(house: House, placed: Placed, method: str, path: str) -> None:
    answer = house.client.request(method, path.format(name=next(iter(PROBLEMS))))

    assert answer.status_code == 200
    assert tells_of_ours(answer, placed) == []


def test_the_operators_doors_do_not_answer_on_the_clients_port(house: House, placed: Placed) -> None:
    admin = AdminDoors(None, Metrics(), dict, dict, dict, "")  # type: ignore[arg-type]  # only its routes are asked
    paths = {route.path for route in admin.app().routes if hasattr(route, "path")}
    assert {"/metrics", "/readyz"} <= paths
    for path, more in product(paths - {"/healthz"}, ({}, headers(OURS), {"Authorization": f"Bearer {CALLER_SECRET}"})):
        for method in ("GET", "POST", "HEAD", "OPTIONS"):
            assert house.client.request(method, path, headers=more).status_code == 404
