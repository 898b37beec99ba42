"""Composition objects, the parts that elements and blocks share: texts, options, confirm dialogs, pictures.

https://docs.slack.dev/reference/block-kit/composition-objects"""

from sandbox.slack.block_kit.schema import Check, array, enum, flag, record, string, typed

ID = string(255)
# What a browser may open; a picture has to come from the web.
LINK = string(3000, pattern=r"[a-z][a-z0-9+.-]*:\S+")
URL = string(3000, pattern=r"https?://\S+")
HTTPS = string(3000, pattern=r"https://\S+")


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
OVERFLOW_OPTION = record({"text": plain(75), "value": string(150)}, {"description": plain(75), "url": LINK})
OPTION_GROUP = record({"label": plain(75), "options": array(OPTION, 1, 100)})
OPTIONS = {"options": array(OPTION, 1, 100), "option_groups": array(OPTION_GROUP, 1, 100)}

DISPATCH = record(
    optional={"trigger_actions_on": array(enum("on_enter_pressed", "on_character_entered"), 1, 2)},
)
_FILTERS: dict[str, Check] = {
    "include": array(enum("im", "mpim", "private", "public"), 1, 4),
    "exclude_external_shared_channels": flag,
    "exclude_bot_users": flag,
}
FILTER = record(optional=_FILTERS, at_least_one=tuple(_FILTERS))

# The pattern is Slack's own: https://github.com/slackapi/python-slack-sdk/issues/1521
SLACK_FILE = record(optional={"id": string(30, pattern=r"F[A-Z0-9]{8,}"), "url": URL}, exactly_one=("id", "url"))
IMAGE_SOURCE = {"image_url": URL, "slack_file": SLACK_FILE}

_INPUT_PARAMETER = record({"name": ID, "value": string(3000)})
_TRIGGER = record({"url": URL}, {"customizable_input_parameters": array(_INPUT_PARAMETER, 1, 100)})
WORKFLOW = record({"trigger": _TRIGGER})
