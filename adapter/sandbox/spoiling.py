"""How a good answer is spoilt on its way out: another status, no JSON, another shape, other totals, less of it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from http import HTTPStatus
from random import Random
from types import MappingProxyType
from typing import Any

from adapter.sandbox.calls import Answer, answer, decode

# A dialect's way to say no: status and code to its own envelope.
Refuse = Callable[[int, str], Answer]
Spoil = Callable[[Answer, Refuse], Answer]

NO_HEADERS: Mapping[str, str] = MappingProxyType({})
RETRY_AFTER: Mapping[str, str] = MappingProxyType({"retry-after": "1"})

# Leads nowhere, so that a client that follows is found out in the ledger.
ELSEWHERE: Mapping[str, str] = MappingProxyType({"location": "/_sandbox/elsewhere"})


def as_it_is(reply: Answer, _: Refuse) -> Answer:
    """The answer as the backend gave it."""
    return reply


def say(status: HTTPStatus, headers: Mapping[str, str] = NO_HEADERS) -> Spoil:
    """A refusal in the dialect's own envelope, whatever was the answer."""
    code = status.phrase.lower().replace(" ", "_")

    def spoil(_: Answer, refuse: Refuse) -> Answer:
        return replace(refuse(status, code), headers=headers)

    return spoil


def no_json(reply: Answer, _: Refuse) -> Answer:
    """A page such as a proxy shows, under the status and the media type of the answer."""
    return replace(reply, body=b"<html><body>It works!</body></html>")


def another_shape(reply: Answer, _: Refuse) -> Answer:
    """JSON that no dialect answers with."""
    return replace(reply, body=b'{"result":[{"kind":"unexpected"}]}')


def reprice(reply: Answer, _: Refuse) -> Answer:
    """Every total one more than it was."""
    return replace(reply, body=answer(reply.status, _raise(decode(reply.body))).body)


def _raise(content: Any) -> Any:
    match content:
        case dict():
            return {k: _one_more(v) if "total" in k else _raise(v) for k, v in content.items()}
        case list():
            return [_raise(one) for one in content]
        case _:
            return content


def _one_more(value: Any) -> Any:
    match value:
        case bool():
            return value
        case int() | Decimal():
            return value + 1
        case str():
            try:
                return str(Decimal(value) + 1)
            except InvalidOperation:
                return value
        case _:
            return _raise(value)


def drop_member(reply: Answer, _: Refuse) -> Answer:
    """The answer without one member of what has the `id`; which one depends on the answer alone."""
    content = decode(reply.body)
    named = _named(content)
    if named:
        del named[Random(reply.body).choice(list(named))]
    return replace(reply, body=answer(reply.status, content).body)


def _named(content: Any) -> dict[str, Any] | None:
    """The outermost object that has an id."""
    match content:
        case {"id": _}:
            named: dict[str, Any] = content
            return named
        case dict():
            inside = list(content.values())
        case list():
            inside = content
        case _:
            return None
    return next((found for one in inside if (found := _named(one)) is not None), None)
