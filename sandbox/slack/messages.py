"""What saying something changes: the timeline, threads, ephemerals, and who is told of it.

Shared by the Web API, response_url and the page. What may be said is `content`'s business."""

from sandbox.slack.content import require_something
from sandbox.slack.errors import SlackError
from sandbox.slack.model import Channel, Ephemeral, Json, is_reply
from sandbox.slack.workspace import Workspace

REMOVABLE = ("blocks", "attachments", "metadata")


def by_app(workspace: Workspace) -> Json:
    """The author fields of a message from the app."""
    app = workspace.app
    return {
        "user": app.user_id,
        "bot_id": app.bot_id,
        "app_id": app.id,
        "team": workspace.team_id,
        "bot_profile": {
            "id": app.bot_id,
            "app_id": app.id,
            "user_id": app.user_id,
            "name": app.name,
            "icons": {},
            "deleted": False,
            "updated": 0,
            "team_id": workspace.team_id,
        },
    }


def by_user(workspace: Workspace, user: str) -> Json:
    return {"user": user, "team": workspace.team_id, "client_msg_id": workspace.token()}


def post(
    workspace: Workspace, channel: Channel, parts: Json, thread_ts: str | None = None, broadcast: bool = False
) -> Json:
    """Adds a message. Raises is_archived, cannot_reply_to_message."""
    if channel.is_archived:
        raise SlackError("is_archived")
    parent = channel.messages.get(thread_ts) if thread_ts else None
    if thread_ts and (parent is None or is_reply(parent)):
        raise SlackError("cannot_reply_to_message")
    ts = channel.next_ts(workspace.clock.now())
    message: Json = {"type": "message", "ts": ts, "text": "", **parts}
    if parent is not None:
        message |= {"thread_ts": parent["ts"], "parent_user_id": parent["user"]}
        if broadcast:
            message |= {"subtype": "thread_broadcast", "root": public(parent)}
    channel.messages[ts] = message
    channel.read[message["user"]] = ts
    if parent is not None:
        count_replies(channel, parent)
    tell(workspace, channel, message, "message")
    _emit(workspace, channel, message)
    return message


def edit(workspace: Workspace, channel: Channel, message: Json, parts: Json) -> None:
    """Applies chat.update's rules: text alone drops the blocks, what is omitted stays, what is empty goes."""
    kept = {name: value for name, value in message.items() if name != "blocks" or "text" not in parts}
    after = {name: value for name, value in (kept | parts).items() if value or name not in REMOVABLE}
    require_something(after)
    if not after.get("blocks"):  # Slack labels only plain messages as edited.
        after["edited"] = {"user": message["user"], "ts": channel.next_ts(workspace.clock.now())}
    before = public(message)
    message.clear()
    message.update(after)
    tell(workspace, channel, message, "message_changed")
    _emit_change(workspace, channel, "message_changed", message=public(message), previous_message=before)


def delete(workspace: Workspace, channel: Channel, message: Json) -> None:
    """A parent with replies leaves a tombstone, so that the thread stays."""
    before = public(message)
    if message.get("reply_count"):
        for name in ("blocks", "attachments", "metadata", "files", "bot_id", "bot_profile", "app_id"):
            message.pop(name, None)
        message |= {"subtype": "tombstone", "text": "This message was deleted.", "hidden": True, "user": "USLACKBOT"}
    else:
        del channel.messages[message["ts"]]
        parent = channel.messages.get(message.get("thread_ts", ""))
        if parent is not None:
            count_replies(channel, parent)
    tell(workspace, channel, message, "message_deleted")
    _emit_change(workspace, channel, "message_deleted", deleted_ts=before["ts"], previous_message=before)


def post_ephemeral(
    workspace: Workspace, channel: Channel, user: str, parts: Json, thread_ts: str | None = None
) -> Json:
    """Shows a message to one user; it is in no history."""
    parts.pop("metadata", None)
    message: Json = {
        "type": "message",
        "ts": channel.next_ts(workspace.clock.now()),
        "text": "",
        **parts,
        "is_ephemeral": True,
    }
    if thread_ts:
        message["thread_ts"] = thread_ts
    channel.ephemerals[message["ts"]] = Ephemeral(user, message)
    workspace.feed.tell([user], "ephemeral", channel=channel.id, ts=message["ts"], thread_ts=thread_ts)
    return message


def count_replies(channel: Channel, parent: Json) -> None:
    replies = [message for message in channel.thread(parent["ts"]) if message["ts"] != parent["ts"]]
    authors = list(dict.fromkeys(message["user"] for message in replies))
    if not replies:
        for name in ("thread_ts", "reply_count", "reply_users_count", "reply_users", "latest_reply"):
            parent.pop(name, None)
        return
    parent |= {
        "thread_ts": parent["ts"],
        "reply_count": len(replies),
        "reply_users_count": len(authors),
        "reply_users": authors,
        "latest_reply": replies[-1]["ts"],
    }


def tell(workspace: Workspace, channel: Channel, message: Json, kind: str) -> None:
    """Pages learn of a reply as a change of its thread."""
    hint = {"channel": channel.id, "ts": message["ts"], "thread_ts": message.get("thread_ts")}
    hidden = is_reply(message)
    if not hidden:
        workspace.feed.tell(workspace.audience(channel), kind, **hint)
    if message.get("thread_ts"):
        workspace.feed.tell(workspace.audience(channel), "thread", **hint)


def public(message: Json, with_metadata: bool = False) -> Json:
    """A message as it is answered: metadata only for those who ask for it."""
    return {name: value for name, value in message.items() if with_metadata or name != "metadata"}


def _emit_change(workspace: Workspace, channel: Channel, subtype: str, **what: object) -> None:
    """https://docs.slack.dev/reference/events/message/message_changed, …/message_deleted"""
    ts = channel.next_ts(workspace.clock.now())
    _emit(workspace, channel, {"type": "message", "subtype": subtype, "hidden": True, "ts": ts, **what})


def _emit(workspace: Workspace, channel: Channel, message: Json) -> None:
    kind = "im" if channel.is_im else "group" if channel.is_private else "channel"
    subscription = "message.im" if channel.is_im else f"message.{kind}s"
    if workspace.app.user_id not in channel.members:
        return
    event = public(message) | {"channel": channel.id, "channel_type": kind, "event_ts": message["ts"]}
    workspace.emit(subscription, event)
    if not message.get("bot_id") and f"<@{workspace.app.user_id}>" in message.get("text", ""):
        workspace.emit("app_mention", event | {"type": "app_mention"})
