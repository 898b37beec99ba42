import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine

from audits import AuditEvent, Result
from audits.store import last
from clients import store as reports
from clients import work_items
from clients.model import WorkItem
from sandbox.agency import history, queue, seed, world
from storage.engine import connect
from tests.processes import eventually
from tests.sandbox.agency.in_process import approved, approving, signed
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
    approved(engine, approving(item))
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


@pytest.mark.slow
def test_without_chromium_the_browser_lane_says_so_and_publishes_over_plain_http(
    database_url: str, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with engine.begin() as db:
        reports.report_clients(db, [world.client(seed.ACCOUNTS["fernhill"], "UTC")])

    def published() -> AuditEvent | None:
        with engine.begin() as db:
            return next((event for event in last(db, "fernhill") if event.result is Result.SUCCESS), None)

    with agency_processes(database_url, tmp_path) as urls:
        httpx.post(f"{urls['web']}/plans", json={"client_id": "fernhill", "platform": "skool"}).raise_for_status()
        assert eventually(lambda: published() is not None, timeout=40)

    event = published()
    assert event is not None
    assert event.proof["hands"] == "plain http"
    assert "screenshot_ref" not in event.proof
    said = [json.loads(line) for line in (tmp_path / "browser.log").read_text().splitlines() if "chromium" in line]
    assert [(line["event_name"], line["instead"]) for line in said] == [("chromium.missing", "plain http")]
