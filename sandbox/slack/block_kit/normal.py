"""How Slack keeps what it was sent: ids it made up where none were given, defaults written out, links and emoji marked.

https://docs.slack.dev/reference/methods/chat.postMessage: "your message may mutate"."""

import random
import re
from typing import Any

from sandbox.slack.block_kit.emoji import named
from sandbox.slack.block_kit.walk import elements_of, every_block

# What ends a sentence is not part of the address before it.
BARE_URL = re.compile(r"""(?<![<|\w])(https?://[^\s<>|]*[^\s<>|.,:;!?)'"])""")
CALL = re.compile(r"(?<![\w<!@])@(here|channel|everyone)\b")


def new_id() -> str:
    return f"{random.getrandbits(32):08x}"


def kept_blocks(blocks: list[Any]) -> list[Any]:
    """A copy with block_id and action_id everywhere and the defaults of text objects filled in."""
    kept: list[Any] = _kept(blocks)
    for block, _pointer in every_block(kept):
        block.setdefault("block_id", new_id())
        for part in elements_of(block):
            if part.get("type") not in ("image", "plain_text", "mrkdwn"):
                part.setdefault("action_id", new_id())
    return kept


def _kept(part: Any) -> Any:
    if isinstance(part, list):
        return [_kept(item) for item in part]
    if not isinstance(part, dict):
        return part
    copied = {key: _kept(value) for key, value in part.items()}
    kind = part.get("type")
    if kind == "mrkdwn":
        verbatim = copied.setdefault("verbatim", False)
        copied["text"] = named(part["text"]) if verbatim else kept_text(part["text"], names=True)
    elif kind == "plain_text" and copied.setdefault("emoji", True):
        copied["text"] = named(part["text"])
    return copied


def kept_text(text: str, names: bool = False) -> str:
    """Bare addresses come back in angle brackets, emoji by name; with `names` a bare @here calls people, too."""
    kept = named(text)
    if "http" in kept:
        kept = BARE_URL.sub(r"<\1>", kept)
    return CALL.sub(r"<!\1>", kept) if names and "@" in kept else kept
