import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine

from audits.store import last
from clients import work_items
from clients.model import WorkItem
from sandbox.agency import history, queue
from storage.engine import connect
from tests.sandbox.agency.in_process import approving, signed
from tests.sandbox.agency.processes import agency_processes


@pytest.fixture
def urls(database_url: str, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The six processes, each at its URL, with nothing of their own to do."""
    with agency_processes(database_url, tmp_path) as urls:
        yield urls


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = connect(database_url, name="tests")
    queue.make_tables(engine)
    yield engine
    engine.dispose()


def first_approval(engine: Engine, urls: dict[str, str]) -> WorkItem:
    day = history.tell(datetime.now(UTC), "UTC", 1, web_url=urls["web"], platforms_url=urls["platforms"])
    day.jobs.clear()
    with engine.begin() as db:
        day.store(db)
    return next(item for item in day.work if item.kind == "approval")


@pytest.mark.slow
def test_a_signed_command_makes_four_processes_publish_a_post_that_opens(urls: dict[str, str], engine: Engine) -> None:
    item = first_approval(engine, urls)
    assert httpx.post(f"{urls['web']}/commands", **signed("publish", **approving(item))).status_code == 202
    deadline = time.monotonic() + 20
    result: dict[str, str] = {}
    while result.get("status") != "verified" and time.monotonic() < deadline:
        time.sleep(0.05)
        with engine.begin() as db:
            told = work_items.item(db, item.item_id)
        result = dict(told.result) if told else {}

    assert result["status"] == "verified"
    assert httpx.get(result["post_url"]).status_code == 200
    with engine.begin() as db:
        events = [e for e in last(db, item.client_id) if e.ids.get("calendar_item_id") == item.calendar_item_id]
    assert [event.phase for event in events] == ["outcome", "intent"]
    exposition = httpx.get(f"{urls['runner']}/metrics").text
    assert f'client_publish_outcomes_total{{client_id="{item.client_id}"' in exposition
    published = [line for line in exposition.splitlines() if line.startswith("posts_published_total{")]
    assert sum(float(line.rpartition(" ")[2]) for line in published) == 1
