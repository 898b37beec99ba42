"""What may be said and what saying it changes: content, timeline, threads, ephemerals, and who is told.

Shared by the Web API, response_url and the page. https://docs.slack.dev/reference/methods/chat.postMessage"""

import re
from collections.abc import Iterator
from typing import Any

from sandbox.slack.arguments import Arguments
from sandbox.slack.block_kit import blocks as kit
from sandbox.slack.block_kit.normal import kept_blocks, kept_text
from sandbox.slack.errors import SlackError
from sandbox.slack.model import Channel, Ephemeral, Json, is_reply
from sandbox.slack.workspace import Workspace

MAX_TEXT = 40_000
MAX_ATTACHMENTS = 100
# Not documented; users report it: https://github.com/slackapi/bolt-python/issues/914
MAX_ATTACHMENT_BLOCKS = 20
REMOVABLE = ("blocks", "attachments", "metadata")


def content(workspace: Workspace, args: Arguments) -> Json:
    """The parts of a message that were given, checked and normalised: any of text, blocks, attachments, metadata."""
    found: Json = {}
    if args.has("text"):
        found["text"] = kept_text(args.string("text")[:MAX_TEXT]) if args.given["text"] else ""
    if args.has("markdown_text"):
        if args.has("text") or args.has("blocks"):
            raise SlackError("markdown_text_conflict")
        markdown = args.string("markdown_text")
        found |= {"text": markdown, "blocks": [{"type": "markdown", "text": markdown}]}
    blocks = found.get("blocks") or args.structure("blocks", "invalid_blocks_format")
    if blocks is not None:
        found["blocks"] = checked_blocks(workspace, blocks)
    attachments = args.structure("attachments", "invalid_attachments")
    if attachments is not None:
        found["attachments"] = _attachments(workspace, attachments)
    metadata = args.structure("metadata", "invalid_metadata_format")
    if metadata is not None:
        found["metadata"] = _metadata(metadata)
    return found


def checked_blocks(workspace: Workspace, blocks: Any) -> list[Any]:
    """Raises invalid_blocks, or invalid_blocks_format when it is not even a list."""
    if not isinstance(blocks, list):
        raise SlackError("invalid_blocks_format")
    if problems := kit.problems(blocks, "message") or _file_problems(workspace, blocks):
        raise SlackError("invalid_attachments" if "only_one_table" in problems[0] else "invalid_blocks", *problems)
    return _with_pictures(workspace, kept_blocks(blocks))


def _file_problems(workspace: Workspace, blocks: list[Any]) -> list[str]:
    """A file that is still being scanned is refused like one that does not exist."""
    showable = {"image/png", "image/jpeg", "image/gif"}
    return [
        f"invalid slack file [json-pointer:{pointer}]"
        for pointer, part in kit.slack_files(blocks)
        if (file := workspace.file_of(part["slack_file"])) is None or not file.ready or file.mimetype not in showable
    ]


def _with_pictures(workspace: Workspace, blocks: list[Any]) -> list[Any]:
    for _pointer, part in kit.slack_files(blocks):
        if file := workspace.file_of(part["slack_file"]):
            part["image_url"] = workspace.file_url(file)
            part["slack_file"] = {"id": file.id}
    return blocks


def _attachments(workspace: Workspace, attachments: Any) -> list[Json]:
    if not isinstance(attachments, list) or not all(isinstance(each, dict) for each in attachments):
        raise SlackError("invalid_attachments")
    if len(attachments) > MAX_ATTACHMENTS:
        raise SlackError("too_many_attachments")
    kept = []
    for index, attachment in enumerate(attachments):
        blocks = attachment.get("blocks") or []
        problems = kit.problems(blocks, "message", f"/attachments/{index}/blocks")
        if problems or len(blocks) > MAX_ATTACHMENT_BLOCKS or _file_problems(workspace, blocks):
            raise SlackError("invalid_attachments", *problems)
        parts = {"blocks": _with_pictures(workspace, kept_blocks(blocks))} if blocks else {}
        kept.append({"id": index + 1, "fallback": "[no preview available]", **attachment, **parts})
    return kept


def _metadata(metadata: Any) -> Json:
    if metadata == {}:
        return {}
    if not isinstance(metadata, dict) or not isinstance(metadata.get("event_type"), str):
        raise SlackError("invalid_metadata_format")
    if not isinstance(metadata.get("event_payload"), dict):
        raise SlackError("invalid_metadata_format")
    return {"event_type": metadata["event_type"], "event_payload": metadata["event_payload"]}


def require_something(message: Json) -> None:
    if not any(message.get(name) for name in ("text", "blocks", "attachments", "files")):
        raise SlackError("no_text")


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
    message.clear()
    message.update(after)
    tell(workspace, channel, message, "message_changed")
    event = {"type": "message", "subtype": "message_changed", "hidden": True, "message": public(message)}
    _emit(workspace, channel, event | {"ts": channel.next_ts(workspace.clock.now())})


def delete(workspace: Workspace, channel: Channel, message: Json) -> None:
    """A parent with replies leaves a tombstone, so that the thread stays."""
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


def _emit(workspace: Workspace, channel: Channel, message: Json) -> None:
    kind = "im" if channel.is_im else "group" if channel.is_private else "channel"
    subscription = "message.im" if channel.is_im else f"message.{kind}s"
    if workspace.app.user_id not in channel.members:
        return
    event = public(message) | {"channel": channel.id, "channel_type": kind, "event_ts": message["ts"]}
    workspace.emit(subscription, event)
    if not message.get("bot_id") and f"<@{workspace.app.user_id}>" in message.get("text", ""):
        workspace.emit("app_mention", event | {"type": "app_mention"})


def mentions(workspace: Workspace, channel: Channel, message: Json, user: str) -> bool:
    """Whether a message calls this user: by name, by a group, by everyone, or in a direct conversation."""
    groups = {f"<!subteam^{group.id}" for group in workspace.usergroups.values() if user in group.users}
    calls = {f"<@{user}", "<!channel", "<!here", "<!everyone", *groups}
    said = " ".join(_callable_text([message.get(name) for name in ("text", "blocks", "attachments")]))
    return channel.is_im or any(re.search(re.escape(call) + r"\b", said) for call in calls)


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
