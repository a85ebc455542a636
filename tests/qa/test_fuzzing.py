"""What fuzzing finds, how small it makes it, and that the same seed finds the same."""

import time

import pytest

from adapter.core.dialects import Dialect
from adapter.core.tenancy.tenants import stand_in
from adapter.core.values import money
from adapter.qa.cases.cases import Case, find_broken, read_case, write_case
from adapter.qa.laws.laws import LAWS, Law
from adapter.qa.subjects.broken import Broken
from adapter.qa.subjects.examples import Passage, make_subject
from adapter.qa.tries.fuzzing import Batch, plan_batches, run_batch
from adapter.qa.tries.tryouts import try_bodies
from tests.conftest import DIALECTS
from tests.qa.planted import PLANTED, make_planted, plant_rounded_total

SMALLEST = {"email", "line_items", "shipping_address", "payment_method", "currency"}

# Known pairs are not drawn.
DRAWN = [law.name for law in LAWS.values() if law.draws != "pair"]

ORDER_LAWS = tuple(law.name for law in LAWS.values() if law.draws == "order" and "positive" in law.modes)


@pytest.fixture(scope="module", params=PLANTED)
def found(request: pytest.FixtureRequest) -> tuple[str, tuple[Case, ...]]:
    batch = Batch("lana", "positive", "order", ORDER_LAWS, 250, seed=7, number=0)
    return request.param, run_batch(batch, make_planted(request.param)).cases


def test_a_planted_bug_is_found_and_shrunk_to_one_line_or_one_address(found: tuple[str, tuple[Case, ...]]) -> None:
    bug, cases = found
    assert cases, bug
    for case in cases:
        assert case.order.keys() <= SMALLEST, case
        (line,) = case.order["line_items"]
        assert len(line) + len(case.order["shipping_address"]) <= 3
        assert ("shape.address" if case.order["shipping_address"] else "order[3]") in case.row


def test_a_case_shows_again_what_it_was_kept_for_and_no_more_once_the_codec_is_mended(
    found: tuple[str, tuple[Case, ...]],
) -> None:
    bug, cases = found
    broken, sound = make_planted(bug), make_subject(stand_in(DIALECTS["lana"], {}))
    for case in cases:
        again = read_case(write_case(case), "case.json")
        assert again == case
        shown = find_broken(LAWS[case.law], broken, again.example(broken))
        assert shown is not None
        assert shown.row == case.row
        assert find_broken(LAWS[case.law], sound, again.example(sound)) is None


@pytest.mark.parametrize(("currency", "told"), [("KWD", "is refused"), ("TND", "is refused"), ("ISK", "is taken")])
@pytest.mark.parametrize("name", ["lana", "stella_sync"])
def test_a_currency_with_two_decimals_that_has_others_is_found_in_an_order_of_one_line(
    name: str, currency: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = money.exponent
    monkeypatch.setattr(money, "exponent", lambda code: 2 if code == currency else known(code))
    batch = Batch(name, "positive", "order", ("taken",), 400, seed=7, number=0)

    cases = run_batch(batch, make_subject(stand_in(DIALECTS[name], {}))).cases

    assert cases
    for case in cases:
        assert told in case.message
        assert case.order.keys() <= SMALLEST | {"total", "subtotal"}
        assert len(case.order["line_items"]) == 1
        assert case.order["currency"] == currency


def test_a_total_of_an_answer_that_is_rounded_is_found() -> None:
    batch = Batch("enad", "positive", "answer", ("receipt_back",), 200, seed=7, number=0)

    (case,) = run_batch(batch, plant_rounded_total()).cases

    assert (case.row, case.pointer) == ("enad.toml: receipt[3]", "/total")
    assert "is read as" in case.message


def test_every_law_holds_of_every_dialect(dialect: Dialect) -> None:
    peers = [stand_in(other, {}) for other in DIALECTS.values() if other is not dialect]
    subject = make_subject(stand_in(dialect, {}), peers)
    batches = plan_batches([dialect.name], list(LAWS.values()), ("positive", "boundary", "negative"), 60, start=1)

    results = [run_batch(batch, subject) for batch in batches]

    assert [case for result in results for case in result.cases] == []
    tried = {name: sum(result.tried.get(name, 0) for result in results) for name in DRAWN}
    assert min(tried.values()) >= 60


def test_a_batch_ends_when_the_time_is_over_and_says_so() -> None:
    batch = Batch("lana", "positive", "order", ("ledger",), 100_000, seed=1, number=0)
    subject, began = make_subject(stand_in(DIALECTS["lana"], {})), time.monotonic()

    result = run_batch(batch, subject, until=began + 0.5)

    assert 0.5 < time.monotonic() - began < 1.5
    assert not result.whole
    assert 0 < result.tried["ledger"] < 100_000
    assert run_batch(batch._replace(examples=5), subject).whole


def test_a_slip_that_is_being_shrunk_is_kept_as_it_is_when_the_time_is_over() -> None:
    def hold(_passage: Passage) -> None:
        time.sleep(0.1)
        raise Broken("is broken by any order", pointer="/email")

    laws = {"ledger": Law("ledger", "", ("positive",), "order", hold)}
    batch = Batch("lana", "positive", "order", ("ledger",), 100, seed=1, number=0)
    began = time.monotonic()

    result = run_batch(batch, make_subject(stand_in(DIALECTS["lana"], {})), laws, until=began + 0.35)

    assert time.monotonic() - began < 1.5
    assert [case.pointer for case in result.cases] == ["/email"]
    assert not result.whole


def test_the_same_seed_finds_the_same() -> None:
    bug = "half a cent is cut off"
    batch = Batch("lana", "positive", "order", ("forward_back",), 100, seed=3, number=0)

    assert run_batch(batch, make_planted(bug)).cases == run_batch(batch, make_planted(bug)).cases


def test_batches_share_no_seed_and_each_law_gets_its_examples() -> None:
    batches = plan_batches(["lana", "enad"], list(LAWS.values()), ("positive", "boundary", "negative"), 1000, start=5)

    assert len({batch.seed for batch in batches}) == len(batches)
    for name in DRAWN:
        assert sum(batch.examples for batch in batches if batch.dialect == "lana" and name in batch.laws) == 1000


def test_of_given_orders_one_case_is_kept_for_each_slip_and_none_is_shrunk_past_the_time() -> None:
    asked = []

    def hold(passage: Passage) -> None:
        asked.append(passage)
        time.sleep(0.01)
        raise Broken("is broken by any order", pointer="/email")

    law = Law("ledger", "", ("positive",), "order", hold)
    lines = [{"quantity": 1, "name": "Chestnut 9"}]
    body = {"email": "m@example.com", "payment_method": "cod", "line_items": lines, "shipping_address": {}}
    subject = make_subject(stand_in(DIALECTS["lana"], {}))

    (case,) = try_bodies(subject, [law], [body] * 20).cases
    assert case.order == {}
    assert len(asked) < 60
    began = time.monotonic()
    late = try_bodies(subject, [law], [body | {"line_items": lines * 500}] * 1500, began + 0.3)
    assert time.monotonic() - began < 1
    assert len(late.cases) == 1
    assert not late.whole
