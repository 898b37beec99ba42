"""`checkin kill` with a real database and a real receiver of orders; no bot and no Slack anywhere."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from typer.testing import CliRunner, Result

from audits import Result as Came
from audits import Scope, guard, switches
from audits import store as audits
from bot.cli import cli
from bot.load_settings import ENVIRONMENT, PREFIX
from clients import store as clients
from digests import away
from operations import stops
from storage import clock
from tests.factories import client, effect
from tests.fakes import turn_clock
from tests.operations.receiving import SECRET, Receiver, listening
from tests.processes import eventually

NOBODY = "127.0.0.1:1"
ACME = Scope("acme")


@pytest.fixture(autouse=True)
def _nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("telemetry.logs.configure", lambda *_, **__: None)  # it would hold for all tests that follow
    for name in ENVIRONMENT:
        monkeypatch.delenv(PREFIX + name, raising=False)


@pytest.fixture
def receiver(engine: Engine) -> Iterator[Receiver]:
    with engine.begin() as db:
        clients.report_clients(db, [client(), client("zen", "Zen \x1b[2JTea")])
    receiver = Receiver()
    with listening(receiver):
        yield receiver


@pytest.fixture
def told(receiver: Receiver, database_url: str, tmp_path: Path) -> dict[str, str]:
    """The environment that is enough."""
    return {
        "CHECKIN_CONFIG": str(tmp_path / "none.toml"),
        "CHECKIN_DATABASE_URL": database_url,
        "CHECKIN_PLATFORM_URL": receiver.url,
        "CHECKIN_PLATFORM_SECRET": SECRET,
    }


def kill(environment: dict[str, str], *words: str, reason: str = "wrong brand", wait: float = 20) -> Result:
    return CliRunner().invoke(cli, ["kill", *words, "--reason", reason, "--wait", str(wait)], env=environment)


def _on(engine: Engine) -> list[Scope]:
    with engine.begin() as db:
        return [switch.scope for switch in switches.switches_on(db)]


def test_a_stop_by_hand_is_recorded_sent_and_settled(engine: Engine, receiver: Receiver, told: dict[str, str]) -> None:
    result = kill(told, "acme", "instagram")
    assert (result.exit_code, result.stdout.splitlines()) == (
        0,
        [
            "Stopped: Instagram at Acme Outdoor.",
            "Recorded, 0 in flight; nothing new starts.",
            "The order is on its way.",
            "The platform has taken the order.",
            "Settled: 0 published, 0 aborted, 0 unknown.",
        ],
    )
    assert _on(engine) == [Scope("acme", "instagram")]
    (order,) = receiver.heard
    assert order.items() >= {"kind": "stop", "scope": "client:acme/platform:instagram", "epoch": 1}.items()
    with engine.begin() as db:
        (event,) = audits.last(db, "acme")
    assert (event.actor_id, event.result) == (order["by"], Came.SUCCESS)
    assert event.actor_id.startswith("cli:")
    assert event.payload_summary.endswith(": wrong brand")


def test_a_reason_in_another_encoding_stops_and_one_that_nobody_sees_is_none(
    engine: Engine, receiver: Receiver, told: dict[str, str]
) -> None:
    assert kill(told, "acme", reason=b"caf\xe9: wrong brand".decode("utf-8", "surrogateescape")).exit_code == 0
    with engine.begin() as db:
        assert [switch.reason for switch in switches.switches_on(db)] == ["caf: wrong brand"]
    assert kill(told, "zen", reason="\u200b" * 4).exit_code == 2
    assert len(receiver.heard) == 1


def test_it_tells_what_became_of_what_was_on_the_way(engine: Engine, receiver: Receiver, told: dict[str, str]) -> None:
    with ThreadPoolExecutor(1) as other:
        with guard(engine, effect()) as permit, guard(engine, effect()) as refused:
            stopping = other.submit(kill, told, "everything")
            assert eventually(lambda: bool(receiver.heard), timeout=20)
            permit.succeeded(post_url="https://x.test/1")
            refused.failed(reason="rejected")
        result = stopping.result(timeout=30)
    assert result.exit_code == 0
    assert "Recorded, 2 in flight; nothing new starts." in result.stdout
    assert result.stdout.splitlines()[-1] == "Settled: 1 published, 1 aborted, 0 unknown."


def test_what_does_not_settle_in_time_ends_with_one(engine: Engine, told: dict[str, str]) -> None:
    with guard(engine, effect()):
        result = kill(told, "acme", wait=0.5)
    assert result.exit_code == 1
    assert "Not settled yet. The stop stays recorded; no bot is running that would go on." in result.stdout


def test_a_bot_that_runs_goes_on_with_what_has_not_settled(engine: Engine, told: dict[str, str]) -> None:
    with engine.begin() as db:
        away.beat(db, clock.now(db))
    with guard(engine, effect()):
        result = kill(told, "acme", wait=0.5)
    assert "the running bot goes on and tells it on the card." in result.stdout


def test_what_is_stopped_already_is_watched_all_the_same(engine: Engine, told: dict[str, str]) -> None:
    kill(told, "acme")
    result = kill(told, "acme")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[0] == "It was stopped before; the first stop stands."


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["acmee"], "called “acmee”. Did you mean acme?"),
        (["x\x1b[2J"], "called “x[2j”."),
        (["acme", "zen"], "“zen” is one too many"),
    ],
)
def test_a_typing_mistake_stops_nothing(engine: Engine, told: dict[str, str], words: list[str], said: str) -> None:
    result = kill(told, *words)
    assert (result.exit_code, _on(engine)) == (2, [])
    assert said in result.stdout


def test_a_clients_name_cannot_write_on_the_terminal(told: dict[str, str]) -> None:
    assert "\x1b" not in kill(told, "zen").stdout


def test_without_a_reason_or_words_nothing_is_stopped(engine: Engine, told: dict[str, str]) -> None:
    assert kill(told, "acme", reason=" x ").exit_code == 2
    assert kill(told).exit_code == 2
    assert _on(engine) == []


def test_a_platform_that_is_away_leaves_the_stop_recorded_and_unsettled(engine: Engine, told: dict[str, str]) -> None:
    result = kill(told | {"CHECKIN_PLATFORM_URL": f"http://{NOBODY}/commands"}, "acme", wait=0.5)
    assert (result.exit_code, _on(engine)) == (1, [ACME])
    assert result.stdout.count("The platform has not taken the order (ConnectError).") == 1


def test_a_platform_that_refuses_is_told_of(engine: Engine, receiver: Receiver, told: dict[str, str]) -> None:
    receiver.answers = [(422, b"malformed: lane")]
    result = kill(told, "acme")
    assert (result.exit_code, _on(engine)) == (1, [ACME])
    assert "The platform refused the order (422 malformed: lane): call its engineers." in result.stdout


def test_a_resume_meanwhile_is_told(engine: Engine, told: dict[str, str]) -> None:
    with ThreadPoolExecutor(1) as other, guard(engine, effect()):
        stopping = other.submit(kill, told, "acme")
        assert eventually(lambda: _on(engine) == [ACME], timeout=20)
        with engine.begin() as db:
            switches.set_switch(db, ACME, stopped=False, by="Ben", reason="mended")
        result = stopping.result(timeout=30)
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (1, "Somebody has resumed it meanwhile.")


def test_without_postgres_the_platform_is_told_straight_and_the_person_plainly(
    receiver: Receiver, told: dict[str, str]
) -> None:
    lost = told | {"CHECKIN_DATABASE_URL": f"postgresql+psycopg://checkin:s3cret@{NOBODY}/checkin"}
    result = kill(lost, "acme", "instagram")
    assert result.exit_code == 3
    assert f"Postgres at {NOBODY} cannot be used" in result.stdout
    assert "It is NOT RECORDED" in result.stdout
    assert "Run the same command again as soon as Postgres answers." in result.stdout
    assert "s3cret" not in result.stdout
    (order,) = receiver.heard
    assert order.items() >= {"kind": "stop", "client_id": "acme", "platform": "instagram", "epoch": None}.items()
    assert order["command_id"] == receiver.ids[0]
    assert kill(lost, "zen", "tea").exit_code == 2


def test_without_postgres_and_platform_it_says_that_nothing_is_stopped(told: dict[str, str]) -> None:
    lost = told | {
        "CHECKIN_DATABASE_URL": f"postgresql+psycopg://checkin@{NOBODY}/checkin",
        "CHECKIN_PLATFORM_URL": f"http://{NOBODY}/commands",
    }
    result = kill(lost, "everything")
    assert result.exit_code == 4
    assert "NOTHING IS STOPPED" in result.stdout


def test_a_database_that_is_held_up_is_asked_again_until_the_server_ends_the_hold(
    engine: Engine, told: dict[str, str]
) -> None:
    with ThreadPoolExecutor(1) as other, engine.begin() as db:
        db.execute(text("LOCK TABLE kill_switch"))
        stopping = other.submit(kill, told, "acme")
        assert not eventually(stopping.done, timeout=3)
        db.commit()
        assert stopping.result(timeout=20).exit_code == 0
    assert _on(engine) == [ACME]


def test_the_card_tells_of_a_stop_by_hand_once_a_bot_runs(engine: Engine, told: dict[str, str]) -> None:
    kill(told, "acme")
    stops.refresh(engine, "#ops")
    turn_clock(engine, timedelta(seconds=1))
    with engine.begin() as db:
        wanted = db.execute(text("SELECT wanted::text FROM card")).scalar_one()
    assert "(command line)" in wanted
