"""users.* and usergroups.*: who is there."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sandbox.slack.arguments import Arguments
from sandbox.slack.errors import SlackError
from sandbox.slack.model import Json, User, Usergroup
from sandbox.slack.web_api.paging import page
from sandbox.slack.web_api.registry import method
from sandbox.slack.workspace import Workspace


def user_object(workspace: Workspace, user: User) -> Json:
    """Slack's user object: https://docs.slack.dev/reference/objects/user-object"""
    now = datetime.fromtimestamp(workspace.clock.now(), ZoneInfo(user.tz))
    offset = now.utcoffset()
    profile = {
        "title": user.title,
        "real_name": user.real_name,
        "real_name_normalized": user.real_name,
        "display_name": user.name,
        "display_name_normalized": user.name,
        "team": user.team_id,
    }
    if user.email and "users:read.email" in workspace.app.scopes:
        profile["email"] = user.email
    return {
        "id": user.id,
        "team_id": user.team_id,
        "name": user.name,
        "deleted": user.is_deleted,
        "color": user.color.removeprefix("#"),
        "real_name": user.real_name,
        "tz": user.tz,
        "tz_label": now.tzname() or user.tz,
        "tz_offset": int(offset.total_seconds()) if offset else 0,
        "profile": profile | ({"bot_id": workspace.app.bot_id, "api_app_id": workspace.app.id} if user.is_bot else {}),
        "is_admin": False,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": user.is_restricted,
        "is_ultra_restricted": False,
        "is_bot": user.is_bot,
        **({"is_stranger": True} if user.team_id != workspace.team_id else {}),
        "is_app_user": False,
        "updated": 0,
    }


def usergroup_object(workspace: Workspace, group: Usergroup, with_users: bool = False) -> Json:
    found: Json = {
        "id": group.id,
        "team_id": workspace.team_id,
        "is_usergroup": True,
        "name": group.name,
        "handle": group.handle,
        "description": "",
        "date_delete": 0,
        "user_count": len(group.users),
    }
    return found | ({"users": list(group.users)} if with_users else {})


@method("users.info", "user include_locale", scopes=("users:read",), tier=4)
def info(workspace: Workspace, args: Arguments) -> Json:
    return {"user": user_object(workspace, workspace.person(args.string("user")))}


@method("users.lookupByEmail", "email", scopes=("users:read.email",), tier=3)
def by_email(workspace: Workspace, args: Arguments) -> Json:
    email = args.string("email")
    for user in workspace.people():
        if user.email == email:
            return {"user": user_object(workspace, user)}
    raise SlackError("users_not_found")


@method("users.list", "cursor limit include_locale", scopes=("users:read",), tier=2)
def list_users(workspace: Workspace, args: Arguments) -> Json:
    some, more = page(workspace, args, list(workspace.users.values()), default=200, highest=1000)
    return {"members": [user_object(workspace, user) for user in some], "cache_ts": int(workspace.clock.now()), **more}


GROUPS = ("usergroups:read",)


@method("usergroups.list", "include_count include_disabled include_users", scopes=GROUPS, tier=2)
def list_usergroups(workspace: Workspace, args: Arguments) -> Json:
    with_users = args.flag("include_users")
    return {"usergroups": [usergroup_object(workspace, each, with_users) for each in workspace.usergroups.values()]}


@method("usergroups.users.list", "usergroup include_disabled", scopes=GROUPS, tier=2)
def list_usergroup_users(workspace: Workspace, args: Arguments) -> Json:
    group = workspace.usergroups.get(args.string("usergroup"))
    if group is None:
        raise SlackError("no_such_subteam")
    return {"users": list(group.users)}
