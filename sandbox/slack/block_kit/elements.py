"""What stands inside blocks: buttons, menus, pickers, inputs and small pictures, and which block may hold which.

https://docs.slack.dev/reference/block-kit/block-elements"""

from collections.abc import Iterator
from datetime import date
from typing import Any

from sandbox.slack.block_kit.objects import (
    CHOICE,
    CONFIRM,
    DISPATCH,
    FILTER,
    ID,
    IMAGE_SOURCE,
    LINK,
    OPTION,
    OPTIONS,
    OVERFLOW_OPTION,
    WORKFLOW,
    plain,
)
from sandbox.slack.block_kit.rich_text import RICH_TEXT
from sandbox.slack.block_kit.schema import (
    Check,
    Problem,
    array,
    enum,
    flag,
    integer,
    problem,
    record,
    string,
    then,
    typed,
)

BUTTON: dict[str, Check] = {
    "action_id": ID,
    "value": string(2000),
    "confirm": CONFIRM,
    "accessibility_label": string(75),
    "visible_to_user_ids": array(ID, 1, 10),
}
COMMON: dict[str, Check] = {"action_id": ID, "confirm": CONFIRM, "focus_on_load": flag}
SELECT = COMMON | {"placeholder": plain(150)}
MULTI = SELECT | {"max_selected_items": integer(1, 100)}
INPUT: dict[str, Check] = {
    "action_id": ID,
    "focus_on_load": flag,
    "placeholder": plain(150),
    "dispatch_action_config": DISPATCH,
    "initial_value": string(3000, shortest=0),
}
CONVERSATION: dict[str, Check] = {"default_to_current_conversation": flag, "filter": FILTER}
FEEDBACK = record({"text": plain(75), "value": string(2000)}, {"accessibility_label": string(75)})


def _initial_is_an_option(value: Any, pointer: str) -> Iterator[Problem]:
    """Slack refuses an initial option that differs in anything from the one in the list."""
    offered = [*(value.get("options") or ()), *(o for g in value.get("option_groups") or () for o in g["options"])]
    chosen = [value["initial_option"]] if value.get("initial_option") else value.get("initial_options") or []
    if any(option not in offered for option in chosen):
        yield problem("initial option must match one of the options", pointer)


def _lengths_are_in_order(value: Any, pointer: str) -> Iterator[Problem]:
    if value.get("min_length", 0) > value.get("max_length", 3000):
        yield problem("min_length must not exceed max_length", pointer)


def _real_date(value: Any, pointer: str) -> Iterator[Problem]:
    try:
        date.fromisoformat(value)
    except ValueError:
        yield problem("must match a valid format", pointer)


def choosing(required: dict[str, Check], optional: dict[str, Check], exactly_one: tuple[str, ...] = ()) -> Check:
    """A list of options, one or several of which may be chosen beforehand."""
    return then(record(required, optional, exactly_one=exactly_one), _initial_is_an_option)


EITHER = ("options", "option_groups")

ELEMENTS: dict[str, Check] = {
    "image": record({"alt_text": string(2000)}, IMAGE_SOURCE, exactly_one=("image_url", "slack_file")),
    "button": record(
        {"text": plain(75)},
        BUTTON
        | {
            "url": LINK,
            "style": enum("primary", "danger"),
            "agent_prompt": string(4000),
            "agent_prompt_display": string(4000),
        },
    ),
    "workflow_button": record(
        {"text": plain(75), "workflow": WORKFLOW},
        {
            "action_id": ID,
            "style": enum("primary", "danger"),
            "accessibility_label": string(75),
            "confirm": CONFIRM,
        },
    ),
    "icon_button": record({"icon": enum("trash"), "text": plain(75)}, BUTTON),
    "feedback_buttons": record({"positive_button": FEEDBACK, "negative_button": FEEDBACK}, {"action_id": ID}),
    "overflow": record({"options": array(OVERFLOW_OPTION, 1, 5)}, {"action_id": ID, "confirm": CONFIRM}),
    "static_select": choosing({}, SELECT | OPTIONS | {"initial_option": OPTION}, EITHER),
    "multi_static_select": choosing({}, MULTI | OPTIONS | {"initial_options": array(OPTION, 1, 100)}, EITHER),
    "users_select": record(optional=SELECT | {"initial_user": ID}),
    "multi_users_select": record(optional=MULTI | {"initial_users": array(ID, 1, 100)}),
    "channels_select": record(optional=SELECT | {"initial_channel": ID, "response_url_enabled": flag}),
    "multi_channels_select": record(optional=MULTI | {"initial_channels": array(ID, 1, 100)}),
    "conversations_select": record(
        optional=SELECT | CONVERSATION | {"initial_conversation": ID, "response_url_enabled": flag}
    ),
    "multi_conversations_select": record(
        optional=MULTI | CONVERSATION | {"initial_conversations": array(ID, 1, 100)},
    ),
    "external_select": record(optional=SELECT | {"initial_option": OPTION, "min_query_length": integer(0, 100)}),
    "multi_external_select": record(
        optional=MULTI | {"initial_options": array(OPTION, 1, 100), "min_query_length": integer(0, 100)}
    ),
    "checkboxes": choosing({"options": array(CHOICE, 1, 10)}, COMMON | {"initial_options": array(CHOICE, 1, 10)}),
    "radio_buttons": choosing({"options": array(CHOICE, 1, 10)}, COMMON | {"initial_option": CHOICE}),
    "datepicker": record(optional=SELECT | {"initial_date": then(string(10, pattern=r"\d{4}-\d\d-\d\d"), _real_date)}),
    "timepicker": record(
        optional=SELECT | {"initial_time": string(5, pattern=r"([01]\d|2[0-3]):[0-5]\d"), "timezone": ID}
    ),
    "datetimepicker": record(optional=COMMON | {"initial_date_time": integer(1_000_000_000, 9_999_999_999)}),
    "plain_text_input": then(
        record(optional=INPUT | {"multiline": flag, "min_length": integer(0, 3000), "max_length": integer(1, 3000)}),
        _lengths_are_in_order,
    ),
    "rich_text_input": record(
        optional=INPUT
        | {
            "initial_value": typed({"rich_text": RICH_TEXT}),
            "min_lines": integer(1, 3000),
            "max_lines": integer(1, 3000),
        }
    ),
    "email_text_input": record(optional=INPUT),
    "url_text_input": record(optional=INPUT),
    "number_input": record({"is_decimal_allowed": flag}, INPUT | {"min_value": string(100), "max_value": string(100)}),
    "file_input": record(
        optional={"action_id": ID, "filetypes": array(ID, 1, 100), "max_files": integer(1, 10)},
    ),
}

PICTURE = typed(ELEMENTS, frozenset({"image"}))
SOURCE = typed({"url": record({"url": LINK, "text": string(3000)})})

SELECTS = frozenset(kind for kind in ELEMENTS if kind.endswith("_select"))
PICKERS = frozenset({"datepicker", "timepicker", "checkboxes", "radio_buttons"})
TYPED_IN = frozenset(kind for kind in ELEMENTS if kind.endswith("_input"))

IN_SECTION = SELECTS | PICKERS | {"button", "image", "overflow", "workflow_button"}
IN_ACTIONS = SELECTS | PICKERS | {"button", "overflow", "datetimepicker", "workflow_button"}
IN_INPUT = SELECTS | PICKERS | TYPED_IN | {"datetimepicker"}
IN_CONTEXT_ACTIONS = frozenset({"feedback_buttons", "icon_button"})
IN_CARD = frozenset({"button"})


def element(allowed: frozenset[str]) -> Check:
    return typed(ELEMENTS, allowed)
