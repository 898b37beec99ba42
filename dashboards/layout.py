"""What answers and check-ins say alike: lists within Slack's limits, a silent source, the question after a name."""

from collections.abc import Sequence

from clients.model import Client
from messages.blocks import MAX_BLOCKS, MAX_TEXT, MAX_TOTAL, Block, date, escape, section, total_text
from metrics.model import Missing


def listed(title: str, lines: Sequence[str]) -> list[Block]:
    """The lines under a bold title; whole ones only, because half a link or entity would be shown as it is."""
    text = f"*{title}*" if title else ""
    for line in lines:
        if len(text) + len(line) > MAX_TEXT - 3:
            text += "\n…"
            break
        text = f"{text}\n{line}" if text else line
    return [section(text)] if lines else []


def fitted(blocks: Sequence[Block]) -> list[Block]:
    """As many blocks as one message holds; the last, which says when and where, stays."""
    kept, last = list(blocks[:-1]), blocks[-1]
    while len(kept) >= MAX_BLOCKS or total_text([*kept, last]) > MAX_TOTAL:
        kept.pop()
    return [*kept, last]


def no_data(what: str, missing: Missing) -> str:
    """Unknown is not healthy and not zero."""
    since = f" since {date(missing.since, '{date_short_pretty} {time}')}" if missing.since else ""
    return f"no data on {what}{since}: {missing.source} {escape(missing.why, 120)}"


def did_you_mean(suggestions: Sequence[Client], otherwise: str) -> str:
    close = " or ".join(f"`{escape(client.client_id, 60)}` ({escape(client.name, 60)})" for client in suggestions)
    return f"Did you mean {close}?" if close else otherwise
