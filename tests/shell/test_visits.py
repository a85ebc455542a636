"""Visits: a client's ids are taken where they are what they should be, and made where they are not."""

import pytest

from adapter.shell.visits import open_visit

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.mark.parametrize("said", ["a", "W-1_2.3", "x" * 64])
def test_a_clients_id_is_taken(said: str) -> None:
    visit = open_visit([(b"x-correlation-id", said.encode())])

    assert visit.request == said
    assert visit.headers() == [(b"x-correlation-id", said.encode())]


@pytest.mark.parametrize("said", ["", "x" * 65, "maya@example.com", "a b", "a\r\nSet-Cookie: b", "\u00e9", "a\n"])
def test_an_id_that_could_be_anything_is_not(said: str) -> None:
    visit = open_visit([(b"x-correlation-id", said.encode())])

    assert len(visit.request) == 32
    assert visit.request != open_visit([]).request


def test_of_two_ids_neither_is_taken() -> None:
    assert len(open_visit([(b"x-correlation-id", b"a"), (b"x-correlation-id", b"b")]).request) == 32


def test_a_trace_goes_on_under_a_parent_of_ours() -> None:
    visit = open_visit([(b"traceparent", f"00-{TRACE}-{PARENT}-01".encode())])
    told = dict(visit.headers())[b"traceparent"].decode()

    assert visit.trace == TRACE
    assert told.startswith(f"00-{TRACE}-")
    assert told.endswith("-01")
    assert PARENT not in told


@pytest.mark.parametrize(
    "said",
    [
        "",
        f"01-{TRACE}-{PARENT}-01",
        f"00-{TRACE.upper()}-{PARENT}-01",
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE}-{PARENT}-01-more",
        f"00-{TRACE}-{PARENT}",
    ],
)
def test_a_trace_that_is_none_is_left_out(said: str) -> None:
    visit = open_visit([(b"traceparent", said.encode())])

    assert visit.trace is None
    assert b"traceparent" not in dict(visit.headers())
