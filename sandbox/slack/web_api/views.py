"""views.*: modals and Home."""

from typing import Literal

from sandbox.slack import modals
from sandbox.slack.arguments import Arguments
from sandbox.slack.errors import SlackError
from sandbox.slack.model import Json, View
from sandbox.slack.web_api.registry import method
from sandbox.slack.workspace import Workspace


def _view(workspace: Workspace, args: Arguments, kind: Literal["modal", "home"], own_id: str | None = None) -> Json:
    args.string("view")
    return modals.checked(workspace, args.structure("view"), kind, own_id)


def _answer(workspace: Workspace, view: View) -> Json:
    return {"view": modals.view_object(workspace, view)}


@method("views.open", "trigger_id interactivity_pointer view", tier=4)
def open_view(workspace: Workspace, args: Arguments) -> Json:
    body = _view(workspace, args, "modal")
    trigger = modals.use_trigger(workspace, args.string("trigger_id"))
    return _answer(workspace, modals.open_root(workspace, trigger.user, body))


@method("views.push", "trigger_id interactivity_pointer view", tier=4)
def push_view(workspace: Workspace, args: Arguments) -> Json:
    body = _view(workspace, args, "modal")
    trigger = modals.use_trigger(workspace, args.string("trigger_id"))
    return _answer(workspace, modals.push(workspace, trigger.user, body))


@method("views.update", "view_id external_id view hash", tier=4)
def update_view(workspace: Workspace, args: Arguments) -> Json:
    view = _found(workspace, args)
    body = _view(workspace, args, "modal", view.id)
    return _answer(workspace, modals.replace(workspace, view, body, args.optional("hash")))


def _found(workspace: Workspace, args: Arguments) -> View:
    external_id = args.optional("external_id")
    for view in workspace.views.values():
        if view.body["type"] == "modal":
            if external_id and view.body.get("external_id") == external_id:
                return view
            if not external_id and view.id == args.string("view_id"):
                return view
    raise SlackError("not_found")


@method("views.publish", "user_id view hash", tier=4)
def publish_view(workspace: Workspace, args: Arguments) -> Json:
    user = workspace.person(args.string("user_id"))
    if not workspace.app.has_home:
        raise SlackError("not_enabled")
    home = modals.home_of(workspace, user.id)
    body = _view(workspace, args, "home", home.id if home else None)
    return _answer(workspace, modals.publish(workspace, user.id, body, args.optional("hash")))
