"""Who is called by a message. Counted, so that a mass ping from somebody else's text is seen and not only rendered."""

import re
from collections.abc import Iterator
from typing import Any

from sandbox.slack.model import Channel, Json
from sandbox.slack.workspace import Workspace


def mentions(workspace: Workspace, channel: Channel, message: Json, user: str) -> bool:
    """Whether a message calls this user: by name, by a group, by everyone, or in a direct conversation."""
    groups = {f"<!subteam^{group.id}" for group in workspace.usergroups.values() if user in group.users}
    calls = {f"<@{user}", "<!channel", "<!here", "<!everyone", *groups}
    said = " ".join(_callable_text([message.get(name) for name in ("text", "blocks", "attachments")]))
    return channel.is_im or any(re.search(re.escape(call) + r"\b", said) for call in calls)


def notified(workspace: Workspace, channel: Channel, message: Json) -> list[str]:
    """Names of everybody whom a message calls, apart from who wrote it."""
    return [
        user.name
        for user in workspace.people()
        if user.id in channel.members and user.id != message["user"] and mentions(workspace, channel, message, user.id)
    ]


def _callable_text(part: Any) -> Iterator[str]:
    """The texts in which Slack looks for calls, with rich text's own calls in the same notation."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, list):
        for item in part:
            yield from _callable_text(item)
    elif isinstance(part, dict):
        match part.get("type"):
            case "user":
                yield f"<@{part['user_id']}>"
            case "usergroup":
                yield f"<!subteam^{part['usergroup_id']}>"
            case "broadcast":
                yield f"<!{part['range']}>"
            case "plain_text" | "raw_text" | "text":
                return
            case _:
                yield from _callable_text([value for value in part.values() if not isinstance(value, str)])
                yield from (part[name] for name in ("text", "pretext", "fallback") if isinstance(part.get(name), str))
