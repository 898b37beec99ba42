import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Engine

from audits import Scope
from audits.switches import Switch
from bot import home_store
from bot.home import Home
from bot.home_card import Looking, Queue, fitting, home_blocks
from clients import work_items
from clients.model import Aside, CalendarStatus, ItemKind, Seen, WorkItem
from messages.blocks import Block
from messages.slack import Slack
from operations.undo import UNDO
from sandbox.slack.block_kit import problems
from sandbox.slack.local import LocalSlack
from tests.factories import NOON, work_item
from tests.sandbox.slack.hands import Hands, control, eventually

NAMES = {"acme": "Acme Outdoor", "zen": "Zen Tea"}
ANA = Looking("UANA01")


def _queue(*items: WorkItem, **changes: Any) -> Queue:
    values: dict[str, Any] = {"stops": [], "due": {}, "on_call": "Ben", "now": NOON, "thread_key": "checkin:x"}
    return Queue(items, NAMES, **values | changes)


def _words(blocks: list[Block]) -> str:
    lines = [block["text"]["text"] for block in blocks if block["type"] in ("section", "header")]
    return "\n".join(lines + [e["text"] for block in blocks if block["type"] == "context" for e in block["elements"]])


def _options(blocks: list[Block], name: str) -> list[str]:
    (row,) = (block for block in blocks if block.get("block_id") == "filters")
    (select,) = (element for element in row["elements"] if element["action_id"] == f"home.{name}")
    options = select.get("options") or [each for group in select["option_groups"] for each in group["options"]]
    return [choice["text"]["text"] for choice in options]


def test_mine_come_first_and_it_says_what_there_is() -> None:
    items = [
        work_item("a", title="Grave", severity=1, due_at=NOON - timedelta(minutes=1)),
        work_item("b", title="Mine", owner_id="UANA01", owner="Ana"),
        work_item("c", title="Held", aside=Aside.HELD, aside_at=NOON),
    ]
    due = {CalendarStatus.SCHEDULED: 4, CalendarStatus.AWAITING_APPROVAL: 2}
    words = _words(home_blocks(_queue(*items, due=due), ANA, "✅ Done."))
    assert words.startswith(
        "✅ Done.\nYour queue\n*2 items wait for a person* · 1 yours · 1 past their time · 1 put aside"
    )
    assert words.index("*Yours*") < words.index("Mine") < words.index("*Everybody's*") < words.index("Grave")
    assert "Held" not in words
    assert "Next 6 hours: 6 posts, 2 of them not approved yet" in words
    assert "On call: Ben" in words


def test_an_empty_queue_says_so_and_shows_the_stops_and_nothing_to_filter() -> None:
    stops = [(Switch(Scope("acme"), "Ben", "wrong brand", NOON, 1), "all of Acme Outdoor")]
    blocks = home_blocks(_queue(stops=stops), ANA)
    words = _words(blocks)
    assert "*Nothing waits.*" in words
    assert "⛔ *Stopped:* all of Acme Outdoor" in words
    assert "Next 6 hours: nothing" in words
    assert not [block for block in blocks if block.get("block_id") == "filters"]


def test_what_was_decided_just_now_can_be_taken_back_there(workspace: LocalSlack, engine: Engine, slack: Slack) -> None:
    ana = Hands(workspace, "ana")
    with engine.begin() as db:
        work_items.open_items(db, [work_item("a", title="Boots"), work_item("b", title="Tea")])
        for item_id, undo in (("a", timedelta(minutes=1)), ("b", timedelta(0))):
            item = work_items.item(db, item_id)
            assert item is not None
            assert work_items.decide(db, Seen.of(item), "approved", "Ana", "", undo)
    with ThreadPoolExecutor(1) as pool:
        Home(engine, slack, pool).publish(ana.see("state")["me"]["id"])
    told = str(ana.see("home", opened="false")["view"]["blocks"])
    assert "Just decided" in told
    assert "Boots" in told
    assert UNDO.action_id in told
    assert "Tea" not in told


def test_filters_narrow_it_down_and_name_what_there_is() -> None:
    items = [
        work_item("a", title="Boots"),
        work_item("b", title="Tea", client_id="zen", platform="x", kind=ItemKind.ESCALATION),
        work_item("c", title="Held", aside=Aside.HELD, aside_at=NOON),
    ]
    blocks = home_blocks(_queue(*items), ANA)
    assert _options(blocks, "client") == ["All clients", "Acme Outdoor · 1", "Zen Tea · 1"]
    assert _options(blocks, "platform") == ["All platforms", "Instagram · 1", "X · 1"]
    assert _options(blocks, "kind") == ["All kinds", "Draft · 1", "Needs an answer · 1", "Put aside · 1"]
    for filters, shown in (
        ({"client": "zen"}, {"Tea"}),
        ({"platform": "instagram"}, {"Boots"}),
        ({"kind": "escalation"}, {"Tea"}),
        ({"kind": "aside"}, {"Held"}),
        ({"client": "zen", "platform": ""}, {"Tea"}),
    ):
        words = _words(home_blocks(_queue(*items), Looking("UANA01", filters)))
        assert {title for title in ("Boots", "Tea", "Held") if title in words} == shown


def test_each_filter_offers_only_what_there_is_under_those_before_it() -> None:
    items = [
        work_item("a", platform="x"),
        work_item("b", kind=ItemKind.ESCALATION),
        work_item("c", client_id="zen", platform="tiktok", kind=ItemKind.ESCALATION),
        work_item("d", client_id="zen", platform="x", aside=Aside.HELD, aside_at=NOON),
    ]
    for filters, platforms, kinds in (
        ({"client": "zen"}, ["TikTok · 1"], ["Needs an answer · 1", "Put aside · 1"]),
        ({"client": "acme"}, ["Instagram · 1", "X · 1"], ["Draft · 1", "Needs an answer · 1"]),
        ({"client": "acme", "platform": "x"}, ["Instagram · 1", "X · 1"], ["Draft · 1"]),
        ({"platform": "x"}, ["Instagram · 1", "TikTok · 1", "X · 1"], ["Draft · 1", "Put aside · 1"]),
        ({"kind": "aside"}, ["X · 1"], ["Draft · 1", "Needs an answer · 2", "Put aside · 1"]),
    ):
        blocks = home_blocks(_queue(*items), Looking("UANA01", filters))
        assert (_options(blocks, "platform")[1:], _options(blocks, "kind")[1:]) == (platforms, kinds)
    assert _options(home_blocks(_queue(*items), Looking("UANA01", {"kind": "aside"})), "client")[1:] == ["Zen Tea · 1"]


@pytest.mark.parametrize(
    ("chosen", "kept", "said"),
    [
        ({"client": "zen", "platform": "x", "kind": ""}, {"client": "zen", "platform": "x"}, []),
        ({"client": "acme", "platform": "x"}, {"client": "acme"}, ["under X: all platforms are shown."]),
        ({"client": "acme", "kind": "aside"}, {"client": "acme"}, ["under Put aside: all kinds are shown."]),
        ({"client": "<!here>", "platform": "x"}, {"platform": "x"}, ["under &lt;!here&gt;: all clients are shown."]),
        ({"client": "zen", "kind": "approval"}, {"client": "zen"}, ["under Draft: all kinds are shown."]),
    ],
)
def test_a_choice_that_became_empty_falls_back_to_all_and_is_said(
    chosen: dict[str, str], kept: dict[str, str], said: list[str]
) -> None:
    items = [work_item("a"), work_item("b", client_id="zen", platform="x", kind=ItemKind.ESCALATION)]
    looking, gone = fitting(_queue(*items), Looking("UANA01", chosen))
    assert (looking.filters, [sentence.removeprefix("Nothing waits ") for sentence in gone.values()]) == (kept, said)


def test_many_at_once_is_offered_for_the_whole_queue_only() -> None:
    items = [work_item(str(n)) for n in range(3)]
    assert "Approve 3 safe items…" in str(home_blocks(_queue(*items), ANA))
    assert "safe items" not in str(home_blocks(_queue(*items), Looking("UANA01", {"client": "acme"})))
    assert "safe items" not in str(home_blocks(_queue(*items, thread_key=""), ANA))


def test_nine_hundred_items_of_three_hundred_clients_fit_and_the_rest_is_counted() -> None:
    items = [
        work_item(f"i{n}", client_id=f"c{n % 300:03}", body={"text": "&" * 3000, "risk": "<!here>"}) for n in range(900)
    ]
    blocks = home_blocks(_queue(*items), ANA, "notice")
    assert len(blocks) <= 100
    assert problems({"type": "home", "blocks": blocks}, "home") == []
    assert "… 876 more (876 draft)." in _words(blocks)


def test_a_home_that_slack_refuses_stays_as_it_was(workspace: LocalSlack, engine: Engine, slack: Slack) -> None:
    ana = Hands(workspace, "ana")
    with ThreadPoolExecutor(1) as pool:
        home = Home(engine, slack, pool)
        home.publish(ana.see("state")["me"]["id"])
        before = ana.see("home", opened="false")["view"]
        control(workspace, "faults", method="views.publish", kind="refused", error="not_enabled")
        home.publish(ana.see("state")["me"]["id"], notice="Something new.")
    assert ana.see("home", opened="false")["view"] == before


def test_who_looks_at_it_sees_changes_and_it_is_published_only_then(
    workspace: LocalSlack, engine: Engine, slack: Slack
) -> None:
    ana = Hands(workspace, "ana")
    user_id = ana.see("state")["me"]["id"]
    with ThreadPoolExecutor(1) as pool:
        home = Home(engine, slack, pool)
        home.refresh()
        assert ana.see("home", opened="false")["view"] is None
        with engine.begin() as db:
            home_store.opened(db, user_id)
        home.refresh()
        first = ana.see("home", opened="false")["view"]
        home.refresh()
        assert ana.see("home", opened="false")["view"]["hash"] == first["hash"]
        with engine.begin() as db:
            work_items.open_items(db, [work_item()])
        home.refresh()
    assert "Spring is here" in str(ana.see("home", opened="false")["view"]["blocks"])


def test_what_is_said_to_a_person_outlives_the_next_change_and_then_goes(
    workspace: LocalSlack, engine: Engine, slack: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = Hands(workspace, "ana")
    user_id = ana.see("state")["me"]["id"]
    with engine.begin() as db:
        home_store.opened(db, user_id)
    with ThreadPoolExecutor(1) as pool:
        home = Home(engine, slack, pool)
        home.publish(user_id, "Only operators can do this.")
        with engine.begin() as db:
            work_items.open_items(db, [work_item()])
        home.refresh()
        words = _words(_home(ana))
        assert "Only operators can do this." in words
        assert "1 item waits" in words
        later = time.monotonic() + 60
        monkeypatch.setattr("bot.home.time", SimpleNamespace(monotonic=lambda: later))
        home.refresh()
    assert "Only operators can do this." not in _words(_home(ana))


@pytest.mark.usefixtures("bot")
def test_a_filter_chosen_stays_chosen(engine: Engine, ana: Hands) -> None:
    with engine.begin() as db:
        work_items.open_items(db, [work_item("a", title="Boots"), work_item("b", title="Tea", client_id="zen")])
    ana.see("home")
    eventually(lambda: ana.see("home", opened="false")["view"])
    view = ana.see("home", opened="false")["view"]
    container = {"type": "view", "view_id": view["id"]}
    ana.do(
        "action",
        container=container,
        block_id="filters",
        action_id="home.client",
        selected_option={"value": "zen"},
    )
    eventually(lambda: "Boots" not in str(ana.see("home", opened="false")["view"]["blocks"]))
    ana.see("home")
    eventually(lambda: "Tea" in str(ana.see("home", opened="false")["view"]["blocks"]))


def test_a_choice_under_which_nothing_is_left_is_given_up_for_good_and_said_once(
    engine: Engine, slack: Slack, ana: Hands
) -> None:
    user_id = ana.see("state")["me"]["id"]
    with engine.begin() as db:
        work_items.open_items(db, [work_item("a", title="Boots"), work_item("b", title="Tea", client_id="zen")])
        home_store.look_for(db, user_id, "platform", "tiktok")
    with ThreadPoolExecutor(1) as pool:
        home = Home(engine, slack, pool)
        home.publish(user_id)
        assert "Nothing waits under TikTok: all platforms are shown." in _words(_home(ana))
        home.publish(user_id)
        assert "Nothing waits under" not in _words(_home(ana))
    with engine.begin() as db:
        assert home_store.filters_of(db, user_id) == {"platform": ""}


def _home(hands: Hands) -> list[Block]:
    blocks: list[Block] = hands.see("home", opened="false")["view"]["blocks"]
    return blocks
