from typing import Any, get_args

import pytest

from sandbox.slack.block_kit import Surface, problems
from sandbox.slack.block_kit.blocks import BLOCKS
from sandbox.slack.block_kit.elements import IN_ACTIONS, IN_INPUT, IN_SECTION
from tests.sandbox.slack.block_kit.samples import (
    BLOCKS as GOOD,
)
from tests.sandbox.slack.block_kit.samples import (
    BUTTON,
    CELL,
    ELEMENTS,
    IMAGE,
    INPUT,
    PLOT,
    TASK,
    mrkdwn,
    option,
    plain,
)

SELECT = {"type": "static_select", "options": [option()]}
LINE = {"type": "rich_text_section", "elements": []}


def message(*blocks: Any) -> list[str]:
    return [str(each) for each in problems({"text": "x", "blocks": list(blocks)}, "message")]


def placed(block: Any, surface: Surface) -> dict[str, Any]:
    if surface == "message":
        return {"text": "x", "blocks": [block]}
    return {"type": surface, "blocks": [block]} | ({"title": plain(), "submit": plain()} if surface == "modal" else {})


def actions(*elements: Any) -> dict[str, Any]:
    return {"type": "actions", "elements": list(elements)}


def chart(**of: Any) -> dict[str, Any]:
    return {"type": "data_visualization", "title": "x", "chart": of}


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
    "a file, which only Slack makes": (
        {"type": "file", "source": "remote", "external_id": "x"},
        "unsupported type: file [json-pointer:/blocks/0/type]",
    ),
    "unknown field": (
        {"type": "divider", "color": "red"},
        "invalid additional property: color [json-pointer:/blocks/0]",
    ),
    "26 buttons": (
        actions(*({"type": "button", "text": plain()} for _ in range(26))),
        "no more than 25 items allowed [json-pointer:/blocks/0/elements]",
    ),
    "input among actions": (
        actions({"type": "plain_text_input"}),
        "unsupported type: plain_text_input [json-pointer:/blocks/0/elements/0/type]",
    ),
    "same action twice": (
        actions(BUTTON, BUTTON),
        "`action_id` go already exists for this block [json-pointer:/blocks/0]",
    ),
    "two in focus": (
        actions({**SELECT, "focus_on_load": True}, {**SELECT, "focus_on_load": True}),
        "only one element may have focus_on_load [json-pointer:/blocks]",
    ),
    "button style": (
        actions({**BUTTON, "style": "warning"}),
        "must be a valid enum value [json-pointer:/blocks/0/elements/0/style]",
    ),
    "options and groups": (
        actions({**SELECT, "option_groups": [{"label": plain(), "options": [option()]}]}),
        "must provide exactly one of: options, option_groups [json-pointer:/blocks/0/elements/0]",
    ),
    "foreign initial option": (
        actions({**SELECT, "initial_option": option("b")}),
        "initial option must match one of the options [json-pointer:/blocks/0/elements/0]",
    ),
    "31st of February": (
        actions({"type": "datepicker", "initial_date": "2026-02-31"}),
        "must match a valid format [json-pointer:/blocks/0/elements/0/initial_date]",
    ),
    "lengths upside down": (
        {**INPUT, "element": {"type": "plain_text_input", "min_length": 9, "max_length": 3}},
        "min_length must not exceed max_length [json-pointer:/blocks/0/element]",
    ),
    "empty filter": (
        actions({"type": "conversations_select", "filter": {}}),
        "must provide at least one of: include, exclude_external_shared_channels, exclude_bot_users"
        " [json-pointer:/blocks/0/elements/0/filter]",
    ),
    "no alt text": (
        {"type": "image", "image_url": "https://example.com/a.png"},
        "missing required field: alt_text [json-pointer:/blocks/0]",
    ),
    "both pictures": (
        {**IMAGE, "slack_file": {"id": "F12345678"}},
        "must provide exactly one of: image_url, slack_file [json-pointer:/blocks/0]",
    ),
    "file by two names": (
        {"type": "image", "alt_text": "x", "slack_file": {"id": "F12345678", "url": "https://example.com/a.png"}},
        "must provide exactly one of: id, url [json-pointer:/blocks/0/slack_file]",
    ),
    "file by a foreign name": (
        {"type": "image", "alt_text": "x", "slack_file": {"id": "chart.png"}},
        "must match a valid format [json-pointer:/blocks/0/slack_file/id]",
    ),
    "picture on this machine": (
        {**IMAGE, "image_url": "http://127.0.0.1:8000/a.png"},
        "downloading image failed [json-pointer:/blocks/0/image_url]",
    ),
    "picture in the office": (
        {**IMAGE, "image_url": "http://10.1.2.3/a.png"},
        "downloading image failed [json-pointer:/blocks/0/image_url]",
    ),
    "picture that is WebP": (
        {**IMAGE, "image_url": "https://example.com/a.webp"},
        "downloading image failed [json-pointer:/blocks/0/image_url]",
    ),
    "mention in code": (
        {
            "type": "rich_text",
            "elements": [{"type": "rich_text_preformatted", "elements": [{"type": "user", "user_id": "U1"}]}],
        },
        "unsupported type: user [json-pointer:/blocks/0/elements/0/elements/0/type]",
    ),
    "list too deep": (
        {
            "type": "rich_text",
            "elements": [{"type": "rich_text_list", "style": "bullet", "indent": 9, "elements": [LINE]}],
        },
        "must be between 0 and 8 [json-pointer:/blocks/0/elements/0/indent]",
    ),
    "empty cell": (
        {"type": "table", "rows": [[{"type": "raw_text", "text": ""}]]},
        "must be more than 0 characters [json-pointer:/blocks/0/rows/0/0/text]",
    ),
    "full table": (
        {"type": "table", "rows": [[{"type": "raw_text", "text": "x" * 6000}] * 2]},
        "must be less than 10001 characters [json-pointer:/blocks/0]",
    ),
    "ragged data table": (
        {"type": "data_table", "caption": "x", "rows": [[CELL] * 2, [CELL]]},
        "every row must have as many cells as the first [json-pointer:/blocks/0/rows/1]",
    ),
    "rich header": (
        {"type": "data_table", "caption": "x", "rows": [[GOOD["rich_text"]], [CELL]]},
        "a header cell must be raw_text or raw_number [json-pointer:/blocks/0/rows/0/0]",
    ),
    "header without rows": (
        {"type": "data_table", "caption": "x", "rows": [[CELL]]},
        "no fewer than 2 items allowed [json-pointer:/blocks/0/rows]",
    ),
    "header column that is none": (
        {"type": "data_table", "caption": "x", "rows": [[CELL], [CELL]], "row_header_column_index": 1},
        "must name a column [json-pointer:/blocks/0/row_header_column_index]",
    ),
    "seven slices": (
        chart(type="pie", segments=[{"label": str(n), "value": 1} for n in range(7)]),
        "no more than 6 items allowed [json-pointer:/blocks/0/chart/segments]",
    ),
    "slice of nothing": (
        chart(type="pie", segments=[{"label": "x", "value": 0}]),
        "must be more than 0 [json-pointer:/blocks/0/chart/segments/0/value]",
    ),
    "series with a gap": (
        chart(type="bar", **{**PLOT, "series": [{"name": "x", "data": [{"label": "Mon", "value": 1}]}]}),
        "every series must have one value per category [json-pointer:/blocks/0/chart/series/0/data]",
    ),
    "container in a container": (
        {"type": "container", "title": plain(), "child_blocks": [GOOD["container"]]},
        "unsupported type: container [json-pointer:/blocks/0/child_blocks/0/type]",
    ),
    "collapsed for good": (
        {"type": "container", "title": plain(), "child_blocks": [{"type": "divider"}], "default_collapsed": True},
        "default_collapsed needs is_collapsible [json-pointer:/blocks/0]",
    ),
    "four buttons on a card": (
        {"type": "card", "title": mrkdwn(), "actions": [BUTTON] * 4},
        "no more than 3 items allowed [json-pointer:/blocks/0/actions]",
    ),
    "card with an icon alone": (
        {"type": "card", "icon": IMAGE},
        "must provide at least one of: hero_image, title, actions, body [json-pointer:/blocks/0]",
    ),
    "status nobody knows": (
        {**TASK, "status": "done"},
        "must be a valid enum value [json-pointer:/blocks/0/status]",
    ),
}


@pytest.mark.parametrize("kind", BLOCKS)
def test_every_block_is_taken_at_its_limits_where_it_may_stand(kind: str) -> None:
    taken = {surface for surface in get_args(Surface) if not unplaced(GOOD[kind], surface)}
    assert taken == BLOCKS[kind].surfaces


def unplaced(block: Any, surface: Surface) -> list[str]:
    """Problems apart from the total of a message's text, which these full blocks exceed."""
    return [str(each) for each in problems(placed(block, surface), surface) if each.code != "msg_blocks_too_long"]


@pytest.mark.parametrize("name", ELEMENTS)
def test_every_element_is_taken_in_the_blocks_that_may_hold_it(name: str) -> None:
    element = ELEMENTS[name]
    around: dict[str, tuple[dict[str, Any], frozenset[str]]] = {
        "actions": (actions(element), IN_ACTIONS),
        "section": ({"type": "section", "text": plain(), "accessory": element}, IN_SECTION),
        "input": ({"type": "input", "label": plain(), "element": element}, IN_INPUT),
    }
    taken = {block for block, (holding, _allowed) in around.items() if not unplaced(holding, "modal")}
    assert taken == {block for block, (_holding, allowed) in around.items() if element["type"] in allowed}


@pytest.mark.parametrize(("block", "sentence"), BAD.values(), ids=BAD.keys())
def test_what_slack_refuses_is_named_with_its_place(block: dict[str, Any], sentence: str) -> None:
    assert message(block) == [sentence]
