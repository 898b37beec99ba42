"""The thread of a check-in with more items than a thread is read to the end of."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from clients import store as clients
from clients import work_items
from clients.model import CHANGES_REQUESTED, CalendarStatus, ItemKind, Seen, WorkItem
from digests import flow
from digests.flow import Digests
from digests.model import Pod
from messages import tables as messages
from messages.blocks import texts
from tests.digests.conftest import BEFORE_NINE
from tests.factories import NOON, calendar_item, work_item
from tests.fakes import set_clock

MORNING, MIDDAY = "checkin:main/morning/2026-03-10", "checkin:main/midday/2026-03-10"
HOUR = timedelta(hours=1)
MANY = 97
"""Items of sixteen pages and one more."""


def _pages(engine: Engine, step: str = f"{MORNING}:approvals") -> dict[int, dict[str, Any]]:
    """The step's messages by the number of their page."""
    with engine.begin() as db:
        rows = db.execute(select(messages.card.c.key, messages.card.c.wanted)).all()
    found = {int(row.key.rpartition(":")[2]): row.wanted for row in rows if row.key.startswith(f"{step}:")}
    return dict(sorted(found.items()))


def _words(page: dict[str, Any]) -> str:
    return "\n".join(texts(page["blocks"]))


def _card(engine: Engine) -> str:
    with engine.begin() as db:
        wanted: dict[str, Any] = db.execute(
            select(messages.card.c.wanted).where(messages.card.c.key == MORNING)
        ).scalar_one()
    return _words(wanted)


def _decide(engine: Engine, *places: int, outcome: str = "approved") -> None:
    with engine.begin() as db:
        for item in work_items.items_with(db, [_name(place) for place in places]):
            assert work_items.decide(db, Seen.of(item), outcome, "Ana", "", timedelta(0))


def _name(place: int) -> str:
    return f"i{place:03}"


def _items(**changes: Any) -> list[WorkItem]:
    return [
        work_item(_name(n), title=f"Post {n:03}", due_at=NOON + timedelta(minutes=n), **changes) for n in range(MANY)
    ]


def _post(digests: Digests, pod: Pod, items: list[WorkItem], checkin: str = "morning") -> None:
    with digests.engine.begin() as db:
        work_items.open_items(db, items)
    assert flow.post_now(digests, checkin, pod) is not None


def test_of_many_items_the_first_come_and_a_line_says_where_the_others_are(digests: Digests, pod: Pod) -> None:
    _post(digests, pod, _items())
    pages = _pages(digests.engine)
    assert list(pages) == list(range(1, 16))
    assert "(1–6 of 97)" in _words(pages[1])
    told = "… 7 more wait in App Home under “Draft”, and here once those above are done."
    assert [told in _words(page) for page in pages.values()] == [False] * 14 + [True]
    assert "97 drafts wait" in _card(digests.engine)


def test_more_come_when_those_before_are_decided_and_the_step_is_done_when_all_are(digests: Digests, pod: Pod) -> None:
    _post(digests, pod, _items())
    _decide(digests.engine, *range(89))
    flow.refresh(digests)
    assert len(_pages(digests.engine)) == 15, "one of those that are shown still waits"
    assert "⬜ *1. Approve drafts* · 8 drafts wait · 89 of 97 done" in _card(digests.engine)
    _decide(digests.engine, 89)
    flow.refresh(digests)
    pages = _pages(digests.engine)
    assert list(pages) == list(range(1, 18))
    assert not any("in App Home" in _words(page) for page in pages.values())
    assert "Approved by Ana" in _words(pages[15]), "what is there is kept up to date"
    assert "⬜ *1. Approve drafts* · 7 drafts wait" in _card(digests.engine)
    _decide(digests.engine, *range(90, MANY))
    flow.refresh(digests)
    assert "Approved by Ana" in _words(_pages(digests.engine)[17])
    assert "✅ *1. Approve drafts* · all done · 97 approved" in _card(digests.engine)


def test_what_is_decided_together_before_its_message_came_needs_none(digests: Digests, pod: Pod) -> None:
    _post(digests, pod, _items())
    _decide(digests.engine, *range(96))
    flow.refresh(digests)
    assert list(_pages(digests.engine)) == [*range(1, 16), 17]


def test_what_the_platform_could_not_do_is_in_the_thread_wherever_it_stood(digests: Digests, pod: Pod) -> None:
    _post(digests, pod, _items())
    _decide(digests.engine, 96)
    with digests.engine.begin() as db:
        work_items.report_result(db, _name(96), {"status": "failed", "error_reason": "no such account"})
    flow.refresh(digests)
    pages = _pages(digests.engine)
    assert list(pages) == [*range(1, 16), 17]
    assert "no such account" in _words(pages[17])


def test_of_much_that_failed_all_comes_to_the_thread(digests: Digests, pod: Pod) -> None:
    items = [work_item(f"more{n}", title=f"More {n:03}", due_at=NOON + 9 * HOUR) for n in range(100)]
    _post(digests, pod, [*_items(), *items])
    with digests.engine.begin() as db:
        for item in (*_items(), *items):
            assert work_items.decide(db, Seen.of(item), "approved", "Ana", "", timedelta(0))
            work_items.report_result(db, item.item_id, {"status": "failed", "error_reason": "no such account"})
    for last in (30, 33):
        flow.refresh(digests)
        assert list(_pages(digests.engine)) == [*range(1, last + 1)]
        digests.shown.clear()  # as half a minute later


def test_what_failed_but_is_in_none_of_the_messages_brings_no_empty_one(digests: Digests, pod: Pod) -> None:
    _post(digests, pod, _items(kind=ItemKind.ESCALATION), "late")
    _decide(digests.engine, 50, outcome="answered")
    with digests.engine.begin() as db:
        work_items.report_result(db, _name(50), {"status": "failed"})
    flow.refresh(digests)
    assert list(_pages(digests.engine, "checkin:main/late/2026-03-10:follow_ups")) == [1, 2, 3, 4]


def test_what_must_be_read_comes_before_what_is_safe_and_a_decision_moves_nothing(digests: Digests, pod: Pod) -> None:
    risky = work_item("risky", title="Claims a cure", due_at=NOON + 9 * HOUR, body={"risk": "a claim"})
    grave = work_item("grave", title="Handed on", due_at=NOON + 9 * HOUR)
    with digests.engine.begin() as db:
        work_items.open_items(db, [grave])
        assert work_items.hand_to(db, Seen.of(grave), "ULEA", "Lea", "Ana", "", escalate=True)
    set_clock(digests.engine, BEFORE_NINE + timedelta(minutes=1))
    _post(digests, pod, [*_items(), risky])
    words = _words(_pages(digests.engine)[1])
    assert words.index("Handed on") < words.index("Claims a cure") < words.index("Post 000") < words.index("Post 001")
    for name in ("risky", _name(0)):
        with digests.engine.begin() as db:
            item = work_items.item(db, name)
            assert item
            assert work_items.decide(db, Seen.of(item), CHANGES_REQUESTED, "Ana", "Name it", timedelta(0))
    flow.refresh(digests)
    words = _words(_pages(digests.engine)[1])
    assert words.index("Claims a cure") < words.index("Post 000") < words.index("Post 001")
    with digests.engine.begin() as db:
        work_items.open_items(db, [work_item("risky", title="Helps", version=2, opened_at=NOON, due_at=risky.due_at)])
    flow.refresh(digests)
    assert "Helps" in _words(_pages(digests.engine)[1]), "the new version comes where the old one was"


def test_looks_right_stands_under_the_last_message_that_is_there(digests: Digests, pod: Pod) -> None:
    unseen = calendar_item(
        scheduled_at=BEFORE_NINE - HOUR, published_at=BEFORE_NINE - HOUR, status=CalendarStatus.PUBLISHED
    )
    with digests.engine.begin() as db:
        clients.report_calendar(db, [unseen])
    _post(digests, pod, _items(kind=ItemKind.UNKNOWN_OUTCOME, calendar_item_id=None), "midday")
    pages = _pages(digests.engine, f"{MIDDAY}:live")
    assert [str(page).count("Looks right") for page in pages.values()] == [0] * 14 + [1]
    assert "… 8 more wait in App Home under “Outcome unknown”" in _words(pages[15])


def test_a_source_that_was_silent_at_first_brings_its_items_later(
    digests: Digests, pod: Pod, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(*_: Any, **__: Any) -> Any:
        raise ConnectionError

    monkeypatch.setattr(work_items, "items_of", silent)
    _post(digests, pod, _items())
    assert "no data" in _words(_pages(digests.engine)[1])
    monkeypatch.undo()
    flow.refresh(digests)
    assert list(_pages(digests.engine)) == list(range(1, 16))
