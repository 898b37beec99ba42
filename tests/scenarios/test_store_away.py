"""The store is killed, or freezes: nothing is caused off the record, and nothing on what was known long ago."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from audits import Phase, Result, Scope, Stale, guard, switches
from audits import store as audits
from clients import store as clients
from storage.engine import connect
from storage.migrations import upgrade
from storage.process import Server
from storage.server import private_postgres
from tests.bot.ingesting import served
from tests.bot.test_permits import Service
from tests.factories import client, effect
from tests.processes import descendants, eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


@pytest.fixture
def own_server(server_folder: Path) -> Iterator[Server]:
    with private_postgres(server_folder, fast=True) as server:
        yield server


@pytest.fixture
def own_engine(own_server: Server) -> Iterator[Engine]:
    upgrade(own_server.url)
    engine = connect(own_server.url, name="tests", pool_size=10)
    with engine.begin() as db:
        clients.report_clients(db, [client()])
    yield engine
    engine.dispose()


@contextmanager
def frozen(server: Server) -> Iterator[None]:
    pids = [server.child.pid, *descendants(server.child.pid)]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in reversed(pids):
            os.kill(pid, signal.SIGCONT)


def test_publishers_stop_when_the_store_is_killed(own_server: Server, own_engine: Engine) -> None:
    acted: list[float] = []

    def publish() -> None:
        while True:
            with guard(own_engine, effect()) as permit:
                acted.append(time.monotonic())
                permit.succeeded()

    with ThreadPoolExecutor(4) as pool:
        publishing = [pool.submit(publish) for _ in range(4)]
        assert eventually(lambda: len(acted) > 20)
        for pid in [own_server.child.pid, *descendants(own_server.child.pid)]:
            os.kill(pid, signal.SIGKILL)
        killed = time.monotonic()
        for each in publishing:
            assert isinstance(each.exception(timeout=30), OperationalError)
    # Four had their permits when it died; whoever asked after that got none.
    assert sum(at > killed for at in acted) <= 4
    before = len(acted)
    with pytest.raises(OperationalError), guard(own_engine, effect()):
        acted.append(0)
    assert len(acted) == before


def test_who_asked_a_frozen_store_does_not_act_on_the_late_answer(
    own_server: Server, own_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["audits.guard"], "FRESH", timedelta(seconds=1))
    acted: list[str] = []

    def publish() -> None:
        with guard(own_engine, effect()):
            acted.append("acted")

    with ThreadPoolExecutor(1) as pool:
        with frozen(own_server):
            publishing = pool.submit(publish)
            time.sleep(2)
            assert not publishing.done()
        assert isinstance(publishing.exception(timeout=30), Stale)
    assert acted == []
    with own_engine.begin() as db:
        told = [(event.phase, event.result) for event in reversed(audits.last(db, "acme"))]
        assert switches.in_flight(db, Scope()) == []
    assert told == [(Phase.INTENT, None), (Phase.OUTCOME, Result.BLOCKED)]


def test_over_http_a_frozen_store_gives_no_permit_and_asking_again_gives_the_one(
    own_server: Server, own_engine: Engine
) -> None:
    with served(own_engine) as ingest:
        service = Service(ingest)
        assert service.state().status_code == 200
        ingest.client.timeout = httpx.Timeout(1)
        with frozen(own_server), pytest.raises(httpx.ReadTimeout):
            service.take()
        ingest.client.timeout = httpx.Timeout(20)
        assert eventually(lambda: service.take().status_code == 200, timeout=20)
        with own_engine.begin() as db:
            assert len(switches.in_flight(db, Scope())) == 1
            assert len(audits.last(db, "acme")) == 1


def test_over_http_a_killed_store_gives_neither_permit_nor_state(own_server: Server, own_engine: Engine) -> None:
    with served(own_engine) as ingest:
        service = Service(ingest)
        ingest.client.timeout = httpx.Timeout(60)
        for pid in [own_server.child.pid, *descendants(own_server.child.pid)]:
            os.kill(pid, signal.SIGKILL)
        for answer in (service.take(), service.state()):
            assert answer.status_code == 503
            assert "do not act" in answer.json()["problems"][0]["error"]
