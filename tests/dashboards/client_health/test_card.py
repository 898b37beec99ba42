from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection as Db
from syrupy.assertion import SnapshotAssertion

from audits import Scope
from audits.switches import Switch
from clients import store as clients
from clients.model import CalendarItem, CalendarStatus, Client, Connection, ConnectionStatus
from dashboards import client_health
from dashboards.client_health import ClientHealth, Overview
from dashboards.client_health.model import Situation
from messages.blocks import MAX_BLOCKS, MAX_TEXT, MAX_TOTAL, Message, total_text
from metrics.reader import Reader

ZONE = "Europe/Berlin"
HOUR = timedelta(hours=1)


@pytest.fixture
def health(db: Db, prometheus: Reader, acme: str, now: datetime) -> ClientHealth:
    found = client_health.collect(db, prometheus, acme, now=now, zone=ZONE)
    assert isinstance(found, ClientHealth)
    return found


def test_a_client_that_publishes_with_one_failure(health: ClientHealth, snapshot: SnapshotAssertion) -> None:
    assert client_health.card(health, names={"U0ANA": "Ana"}) == snapshot


def test_a_client_of_which_nothing_is_known_but_its_name(
    db: Db, prometheus: Reader, now: datetime, snapshot: SnapshotAssertion
) -> None:
    clients.report_clients(db, [Client("new", "Newcomer", ZONE)])
    found = client_health.collect(db, prometheus, "new", now=now, zone=ZONE)
    assert client_health.card(found) == snapshot


def test_stops_and_broken_connections_come_first(health: ClientHealth, snapshot: SnapshotAssertion) -> None:
    stopped = replace(
        health.situation,
        stops=(
            Switch(Scope("acme", "youtube"), "Ana", "wrong prices", health.now - HOUR, 1),
            Switch(Scope(lane="engagement"), "Ben", "storm of comments", health.now - 30 * HOUR, 1),
        ),
        connections=(
            Connection("acme", "tiktok", "browser", ConnectionStatus.CHALLENGE, challenge_since=health.now - HOUR),
            Connection("acme", "instagram", "api", ConnectionStatus.EXPIRED, health.now - 3 * HOUR),
        ),
    )
    message = client_health.card(replace(health, situation=stopped))
    assert message.blocks[:4] == snapshot


def test_a_platform_nobody_counts_for_all_clients_has_no_data(health: ClientHealth) -> None:
    message = client_health.card(replace(health, everywhere={}))
    assert "All clients, last hour: Instagram no data" in str(message.blocks)


def test_all_clients_the_worst_first(
    db: Db, prometheus: Reader, acme: str, now: datetime, snapshot: SnapshotAssertion
) -> None:
    clients.report_clients(db, [Client(name, name.title(), ZONE) for name in ("bluebird", "dalia", "gale")])
    clients.report_calendar(
        db,
        [_post("bluebird", now - n * HOUR, CalendarStatus.FAILED) for n in (1, 2, 3)]
        + [_post("dalia", now - n * HOUR, CalendarStatus.VERIFIED) for n in (1, 2)]
        + [_post("gale", now - n * HOUR, CalendarStatus.VERIFIED) for n in (1, 2)],
    )
    clients.report_connections(db, [Connection("gale", "x", "api", ConnectionStatus.EXPIRED)])
    assert client_health.card(client_health.collect(db, prometheus, "", now=now, zone=ZONE)) == snapshot


def test_all_clear_is_said_in_one_line(now: datetime, db: Db, prometheus: Reader) -> None:
    clients.report_clients(db, [Client("dalia", "Dalia", ZONE)])
    clients.report_calendar(db, [_post("dalia", now - HOUR, CalendarStatus.VERIFIED)])
    message = client_health.card(client_health.collect(db, prometheus, "", now=now, zone=ZONE))
    assert message.text == "All clear: 1 client publishing, none stuck."


def test_help_says_what_can_be_asked(db: Db, prometheus: Reader, now: datetime) -> None:
    told = client_health.card(client_health.collect(db, prometheus, "help", now=now, zone=ZONE))
    assert "`/client-health acme` tells why one is stuck" in str(told.blocks)
    assert "No client is called" not in str(told.blocks)


def test_no_clients_at_all_is_said_too(now: datetime) -> None:
    assert client_health.card(Overview((), now, ZONE)).text == "No client has been reported yet."


HOSTILE = "<!channel> *bold* & `code` <https://evil.example|click> @here " * 20


def test_hostile_and_endless_text_is_harmless_and_fits(health: ClientHealth) -> None:
    situation = replace(
        health.situation,
        client=Client("acme", HOSTILE, ZONE),
        stops=tuple(Switch(Scope("acme", "x"), HOSTILE, HOSTILE, health.now, n) for n in range(30)),
        connections=tuple(Connection("acme", f"{n}{HOSTILE}", HOSTILE, ConnectionStatus.EXPIRED) for n in range(30)),
    )
    posts = tuple(
        replace(item, title=HOSTILE, surface=HOSTILE, error_reason=HOSTILE, post_url=f"https://a.example/{'x' * 180}")
        for item in health.calendar
    )
    actions = tuple(replace(event, payload_summary=HOSTILE, actor_id=HOSTILE) for event in health.actions)
    _holds(client_health.card(replace(health, situation=situation, calendar=posts, actions=actions)))


def test_hundreds_of_hostile_clients_fit(now: datetime) -> None:
    some = tuple(Situation(Client(f"c{n}", f"{n}{HOSTILE}", ZONE)) for n in range(300))
    message = client_health.card(Overview(some, now, ZONE))
    _holds(message)
    assert "… 285 more" in str(message.blocks)


def _holds(message: Message) -> None:
    everything = message.text + str(
        [block for block in message.blocks if block["type"] != "image"]
    )  # its text is plain
    assert "<!channel>" not in everything
    assert "<https://evil" not in everything
    assert len(message.blocks) <= MAX_BLOCKS
    assert total_text(message.blocks) <= MAX_TOTAL
    assert all(len(block["text"]["text"]) < MAX_TEXT for block in message.blocks if "text" in block)


def _post(client_id: str, at: datetime, status: CalendarStatus) -> CalendarItem:
    return CalendarItem(f"{client_id}-{at}", client_id, "x", "feed", "A post", status, at, "hash")
