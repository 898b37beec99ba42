"""Block Kit atoms as plain dicts, with Slack's limits kept and text from outside made harmless.

Limits: https://docs.slack.dev/reference/block-kit/blocks — a block over its limit costs the whole message, so we cut.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from messages.unseen import seen

Block = dict[str, Any]
Element = dict[str, Any]

MAX_BLOCKS = 50
MAX_TEXT = 3000
MAX_HEADER = 150
MAX_FIELD = 2000
MAX_BUTTON = 75
MAX_OPTIONS = 100
MAX_ALT = 2000
MAX_URL = 3000
# Undocumented: Slack refuses messages whose block texts add up to about 12,000 characters (msg_blocks_too_long).
MAX_TOTAL = 10_000

PICTURE = "picture:"
"""Prefix of a `slack_file` id that names a picture of ours; the outbox puts the uploaded file's id in its place."""

# What mrkdwn would turn into formatting: replaced by look-alikes, because Slack has no escape for them. Between letters
# an underscore opens nothing, and a handle is to be copied as it is: it stays, unless the word is the name of an emoji.
_FORMATTING = str.maketrans({"*": "∗", "_": "ˍ", "~": "∼", "`": "ˋ"})
_MARKS = re.compile(r"(?P<inside>_(?<=[A-Za-z0-9]_)(?=[A-Za-z0-9]))|[*_~`]|:[a-z0-9_+'-]+:")
_CALLS_ALL = re.compile("@(?=(?i:here|channel|everyone))")
_BREAKS = re.compile("[\n\u000b\u000c\r\u0085\u2028\u2029]+")
_HALF = re.compile("(<[^<>]*|&[a-z]*)$")
_ENTITIES = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"))


@dataclass(frozen=True)
class Message:
    """What is posted: `text` is the notification and what screen readers speak, `blocks` what is seen."""

    text: str
    blocks: list[Block] = field(default_factory=list)


def cut(text: str, limit: int) -> str:
    """At most `limit` characters, the last being … when something is missing."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def escape(text: object, limit: int = 500) -> str:
    """Text from outside, safe inside mrkdwn: no mention, link, control, formatting or line of its own survives.

    Cut first, escaped after, so that no entity is cut in half.
    https://docs.slack.dev/messaging/formatting-message-text#escaping
    """
    safe = cut(seen(_BREAKS.sub(" ", str(text))), limit)
    safe = _MARKS.sub(lambda mark: mark[0] if mark["inside"] else mark[0].translate(_FORMATTING), safe)
    for plain, entity in _ENTITIES:
        safe = safe.replace(plain, entity)
    # `verbatim` is set on every text of ours; a bare @here is broken up all the same for clients that ignore it.
    return _CALLS_ALL.sub("@\u2060", safe)


def visible(text: str) -> str:
    """What a person typed without what nobody sees and the space around it."""
    return seen(text).strip()


def quote(text: object, limit: int = 1200) -> str:
    """Text from outside as a quotation, every line of it."""
    return "\n".join(f">{escape(line, limit)}" for line in cut(str(text), limit).splitlines() or [""])


def link(url: str, text: str) -> str:
    """A link of ours; only http(s), else the text alone."""
    return f"<{url.replace('&', '&amp;')}|{escape(text)}>" if is_web_address(url) else escape(text)


def is_web_address(url: object) -> bool:
    """Whether Slack takes it as an address of ours to link or show."""
    return isinstance(url, str) and len(url) <= MAX_URL and re.fullmatch(r"https?://[^\s<>|]+", url) is not None


def mention(who: str) -> str:
    """Calls a user (U…, W…) or a user group (S…) by id; only what must act is called."""
    return f"<!subteam^{who}>" if who.startswith("S") else f"<@{who}>"


def date(moment: datetime, form: str = "{time}") -> str:
    """A time in the reader's own zone; the fallback is UTC.

    `form`: https://docs.slack.dev/messaging/formatting-message-text#date-formatting
    """
    return f"<!date^{int(moment.timestamp())}^{form}|{moment:%H:%M} UTC>"


def shorten(text: str, limit: int) -> str:
    """Like `cut`, for mrkdwn: it ends before the token or entity that would be cut in half."""
    return text if len(text) <= limit else _HALF.sub("", text[: limit - 1]).rstrip() + "…"


def mrkdwn(text: str, limit: int = MAX_TEXT) -> Element:
    return {"type": "mrkdwn", "text": shorten(text, limit), "verbatim": True}


def plain(text: str, limit: int = MAX_TEXT) -> Element:
    return {"type": "plain_text", "text": cut(seen(text), limit), "emoji": True}


def header(text: str) -> Block:
    return {"type": "header", "text": plain(text, MAX_HEADER)}


def section(text: str, accessory: Element | None = None) -> Block:
    block: Block = {"type": "section", "text": mrkdwn(text), "expand": True}
    return block | ({"accessory": accessory} if accessory else {})


def fields(texts: Sequence[str]) -> Block:
    """Up to ten short texts in two columns."""
    return {"type": "section", "fields": [mrkdwn(text, MAX_FIELD) for text in texts[:10]]}


def context(*texts: str) -> Block:
    return {"type": "context", "elements": [mrkdwn(text) for text in texts[:10]]}


def divider() -> Block:
    return {"type": "divider"}


def actions(*elements: Element, block_id: str | None = None) -> Block:
    block: Block = {"type": "actions", "elements": list(elements[:25])}
    return block | ({"block_id": block_id} if block_id else {})


def button(
    text: str, action_id: str, value: str, *, style: str | None = None, confirm: Element | None = None
) -> Element:
    element: Element = {"type": "button", "text": plain(text, MAX_BUTTON), "action_id": action_id, "value": value}
    if style:
        element["style"] = style
    if confirm:
        element["confirm"] = confirm
    return element


def confirm(title: str, text: str, yes: str, no: str) -> Element:
    return {
        "title": plain(title, 100),
        "text": plain(text, 300),
        "confirm": plain(yes, 30),
        "deny": plain(no, 30),
    }


def picture(key: str, alt_text: str) -> Block:
    """A picture drawn by us, shown as soon as it is uploaded and left out until then."""
    return {"type": "image", "slack_file": {"id": PICTURE + key}, "alt_text": cut(alt_text, MAX_ALT)}


def option(text: str, value: str) -> Element:
    return {"text": plain(text, 75), "value": value}


def offered(options: Sequence[Element]) -> Element:
    """What a select is made of: it takes 100 options, or 100 groups of them."""
    if len(options) <= MAX_OPTIONS:
        return {"options": list(options)}
    groups = [list(options[start : start + MAX_OPTIONS]) for start in range(0, len(options), MAX_OPTIONS)]
    return {"option_groups": [{"label": plain(f"From {g[0]['text']['text']}", 75), "options": g} for g in groups]}


def texts(blocks: Sequence[Block]) -> list[str]:
    """The words of the blocks in the order they are read, as mrkdwn."""
    parts = [
        part for block in blocks for part in (block.get("text"), *block.get("fields", ()), *block.get("elements", ()))
    ]
    return [part["text"] for part in parts if part and isinstance(part.get("text"), str)]


def total_text(blocks: Sequence[Block]) -> int:
    """Characters that count towards MAX_TOTAL."""

    def count(node: Any) -> int:
        if isinstance(node, dict):
            own = len(node["text"]) if isinstance(node.get("text"), str) else 0
            return own + sum(count(value) for value in node.values())
        return sum(count(value) for value in node) if isinstance(node, list) else 0

    return count(list(blocks))
