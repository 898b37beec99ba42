"""Reactions: the app's over the Web API, a person's on the page."""

from sandbox.slack import messages
from sandbox.slack.errors import SlackError
from sandbox.slack.model import Channel, Json
from sandbox.slack.workspace import Workspace

MAX_EMOJI = 23


def react(workspace: Workspace, channel: Channel, message: Json, user: str, name: str) -> None:
    """Raises invalid_name, already_reacted, too_many_emoji."""
    if ":" in name:
        raise SlackError("invalid_name")
    reactions: list[Json] = message.setdefault("reactions", [])
    found = _of(message, name)
    if found and user in found["users"]:
        raise SlackError("already_reacted")
    if found is None:
        if len(reactions) == MAX_EMOJI:
            raise SlackError("too_many_emoji")
        found = {"name": name, "users": [], "count": 0}
        reactions.append(found)
    found["users"].append(user)
    found["count"] += 1
    _tell(workspace, channel, message, user, name, "reaction_added")


def take_back(workspace: Workspace, channel: Channel, message: Json, user: str, name: str) -> None:
    """Raises no_reaction."""
    found = _of(message, name)
    if found is None or user not in found["users"]:
        raise SlackError("no_reaction")
    found["users"].remove(user)
    found["count"] -= 1
    message["reactions"] = [each for each in message["reactions"] if each["users"]]
    _tell(workspace, channel, message, user, name, "reaction_removed")


def _of(message: Json, name: str) -> Json | None:
    return next((each for each in message.get("reactions", []) if each["name"] == name), None)


def _tell(workspace: Workspace, channel: Channel, message: Json, user: str, name: str, kind: str) -> None:
    """https://docs.slack.dev/reference/events/reaction_added"""
    messages.tell(workspace, channel, message, "message_changed")
    if workspace.app.user_id not in channel.members:
        return
    event = {
        "type": kind,
        "user": user,
        "reaction": name,
        "item_user": message["user"],
        "item": {"type": "message", "channel": channel.id, "ts": message["ts"]},
        "event_ts": f"{workspace.clock.now():.6f}",
    }
    workspace.emit(kind, event)
