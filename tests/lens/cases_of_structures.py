"""What rows about several values, objects and lists mean, case by case in both directions."""

from adapter.lens.rows import Beside, CodecUse, Outline, Row, Shape

from .case import Case

SKU = Row(canonical="sku", dialect="code")
PART = Row(canonical="code", dialect="id")
SIZE = Row(canonical="size", dialect="width", codec="integer_text")
INTO_ITEM = Row(canonical="/currency", dialect="cur", only="to_dialect", lossy="a copy")
REFERENCE = Row(canonical="email", dialect="mail", codec="ref")
LINES = Row(canonical="lines", dialect="rows", each=(SKU,))
NULL_LINES = Row(canonical="lines", dialect="null_rows", each=(SKU,))
SHIP = Row(canonical="address", dialect="ship", shape="place")
BILL = Row(canonical="billing", dialect="bill", shape="place")
PLACE = {"place": Shape(rows=(Row(canonical="country", dialect="land"), Row(canonical="city", dialect="town")))}

CURRENCY = Row(canonical="currency", dialect="cur")
TOTAL = Row(canonical="total", dialect="cents", codec="price")
PRICE = Row(canonical="price", dialect="cents", codec="price")
NEAR = {"price": CodecUse(use="cents", beside=Beside(canonical="currency", dialect="cur"))}
ROOTED = {
    "price": CodecUse(use="cents", beside=Beside(canonical="/currency", dialect="/cur", default="{setting.currency}"))
}
PREFIX = {"ref": CodecUse(use="prefix", options={"prefix": "#"})}
SET_PREFIX = {"ref": CodecUse(use="prefix", options={"prefix": "{setting.prefix}"})}

FAN_OUT = Row(canonical="email", dialect=("ship.mail", "bill?.mail"))
NAME = Row(canonical=("first", "last"), dialect="name", codec="join")
STATUS = Row(canonical="status", dialect="state", table={"open": "O", "draft": "O", "paid": "P"}, back={"X": "void"})
STATUS_ELSE = Row(canonical="status", dialect="state", table={"open": "O"}, otherwise="unknown")

MOVED = Outline(
    unless="variant",
    to="extras",
    index="extra.index",
    inline="the catalogue's own",
    rows=(Row(canonical="name", dialect="title"), Row(canonical="parts", dialect="bits", each=(PART,))),
)
OUTLINE = (
    Row(canonical="lines", dialect="rows", each=(Row(canonical="variant", dialect="variant"), Row(outline=MOVED), SKU)),
)


OBJECTS: dict[str, Case] = {
    "a shape carries an object": Case(
        (SHIP,), {"address": {"country": "NP", "city": None}}, {"ship": {"land": "NP", "town": None}}, shapes=PLACE
    ),
    "a shape serves two objects": Case(
        (SHIP, BILL),
        {"address": {"country": "NP"}, "billing": {"city": "Basel"}},
        {"ship": {"land": "NP"}, "bill": {"town": "Basel"}},
        shapes=PLACE,
    ),
    "an absent object stays absent": Case((SHIP, BILL), {}, {}, shapes=PLACE),
    "an empty object stays an empty object": Case((SHIP,), {"address": {}}, {"ship": {}}, shapes=PLACE),
    "a null object stays null where it may": Case((BILL,), {"billing": None}, {"bill": None}, shapes=PLACE),
    "a null object is left out where it may not be": Case((SHIP,), {"address": None}, {}, back={}, shapes=PLACE),
    "an object without rows of its own is carried whole": Case(
        (Row(canonical="address", dialect="ship"),), {"address": {"a": [1, {}]}}, {"ship": {"a": [1, {}]}}
    ),
    "a row writes into an object that was carried whole": Case(
        (Row(canonical="address", dialect="ship"), Row(canonical="email", dialect="ship.mail")),
        {"address": {"a": 1}, "email": "e"},
        {"ship": {"a": 1, "mail": "e"}},
        back={"address": {"a": 1, "mail": "e"}, "email": "e"},
    ),
    "a row writes into an object that a shape has made": Case(
        (SHIP, Row(canonical="email", dialect="ship.mail")),
        {"address": {"country": "NP"}, "email": "a"},
        {"ship": {"land": "NP", "mail": "a"}},
        shapes=PLACE,
    ),
}

LISTS: dict[str, Case] = {
    "each item of a list": Case(
        (LINES,), {"lines": [{"sku": "1"}, {}, {"sku": "2"}]}, {"rows": [{"code": "1"}, {}, {"code": "2"}]}
    ),
    "an empty list stays an empty list": Case((LINES,), {"lines": []}, {"rows": []}),
    "a null list stays null where it may": Case((NULL_LINES,), {"lines": None}, {"null_rows": None}),
    "a null list is left out where it may not be": Case((LINES,), {"lines": None}, {}, back={}),
    "null in an item": Case(
        (Row(canonical="lines", dialect="rows", each=(Row(canonical="note", dialect="null_memo"),)),),
        {"lines": [{"note": None}]},
        {"rows": [{"null_memo": None}]},
    ),
    "each inside each": Case(
        (
            Row(
                canonical="lines",
                dialect="rows",
                each=(SKU, Row(canonical="parts", dialect="bits", each=(PART, SIZE))),
            ),
        ),
        {"lines": [{"sku": "1", "parts": [{"code": "a", "size": 1}, {"size": -2}]}, {"parts": []}]},
        {"rows": [{"code": "1", "bits": [{"id": "a", "width": "1"}, {"width": "-2"}]}, {"bits": []}]},
    ),
    "a constant in each item": Case(
        (Row(canonical="lines", dialect="rows", each=(SKU, Row(dialect="memo", const="ai"))),),
        {"lines": [{"sku": "1"}, {}]},
        {"rows": [{"code": "1", "memo": "ai"}, {"memo": "ai"}]},
    ),
    "a condition in each item is about the item": Case(
        (Row(canonical="lines", dialect="rows", each=(SKU, Row(dialect="memo", const="ai", when={"sku": ("1",)}))),),
        {"lines": [{"sku": "1"}, {"sku": "2"}]},
        {"rows": [{"code": "1", "memo": "ai"}, {"code": "2"}]},
    ),
    "a rooted path copies into each item": Case(
        (CURRENCY, Row(canonical="lines", dialect="rows", each=(INTO_ITEM,))),
        {"currency": "NPR", "lines": [{}, {}]},
        {"cur": "NPR", "rows": [{"cur": "NPR"}, {"cur": "NPR"}]},
    ),
    "a rooted path reaches out of each inside each": Case(
        (
            Row(
                canonical="lines",
                dialect="rows",
                each=(Row(canonical="parts", dialect="bits", each=(PART, INTO_ITEM)),),
            ),
        ),
        {"currency": "NPR", "lines": [{"parts": [{"code": "a"}]}]},
        {"rows": [{"bits": [{"id": "a", "cur": "NPR"}]}]},
        back={"lines": [{"parts": [{"code": "a"}]}]},
    ),
    "a rooted path writes to the root on the way back": Case(
        (Row(canonical="lines", dialect="rows", each=(Row(canonical="/currency", dialect="cur"),)),),
        {"currency": "NPR", "lines": [{}]},
        {"rows": [{"cur": "NPR"}]},
    ),
    "a rooted constant writes to the root": Case(
        (Row(canonical="lines", dialect="rows", each=(SKU, Row(dialect="/memo", const="has lines"))),),
        {"lines": [{"sku": "1"}]},
        {"memo": "has lines", "rows": [{"code": "1"}]},
    ),
    "a rooted shape goes from root to root": Case(
        (
            Row(
                canonical="lines", dialect="rows", each=(SKU, Row(canonical="/address", dialect="/ship", shape="place"))
            ),
        ),
        {"address": {"country": "NP"}, "lines": [{"sku": "1"}]},
        {"ship": {"land": "NP"}, "rows": [{"code": "1"}]},
        shapes=PLACE,
    ),
}

COPIES: dict[str, Case] = {
    "copies go to every place": Case(
        (SHIP, BILL, FAN_OUT),
        {"address": {}, "billing": {}, "email": "a"},
        {"ship": {"mail": "a"}, "bill": {"mail": "a"}},
        shapes=PLACE,
    ),
    "a guarded copy makes no object": Case(
        (SHIP, BILL, FAN_OUT),
        {"email": "a"},
        {"ship": {"mail": "a"}},
        back={"email": "a", "address": {}},
        shapes=PLACE,
    ),
    "a guarded copy takes null for no object": Case(
        (SHIP, BILL, FAN_OUT),
        {"address": {}, "billing": None, "email": "a"},
        {"ship": {"mail": "a"}, "bill": None},
        shapes=PLACE,
    ),
    "a copy writes over a null object": Case(
        (BILL, Row(canonical="email", dialect="bill.mail")),
        {"billing": None, "email": "a"},
        {"bill": {"mail": "a"}},
        back={"billing": {}, "email": "a"},
        shapes=PLACE,
    ),
    "the first copy that is there is read": Case(
        (FAN_OUT,), {}, {}, reads={"ship": {"mail": None}, "bill": {"mail": "b"}}, back={"email": "b"}
    ),
    "the first copy goes before the second": Case(
        (FAN_OUT,), {}, {}, reads={"ship": {"mail": "s"}, "bill": {"mail": "b"}}, back={"email": "s"}
    ),
}

CODEC_USES: dict[str, Case] = {
    "members are joined and split": Case((NAME,), {"first": "Ada", "last": "King"}, {"name": "Ada King"}),
    "a joined member may be absent": Case((NAME,), {"first": "Ada"}, {"name": "Ada"}),
    "joined members may lie apart": Case(
        (Row(canonical=("email", "address.country"), dialect="customer.mail", codec="join"),),
        {"email": "a", "address": {"country": "NP"}},
        {"customer": {"mail": "a NP"}},
    ),
    "a joined value that is nothing leaves both out": Case((NAME,), {}, {}, reads={"name": ""}, back={}),
    "joined members may all be absent": Case((NAME,), {"first": None}, {}, back={}),
    "a table is read both ways": Case((STATUS,), {"status": "paid"}, {"state": "P"}),
    "rows of a table that fall together come back as the first": Case(
        (STATUS,), {"status": "draft"}, {"state": "O"}, back={"status": "open"}
    ),
    "a table's back has more to read": Case((STATUS,), {}, {}, reads={"state": "X"}, back={"status": "void"}),
    "a table's back goes before its rows": Case(
        (Row(canonical="status", dialect="state", table={"open": "O", "new": "O"}, back={"O": "new"}),),
        {"status": "open"},
        {"state": "O"},
        back={"status": "new"},
    ),
    "a table's else stands for what it does not list": Case(
        (STATUS_ELSE,), {"status": "open"}, {"state": "O"}, reads={"state": "?"}, back={"status": "unknown"}
    ),
    "a codec reads a member beside": Case(
        (CURRENCY, TOTAL), {"currency": "JPY", "total": "5"}, {"cur": "JPY", "cents": 5}, uses=NEAR
    ),
    "a codec reads a rooted member beside": Case(
        (CURRENCY, Row(canonical="lines", dialect="rows", each=(PRICE,))),
        {"currency": "JPY", "lines": [{"price": "5"}]},
        {"cur": "JPY", "rows": [{"cents": 5}]},
        uses=ROOTED,
    ),
    "a default stands in for a member beside": Case(
        (Row(canonical="lines", dialect="rows", each=(PRICE,)),),
        {"lines": [{"price": "5.25"}]},
        {"rows": [{"cents": 525}]},
        {"setting": {"currency": "NPR"}},
        uses=ROOTED,
    ),
    "a default stands in for a blank member beside": Case(
        (CURRENCY, Row(canonical="lines", dialect="rows", each=(PRICE,))),
        {"currency": "", "lines": [{"price": "5"}]},
        {"cur": "", "rows": [{"cents": 5}]},
        {"setting": {"currency": "JPY"}},
        uses=ROOTED,
    ),
    "a codec has options": Case((REFERENCE,), {"email": "7"}, {"mail": "#7"}, uses=PREFIX),
    "a codec's option comes from a setting": Case(
        (REFERENCE,), {"email": "7"}, {"mail": "no. 7"}, {"setting": {"prefix": "no. "}}, uses=SET_PREFIX
    ),
    "a codec says what stands for absent": Case(
        (Row(canonical="email", dialect="mail", codec="blank_if_absent"),), {}, {"mail": ""}
    ),
    "a codec that stands for absent lets a value be": Case(
        (Row(canonical="email", dialect="mail", codec="blank_if_absent"),), {"email": "a"}, {"mail": "a"}
    ),
    "a codec that gives nothing leaves the member out": Case(
        (Row(canonical="rate", dialect="rates", codec="only_item"),),
        {"rate": "r"},
        {"rates": ["r"]},
        reads={"rates": []},
        back={},
    ),
    "a codec over copies": Case(
        (Row(canonical="count", dialect=("count", "memo"), codec="integer_text"),),
        {"count": 3},
        {"count": "3", "memo": "3"},
    ),
}

OUTLINES: dict[str, Case] = {
    "items without the member move out, the others stay": Case(
        OUTLINE,
        {"lines": [{"variant": "v", "sku": "1"}, {"name": "n", "sku": "2"}, {"name": "m", "parts": [{"code": "c"}]}]},
        {
            "rows": [
                {"variant": "v", "code": "1"},
                {"extra": {"index": 0}, "code": "2"},
                {"extra": {"index": 1}},
            ],
            "extras": [{"title": "n"}, {"title": "m", "bits": [{"id": "c"}]}],
        },
    ),
    "an item with the member keeps nothing that would move": Case(
        OUTLINE,
        {"lines": [{"variant": "v", "name": "n"}]},
        {"rows": [{"variant": "v"}]},
        back={"lines": [{"variant": "v"}]},
    ),
    "null is no member to stay for": Case(
        OUTLINE,
        {"lines": [{"variant": None}]},
        {"rows": [{"extra": {"index": 0}}], "extras": [{}]},
        back={"lines": [{}]},
    ),
    "a blank text is no member to stay for": Case(
        OUTLINE,
        {"lines": [{"variant": "", "name": "n"}]},
        {"rows": [{"variant": "", "extra": {"index": 0}}], "extras": [{"title": "n"}]},
    ),
    "an index of -1 means none": Case(
        OUTLINE,
        {},
        {},
        reads={"rows": [{"variant": "v", "extra": {"index": -1}}], "extras": [{"title": "n"}]},
        back={"lines": [{"variant": "v"}]},
    ),
    "an index past the end means none": Case(
        OUTLINE, {}, {}, reads={"rows": [{"extra": {"index": 1}}], "extras": [{"title": "n"}]}, back={"lines": [{}]}
    ),
    "an index without a list means none": Case(
        OUTLINE, {}, {}, reads={"rows": [{"extra": {"index": 0}}, {"extra": None}]}, back={"lines": [{}, {}]}
    ),
    "items moved in any order come back to their place": Case(
        OUTLINE,
        {},
        {},
        reads={"rows": [{"extra": {"index": 1}}, {"extra": {"index": 0}}], "extras": [{"title": "a"}, {"title": "b"}]},
        back={"lines": [{"name": "b"}, {"name": "a"}]},
    ),
}

STRUCTURES = OBJECTS | LISTS | COPIES | CODEC_USES | OUTLINES
