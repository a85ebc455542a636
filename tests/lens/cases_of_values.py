"""What a row about one value means, case by case in both directions."""

from adapter.lens.rows import Beside, CodecUse, Row

from .case import Case

MAIL = Row(canonical="email", dialect="mail")
PHONE = Row(canonical="phone", dialect="mobile")  # both sides have null
NOTE = Row(canonical="note", dialect="memo")  # only canonical has null
COUNT = Row(canonical="count", dialect="count")
METHOD = Row(canonical="method", dialect="kind")
TOWN = Row(canonical="address.city", dialect="customer.mobile")
CASH = {"method": ("cash",)}
SETTING = {"setting": {"currency": "NPR"}}

METHOD_OR_CASH = Row(canonical="method", dialect="kind", default="cash")
CURRENCY_OR_SETTING = Row(canonical="currency", dialect="cur", default="{setting.currency}")
COUNT_OR_ONE = Row(canonical="count", dialect="count", codec="integer_text", default=1)
STATUS_OR_UNKNOWN = Row(canonical="status", dialect="state", table={"open": "O"}, default="unknown")
ORDER_TEXT = Row(dialect="kind", const="order {gateway.ref}")
MAIL_FROM_ORDER = Row(canonical="email", dialect="mail", default="{order.email}")

RENAMES: dict[str, Case] = {
    "a member is renamed": Case((MAIL,), {"email": "a@b"}, {"mail": "a@b"}),
    "a member keeps its name": Case((COUNT,), {"count": 2}, {"count": 2}),
    "members nobody names stay behind": Case(
        (MAIL,), {"email": "a", "x": 1}, {"mail": "a"}, reads={"mail": "a", "y": 2}, back={"email": "a"}
    ),
    "a member moves to a nested path": Case(
        (Row(canonical="email", dialect="customer.deep.mail"),), {"email": "a"}, {"customer": {"deep": {"mail": "a"}}}
    ),
    "a nested member moves up": Case(
        (Row(canonical="address.country", dialect="kind"),), {"address": {"country": "NP"}}, {"kind": "NP"}
    ),
    "members share an object that is made once": Case(
        (Row(canonical="email", dialect="customer.mail"), TOWN, Row(canonical="address.country", dialect="ship.land")),
        {"email": "a", "address": {"country": "NP", "city": None}},
        {"customer": {"mail": "a", "mobile": None}, "ship": {"land": "NP"}},
    ),
    "false, zero and the empty text are values": Case(
        (MAIL, PHONE, COUNT), {"email": False, "phone": "", "count": 0}, {"mail": False, "mobile": "", "count": 0}
    ),
    "a rooted path at the root is the path": Case(
        (Row(canonical="/email", dialect="/customer.mail"),), {"email": "a"}, {"customer": {"mail": "a"}}
    ),
}

NULLS: dict[str, Case] = {
    "nothing becomes nothing": Case((MAIL, PHONE, NOTE, TOWN), {}, {}),
    "null stays null where the other side has null": Case((PHONE,), {"phone": None}, {"mobile": None}),
    "null is left out where the other side has none": Case((NOTE,), {"note": None}, {}, back={}),
    "a stray null of the dialect is kept where canonical has null": Case(
        (NOTE,), {}, {}, reads={"memo": None}, back={"note": None}
    ),
    "a stray null of the dialect is left out where canonical has none": Case(
        (MAIL,), {}, {}, reads={"mail": None}, back={}
    ),
    "null on the way to a member makes it absent": Case((TOWN,), {"address": None}, {}, back={}),
    "a nested null stays null": Case((TOWN,), {"address": {"city": None}}, {"customer": {"mobile": None}}),
    "null does not reach a codec": Case(
        (Row(canonical="phone", dialect="mobile", codec="integer_text"),), {"phone": None}, {"mobile": None}
    ),
}

DEFAULTS: dict[str, Case] = {
    "a default stands in for absent": Case((METHOD_OR_CASH,), {}, {"kind": "cash"}, back={"method": "cash"}),
    "a default stands in for null": Case((METHOD_OR_CASH,), {"method": None}, {"kind": "cash"}, reads={}, back={}),
    "a default gives way to a value": Case((METHOD_OR_CASH,), {"method": "card"}, {"kind": "card"}),
    "a default is canonical, so the codec rewrites it": Case((COUNT_OR_ONE,), {}, {"count": "1"}, back={"count": 1}),
    "a default comes from a setting": Case(
        (CURRENCY_OR_SETTING,), {}, {"cur": "NPR"}, SETTING, back={"currency": "NPR"}
    ),
    "a default from a setting that is not set is none": Case((CURRENCY_OR_SETTING,), {}, {}, {"setting": {}}),
    "a default on the way back": Case((METHOD_OR_CASH,), {}, {}, default_in="to_canonical", back={"method": "cash"}),
    "a default on the way back gives way to a value": Case(
        (METHOD_OR_CASH,), {"method": "card"}, {"kind": "card"}, default_in="to_canonical"
    ),
    "a default on the way back stands in for null": Case(
        (Row(canonical="phone", dialect="mobile", default="none"),),
        {"phone": None},
        {"mobile": None},
        default_in="to_canonical",
        back={"phone": "none"},
    ),
    "a default on the way back is canonical, so no codec reads it": Case(
        (STATUS_OR_UNKNOWN,), {}, {}, default_in="to_canonical", back={"status": "unknown"}
    ),
    "a default on the way back leaves a rewritten value alone": Case(
        (STATUS_OR_UNKNOWN,), {"status": "open"}, {"state": "O"}, default_in="to_canonical"
    ),
    "a default on the way back comes from the context": Case(
        (MAIL_FROM_ORDER,), {}, {}, {"order": {"email": "a"}}, default_in="to_canonical", back={"email": "a"}
    ),
}

CONSTANTS: dict[str, Case] = {
    "a constant of the dialect is never read": Case((Row(dialect="kind", const="ai"),), {}, {"kind": "ai"}, back={}),
    "a constant of canonical is never sent": Case(
        (Row(canonical="status", const="placed"),), {}, {}, back={"status": "placed"}
    ),
    "constants need not be texts": Case(
        (Row(dialect="count", const=0), Row(dialect="kind", const=False)), {}, {"count": 0, "kind": False}, back={}
    ),
    "a constant at a nested path": Case(
        (Row(dialect="customer.deep.mail", const="x"),), {}, {"customer": {"deep": {"mail": "x"}}}, back={}
    ),
    "a constant with a reference in it": Case((ORDER_TEXT,), {}, {"kind": "order 7"}, {"gateway": {"ref": 7}}, back={}),
    "a constant that refers to nothing is left out": Case((ORDER_TEXT,), {}, {}, {"gateway": {}}),
    "a constant that is one reference keeps its type": Case(
        (Row(dialect="cents", const="{setting.fee}"),), {}, {"cents": 250}, {"setting": {"fee": 250}}, back={}
    ),
    "a constant list of references": Case(
        (Row(dialect="tags", const=["{gateway.ref}", "ai"]),), {}, {"tags": [7, "ai"]}, {"gateway": {"ref": 7}}, back={}
    ),
    "a constant where its condition holds": Case(
        (METHOD, Row(dialect="memo", const="at the door", when=CASH)),
        {"method": "cash"},
        {"kind": "cash", "memo": "at the door"},
    ),
    "no constant where its condition fails": Case(
        (METHOD, Row(dialect="memo", const="at the door", when=CASH)), {"method": "card"}, {"kind": "card"}
    ),
    "a referring constant under a condition": Case(
        (METHOD, Row(dialect="memo", const="{setting.currency}", when=CASH)),
        {"method": "cash"},
        {"kind": "cash", "memo": "NPR"},
        SETTING,
    ),
    "a constant where a member is absent": Case(
        (Row(dialect="memo", const="no mail", when={"email": ()}),), {"email": None}, {"memo": "no mail"}, back={}
    ),
}

CONDITIONS: dict[str, Case] = {
    "a value passes where its condition holds": Case(
        (METHOD, Row(canonical="note", dialect="memo", when=CASH)),
        {"method": "cash", "note": "n"},
        {"kind": "cash", "memo": "n"},
    ),
    "a value stays behind where its condition fails": Case(
        (METHOD, Row(canonical="note", dialect="memo", when=CASH)),
        {"method": "card", "note": "n"},
        {"kind": "card"},
        back={"method": "card"},
    ),
    "a condition with several values": Case(
        (Row(canonical="note", dialect="memo", when={"method": ("cash", "card")}),),
        {"method": "card", "note": "n"},
        {"memo": "n"},
        back={"note": "n"},
    ),
    "every condition must hold": Case(
        (Row(canonical="note", dialect="memo", when={"method": ("cash",), "address.country": ("NP",)}),),
        {"method": "cash", "note": "n", "address": {"country": "CH"}},
        {},
        back={},
    ),
    "a condition that a member is absent holds": Case(
        (Row(canonical="note", dialect="memo", when={"address.phone": ()}),),
        {"note": "n", "address": {}},
        {"memo": "n"},
        back={"note": "n"},
    ),
    "a condition that a member is absent fails": Case(
        (Row(canonical="note", dialect="memo", when={"address.phone": ()}),),
        {"note": "n", "address": {"phone": "1"}},
        {},
        back={},
    ),
    "a condition holds back a default too": Case(
        (Row(canonical="note", dialect="memo", default="none", when=CASH),), {"method": "card"}, {}, back={}
    ),
    "a condition does not hold on the way back": Case(
        (Row(canonical="note", dialect="memo", when=CASH),), {}, {}, reads={"memo": "n"}, back={"note": "n"}
    ),
    "only to_dialect": Case(
        (Row(canonical="email", dialect="mail", only="to_dialect"),), {"email": "a"}, {"mail": "a"}, back={}
    ),
    "only to_canonical": Case(
        (Row(canonical="email", dialect="mail", only="to_canonical"),),
        {"email": "a"},
        {},
        reads={"mail": "b"},
        back={"email": "b"},
    ),
    "a dropped member does not arrive": Case(
        (MAIL, Row(canonical=("note", "billing.city"), drop="no notes here")),
        {"email": "a", "note": "n", "billing": {"city": "c"}},
        {"mail": "a"},
        back={"email": "a"},
    ),
}

HASH = CodecUse(use="prefix", options={"prefix": "{setting.sign}"})
STAR = CodecUse(use="prefix", options={"prefix": "*"})
CENTS = CodecUse(use="cents", beside=Beside(canonical="currency", dialect="cur"))
SIGNS = {"setting": {"sign": "#"}}

CHAINS: dict[str, Case] = {
    "codecs of a row go in their order, and back in the other": Case(
        (Row(canonical="email", dialect="mail", codec=("hash", "star")),),
        {"email": "a"},
        {"mail": "*#a"},
        SIGNS,
        uses={"hash": HASH, "star": STAR},
    ),
    "a chain of one codec is that codec": Case(
        (Row(canonical="email", dialect="mail", codec=("star",)),), {"email": "a"}, {"mail": "*a"}, uses={"star": STAR}
    ),
    "the last codec of a chain may stand in for what is absent": Case(
        (Row(canonical="email", dialect="mail", codec=("star", "blank_if_absent"), lossy="x"),),
        {},
        {"mail": ""},
        uses={"star": STAR},
    ),
    "what stands in for what is absent goes through the codecs after it": Case(
        (Row(canonical="email", dialect="mail", codec=("blank_if_absent", "star"), lossy="x"),),
        {},
        {"mail": "*"},
        uses={"star": STAR},
    ),
    "one codec of a chain may read beside": Case(
        (
            Row(canonical="total", dialect="cents", codec=("cents", "integer_text")),
            Row(canonical="currency", dialect="cur"),
        ),
        {"total": "5", "currency": "JPY"},
        {"cents": "5", "cur": "JPY"},
        uses={"cents": CENTS},
    ),
}

VALUES = RENAMES | NULLS | DEFAULTS | CONSTANTS | CONDITIONS | CHAINS
