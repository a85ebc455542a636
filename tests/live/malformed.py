"""Bodies that are no JSON, or no order, and texts that break programs: made here, from one good order."""

import json
import random
from collections.abc import Iterator
from typing import Any

from tests.conftest import ORDERS

GOOD: dict[str, Any] = json.loads(ORDERS["us-two-lines-usd"])
TEXT = json.dumps(GOOD, ensure_ascii=False)

# Values that JSON does not have, to stand where the order's total does.
NO_VALUES = [
    *("", "nul", "None", "undefined", "True", "NaN", "Infinity", "-Infinity", "-", "+1", "01", "-01", "1.", ".5", "1e"),
    *("1e+", "0x10", "1_000", "1,5", "1 2", "'1'", "'a'", '"a', 'a"', '"\\x"', '"\\u12"', '"\\u{1}"', '"\\', "[1,]"),
    *(
        "[,1]",
        "[1",
        "1]",
        "{]",
        "[}",
        '{"a"}',
        '{"a":}',
        '{"a" 1}',
        "{a: 1}",
        "{'a': 1}",
        '{"a": 1,}',
        '{"a": 1 "b": 2}',
    ),
    *("{1: 1}", "{null: 1}", "//", "1 // one", "/* */ 1", "#", "`1`", "$1", "@", "*", "&a", "- 1", "١", "１", "½", "∞"),
    *(
        '"a\tb"',
        '"a\nb"',
        '"a\x00b"',
        "\x00",
        "\x0c1",
        "\xa01",
        "\u20281",
        "\ufeff1",
        "9" * 5_000,
        "1e999999999",
        "-1E-999999",
    ),
]

NO_BYTES = {
    "nothing": b"",
    "blanks": b" \t\r\n",
    "a byte order mark": b"\xef\xbb\xbf" + TEXT.encode(),
    "UTF-16": TEXT.encode("utf-16"),
    "UTF-32": TEXT.encode("utf-32-le"),
    "Latin-1": TEXT.replace("Maya", "Zo\xeb").encode("latin-1") + b'"\xeb"',
    "an overlong slash": TEXT.encode().replace(b'"email"', b'"\xc0\xaf"'),
    "a surrogate in UTF-8": TEXT.encode().replace(b'"email"', b'"\xed\xa0\x80"'),
    "half a character": TEXT.encode().replace(b'"email"', b'"\xe2\x82"'),
    "a byte too high": TEXT.encode().replace(b'"email"', b'"\xf5\x80\x80\x80"'),
    "two orders": (TEXT + TEXT).encode(),
    "an order and a comma": (TEXT + ",").encode(),
    "an order and a NUL": TEXT.encode() + b"\x00",
    "a million brackets": b"[" * 200_000,
    "brackets that close": b"[" * 10_000 + b"]" * 10_000,
    "objects in objects": b'{"a":' * 30_000 + b"1" + b"}" * 30_000,
    "a bomb beside an order": (TEXT[:-1] + ', "extra": ' + "[" * 500 + "]" * 500 + "}").encode(),
    "a member twice": (TEXT[:-1] + ', "email": "b@example.com"}').encode(),
    "a member twice, spelt otherwise": (TEXT[:-1] + ', "em\\u0061il": "b@example.com"}').encode(),
    "a member twice, deep inside": (TEXT[:-1] + ', "x": {"a": {"b": 1, "b": 2}}}').encode(),
    "a surrogate alone": (TEXT[:-1] + ', "x": "\\ud800"}').encode(),
    "a form": b"email=a%40example.com&total=5",
    "XML": b"<order><email>a@example.com</email></order>",
    "gzip": bytes.fromhex("1f8b0800000000000003ab56ca4d2d2e4e4c4f550200"),
}


def broken() -> Iterator[bytes]:
    """Bodies none of which is JSON that an order can be read from."""
    for value in NO_VALUES:
        yield f'{TEXT[:-1]}, "x": {value}}}'.encode()
        yield value.encode("utf-8", "surrogatepass")
    yield from NO_BYTES.values()
    for end in range(1, len(TEXT), 37):
        yield TEXT[:end].encode()


def mutated(seed: int, count: int) -> Iterator[bytes]:
    """The order with a few bytes changed, some of which leave it an order."""
    source = random.Random(seed)  # noqa: S311  # it repeats, it hides nothing
    for _ in range(count):
        body = bytearray(TEXT.encode())
        for _ in range(source.randint(1, 4)):
            at = source.randrange(len(body))
            match source.randrange(4):
                case 0:
                    body[at] = source.randrange(256)
                case 1:
                    del body[at : at + source.randint(1, 20)]
                case 2:
                    body[at:at] = source.choice(
                        [b"{", b"}", b"[", b"]", b'"', b",", b":", b"\\", b"\x00", b"\xff", b"-", b"e9"]
                    )
                case _:
                    body[at:at] = body[at : at + source.randint(1, 40)]
        yield bytes(body)


WRONG_VALUES: list[Any] = [None, True, 0, -1, 1.5, 10**29, "", "0", "x" * 300, [], {}, [None], {"a": {"b": [1, "a"]}}]


def misshapen() -> Iterator[dict[str, Any]]:
    """Orders with one member of another type, of the order, its lines and its address; some are orders all the same."""
    for value in WRONG_VALUES:
        for name in (*GOOD, "note", "billing_address", "cart_id", "x"):
            yield GOOD | {name: value}
        for name in (*GOOD["line_items"][0], "price", "name"):
            yield GOOD | {"line_items": [GOOD["line_items"][0] | {name: value}]}
        for name in (*GOOD["shipping_address"], "company"):
            yield GOOD | {"shipping_address": GOOD["shipping_address"] | {name: value}}


NAUGHTY = [
    *("undefined", "null", "None", "NaN", "true", "0", "-1", "1e309", "0x7fffffff", "1/0", "999999999999999999999"),
    *(
        "\u0000",
        "a\u0000b",
        "\u0001\u0002\u001b",
        "\u007f",
        "\u0085",
        "\u00ad",
        "\ufeff",
        "\ufffe",
        "\u200b\u200d",
        "\u2028\u2029",
    ),
    *(
        "\u202etest\u202c",
        "\u2066right\u2069",
        "Z\u0351\u036b\u0343\u030c",
        "e\u0301\u0301\u0301",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    ),
    *("田中さん", "مرحبا", "שלום", "Ω≈ç√", "ÅÍÎÏ˝ÓÔ", "ﷺ" * 50, "𝕋𝕙𝕖", "\U0010ffff", "ß" * 255, "i̇İıI"),
    *(
        "'",
        '"',
        "`",
        "\\",
        "%",
        "%s%n%x",
        "%00",
        "{0}",
        "{setting.x}",
        "{{7*7}}",
        "${7*7}",
        "#{7}",
        "$(id)",
        "`id`",
        "|id",
        ";id;",
    ),
    *("' OR 1=1 --", "1; DROP TABLE operation", "'||'", "<script>alert(1)</script>", "<!--", "]]>", "&lt;", "&#0;"),
    *(
        "../../etc/passwd",
        "..\\..\\",
        "file:///etc/passwd",
        "http://169.254.169.254/",
        "//x",
        "/",
        "~",
        "~0~1",
        "*",
        "/*/a",
    ),
    *(
        "a\r\nX-Injected: 1",
        "a\nb",
        "\t",
        "=1+1",
        "@SUM(1)",
        "+1",
        "-2+3",
        "__proto__",
        "constructor",
        "__class__",
        "con",
        "nul",
    ),
    *(
        "!@#$%^&*()",
        ",./;'[]\\-=",
        "a" * 255,
        "a" * 256,
        " " * 10,
        " a ",
        "\u00a0",
        "\u3000",
        "\u1680",
        "x@y",
        "a@b@c.test",
    ),
]
