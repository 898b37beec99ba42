"""How Slack keeps what it was sent: ids it made up where none were given, defaults written out, links and emoji marked.

https://docs.slack.dev/reference/methods/chat.postMessage: "your message may mutate"."""

import copy
import re
import secrets
import string
from typing import Any

from sandbox.slack.block_kit.emoji import named
from sandbox.slack.block_kit.walk import elements_of, every_block

# What ends a sentence is not part of the address before it.
BARE_URL = re.compile(r"""(?<![<|\w])(https?://[^\s<>|]*[^\s<>|.,:;!?)'"])""")
CALL = re.compile(r"(?<![\w<!@])@(here|channel|everyone)\b")


def new_id() -> str:
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(5))


def kept_blocks(blocks: list[Any]) -> list[Any]:
    """A copy with block_id and action_id everywhere and the defaults of text objects filled in."""
    kept: list[Any] = copy.deepcopy(blocks)
    for block, _pointer in every_block(kept):
        block.setdefault("block_id", new_id())
        for part in elements_of(block):
            if part.get("type") not in ("image", "plain_text", "mrkdwn"):
                part.setdefault("action_id", new_id())
    _fill_texts(kept)
    return kept


def _fill_texts(part: Any) -> None:
    if isinstance(part, list):
        for item in part:
            _fill_texts(item)
    elif isinstance(part, dict):
        if part.get("type") == "mrkdwn":
            verbatim = part.setdefault("verbatim", False)
            part["text"] = named(part["text"]) if verbatim else kept_text(part["text"], names=True)
        elif part.get("type") == "plain_text" and part.setdefault("emoji", True):
            part["text"] = named(part["text"])
        for value in part.values():
            _fill_texts(value)


def kept_text(text: str, names: bool = False) -> str:
    """Bare addresses come back in angle brackets, emoji by name; with `names` a bare @here calls people, too."""
    linked = BARE_URL.sub(r"<\1>", named(text))
    return CALL.sub(r"<!\1>", linked) if names else linked
