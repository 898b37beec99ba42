"""Who is called by a message. Counted, so that a mass ping from somebody else's text is seen and not only rendered."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.slack.model import Channel, Json
from sandbox.slack.workspace import Workspace


@dataclass(frozen=True)
class Calls:
    """`users` are the ids of those who get a notification; `broadcast` is here, channel or everyone, or None."""

    users: tuple[str, ...]
    broadcast: str | None


def calls(workspace: Workspace, channel: Channel, message: Json) -> Calls:
    """By name, by a group, by everyone, or in a direct conversation; of the channel's members, never the author."""
    said = " ".join(_callable_text([message.get(name) for name in ("text", "blocks", "attachments")]))
    broadcast = re.search(r"<!(here|channel|everyone)\b", said)
    named = set(re.findall(r"<@(\w+)", said))
    for group in re.findall(r"<!subteam\^(\w+)", said):
        named.update(workspace.usergroups[group].users if group in workspace.usergroups else ())
    present = [user.id for user in workspace.people() if user.id in channel.members and user.id != message["user"]]
    called = (user for user in present if channel.is_im or broadcast or user in named)
    return Calls(tuple(called), broadcast[1] if broadcast else None)


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
