from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from audits import Scope
from audits.switches import Flights, Switch, Turn
from clients.model import ItemKind, ItemState, WorkItem
from messages.blocks import MAX_TOTAL, Block, total_text
from operations.cards import banner, item_blocks, resumed_card, stop_card
from tests.factories import NOON, work_item

NAMES = {"acme": "Acme Outdoor"}
ATTACK = "<!channel> *now* <https://evil.test|click>\nsecond line & "


def _text(blocks: list[Block]) -> str:
    texts = [block["text"]["text"] for block in blocks if "text" in block]
    return "\n".join(texts + [e["text"] for block in blocks if block["type"] == "context" for e in block["elements"]])


def _closed(**changes: Any) -> WorkItem:
    done: dict[str, Any] = {"state": ItemState.CLOSED, "outcome": "approved", "closed_by": "Ana", "closed_at": NOON}
    return work_item(**done | changes)


def test_a_draft_as_it_is_shown(snapshot: SnapshotAssertion) -> None:
    body = {
        "text": "The snow is gone.\nThe boots are back.",
        "asset_url": "https://x.test/boots.png",
        "risk": "a claim",
    }
    assert item_blocks(work_item(body=body, due_at=NOON), NAMES, NOON) == snapshot


def test_a_comment_that_needs_an_answer_as_it_is_shown(snapshot: SnapshotAssertion) -> None:
    body = {"author": "@marta", "excerpt": "Where is my order?", "suggested_reply": "On its way!"}
    item = work_item(kind=ItemKind.ESCALATION, surface="community", title="Comment", body=body)
    assert item_blocks(item, NAMES, NOON) == snapshot


BUTTONS = {
    ItemKind.APPROVAL: (["Approve", "Request changes…"], ["Escalate…", "Hold…", "Reject…", "Snooze…", "Assign…"]),
    ItemKind.ESCALATION: (
        ["Send reply", "Resolve", "Escalate…"],
        ["Edit reply…", "Follow up tomorrow", "Snooze…", "Assign…"],
    ),
    ItemKind.PUBLISH_FAILURE: (["Retry", "Resolve"], ["Escalate…", "Follow up tomorrow", "Snooze…", "Assign…"]),
    ItemKind.VERIFICATION: (["Retry", "Resolve"], ["Escalate…", "Follow up tomorrow", "Snooze…", "Assign…"]),
    ItemKind.POLICY_BLOCK: (["Confirm block", "Release…"], ["Escalate…", "Follow up tomorrow", "Snooze…", "Assign…"]),
    ItemKind.CONNECTION: (["Resolve"], ["Escalate…", "Follow up tomorrow", "Snooze…", "Assign…"]),
    ItemKind.UNKNOWN_OUTCOME: (["Resolve"], ["Escalate…", "Follow up tomorrow", "Snooze…", "Assign…"]),
}


@pytest.mark.parametrize("kind", list(ItemKind))
def test_every_kind_of_item_has_words_and_the_buttons_that_fit_it(kind: ItemKind) -> None:
    *_, buttons = item_blocks(work_item(kind=kind), NAMES, NOON)
    *front, menu = buttons["elements"]
    rest = [choice["text"]["text"] for choice in menu["options"]]
    assert ([element["text"]["text"] for element in front], rest) == BUTTONS[kind]


def test_words_from_outside_cannot_become_more_than_words() -> None:
    body = dict.fromkeys(("text", "excerpt", "author", "reason", "risk", "suggested_reply"), ATTACK)
    shown = _text(
        item_blocks(work_item(body=body, title=ATTACK, platform=ATTACK, surface=ATTACK), {"acme": ATTACK}, NOON)
    )
    assert not {"<!channel>", "*now*", "<https"} & set(shown.split())
    assert "&lt;!channel&gt;" in shown
    assert all(line.startswith((">", "*", "Why", "From", "Suggested", "⚠️")) for line in shown.split("\n"))


def test_what_a_service_says_became_of_an_item_cannot_become_more_than_words() -> None:
    shown = _text(item_blocks(_closed(outcome=ATTACK, closed_by=ATTACK), NAMES, NOON))
    assert not {"<!channel>", "*now*", "<https"} & set(shown.split())
    assert len(shown.split("\n")) == 2


@pytest.mark.parametrize("address", ["javascript:alert(1)", "https://x.test/a b", "ftp://x.test", 7, "", None])
def test_what_is_no_web_address_is_not_shown_as_a_picture(address: object) -> None:
    assert "accessory" not in item_blocks(work_item(body={"asset_url": address}), NAMES, NOON)[0]


def test_an_item_without_a_place_has_no_gap_in_its_headline() -> None:
    text = _text(item_blocks(work_item(platform=None, surface=None), NAMES, NOON))
    assert text.startswith("*Acme Outdoor* · draft: Spring is here")


@pytest.mark.parametrize(
    ("result", "words"),
    [
        ({}, "✅ Approved by Ana <!date^1773144000^{time}|12:00 UTC>"),
        ({"status": "queued"}, "· waits for its time"),
        (
            {"status": "queued", "scheduled_at": NOON.isoformat()},
            "· goes out <!date^1773144000^{date_short_pretty}, {time}|12:00 UTC>",
        ),
        ({"status": "verified", "post_url": "https://x.test/1"}, "· <https://x.test/1|live>"),
        ({"status": "verified", "post_url": "javascript:1"}, "· live"),
        ({"status": "failed", "error_reason": "token <expired>"}, "· ⚠️ failed at the platform: token &lt;expired&gt;"),
        ({"status": "unheard of", "error_reason": "odd"}, "· ⚠️ failed: odd"),
        ({"status": "unheard of"}, "|12:00 UTC>"),
    ],
)
def test_a_closed_item_says_what_became_of_it(result: dict[str, Any], words: str) -> None:
    (line,) = item_blocks(_closed(result=result), NAMES, NOON)
    assert _text([line]).endswith(words)


def test_six_of_the_longest_items_fit_one_message() -> None:
    body = dict.fromkeys(("text", "excerpt", "author", "reason", "risk", "suggested_reply"), "&" * 9000)
    long: dict[str, Any] = {"body": body, "title": "&" * 900, "surface": "&" * 900}
    for item in (work_item(**long), _closed(**long, result={"status": "failed", "error_reason": "&" * 900})):
        assert total_text(item_blocks(item, NAMES, NOON) * 6) < MAX_TOTAL - 500


# Stops


def _switch(scope: Scope | None = None, reason: str = "wrong brand") -> Switch:
    return Switch(scope or Scope("acme"), "Ana", reason, NOON, 1)


def test_the_card_of_a_stop(snapshot: SnapshotAssertion) -> None:
    assert stop_card(_switch(), "all of Acme Outdoor", Flights(in_flight=1), None, None, "") == snapshot


@pytest.mark.parametrize(
    ("flights", "says"),
    [
        (Flights(), "Settled: nothing is on the way, nothing new starts.\n"),
        (Flights(3), "Recorded. *3* already on the way may still appear; nothing new starts.\n"),
        (Flights(1, published=2), "may still appear; nothing new starts. So far 2 went out.\n"),
        (Flights(0, 2, 1, 1), "nothing new starts. Of what was on the way 2 went out, 1 did not, 1 unknown.\n"),
    ],
)
def test_a_stop_says_what_became_of_what_was_on_the_way(flights: Flights, says: str) -> None:
    assert says in _text(stop_card(_switch(), "X", flights, None, None, "").blocks)


@pytest.mark.parametrize(
    ("state", "problem", "says"),
    [
        ("waiting", None, "not answered the order yet"),
        ("refused", "422 <!here>", "refused the order: 422 &lt;!here&gt;"),
    ],
)
def test_a_stop_that_the_platform_has_not_taken_says_so(state: str, problem: str | None, says: str) -> None:
    order = SimpleNamespace(state=state, problem=problem)
    assert says in _text(stop_card(_switch(), "X", Flights(), order, None, "").blocks)


def test_what_is_spoken_of_a_stop_mentions_nobody() -> None:
    spoken = [
        stop_card(_switch(reason="<!here>"), "all of <!channel>", Flights(), None, "Ben", "<!here>").text,
        resumed_card(_switch(), "all of <!channel>", Turn("Ben", None, "<!here>", NOON + timedelta(hours=1))).text,
    ]
    assert not any("<!" in text for text in spoken)


def test_the_banner_names_three_stops_and_counts_the_rest() -> None:
    switches = [_switch(Scope(f"c{n}")) for n in range(5)]
    words = {switch.scope: f"client {n}" for n, switch in enumerate(switches)}
    assert banner([], {}) == []
    assert "Stopped:* client 0, client 1, client 2 and 2 more" in _text(banner(switches, words))
    assert "more" not in _text(banner(switches[:3], words))
