"""Commands on their way to a platform that checks signatures and has bad days."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, select

from clients import work_items
from clients.model import WorkItem
from operations import store
from operations.platform import LEASE, Platform, deliver
from storage.process import free_port
from tests.fakes import turn_clock
from tests.operations.receiving import SECRET, Receiver, listening


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    with listening(receiver):
        yield receiver


@pytest.fixture
def platform(receiver: Receiver) -> Iterator[Platform]:
    platform = Platform(receiver.url, SECRET, timeout=2)
    yield platform
    platform.close()


def _issue(engine: Engine, kind: str = "publish", **rest: Any) -> UUID:
    command_id = uuid4()
    with engine.begin() as db:
        body = rest.pop("body", {"item_id": "item-1"})
        store.put_command(db, command_id, kind, body, **{"ttl": timedelta(minutes=10)} | rest)
    return command_id


def _row(engine: Engine, command_id: UUID) -> Any:
    with engine.begin() as db:
        return db.execute(select(store.command).where(store.command.c.command_id == command_id)).one()


def test_a_command_arrives_signed_with_all_it_says(engine: Engine, platform: Platform, receiver: Receiver) -> None:
    command_id = _issue(engine)
    assert deliver(engine, platform)
    (told,) = receiver.heard
    assert receiver.ids == [told["command_id"]] == [str(command_id)]
    assert (told["kind"], told["item_id"]) == ("publish", "item-1")
    assert told["issued_at"] < told["expires_at"]
    row = _row(engine, command_id)
    assert (row.state, row.problem) == ("accepted", None)
    assert row.accepted_at is not None
    assert not deliver(engine, platform)


def test_another_secret_is_turned_away_and_the_command_waits(engine: Engine, receiver: Receiver) -> None:
    command_id = _issue(engine)
    stranger = Platform(receiver.url, "whsec_" + "A" * 32)
    assert deliver(engine, stranger)
    stranger.close()
    assert receiver.heard == []
    assert (_row(engine, command_id).state, _row(engine, command_id).problem) == ("waiting", "401 bad signature")


def test_a_busy_platform_is_asked_again_later_and_later_with_the_same_id(
    engine: Engine, platform: Platform, receiver: Receiver
) -> None:
    receiver.answers = [(503, b"busy")] * 3
    command_id = _issue(engine)
    slept = 0
    for pause in (2, 4, 8):
        assert deliver(engine, platform)
        turn_clock(engine, timedelta(seconds=slept + pause - 1))
        assert not deliver(engine, platform)
        slept += pause
        turn_clock(engine, timedelta(seconds=slept))
    assert deliver(engine, platform)
    assert receiver.ids == [str(command_id)] * 4
    assert receiver.heard == receiver.heard[:1] * 4
    assert _row(engine, command_id).state == "accepted"


def test_the_longest_pause_is_half_a_minute(engine: Engine, platform: Platform, receiver: Receiver) -> None:
    receiver.answers = [(503, b"busy")]
    command_id = _issue(engine)
    with engine.begin() as db:
        db.execute(store.command.update().values(attempt=5000))
    assert deliver(engine, platform)
    assert _row(engine, command_id).next_at - _row(engine, command_id).issued_at < timedelta(seconds=35)


@pytest.mark.parametrize("problem", [409, 410, 422])
def test_a_refusal_is_final_and_the_item_says_so(
    engine: Engine, platform: Platform, receiver: Receiver, opened: Callable[..., WorkItem], problem: int
) -> None:
    opened()
    receiver.answers = [(problem, b'{"error": "changed"}')]
    command_id = _issue(engine)
    assert deliver(engine, platform)
    assert not deliver(engine, platform)
    assert _row(engine, command_id).state == "refused"
    with engine.begin() as db:
        item = work_items.item(db, "item-1")
    assert item is not None
    assert item.result["status"] == "failed"
    assert str(problem) in item.result["error_reason"]


def test_a_platform_that_is_not_there_is_asked_again(engine: Engine, platform: Platform, receiver: Receiver) -> None:
    nowhere = Platform(f"http://127.0.0.1:{free_port()}/", SECRET)
    command_id = _issue(engine)
    assert deliver(engine, nowhere)
    nowhere.close()
    assert _row(engine, command_id).problem == "ConnectError"
    turn_clock(engine, timedelta(seconds=2))
    assert deliver(engine, platform)
    assert receiver.ids == [str(command_id)]


def test_a_redirect_is_not_followed(engine: Engine, platform: Platform, receiver: Receiver) -> None:
    receiver.answers = [(302, b"")]
    command_id = _issue(engine)
    deliver(engine, platform)
    assert (len(receiver.heard), _row(engine, command_id).state) == (1, "waiting")


def test_a_stop_goes_before_everything_that_waits(engine: Engine, platform: Platform, receiver: Receiver) -> None:
    _issue(engine, "publish")
    _issue(engine, "resolve")
    _issue(engine, "stop", priority=0, ttl=None, body={"scope": "everything"})
    while deliver(engine, platform):
        pass
    assert [told["kind"] for told in receiver.heard] == ["stop", "publish", "resolve"]
    assert receiver.heard[0]["expires_at"] is None


def test_a_command_whose_sender_died_is_sent_by_another(engine: Engine, platform: Platform, receiver: Receiver) -> None:
    command_id = _issue(engine)
    with engine.begin() as db:
        dead = store.claim_command(db, LEASE)
    assert dead is not None
    assert not deliver(engine, platform)
    turn_clock(engine, LEASE + timedelta(seconds=1))
    assert deliver(engine, platform)
    with engine.begin() as db:
        assert not store.settle_command(db, dead, state="refused", problem="too late")
    assert _row(engine, command_id).state == "accepted"
    assert receiver.ids == [str(command_id)]


def test_a_command_is_as_true_as_the_decision_it_follows_from(engine: Engine, platform: Platform) -> None:
    with pytest.raises(ZeroDivisionError), engine.begin() as db:  # noqa: PT012 - both belong to the transaction
        store.put_command(db, uuid4(), "publish", {}, ttl=None)
        1 / 0  # noqa: B018
    assert not deliver(engine, platform)


def test_what_is_signed_is_what_is_sent(engine: Engine, platform: Platform, receiver: Receiver) -> None:
    reason = 'Ünïcödé 🐘 "quoted" \\ and \u2028'
    _issue(engine, "stop", body={"reason": reason})
    deliver(engine, platform)
    assert json.loads(json.dumps(receiver.heard[0]))["reason"] == reason
