"""What stands inside blocks: texts, options, confirm dialogs, buttons, selects and inputs.

https://docs.slack.dev/reference/block-kit/block-elements"""

from collections.abc import Iterator
from typing import Any

from sandbox.slack.block_kit.schema import Check, array, enum, flag, integer, problem, record, string, typed

ID = string(255)
URL = string(3000, pattern=r"https?://\S+")


def plain(longest: int) -> Check:
    return typed({"plain_text": record({"text": string(longest)}, {"emoji": flag})})


def texts(longest: int) -> dict[str, Check]:
    return {
        "plain_text": record({"text": string(longest)}, {"emoji": flag}),
        "mrkdwn": record({"text": string(longest)}, {"verbatim": flag}),
    }


def text(longest: int) -> Check:
    return typed(texts(longest))


CONFIRM = record(
    {"title": plain(100), "text": text(300), "confirm": plain(30), "deny": plain(30)},
    {"style": enum("primary", "danger")},
)
OPTION = record({"text": plain(75), "value": string(150)}, {"description": plain(75)})
CHOICE = record({"text": text(75), "value": string(150)}, {"description": text(75)})
OVERFLOW_OPTION = record({"text": plain(75), "value": string(150)}, {"description": plain(75), "url": URL})
OPTION_GROUP = record({"label": plain(75), "options": array(OPTION, 1, 100)})
OPTIONS = {"options": array(OPTION, 1, 100), "option_groups": array(OPTION_GROUP, 1, 100)}
DISPATCH = record(
    {"trigger_actions_on": array(enum("on_enter_pressed", "on_character_entered"), 1, 2)},
)
FILTER = record(
    optional={
        "include": array(enum("im", "mpim", "private", "public"), 1, 4),
        "exclude_external_shared_channels": flag,
        "exclude_bot_users": flag,
    }
)
SLACK_FILE = record(
    optional={"id": string(30, pattern=r"F[A-Z0-9]{8,}"), "url": URL},
    exactly_one=("id", "url"),
)
IMAGE_SOURCE = {"image_url": URL, "slack_file": SLACK_FILE}
COMMON = {"action_id": ID, "confirm": CONFIRM, "focus_on_load": flag}
SELECT = COMMON | {"placeholder": plain(150)}
MULTI = SELECT | {"max_selected_items": integer(1, 100)}
INPUT = SELECT | {"initial_value": string(3000, shortest=0), "dispatch_action_config": DISPATCH}


def initial_is_an_option(check: Check) -> Check:
    """Slack refuses an initial option that differs in anything from the one in the list."""

    def both(value: Any, pointer: str) -> Iterator[str]:
        found = list(check(value, pointer))
        yield from found
        if found:
            return
        offered = [*(value.get("options") or ()), *(o for g in value.get("option_groups") or () for o in g["options"])]
        chosen = [value["initial_option"]] if value.get("initial_option") else value.get("initial_options") or []
        if any(option not in offered for option in chosen):
            yield problem("initial option must match one of the options", pointer)

    return both


ELEMENTS: dict[str, Check] = {
    "image": record({"alt_text": string(2000)}, IMAGE_SOURCE, exactly_one=("image_url", "slack_file")),
    "button": record(
        {"text": plain(75)},
        {
            "action_id": ID,
            "value": string(2000),
            "url": URL,
            "style": enum("primary", "danger"),
            "confirm": CONFIRM,
            "accessibility_label": string(75),
        },
    ),
    "overflow": record({"options": array(OVERFLOW_OPTION, 1, 5)}, {"action_id": ID, "confirm": CONFIRM}),
    "static_select": initial_is_an_option(
        record(optional=SELECT | OPTIONS | {"initial_option": OPTION}, exactly_one=("options", "option_groups"))
    ),
    "multi_static_select": initial_is_an_option(
        record(
            optional=MULTI | OPTIONS | {"initial_options": array(OPTION, 1, 100)},
            exactly_one=("options", "option_groups"),
        )
    ),
    "users_select": record(optional=SELECT | {"initial_user": ID}),
    "multi_users_select": record(optional=MULTI | {"initial_users": array(ID, 1, 100)}),
    "channels_select": record(optional=SELECT | {"initial_channel": ID, "response_url_enabled": flag}),
    "multi_channels_select": record(optional=MULTI | {"initial_channels": array(ID, 1, 100)}),
    "conversations_select": record(
        optional=SELECT
        | {
            "initial_conversation": ID,
            "default_to_current_conversation": flag,
            "response_url_enabled": flag,
            "filter": FILTER,
        }
    ),
    "multi_conversations_select": record(
        optional=MULTI
        | {"initial_conversations": array(ID, 1, 100), "default_to_current_conversation": flag, "filter": FILTER}
    ),
    "external_select": record(optional=SELECT | {"initial_option": OPTION, "min_query_length": integer(0, 100)}),
    "checkboxes": initial_is_an_option(
        record({"options": array(CHOICE, 1, 10)}, COMMON | {"initial_options": array(CHOICE, 1, 10)})
    ),
    "radio_buttons": initial_is_an_option(
        record({"options": array(CHOICE, 1, 10)}, COMMON | {"initial_option": CHOICE})
    ),
    "datepicker": record(optional=SELECT | {"initial_date": string(10, pattern=r"\d{4}-\d\d-\d\d")}),
    "timepicker": record(optional=SELECT | {"initial_time": string(5, pattern=r"\d\d:\d\d"), "timezone": ID}),
    "datetimepicker": record(optional=COMMON | {"initial_date_time": integer(1_000_000_000, 9_999_999_999)}),
    "plain_text_input": record(
        optional=INPUT | {"multiline": flag, "min_length": integer(0, 3000), "max_length": integer(1, 3000)}
    ),
    "email_text_input": record(optional=INPUT),
    "url_text_input": record(optional=INPUT),
    "number_input": record({"is_decimal_allowed": flag}, INPUT | {"min_value": string(100), "max_value": string(100)}),
    "file_input": record(
        optional={"action_id": ID, "filetypes": array(ID, 1, 100), "max_files": integer(1, 10)},
    ),
}

SELECTS = frozenset(kind for kind in ELEMENTS if kind.endswith("_select"))
PICKERS = frozenset({"datepicker", "timepicker", "datetimepicker", "checkboxes", "radio_buttons"})
TYPED_IN = frozenset({"plain_text_input", "email_text_input", "url_text_input", "number_input", "file_input"})

IN_SECTION = SELECTS | PICKERS | {"button", "image", "overflow"}
IN_ACTIONS = SELECTS | PICKERS | {"button", "overflow"}
IN_INPUT = SELECTS | PICKERS | TYPED_IN


def element(allowed: frozenset[str]) -> Check:
    return typed(ELEMENTS, allowed)
