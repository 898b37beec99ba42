"""Views: a user's stack of at most three modals, and the Home tab. https://docs.slack.dev/surfaces/modals"""

from typing import Any, Literal

from sandbox.slack.block_kit.state import values
from sandbox.slack.block_kit.whole import view_problems
from sandbox.slack.content import file_problems, kept, refuse
from sandbox.slack.errors import SlackError
from sandbox.slack.model import Json, Trigger, View, slack_id
from sandbox.slack.workspace import Workspace

MAX_STACK = 3
TRIGGER_SECONDS = 3


def new_trigger(workspace: Workspace, user: str) -> str:
    now = workspace.clock.now()
    trigger_id = f"{int(now * 1000)}.{workspace.team_id}.{workspace.token()}"
    workspace.triggers[trigger_id] = Trigger(user, now + TRIGGER_SECONDS)
    return trigger_id


def use_trigger(workspace: Workspace, trigger_id: str) -> Trigger:
    """Raises invalid_trigger_id, exchanged_trigger_id, expired_trigger_id."""
    trigger = workspace.triggers.get(trigger_id)
    if trigger is None:
        raise SlackError("invalid_trigger_id")
    if trigger.used:
        raise SlackError("exchanged_trigger_id")
    if workspace.clock.now() > trigger.expires:
        raise SlackError("expired_trigger_id")
    trigger.used = True
    return trigger


def checked(workspace: Workspace, body: Any, kind: Literal["modal", "home"], own_id: str | None = None) -> Json:
    """A view as Slack keeps it. Raises view_too_large, duplicate_external_id, invalid_arguments."""
    refuse(view_problems(body, kind))
    if problems := file_problems(workspace, body["blocks"], "/view/blocks"):
        raise SlackError("invalid_arguments", *map(str, problems))
    external_id = body.get("external_id")
    if external_id and any(
        v.body.get("external_id") == external_id and v.id != own_id for v in workspace.views.values()
    ):
        raise SlackError("duplicate_external_id")
    found: Json = body | {"blocks": kept(workspace, body["blocks"])}
    return found


def open_root(workspace: Workspace, user: str, body: Json) -> View:
    """Opens a modal; a stack that was open gives way."""
    for view_id in workspace.modals.pop(user, []):
        workspace.views.pop(view_id, None)
    view = _new(workspace, user, body)
    workspace.modals[user] = [view.id]
    workspace.feed.tell([user], "view_opened", view_id=view.id)
    return view


def push(workspace: Workspace, user: str, body: Json) -> View:
    """Raises not_found without an open modal, push_limit_reached on a full stack."""
    stack = workspace.modals.get(user, [])
    if not stack:
        raise SlackError("not_found")
    if len(stack) >= MAX_STACK:
        raise SlackError("push_limit_reached")
    view = _new(workspace, user, body)
    view.root_id, view.previous_id = stack[0], stack[-1]
    stack.append(view.id)
    workspace.feed.tell([user], "view_opened", view_id=view.id)
    return view


def replace(workspace: Workspace, view: View, body: Json, seen_hash: str | None = None) -> View:
    """New content under the same id; entries stay where block_id and action_id stay. Raises hash_conflict."""
    if seen_hash and seen_hash != view.hash:
        raise SlackError("hash_conflict")
    view.body = body
    view.hash = _hash(workspace)
    workspace.feed.tell([view.user], "view_updated", view_id=view.id)
    return view


def close(workspace: Workspace, view: View) -> None:
    stack = workspace.modals.get(view.user, [])
    if view.id in stack:
        stack.remove(view.id)
    workspace.views.pop(view.id, None)
    workspace.feed.tell([view.user], "view_closed", view_id=view.id)


def clear(workspace: Workspace, user: str) -> None:
    for view_id in reversed(workspace.modals.get(user, []).copy()):
        close(workspace, workspace.views[view_id])


def publish(workspace: Workspace, user: str, body: Json, seen_hash: str | None = None) -> View:
    """Home is one view per user, which keeps its id."""
    home = home_of(workspace, user)
    if home is None:
        home = _new(workspace, user, body)
        workspace.homes[user] = home.id
    else:
        replace(workspace, home, body, seen_hash)
    workspace.feed.tell([user], "home_published", view_id=home.id)
    return home


def home_of(workspace: Workspace, user: str) -> View | None:
    return workspace.views.get(workspace.homes.get(user, ""))


def view_object(workspace: Workspace, view: View) -> Json:
    """Slack's view object: https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload"""
    body = view.body
    return {
        "id": view.id,
        "team_id": workspace.team_id,
        "type": body["type"],
        "blocks": body["blocks"],
        "private_metadata": body.get("private_metadata") or "",
        "callback_id": body.get("callback_id") or "",
        "state": {"values": values(body["blocks"], view.values)},
        "hash": view.hash,
        "title": body.get("title"),
        "clear_on_close": bool(body.get("clear_on_close")),
        "notify_on_close": bool(body.get("notify_on_close")),
        "close": body.get("close"),
        "submit": body.get("submit"),
        "previous_view_id": view.previous_id,
        "root_view_id": view.root_id,
        "app_id": workspace.app.id,
        "external_id": body.get("external_id") or "",
        "app_installed_team_id": workspace.team_id,
        "bot_id": workspace.app.bot_id,
    }


def _new(workspace: Workspace, user: str, body: Json) -> View:
    view_id = slack_id("V", workspace.token())
    view = View(view_id, user, body, _hash(workspace), root_id=view_id)
    workspace.views[view_id] = view
    return view


def _hash(workspace: Workspace) -> str:
    return f"{int(workspace.clock.now())}.{workspace.token()[:8]}"
