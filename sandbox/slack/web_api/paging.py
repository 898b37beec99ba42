"""Cursors, as Slack's list methods hand them out."""

import base64
import binascii
from collections.abc import Sequence
from typing import TypeVar

from sandbox.slack.arguments import Arguments
from sandbox.slack.errors import SlackError
from sandbox.slack.model import Json
from sandbox.slack.workspace import Workspace

Item = TypeVar("Item")


def page(
    workspace: Workspace, args: Arguments, items: Sequence[Item], default: int, highest: int
) -> tuple[list[Item], Json]:
    """One page and the fields that lead to the next. Raises invalid_cursor, invalid_limit."""
    limit = min(args.integer("limit", default, 1, highest), workspace.config.largest_page)
    start = _start(args.optional("cursor"))
    following = start + limit
    cursor = base64.b64encode(f"next:{following}".encode()).decode() if following < len(items) else ""
    return list(items[start:following]), {"response_metadata": {"next_cursor": cursor}}


def _start(cursor: str | None) -> int:
    if not cursor:
        return 0
    try:
        return int(base64.b64decode(cursor, validate=True).decode().removeprefix("next:"))
    except (ValueError, binascii.Error):
        raise SlackError("invalid_cursor") from None
