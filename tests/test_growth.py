"""What measures growth works, on numbers that show none."""

import re
from pathlib import Path

import apsw
import pytest

from tests import growth

FIGURE = re.compile(r"\d+(\.\d+)? (µs|ms|s|MB)\b")


@pytest.mark.parametrize(("name", "count"), [("tenants", 20), ("orders", 20), ("dialects", 2)])
def test_a_part_tells_figures(name: str, count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_SECRET", "x")
    rows = list(growth.PARTS[name](tmp_path, count))

    assert all(FIGURE.search(cost) for _, _, cost in rows)
    assert rows[-1][1] == str(count)


def test_a_journal_is_filled_with_orders_that_have_ended(tmp_path: Path) -> None:
    list(growth.grow_orders(tmp_path, 50))

    db = apsw.Connection(str(tmp_path / "journal.db"))
    told = db.execute("SELECT count(*) FROM operation WHERE key LIKE 'k%' AND state = 'succeeded'").get
    calls = db.execute("SELECT count(*) FROM attempt WHERE operation_id GLOB 'o[0-9]*'").get
    assert told == calls == 50
    db.close()
