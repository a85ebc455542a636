"""Cases have no personal data, unless the slip needs it and ``kept`` says where."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from adapter.core.tenancy.tenants import stand_in
from adapter.lens.trees import leaves, look
from adapter.qa.cases.cases import Case, CaseAnswer, read_case, write_case
from adapter.qa.cases.masks import mask, mask_name, mask_number
from adapter.qa.cases.shrinking import settle_case
from adapter.qa.laws.laws import LAWS, Law
from adapter.qa.subjects.broken import Broken
from adapter.qa.subjects.examples import Example, Passage, make_subject
from adapter.qa.tries.tryouts import try_bodies
from tests.conftest import DIALECTS
from tests.qa.planted import make_planted

MAIL = "agnieszka.kowalska@poczta.example"
CANARY: dict[str, Any] = {
    "email": MAIL,
    "payment_method": "przelew",
    "currency": "EUR",
    "note": "Zadzwonić: 601 123 456",
    "subtotal": Decimal("8431.29"),
    "line_items": [
        {"quantity": 1, "price": Decimal("19.15"), "name": "Łóżko dla Agnieszki", "engraved/for": "Kowalska"},
        {"quantity": 734, "name": "Stół"},
    ],
    "shipping_address": {
        "first_name": "Agnieszka",
        "last_name": "Kowalska",
        "address1": "ul. Żurawia 47/12",
        "postal_code": "00-680",
        "phone": "601 123 456",
        "pesel": 92071314764,
    },
    "billing_address": {"first_name": "Agnieszka", "company": "Agnieszka"},
    MAIL: {},
    "contacts": {MAIL: [601123456, "Żurawia"], "601 123 456": None, "601 123 457": None},
}
PIECES = ("agniesz", "kowalsk", "poczta", "przelew", "601", "123", "żurawi", "47/12", "680", "9207", "734", "8431")

Needs = Callable[[Example], Any]

SUBJECT = make_subject(stand_in(DIALECTS["lana"], {}))


def settle(hold: Callable[[Passage], None], order: dict[str, Any], **facts: Any) -> tuple[Case, str]:
    """The case of a law that ``hold`` breaks with an order, redacted but not made smaller, and its file."""
    law = Law("ledger", "", ("positive",), "order", hold)
    case = Case("lana", "ledger", "positive", "", facts.pop("pointer", ""), "", order, **facts)
    settled = settle_case(law, SUBJECT, case, until=0)
    text = write_case(settled)
    assert read_case(text, "case.json") == settled
    return settled, text.decode().lower()


def breaks(needs: Needs, pointer: Callable[[Example], str] = lambda _: "") -> Callable[[Passage], None]:
    """A law that quotes the whole order where it has what it needs."""

    def hold(passage: Passage) -> None:
        if needs(passage.example):
            raise Broken(f"found {passage.example.body!r}", pointer=pointer(passage.example))

    return hold


def stranger(example: Example) -> str:
    """A pointer whose last key is no member of the order."""
    name = next((name for name in example.body if "@" in name), "")
    return f"/{name}" if name else ""


def test_a_shoppers_own_order_leaves_nothing_in_its_file() -> None:
    case, text = settle(breaks(lambda _: True, stranger), CANARY, pointer=f"/{MAIL}", broken=f"/{MAIL}")

    assert [piece for piece in PIECES if piece in text] == []
    assert case.kept == ()
    assert case.pointer == case.broken == "/aaaaaaaaa.aaaaaaaa@aaaaaa.aaaaaaa"
    assert case.order["email"] == "aaaaaaaaa.aaaaaaaa@aaaaaa.aaaaaaa"
    assert case.order["line_items"][0]["aaaaaaaa/aaa"] == "Aaaaaaaa"
    assert case.order["line_items"][0]["price"] == Decimal("11.11")
    assert case.order["line_items"][1]["quantity"] == 111
    assert list(case.order["aaaaaaaa"]) == [case.pointer[1:], "111 111 111", "111 111 112"]


@pytest.mark.parametrize(
    ("needs", "kept"),
    [
        (lambda example: "601 123" in str(example.body.get("note")), ["/note"]),
        (lambda example: MAIL in example.body, [f"/{MAIL}", f"/aaaaaaaa/{MAIL}"]),
        (lambda example: example.body["line_items"][1]["quantity"] > 700, ["/line_items/1/quantity"]),
        (lambda example: 92071314764 in example.body["shipping_address"].values(), ["/shipping_address/aaaaa"]),
        (lambda example: example.body["billing_address"]["company"] == "Agnieszka", ["/billing_address/company"]),
    ],
)
def test_what_a_slip_needs_stays_and_kept_says_where(needs: Needs, kept: list[str]) -> None:
    case, text = settle(breaks(needs), CANARY)

    assert sorted(case.kept) == sorted(kept)
    found = [look(case.order, pointer) for pointer in kept]
    rest = text
    for said in [*map(str, found), *(pointer.rpartition("/")[2] for pointer in kept)]:
        rest = rest.replace(json.dumps(said, ensure_ascii=False)[1:-1].lower(), "")
    assert [piece for piece in PIECES if piece in rest] == []


def test_values_that_must_be_the_same_give_way_together() -> None:
    def same(example: Example) -> bool:
        return bool(example.body["shipping_address"]["first_name"] == example.body["billing_address"]["company"])

    case, text = settle(breaks(lambda example: same(example) and "601" in example.body["note"]), CANARY)

    assert case.kept == ("/note",)
    assert "agniesz" not in text


def test_an_answer_is_freed_too_of_what_its_document_does_not_have() -> None:
    step = SUBJECT.dialect.steps[0].rows.name
    public = next(value for _, value in leaves(SUBJECT.dialect.api) if isinstance(value, str) and mask(value) != value)
    document = {"id": "Agnieszka", "Kowalska": [601123456], "status": public}

    def needs(example: Example) -> bool:
        return example.answer is not None and example.answer.document["id"].startswith("A")

    freed, _ = settle(breaks(needs), {"Kowalska": 1}, answer=CaseAnswer(step, document))
    assert freed.answer == CaseAnswer(step, {"id": "Aaaaaaaaa", "Aaaaaaaa": [111111111], "status": public})
    assert (freed.order, freed.kept) == ({"Aaaaaaaa": 1}, ())

    kept, _ = settle(breaks(lambda example: "Agni" in str(example.answer)), {}, answer=CaseAnswer(step, document))
    assert kept.kept == ("answer/id",)
    again, _ = settle(breaks(lambda _: False), freed.order, answer=freed.answer)
    assert again.kept == ()


def test_what_was_spoilt_stays_as_it_is() -> None:
    case, _ = settle(breaks(lambda _: True), CANARY, broken="/note")

    assert case.order["note"] == CANARY["note"]
    assert case.kept == ("/note",)


def test_a_law_of_ours_needs_the_amount_that_it_breaks_with() -> None:
    subject = make_planted("half a cent is cut off")

    (case,) = try_bodies(subject, [LAWS["forward_back"]], [CANARY]).cases
    text = write_case(case).decode().lower()
    assert [piece for piece in PIECES if piece in text] == []
    assert case.order["email"] == "aaaaaaaaa.aaaaaaaa@aaaaaa.aaaaaaa"
    assert case.kept == ("/line_items/0/price",)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Zoë 12-b", "Aaà 11-a"),
        ("山田 太郎", "㐀㐀 㐀㐀"),
        ("Ольга", "Ђаааа"),
        ("٠١٢", "١١١"),
        ("🏠\u200d", "🏠\u200d"),
    ],
)
def test_a_masked_text_keeps_its_length_and_scripts(text: str, masked: str) -> None:
    assert mask(text) == masked
    assert len(masked) == len(text)


def test_a_name_that_is_taken_gives_way_to_the_next() -> None:
    taken = {"aaa1"}
    assert mask_name("Zoe9".lower(), taken) == "aaa2"
    assert mask_name("7", {str(digit) for digit in range(10)}) == "10"
    assert mask_name("-", taken) == "-"


@pytest.mark.parametrize(
    ("number", "masked"),
    [("19.15", "11.11"), ("-0.05", "-0.01"), ("0", "0"), ("12.00", "11.11"), ("2E+3", "1E+3"), ("0.00", "0.00")],
)
def test_a_masked_number_keeps_its_digits_and_decimals(number: str, masked: str) -> None:
    assert str(mask_number(Decimal(number))) == masked
    assert mask_number(734) == 111
