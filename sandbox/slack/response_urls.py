"""response_url: the right to answer one interaction, without membership, five times within half an hour.

https://docs.slack.dev/interactivity/handling-user-interaction#message_responses"""

from sandbox.slack import messages
from sandbox.slack.arguments import Arguments
from sandbox.slack.content import content, require_something
from sandbox.slack.errors import SlackError
from sandbox.slack.model import Channel, Json, ResponseUrl
from sandbox.slack.workspace import Workspace

SECONDS = 30 * 60
USES = 5


def new_response_url(
    workspace: Workspace, user: str, channel: Channel, message_ts: str | None = None, thread_ts: str | None = None
) -> str:
    token = workspace.token()
    expires = workspace.clock.now() + SECONDS
    workspace.response_urls[token] = ResponseUrl(user, channel.id, expires, message_ts, thread_ts)
    return f"{workspace.url}/response/{token}"


def use(workspace: Workspace, token: str, body: Json) -> None:
    """Raises expired_url, used_url, and whatever is wrong with the message."""
    right = workspace.response_urls.get(token)
    if right is None or workspace.clock.now() > right.expires:
        raise SlackError("expired_url")
    if right.uses >= USES:
        raise SlackError("used_url")
    respond(workspace, right, body)
    right.uses += 1


def respond(workspace: Workspace, right: ResponseUrl, body: Json) -> None:
    """Deletes or edits the source message, or says something new: to this user alone unless `in_channel`."""
    args = Arguments(body)
    channel = workspace.channels[right.channel]
    if args.flag("delete_original"):
        _delete(workspace, channel, right)
        return
    parts = content(workspace, args)
    require_something(parts)
    if args.flag("replace_original") and right.message_ts:
        _replace(workspace, channel, right, parts)
        return
    author = messages.by_app(workspace)
    thread_ts = args.optional("thread_ts")
    if args.optional("response_type") == "in_channel":
        messages.post(workspace, channel, author | parts, thread_ts)
    else:
        messages.post_ephemeral(workspace, channel, right.user, author | parts, thread_ts or right.thread_ts)


def _delete(workspace: Workspace, channel: Channel, right: ResponseUrl) -> None:
    ts = right.message_ts or ""
    if ts in channel.messages:
        messages.delete(workspace, channel, channel.messages[ts])
    elif channel.ephemerals.pop(ts, None):
        workspace.feed.tell([right.user], "ephemeral", channel=channel.id, ts=ts)
    else:
        raise SlackError("message_not_found")


def _replace(workspace: Workspace, channel: Channel, right: ResponseUrl, parts: Json) -> None:
    ts = right.message_ts or ""
    if ts in channel.messages:
        messages.edit(workspace, channel, channel.messages[ts], parts)
    elif ts in channel.ephemerals:
        shown = channel.ephemerals[ts].message
        if "blocks" not in parts:
            shown.pop("blocks", None)
        shown.update(parts)
        workspace.feed.tell([right.user], "ephemeral", channel=channel.id, ts=ts)
    else:
        raise SlackError("message_not_found")
