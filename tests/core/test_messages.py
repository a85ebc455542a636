"""Messages: headers as they were sent, bodies as exact JSON, problems as RFC 9457 has them."""

from decimal import Decimal

import msgspec
import pytest

from adapter.core.messages import Inbound, answer_json, answer_problem
from adapter.errors import PROBLEMS, Fault, Problem

INBOUND = Inbound("/orders", (("accept", "a"), ("x", "1"), ("accept", "b")))


def test_a_header_is_its_first_line_and_all_lines_can_be_had() -> None:
    assert INBOUND.header("accept") == "a"
    assert INBOUND.all_headers("accept") == ["a", "b"]
    assert INBOUND.header("absent") is None
    assert INBOUND.all_headers("absent") == []


def test_json_keeps_amounts_exact_and_text_readable() -> None:
    answer = answer_json(201, {"total": Decimal("1499.00"), "big": 2**70, "name": "सीता"}, {"Location": "/x"})
    assert answer.status == 201
    assert answer.headers == {"Content-Type": "application/json", "Location": "/x"}
    assert answer.body.decode() == '{"total":1499.00,"big":1180591620717411303424,"name":"सीता"}'


@pytest.mark.parametrize("kind", PROBLEMS)
def test_a_problem_says_its_type_title_status_and_who_can_cure_it(kind: str) -> None:
    answer = answer_problem(Problem(kind))
    row = PROBLEMS[kind]
    assert answer.status == row.status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert msgspec.json.decode(answer.body) == {
        "type": f"/problems/{kind}",
        "title": row.title,
        "status": row.status,
        "detail": row.title,
        "who": row.who,
    }


def test_a_problem_carries_faults_members_and_headers() -> None:
    faults = [Fault("/email", "invalid", "expected an e-mail address")]
    problem = Problem(
        "invalid-order", "two faults", faults=faults, members={"safe_new_key": False}, headers={"Retry-After": "2"}
    )
    answer = answer_problem(problem)
    body = msgspec.json.decode(answer.body)
    assert body["detail"] == "two faults"
    assert body["errors"] == [{"pointer": "/email", "code": "invalid", "detail": "expected an e-mail address"}]
    assert body["safe_new_key"] is False
    assert answer.headers["Retry-After"] == "2"
