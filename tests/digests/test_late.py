"""The late check-in: what was answered today, and what is tagged to come first tomorrow."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Engine, select

from audits import ActionType, Phase, Result
from audits import store as audits
from clients import work_items
from clients.model import ItemKind, Seen
from digests import flow
from digests.confirm import CONFIRM
from digests.flow import Digests
from digests.model import Pod
from messages import tables as messages
from messages.blocks import texts
from operations.flow import perform
from operations.follow_up import FOLLOW_UP
from operations.model import Done
from tests.digests.conftest import BEFORE_NINE
from tests.factories import click, effect, work_item
from tests.fakes import set_clock

SLOT = "main/late/2026-03-10"
EVENING = BEFORE_NINE + timedelta(hours=10)


def _words(engine: Engine, key: str = f"checkin:{SLOT}") -> str:
    with engine.begin() as db:
        wanted: dict[str, Any] = db.execute(
            select(messages.card.c.wanted).where(messages.card.c.key == key)
        ).scalar_one()
    return "\n".join(texts(wanted["blocks"]))


def _post(digests: Digests, pod: Pod, kind: str = "late") -> None:
    assert flow.post_now(digests, kind, pod) is not None


def _answered(engine: Engine, action: ActionType, client_id: str = "acme", result: Result = Result.SUCCESS) -> None:
    with engine.begin() as db:
        audits.record(db, effect(action_type=action, client_id=client_id), Phase.OUTCOME, result, at=BEFORE_NINE)


def test_a_quiet_day_is_over_with_one_look(digests: Digests, pod: Pod) -> None:
    _post(digests, pod)
    assert "Late check-in · Tuesday 10 March" in _words(digests.engine)
    assert "⬜ *1. Skim engagement* · nothing was answered today" in _words(digests.engine)
    assert "✅ *2. Tag follow-ups for tomorrow* · nothing to do" in _words(digests.engine)
    assert isinstance(perform(digests.engine, CONFIRM, click(f"{SLOT}|answered")), Done)
    flow.refresh(digests)
    assert "🏁 *Done in under a minute by Ana*" in _words(digests.engine)


def test_what_was_answered_is_told_client_by_client_and_who_waits_comes_first(digests: Digests, pod: Pod) -> None:
    for _ in range(3):
        _answered(digests.engine, ActionType.COMMENT_REPLY)
    _answered(digests.engine, ActionType.DM_SEND)
    _answered(digests.engine, ActionType.HIDE_COMMENT, "zen")
    _answered(digests.engine, ActionType.COMMENT_REPLY, result=Result.FAIL)
    _answered(digests.engine, ActionType.PUBLISH)
    with digests.engine.begin() as db:
        work_items.open_items(db, [work_item("e", kind=ItemKind.ESCALATION, client_id="zen")])
    set_clock(digests.engine, EVENING)
    _post(digests, pod)
    line = "3 comments answered, 1 message sent, 1 comment hidden · ⚠️ 1 not sent · 1 thread still open"
    assert f"⬜ *1. Skim engagement* · {line}" in _words(digests.engine)
    told = _words(digests.engine, f"checkin:{SLOT}:answered:1")
    zen, acme = "*Zen Tea*: 1 comment hidden · *1 thread open*", "*Acme Outdoor*: 3 comments answered, 1 message sent"
    assert f"{zen}\n{acme}" in told


def test_what_is_tagged_today_comes_first_tomorrow_and_stays_there_when_it_is_decided(
    digests: Digests, pod: Pod
) -> None:
    grave = work_item("grave", kind=ItemKind.ESCALATION, title="Grave", severity=1)
    tagged = work_item("tagged", kind=ItemKind.ESCALATION, title="Ask the florist", severity=3)
    with digests.engine.begin() as db:
        work_items.open_items(db, [grave, tagged])
    set_clock(digests.engine, EVENING)
    _post(digests, pod)
    assert "*2. Tag follow-ups for tomorrow* · 2 are still open" in _words(digests.engine)
    pressed = click(Seen.of(tagged).value, action_id=FOLLOW_UP.action_id)
    assert isinstance(perform(digests.engine, FOLLOW_UP, pressed), Done)
    flow.refresh(digests)
    assert "📌 To follow up <!date^" in _words(digests.engine, f"checkin:{SLOT}:follow_ups:1")
    assert isinstance(perform(digests.engine, CONFIRM, click(f"{SLOT}|follow_ups")), Done)
    flow.refresh(digests)
    assert "✅ *2. Tag follow-ups for tomorrow*" in _words(digests.engine), "the grave one may stay open"

    set_clock(digests.engine, EVENING + timedelta(hours=13))
    _post(digests, pod, "morning")
    thread = _words(digests.engine, "checkin:main/morning/2026-03-11:escalations:1")
    assert thread.index("📌 *Acme Outdoor*") < thread.index("Grave")


def test_of_many_open_items_the_gravest_are_shown(digests: Digests, pod: Pod) -> None:
    with digests.engine.begin() as db:
        many = [work_item(f"e{n:02}", kind=ItemKind.ESCALATION) for n in range(30)]
        work_items.open_items(db, many)
    _post(digests, pod)
    assert "… 12 more in App Home" in _words(digests.engine, f"checkin:{SLOT}:follow_ups:4")
