"""conversations.*: where things are said, and reading them back."""

import re
from typing import Literal

from sandbox.slack.arguments import Arguments
from sandbox.slack.errors import SlackError
from sandbox.slack.messages import public
from sandbox.slack.model import Channel, Json, slack_id
from sandbox.slack.web_api.paging import page
from sandbox.slack.web_api.registry import for_any, method
from sandbox.slack.workspace import Workspace

# What a scope calls a kind of conversation, by what conversations.list calls it.
KINDS = {"public_channel": "channels", "private_channel": "groups", "im": "im", "mpim": "mpim"}
NAME = re.compile(r"[a-z0-9_-]{1,80}")
MAX_PEOPLE = 8


def kind_of(channel: Channel) -> str:
    if channel.is_im or channel.is_mpim:
        return "im" if channel.is_im else "mpim"
    return "private_channel" if channel.is_private else "public_channel"


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
        "is_mpim": channel.is_mpim,
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


def _known(workspace: Workspace, args: Arguments, right: Literal["read", "history"] = "read") -> Channel:
    """The channel asked for, if the token's scopes cover its kind. Raises channel_not_found, missing_scope."""
    channel = workspace.bots_channel(args.string("channel"))
    workspace.require(f"{KINDS[kind_of(channel)]}:{right}")
    return channel


def _readable(workspace: Workspace, args: Arguments) -> Channel:
    channel = _known(workspace, args, "history")
    if workspace.app.user_id not in channel.members:
        raise SlackError("not_in_channel")
    return channel


@method("conversations.list", "types limit cursor exclude_archived", scopes=for_any("read"), tier=2)
def list_channels(workspace: Workspace, args: Arguments) -> Json:
    """Archived channels are left out of a page after it was cut: it may hold fewer than asked for, even none."""
    wanted = set(args.names("types")) or {"public_channel"}
    if not wanted <= KINDS.keys():
        raise SlackError("invalid_types")
    for kind in sorted(wanted):
        workspace.require(f"{KINDS[kind]}:read")
    visible = [
        channel
        for channel in workspace.channels.values()
        if kind_of(channel) in wanted and (not channel.is_private or workspace.app.user_id in channel.members)
    ]
    some, more = page(workspace, args, visible, default=100, highest=1000)
    shown = [each for each in some if not (args.flag("exclude_archived") and each.is_archived)]
    return {"channels": [channel_object(workspace, channel, with_members=True) for channel in shown], **more}


@method("conversations.info", "channel include_locale include_num_members", scopes=for_any("read"), tier=3)
def info(workspace: Workspace, args: Arguments) -> Json:
    channel = _known(workspace, args)
    return {"channel": channel_object(workspace, channel, args.flag("include_num_members"))}


@method("conversations.members", "channel cursor limit", scopes=for_any("read"), tier=4)
def members(workspace: Workspace, args: Arguments) -> Json:
    channel = _known(workspace, args)
    some, more = page(workspace, args, sorted(channel.members), default=100, highest=1000)
    return {"members": some, **more}


READING = "channel cursor latest oldest inclusive limit include_all_metadata"


@method("conversations.history", READING, scopes=for_any("history"), tier=3)
def history(workspace: Workspace, args: Arguments) -> Json:
    channel = _readable(workspace, args)
    timeline = (message for message in reversed(channel.timeline()) if workspace.has_arrived(message))
    newest_first = [message for message in timeline if _between(args, message["ts"])]
    some, more = page(workspace, args, newest_first, default=100, highest=999)
    metadata = args.flag("include_all_metadata")
    has_more = bool(more["response_metadata"]["next_cursor"])
    found = {"messages": [public(message, metadata) for message in some], "has_more": has_more}
    return found | {"pin_count": len(channel.pins)} | (more if has_more else {})


@method("conversations.replies", f"{READING} ts", scopes=for_any("history"), tier=3)
def replies(workspace: Workspace, args: Arguments) -> Json:
    channel = _readable(workspace, args)
    asked = channel.messages.get(args.string("ts"))
    if asked is None:
        raise SlackError("thread_not_found")
    parent, *rest = channel.thread(str(asked.get("thread_ts", asked["ts"])))
    rest = [message for message in rest if workspace.has_arrived(message) and _between(args, message["ts"])]
    some, more = page(workspace, args, [parent, *rest], default=1000, highest=1000)
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


@method("conversations.join", "channel", scopes=("channels:join",), tier=3)
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


@method("conversations.create", "name is_private", scopes=("channels:manage", "groups:write"), tier=2)
def create(workspace: Workspace, args: Arguments) -> Json:
    name, private = args.optional("name") or "", args.flag("is_private")
    workspace.require("groups:write" if private else "channels:manage")
    if not name:
        raise SlackError("invalid_name_required")
    if not NAME.fullmatch(name):
        raise SlackError("invalid_name_maxlength" if len(name) > 80 else "invalid_name_specials")
    if any(channel.name == name for channel in workspace.channels.values()):
        raise SlackError("name_taken")
    channel = Channel(slack_id("C", name), name, int(workspace.clock.now()), is_private=private)
    channel.members = {workspace.app.user_id}
    workspace.channels[channel.id] = channel
    return {"channel": channel_object(workspace, channel)}


@method("conversations.open", "channel users return_im prevent_creation", scopes=("im:write", "mpim:write"), tier=3)
def open_conversation(workspace: Workspace, args: Arguments) -> Json:
    """One bad name refuses them all."""
    names = args.names("users")
    if not names and not args.has("channel"):
        raise SlackError("users_list_not_supplied")
    if len(names) > MAX_PEOPLE:
        raise SlackError("too_many_users")
    people = [workspace.person(name) for name in names]
    if any(person.is_deleted for person in people):
        raise SlackError("user_disabled")
    if len(people) > 1:
        channel = _group(workspace, {person.id for person in people})
    else:
        workspace.require("im:write")
        channel = workspace.named_channel(people[0].id if people else args.string("channel"))
    already, channel.is_open = channel.is_open, True
    found = channel_object(workspace, channel) if args.flag("return_im") else {"id": channel.id}
    return {"channel": found} | ({"no_op": True, "already_open": True} if already else {})


def _group(workspace: Workspace, people: set[str]) -> Channel:
    workspace.require("mpim:write")
    name = "mpdm-" + "--".join(sorted(workspace.users[person].name for person in people)) + "-1"
    group = workspace.channels.get(slack_id("G", name))
    if group is None:
        group = Channel(slack_id("G", name), name, int(workspace.clock.now()), is_private=True, is_mpim=True)
        group.members = people | {workspace.app.user_id}
        workspace.channels[group.id] = group
    return group
