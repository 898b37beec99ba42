"""conversations.*: where things are said, and reading them back."""

from sandbox.slack.arguments import Arguments
from sandbox.slack.errors import SlackError
from sandbox.slack.messages import public
from sandbox.slack.model import Channel, Json
from sandbox.slack.web_api.paging import page
from sandbox.slack.web_api.registry import method
from sandbox.slack.workspace import Workspace

KINDS = {"public_channel", "private_channel", "im", "mpim"}


def kind_of(channel: Channel) -> str:
    return "im" if channel.is_im else "private_channel" if channel.is_private else "public_channel"


def channel_object(workspace: Workspace, channel: Channel, with_members: bool = False) -> Json:
    """Slack's channel object: https://docs.slack.dev/reference/objects/conversation-object"""
    if channel.is_im:
        return {
            "id": channel.id,
            "created": channel.created,
            "is_im": True,
            "is_channel": False,
            "is_group": False,
            "is_mpim": False,
            "is_private": True,
            "is_archived": False,
            "is_open": channel.is_open,
            "user": channel.im_user,
            "context_team_id": workspace.team_id,
        }
    found: Json = {
        "id": channel.id,
        "name": channel.name,
        "name_normalized": channel.name,
        "created": channel.created,
        "creator": next(iter(workspace.users)),
        "is_channel": not channel.is_private,
        "is_group": channel.is_private,
        "is_im": False,
        "is_mpim": False,
        "is_private": channel.is_private,
        "is_archived": channel.is_archived,
        "is_general": channel.name == "general",
        "is_shared": False,
        "is_ext_shared": False,
        "is_member": workspace.app.user_id in channel.members,
        "topic": {"value": channel.topic, "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
        "context_team_id": workspace.team_id,
    }
    return found | ({"num_members": len(channel.members)} if with_members else {})


def _readable(workspace: Workspace, args: Arguments) -> Channel:
    channel = workspace.bots_channel(args.string("channel"))
    if workspace.app.user_id not in channel.members:
        raise SlackError("not_in_channel")
    return channel


@method("conversations.list", tier=2)
def list_channels(workspace: Workspace, args: Arguments) -> Json:
    wanted = set(args.names("types")) or {"public_channel"}
    if not wanted <= KINDS:
        raise SlackError("invalid_types")
    visible = [
        channel
        for channel in workspace.channels.values()
        if kind_of(channel) in wanted
        and (not channel.is_private or workspace.app.user_id in channel.members)
        and not (args.flag("exclude_archived") and channel.is_archived)
    ]
    some, more = page(args, visible, default=100, highest=1000)
    return {"channels": [channel_object(workspace, channel, with_members=True) for channel in some], **more}


@method("conversations.info", tier=3)
def info(workspace: Workspace, args: Arguments) -> Json:
    channel = workspace.bots_channel(args.string("channel"))
    return {"channel": channel_object(workspace, channel, args.flag("include_num_members"))}


@method("conversations.members", tier=4)
def members(workspace: Workspace, args: Arguments) -> Json:
    channel = workspace.bots_channel(args.string("channel"))
    some, more = page(args, sorted(channel.members), default=100, highest=1000)
    return {"members": some, **more}


@method("conversations.history", tier=3)
def history(workspace: Workspace, args: Arguments) -> Json:
    channel = _readable(workspace, args)
    newest_first = [message for message in reversed(channel.timeline()) if _between(args, message["ts"])]
    some, more = page(args, newest_first, default=100, highest=999)
    metadata = args.flag("include_all_metadata")
    has_more = bool(more["response_metadata"]["next_cursor"])
    found = {"messages": [public(message, metadata) for message in some], "has_more": has_more}
    return found | {"pin_count": len(channel.pins)} | (more if has_more else {})


@method("conversations.replies", tier=3)
def replies(workspace: Workspace, args: Arguments) -> Json:
    channel = _readable(workspace, args)
    asked = channel.messages.get(args.string("ts"))
    if asked is None:
        raise SlackError("thread_not_found")
    parent, *rest = channel.thread(str(asked.get("thread_ts", asked["ts"])))
    some, more = page(args, [parent, *(m for m in rest if _between(args, m["ts"]))], default=1000, highest=1000)
    metadata = args.flag("include_all_metadata")
    has_more = bool(more["response_metadata"]["next_cursor"])
    found = {"messages": [public(message, metadata) for message in some], "has_more": has_more}
    return found | (more if has_more else {})


def _between(args: Arguments, ts: str) -> bool:
    at, edge = _micros(ts), 0 if args.flag("inclusive") else 1
    oldest, latest = _bound(args, "oldest"), _bound(args, "latest")
    return (oldest is None or at >= oldest + edge) and (latest is None or at <= latest - edge)


def _bound(args: Arguments, name: str) -> int | None:
    try:
        return _micros(args.string(name)) if args.optional(name) else None
    except ValueError:
        raise SlackError(f"invalid_ts_{name}") from None


def _micros(ts: str) -> int:
    seconds, _, fraction = ts.partition(".")
    return int(seconds) * 1_000_000 + int(fraction.ljust(6, "0")[:6] or 0)


@method("conversations.join", tier=3)
def join(workspace: Workspace, args: Arguments) -> Json:
    channel = workspace.bots_channel(args.string("channel"))
    if channel.is_private:
        raise SlackError("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise SlackError("is_archived")
    already = workspace.app.user_id in channel.members
    channel.members.add(workspace.app.user_id)
    answer: Json = {"channel": channel_object(workspace, channel)}
    return answer | ({"warning": "already_in_channel"} if already else {})


@method("conversations.open", tier=3)
def open_conversation(workspace: Workspace, args: Arguments) -> Json:
    if not args.has("channel") and not args.names("users"):
        raise SlackError("users_list_not_supplied")
    users = args.names("users")
    if len(users) > 1:
        # A group conversation needs mpim:write, which this app does not hold.
        raise SlackError("missing_scope", needed="mpim:write", provided="im:write")
    channel = workspace.channel(workspace.user(users[0]).id if users else args.string("channel"))
    already, channel.is_open = channel.is_open, True
    found = channel_object(workspace, channel) if args.flag("return_im") else {"id": channel.id}
    return {"channel": found} | ({"no_op": True, "already_open": True} if already else {})
