"""Operations: an OpenAPI document is asked by operationId, and a wrong name is answered with the right ones."""

from collections.abc import Callable
from typing import Any

import pytest

from adapter.core.operations import find_operation
from adapter.errors import MappingError

ApiOf = Callable[[str], dict[str, Any]]

JSON = {"content": {"application/json": {"schema": {"type": "object"}}}}


def document(**operation: Any) -> dict[str, Any]:
    return {"paths": {"/a/{id}": {"parameters": [], "summary": "x", "post": {"operationId": "make"} | operation}}}


@pytest.mark.parametrize(
    ("dialect", "name", "method", "path", "has_body"),
    [
        ("enad", "create_order", "POST", "/api/v1/{team_slug}/{app_slug}/orders", True),
        ("lana", "create_order", "POST", "/orders.json", True),
        ("lana", "reserve_order", "POST", "/orders/reserve.json", False),
        ("lana", "list_orders", "GET", "/orders/page.json", False),
        ("stella_sync", "create_order", "POST", "/api/sync/v1/orders", True),
        ("stella_checkout", "add_cart_item", "POST", "/api/storefront/cart/{cart_id}/items", True),
        ("stella_checkout", "get_checkout", "GET", "/api/storefront/checkout/{checkout_id}", False),
    ],
)
def test_an_operation_is_found_with_its_method_path_and_schemas(
    dialect: str, name: str, method: str, path: str, has_body: bool, api_of: ApiOf
) -> None:
    operation = find_operation(api_of(dialect), name, "here")
    assert (operation.method, operation.path) == (method, path)
    assert (operation.body is not None) is has_body
    assert operation.answer


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("create_ordr", "did you mean 'create_order'?"),
        ("zzz", "known: allocate_order_number, calculate_order, create_order, list_orders, reserve_order"),
    ],
)
def test_an_unknown_operation_is_answered_with_the_nearest_or_with_those_that_exist(
    name: str, words: str, api_of: ApiOf
) -> None:
    with pytest.raises(MappingError) as caught:
        find_operation(api_of("lana"), name, "lana.toml: step[0].operation")
    assert f"unknown operation {name!r}" in str(caught.value)
    assert str(caught.value).endswith(f"{words} - at `lana.toml: step[0].operation`")


def test_the_answer_is_the_first_success_that_has_a_schema() -> None:
    second = {"content": {"application/json": {"schema": {"type": "array"}}}}
    found = find_operation(
        document(responses={"400": JSON, "204": {"description": "x"}, "201": second}), "make", "here"
    )
    assert found.answer == {"type": "array"}
    assert found.body is None


@pytest.mark.parametrize(
    "responses", [{}, {"400": JSON}, {"200": {"description": "x"}}, {"200": {"content": {"text/plain": {}}}}]
)
def test_an_operation_whose_success_has_no_json_is_of_no_use(responses: dict[str, Any]) -> None:
    with pytest.raises(MappingError, match="expected an answer of class 2xx with a JSON schema - at `here`"):
        find_operation(document(responses=responses), "make", "here")
