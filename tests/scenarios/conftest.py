"""One world in a box for the scenarios that look at it, and one tour of all its incidents."""

import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import pytest

from sandbox.world import start_world
from storage.engine import connect
from tests.scenarios.looking import Looker, Seen
from tests.scenarios.symptoms import WAVES, Symptom

_PATIENCE = 90.0


@pytest.fixture(scope="session")
def servers() -> Iterator[Path]:
    """A folder for the servers of this session."""
    with tempfile.TemporaryDirectory(prefix="checkin-tests-") as folder:
        os.chmod(folder, 0o711)  # noqa: S103 - Postgres may run as another account, which must get through
        yield Path(folder)


@pytest.fixture(scope="session")
def looker(servers: Path) -> Iterator[Looker]:
    """A running world with the real servers; the tests of this folder share it."""
    world = start_world(servers / "world", lambda _: None, pace=4.0)
    engine = connect(world.database_url, name="scenarios")
    try:
        with (
            httpx.Client(base_url=world.web_url, timeout=20, trust_env=False) as web,
            httpx.Client(base_url=world.prometheus_url, timeout=20, trust_env=False) as prometheus,
        ):
            yield Looker(world, engine, web, prometheus)
    finally:
        engine.dispose()
        world.close()


@pytest.fixture(scope="session")
def tour(looker: Looker) -> Mapping[str, Seen]:
    """Ordinary work, then every incident: broken until it is felt, mended until it is over."""
    _ordinary_work(looker)
    seen: dict[str, Seen] = {}
    for wave in WAVES:
        seen |= {name: Seen(looker.sees(symptom)) for name, symptom in wave.items()}
        _turn_and_wait(looker, wave, seen, on=True)
        _turn_and_wait(looker, wave, seen, on=False)
    return seen


def _ordinary_work(looker: Looker) -> None:
    """The same picture twice, and a text that a policy blocks."""
    wish = {"client_id": "acme", "platform": "instagram"}
    for words in ("Open on Sunday", "Open on Sunday", "Our tea heals your back"):
        looker.web.post("/plans", json=wish | {"text": words}).raise_for_status()


def _turn_and_wait(looker: Looker, wave: Mapping[str, Symptom], seen: dict[str, Seen], *, on: bool) -> None:
    for name in wave:
        looker.turn(name, on=on)
    began = time.monotonic()
    waiting = dict(wave)
    while waiting and time.monotonic() - began < _PATIENCE:
        time.sleep(0.4)
        for name, symptom in list(waiting.items()):
            one, passed = seen[name], round(time.monotonic() - began, 1)
            if not on and looker.sees(symptom) == (False, False):
                one.over_after = passed
            if on and one.felt_after is None and looker.sees(symptom) == (True, True):
                one.felt_after = passed
            if on and symptom.alert and one.alerted_after is None and looker.alerts(symptom):
                one.alerted_after = passed
            if (one.felt_after and (one.alerted_after or not symptom.alert)) if on else one.over_after:
                del waiting[name]
