"""What both Stella surfaces share: error envelopes, the idempotency rule, and the site id."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from adapter.sandbox import catalogue
from adapter.sandbox.calls import Answer, answer
from adapter.sandbox.memory import Complaint, IdempotencyRule
from adapter.sandbox.operations import Violation
from adapter.sandbox.rules import Shop

# https://docs.stella-commerce.com/concepts/idempotency; an "endpoint" includes its query. A stored refusal is
# replayed too: the page promises the *first response*, whatever it was.
IDEMPOTENCY = IdempotencyRule(
    compares=("endpoint", "body"),
    kept_for=timedelta(hours=24),
    replays_refusals=True,
    required_under=("/api/storefront/cart",),
    missing=Complaint(HTTPStatus.BAD_REQUEST, "idempotency_key_required"),
    mismatch=Complaint(HTTPStatus.UNPROCESSABLE_ENTITY, "idempotency_key_mismatch"),
)

# Variants to try refusals with. How a real shop refuses them is not published: the status and the code are guesses.
MISSING = "00000000-0000-4000-8000-000000000404"
SOLD_OUT = "00000000-0000-4000-8000-000000000409"

TYPES: Mapping[str, str] = {
    "required": "missing",
    "json": "json_invalid",
    "enum": "enum",
    "pattern": "string_pattern_mismatch",
    "minimum": "greater_than_equal",
    "maximum": "less_than_equal",
    "exclusiveMinimum": "greater_than",
    "exclusiveMaximum": "less_than",
    "minLength": "string_too_short",
    "maxLength": "string_too_long",
    "minItems": "too_short",
    "maxItems": "too_long",
    "additionalProperties": "extra_forbidden",
}

WANTED: Mapping[str, str] = {
    "string": "string_type",
    "integer": "int_type",
    "number": "float_type",
    "boolean": "bool_type",
    "array": "list_type",
    "object": "model_attributes_type",
}

FORMATS: Mapping[str, str] = {"uuid": "uuid_parsing", "date-time": "datetime_parsing"}


def invalid(violations: Sequence[Violation]) -> Answer:
    """422 with one `detail` entry for each violation: `loc`, `msg`, `type`."""
    detail = [{"loc": list(v.place), "msg": v.message, "type": _type(v)} for v in violations]
    return answer(HTTPStatus.UNPROCESSABLE_ENTITY, {"detail": detail})


def refuse(status: int, code: str) -> Answer:
    """Every other refusal: an `error` code."""
    return answer(status, {"error": code})


def site(shop: Shop, site_id: str, **secret: str) -> str | None:
    """The tenant a site id stands for, None unless it agrees with the secret that came with it."""
    return site_id if shop.accepts(site_id=site_id, **secret) else None


def nowhere(body: Mapping[str, Any]) -> Iterator[Violation]:
    """The addresses in a body that the shop finds nowhere."""
    for place in catalogue.find_nowhere(body, "postal_code"):
        yield Violation(("body", *place), "value", f"{catalogue.NOWHERE} is no place")


def _type(violation: Violation) -> str:
    if violation.problem == "type":
        wanted = violation.limit if isinstance(violation.limit, str) else violation.limit[0]
        return WANTED.get(wanted, "value_error")
    if violation.problem == "format":
        return FORMATS.get(violation.limit, "value_error")
    return TYPES.get(violation.problem, "value_error")
