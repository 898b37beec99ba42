"""chat.*: what the app says now. What it says later is `schedule`'s business."""

from sandbox.slack import messages
from sandbox.slack.arguments import Arguments
from sandbox.slack.block_kit.walk import characters
from sandbox.slack.block_kit.whole import MAX_MESSAGE_CHARACTERS
from sandbox.slack.content import content, require_something
from sandbox.slack.errors import SlackError
from sandbox.slack.model import Channel, Json, is_reply
from sandbox.slack.web_api.files import file_object, known_file
from sandbox.slack.web_api.registry import method
from sandbox.slack.workspace import Workspace

MAX_UPDATE_TEXT = 4000
WRITE = ("chat:write",)
CUSTOM = ("username", "icon_emoji", "icon_url")
CONTENT = "text blocks attachments markdown_text metadata parse link_names as_user"
MESSAGE = f"channel {CONTENT} thread_ts reply_broadcast unfurl_links unfurl_media {' '.join(CUSTOM)}"


def target(workspace: Workspace, args: Arguments) -> Channel:
    """Where the app may speak. Raises channel_not_found, not_in_channel, is_archived."""
    channel = workspace.named_channel(args.string("channel"))
    public = not channel.is_private and "chat:write.public" in workspace.app.scopes
    if workspace.app.user_id not in channel.members and not public:
        raise SlackError("not_in_channel")
    if channel.is_archived:
        raise SlackError("is_archived")
    return channel


def said(workspace: Workspace, args: Arguments) -> Json:
    """A whole new message from the app: author and content, checked. Raises whatever is wrong with it."""
    custom = {name: args.string(name) for name in CUSTOM if args.has(name)}
    if custom:
        workspace.require("chat:write.customize")
    parts = _fitting(workspace, args)
    require_something(parts)
    return messages.by_app(workspace) | parts | custom


def _fitting(workspace: Workspace, args: Arguments) -> Json:
    """Slack was seen to count the blocks of new messages; that it does not count those of others nobody has said."""
    parts = content(workspace, args)
    if characters(parts.get("blocks")) > MAX_MESSAGE_CHARACTERS:
        raise SlackError("msg_blocks_too_long")
    return parts


def _own_message(workspace: Workspace, args: Arguments, refusal: str) -> tuple[Channel, Json]:
    channel = workspace.bots_channel(args.string("channel"))
    message = channel.messages.get(args.string("ts"))
    if message is None:
        raise SlackError("message_not_found")
    if message.get("bot_id") != workspace.app.bot_id:
        raise SlackError(refusal)
    return channel, message


@method("chat.postMessage", f"{MESSAGE} mrkdwn", scopes=WRITE)
def post_message(workspace: Workspace, args: Arguments) -> Json:
    channel = target(workspace, args)
    workspace.limits.post(channel.id)
    message = messages.post(
        workspace, channel, said(workspace, args), args.optional("thread_ts"), args.flag("reply_broadcast")
    )
    return {"channel": channel.id, "ts": message["ts"], "message": messages.public(message)}


@method("chat.update", f"channel ts {CONTENT} file_ids reply_broadcast", scopes=WRITE, tier=3)
def update(workspace: Workspace, args: Arguments) -> Json:
    channel, message = _own_message(workspace, args, "cant_update_message")
    if channel.is_archived:
        raise SlackError("is_inactive")
    if len(args.optional("text") or "") > MAX_UPDATE_TEXT:
        raise SlackError("msg_too_long")
    parts = _fitting(workspace, args)
    if args.flag("reply_broadcast"):
        parts = _broadcast(channel, message, parts)
    if args.has("file_ids"):
        parts["files"] = [file_object(workspace, known_file(workspace, file_id)) for file_id in args.names("file_ids")]
    messages.edit(workspace, channel, message, parts)
    return {"channel": channel.id, "ts": message["ts"], "text": message["text"], "message": messages.public(message)}


def _broadcast(channel: Channel, reply: Json, parts: Json) -> Json:
    """What makes the channel see an old reply, which is all that such an update may do."""
    if parts:
        raise SlackError("no_dual_broadcast_content_update")
    if not is_reply(reply):
        raise SlackError("cant_broadcast_message")
    return {"subtype": "thread_broadcast", "root": messages.public(channel.messages[reply["thread_ts"]])}


@method("chat.delete", "channel ts as_user", scopes=WRITE, tier=3)
def delete(workspace: Workspace, args: Arguments) -> Json:
    channel, message = _own_message(workspace, args, "cant_delete_message")
    messages.delete(workspace, channel, message)
    return {"channel": channel.id, "ts": message["ts"]}


@method("chat.postEphemeral", f"channel user {CONTENT} thread_ts {' '.join(CUSTOM)}", scopes=WRITE, tier=4)
def post_ephemeral(workspace: Workspace, args: Arguments) -> Json:
    channel = target(workspace, args)
    user = workspace.users.get(args.string("user"))
    if user is None or user.id not in channel.members:
        raise SlackError("user_not_in_channel")
    parts = _fitting(workspace, args)
    require_something(parts)
    author = messages.by_app(workspace)
    message = messages.post_ephemeral(workspace, channel, user.id, author | parts, args.optional("thread_ts"))
    return {"message_ts": message["ts"]}


@method("chat.getPermalink", "channel message_ts")
def get_permalink(workspace: Workspace, args: Arguments) -> Json:
    channel = workspace.bots_channel(args.string("channel"))
    message = channel.messages.get(args.string("message_ts"))
    if message is None:
        raise SlackError("message_not_found")
    return {"channel": channel.id, "permalink": workspace.permalink(channel, message)}
