"""The midday check-in: what went out, what failed, who waits for an answer, what a policy held back."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from clients import store as clients
from clients import work_items
from clients.model import Aside, CalendarStatus, ItemKind, Seen
from digests import flow
from digests.checkins import MIDDAY
from digests.confirm import CONFIRM
from digests.flow import Digests
from digests.model import Pod
from messages import tables as messages
from messages.blocks import date, texts
from operations.flow import perform
from operations.model import Done
from operations.resolve import RESOLVE
from operations.wording import DAY_AND_TIME
from tests.digests.conftest import BEFORE_NINE
from tests.factories import calendar_item, click, work_item
from tests.fakes import set_clock

SLOT = "main/midday/2026-03-10"
MINUTE = timedelta(minutes=1)


def _blocks(engine: Engine, key: str = "") -> list[dict[str, Any]]:
    with engine.begin() as db:
        query = select(messages.card.c.wanted).where(messages.card.c.key == f"checkin:{SLOT}{key}")
        wanted: dict[str, Any] = db.execute(query).scalar_one()
    blocks: list[dict[str, Any]] = wanted["blocks"]
    return blocks


def _words(engine: Engine, key: str = "") -> str:
    return "\n".join(texts(_blocks(engine, key)))


def _out(name: str, minutes: int, **changes: Any) -> Any:
    """A post that went out so many minutes ago."""
    at = BEFORE_NINE - minutes * MINUTE
    values = {"scheduled_at": at, "published_at": at, "status": CalendarStatus.PUBLISHED, "title": name}
    return calendar_item(name, **values | changes)


def _seen(name: str, minutes: int, **changes: Any) -> Any:
    at = BEFORE_NINE - (minutes - 1) * MINUTE
    values = {"status": CalendarStatus.VERIFIED, "verified_at": at, "post_url": f"https://x.test/{name}"}
    return _out(name, minutes, **values | changes)


def _confirm(engine: Engine) -> None:
    assert isinstance(perform(engine, CONFIRM, click(CONFIRM.button(SLOT, "live")["value"])), Done)


def test_its_steps_are_the_specs_in_order(digests: Digests, pod: Pod) -> None:
    flow.post_now(digests, "midday", pod)
    assert [step.title for step in MIDDAY.steps] == [
        "Verify posts went live",
        "Resolve publish failures",
        "Approve replies",
        "Review policy blocks",
    ]
    words = _words(digests.engine)
    assert "Midday check-in · Tuesday 10 March" in words
    assert "✅ *1. Verify posts went live* · nothing went out in the last 24 hours" in words
    for line in ("2. Resolve publish failures", "3. Approve replies", "4. Review policy blocks"):
        assert f"✅ *{line}* · nothing to do" in words


def test_each_kind_of_work_stands_in_its_step(digests: Digests, pod: Pod) -> None:
    with digests.engine.begin() as db:
        work_items.open_items(
            db,
            [
                work_item("post", title="Draft of a post"),
                work_item("reply", title="Draft of a reply", lane="engagement"),
                *(work_item(kind, kind=kind, calendar_item_id=None) for kind in ItemKind if kind != "approval"),
            ],
        )
    flow.post_now(digests, "midday", pod)
    words = _words(digests.engine)
    assert "⬜ *1. Verify posts went live* · ⚠️ 2 not seen after 10 min" in words
    assert "⬜ *2. Resolve publish failures* · 1 post failed" in words
    assert "⬜ *3. Approve replies* · 2 threads need an answer" in words
    assert "⬜ *4. Review policy blocks* · 1 block to review" in words
    threads = _words(digests.engine, ":engagement:1")
    assert "Draft of a reply" in threads
    assert "Draft of a post" not in threads


def test_what_was_seen_live_is_shown_with_its_proof_and_picture(digests: Digests, pod: Pod) -> None:
    with digests.engine.begin() as db:
        picture = {"asset_url": "https://cdn.test/boots.png"}
        clients.report_calendar(db, [_seen("boots", 60, payload=picture), _seen("bare", 50, post_url=None)])
    flow.post_now(digests, "midday", pod)
    assert "✅ *1. Verify posts went live* · 2 seen live" in _words(digests.engine)
    words = _words(digests.engine, ":live:1")
    assert "*Acme Outdoor* · Instagram reel · boots · <https://x.test/boots|proof>" in words
    assert "bare · no address was reported" in words
    pictures = [e for block in _blocks(digests.engine, ":live:1") for e in block.get("elements", []) if "alt_text" in e]
    assert [each["image_url"] for each in pictures] == ["https://cdn.test/boots.png"]


def test_out_but_not_seen_within_ten_minutes_waits_for_a_persons_look(digests: Digests, pod: Pod) -> None:
    with digests.engine.begin() as db:
        late = _out("late", 11, post_url="https://x.test/late")
        clients.report_calendar(db, [late, _out("fresh", 9), _seen("seen", 30)])
    flow.post_now(digests, "midday", pod)
    line = "1 seen live · ⚠️ 1 not seen after 10 min · 1 still being checked"
    assert f"⬜ *1. Verify posts went live* · {line}" in _words(digests.engine)
    thread = _words(digests.engine, ":live:1")
    assert "⚠️ <!date^" in thread
    assert "late · <https://x.test/late|look for it>" in thread
    set_clock(digests.engine, BEFORE_NINE + 30 * MINUTE)
    flow.refresh(digests)
    assert line in _words(digests.engine), "the step does not grow while it is worked"
    _confirm(digests.engine)
    flow.refresh(digests)
    assert "✅ *1. Verify posts went live*" in _words(digests.engine)


def test_what_is_seen_after_all_ticks_itself_off(digests: Digests, pod: Pod) -> None:
    with digests.engine.begin() as db:
        clients.report_calendar(db, [_out("late", 11)])
    flow.post_now(digests, "midday", pod)
    with digests.engine.begin() as db:
        clients.report_calendar(db, [_seen("late", 11, version=2)])
    flow.refresh(digests)
    assert "✅ *1. Verify posts went live* · 1 seen live" in _words(digests.engine)


def test_a_look_does_not_tick_off_what_has_buttons_of_its_own(digests: Digests, pod: Pod) -> None:
    with digests.engine.begin() as db:
        clients.report_calendar(db, [_out("late", 11), _out("told", 20)])
        told = work_item("told", kind=ItemKind.VERIFICATION, calendar_item_id="told")
        work_items.open_items(db, [told])
    flow.post_now(digests, "midday", pod)
    assert "⚠️ 2 not seen after 10 min" in _words(digests.engine)
    _confirm(digests.engine)
    flow.refresh(digests)
    assert "⬜ *1. Verify posts went live*" in _words(digests.engine)
    assert isinstance(perform(digests.engine, RESOLVE, click(RESOLVE.button(told)["value"])), Done)
    flow.refresh(digests)
    assert "✅ *1. Verify posts went live*" in _words(digests.engine)


def test_of_many_posts_the_newest_are_shown_and_the_others_counted(digests: Digests, pod: Pod) -> None:
    with digests.engine.begin() as db:
        clients.report_calendar(db, [_seen(f"seen-{n:02}", 20 + n) for n in range(30)])
        clients.report_calendar(db, [_out(f"late-{n:02}", 20 + n) for n in range(10)])
    flow.post_now(digests, "midday", pod)
    words = _words(digests.engine, ":live:1")
    assert "seen-00" in words
    assert "… 22 more" in words
    assert "… 2 more" in words
    assert "seen-29" not in words


def test_looks_right_stands_once_under_the_last_items(digests: Digests, pod: Pod) -> None:
    with digests.engine.begin() as db:
        clients.report_calendar(db, [_out("late", 11)])
        many = [work_item(f"u{n}", kind=ItemKind.UNKNOWN_OUTCOME, calendar_item_id=None) for n in range(8)]
        work_items.open_items(db, many)
    flow.post_now(digests, "midday", pod)
    shown = [str(_blocks(digests.engine, f":live:{page}")).count("Looks right") for page in (1, 2)]
    assert shown == [0, 1]


@pytest.mark.parametrize("status", [CalendarStatus.FAILED, CalendarStatus.SCHEDULED, CalendarStatus.CANCELLED])
def test_what_did_not_go_out_is_no_post_to_verify(digests: Digests, pod: Pod, status: CalendarStatus) -> None:
    with digests.engine.begin() as db:
        clients.report_calendar(db, [_out("not", 60, status=status, published_at=None)])
    flow.post_now(digests, "midday", pod)
    assert "nothing went out in the last 24 hours" in _words(digests.engine)


def _drafts(engine: Engine, *drafts: Any) -> None:
    with engine.begin() as db:
        work_items.open_items(db, drafts)


def test_drafts_that_go_out_before_the_next_morning_are_named_beside_the_steps(digests: Digests, pod: Pod) -> None:
    set_clock(digests.engine, BEFORE_NINE + 30 * MINUTE)
    posted = flow.post_now(digests, "midday", pod)
    assert posted is not None
    assert "Also waiting" not in _words(digests.engine)
    at = BEFORE_NINE + 60 * MINUTE
    _drafts(
        digests.engine,
        work_item("soon", due_at=at),
        work_item("night", due_at=BEFORE_NINE + 23 * 60 * MINUTE),
        work_item("tomorrow", due_at=BEFORE_NINE + 25 * 60 * MINUTE),
        work_item("whenever"),
    )
    flow.refresh(digests)
    also = f"Also waiting: 2 drafts of posts, the first goes out {date(at, DAY_AND_TIME)}. In App Home, under “Draft”."
    assert also in _words(digests.engine)
    assert "🏁 *Done" in _words(digests.engine), "no step of this check-in is open for it"
    with digests.engine.begin() as db:
        spoken = db.execute(select(messages.card.c.wanted).where(messages.card.c.key == f"checkin:{SLOT}")).scalar_one()
    assert f"all done. {also}" in spoken["text"]
    set_clock(digests.engine, BEFORE_NINE + 25 * 60 * MINUTE)
    flow.refresh(digests)
    assert "Also waiting" not in _words(digests.engine), "they are the next morning's"


def test_what_is_decided_put_aside_or_in_a_step_does_not_wait_beside_it(digests: Digests, pod: Pod) -> None:
    set_clock(digests.engine, BEFORE_NINE + 30 * MINUTE)
    at = BEFORE_NINE + 60 * MINUTE
    _drafts(digests.engine, *(work_item(name, due_at=at) for name in ("decided", "aside", "left")))
    _drafts(digests.engine, work_item("reply", lane="engagement", due_at=at))
    flow.post_now(digests, "midday", pod)
    assert "Also waiting: 3 drafts" in _words(digests.engine)
    with digests.engine.begin() as db:
        asked = {item.item_id: Seen.of(item) for item in work_items.items_with(db, ["decided", "aside"])}
        assert work_items.decide(db, asked["decided"], "approved", "Ana", "", MINUTE)
        assert work_items.put_aside(db, asked["aside"], Aside.HELD, "Ana", "")
    flow.refresh(digests)
    assert "Also waiting: 1 draft of posts, the first goes out" in _words(digests.engine)
    set_clock(digests.engine, at + MINUTE)
    flow.refresh(digests)
    assert "the first was to go out" in _words(digests.engine)
