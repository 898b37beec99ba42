"""reactions.* and pins.*: marks on a message."""

from sandbox.slack import marks, messages
from sandbox.slack.arguments import Arguments
from sandbox.slack.errors import SlackError
from sandbox.slack.model import Channel, Json
from sandbox.slack.web_api.registry import method
from sandbox.slack.workspace import Workspace

MAX_PINS = 100


def _message(workspace: Workspace, args: Arguments) -> tuple[Channel, Json]:
    channel = workspace.bots_channel(args.string("channel"))
    if channel.is_archived:
        raise SlackError("is_archived")
    if workspace.app.user_id not in channel.members:
        raise SlackError("no_permission")
    message = channel.messages.get(args.string("timestamp"))
    if message is None:
        raise SlackError("message_not_found")
    return channel, message


@method("reactions.add", "channel timestamp name", scopes=("reactions:write",), tier=3)
def add_reaction(workspace: Workspace, args: Arguments) -> Json:
    channel, message = _message(workspace, args)
    marks.react(workspace, channel, message, workspace.app.user_id, args.string("name"))
    return {}


@method("pins.add", "channel timestamp", scopes=("pins:write",), tier=2)
def add_pin(workspace: Workspace, args: Arguments) -> Json:
    channel, message = _message(workspace, args)
    if message["ts"] in channel.pins:
        raise SlackError("already_pinned")
    if len(channel.pins) >= MAX_PINS:
        raise SlackError("too_many_pins")
    channel.pins.append(message["ts"])
    message["pinned_to"] = [channel.id]
    messages.tell(workspace, channel, message, "message_changed")
    return {}
