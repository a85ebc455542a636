"""``adapter sandbox``: a backend of one's own to send orders to and look into."""

import httpx
import pytest

from adapter.cli.main import main
from tests.cli.conftest import Start
from tests.cli.program import free_port
from tests.conftest import HERE

LEDGER = "/_sandbox/ledger"


def test_a_sandbox_is_served_with_its_ledger_and_stops_cleanly(start: Start) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    program = start("sandbox", "lana", "--port", str(port), "--credential", "token=t-1", "--currency", "NPR")
    own_port = free_port()
    own = start("sandbox", "bazaar", "--port", str(own_port), ADAPTER_DIALECTS=str(HERE / "fifth"))
    empty = program.wait_for_health(f"{url}{LEDGER}").json()
    order = [{"customer_email": "a@b.co", "line_items": [{"variant_id": "va_1", "quantity": 1}]}]
    orders = f"{url}/orders.json?shop_id=sh_1"
    refused = httpx.post(orders, json=order, headers={"Authorization": "Bearer another"}, trust_env=False)
    taken = httpx.post(orders, json=order, headers={"Authorization": "Bearer t-1"}, trust_env=False)
    ledger = httpx.get(f"{url}{LEDGER}", trust_env=False).json()

    assert set(map(tuple, empty.values())) == {()}
    assert refused.status_code == 401
    assert [seen["status"] for seen in ledger["requests"]] == [401, taken.status_code]
    assert program.wait_for("ledger at") == f"lana on {url}, ledger at {LEDGER}\n"
    assert own.wait_for_health(f"http://127.0.0.1:{own_port}{LEDGER}").json()["requests"] == []
    assert [one.stop() for one in (program, own)] == [0, 0]
    assert program.stderr.read_text() == ""


@pytest.mark.parametrize(
    ("arguments", "place"), [(["shoppy"], "shoppy.json"), (["lana", "--credential", "token"], "--credential")]
)
def test_a_sandbox_that_cannot_be_made_is_one_line(
    capsys: pytest.CaptureFixture[str], arguments: list[str], place: str
) -> None:
    assert main(["sandbox", *arguments]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("adapter sandbox: ")
    assert line.endswith(f"{place}`")
