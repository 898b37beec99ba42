"""A pod in Madrid that checks in at nine, its database at a quarter to nine, and everything a check-in needs."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time

import pytest
from sqlalchemy import Engine

from charts import Renderer
from clients import store as clients
from digests.flow import Digests
from digests.model import Pod
from tests.factories import client
from tests.fakes import ToldPrometheus, set_clock

# 09:00 in Madrid is 08:00 UTC on this day.
BEFORE_NINE = datetime(2026, 3, 10, 7, 45, tzinfo=UTC)


@pytest.fixture(scope="session")
def renderer() -> Iterator[Renderer]:
    with Renderer() as renderer:
        yield renderer


@pytest.fixture
def prometheus() -> ToldPrometheus:
    return ToldPrometheus(
        {
            "posts_published_total": [({"platform": "instagram"}, 40), ({"platform": "x"}, 10)],
            "publish_failures_total": [({"platform": "instagram"}, 2)],
            "runner_capacity_in_use": [({"runner_pool": "browser"}, 3)],
            "runner_capacity_total": [({"runner_pool": "browser"}, 8)],
        }
    )


@pytest.fixture
def pod() -> Pod:
    return Pod("main", "#ops", "Europe/Madrid", {"morning": time(9)})


@pytest.fixture
def digests(engine: Engine, prometheus: ToldPrometheus, renderer: Renderer, pod: Pod) -> Iterator[Digests]:
    set_clock(engine, BEFORE_NINE)
    with engine.begin() as db:
        clients.report_clients(db, [client(), client("zen", "Zen Tea")])
    with ThreadPoolExecutor(4) as pool:
        yield Digests(engine, prometheus, renderer, (pod,), pool)
