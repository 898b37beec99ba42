from datetime import datetime

import pytest
from sqlalchemy import Connection as Db
from syrupy.assertion import SnapshotAssertion

from dashboards import cost
from metrics.reader import Reader

ZONE = "Europe/Berlin"


@pytest.mark.usefixtures("agency")
@pytest.mark.parametrize(
    "asked", ["today", "yesterday", "week", "acme", "week Bluebird Bakery", "today of acme", "week today"]
)
def test_answer(db: Db, prometheus: Reader, now: datetime, asked: str, snapshot: SnapshotAssertion) -> None:
    found = cost.collect(db, prometheus, asked, now=now, zone=ZONE)
    assert cost.card(found) == snapshot
