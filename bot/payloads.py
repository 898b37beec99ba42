"""What is read of Slack's payloads, whatever stands in them: parsed once. What comes of it is left to the listeners.

Only user and team are Slack's own word; all else was in a browser before. What has not the form it should is left out.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from messages.blocks import visible

Body = Mapping[str, Any]

MOST_VALUE, MOST_TOLD = 2000, 3000
"""Characters that Slack lets a button's value have, and private_metadata or what is typed."""
_MOST_NAME = 300
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True)
class Press:
    """A button or a menu's choice: which one, what it is about, when."""

    action_id: str
    value: str
    at: str
    is_link: bool = False


def press(body: Body) -> Press:
    """Of an item's menu the button that was chosen: the option names it, the menu's block what it is about."""
    action = body["actions"][0]
    chosen = text(_part(action, "selected_option").get("value"), MOST_VALUE)
    named, about = text(action.get("action_id")), text(action.get("value"), MOST_VALUE) or chosen
    if action.get("type") == "overflow":
        named, about = chosen, text(action.get("block_id"), MOST_VALUE)
    return Press(named, about, text(action.get("action_ts")), bool(action.get("url")))


def text(told: object, most: int = _MOST_NAME) -> str:
    """What Postgres holds and Slack takes back; what is left out leaves its mark, so that nothing else becomes ours."""
    return _UNSTORABLE.sub("\ufffd", told)[:most] if isinstance(told, str) else ""


def answers(view: Body) -> dict[str, str]:
    """block_id → what was typed or chosen in a submitted modal."""
    return {text(block_id): _answer(entered) for block_id, entered in _entered(view)}


def ticked(view: Body) -> frozenset[str]:
    """The values of all ticked boxes."""
    chosen = (entered.get("selected_options") for _, entered in _entered(view))
    options = [option for each in chosen if isinstance(each, list) for option in each if isinstance(option, Mapping)]
    return frozenset(text(option.get("value")) for option in options)


def named(view: Body) -> str | None:
    """The id of the user who was chosen."""
    return next((who for _, entered in _entered(view) if (who := text(entered.get("selected_user")))), None)


def thread(place: Body) -> tuple[str, str] | None:
    """(channel id, ts) of the message at the top of the thread it was pressed in."""
    channel, top = text(place.get("channel_id")), text(place.get("thread_ts")) or text(place.get("message_ts"))
    return (channel, top) if channel and top else None


def _answer(entered: Body) -> str:
    told = _part(entered, "selected_option").get("value") or entered.get("value") or entered.get("selected_date_time")
    return visible(str(told))[:MOST_TOLD] if isinstance(told, str | int) else ""


def _entered(view: Body) -> Iterator[tuple[str, Body]]:
    values = _part(_part(view, "state"), "values")
    for block_id in values:
        inputs = _part(values, block_id)
        yield from ((block_id, _part(inputs, name)) for name in inputs)


def _part(whole: Body, name: str) -> Body:
    part = whole.get(name)
    return part if isinstance(part, Mapping) else {}
