"""Requests as they must not be, and odd ones that are all right: bytes on the wire, by what is odd about them.

Gathered along RFC 9110 and RFC 9112: for each rule whose breach lets two readers see different requests, one case or
more. A second request that some hide is ``HIDDEN``: a server that answers it has been smuggled to.
"""

HOST = "Host: gateway.test"
HIDDEN = "GET /hidden HTTP/1.1\r\nHost: gateway.test\r\n\r\n"


def get(*headers: str, target: str = "/", version: str = "HTTP/1.1", host: str = HOST) -> bytes:
    """A GET with headers beside its Host."""
    lines = [f"GET {target} {version}", *([host] if host else []), *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def post(*headers: str, body: str = "", version: str = "HTTP/1.1", host: str = HOST) -> bytes:
    """A POST with headers beside its Host and whatever follows its head."""
    lines = [f"POST / {version}", host, *headers]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode("latin-1")


def length(value: str, body: str = "hello") -> bytes:
    """A POST whose Content-Length is spelt in some way."""
    return post(f"Content-Length: {value}", body=body)


def coded(value: str, *headers: str, body: str = "5\r\nhello\r\n0\r\n\r\n") -> bytes:
    """A POST whose Transfer-Encoding is spelt in some way."""
    return post(f"Transfer-Encoding: {value}", *headers, body=body)


def chunked(body: str) -> bytes:
    """A POST in chunks of some form."""
    return post("Transfer-Encoding: chunked", body=body)


def hiding(*headers: str) -> bytes:
    """A POST that is over after its empty chunk for one reader, and holds a second request for another."""
    return post(*headers, body=f"0\r\n\r\n{HIDDEN}")


WHOLE = len(f"0\r\n\r\n{HIDDEN}")

REQUEST_LINES = {
    "two spaces in the request line": b"GET  / HTTP/1.1\r\nHost: gateway.test\r\n\r\n",
    "no target": b"GET HTTP/1.1\r\nHost: gateway.test\r\n\r\n",
    "a fragment in the target": get(target="/path#part"),
    "a version that is none": get(version="HTTP/9.9"),
    "a version that is not ours": get(version="HTTP/1.2"),
    "an asterisk for OPTIONS": get(target="*").replace(b"GET", b"OPTIONS", 1),
    "a version in small letters": get(version="http/1.1"),
    "a version with a zero before": get(version="HTTP/01.1"),
    "a version without its minor": get(version="HTTP/1"),
    "a version with a space inside": get(version="HTTP/ 1.1"),
    "HTTP/0.9": b"GET /\r\n\r\n",
    "an asterisk for a GET": get(target="*"),
    "an absolute target of another host": get(target="http://elsewhere.test/"),
    "an absolute target of our own": get(target="http://gateway.test/"),
    "a target that is no path": get(target="path"),
    "tabs in the request line": b"GET\t/\tHTTP/1.1\r\nHost: gateway.test\r\n\r\n",
    "a space in the target": get(target="/a path"),
    "a method in small letters": b"get / HTTP/1.1\r\nHost: gateway.test\r\n\r\n",
    "CONNECT": b"CONNECT elsewhere.test:443 HTTP/1.1\r\nHost: elsewhere.test:443\r\n\r\n",
    "CONNECT without a port": b"CONNECT elsewhere.test: HTTP/1.1\r\nHost: elsewhere.test\r\n\r\n",
    "CONNECT with a path": b"CONNECT / HTTP/1.1\r\nHost: gateway.test\r\n\r\n",
    "a line of blanks": b"   \t  \r\n\r\n",
    "blanks before the request line": b"  GET / HTTP/1.1\r\nHost: gateway.test\r\n\r\n",
    "a NUL in the target": b"GET /\x00 HTTP/1.1\r\nHost: gateway.test\r\n\r\n",
    "a byte beyond ASCII in the target": b"GET /\xe9 HTTP/1.1\r\nHost: gateway.test\r\n\r\n",
    "a backslash in the target": get(target="/a\\b"),
    "an encoded NUL in the target": get(target="/a%00b"),
    "an encoded line break in the target": get(target="/a%0d%0aHost:%20b"),
    "a target of 100 KB": get(target="/" + "a" * 100_000),
    "a method of 100 KB": b"A" * 100_000 + b" / HTTP/1.1\r\nHost: gateway.test\r\n\r\n",
}

HEADERS = {
    "a folded header": get("X-Odd: one\r\n two"),
    "a space before the colon": get("X-Odd : one"),
    "a header without a colon": get("X-Odd"),
    "a header without a name": get(": one"),
    "a name with brackets": get("X[Odd]: one"),
    "a name with a space": get("X Odd: one"),
    "a name beyond ASCII": get("X-\xd6dd: one"),
    "a name with an underscore": get("X_Odd: one"),
    "blanks before the first header": b"GET / HTTP/1.1\r\n  Host: gateway.test\r\n\r\n",
    "a NUL in a value": get("X-Odd: o\x00ne"),
    "a bell in a value": get("X-Odd: o\x07ne"),
    "a DEL in a value": get("X-Odd: o\x7fne"),
    "a bare CR in a value": get("X-Odd: o\rne"),
    "a name of 100 KB": get(f"{'X' * 100_000}: one"),
    "a value of 100 KB": get(f"X-Odd: {'x' * 100_000}"),
    "10,000 headers": get(*(f"X-{number}: one" for number in range(10_000))),
    "101 headers": get(*(f"X-{number}: one" for number in range(100))),
    "two content types": post("Content-Type: text/plain", "Content-Type: application/json"),
    "two content codings": post("Content-Encoding: gzip", "Content-Encoding: identity"),
    "two expectations": post("Expect: 100-continue", "Expect: 100-continue", "Content-Length: 5", body="hello"),
    "two credentials": get("Authorization: Bearer a", "Authorization: Bearer b"),
    "an expectation that is none": post("Expect: 200-ok", "Content-Length: 5", body="hello"),
}

HOSTS = {
    "no Host": get(host=""),
    "two Hosts": get("Host: elsewhere.test"),
    "one Host twice": get(HOST),
    "an empty Host": get(host="Host:"),
    "a Host with a path": get(host="Host: gateway.test/path"),
    "a Host with credentials": get(host="Host: me@gateway.test"),
    "a list of Hosts": get(host="Host: gateway.test, elsewhere.test"),
    "a Host with a space": get(host="Host: gateway test"),
    "a Host with a port that is none": get(host="Host: gateway.test:http"),
}

LINES = {
    "a bare LF after the request line": b"GET / HTTP/1.1\nHost: gateway.test\r\n\r\n",
    "a bare LF after a header": b"GET / HTTP/1.1\r\nHost: gateway.test\n\r\n",
    "bare CRs": b"GET / HTTP/1.1\rHost: gateway.test\r\r",
    "garbage": bytes(range(128, 256)) * 2 + b"\r\n\r\n",
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "half a request": b"GET / HTTP/1.1\r\nHost: gat",
    "nothing": b"",
}

LENGTHS = {
    "a length in letters": length("abc"),
    "a length with letters behind": length("5a"),
    "a length with a plus": length("+5"),
    "a negative length": length("-5"),
    "a negative zero": length("-0", ""),
    "a length with a zero before": length("05"),
    "a length that is octal or not": length("0200", "a" * 128),
    "two zeros": length("00", ""),
    "a length marked as octal": length("0o5"),
    "a hexadecimal length": length("0x5"),
    "a length with an underscore": length("1_0", "helloworld"),
    "a length with a space inside": length("1 0", "helloworld"),
    "an empty length": length("", ""),
    "a length beyond 64 bits": length("99999999999999999999"),
    "a list of different lengths": length("5, 6"),
    "a list of equal lengths": length("5, 5"),
    "two different lengths": post("Content-Length: 5", "Content-Length: 6", body="hello!"),
    "one length twice": post("Content-Length: 5", "Content-Length: 5", body="hello"),
    "a length of a gigabyte and no body": length("1073741824", ""),
    "a body shorter than its length": length("6"),
}

CODINGS = {
    "a length beside chunks": coded("chunked", "Content-Length: 5"),
    "an unknown coding": coded("xchunked"),
    "an unknown coding and a length": coded("xchunked", "Content-Length: 5", body="hello"),
    "identity": coded("identity", "Content-Length: 5", body="hello"),
    "another coding before": coded("gzip, chunked"),
    "another coding behind": coded("chunked, gzip"),
    "an empty coding": coded("", "Content-Length: 5", body="hello"),
    "a comma before": coded(", chunked"),
    "a comma behind": coded("chunked,"),
    "two codings in two lines": coded("chunked", "Transfer-Encoding: identity"),
    "chunked twice": coded("chunked, chunked"),
    "chunked with parameters": coded("chunked;a=b"),
    "chunked in quotes": coded('"chunked"'),
    "chunks in HTTP/1.0": post("Transfer-Encoding: chunked", body="0\r\n\r\n", version="HTTP/1.0"),
    "a space before the colon of a coding": post("Transfer-Encoding : chunked", body="0\r\n\r\n"),
    "a folded coding": coded("\r\n chunked"),
    "a vertical tab before a coding": coded("\x0bchunked"),
    "a form feed before a coding": coded("\x0cchunked"),
    "a NUL behind a coding": coded("chunked\x00"),
    "an underscore in Transfer_Encoding": post("Transfer_Encoding: chunked", "Content-Length: 5", body="hello"),
}

CHUNKS = {
    "a chunk's size with a prefix": chunked("0x5\r\nhello\r\n0\r\n\r\n"),
    "a chunk's size with a plus": chunked("+5\r\nhello\r\n0\r\n\r\n"),
    "a chunk's size with an underscore": chunked("0_5\r\nhello\r\n0\r\n\r\n"),
    "a negative chunk": chunked("-1\r\nhello\r\n0\r\n\r\n"),
    "a space before a chunk's size": chunked(" 5\r\nhello\r\n0\r\n\r\n"),
    "a chunk's size in letters": chunked("xyz\r\nhello\r\n0\r\n\r\n"),
    "a chunk's size beyond 64 bits": chunked("FFFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n"),
    "a semicolon and no extension": chunked("5;\r\nhello\r\n0\r\n\r\n"),
    "an extension with a bracket": chunked("5;a[b]\r\nhello\r\n0\r\n\r\n"),
    "an extension with a bare LF": chunked("5;a\nhello\r\n0\r\n\r\n"),
    "an extension with a bare CR": chunked("5;a\rb\r\nhello\r\n0\r\n\r\n"),
    "an extension with a NUL": chunked("5;a\x00b\r\nhello\r\n0\r\n\r\n"),
    "an extension of 100 KB": chunked(f"5;a={'x' * 100_000}\r\nhello\r\n0\r\n\r\n"),
    "a chunk's size ended by LF": chunked("5\nhello\r\n0\r\n\r\n"),
    "a chunk's size ended by CR": chunked("5\rhello\r\n0\r\n\r\n"),
    "a chunk ended by LF": chunked("5\r\nhello\n0\r\n\r\n"),
    "a chunk that does not end": chunked("5\r\nhello0\r\n\r\n"),
    "a chunk of more than its size": chunked("5\r\nhello!!\r\n0\r\n\r\n"),
    "no last chunk": chunked("5\r\nhello\r\n"),
    "trailers ended by LF": chunked("5\r\nhello\r\n0\r\n\n"),
    "a length in the trailers": chunked("5\r\nhello\r\n0\r\nContent-Length: 50\r\n\r\n"),
    "a coding in the trailers": chunked("5\r\nhello\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n"),
    "a Host in the trailers": chunked("5\r\nhello\r\n0\r\nHost: elsewhere.test\r\n\r\n"),
    "a credential in the trailers": chunked("5\r\nhello\r\n0\r\nAuthorization: Bearer a\r\n\r\n"),
}

HIDERS = {
    "a request behind a length and chunks": hiding(f"Content-Length: {WHOLE}", "Transfer-Encoding: chunked"),
    "the same, the other way round": hiding("Transfer-Encoding: chunked", f"Content-Length: {WHOLE}"),
    "the same, a blank behind": hiding(f"Content-Length: {WHOLE}", "Transfer-Encoding: chunked "),
    "the same, in capitals": hiding(f"Content-Length: {WHOLE}", "Transfer-Encoding: Chunked"),
    "the same, a comma before": hiding(f"Content-Length: {WHOLE}", "Transfer-Encoding: , chunked"),
    "the same, folded": hiding(f"Content-Length: {WHOLE}", "Transfer-Encoding:\r\n chunked"),
    "the same, a plus before the length": hiding(f"Content-Length: +{WHOLE}", "Transfer-Encoding: chunked"),
    "the same, a letter behind the length": hiding(f"Content-Length: {WHOLE}x", "Transfer-Encoding: chunked"),
    "a request behind two lengths": post(
        "Content-Length: 5", f"Content-Length: {5 + len(HIDDEN)}", body="hello" + HIDDEN
    ),
    "a request behind two codings": hiding(
        f"Content-Length: {WHOLE}", "Transfer-Encoding: chunked", "Transfer-Encoding: x"
    ),
    "a request within a chunk": coded("chunked", "Content-Length: 4", body=f"{len(HIDDEN):x}\r\n{HIDDEN}\r\n0\r\n\r\n"),
    "a request as a GET's body": get(f"Content-Length: {len(HIDDEN)}") + HIDDEN.encode(),
    "a request as an OPTIONS' body": get(f"Content-Length: {len(HIDDEN)}").replace(b"GET", b"OPTIONS", 1)
    + HIDDEN.encode(),
    "a request as a HEAD's body": get(f"Content-Length: {len(HIDDEN)}").replace(b"GET", b"HEAD", 1) + HIDDEN.encode(),
    "a request as a DELETE's body": get(f"Content-Length: {len(HIDDEN)}").replace(b"GET", b"DELETE", 1)
    + HIDDEN.encode(),
    "a request in a GET's chunks": get("Transfer-Encoding: chunked")
    + f"{len(HIDDEN):x}\r\n{HIDDEN}\r\n0\r\n\r\n".encode(),
    "a body lost to HTTP/2": post(
        "Connection: Upgrade, HTTP2-Settings",
        "Upgrade: h2c",
        "HTTP2-Settings: AAMAAABk",
        "Content-Length: 5",
        body="hello",
    ),
    "a web socket": get("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"),
}

MUST_REJECT = REQUEST_LINES | HEADERS | HOSTS | LINES | LENGTHS | CODINGS | CHUNKS | HIDERS

MUST_ACCEPT = {
    "a plain GET": get(),
    "a plain POST": length("5"),
    "a POST of nothing": length("0", ""),
    "a POST without a length": post(),
    "chunks": chunked("5\r\nhello\r\n0\r\n\r\n"),
    "several chunks": chunked("2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"),
    "a chunk's size in capitals": chunked("A\r\nhelloworld\r\n0\r\n\r\n"),
    "a chunk's size with zeros": chunked("0005\r\nhello\r\n0\r\n\r\n"),
    "an extension": chunked("5;a=b\r\nhello\r\n0\r\n\r\n"),
    "no chunk but the last": chunked("0\r\n\r\n"),
    "HTTP/1.0": get(version="HTTP/1.0"),
    "HTTP/1.0 without a Host": get(version="HTTP/1.0", host=""),
    "a line break before": b"\r\n" + get(),
    "tabs and blanks around a value": get("X-Odd: \t one \t"),
    "an empty value": get("X-Odd:"),
    "a value beyond ASCII": get("X-Odd: \xe9"),
    "a header nobody knows": get("X-Unheard-Of: one"),
    "99 headers beside the Host": get(*(f"X-{number}: one" for number in range(99))),
    "a value of 30 KB": get(f"X-Odd: {'x' * 30_000}"),
    "a target of 8,000 bytes": get(target="/" + "a" * 7_999),
    "a query": get(target="/?a=b&c=%20"),
    "an encoded path": get(target="/%C3%A9%20"),
    "a Host with a port": get(host="Host: gateway.test:8080"),
    "an IPv6 Host": get(host="Host: [::1]:8080"),
    "100-continue": post("Expect: 100-continue", "Content-Length: 5", body="hello"),
    "a length with blanks around": length(" 5 "),
    "a HEAD": b"HEAD / HTTP/1.1\r\nHost: gateway.test\r\n\r\n",
    "an OPTIONS": b"OPTIONS / HTTP/1.1\r\nHost: gateway.test\r\n\r\n",
    "a GET that says it has no body": get("Content-Length: 0"),
}
