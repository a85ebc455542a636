"""``adapter fuzz --url`` against a gateway and a sandbox that run as their users start them."""

import hashlib
import json
import re
import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from adapter.cli.fuzz_live import demand_dialect
from adapter.cli.main import main
from adapter.errors import SetupError
from adapter.lens.trees import Tree
from adapter.qa.cases.cases import Case, write_case
from adapter.qa.laws.talks import Reply
from tests.cli.conftest import Start
from tests.cli.program import free_port
from tests.conftest import HERE

SECRET = "a secret of the test"


def test_a_running_gateway_keeps_its_promises_though_calls_are_cut_off(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sandbox, gateway, admin = (f"http://127.0.0.1:{free_port()}" for _ in range(3))
    tenants = tmp_path / "tenants.toml"
    tenants.write_text(
        f"""
        [tenant.shop]
        dialect = "stella_sync"
        base_url = "{sandbox}"
        caller_keys = ["sha256:{hashlib.sha256(SECRET.encode()).hexdigest()}"]
        secret = {{ sync_secret = "env:STELLA" }}
        setting = {{ site_id = "site-1" }}
        """
    )
    start("sandbox", "stella_sync", "--port", sandbox.rpartition(":")[2]).wait_for_health(f"{sandbox}/_sandbox/ledger")
    variables = {"ADAPTER_TENANTS": str(tenants), "ADAPTER_JOURNAL": str(tmp_path / "journal.db"), "STELLA": "ssk"}
    variables |= {"ADAPTER_ENVIRONMENT": "development", "ADAPTER_ADMIN_PORT": admin.rpartition(":")[2]}
    start("serve", "--port", gateway.rpartition(":")[2], **variables).wait_for_health(f"{gateway}/healthz")
    monkeypatch.setenv("CALLER", SECRET)
    monkeypatch.chdir(tmp_path)
    live = ["--url", gateway, "--site", "shop", "--credential", "env:CALLER", "--sandbox", sandbox]

    status = main(["fuzz", "stella_sync", *live, "--examples", "40", "--seed", "2"])

    assert status == 0, capsys.readouterr().out
    told = capsys.readouterr().out
    assert "3 laws, tried 120 times, 120 with something to hold  ok" in told
    assert re.search(r"orders were answered: .*\d+ times 201", told)
    seen = httpx.get(f"{sandbox}/_sandbox/ledger", trust_env=False).json()
    assert any(request["fault"] == "commit-then-reset" for request in seen["requests"])
    keys = [request["idempotency_key"] for request in seen["requests"] if request["orders"]]
    assert len(keys) == len(set(keys)) > 6

    wrong = {
        "expected a tenant that speaks lana, found one of stella_sync": ["lana", *live],
        "expected to be let in, found 401": ["stella_sync", *live, "--site", "nobody"],
        "expected a sandbox, found 404": ["stella_sync", *live, "--sandbox", gateway],
        "expected to be let in, found 404": ["stella_sync", *live, "--url", sandbox],
    }
    case = Case("lana", "live_answer", "positive", "", "", "it was so", {})
    Path("lana.json").write_bytes(write_case(case))
    wrong["speaks lana, found one of stella_sync"] = [*live, "--replay", "lana.json"]
    for found, arguments in wrong.items():
        assert main(["fuzz", *arguments, "--examples", "3"]) == 2
        assert found in capsys.readouterr().err

    assert main(["fuzz", "--cover-from", admin, "--ndjson", "out.ndjson", "--junit", "junit.xml"]) == 0
    (told, _) = [json.loads(line) for line in Path("out.ndjson").read_text().splitlines()]
    assert told["event"] == "coverage"
    assert (told["dialect"], told["kinds"]["step"]) == ("stella_sync", {"exercised": 1, "of": 1})
    assert told["orders"] > 6
    assert 20 < told["percent"] < 100
    assert main(["fuzz", "--cover-from", admin, "--cover-from", admin, "--ndjson", "twice.ndjson"]) == 0
    twice = json.loads(Path("twice.ndjson").read_text().splitlines()[0])
    assert twice == told | {"orders": 2 * told["orders"]}
    assert main(["fuzz", "--cover-from", admin, "--cover"]) == 1
    assert "never exercised" in capsys.readouterr().out
    assert main(["fuzz", "lana", "--cover-from", admin]) == 2
    assert "that has sent such an order" in capsys.readouterr().err
    assert main(["fuzz", "--cover-from", gateway]) == 2
    assert "expected the operator's port" in capsys.readouterr().err


@pytest.fixture
def away() -> Iterator[str]:
    """A gateway that answers every order that it cannot be stored for now."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(503)
            body = b'{"type": "/problems/storage-unavailable"}'
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_a_page_that_answers_everything_is_no_gateway() -> None:
    class Page:
        def call(self, method: str, path: str, body: Tree | None = None, key: str = "") -> Reply:
            return Reply(200, {}, None)

        def misbehave(self, faults: Sequence[str]) -> None:
            """There is no backend."""

        def count_orders(self) -> int | None:
            return None

    with pytest.raises(SetupError, match="expected a gateway, found 200 without a JSON object"):
        demand_dialect(Page(), ["lana"])


def test_a_gateway_that_takes_no_order_at_all_does_not_pass(
    away: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CALLER", SECRET)
    live = ["--url", away, "--site", "shop", "--credential", "env:CALLER", "--seed", "1", "--examples", "3"]

    assert main(["fuzz", "stella_sync", *live, "--law", "live_answer"]) == 2

    assert "expected an order that is answered 201, found 3 times 503 storage-unavailable" in capsys.readouterr().err
    assert main(["fuzz", "stella_sync", *live, "--law", "live_told"]) == 1
    own = ["--orders", str(HERE / "orders"), "--examples", "1"]
    assert main(["fuzz", "stella_sync", *live, "--law", "live_answer", *own]) == 2
    assert re.search(r"expected an order .* found \d\d+ times 503 storage-unavailable", capsys.readouterr().err)

    order = json.loads((HERE / "orders" / "documented-sample-body.json").read_text())
    for law, status in (("live_answer", 2), ("ledger", 0)):  # what places no order says nothing of a gateway
        Path("case.json").write_bytes(write_case(Case("stella_sync", law, "positive", "", "", "it was so", order)))
        assert main(["fuzz", *live[:6], "--replay", "case.json"]) == status


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["lana", "--url", "http://127.0.0.1:9"], "expected --site and --credential"),
        (["--url", "http://127.0.0.1:9", "--site", "s", "--credential", "env:CALLER"], "expected one DIALECT"),
        (["lana", "--url", "http://127.0.0.1:9", "--site", "s", "--credential", "plain"], "expected env:NAME"),
        (["lana", "--url", "http://127.0.0.1:9", "--site", "s", "--credential", "env:CALLER"], "expected an answer"),
    ],
)
def test_what_cannot_be_reached_ends_with_2(
    arguments: list[str], told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CALLER", SECRET)

    assert main(["fuzz", *arguments]) == 2

    assert told in capsys.readouterr().err
