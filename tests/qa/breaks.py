"""For each law, and for each thing that one looks at, a bug that it must find, with the row and member to blame."""

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from adapter.core.ledger import Line
from adapter.core.outcomes import State
from adapter.core.values.codecs import CODECS
from adapter.errors import Fault
from adapter.qa.subjects.examples import Example
from tests.qa import breaking as by
from tests.qa.breaking import BACK, FULL, OUT, Plant
from tests.qa.planted import Alter, alter, make_planted, plant, plant_rounded_total


class Told(NamedTuple):
    """What a law tells of a bug: the row, the member, and among its words these."""

    row: str
    member: str
    says: str


class Break(NamedTuple):
    """A bug that a law must find: how it is planted, and what is told of it."""

    law: str
    plant: Plant
    told: Told


PRICE = "lana.toml: order[3].each[2].outline.rows[1]"
ADDRESS = "lana.toml: shape.address.rows"
EMAIL, TOTAL = "lana.toml: order[0]", "enad.toml: receipt[3]"
STATE, COUNTRY, NAME = (f"/shipping_address/{name}" for name in ("state", "country", "first_name"))

ALIKE = Example(FULL | {"line_items": [{"quantity": 2, "price": Decimal("19.15"), "name": "Chestnut 9"}]})
CAPITALS = Example(FULL | {"email": "M.Berg+tag@Example.COM"})
SPOILT = Example(FULL | {"payment_method": ""}, broken="/email")
STRANGE = Line("/strange", (), "carried", "somewhere", "")

BREAKS: Mapping[str, Break] = {
    "what is valid is refused": Break(
        "taken", by.give_two_decimals("KWD"), Told("", "/total", "is refused: expected at most 2")
    ),
    "half a cent is taken": Break("taken", by.give_two_decimals("ISK"), Told("", "/total", "12.5 is taken")),
    "compiled says another": Break(
        "compiled", by.twist(OUT, by.put_in(customer_email="x")), Told(EMAIL, "/customer_email", "'x' com")
    ),
    "compiled reads another": Break(
        "compiled", by.twist(BACK, by.put_in(email="x")), Told(EMAIL, "/email", "'x' compiled")
    ),
    "compiled alone refuses": Break("compiled", by.twist(OUT, by.refuse), Told("", "", "compiled refuses it")),
    "compiled alone takes": Break("compiled", by.take_all, Told("", STATE, "interpreted refuses it")),
    "another comes back": Break(
        "forward_back", by.twist(BACK, by.put_in(email="x")), Told(EMAIL, "/email", "came back as 'x'")
    ),
    "something is invented": Break(
        "forward_back", by.twist(BACK, by.put_in(stranger="x")), Told("", "/stranger", "was never sent")
    ),
    "it is said otherwise": Break(
        "back_forward", by.twist(BACK, by.put_in(email="x")), Told(EMAIL, "/customer_email", "'x' the sec")
    ),
    "a copy of what comes back is another": Break(
        "back_forward",
        by.twist(("enad", "order", "to_canonical"), by.put_in_address(country="GB")),
        Told("enad.toml: order[5]", "/country_code", "'GB' the second time"),
    ),
    "it is not said again": Break(
        "back_forward",
        by.twist(BACK, by.put_in_address(state="Nowhere")),
        Told(f"{ADDRESS}[5]", STATE, "cannot be said a second time"),
    ),
    "a peer loses it": Break(
        "by_way_of", by.meet_peer(email=None), Told("enad.toml: order[9]", "/email", "came back as None")
    ),
    "a peer invents it": Break("by_way_of", by.meet_peer(stranger="x"), Told("", "/stranger", "was never sent")),
    "no quantity comes back": Break(
        "by_way_of",
        by.lose_quantity,
        Told("lana.toml: order[3].each[1]", "/line_items/0/quantity", "is dropped, and a line"),
    ),
    "an amount is cut": Break(
        "meaning",
        by.show(make_planted("half a cent is cut off"), ALIKE),
        Told(PRICE, "/line_items/0/price", "19.15 USD is 1914"),
    ),
    "half a cent is rounded": Break(
        "meaning",
        by.show(make_planted("half a cent is rounded up"), ALIKE),
        Told(PRICE, "/line_items/0/price", "19.155 USD is 1916"),
    ),
    "a line's total is of one": Break(
        "meaning",
        by.recode("enad", "line_total", by.sum_one),
        Told("enad.toml: order[6].each[4]", "/line_items/0/price", "24 USD is Decimal('12')"),
    ),
    "a country is another": Break(
        "meaning", by.recode("lana", "country", lambda *_: "GB"), Told(f"{ADDRESS}[7]", COUNTRY, "expected 'US'")
    ),
    "a country is not as given": Break(
        "meaning",
        by.recode("stella_checkout", "country", lambda text, *_: text.lower()),
        Told("stella_checkout.toml: shape.address.rows[8]", COUNTRY, "expected it as given"),
    ),
    "a subdivision is another": Break(
        "meaning", by.recode("lana", "subdivision", lambda *_: "TN"), Told(f"{ADDRESS}[5]", STATE, "expected 'KY'")
    ),
    "a subdivision is refused": Break(
        "meaning", by.recode("lana", "subdivision", by.refuse), Told(f"{ADDRESS}[5]", STATE, "is refused")
    ),
    "a name is another": Break(
        "meaning",
        by.recode("lana", "full_name", lambda *_: "Berg Maya"),
        Told(f"{ADDRESS}[0]", NAME, "expected 'Maya Berg'"),
    ),
    "an address loses its capitals": Break(
        "meaning",
        by.recode("lana", "email", lambda text, *_: text.lower(), CAPITALS, by.put_email_codec),
        Told(EMAIL, "/email", "expected 'M.Berg+tag@example.com'"),
    ),
    "names come back swapped": Break(
        "names",
        by.show(plant("lana", "full_name", CODECS["full_name"]._replace(to_canonical=by.swap))),
        Told(f"{ADDRESS}[0]", NAME, "came back as 'Berg'"),
    ),
    "one more breaks another": Break("monotone", by.refuse_later, Told("", "/email", "is refused once it is said")),
    "one less breaks another": Break(
        "refusal", by.refuse_later, Told("", "/email", "is blamed for what another lacks")
    ),
    "what is spoilt is taken": Break(
        "told", by.show(alter("lana"), Example(FULL, broken="/email")), Told("", "/email", "accepted")
    ),
    "nobody is named": Break("told", by.name_nobody, Told("", "/email", "nobody is named")),
    "another is named": Break(
        "told", by.show(alter("lana"), SPOILT), Told("", "/payment_method", "in place of what was spoilt")
    ),
    "a call is not allowed": Break("calls", by.judge_strictly, Told(EMAIL, "/0/customer_email", "is not of type")),
    "a refusal has no word": Break("calls", by.refuse_all(), Told("", "", "without a word of why")),
    "a refusal has no member": Break(
        "calls", by.refuse_all(Fault("", "unfit", "no")), Told("", "", "without a member being named")
    ),
    "who does not feed it is blamed": Break(
        "complaint", by.blame(Fault("/note", "refused", "")), Told(EMAIL, "/note", "which it does not feed")
    ),
    "nobody is blamed": Break(
        "complaint", by.blame(Fault("", "refused", "")), Told(EMAIL, "/0/customer_email", "nobody is told")
    ),
    "a code is not ours": Break(
        "failure",
        by.judge_as(complaints=(Fault("", "odd", ""),)),
        Told("lana.toml: error", "", "'odd' is no code of ours"),
    ),
    "a failure proves too much": Break(
        "failure", by.judge_as(state=State.NOT_APPLIED), Told("lana.toml: outcome", "", "proves not_applied, and")
    ),
    "a receipt is none": Break("receipt", by.read_no_receipt, Told(TOTAL, "/total", "is no receipt's")),
    "twins read two receipts": Break(
        "receipt",
        by.twist(("enad", "receipt", "to_canonical"), by.put_in(email="x")),
        Told("enad.toml: receipt[2]", "/email", "'x' compiled"),
    ),
    "twins see two orders": Break(
        "receipt",
        by.twist(("enad", "echo", "to_canonical"), by.put_in(email="x")),
        Told("enad.toml: echo[0]", "/email", "'x' compiled"),
    ),
    "a receipt would be said otherwise": Break(
        "receipt_back",
        by.show(plant("enad", "total_text", by.make_one_way("total_text", lambda *_: 1))),
        Told(TOTAL, "/total", "1047 would be said as 1"),
    ),
    "a total is rounded": Break(
        "receipt_back",
        by.answer_with(plant_rounded_total(), "data.grand_total", Decimal("10.005")),
        Told(TOTAL, "/total", "is read as 10.00, expected 10.005"),
    ),
    "a total is not read": Break(
        "receipt_back",
        by.show(plant("enad", "total_text", CODECS["total_text"]._replace(to_canonical=by.refuse))),
        Told(TOTAL, "/data/grand_total", "1047 is not read"),
    ),
    "an amount is seen as another": Break(
        "receipt_back",
        by.show(plant("enad", "money", CODECS["money"]._replace(to_canonical=lambda *_: Decimal(1)))),
        Told("enad.toml: echo[1].each[2]", "/line_items/0/price", "is read as 1, expected"),
    ),
    "a leaf is not told": Break("ledger", by.tell(by.leave_out("/email")), Told(EMAIL, "/email", "is told of 0 times")),
    "a leaf is told twice": Break("ledger", by.tell(by.double("/email")), Told(EMAIL, "/email", "is told of 2 times")),
    "twins tell two ledgers": Break(
        "ledger", by.tell(by.leave_out("/email"), both=False), Told("", "", "tells another ledger")
    ),
    "a line is made up": Break("ledger", by.tell(by.add(STRANGE)), Told("somewhere", "/strange", "was never sent")),
    "a stranger is not told": Break("ledger", by.tell_no_strangers, Told("", "/stranger", "is not told")),
    "a known pair is another": Break(
        "known", by.know_otherwise, Told(EMAIL, "/calls/0/body/0/customer_email", "the order: expec")
    ),
}

# Losses that a mapping declares: whose mapping, and how it is altered.
DECLARED: Mapping[str, tuple[str, Alter]] = {
    "another member stands in for a dropped one": (
        "enad",
        lambda mapping: by.redo_address(mapping, "phone", drop="Enad has one phone"),
    ),
    "the company is not read back": (
        "lana",
        lambda mapping: by.redo_address(mapping, "company", only="to_dialect", lossy="not read back"),
    ),
    "the city is not read back": (
        "enad",
        lambda mapping: by.redo_address(mapping, "city", only="to_dialect", lossy="not read back"),
    ),
    "quantities are not read back": (
        "lana",
        lambda mapping: by.redo(mapping["order"][3]["each"], "quantity", only="to_dialect", lossy="not read back"),
    ),
    "prices are not read back, of which totals of lines are made": (
        "enad",
        lambda mapping: by.redo(mapping["order"][6]["each"], "price", only="to_dialect", lossy="not read back"),
    ),
    "the address is dropped": (
        "lana",
        lambda mapping: by.redo(mapping["order"], "shipping_address", drop="nothing is shipped"),
    ),
}
