"""chat.*: what the app says."""

from sandbox.slack import messages
from sandbox.slack.arguments import Arguments
from sandbox.slack.block_kit.walk import characters
from sandbox.slack.block_kit.whole import MAX_MESSAGE_CHARACTERS
from sandbox.slack.content import content, require_something
from sandbox.slack.errors import SlackError
from sandbox.slack.model import Channel, Json
from sandbox.slack.web_api.registry import method
from sandbox.slack.workspace import Workspace

MAX_UPDATE_TEXT = 4000


def _joined_channel(workspace: Workspace, args: Arguments) -> Channel:
    channel = workspace.bots_channel(args.string("channel"))
    if workspace.app.user_id not in channel.members:
        raise SlackError("not_in_channel")
    if channel.is_archived:
        raise SlackError("is_archived")
    return channel


def _own_message(workspace: Workspace, args: Arguments, refusal: str) -> tuple[Channel, Json]:
    channel = workspace.bots_channel(args.string("channel"))
    message = channel.messages.get(args.string("ts"))
    if message is None:
        raise SlackError("message_not_found")
    if message.get("bot_id") != workspace.app.bot_id:
        raise SlackError(refusal)
    return channel, message


@method("chat.postMessage")
def post_message(workspace: Workspace, args: Arguments) -> Json:
    channel = _joined_channel(workspace, args)
    parts = content(workspace, args)
    require_something(parts)
    if characters(parts.get("blocks")) > MAX_MESSAGE_CHARACTERS:
        raise SlackError("msg_blocks_too_long")
    author = messages.by_app(workspace)
    message = messages.post(
        workspace, channel, author | parts, args.optional("thread_ts"), args.flag("reply_broadcast")
    )
    return {"channel": channel.id, "ts": message["ts"], "message": messages.public(message)}


@method("chat.update", tier=3)
def update(workspace: Workspace, args: Arguments) -> Json:
    channel, message = _own_message(workspace, args, "cant_update_message")
    if channel.is_archived:
        raise SlackError("is_archived")
    if len(args.optional("text") or "") > MAX_UPDATE_TEXT:
        raise SlackError("msg_too_long")
    parts = content(workspace, args)
    messages.edit(workspace, channel, message, parts)
    return {"channel": channel.id, "ts": message["ts"], "text": message["text"], "message": messages.public(message)}


@method("chat.delete", tier=3)
def delete(workspace: Workspace, args: Arguments) -> Json:
    channel, message = _own_message(workspace, args, "cant_delete_message")
    messages.delete(workspace, channel, message)
    return {"channel": channel.id, "ts": message["ts"]}


@method("chat.postEphemeral", tier=4)
def post_ephemeral(workspace: Workspace, args: Arguments) -> Json:
    channel = _joined_channel(workspace, args)
    user = workspace.user(args.string("user"))
    if user.id not in channel.members:
        raise SlackError("user_not_in_channel")
    parts = content(workspace, args)
    require_something(parts)
    author = messages.by_app(workspace)
    message = messages.post_ephemeral(workspace, channel, user.id, author | parts, args.optional("thread_ts"))
    return {"message_ts": message["ts"]}


@method("chat.getPermalink")
def get_permalink(workspace: Workspace, args: Arguments) -> Json:
    channel = workspace.bots_channel(args.string("channel"))
    message = channel.messages.get(args.string("message_ts"))
    if message is None:
        raise SlackError("message_not_found")
    return {"channel": channel.id, "permalink": workspace.permalink(channel, message)}
