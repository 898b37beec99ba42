from datetime import datetime

from sqlalchemy import Connection as Db
from syrupy.assertion import SnapshotAssertion

from dashboards import client_health
from metrics.reader import Reader

ZONE = "Europe/Berlin"


def test_a_client_that_publishes_with_one_failure(
    db: Db, prometheus: Reader, acme: str, now: datetime, snapshot: SnapshotAssertion
) -> None:
    found = client_health.collect(db, prometheus, acme, now=now, zone=ZONE)
    assert client_health.card(found, picture_key="health", names={"U0ANA": "Ana"}) == snapshot
