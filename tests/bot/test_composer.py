"""The process that composes, as the bot starts it, on a real Postgres; Prometheus does not answer."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from bot import composer as composer_module
from bot.composer import Composer
from bot.load_settings import load
from bot.settings import Settings
from bot.workers import Workers
from clients import store as clients
from messages import tables
from tests.bot.test_settings import TOML, WHOLE
from tests.factories import client
from tests.processes import descendants, eventually, living

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

SOON = 30.0


@pytest.fixture
def settings(engine: Engine, database_url: str, tmp_path: Path) -> Settings:
    """Of one pod with a client, whose morning check-in is due since a minute or so."""
    with engine.begin() as db:
        clients.report_clients(db, [client("acme")])
    (tmp_path / "checkin.toml").write_text(
        TOML.replace("Europe/Madrid", "UTC").replace("09:00:00", f"{datetime.now(UTC):%H:%M}:00")
    )
    reachable = {"CHECKIN_DATABASE_URL": database_url, "CHECKIN_PROMETHEUS_URL": "http://127.0.0.1:1"}
    return load(Settings, tmp_path / "checkin.toml", WHOLE | reachable)


@pytest.fixture
def written() -> threading.Event:
    return threading.Event()


@pytest.fixture
def composer(settings: Settings, written: threading.Event) -> Iterator[Composer]:
    """With its worker, as in the bot."""
    composer, workers = Composer(settings, written.set), Workers()
    workers.loop("composer", composer.listen, every=0.1)
    yield composer
    composer.close()
    workers.stop()


@pytest.fixture
def cards(engine: Engine) -> Callable[[], int]:
    def counted() -> int:
        with engine.connect() as db:
            return int(db.execute(select(func.count()).select_from(tables.card)).scalar_one())

    return counted


def _processes() -> set[int]:
    """The composer, first, and the process that draws for it."""
    found = {pid for pid in living(descendants(os.getpid())) if b"bot.composer" in _command(pid)}
    return found.union(*map(descendants, found))


def _command(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


@pytest.mark.usefixtures("composer")
def test_what_is_due_comes_to_the_outbox_and_the_bot_is_told(
    cards: Callable[[], int], written: threading.Event
) -> None:
    assert eventually(lambda: cards() == 5, timeout=SOON), "the check-in and its four steps"
    assert written.wait(SOON)


def test_who_wakes_it_is_answered(composer: Composer, cards: Callable[[], int], written: threading.Event) -> None:
    assert eventually(lambda: cards() == 5, timeout=SOON)
    written.clear()
    composer.wake()
    assert written.wait(SOON)


def test_one_that_sleeps_makes_no_click_wait_and_looks_when_it_wakes(
    composer: Composer, cards: Callable[[], int], written: threading.Event
) -> None:
    assert eventually(lambda: cards() == 5, timeout=SOON)
    (own,) = [pid for pid in _processes() if b"bot.composer" in _command(pid)]
    os.kill(own, signal.SIGSTOP)

    def press() -> None:
        for _ in range(100_000):
            composer.wake()

    clicks = threading.Thread(target=press, daemon=True)
    clicks.start()
    clicks.join(SOON)
    assert not clicks.is_alive()
    written.clear()
    os.kill(own, signal.SIGCONT)
    assert written.wait(SOON)


@pytest.mark.usefixtures("composer")
def test_it_is_there_again_when_it_was_killed(cards: Callable[[], int]) -> None:
    assert eventually(lambda: len(_processes()) == 2, timeout=SOON)
    first = _processes()
    for pid in first:
        os.kill(pid, signal.SIGKILL)
    assert eventually(lambda: len(_processes() - first) == 2, timeout=SOON)
    assert eventually(lambda: cards() == 5, timeout=SOON)
    assert not living(first)


def test_it_ends_with_the_bot_and_not_before(composer: Composer, cards: Callable[[], int]) -> None:
    assert eventually(lambda: cards() == 5, timeout=SOON)
    processes = _processes()
    assert len(processes) == 2
    for pid in processes:
        os.kill(pid, signal.SIGINT)  # Ctrl-C in the terminal of all
    (own,) = [pid for pid in processes if b"bot.composer" in _command(pid)]
    os.kill(own, signal.SIGTERM)
    assert not eventually(lambda: processes != living(processes), timeout=1)
    composer.close()
    assert eventually(lambda: not living(processes))


@pytest.mark.usefixtures("composer")
def test_no_secret_stands_in_a_command_line(settings: Settings) -> None:
    assert eventually(lambda: len(_processes()) == 2, timeout=SOON)
    told = b"".join(_command(pid) for pid in _processes())
    assert not any(secret.encode() in told for secret in settings.secrets())


def test_it_is_our_own_whatever_the_folder_has(
    settings: Settings, written: threading.Event, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("bot", "charts"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()
    monkeypatch.chdir(tmp_path)
    composer = Composer(settings, written.set)
    try:
        assert eventually(lambda: len(_processes()) == 2, timeout=SOON)
        assert eventually(composer.listen, timeout=SOON)
        assert len(living(_processes())) == 2
    finally:
        composer.close()


@pytest.mark.usefixtures("composer")
def test_one_that_says_nothing_for_long_is_replaced(cards: Callable[[], int], monkeypatch: pytest.MonkeyPatch) -> None:
    assert eventually(lambda: cards() == 5, timeout=SOON)
    first = _processes()
    (own,) = [pid for pid in first if b"bot.composer" in _command(pid)]
    os.kill(own, signal.SIGSTOP)
    monkeypatch.setattr(composer_module, "_SILENCE", 8.0)
    assert eventually(lambda: len(_processes() - first) == 2 and not living(first), timeout=SOON)
