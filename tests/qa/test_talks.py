"""Talks with a gateway that keeps its promises, and with those that break one each."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pytest

from adapter.core.tenancy.tenants import stand_in
from adapter.errors import PROBLEMS
from adapter.lens.trees import Tree, leaves
from adapter.qa.cases.cases import try_law
from adapter.qa.laws import talks
from adapter.qa.laws.talks import CUT_OFF, OPENINGS, Reply, Talk, make_live_laws
from adapter.qa.subjects.broken import Broken, Moot
from adapter.qa.subjects.examples import Example, make_subject
from adapter.qa.tries.fuzzing import Result, plan_batches, run_batch
from tests.conftest import DIALECTS

BODY = {"email": "m@example.com", "line_items": [{"quantity": 1}], "shipping_address": {}, "payment_method": "cod"}

RECEIPT = {
    "order_number": "1",
    "email": "m@example.com",
    "total": "12.00",
    "currency": "USD",
    "status": "placed",
    "payment_status": "unpaid",
    "created_at": "2026-01-01T00:00:00Z",
}


class Gateway:
    """A gateway in a few lines, without a network; it keeps every promise."""

    def __init__(self) -> None:
        self.taken: dict[str, tuple[Tree, Reply]] = {}
        self.orders = 0
        self.faults: list[str] = []

    def call(self, method: str, path: str, body: Tree | None = None, key: str = "") -> Reply:
        if method == "GET":
            return self.show(path)
        assert body is not None
        if key in self.taken:
            return self.repeat(key, body)
        self.taken[key] = (body, self.place(key))
        return self.taken[key][1]

    def place(self, key: str) -> Reply:
        self.orders += 1
        place = {"location": f"/orders/{key}"}
        if self.faults and self.faults.pop(0) != "none":
            return Reply(202, place, {"status": "pending", "outcome": "unknown"})
        return Reply(201, place, {"id": str(uuid5(NAMESPACE_URL, key)), **RECEIPT})

    def repeat(self, key: str, body: Tree) -> Reply:
        first, reply = self.taken[key]
        if body != first:
            return problem("idempotency-key-reused")
        if reply.status == 202:
            return problem("operation-in-progress")
        return reply._replace(headers={**reply.headers, "idempotent-replayed": "true"})

    def show(self, path: str) -> Reply:
        _, _, key, *rest = path.split("/")
        body, reply = self.taken[key]
        if rest:
            return Reply(200, {}, {"ledger": [{"pointer": pointer} for pointer, _ in leaves(body)]})
        return Reply(200, {}, {"receipt": reply.document})

    def misbehave(self, faults: Sequence[str]) -> None:
        self.faults = list(faults)

    def count_orders(self) -> int | None:
        return self.orders


def problem(kind: str, **members: Any) -> Reply:
    return Reply(PROBLEMS[kind].status, {"location": "/orders/x"}, {"type": f"/problems/{kind}", **members})


class PlacesTwice(Gateway):
    def repeat(self, key: str, body: Tree) -> Reply:
        self.orders += 1
        return super().repeat(key, body)


class SaysNothingOfReplay(Gateway):
    def repeat(self, key: str, body: Tree) -> Reply:
        return super().repeat(key, body)._replace(headers={"location": f"/orders/{key}"})


class MixesOrdersUp(Gateway):
    def repeat(self, key: str, body: Tree) -> Reply:
        return super().repeat(key, self.taken[key][0])


class ResendsBlindly(Gateway):
    def repeat(self, key: str, body: Tree) -> Reply:
        if self.taken[key][1].status == 202:
            self.taken[key] = (body, self.place(key))
        return super().repeat(key, body)


class ForgetsReceipts(Gateway):
    def show(self, path: str) -> Reply:
        reply = super().show(path)
        return Reply(200, {}, reply.document | {"receipt": None}) if "receipt" in reply.document else reply


class LosesLeaves(Gateway):
    def show(self, path: str) -> Reply:
        reply = super().show(path)
        return (
            reply._replace(document={"ledger": reply.document["ledger"][1:]}) if "ledger" in reply.document else reply
        )


class Stumbles(Gateway):
    def place(self, key: str) -> Reply:
        return problem("internal-error")


class HalfAReceipt(Gateway):
    def place(self, key: str) -> Reply:
        return super().place(key)._replace(document=RECEIPT)


WRONG: Mapping[type[Gateway], str] = {
    PlacesTwice: "orders were placed under one key",
    SaysNothingOfReplay: "no Idempotent-Replayed",
    MixesOrdersUp: "another order under the key is told 201",
    ResendsBlindly: "orders were placed under one key",
    ForgetsReceipts: "GET shows another receipt",
    LosesLeaves: "told of 0 times in the ledger",
    Stumbles: "500 internal-error",
    HalfAReceipt: "is no receipt",
}


def fuzz(gateway: Gateway, examples: int = 60) -> list[Result]:
    subject, laws = make_subject(stand_in(DIALECTS["stella_sync"], {})), make_live_laws(gateway, Counter())
    named = [laws["live_sequence"]]
    batches = plan_batches(["stella_sync"], named, ("positive",), examples, start=1)
    return [run_batch(batch, subject, laws, (*OPENINGS, *CUT_OFF)) for batch in batches]


def test_a_gateway_that_keeps_its_promises_breaks_no_law() -> None:
    gateway = Gateway()

    results = fuzz(gateway)

    assert [case for result in results for case in result.cases] == []
    assert gateway.orders >= 60


@pytest.mark.parametrize("gateway", WRONG)
def test_a_broken_promise_is_found_and_shrunk_to_an_order_of_one_line(gateway: type[Gateway]) -> None:
    # what is drawn hangs on the modules that happen to be loaded, so this many that chance has no say
    cases = [case for result in fuzz(gateway(), 300) for case in result.cases]

    assert any(WRONG[gateway] in case.message for case in cases)
    for case in cases:
        assert len(case.actions) <= 4
        assert len(case.order["line_items"]) == 1


def test_a_refusal_over_http_names_what_was_spoilt() -> None:
    class NamesNobody(Gateway):
        def call(self, method: str, path: str, body: Tree | None = None, key: str = "") -> Reply:
            return problem("invalid-order", errors=[])

    law, subject = (
        make_live_laws(NamesNobody(), Counter())["live_told"],
        make_subject(stand_in(DIALECTS["stella_sync"], {})),
    )

    broken = try_law(law, subject, Example(BODY | {"email": 7}, broken="/email"))

    assert isinstance(broken, Broken)
    assert broken.message == "is refused and nobody is named"
    assert isinstance(try_law(law, subject, Example(BODY)), Moot)


def test_an_order_that_is_answered_201_is_in_the_backend() -> None:
    class TakesWithoutSending(Gateway):
        def count_orders(self) -> int | None:
            return 0

    with pytest.raises(Broken, match="the backend behind it has none"):
        Talk(TakesWithoutSending(), BODY).run(["place"])


def test_a_refused_order_leaves_its_key_free() -> None:
    class Refuses(Gateway):
        def call(self, method: str, path: str, body: Tree | None = None, key: str = "") -> Reply:
            return problem("unmappable-order", errors=[{"pointer": "/phone", "code": "required", "detail": ""}])

    Talk(Refuses(), BODY).run(["place", "place", "place_other", "look", "look_at_ledger"])


class Contradicts(Gateway):
    """GET says that an order is placed, its repeats are told that it is open: for so many times."""

    def __init__(self, times: int, state: str = "succeeded") -> None:
        super().__init__()
        self.times = times
        self.state = state

    def repeat(self, key: str, body: Tree) -> Reply:
        self.times -= 1
        if self.times >= 0:
            return super().repeat(key, body)
        self.taken[key] = (body, self.receive(key))
        return super().repeat(key, body)

    def show(self, path: str) -> Reply:
        return Reply(200, {}, {"state": self.state, "receipt": None})

    def receive(self, key: str) -> Reply:
        return Reply(201, {"location": f"/orders/{key}"}, {"id": str(uuid5(NAMESPACE_URL, key)), **RECEIPT})


class ShowsAnother(Contradicts):
    def show(self, path: str) -> Reply:
        return Reply(200, {}, {"state": "succeeded", "receipt": {"id": "another"}})


def test_an_open_order_may_stay_so_as_long_as_the_gateway_does_not_say_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(talks, "SETTLING", 0.3)
    monkeypatch.setattr(talks, "PAUSE", 0.01)

    Talk(Contradicts(100, "unknown"), BODY).run(["crash", "place", "look", "place", "look"])
    Talk(Contradicts(5), BODY).run(["crash", "place", "look", "place"])
    with pytest.raises(Broken, match=r"GET says succeeded, 0\.3 s of repeats are told 409 operation-in-progress"):
        Talk(Contradicts(1000), BODY).run(["crash", "place", "look"])
    with pytest.raises(Broken, match=r"GET says rejected, .* told 201"):
        Talk(Contradicts(0, "rejected"), BODY).run(["crash", "place", "look"])
    with pytest.raises(Broken, match="another receipt than a repeat"):
        Talk(ShowsAnother(0), BODY).run(["crash", "place", "look"])


class Points(Gateway):
    """Refuses every order for one member."""

    def __init__(self, pointer: str) -> None:
        super().__init__()
        self.pointer = pointer

    def place(self, key: str) -> Reply:
        return problem("unmappable-order", errors=[{"pointer": self.pointer}])


@pytest.mark.parametrize(
    "pointer",
    [
        "/no_such_member",
        "/variant_id",
        "/billing_address/city",
        "/shipping_address/cty",
        "/shipping_address/~1",
        "/line_items/1",
        "/line_items/quantity",
        "/line_items/0/email",
        "/line_items/0/quantity/0",
    ],
)
def test_a_pointer_into_nowhere_is_found(pointer: str) -> None:
    with pytest.raises(Broken, match="is not in the order"):
        Talk(Points(pointer), BODY).run(["place"])


@pytest.mark.parametrize(
    "pointer",
    ["", "/email", "/phone", "/shipping_address/city", "/line_items/0", "/line_items/0/name", "/a~1b", "/a~1b/c"],
)
def test_a_pointer_leads_to_what_an_order_has_or_might_have(pointer: str) -> None:
    Talk(Points(pointer), BODY | {"a/b": {"c": 1}}).run(["place"])


def test_a_talk_that_breaks_leaves_no_fault_behind_for_the_next() -> None:
    gateway = Stumbles()

    with pytest.raises(Broken, match="500 internal-error"):
        Talk(gateway, BODY).run(["crash", "place"])

    assert gateway.faults == []
