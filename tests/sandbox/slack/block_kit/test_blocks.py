from typing import Any

import pytest

from sandbox.slack.block_kit.blocks import BLOCKS, Surface, problems
from sandbox.slack.block_kit.views import problems as view_problems


def plain(text: str = "x") -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str = "x") -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text}


BUTTON = {"type": "button", "text": plain(), "action_id": "go"}
OPTION = {"text": plain(), "value": "a"}
SELECT = {"type": "static_select", "options": [OPTION]}
CELL = {"type": "raw_text", "text": "x"}
LINE = {"type": "rich_text_section", "elements": [{"type": "text", "text": "x"}]}
INPUT = {"type": "input", "label": plain(), "element": {"type": "plain_text_input"}}

GOOD: dict[str, dict[str, Any]] = {
    "section": {
        "type": "section",
        "text": mrkdwn("x" * 3000),
        "fields": [mrkdwn("x" * 2000)] * 10,
        "accessory": BUTTON,
    },
    "header": {"type": "header", "text": plain("x" * 150)},
    "divider": {"type": "divider"},
    "context": {"type": "context", "elements": [mrkdwn()] * 10},
    "actions": {"type": "actions", "elements": [BUTTON, {**SELECT, "initial_option": OPTION}]},
    "image": {"type": "image", "alt_text": "x", "image_url": "https://example.com/a.png"},
    "input": INPUT,
    "rich_text": {"type": "rich_text", "elements": [LINE]},
    "markdown": {"type": "markdown", "text": "**x**"},
    "table": {"type": "table", "rows": [[CELL] * 20] * 100, "column_settings": [None, {"align": "right"}]},
}

BAD: dict[str, tuple[dict[str, Any], str]] = {
    "long section": (
        {"type": "section", "text": mrkdwn("x" * 3001)},
        "must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
    ),
    "long field": (
        {"type": "section", "fields": [mrkdwn("x" * 2001)]},
        "must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]",
    ),
    "eleven fields": (
        {"type": "section", "fields": [mrkdwn()] * 11},
        "no more than 10 items allowed [json-pointer:/blocks/0/fields]",
    ),
    "empty section": ({"type": "section"}, "must provide at least one of: text, fields [json-pointer:/blocks/0]"),
    "empty text": (
        {"type": "section", "text": mrkdwn("")},
        "must be more than 0 characters [json-pointer:/blocks/0/text/text]",
    ),
    "bare string": ({"type": "header", "text": "x"}, "must provide an object [json-pointer:/blocks/0/text]"),
    "mrkdwn header": (
        {"type": "header", "text": mrkdwn()},
        "unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]",
    ),
    "unknown block": ({"type": "sparkline"}, "unsupported type: sparkline [json-pointer:/blocks/0/type]"),
    "unknown field": (
        {"type": "divider", "color": "red"},
        "invalid additional property: color [json-pointer:/blocks/0]",
    ),
    "26 buttons": (
        {"type": "actions", "elements": [{**BUTTON, "action_id": str(n)} for n in range(26)]},
        "no more than 25 items allowed [json-pointer:/blocks/0/elements]",
    ),
    "input among actions": (
        {"type": "actions", "elements": [{"type": "plain_text_input"}]},
        "unsupported type: plain_text_input [json-pointer:/blocks/0/elements/0/type]",
    ),
    "same action twice": (
        {"type": "actions", "elements": [BUTTON, BUTTON]},
        "`action_id` go already exists for this block [json-pointer:/blocks/0]",
    ),
    "button style": (
        {"type": "actions", "elements": [{**BUTTON, "style": "warning"}]},
        "must be a valid enum value [json-pointer:/blocks/0/elements/0/style]",
    ),
    "foreign initial option": (
        {"type": "actions", "elements": [{**SELECT, "initial_option": {"text": plain(), "value": "b"}}]},
        "initial option must match one of the options [json-pointer:/blocks/0/elements/0]",
    ),
    "no alt text": (
        {"type": "image", "image_url": "https://example.com/a.png"},
        "missing required field: alt_text [json-pointer:/blocks/0]",
    ),
    "both pictures": (
        {"type": "image", "alt_text": "x", "image_url": "https://example.com/a.png", "slack_file": {"id": "F12345678"}},
        "must provide exactly one of: image_url, slack_file [json-pointer:/blocks/0]",
    ),
    "file by two names": (
        {"type": "image", "alt_text": "x", "slack_file": {"id": "F12345678", "url": "https://example.com/a.png"}},
        "must provide exactly one of: id, url [json-pointer:/blocks/0/slack_file]",
    ),
    "picture on this machine": (
        {"type": "image", "alt_text": "x", "image_url": "http://127.0.0.1:8000/a.png"},
        "downloading image failed [json-pointer:/blocks/0/image_url]",
    ),
    "empty cell": (
        {"type": "table", "rows": [[{"type": "raw_text", "text": ""}]]},
        "must be more than 0 characters [json-pointer:/blocks/0/rows/0/0/text]",
    ),
    "full table": (
        {"type": "table", "rows": [[{"type": "raw_text", "text": "x" * 6000}] * 2]},
        "must be less than 10001 characters [json-pointer:/blocks/0]",
    ),
}


@pytest.mark.parametrize("kind", BLOCKS)
def test_every_block_is_taken_at_its_limits_where_it_may_stand(kind: str) -> None:
    surfaces: tuple[Surface, ...] = ("message", "modal", "home")
    taken = {surface for surface in surfaces if not problems([GOOD[kind]], surface)}
    assert taken == BLOCKS[kind].surfaces


@pytest.mark.parametrize(("block", "sentence"), BAD.values(), ids=BAD.keys())
def test_what_slack_refuses_is_named_with_its_place(block: dict[str, Any], sentence: str) -> None:
    assert problems([block], "message") == [sentence]


def test_a_message_holds_fifty_blocks_and_a_modal_a_hundred() -> None:
    divider = {"type": "divider"}
    assert problems([divider] * 50, "message") == []
    assert problems([divider] * 51, "message") == ["no more than 50 items allowed [json-pointer:/blocks]"]
    assert problems([divider] * 100, "modal") == []
    assert problems([divider] * 101, "modal") == ["no more than 100 items allowed [json-pointer:/blocks]"]


def test_a_message_holds_one_table() -> None:
    table = {"type": "table", "rows": [[CELL]]}
    assert problems([table, table], "message") == ["only_one_table_allowed [json-pointer:/blocks/1]"]


def test_a_modal_with_inputs_needs_a_way_to_send_them() -> None:
    view = {"type": "modal", "title": plain("x" * 24), "blocks": [INPUT]}
    assert view_problems(view, "modal") == ["a modal with inputs must have a submit button [json-pointer:/view/submit]"]
    assert view_problems(view | {"submit": plain("Send")}, "modal") == []


def test_home_has_no_title() -> None:
    view = {"type": "home", "title": plain(), "blocks": []}
    assert view_problems(view, "home") == ["invalid additional property: title [json-pointer:/view]"]
