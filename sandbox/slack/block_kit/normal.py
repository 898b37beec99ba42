"""How Slack keeps what it was sent: ids it made up where none were given, defaults written out, links marked."""

import copy
import re
import secrets
import string
from typing import Any

from sandbox.slack.block_kit.blocks import elements_of

BARE_URL = re.compile(r"(?<![<|\w])(https?://[^\s<>|]+)")


def new_id() -> str:
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(5))


def kept_blocks(blocks: list[Any]) -> list[Any]:
    """A copy with block_id and action_id everywhere and the defaults of text objects filled in."""
    kept: list[Any] = copy.deepcopy(blocks)
    for block in kept:
        block.setdefault("block_id", new_id())
        for part in elements_of(block):
            if part.get("type") not in ("image", "plain_text", "mrkdwn") and block["type"] != "rich_text":
                part.setdefault("action_id", new_id())
    _fill_texts(kept)
    return kept


def _fill_texts(part: Any) -> None:
    if isinstance(part, list):
        for item in part:
            _fill_texts(item)
    elif isinstance(part, dict):
        if part.get("type") == "mrkdwn":
            part.setdefault("verbatim", False)
        elif part.get("type") == "plain_text":
            part.setdefault("emoji", True)
        for value in part.values():
            _fill_texts(value)


def kept_text(text: str) -> str:
    """Bare addresses come back in angle brackets."""
    return BARE_URL.sub(r"<\1>", text)
