"""What the head of a request must be before anybody looks at its meaning: nothing that two readers could read apart.

Proxies and servers disagree about odd requests, and one that they read apart can hide a second request inside.
So whatever is not plain is refused, also where a standard would let it pass.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from adapter.errors import Problem

MOST_HEADERS = 100
HEAD_BYTES = 32_768
TARGET_BYTES = 8_000

# RFC 9110, 5.6.2, less the underscore: proxies fold it into a hyphen, so that one name could pose as another.
NAME = re.compile(rb"[!#$%&'*+.^`|~0-9A-Za-z-]+")
# RFC 9110, 5.5: what is visible, spaces and tabs, and bytes of old beyond ASCII.
VALUE = re.compile(rb"[\t -~\x80-\xff]*")
# RFC 3986: what may stand in a path and a query; everything else is percent-encoded.
TARGET = re.compile(rb"/[!$-;=?-Z_a-z~]*")
# RFC 9112, 3.2, and RFC 3986, 3.2.2: a name or an address with an optional port, nobody's credentials, no list.
HOST = re.compile(rb"(?:[0-9A-Za-z._~%!$&'()*+;=-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{0,5})?")
# A length in one spelling only; 15 digits are no number's overflow.
LENGTH = re.compile(rb"0|[1-9][0-9]{0,14}")
BLANKS = b" \t"
CONTROLS = re.compile(r"[\x00-\x1f\x7f]")

# Two lines of one of these would be read apart: one reader takes the first, another the last.
SINGLE = {
    *(b"host", b"content-length", b"content-type", b"transfer-encoding", b"content-encoding", b"expect"),
    *(b"authorization", b"x-stella-site-id", b"x-site-id", b"x-sync-secret", b"origin"),
}
BODILESS = {"GET", "HEAD", "OPTIONS", "DELETE"}


class Head(NamedTuple):
    """The head of a request as a server gives it: the path both decoded and raw, header names in lower case."""

    method: str
    version: str
    path: str
    raw_path: bytes
    query: bytes
    headers: Sequence[tuple[bytes, bytes]]

    def values(self, name: bytes) -> list[bytes]:
        """The value of every line of a header."""
        return [value for key, value in self.headers if key == name]


def check_head(head: Head, body_limit: int) -> int | None:
    """Refuse a head that is not plain by a ``Problem``; the length of the body, None where it comes in chunks."""
    _check_target(head)
    _check_headers(head)
    _check_host(head)
    if head.method == "CONNECT" or head.values(b"upgrade"):
        raise _malformed("expected neither CONNECT nor Upgrade: this server speaks HTTP/1.1 alone")
    if any(value.lower() != b"100-continue" for value in head.values(b"expect")):
        raise _malformed("expected no other Expect than 100-continue")
    return _measure_body(head, body_limit)


def _check_target(head: Head) -> None:
    target = head.raw_path + (b"?" + head.query if head.query else b"")
    if len(target) > TARGET_BYTES:
        raise Problem("target-too-long", f"expected at most {TARGET_BYTES} bytes")
    if not TARGET.fullmatch(target) or CONTROLS.search(head.path):
        raise _malformed("expected a path that starts with a slash, odd characters percent-encoded, no control ones")


def _check_headers(head: Head) -> None:
    if len(head.headers) > MOST_HEADERS or sum(len(n) + len(v) + 4 for n, v in head.headers) > HEAD_BYTES:
        raise Problem("headers-too-large", f"expected at most {MOST_HEADERS} headers of {HEAD_BYTES} bytes together")
    seen: set[bytes] = set()
    for name, value in head.headers:
        if not NAME.fullmatch(name) or not VALUE.fullmatch(value):
            raise _malformed("expected header names of letters, digits and hyphens, and values of visible characters")
        if name in SINGLE and name in seen:
            raise _malformed(f"expected {name.decode()} once")
        seen.add(name)


def _check_host(head: Head) -> None:
    hosts = head.values(b"host")
    if not hosts and head.version == "1.0":  # some health checks send none, as they may
        return
    if head.version not in ("1.0", "1.1") or not hosts or not HOST.fullmatch(hosts[0].strip(BLANKS)):
        raise _malformed("expected HTTP/1.1 with one Host")


def _measure_body(head: Head, limit: int) -> int | None:
    """The length of the body, which must be announced in one way only."""
    codings, lengths = head.values(b"transfer-encoding"), head.values(b"content-length")
    if codings and (codings != [b"chunked"] or lengths or head.version == "1.0"):
        raise _malformed("expected no Transfer-Encoding but chunked, and no Content-Length beside it")
    if lengths and not LENGTH.fullmatch(lengths[0].strip(BLANKS)):
        raise _malformed("expected a Content-Length in digits")
    length = None if codings else int(lengths[0]) if lengths else 0
    if head.method in BODILESS and length != 0:
        raise _malformed(f"expected no body with {head.method}")
    if length is not None and length > limit:
        raise Problem("body-too-large", f"expected at most {limit} bytes")
    return length


def _malformed(detail: str) -> Problem:
    return Problem("malformed-request", detail)
