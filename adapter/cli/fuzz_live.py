"""The doors of a running gateway, and of the sandbox behind it, for the laws that take one."""

import argparse
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import httpx
import msgspec

from adapter.cli.fuzz_replay import list_spoken
from adapter.core.canonical import ENCODER, read_json
from adapter.errors import Problem, SetupError
from adapter.lens.trees import Tree
from adapter.qa.laws.laws import LIVE, Law
from adapter.qa.laws.talks import CUT_OFF, OPENINGS, Door, Reply, make_live_laws, tell
from adapter.qa.subjects.examples import MODES
from adapter.shell.files import read_secret
from adapter.shell.http_in import PREVIEW
from adapter.shell.warming import ORDER

LEDGER = "/_sandbox/ledger"
FAULTS = "/_sandbox/faults"
SECONDS = 60.0

# Answers to who may not come in, or asks for what is not there.
NOT_LET_IN = frozenset({401, 403, 404})

Openings = Sequence[Sequence[str]]


class Live(NamedTuple):
    """The laws over HTTP, what their talks begin with, and how often orders were given each answer."""

    laws: Mapping[str, Law]
    openings: Openings
    heard: Counter[str]


class HttpDoor:
    """Satisfies ``talks.Door`` over HTTP; ``SetupError`` where nobody answers."""

    def __init__(self, gateway: httpx.Client, sandbox: httpx.Client | None) -> None:
        self.gateway = gateway
        self.sandbox = sandbox

    def call(self, method: str, path: str, body: Tree | None = None, key: str = "") -> Reply:
        headers = {"Content-Type": "application/json"} if body is not None else {}
        headers |= {"Idempotency-Key": key} if key else {}
        content = None if body is None else ENCODER.encode(body)
        response = _ask(self.gateway, method, path, content, headers)
        try:
            document = read_json(response.content) if response.content else None
        except Problem:
            document = None
        return Reply(response.status_code, dict(response.headers), document)

    def misbehave(self, faults: Sequence[str]) -> None:
        if self.sandbox is None:
            return
        method, content = ("POST", msgspec.json.encode(faults)) if faults else ("DELETE", None)
        response = _ask(self.sandbox, method, FAULTS, content, {})
        if not response.is_success:
            raise SetupError(f"expected a sandbox that can misbehave, found {response.status_code}", at="--sandbox")

    def count_orders(self) -> int | None:
        if self.sandbox is None:
            return None
        response = _ask(self.sandbox, "GET", LEDGER, None, {})
        try:
            return len(read_json(response.content)["orders"])
        except (Problem, KeyError, TypeError):
            raise SetupError(f"expected a sandbox, found {response.status_code}", at="--sandbox") from None


def _ask(
    client: httpx.Client, method: str, path: str, content: bytes | None, headers: Mapping[str, str]
) -> httpx.Response:
    try:
        return client.request(method, path, content=content, headers=dict(headers))
    except httpx.HTTPError as exc:
        raise SetupError(f"expected an answer: {exc}", at=str(client.base_url)) from exc


def add_live_arguments(parser: argparse.ArgumentParser) -> None:
    live = parser.add_argument_group("against a running gateway, which places orders with its backend")
    live.add_argument("--url", metavar="URL", help="the gateway's; DIALECT is the one its tenant speaks")
    live.add_argument("--site", metavar="ID", help="the tenant's site id")
    live.add_argument("--credential", metavar="env:NAME", help="the caller's secret, or file:PATH")
    live.add_argument("--sandbox", metavar="URL", help="of the sandbox behind it, to cut calls off and count orders")


@contextmanager
def open_live(options: argparse.Namespace) -> Iterator[Live]:
    """What it takes to try a running gateway, as long as the doors are open."""
    if not options.site or not options.credential:
        raise SetupError("expected --site and --credential beside it", at="--url")
    secret = read_secret(options.credential, "--credential")
    headers = {"Authorization": f"Bearer {secret}", "X-Stella-Site-Id": options.site}
    heard: Counter[str] = Counter()
    with httpx.Client(base_url=options.url, headers=headers, trust_env=False, timeout=SECONDS) as gateway:
        named = options.dialect or (list_spoken(options.replay) if options.replay is not None else ())
        demand_dialect(HttpDoor(gateway, None), named)
        if options.sandbox is None:
            yield Live(make_live_laws(HttpDoor(gateway, None), heard), OPENINGS, heard)
            return
        with httpx.Client(base_url=options.sandbox, trust_env=False, timeout=SECONDS) as sandbox:
            yield Live(make_live_laws(HttpDoor(gateway, sandbox), heard), (*OPENINGS, *CUT_OFF), heard)


def demand_dialect(door: Door, named: Collection[str]) -> None:
    """A ``SetupError`` where the gateway does not let us in, or its tenant speaks another dialect than is named."""
    reply = door.call("POST", PREVIEW, ORDER)
    if reply.status in NOT_LET_IN:
        raise SetupError(f"expected to be let in, found {tell(reply)}", at="--url, --site and --credential")
    if not isinstance(reply.document, dict):
        raise SetupError(f"expected a gateway, found {tell(reply)} without a JSON object", at="--url")
    spoken = reply.document.get("dialect") if reply.status == 200 else None
    if spoken is not None and set(named) - {spoken}:
        raise SetupError(f"expected a tenant that speaks {', '.join(named)}, found one of {spoken}", at="--site")


def demand_a_receipt(options: argparse.Namespace, heard: Mapping[str, int]) -> None:
    """``SetupError`` where orders were to be placed and none was: laws of orders say little of a gateway then."""
    inside = set(options.mode or MODES) - {"negative"}
    if options.replay is not None and not heard:
        return  # none of its cases is of an order that was placed
    if not heard.get("201") and any(inside.intersection(LIVE[name][1]) for name in options.law or LIVE):
        raise SetupError(f"expected an order that is answered 201, found {tell_answers(heard)}", at="--url")


def tell_answers(heard: Mapping[str, int]) -> str:
    """Each answer with how often it was given, the most frequent first."""
    ordered = sorted(heard.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{count} times {answer}" for answer, count in ordered) or "no answer to any"
