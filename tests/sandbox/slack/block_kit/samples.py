"""One good example of every block and element, at its limits where it has some; tests break them on purpose."""

from typing import Any

Json = dict[str, Any]


def plain(text: str = "x") -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str = "x") -> Json:
    return {"type": "mrkdwn", "text": text}


def option(value: str = "a") -> Json:
    return {"text": plain(), "value": value}


CONFIRM = {
    "title": plain("t" * 100),
    "text": mrkdwn("t" * 300),
    "confirm": plain("t" * 30),
    "deny": plain("t" * 30),
    "style": "danger",
}
IMAGE = {"type": "image", "alt_text": "x", "image_url": "https://example.com/a.png"}
BUTTON = {
    "type": "button",
    "text": plain("t" * 75),
    "action_id": "go",
    "value": "v" * 2000,
    "style": "primary",
    "confirm": CONFIRM,
    "accessibility_label": "Go",
}
CELL = {"type": "raw_text", "text": "x"}
LEAFS: list[Json] = [
    {"type": "text", "text": "x", "style": {"bold": True, "code": False}},
    {"type": "link", "url": "mailto:ana@example.com", "text": "x"},
    {"type": "user", "user_id": "U1"},
    {"type": "usergroup", "usergroup_id": "S1"},
    {"type": "channel", "channel_id": "C1"},
    {"type": "emoji", "name": "tada"},
    {"type": "date", "timestamp": 1_700_000_000, "format": "{date}", "fallback": "x"},
    {"type": "broadcast", "range": "here"},
    {"type": "color", "value": "#ff0000"},
    {"type": "team", "team_id": "T1"},
]
LINE = {"type": "rich_text_section", "elements": [LEAFS[0]]}
RICH: Json = {"type": "rich_text", "elements": [LINE]}
INPUT = {"type": "input", "label": plain(), "element": {"type": "plain_text_input", "action_id": "value"}}

SELECT: Json = {"action_id": "pick", "placeholder": plain(), "confirm": CONFIRM, "focus_on_load": True}
MULTI: Json = SELECT | {"max_selected_items": 2}
TYPED: Json = {"action_id": "value", "placeholder": plain(), "focus_on_load": True}
GROUPS = [{"label": plain(), "options": [option()]}]
FILTER = {"include": ["public"], "exclude_bot_users": True}

ELEMENTS: dict[str, Json] = {
    "button": BUTTON,
    "workflow_button": {
        "type": "workflow_button",
        "text": plain(),
        "workflow": {"trigger": {"url": "https://slack.com/shortcuts/Ft1/x"}},
    },
    "overflow": {"type": "overflow", "options": [option()] * 5, "confirm": CONFIRM},
    "static_select": {"type": "static_select", **SELECT, "options": [option()], "initial_option": option()},
    "static_select in groups": {"type": "static_select", "option_groups": GROUPS},
    "multi_static_select": {"type": "multi_static_select", **MULTI, "option_groups": GROUPS},
    "users_select": {"type": "users_select", **SELECT, "initial_user": "U1"},
    "multi_users_select": {"type": "multi_users_select", **MULTI, "initial_users": ["U1"]},
    "channels_select": {"type": "channels_select", **SELECT, "initial_channel": "C1"},
    "multi_channels_select": {"type": "multi_channels_select", **MULTI, "initial_channels": ["C1"]},
    "conversations_select": {"type": "conversations_select", **SELECT, "filter": FILTER},
    "multi_conversations_select": {"type": "multi_conversations_select", **MULTI, "filter": FILTER},
    "external_select": {"type": "external_select", **SELECT, "min_query_length": 1},
    "multi_external_select": {"type": "multi_external_select", **MULTI, "min_query_length": 1},
    "checkboxes": {"type": "checkboxes", "options": [{"text": mrkdwn(), "value": "a"}, option("b")]},
    "radio_buttons": {"type": "radio_buttons", "options": [option(), option("b")], "initial_option": option("b")},
    "datepicker": {"type": "datepicker", **SELECT, "initial_date": "2026-11-23"},
    "timepicker": {"type": "timepicker", **SELECT, "initial_time": "23:59", "timezone": "Europe/Lisbon"},
    "datetimepicker": {"type": "datetimepicker", "action_id": "at", "initial_date_time": 1_700_000_000},
    "plain_text_input": {"type": "plain_text_input", **TYPED, "min_length": 1, "max_length": 3000, "multiline": True},
    "rich_text_input": {"type": "rich_text_input", **TYPED, "initial_value": RICH},
    "email_text_input": {"type": "email_text_input", **TYPED, "initial_value": "ana@example.com"},
    "url_text_input": {"type": "url_text_input", **TYPED, "initial_value": "https://example.com"},
    "number_input": {"type": "number_input", **TYPED, "is_decimal_allowed": False, "min_value": "1"},
    "file_input": {"type": "file_input", "action_id": "file", "filetypes": ["png"], "max_files": 10},
}

POINTS = [{"label": "Mon", "value": 1}, {"label": "Tue", "value": -2.5}]
PLOT = {
    "series": [{"name": "ok", "data": POINTS}, {"name": "failed", "data": POINTS}],
    "axis_config": {"categories": ["Mon", "Tue"], "x_label": "day", "y_label": "posts"},
}
CARD: Json = {
    "type": "card",
    "hero_image": IMAGE,
    "icon": IMAGE,
    "title": mrkdwn("t" * 150),
    "subtitle": mrkdwn("t" * 150),
    "body": mrkdwn("t" * 200),
    "actions": [BUTTON, {**BUTTON, "action_id": "other"}],
}
TASK = {
    "type": "task_card",
    "task_id": "1",
    "title": "Post",
    "status": "in_progress",
    "details": RICH,
    "output": RICH,
    "sources": [{"type": "url", "url": "https://example.com", "text": "x"}],
}
FEEDBACK = {"text": plain(), "value": "v", "accessibility_label": "x"}

BLOCKS: dict[str, Json] = {
    "section": {
        "type": "section",
        "block_id": "b" * 255,
        "text": mrkdwn("x" * 3000),
        "fields": [mrkdwn("x" * 2000)] * 10,
        "accessory": BUTTON,
        "expand": True,
    },
    "header": {"type": "header", "text": plain("x" * 150)},
    "divider": {"type": "divider"},
    "context": {"type": "context", "elements": [mrkdwn()] * 9 + [IMAGE]},
    "actions": {"type": "actions", "elements": [{**BUTTON, "action_id": str(n)} for n in range(25)]},
    "image": {**IMAGE, "alt_text": "x" * 2000, "title": plain("x" * 2000)},
    "input": {**INPUT, "label": plain("x" * 2000), "hint": plain("x" * 2000), "optional": True},
    "rich_text": {
        "type": "rich_text",
        "elements": [
            {"type": "rich_text_section", "elements": LEAFS},
            {"type": "rich_text_list", "style": "bullet", "indent": 8, "border": 1, "elements": [LINE]},
            {"type": "rich_text_quote", "elements": [LEAFS[0]]},
            {"type": "rich_text_preformatted", "border": 0, "elements": LEAFS[:2]},
        ],
    },
    "video": {
        "type": "video",
        "alt_text": "x",
        "title": plain("x" * 199),
        "thumbnail_url": "https://example.com/a.png",
        "video_url": "https://example.com/v",
        "title_url": "https://example.com",
        "author_name": "x" * 49,
    },
    "alert": {"type": "alert", "text": mrkdwn("x" * 200), "level": "warning"},
    "markdown": {"type": "markdown", "text": "x" * 12_000},
    "table": {
        "type": "table",
        "rows": [[CELL] * 20] * 98 + [[RICH], [{"type": "raw_number", "text": "7", "value": 7}]],
        "column_settings": [{"align": "right", "is_wrapped": True}],
    },
    "data_table": {
        "type": "data_table",
        "caption": "Posts by day",
        "rows": [[CELL] * 2, [RICH, {"type": "raw_number", "text": "7", "value": 7}]],
        "page_size": 100,
        "row_header_column_index": 1,
    },
    "data_visualization": {"type": "data_visualization", "title": "t" * 50, "chart": {"type": "line", **PLOT}},
    "container": {
        "type": "container",
        "title": plain("x" * 150),
        "subtitle": plain("x" * 150),
        "child_blocks": [{"type": "divider"}] * 9 + [{"type": "table", "rows": [[CELL]]}],
        "width": "wide",
        "is_collapsible": True,
        "default_collapsed": True,
    },
    "card": CARD,
    "carousel": {"type": "carousel", "elements": [CARD] * 10},
    "context_actions": {
        "type": "context_actions",
        "elements": [
            {"type": "feedback_buttons", "positive_button": FEEDBACK, "negative_button": FEEDBACK},
            {"type": "icon_button", "icon": "trash", "text": plain(), "visible_to_user_ids": ["U1"]},
        ],
    },
    "task_card": TASK,
    "plan": {"type": "plan", "title": "x", "tasks": [TASK]},
}

MODAL: Json = {
    "type": "modal",
    "title": plain("x" * 24),
    "submit": plain("x" * 24),
    "close": plain("x" * 24),
    "blocks": [INPUT],
    "callback_id": "c" * 255,
    "private_metadata": "p" * 3000,
    "notify_on_close": True,
}
HOME: Json = {"type": "home", "blocks": [{"type": "divider"}], "callback_id": "home"}
